//! What can go wrong with the database, told apart by what the caller does next: decide again,
//! try later, or stop and call somebody.

use std::sync::Arc;

use ledger::digest::Sha256Digest;

/// Size and root of the ledger at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Entries in the ledger.
    pub size: u64,
    /// Root of their Merkle tree.
    pub root: [u8; 32],
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(
            f,
            "{} entries under root {}",
            self.size,
            Sha256Digest(self.root)
        )
    }
}

/// Why the database did not do what was asked. Cloned to every caller of a failed batch.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DatabaseError {
    /// What decide saw has changed; nothing of the commit was written. Open the subject again.
    #[error(transparent)]
    Guard(#[from] GuardFailed),
    /// An entry cannot be written as a leaf; nothing of the commit was written.
    #[error("an entry has no leaf")]
    Entry(#[source] Arc<ledger::entry::EntryError>),
    /// A member cannot be disclosed later, so it is not taken now.
    #[error("a member has no disclosure")]
    Disclosure(#[source] Arc<ledger::disclosure::DisclosureError>),
    /// The commit contradicts itself; nothing of it was written.
    #[error("the commit is malformed: {0}")]
    Malformed(&'static str),
    /// The statement was refused; nothing of the commit was written.
    #[error("the database refused a statement")]
    Statement(#[source] Arc<sqlx::Error>),
    /// The database cannot be reached now; nothing was written.
    #[error("the database is not available")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// More is waiting to be written than the queue holds; try again shortly.
    #[error("too many writes are waiting")]
    Busy,
    /// No space is left for a write; nothing of it was written, reading goes on.
    #[error("no space is left for the database")]
    Full,
    /// A durable step failed and nobody knows what is on the disk: no write is taken until the
    /// process is started again and has compared database and head.
    #[error("writing has stopped until restart: {reason}")]
    Degraded {
        /// The step that failed.
        reason: Arc<str>,
    },
    /// The database is not the one whose head was kept: everything is read-only.
    #[error(transparent)]
    RolledBack(#[from] RolledBack),
    /// The ledger's own rows contradict each other: everything is read-only.
    #[error("the ledger is damaged: {what}")]
    Damaged {
        /// The first contradiction found.
        what: Arc<str>,
    },
    /// Opened for reading only.
    #[error("the database is open for reading only")]
    ReadOnly,
    /// The database was written by a newer version of the program.
    #[error("the database has schema {found}, this program knows {known}")]
    NewerSchema {
        /// Version in the database.
        found: i64,
        /// Latest version this program knows.
        known: i64,
    },
    /// The database lacks migrations and may not be changed by this connection.
    #[error(
        "the database has schema {found}, this program needs {known}: run migrate as its owner"
    )]
    OlderSchema {
        /// Version in the database.
        found: i64,
        /// Latest version this program knows.
        known: i64,
    },
    /// A migration failed.
    #[error("the schema cannot be brought up to date")]
    Migrate(#[source] Arc<sqlx::migrate::MigrateError>),
    /// A setting on which durability rests is not as it must be.
    #[error("setting {name} must be {want}, found {found}")]
    UnsafeSetting {
        /// Name of the setting as the engine spells it.
        name: &'static str,
        /// What it must be.
        want: &'static str,
        /// What the engine says it is.
        found: String,
    },
    /// Another process has the database.
    #[error("another process is using the database")]
    InUse,
    /// Not `sqlite:` or `postgres:`.
    #[error("the database address must begin with sqlite: or postgres://")]
    Address,
    /// The head cannot be read from or written to its own place.
    #[error("the head cannot be kept")]
    Head(#[source] Arc<std::io::Error>),
    /// A backup cannot be written or read.
    #[error("the backup cannot be read or written")]
    Backup(#[source] Arc<std::io::Error>),
    /// A backup's content is not what its first and last lines say.
    #[error("the backup is not whole: {0}")]
    BackupBroken(Arc<str>),
    /// A restore needs an empty database and an empty place for the head.
    #[error("restoring needs an empty database and no head")]
    NotEmpty,
    /// The writer has ended.
    #[error("the database is closed")]
    Closed,
}

/// The database is behind, or beside, the head that was kept outside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database was rolled back or rewritten: {}, found {found}",
    kept.map_or("no head was kept".to_owned(), |head| format!("kept {head}")))]
pub struct RolledBack {
    /// What was acknowledged last; none when the head itself is missing.
    pub kept: Option<Head>,
    /// What the database holds now.
    pub found: Head,
}

/// The first guard of a commit that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardFailed {
    /// The stream moved on, or exists already.
    #[error("stream {stream} is at version {found}, not {expected}")]
    StreamAt {
        /// The stream.
        stream: String,
        /// The version decide saw.
        expected: u64,
        /// The version now.
        found: u64,
    },
    /// Another number is next in the series.
    #[error("the next number of {series} is {next}, not {wanted}")]
    NumberNext {
        /// The series.
        series: String,
        /// The number decide took.
        wanted: i64,
        /// The number that is next.
        next: i64,
    },
    /// Somebody else has the key.
    #[error("{key} is taken in {scope}")]
    Unique {
        /// What keys are unique within.
        scope: String,
        /// The key.
        key: String,
    },
    /// The officer is somewhere else at that time, and decide did not see it.
    #[error("officer {officer} is occupied by {stream} from {from_us} to {to_us}")]
    Occupied {
        /// The officer.
        officer: String,
        /// The stream that occupies the time.
        stream: String,
        /// From when.
        from_us: i64,
        /// Until when.
        to_us: i64,
    },
    /// The bytes are held.
    #[error("bytes {sha256} are held")]
    NotHeld {
        /// Their digest.
        sha256: String,
    },
    /// This request was carried out before.
    #[error("request {key} of {account} was carried out before")]
    IdempotencyFree {
        /// The account that asked.
        account: String,
        /// The key it gave the request.
        key: String,
    },
}
