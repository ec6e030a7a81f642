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
/// What was indexed last comes first; the index itself is in this order.
pub(crate) const NEWEST_FOUND: &str = " ORDER BY search_index.rowid DESC";
pub(crate) const MATCH_END: &str = "";
pub(crate) const INDEX_INSERT: &str = "INSERT INTO search_index (rowid, grams) ";
/// What stands around the words of a part where they are inserted.
pub(crate) const INDEX_TEXT: (&str, &str) = ("", "");
pub(crate) const INDEX_DELETE: &str = "DELETE FROM search_index WHERE rowid IN (";
/// A lost connection to a file is a failed disk; nothing is gained by opening it again.
pub(crate) const RECONNECTS: bool = false;

/// How much of the file is looked through at a time.
const SCAN_BYTES: u64 = 1 << 20;

/// What must be true of every connection, as the engine reports it.
const SETTINGS: [(&str, &str, &str, &str); 6] = [
    ("journal_mode", "PRAGMA journal_mode", "wal", "WAL"),
    ("synchronous", "PRAGMA synchronous", "2", "FULL (2)"),
    ("cell_size_check", "PRAGMA cell_size_check", "1", "on (1)"),
    ("trusted_schema", "PRAGMA trusted_schema", "0", "off (0)"),
    ("foreign_keys", "PRAGMA foreign_keys", "1", "on (1)"),
    // What is taken out is overwritten: a secret must not stay in space nobody uses.
    ("secure_delete", "PRAGMA secure_delete", "1", "on (1)"),
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
        .pragma("secure_delete", "ON")
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
        // A connection to a file does not go away unnoticed.
        .test_before_acquire(false)
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

/// Cleans the index of its tombstones, empties the write-ahead log, and writes the file anew where
/// the texts still stand in unused space (a split page keeps what it gave away).
pub(crate) async fn scrub(
    conn: &mut Conn,
    place: &Place,
    texts: &[String],
) -> Result<bool, sqlx::Error> {
    sqlx::raw_sql("INSERT INTO search_index (search_index) VALUES ('optimize')")
        .execute(&mut *conn)
        .await?;
    if !empty_log(conn).await? {
        return Ok(false);
    }
    let file = path_of(place).map_err(|_| sqlx::Error::WorkerCrashed)?;
    let texts = texts.to_vec();
    let stands = tokio::task::spawn_blocking(move || stands_in(&file, &texts)).await;
    if !stands.map_err(|_| sqlx::Error::WorkerCrashed)?? {
        return Ok(true);
    }
    sqlx::raw_sql("VACUUM").execute(&mut *conn).await?;
    empty_log(conn).await
}

/// Moves the log into the database and truncates it; false where a reader still needs it.
async fn empty_log(conn: &mut Conn) -> Result<bool, sqlx::Error> {
    // The office waits meanwhile: two seconds, not the thirty of a write.
    sqlx::raw_sql("PRAGMA busy_timeout = 2000")
        .execute(&mut *conn)
        .await?;
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *conn)
        .await;
    sqlx::raw_sql("PRAGMA busy_timeout = 30000")
        .execute(&mut *conn)
        .await?;
    Ok(row?.try_get::<i64, _>(0)? == 0)
}

/// Whether any of the texts stands anywhere in a file, read through a window.
fn stands_in(file: &std::path::Path, texts: &[String]) -> std::io::Result<bool> {
    use std::io::Read as _;
    let longest = texts.iter().map(String::len).max().unwrap_or(0);
    let mut from = File::open(file)?;
    let mut window = Vec::new();
    loop {
        let kept = window.len().min(longest);
        window.drain(..window.len() - kept);
        if from.by_ref().take(SCAN_BYTES).read_to_end(&mut window)? == 0 {
            return Ok(false);
        }
        let found = |text: &String| !text.is_empty() && holds(&window, text.as_bytes());
        if texts.iter().any(found) {
            return Ok(true);
        }
    }
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    let Some((first, _)) = text.split_first() else {
        return false;
    };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        rest = &rest[at..];
        if rest.starts_with(text) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

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
