//! The listing of all sealed bytes, folder by folder, holding one folder's names
//! in memory at a time.

use std::io;
use std::path::{Path, PathBuf};

use crate::Sha256;
use crate::error::VaultError;
use crate::store::{Class, Kept, open_error};

pub(crate) fn all(root: PathBuf) -> impl Iterator<Item = Result<Kept, VaultError>> + Send {
    Class::ALL.into_iter().flat_map(move |class| {
        let top = root.join(class.folder());
        entries(top, 1).flat_map(move |outer| match outer {
            Ok(outer) => Box::new(entries(outer.path, 2).flat_map(move |inner| match inner {
                Ok(inner) => Box::new(entries(inner.path, 3).map(move |file| kept(class, file?)))
                    as Listing<Kept>,
                Err(error) => Box::new(std::iter::once(Err(error))),
            })) as Listing<Kept>,
            Err(error) => Box::new(std::iter::once(Err(error))),
        })
    })
}

type Listing<T> = Box<dyn Iterator<Item = Result<T, VaultError>> + Send>;

struct Listed {
    path: PathBuf,
    name: String,
    entry: std::fs::DirEntry,
}

/// The entries of one folder in order of name. Levels 1 and 2 hold folders named
/// by two digits of the digest, level 3 holds files.
fn entries(folder: PathBuf, level: usize) -> Listing<Listed> {
    let listing = match std::fs::read_dir(&folder) {
        // A class nobody has used in a vault opened for reading only.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Box::new(std::iter::empty());
        }
        listing => listing.and_then(Iterator::collect::<io::Result<Vec<_>>>),
    };
    let mut listing = match listing {
        Ok(listing) => listing,
        Err(source) => return Box::new(std::iter::once(Err(open_error(&folder, source)))),
    };
    listing.sort_by_key(std::fs::DirEntry::file_name);
    Box::new(listing.into_iter().map(move |entry| {
        let path = entry.path();
        let kind = entry
            .file_type()
            .map_err(|source| open_error(&path, source))?;
        let name = entry.file_name().to_str().map(str::to_owned);
        let fits = |name: &String| match level {
            3 => kind.is_file(),
            _ => kind.is_dir() && name.len() == 2,
        };
        match name.filter(fits) {
            Some(name) => Ok(Listed { path, name, entry }),
            None => Err(VaultError::Stray { path }),
        }
    }))
}

fn kept(class: Class, file: Listed) -> Result<Kept, VaultError> {
    let sha256 = file.name.parse::<Sha256>().ok().filter(|_| {
        file.path.ends_with(
            Path::new(&file.name[..2])
                .join(&file.name[2..4])
                .join(&file.name),
        )
    });
    let Some(sha256) = sha256 else {
        return Err(VaultError::Stray { path: file.path });
    };
    let about = file
        .entry
        .metadata()
        .map_err(|source| open_error(&file.path, source))?;
    Ok(Kept {
        class,
        sha256,
        len_bytes: about.len(),
    })
}
