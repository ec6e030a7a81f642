//! How a database is opened, and who keeps its head.

use std::io;

/// Keeps the ledger's head in a place of its own, outside the database. Both calls block; `keep`
/// returns only when the head is durable.
pub trait HeadKeeper: Send {
    /// Size and root kept last; none when nothing was ever kept.
    ///
    /// # Errors
    ///
    /// The place cannot be read, or what it holds is not authentic.
    fn read(&mut self) -> io::Result<Option<(u64, [u8; 32])>>;

    /// Keeps size and root, durably.
    ///
    /// # Errors
    ///
    /// The place cannot be written; the database then takes no more writes until restart.
    fn keep(&mut self, size: u64, root: [u8; 32]) -> io::Result<()>;
}

/// What [`crate::Database::open`] needs.
pub struct OpenOptions {
    /// `sqlite:/path/liuhen.db` or `postgres://…`.
    pub url: String,
    /// Keeps the head.
    pub head: Box<dyn HeadKeeper>,
    /// Opens beside a running server, without lock, migrations or writer.
    pub read_only: bool,
    /// Connections that read at the same time.
    pub readers_max: u32,
    /// PRAGMAs for every SQLite connection, such as `cache_size`. What durability rests on is read
    /// back afterwards, so that none of these can weaken it.
    pub sqlite_pragmas: Vec<(String, String)>,
}

impl OpenOptions {
    /// The usual: writable, four readers.
    pub fn new(url: impl Into<String>, head: Box<dyn HeadKeeper>) -> Self {
        Self {
            url: url.into(),
            head,
            read_only: false,
            readers_max: 4,
            sqlite_pragmas: Vec::new(),
        }
    }
}

/// Where the database is, apart from the keeper of its head: shared by writer and readers.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub url: String,
    pub readers_max: u32,
    pub sqlite_pragmas: Vec<(String, String)>,
}

impl Place {
    /// The place of a database whose usual settings will do.
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            readers_max: 1,
            sqlite_pragmas: Vec::new(),
        }
    }
}
