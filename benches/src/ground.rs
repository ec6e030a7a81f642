//! Where figures are measured: a demonstration bureau in a place of its own, on either engine, told
//! through the real acts on a stepped clock, and its cases as blanks.

use crate::blank::{self, Blank};
use anyhow::{Context, anyhow};
use casework::demo::{self, DemoAccount};
use casework::views::CaseFilter;
use casework::{ActError, Caller, Clock, Office, Settings};
use database::{Database, HeadKeeper, OpenOptions};
use jiff::civil::{Date, DateTime, date};
use procedure::Case;
use procedure::ids::CaseId;
use procedure::people::Role;
use sqlx::{AssertSqlSafe, Connection};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// The day figures are measured on: a Monday whose calendar is known.
pub const TODAY: Date = date(2026, 9, 21);

/// An office on disk that is not open.
pub struct Ground {
    pub settings: Settings,
    pub accounts: Vec<DemoAccount>,
    place: TempDir,
}

/// Grounds, the demonstration told only once for SQLite.
#[derive(Default)]
pub struct Grounds {
    told: Option<Ground>,
}

impl Grounds {
    /// A demonstration on SQLite.
    pub async fn sqlite(&mut self) -> anyhow::Result<Ground> {
        if self.told.is_none() {
            self.told = Some(tell(None).await?);
        }
        let told = self.told.as_ref().context("it was told just now")?;
        let place = tempfile::tempdir()?;
        for name in ["data", "data.head", "data.keys"] {
            copy(&told.place.path().join(name), &place.path().join(name))?;
        }
        Ok(Ground { settings: settings(place.path(), None), accounts: told.accounts.clone(), place })
    }

    /// A demonstration on PostgreSQL, where a server is named.
    pub async fn postgres(&self) -> anyhow::Result<Option<Ground>> {
        let Ok(base) = std::env::var("LIUHEN_TEST_POSTGRES") else {
            println!("  PostgreSQL is not measured: LIUHEN_TEST_POSTGRES is not set (scripts/with-postgres sets it)");
            return Ok(None);
        };
        let name = format!("liuhen_bench_{}_{}", std::process::id(), clock_free_name());
        let mut conn = sqlx::PgConnection::connect(&format!("{base}postgres")).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut conn).await?;
        conn.close().await?;
        Ok(Some(tell(Some(format!("{base}{name}"))).await?))
    }
}

impl Ground {
    /// The office, its clock standing at ten o'clock of the day.
    pub async fn open(&self) -> anyhow::Result<Office> {
        Office::open(self.settings.clone(), Clock::at(now())).await
    }

    /// The database alone, as the office opens it.
    pub async fn database(&self) -> anyhow::Result<Database> {
        let keys = self.keys()?;
        let keeper = seal::HeadKeeper::open(&self.settings.head, keys.head_key())?;
        let agency = keeper.read()?.context("a head was kept")?.agency;
        Ok(Database::open(OpenOptions::new(self.settings.database.clone(), Box::new(Keeper { keeper, agency }))).await?)
    }

    pub async fn sql(&self) -> anyhow::Result<Sql> {
        Sql::open(&self.settings.database).await
    }

    /// The cases of the demonstration.
    pub async fn cases(&self) -> anyhow::Result<Vec<Case>> {
        let office = self.open().await?;
        let head = holder(&office, Role::AgencyHead)?;
        let mut cases = vec![];
        for row in office.cases(&head, CaseFilter::default(), None, 100).await.map_err(told)? {
            cases.push(office.case_file(&head, &CaseId(row.id)).await.map_err(told)?.case);
        }
        office.close().await;
        Ok(cases)
    }

    pub fn keys(&self) -> anyhow::Result<Arc<seal::KeyStore>> {
        Ok(Arc::new(seal::KeyStore::open(&self.settings.keys)?))
    }

