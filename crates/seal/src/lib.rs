//! Keys: who may read what is protected, who signs the checkpoints, and where the ledger's
//! head stands. This crate knows no case, no entry and no clock; it turns bytes into sealed
//! bytes and back, and it keeps a few small files so that a power cut loses none of them.
//!
//! - [`KeyStore`]: the folder of keys (`--keys`), never part of a backup of the data.
//! - [`KeyStore::seal_member`]: protected values, each case under its own key and its
//!   informants under another (Art. 30). Destroying a case's keys erases the values and leaves
//!   the proofs.
//! - [`SealWriter`], [`OpenReader`]: the same for files too large for memory.
//! - [`HeadKeeper`]: size and root of the ledger in a place of their own (`--head`), so that a
//!   database rolled back to an older copy is noticed at the next start.
//! - [`backup_keys`], [`restore`]: copies of the keys, which expire.

mod backup;
mod cases;
mod durable;
mod head;
mod store;
mod stream;

pub use backup::{BackupError, BackupNote, BackupTerm, backup_keys, restore};
pub use cases::{CaseKey, KeyClass};
pub use durable::same_file_system;
pub use head::{AGENCY_SIZE_BYTES_MAX, HeadError, HeadKeeper, HeadRecord};
pub use store::KeyStore;
pub use stream::{CHUNK_SIZE_BYTES, OpenReader, SealWriter, opened_len, sealed_len};

use std::io;
use std::path::PathBuf;

/// Why a key could not be used or a sealed value not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key was destroyed after its term, or never was here: the value cannot be read.
    #[error("no key for {what}: destroyed, or never made here")]
    Missing {
        /// Name of the key, or the id of the case.
        what: String,
    },
    /// Bytes, additional data or key differ from those sealed.
    #[error("{what} is not as it was sealed")]
    Tampered {
        /// What failed to open: a key file, a sealed member, a sealed stream.
        what: String,
    },
    /// Others than the owner may read or write this path.
    #[error("{} may be opened by others (mode {mode:04o}): set {wanted:04o}", path.display())]
    TooOpen {
        /// File or folder.
        path: PathBuf,
        /// Permission bits found.
        mode: u32,
        /// Permission bits asked for.
        wanted: u32,
    },
    /// The path belongs to another user than the one this process runs as.
    #[error("{} belongs to user {owner}, this process runs as user {us}", path.display())]
    ForeignOwner {
        /// File or folder.
        path: PathBuf,
        /// Owner found.
        owner: u32,
        /// Effective user of this process.
        us: u32,
    },
    /// A link, a device or anything else stands where a plain file or folder is expected.
    #[error("{} is not a plain file or folder", path.display())]
    NotPlain {
        /// What was found there.
        path: PathBuf,
    },
    /// An id of a case is empty or longer than 65 535 bytes.
    #[error("the id of a case is empty or too long")]
    BadId,
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    Random(#[source] getrandom::Error),
    /// Reading or writing failed.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To which path.
        path: PathBuf,
        /// Why not.
        #[source]
        err: io::Error,
    },
}

impl SealError {
    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |err| Self::Io { doing, path, err }
    }

    pub(crate) fn tampered(what: impl Into<String>) -> Self {
        Self::Tampered { what: what.into() }
    }
}

/// Fills `bytes` from the operating system's generator.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), SealError> {
    getrandom::fill(bytes).map_err(SealError::Random)
}
