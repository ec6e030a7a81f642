//! The words the stories are told in: a place for a database on either engine, a head that is kept
//! and can fail, and small acts of a (fictitious) office.

use std::io;
use std::sync::{Arc, Mutex};

use database::{
    CaseRow, Change, Commit, Database, DatabaseError, Guard, Head, HeadKeeper, NewEntry, NewMember,
    OpenOptions,
};
use ledger::disclosure::Salt;
use serde_json::{Map, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// Tells one story on SQLite, and on PostgreSQL where one is given.
macro_rules! story {
    ($name:ident) => {
        mod $name {
            #[tokio::test]
            async fn on_sqlite() {
                super::$name(crate::office::Place::sqlite()).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if let Some(place) = crate::office::Place::postgres().await {
                    super::$name(place).await;
                }
            }
        }
    };
}
pub(crate) use story;

/// Where a database and its head are.
pub struct Place {
    pub url: String,
    pub folder: tempfile::TempDir,
    pub head: KeptHead,
    pub pragmas: Vec<(String, String)>,
}

impl Place {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("liuhen.db").display());
        Self {
            url,
            folder,
            head: KeptHead::default(),
            pragmas: Vec::new(),
        }
    }

    pub async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("LIUHEN_TEST_POSTGRES") else {
            assert_ne!(
                std::env::var("LIUHEN_REQUIRE_POSTGRES").as_deref(),
                Ok("1"),
                "PostgreSQL is required and LIUHEN_TEST_POSTGRES is not set: use scripts/with-postgres"
            );
            println!("told on SQLite only: LIUHEN_TEST_POSTGRES is not set");
            return None;
        };
        let server = server.trim_end_matches('/');
        let name = format!("liuhen_{}", uuid::Uuid::now_v7().simple());
        let mut admin = PgConnection::connect(&format!("{server}/postgres"))
            .await
            .unwrap();
        let create = format!("CREATE DATABASE {name}");
        sqlx::raw_sql(AssertSqlSafe(create))
            .execute(&mut admin)
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let url = format!("{server}/{name}");
        Some(Self {
            url,
            folder,
            head: KeptHead::default(),
            pragmas: Vec::new(),
        })
    }

    /// Another empty place on the same engine.
    pub async fn sibling(&self) -> Self {
        if self.is_sqlite() {
            Self::sqlite()
        } else {
            Self::postgres().await.unwrap()
        }
    }

    pub fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    pub fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new(&self.url, Box::new(self.head.clone()));
        options.sqlite_pragmas = self.pragmas.clone();
        options
    }

    pub async fn open(&self) -> Database {
        Database::open(self.options()).await.unwrap()
    }

    /// Does what only somebody with the database's own tools can do.
    pub async fn tamper(&self, statement: &str) -> Result<(), sqlx::Error> {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        if self.is_sqlite() {
            let mut conn = SqliteConnection::connect(&self.url).await?;
            statement.execute(&mut conn).await?;
            conn.close().await
        } else {
            let mut conn = PgConnection::connect(&self.url).await?;
            statement.execute(&mut conn).await?;
            conn.close().await
        }
    }
}

/// A head kept in memory, that can be made to fail.
#[derive(Clone, Default)]
pub struct KeptHead(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    head: Option<(u64, [u8; 32])>,
    failing: bool,
}

impl KeptHead {
    pub fn get(&self) -> Option<Head> {
        self.0
            .lock()
            .unwrap()
            .head
            .map(|(size, root)| Head { size, root })
    }

    pub fn set(&self, head: Option<Head>) {
        self.0.lock().unwrap().head = head.map(|head| (head.size, head.root));
    }

    pub fn fails_from_now(&self) {
        self.0.lock().unwrap().failing = true;
    }
}

impl HeadKeeper for KeptHead {
    fn read(&mut self) -> io::Result<Option<(u64, [u8; 32])>> {
        Ok(self.0.lock().unwrap().head)
    }

    fn keep(&mut self, size: u64, root: [u8; 32]) -> io::Result<()> {
        let mut kept = self.0.lock().unwrap();
        if kept.failing {
            return Err(io::Error::other("the disk of the head is gone"));
        }
        kept.head = Some((size, root));
        Ok(())
    }
}

/// 2026-11-23 10:00 in Shanghai.
pub const NOW_US: i64 = 1_795_399_200_000_000;
pub const HOUR_US: i64 = 3_600_000_000;

pub fn entry(stream: &str, kind: &str) -> NewEntry {
    NewEntry {
        stream: stream.into(),
        kind: kind.into(),
        happened_from: "2026-11-23".into(),
        happened_to: None,
        recorded_at: "2026-11-23T10:00:00+08:00".into(),
        actor: "actor-1".into(),
        station: "station-1".into(),
        edition: "2019-09-30".into(),
        clear: Map::new(),
        members: vec![NewMember::Ordinary {
            name: "place".into(),
            salt: Salt([7; 16]),
            value: json!("虚构区演示路1号"),
        }],
    }
}

pub fn act(entry: NewEntry) -> Commit {
    Commit {
        entries: vec![entry],
        ..Commit::default()
    }
}

pub fn guarded(entry: NewEntry, guard: Guard) -> Commit {
    Commit {
        entries: vec![entry],
        guards: vec![guard],
        ..Commit::default()
    }
}

pub fn with(mut commit: Commit, change: Change) -> Commit {
    commit.changes.push(change);
    commit
}

pub fn case(id: &str, title: &str) -> CaseRow {
    CaseRow {
        id: id.into(),
        number: None,
        title: title.into(),
        procedure: "ordinary".into(),
        cause: "ktv-minors".into(),
        stage: "investigation".into(),
        parties: "演示歌城（虚构）".into(),
        department: "first".into(),
        handlers: r#"["officer-wang","officer-li"]"#.into(),
        opened_us: NOW_US,
        filed_on: Some("2026-11-23".into()),
        concluded_on: None,
        archived_on: None,
        flaws_count: 0,
        missing_count: 2,
        version: 1,
        updated_sequence: 0,
    }
}

pub fn is_guard<T: std::fmt::Debug>(outcome: Result<T, DatabaseError>) -> database::GuardFailed {
    match outcome {
        Err(DatabaseError::Guard(failed)) => failed,
        other => panic!("expected a failed guard, got {other:?}"),
    }
}