    /// Its cases as blanks.
    pub async fn blanks(&self, database: &Database, cases: Vec<Case>) -> anyhow::Result<Vec<Arc<Blank>>> {
        let officers: BTreeSet<String> = cases.iter().flat_map(|c| c.handlers.iter().map(|h| h.id.0.clone())).collect();
        let officers: Vec<String> = officers.into_iter().collect();
        let (mut sql, keys) = (self.sql().await?, self.keys()?);
        let mut blanks = vec![];
        for case in cases {
            blanks.push(Arc::new(Blank::of(case, database, &mut sql, &keys, &officers).await?));
        }
        blank::ensure_apart(&blanks)?;
        Ok(blanks)
    }
}

/// Ten o'clock of the day figures are measured on.
pub fn now() -> DateTime {
    TODAY.at(10, 0, 0, 0)
}

/// Somebody who holds a role.
pub fn holder(office: &Office, role: Role) -> anyhow::Result<Caller> {
    let directory = office.directory();
    let person = directory.persons.values().find(|p| p.holds(role)).with_context(|| format!("nobody is {}", role.code()))?;
    Ok(Caller::new(person.clone(), "bench"))
}

/// An act's error with all it complains of.
pub fn told(error: ActError) -> anyhow::Error {
    match error {
        ActError::Failure(error) => error,
        other => anyhow!("{other:?}"),
    }
}

async fn tell(database: Option<String>) -> anyhow::Result<Ground> {
    let place = tempfile::tempdir()?;
    let settings = settings(place.path(), database);
    let office = demo::open(settings.clone(), TODAY).await?;
    let accounts = demo::fill(&office, TODAY).await?;
    office.close().await;
    Ok(Ground { settings, accounts, place })
}

/// Where an office of this place lives.
pub fn settings(place: &Path, database: Option<String>) -> Settings {
    let mut settings = Settings::new(place.join("data"));
    if std::env::var_os("LIUHEN_FONTS").is_none() {
        settings.fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.fonts");
    }
    if let Some(database) = database {
        settings.database = database;
    }
    settings
}

/// Tells apart the databases of one process.
fn clock_free_name() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir(to)?;
    std::fs::set_permissions(to, std::fs::metadata(from)?.permissions())?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Keeps the head as the office does.
struct Keeper {
    keeper: seal::HeadKeeper,
    agency: String,
}

impl HeadKeeper for Keeper {
    fn read(&mut self) -> io::Result<Option<(u64, [u8; 32])>> {
        Ok(self.keeper.read().map_err(io::Error::other)?.map(|r| (r.size, r.root)))
    }

    fn keep(&mut self, size: u64, root: [u8; 32]) -> io::Result<()> {
        let record = seal::HeadRecord { size, root, agency: self.agency.clone() };
        self.keeper.keep(&record).map_err(io::Error::other)
    }
}

/// A connection beside the office's own, for what no page shows.
pub enum Sql {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

impl Sql {
    pub async fn open(url: &str) -> anyhow::Result<Sql> {
        Ok(if url.starts_with("sqlite:") {
            Sql::Sqlite(sqlx::SqliteConnection::connect(url).await?)
        } else {
            Sql::Postgres(sqlx::PgConnection::connect(url).await?)
        })
    }

    /// What the search index holds under a scope: document, scope, text.
    pub async fn searched(&mut self, scope: &str) -> anyhow::Result<Vec<(String, String, String)>> {
        const SQL: &str = "SELECT doc, scope, text FROM search_docs WHERE scope = $1 AND part = 0 ORDER BY doc";
        Ok(match self {
            Sql::Sqlite(conn) => sqlx::query_as(SQL).bind(scope).fetch_all(conn).await?,
            Sql::Postgres(conn) => sqlx::query_as(SQL).bind(scope).fetch_all(conn).await?,
        })
    }

    /// A number and a number: rows and bytes.
    pub async fn rows_and_bytes(&mut self, sql: String) -> anyhow::Result<(i64, i64)> {
        let sql = AssertSqlSafe(sql);
        Ok(match self {
            Sql::Sqlite(conn) => sqlx::query_as(sql).fetch_one(conn).await?,
            Sql::Postgres(conn) => sqlx::query_as(sql).fetch_one(conn).await?,
        })
    }
}
