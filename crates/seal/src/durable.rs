//! Small files that survive a power cut, readable by their owner alone. Every file is written
//! beside its place, synced, renamed without replacing, and its folder synced, in that order.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use zeroize::Zeroizing;

use crate::{SealError, fill_random};

/// Whether two paths lie on one file system (`st_dev`), so that one lost disk loses both.
///
/// A path that does not exist yet counts as its nearest existing parent.
///
/// # Errors
///
/// When neither the path nor any parent of it can be looked at.
pub fn same_file_system(a: &Path, b: &Path) -> io::Result<bool> {
    Ok(device(a)? == device(b)?)
}

fn device(path: &Path) -> io::Result<u64> {
    let mut at = std::path::absolute(path)?;
    loop {
        match fs::metadata(&at) {
            Ok(meta) => return Ok(meta.dev()),
            Err(err) if err.kind() == io::ErrorKind::NotFound => {
                if !at.pop() {
                    return Err(err);
                }
            }
            Err(err) => return Err(err),
        }
    }
}

/// Makes a folder with mode 0700 (its parents with the usual mode) unless it stands, then
/// checks owner and mode either way.
pub(crate) fn private_folder(path: &Path) -> Result<(), SealError> {
    if !path.exists() {
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(SealError::io("make the folder", parent))?;
        }
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => sync_parent(path)?,
            // Another process of the same office was quicker; the check below judges its work.
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            Err(err) => return Err(SealError::io("make the folder", path)(err)),
        }
    }
    check_folder(path)
}

/// Refuses a folder that others can enter or that belongs to somebody else.
pub(crate) fn check_folder(path: &Path) -> Result<(), SealError> {
    let meta = fs::metadata(path).map_err(SealError::io("look at", path))?;
    if !meta.is_dir() {
        return Err(SealError::NotPlain { path: path.into() });
    }
    check_owner(path, &meta, 0o700)
}

fn check_owner(path: &Path, meta: &fs::Metadata, wanted: u32) -> Result<(), SealError> {
    let us = rustix::process::geteuid().as_raw();
    if meta.uid() != us {
        return Err(SealError::ForeignOwner {
            path: path.into(),
            owner: meta.uid(),
            us,
        });
    }
    let mode = meta.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SealError::TooOpen {
            path: path.into(),
            mode,
            wanted,
        });
    }
    Ok(())
}

/// Reads a private file of at most `size_bytes_max`; `None` when there is none.
///
/// Owner and mode are read from the opened file, so that it cannot be swapped in between, and
/// a symbolic link is not followed.
pub(crate) fn read_private(
    path: &Path,
    size_bytes_max: u64,
) -> Result<Option<Zeroizing<Vec<u8>>>, SealError> {
    let file = match open_private(path, false)? {
        Some(file) => file,
        None => return Ok(None),
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(512));
    file.take(size_bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(SealError::io("read", path))?;
    if bytes.len() as u64 > size_bytes_max {
        return Err(SealError::tampered(path.display().to_string()));
    }
    Ok(Some(bytes))
}

/// Opens a private file that exists, after checking kind, owner and mode; `None` without one.
pub(crate) fn open_private(path: &Path, write: bool) -> Result<Option<File>, SealError> {
    let flags = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
    let file = match OpenOptions::new()
        .read(true)
        .write(write)
        .custom_flags(flags)
        .open(path)
    {
        Ok(file) => file,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(err) if err.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(SealError::NotPlain { path: path.into() });
        }
        Err(err) => return Err(SealError::io("open", path)(err)),
    };
    let meta = file.metadata().map_err(SealError::io("look at", path))?;
    if !meta.is_file() {
        return Err(SealError::NotPlain { path: path.into() });
    }
    check_owner(path, &meta, 0o600)?;
    Ok(Some(file))
}

/// Writes a new private file durably. Returns `false`, having changed nothing, when a file of
/// that name is already there.
pub(crate) fn create_private(path: &Path, bytes: &[u8]) -> Result<bool, SealError> {
    let staged = staging_name(path)?;
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&staged)?;
        file.write_all(bytes)?;
        file.sync_all()
    })();
    if let Err(err) = written {
        let _ = fs::remove_file(&staged);
        return Err(SealError::io("write", &staged)(err));
    }
    match renameat_with(CWD, &staged, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        Err(rustix::io::Errno::EXIST) => {
            fs::remove_file(&staged).map_err(SealError::io("remove", &staged))?;
            return Ok(false);
        }
        Err(err) => {
            let _ = fs::remove_file(&staged);
            return Err(SealError::io("name", path)(err.into()));
        }
    }
    sync_parent(path)?;
    Ok(true)
}

fn staging_name(path: &Path) -> Result<PathBuf, SealError> {
    let mut random = [0u8; 8];
    fill_random(&mut random)?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", hex::encode(random)));
    Ok(PathBuf::from(name))
}

/// Whether a name is that of a file a crash left half written.
pub(crate) fn is_staging(name: &str) -> bool {
    name.ends_with(".tmp")
}

/// Makes the name of `path` durable in its folder.
pub(crate) fn sync_parent(path: &Path) -> Result<(), SealError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)
        .and_then(|folder| folder.sync_all())
        .map_err(SealError::io("sync the folder", parent))
}

/// Overwrites a file with zeros, syncs, unlinks it and syncs its folder. Nothing happens when
/// it is already gone.
pub(crate) fn shred(path: &Path) -> Result<(), SealError> {
    let Some(mut file) = open_private(path, true)? else {
        return Ok(());
    };
    let size_bytes = file
        .metadata()
        .map_err(SealError::io("look at", path))?
        .len();
    io::copy(&mut io::repeat(0).take(size_bytes), &mut file)
        .and_then(|_| file.sync_all())
        .map_err(SealError::io("overwrite", path))?;
    fs::remove_file(path).map_err(SealError::io("remove", path))?;
    sync_parent(path)
}
