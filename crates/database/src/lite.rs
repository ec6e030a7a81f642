//! SQLite: the embedded default. Everything both engines share is under `engine/`.

use std::fs::{File, OpenOptions as FileOptions, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Row as _, SqlSafeStr as _};

use crate::error::DatabaseError;
use crate::fault::Fault;
use crate::options::Place;

#[path = "engine/desk.rs"]
pub(crate) mod desk;
#[path = "engine/dump.rs"]
pub(crate) mod dump;
#[path = "engine/flush.rs"]
pub(crate) mod flush;
#[path = "engine/opening.rs"]
pub(crate) mod opening;
#[path = "engine/reads.rs"]
pub(crate) mod reads;
#[path = "engine/registers.rs"]
pub(crate) mod registers;
#[path = "engine/writer.rs"]
pub(crate) mod writer;

pub(crate) type Db = sqlx::Sqlite;
pub(crate) type Conn = sqlx::SqliteConnection;

/// A deferred transaction could find its snapshot stale at the first write.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";
pub(crate) const BEGIN_SNAPSHOT: &str = "BEGIN";
pub(crate) const HEAD_LOCKED: &str = "SELECT id, size, root, frontier FROM head WHERE id = 1";
pub(crate) const BINDS_MAX: usize = 32_000;
pub(crate) const SCHEMA_TABLE: &str =
    "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
/// Part of a query in which the searched words stand as one parameter after this text.
pub(crate) const FOUND_DOCS: &str = "SELECT d.doc, d.scope FROM search_index \
     JOIN search_docs d ON d.id = search_index.rowid WHERE search_index MATCH ";
pub(crate) const FOUND_SCOPES: &str = "SELECT d.scope FROM search_index \
     JOIN search_docs d ON d.id = search_index.rowid WHERE search_index MATCH ";
pub(crate) const MATCH_END: &str = "";
pub(crate) const INDEX_INSERT: &str = "INSERT INTO search_index (rowid, grams) VALUES ($1, $2)";
pub(crate) const INDEX_DELETE: &str = "DELETE FROM search_index WHERE rowid = $1";
/// A lost connection to a file is a failed disk; nothing is gained by opening it again.
pub(crate) const RECONNECTS: bool = false;

/// What must be true of every connection, as the engine reports it.
const SETTINGS: [(&str, &str, &str, &str); 5] = [
    ("journal_mode", "PRAGMA journal_mode", "wal", "WAL"),
    ("synchronous", "PRAGMA synchronous", "2", "FULL (2)"),
    ("cell_size_check", "PRAGMA cell_size_check", "1", "on (1)"),
    ("trusted_schema", "PRAGMA trusted_schema", "0", "off (0)"),
    ("foreign_keys", "PRAGMA foreign_keys", "1", "on (1)"),
];

/// What keeps a second process out: a lock on a file beside the database.
pub(crate) type Lock = File;

fn path_of(options: &Place) -> Result<PathBuf, DatabaseError> {
    let path = options
        .url
        .strip_prefix("sqlite:")
        .ok_or(DatabaseError::Address)?;
    Ok(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
}

fn connect_options(options: &Place) -> Result<SqliteConnectOptions, DatabaseError> {
    let mut connect = SqliteConnectOptions::new()
        .filename(path_of(options)?)
        .pragma("synchronous", "FULL")
        .pragma("cell_size_check", "ON")
        .pragma("trusted_schema", "OFF")
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(30))
        .disable_statement_logging();
    for (name, value) in &options.sqlite_pragmas {
        connect = connect.pragma(name.clone(), value.clone());
    }
    Ok(connect)
}

pub(crate) fn lock(options: &Place) -> Result<Option<Lock>, DatabaseError> {
    let mut path = path_of(options)?.into_os_string();
    path.push(".lock");
    let failed =
        |error: std::io::Error| DatabaseError::Unavailable(Arc::new(sqlx::Error::Io(error)));
    let file = FileOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(DatabaseError::InUse),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

pub(crate) async fn connect_writer(options: &Place) -> Result<Conn, DatabaseError> {
    let mut conn = connect_options(options)?
        .create_if_missing(true)
        .pragma("journal_mode", "WAL")
        .connect()
        .await
        .map_err(unavailable)?;
    check_settings(&mut conn).await?;
    Ok(conn)
}

pub(crate) async fn connect_readers(options: &Place) -> Result<sqlx::Pool<Db>, DatabaseError> {
    let connect = connect_options(options)?
        .read_only(true)
        .create_if_missing(false);
    let pool = SqlitePoolOptions::new()
        .max_connections(options.readers_max)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(connect)
        .await
        .map_err(unavailable)?;
    let mut conn = pool.acquire().await.map_err(unavailable)?;
    check_settings(&mut conn).await?;
    drop(conn);
    Ok(pool)
}

async fn check_settings(conn: &mut Conn) -> Result<(), DatabaseError> {
    for (name, query, wanted, want) in SETTINGS {
        let row = sqlx::query(query)
            .fetch_one(&mut *conn)
            .await
            .map_err(unavailable)?;
        let found = match row.try_get::<i64, _>(0) {
            Ok(number) => number.to_string(),
            Err(_) => row.try_get::<String, _>(0).map_err(unavailable)?,
        };
        if found != wanted {
            return Err(DatabaseError::UnsafeSetting { name, want, found });
        }
    }
    Ok(())
}

pub(crate) fn migrator() -> Migrator {
    Migrator::with_migrations(vec![Migration::new(
        1,
        "office".into(),
        MigrationType::Simple,
        include_str!("../migrations/sqlite/0001_office.sql").into_sql_str(),
        false,
    )])
}

/// Takes what only one process may hold; on SQLite the file lock is all.
pub(crate) async fn claim(_conn: &mut Conn) -> Result<(), DatabaseError> {
    Ok(())
}

/// Gives back what [`claim`] took.
pub(crate) async fn release(_conn: &mut Conn) {}

/// The words of one part of a document, as its index takes them.
pub(crate) fn index_text(words: &[String]) -> String {
    words.join(" ")
}

/// The phrases of a query in FTS5's language. The words are plain ASCII letters and digits.
pub(crate) fn match_text(phrases: &[Vec<String>]) -> String {
    let phrase = |words: &Vec<String>| format!("\"{}\" *", words.join(" "));
    phrases.iter().map(phrase).collect::<Vec<_>>().join(" AND ")
}

pub(crate) fn fault_of(error: &sqlx::Error) -> Fault {
    let sqlx::Error::Database(database) = error else {
        return Fault::of_driver(error);
    };
    let code = database
        .code()
        .and_then(|code| code.parse::<i64>().ok())
        .unwrap_or(1);
    // The lower eight bits are the primary result code (sqlite.org/rescode.html).
    match code & 0xff {
        13 => Fault::Full,
        // Read-only, I/O, corrupt, cannot open, not a database.
        8 | 10 | 11 | 14 | 26 => Fault::Lost,
        5 | 6 => Fault::Away,
        _ => Fault::Statement,
    }
}

fn unavailable(error: sqlx::Error) -> DatabaseError {
    DatabaseError::Unavailable(Arc::new(error))
}
