//! PostgreSQL: for offices that outgrow one file. Everything both engines share is under `engine/`.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, SqlSafeStr as _};

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

pub(crate) type Db = sqlx::Postgres;
pub(crate) type Conn = sqlx::PgConnection;

pub(crate) const BEGIN: &str = "BEGIN";
pub(crate) const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
pub(crate) const HEAD_LOCKED: &str =
    "SELECT id, size, root, frontier FROM head WHERE id = 1 FOR UPDATE";
pub(crate) const BINDS_MAX: usize = 65_000;
pub(crate) const SCHEMA_TABLE: &str = "SELECT COUNT(*) FROM pg_class c \
     JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relname = '_sqlx_migrations' AND n.nspname = current_schema()";
/// Part of a query in which the searched words stand as one parameter after this text.
pub(crate) const FOUND_DOCS: &str = "SELECT d.doc, d.scope FROM search_index i \
     JOIN search_docs d ON d.id = i.id WHERE i.grams @@ CAST(";
pub(crate) const FOUND_SCOPES: &str = "SELECT d.scope FROM search_index i \
     JOIN search_docs d ON d.id = i.id WHERE i.grams @@ CAST(";
/// What was indexed last comes first; the index itself is in this order.
pub(crate) const NEWEST_FOUND: &str = " ORDER BY i.id DESC";
pub(crate) const MATCH_END: &str = " AS tsquery)";
pub(crate) const INDEX_INSERT: &str = "INSERT INTO search_index (id, grams) ";
/// What stands around the words of a part where they are inserted.
pub(crate) const INDEX_TEXT: (&str, &str) = ("CAST(", " AS tsvector)");
pub(crate) const INDEX_DELETE: &str = "DELETE FROM search_index WHERE id IN (";
/// A server that was away comes back; what it holds is then compared with the head.
pub(crate) const RECONNECTS: bool = true;

/// What must be true of the server and the session. `synchronous_commit` has several safe values.
const SETTINGS: [(&str, &str, &[&str], &str); 4] = [
    ("fsync", "SHOW fsync", &["on"], "on"),
    ("full_page_writes", "SHOW full_page_writes", &["on"], "on"),
    (
        "synchronous_commit",
        "SHOW synchronous_commit",
        &["on", "remote_apply", "remote_write", "local"],
        "on",
    ),
    ("data_checksums", "SHOW data_checksums", &["on"], "on"),
];

/// Nobody else takes this number: "LIUHEN" and a version.
const ADVISORY_LOCK: i64 = 0x004c_4955_4845_4e01;

const CLAIM_ATTEMPTS: u32 = 10;
const CLAIM_PAUSE: Duration = Duration::from_millis(100);

/// What keeps a second process out is the writer's session itself: there is never a file to hold.
pub(crate) type Lock = std::fs::File;

fn connect_options(options: &Place) -> Result<PgConnectOptions, DatabaseError> {
    PgConnectOptions::from_str(&options.url)
        .map(|connect| {
            connect
                .application_name("liuhen")
                .disable_statement_logging()
        })
        .map_err(|_| DatabaseError::Address)
}

pub(crate) fn lock(_options: &Place) -> Result<Option<Lock>, DatabaseError> {
    Ok(None)
}

pub(crate) async fn connect_writer(options: &Place) -> Result<Conn, DatabaseError> {
    let mut conn = connect_options(options)?
        .connect()
        .await
        .map_err(unavailable)?;
    check_settings(&mut conn).await?;
    Ok(conn)
}

pub(crate) async fn connect_readers(options: &Place) -> Result<sqlx::Pool<Db>, DatabaseError> {
    let connect = connect_options(options)?.options([("default_transaction_read_only", "on")]);
    PgPoolOptions::new()
        .max_connections(options.readers_max)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(connect)
        .await
        .map_err(unavailable)
}

async fn check_settings(conn: &mut Conn) -> Result<(), DatabaseError> {
    for (name, query, wanted, want) in SETTINGS {
        let found: String = sqlx::query_scalar(query)
            .fetch_one(&mut *conn)
            .await
            .map_err(unavailable)?;
        if !wanted.contains(&found.as_str()) {
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
        include_str!("../migrations/postgres/0001_office.sql").into_sql_str(),
        false,
    )])
}

/// Takes what only one process may hold, for as long as the session lasts. The server may take a
/// moment to notice that a process which held it has died.
pub(crate) async fn claim(conn: &mut Conn) -> Result<(), DatabaseError> {
    for _ in 0..CLAIM_ATTEMPTS {
        let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(ADVISORY_LOCK)
            .fetch_one(&mut *conn)
            .await
            .map_err(unavailable)?;
        if taken {
            return Ok(());
        }
        tokio::time::sleep(CLAIM_PAUSE).await;
    }
    Err(DatabaseError::InUse)
}

/// Gives back what [`claim`] took: the server notices a closed session only after a while.
pub(crate) async fn release(conn: &mut Conn) {
    // If this fails, the session's end releases it.
    let _ = sqlx::raw_sql("SELECT pg_advisory_unlock_all()")
        .execute(conn)
        .await;
}

/// Rows that were taken out are vacuumed. What else keeps them (the server's log and its archive)
/// is outside the program's reach; a role that owns no tables is told so by the server alone.
pub(crate) async fn scrub(
    conn: &mut Conn,
    _place: &Place,
    _texts: &[String],
) -> Result<bool, sqlx::Error> {
    sqlx::raw_sql("VACUUM entry_values, registers, outbox, search_docs, search_index, cases, clues, papers, evidence, duties, grants, viewings")
        .execute(conn)
        .await?;
    Ok(true)
}

/// The words of one part of a document with their places, as a tsvector reads them. The words are
/// plain ASCII letters and digits.
pub(crate) fn index_text(words: &[String]) -> String {
    (1..)
        .zip(words)
        .map(|(place, word)| format!("{word}:{place}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The phrases of a query in the language of tsquery.
pub(crate) fn match_text(phrases: &[Vec<String>]) -> String {
    let phrase = |words: &Vec<String>| format!("({}:*)", words.join(" <-> "));
    phrases.iter().map(phrase).collect::<Vec<_>>().join(" & ")
}

pub(crate) fn fault_of(error: &sqlx::Error) -> Fault {
    let sqlx::Error::Database(database) = error else {
        return Fault::of_driver(error);
    };
    let code = database.code().unwrap_or_default();
    // Appendix A of the manual: 53100 disk full, 57P administrator's shutdown, 58 system error,
    // XX001 and XX002 corrupted data and index.
    match code.as_ref() {
        "53100" => Fault::Full,
        "XX001" | "XX002" => Fault::Lost,
        code if code.starts_with("58") => Fault::Lost,
        code if code.starts_with("57P") || code.starts_with("53") || code.starts_with("08") => {
            Fault::Away
        }
        _ => Fault::Statement,
    }
}

fn unavailable(error: sqlx::Error) -> DatabaseError {
    DatabaseError::Unavailable(Arc::new(error))
}
