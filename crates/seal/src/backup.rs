//! Copies of the keys. They stand apart from the backup of the data, because both together
//! would be the data in clear, and they expire, because a key destroyed after its term must
//! not come back from a drawer.

use std::fs;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::cases::{open_box, seal_box};
use crate::durable::{check_folder, create_private, private_folder, read_private};
use crate::store::{CASES, Key, KeyStore, MARKER, list_files};
use crate::{SealError, fill_random};

const NOTE: &str = "BACKUP.json";
const FILE_SIZE_BYTES_MAX: u64 = 4096;
const NOTE_SIZE_BYTES_MAX: u64 = 1 << 30;
const FORMAT: &str = "liuhen-keys/1";

/// From when to when a copy of the keys may be used, in microseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupTerm {
    /// When the copy is made.
    pub made_at_micros: i64,
    /// From this instant on [`restore`] refuses it.
    pub expires_at_micros: i64,
}

/// The note that lies beside the copies, as `BACKUP.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupNote {
    /// `liuhen-keys/1`.
    pub format: String,
    /// When it was made, and until when it may be used.
    #[serde(flatten)]
    pub term: BackupTerm,
    /// What whoever finds the medium should do with it.
    pub remark: String,
    /// Salt of the passphrase (Argon2id, 64 MiB, 3 passes), hex; none if the copies are plain.
    pub passphrase_salt: Option<String>,
    /// Every file copied: path within the folder, SHA-256 of the bytes as they lie there.
    pub files: Vec<(String, String)>,
}

/// Why keys could not be copied or brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The copy's term is over: keys destroyed since would come back with it.
    #[error("this copy of the keys has expired and must be destroyed")]
    Expired,
    /// The term ends before it begins.
    #[error("the copy would expire before it is made")]
    BadTerm,
    /// The place to write to is not empty.
    #[error("{} is not empty", path.display())]
    NotEmpty {
        /// Where it was to be written.
        path: PathBuf,
    },
    /// A file of the copy is missing or differs from its digest in the note.
    #[error("{file} is missing from the copy, or damaged")]
    Damaged {
        /// Path within the copy.
        file: String,
    },
    /// The note is missing, unreadable or of another format.
    #[error("there is no readable BACKUP.json in {}", path.display())]
    NoNote {
        /// Folder of the copy.
        path: PathBuf,
    },
    /// No passphrase was given though the copy needs one, or the wrong one.
    #[error("the passphrase is missing or wrong")]
    Passphrase,
    /// The passphrase could not be worked up to a key.
    #[error("the passphrase cannot be used: {0}")]
    Derivation(String),
    /// Reading or writing failed.
    #[error(transparent)]
    Keys(#[from] SealError),
}

/// Copies every key of `keys_dir` into the empty or new folder `to_dir`, reads each back and
/// compares it, and writes the note last: a copy without a note is no copy. With a passphrase
/// each file is sealed under it (AES-256-GCM, key by Argon2id).
///
/// # Errors
///
/// [`BackupError::NotEmpty`], [`BackupError::BadTerm`], or what reading and writing gives.
pub fn backup_keys(
    keys_dir: &Path,
    to_dir: &Path,
    passphrase: Option<&str>,
    term: BackupTerm,
) -> Result<BackupNote, BackupError> {
    if term.expires_at_micros <= term.made_at_micros {
        return Err(BackupError::BadTerm);
    }
    // Opening checks every key of the office, so that no damaged one is copied.
    let store = KeyStore::open_existing(keys_dir)?;
    drop(store);
    empty_folder(to_dir)?;
    let sealing = match passphrase {
        Some(passphrase) => {
            let mut salt = [0u8; 16];
            fill_random(&mut salt)?;
            Some((salt, derive(passphrase, &salt)?))
        }
        None => None,
    };
    let mut files = Vec::new();
    for name in list_files(keys_dir)? {
        // A case's keys destroyed while we copy are rightly not in the copy.
        let Some(plain) = read_private(&keys_dir.join(&name), FILE_SIZE_BYTES_MAX)? else {
            continue;
        };
        let bytes = match &sealing {
            Some((_, key)) => Zeroizing::new(seal_box(key, name.as_bytes(), &plain)?),
            None => plain,
        };
        write_in(to_dir, &name, &bytes)?;
        let back = read_private(&to_dir.join(&name), FILE_SIZE_BYTES_MAX)?;
        if back.as_deref() != Some(&*bytes) {
            return Err(BackupError::Damaged { file: name });
        }
        files.push((name, digest(&bytes)));
    }
    let note = BackupNote {
        format: FORMAT.into(),
        term,
        remark: "密钥备份。不得与数据备份存放在一处；到期必须销毁，到期后不能恢复。".into(),
        passphrase_salt: sealing.map(|(salt, _)| hex::encode(salt)),
        files,
    };
    let json = serde_json::to_vec_pretty(&note).map_err(|_| BackupError::NoNote {
        path: to_dir.into(),
    })?;
    create_private(&to_dir.join(NOTE), &json)?;
    Ok(note)
}

