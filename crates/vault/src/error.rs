//! What can go wrong in the vault. Each variant has one stable meaning, from
//! which the caller words its message; the `Display` text is for logs.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::{Digests, ReceivingId, Sha256};

/// A step on which durability rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Writing received bytes into the receiving file.
    Write,
    /// `fdatasync` or `fsync` of the receiving file.
    Sync,
    /// Reading synced bytes back from the device.
    ReadBack,
    /// Taking write permission away (mode 0400).
    Chmod,
    /// Renaming from `receiving` to the place of its digest.
    Rename,
    /// `fsync` of a folder.
    SyncFolder,
    /// Saving offset and running digests for a later resumption.
    SaveState,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Write => "write",
            Step::Sync => "sync",
            Step::ReadBack => "read back",
            Step::Chmod => "chmod",
            Step::Rename => "rename",
            Step::SyncFolder => "sync folder",
            Step::SaveState => "save state",
        })
    }
}

/// Why the vault did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A setting is outside its range; nothing was opened.
    #[error("setting {name} is {value}, which is not within {allowed}")]
    Setting {
        name: &'static str,
        value: u64,
        allowed: &'static str,
    },

    /// A file or folder of the vault could not be opened, made, listed or removed.
    /// No acknowledged byte is affected.
    #[error("cannot open {path}")]
    Open {
        path: PathBuf,
        #[source]
        source: io::Error,
    },

    /// A durable step failed for another reason than space. The bytes in hand are
    /// not sealed, and the vault is degraded from now on.
    #[error("{step} failed at {path}")]
    Step {
        step: Step,
        path: PathBuf,
        #[source]
        source: io::Error,
    },

    /// The disk has no room: either the reserve would be touched (`source` is
    /// `None`) or the file system refused. The vault recovers when space returns.
    #[error("disk full: {free_bytes} bytes free, {needed_bytes} needed (reserve included)")]
    Full {
        free_bytes: u64,
        needed_bytes: u64,
        #[source]
        source: Option<io::Error>,
    },

    /// An earlier durable step failed, so nothing is taken in until the vault is
    /// opened again. Reading goes on.
    #[error("vault takes nothing in since {since} failed; reading goes on")]
    Degraded { since: Step },

    /// The vault was opened for reading only.
    #[error("vault was opened for reading only")]
    ReadOnly,

    /// The disk gave back other bytes than were received. Nothing was sealed; the
    /// bytes after the last synced offset must be sent again.
    #[error("receiving {id}: bytes read back differ from bytes received")]
    ReadBackDiffers { id: ReceivingId },

    /// The place of this digest is taken by a file with other content: the stored
    /// copy has changed. It was left as it is.
    #[error("{path} holds other content than its name says ({found:?})")]
    Occupied {
        sha256: Sha256,
        path: PathBuf,
        found: Box<Digests>,
    },

    /// Something that is not a regular file (a link, a folder, a pipe) stands
    /// where bytes should be. It was not followed.
    #[error("{path} is not a regular file")]
    NotAFile { path: PathBuf },

    /// A file in the vault whose name is not a digest in its right folder.
    #[error("{path} does not belong in the vault")]
    Stray { path: PathBuf },

    /// No bytes with this digest are kept.
    #[error("no bytes with digest {sha256}")]
    Missing { sha256: Sha256 },

    /// A stored file could not be read.
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },

    /// More bytes came than were declared; the surplus was not taken.
    #[error("receiving {id}: more than the declared {declared_bytes} bytes")]
    TooLong {
        id: ReceivingId,
        declared_bytes: u64,
    },

    /// Sealing was asked for before all declared bytes had come.
    #[error("receiving {id}: {received_bytes} of the declared {declared_bytes} bytes")]
    TooShort {
        id: ReceivingId,
        declared_bytes: u64,
        received_bytes: u64,
    },

    /// The receiving cannot be taken up again: never synced, already sealed,
    /// discarded, or its saved state is damaged. The bytes must be sent anew.
    #[error("receiving {id} cannot be resumed: {why}")]
    NotResumable { id: ReceivingId, why: &'static str },

    /// The receiving is in use by another caller.
    #[error("receiving {id} is in use")]
    Busy { id: ReceivingId },

    /// An earlier call on this receiving failed or was cancelled half-way. Resume
    /// it from its last synced offset.
    #[error("receiving {id} broke off earlier")]
    Broken { id: ReceivingId },

    /// The machine could not start a worker thread or finish a blocking task.
    #[error("cannot run a vault worker")]
    Worker {
        #[source]
        source: io::Error,
    },
}
