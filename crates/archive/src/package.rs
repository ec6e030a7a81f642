//! Writing packages: a zip whose files are stored as they are, streamed, so that media of any
//! length pass through little memory, and whose digests are checked on the way out.

use std::collections::HashSet;
use std::io::{self, Read, Write};

use ledger::digest::{Sha256Digest, Sm3Digest, sha256, sm3};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::date::MadeAt;
use crate::manifest::{MANIFEST_PATH, Manifest, SHA256_PATH, SM3_PATH, line};

/// Above this a zip needs its 64-bit fields.
const ZIP32_SIZE_BYTES_MAX: u64 = u32::MAX as u64;
const NAME_SIZE_BYTES_MAX: usize = 200;

/// One file on its way into a package.
#[derive(Debug)]
pub struct PackageEntry<R: Read> {
    /// Path in the package; see [`check_path`].
    pub path: String,
    /// Its bytes.
    pub source: R,
    /// How many there are.
    pub size_bytes: u64,
}

/// Why a package was not written.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A path that some reader's system would take for something else.
    #[error("{path:?} cannot be a path in a package: {why}")]
    BadPath {
        /// The path.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Two files of one name, upper and lower case being the same to many systems.
    #[error("{path:?} is in the package twice")]
    Twice {
        /// The path.
        path: String,
    },
    /// The source gave another number of bytes than announced.
    #[error("{path:?} has {found} bytes, {announced} were announced")]
    OtherLength {
        /// The path.
        path: String,
        /// Announced.
        announced: u64,
        /// Read; one more than announced stands for any excess.
        found: u64,
    },
    /// The bytes are not those the manifest names.
    #[error("{path:?} has other bytes than the manifest says")]
    OtherBytes {
        /// The path.
        path: String,
    },
    /// A file of the manifest was not given, was given out of turn, or is not in the manifest.
    #[error("{path:?} is not the file whose turn it is in the manifest")]
    OutOfTurn {
        /// The path given, or the one that was due when no more came.
        path: String,
    },
    /// The time cannot be said in a zip file.
    #[error("the time cannot be written into a zip file")]
    BadTime,
    /// The manifest could not be put into words.
    #[error("the manifest could not be written")]
    Manifest(#[source] serde_json::Error),
    /// The zip could not be written.
    #[error("the package could not be written")]
    Zip(#[from] zip::result::ZipError),
    /// Reading or writing failed.
    #[error("cannot copy {path:?}")]
    Io {
        /// The path.
        path: String,
        /// Why not.
        #[source]
        err: io::Error,
    },
}

/// Streams files into a zip, stored without compression, every one dated `modified`. Equal
/// input gives equal bytes. The iterator is asked for the next file when the one before it is
/// written, so that it may open files as it goes.
///
/// # Errors
///
/// The first thing wrong; what was written until then is no package.
pub fn write_zip<W: Write, R: Read>(
    out: W,
    entries: impl IntoIterator<Item = PackageEntry<R>>,
    modified: MadeAt,
) -> Result<W, PackageError> {
    let mut writer = Writer::new(out, modified)?;
    for entry in entries {
        writer.file(&entry.path, entry.source, entry.size_bytes)?;
    }
    writer.finish()
}

/// Streams a package: the files in the manifest's order, each checked against it, then the two
/// lists of digests and the manifest itself, which the lists name as well.
///
/// # Errors
///
/// As [`write_zip`], and when a file is not what the manifest says.
pub fn write_package<W: Write, R: Read>(
    out: W,
    manifest: &Manifest,
    files: impl IntoIterator<Item = PackageEntry<R>>,
    modified: MadeAt,
) -> Result<W, PackageError> {
    let mut writer = Writer::new(out, modified)?;
    let mut due = manifest.files.iter();
    for entry in files {
        let file = due
            .next()
            .filter(|file| file.path == entry.path)
            .ok_or_else(|| PackageError::OutOfTurn {
                path: entry.path.clone(),
            })?;
        let (sha256, sm3) = writer.file(&entry.path, entry.source, entry.size_bytes)?;
        if entry.size_bytes != file.size_bytes
            || sha256.to_string() != file.sha256
            || sm3.to_string() != file.sm3
        {
            return Err(PackageError::OtherBytes { path: entry.path });
        }
    }
    if let Some(missed) = due.next() {
        return Err(PackageError::OutOfTurn {
            path: missed.path.clone(),
        });
    }
    let json = manifest.to_json().map_err(PackageError::Manifest)?;
    let by_sha256 = manifest.sha256_lines() + &line(&sha256(&json).to_string(), MANIFEST_PATH);
    let by_sm3 = manifest.sm3_lines() + &line(&sm3(&json).to_string(), MANIFEST_PATH);
    for (path, bytes) in [
        (MANIFEST_PATH, json),
        (SHA256_PATH, by_sha256.into()),
        (SM3_PATH, by_sm3.into()),
    ] {
        writer.file(path, bytes.as_slice(), bytes.len() as u64)?;
    }
    writer.finish()
}

/// Refuses a path that would not unpack, on any system, to a file of that name below the
/// folder one unpacks into, or that a list of digests could not hold on one line.
///
/// # Errors
///
/// [`PackageError::BadPath`].
pub fn check_path(path: &str) -> Result<(), PackageError> {
    let bad = |why| {
        Err(PackageError::BadPath {
            path: path.into(),
            why,
        })
    };
    if path.len() > 1000 {
        return bad("longer than 1 000 bytes");
    }
    for part in path.split('/') {
        if part.is_empty() || part == "." || part == ".." {
            return bad("it has an empty part, . or ..");
        }
        if part.len() > 255 {
            return bad("a part is longer than 255 bytes");
        }
        if part.chars().any(is_unsafe) {
            return bad("it has a character that systems treat in their own way");
        }
        if part.ends_with(['.', ' ']) || part.starts_with(' ') {
            return bad("a part begins or ends with a space or ends with a full stop");
        }
        if is_device(part) {
            return bad("a part is the name of a device");
        }
    }
    Ok(())
}

/// A part of a path made from any title: what [`check_path`] refuses becomes `_`. The caller
/// keeps names apart, since two titles may give the same one.
pub fn safe_name(title: &str) -> String {
    let mut name: String = title
        .chars()
        .map(|c| if c == '/' || is_unsafe(c) { '_' } else { c })
        .collect();
    while name.len() > NAME_SIZE_BYTES_MAX {
        name.pop();
    }
    let trimmed = name.trim_matches([' ', '.']);
    if trimmed.is_empty() || is_device(trimmed) {
        format!("_{trimmed}")
    } else {
        trimmed.into()
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{fffd}' | '\u{feff}')
        // Marks that turn the direction of writing make one name look like another.
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// Names Windows keeps for devices, with any ending.
fn is_device(part: &str) -> bool {
    let stem = part
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_ascii_uppercase();
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || stem
            .strip_prefix("COM")
            .or_else(|| stem.strip_prefix("LPT"))
            .is_some_and(|n| {
                matches!(
                    n,
                    "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
                )
            })
}

/// A zip being written.
struct Writer<W: Write> {
    zip: ZipWriter<zip::write::StreamWriter<W>>,
    options: SimpleFileOptions,
    names: HashSet<String>,
}

impl<W: Write> Writer<W> {
    fn new(out: W, at: MadeAt) -> Result<Self, PackageError> {
        let time =
            DateTime::from_date_and_time(at.year, at.month, at.day, at.hour, at.minute, at.second)
                .map_err(|_| PackageError::BadTime)?;
        Ok(Self {
            zip: ZipWriter::new_stream(out),
            options: SimpleFileOptions::default()
                .compression_method(CompressionMethod::Stored)
                .last_modified_time(time)
                .unix_permissions(0o644),
            names: HashSet::new(),
        })
    }

    fn file(
        &mut self,
        path: &str,
        mut source: impl Read,
        size_bytes: u64,
    ) -> Result<(Sha256Digest, Sm3Digest), PackageError> {
        check_path(path)?;
        if !self.names.insert(path.to_lowercase()) {
            return Err(PackageError::Twice { path: path.into() });
        }
        let io = |err| PackageError::Io {
            path: path.into(),
            err,
        };
        self.zip.start_file(
            path,
            self.options.large_file(size_bytes >= ZIP32_SIZE_BYTES_MAX),
        )?;
        let (mut by_sha256, mut by_sm3) = (Sha256::new(), sm3::Sm3::new());
        let mut found = 0;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let more = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(more) => more,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => continue,
                Err(err) => return Err(io(err)),
            };
            found += more as u64;
            if found > size_bytes {
                return Err(PackageError::OtherLength {
                    path: path.into(),
                    announced: size_bytes,
                    found: size_bytes + 1,
                });
            }
            by_sha256.update(&buffer[..more]);
            by_sm3.update(&buffer[..more]);
            self.zip.write_all(&buffer[..more]).map_err(io)?;
        }
        if found != size_bytes {
            return Err(PackageError::OtherLength {
                path: path.into(),
                announced: size_bytes,
                found,
            });
        }
        Ok((
            Sha256Digest(by_sha256.finalize().into()),
            Sm3Digest(by_sm3.finalize().into()),
        ))
    }

    fn finish(self) -> Result<W, PackageError> {
        let mut out = self.zip.finish()?.into_inner();
        out.flush().map_err(|err| PackageError::Io {
            path: String::new(),
            err,
        })?;
        Ok(out)
    }
}