/// Brings a copy back into the empty or new folder `keys_dir` and opens it. Every file is
/// checked before the first is written.
///
/// Keys destroyed after the copy was made come back with it: the caller destroys them again by
/// what the ledger says.
///
/// # Errors
///
/// [`BackupError::Expired`] when `now_micros` is not before the term's end, otherwise as the
/// variants say.
pub fn restore(
    from_dir: &Path,
    keys_dir: &Path,
    passphrase: Option<&str>,
    now_micros: i64,
) -> Result<KeyStore, BackupError> {
    check_folder(from_dir)?;
    let no_note = || BackupError::NoNote {
        path: from_dir.into(),
    };
    let json = read_private(&from_dir.join(NOTE), NOTE_SIZE_BYTES_MAX)?.ok_or_else(no_note)?;
    let note: BackupNote = serde_json::from_slice(&json).map_err(|_| no_note())?;
    if note.format != FORMAT {
        return Err(no_note());
    }
    if now_micros >= note.term.expires_at_micros {
        return Err(BackupError::Expired);
    }
    let key = match (&note.passphrase_salt, passphrase) {
        (Some(salt), Some(passphrase)) => Some(derive(
            passphrase,
            &hex::decode(salt).map_err(|_| no_note())?,
        )?),
        (Some(_), None) => return Err(BackupError::Passphrase),
        (None, _) => None,
    };
    let mut files = Vec::new();
    for (name, wanted) in &note.files {
        let damaged = || BackupError::Damaged { file: name.clone() };
        if !is_key_path(name) {
            return Err(damaged());
        }
        let bytes = read_private(&from_dir.join(name), FILE_SIZE_BYTES_MAX)?.ok_or_else(damaged)?;
        if digest(&bytes) != *wanted {
            return Err(damaged());
        }
        let plain = match &key {
            Some(key) => open_box(key, name.as_bytes(), &bytes).ok_or(BackupError::Passphrase)?,
            None => bytes,
        };
        files.push((name, plain));
    }
    empty_folder(keys_dir)?;
    private_folder(&keys_dir.join(CASES))?;
    for (name, plain) in &files {
        write_in(keys_dir, name, plain)?;
    }
    // Before the mark, so that an incomplete copy is found out rather than filled up.
    let store = KeyStore::open_existing(keys_dir)?;
    create_private(&keys_dir.join(MARKER), &[])?;
    Ok(store)
}

fn empty_folder(dir: &Path) -> Result<(), BackupError> {
    private_folder(dir)?;
    let mut entries = fs::read_dir(dir).map_err(SealError::io("list", dir))?;
    if entries.next().is_some() {
        return Err(BackupError::NotEmpty { path: dir.into() });
    }
    Ok(())
}

fn write_in(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), SealError> {
    let path = dir.join(name);
    let mut folder = dir.to_path_buf();
    if let Some((parents, _)) = name.rsplit_once('/') {
        for parent in parents.split('/') {
            folder.push(parent);
            private_folder(&folder)?;
        }
    }
    create_private(&path, bytes)?;
    Ok(())
}

/// The note is read from a medium that was away: its paths lead nowhere but into the folder.
fn is_key_path(name: &str) -> bool {
    name.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    })
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn derive(passphrase: &str, salt: &[u8]) -> Result<Key, BackupError> {
    let refused = |err: argon2::Error| BackupError::Derivation(err.to_string());
    let params = Params::new(64 * 1024, 3, 1, Some(32)).map_err(refused)?;
    let mut key = Key::default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(refused)?;
    Ok(key)
}
