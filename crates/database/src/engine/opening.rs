//! Opening: settings, schema, and the comparison of the database with itself and with the head
//! kept outside it, before anything is served.

use std::sync::Arc;

use ledger::tree::{EMPTY_ROOT, Frontier};
use sqlx::Pool;
use tokio::sync::{mpsc, oneshot};

use super::writer::{Errand, Running, Work, Writer};
use super::{
    Conn, Db, SCHEMA_TABLE, claim, connect_readers, connect_writer, flush, lock, migrator, reads,
    release,
};
use crate::commit::{Commit, Prepared, Receipt};
use crate::error::{DatabaseError, Head, RolledBack};
use crate::options::{HeadKeeper, OpenOptions, Place};
use crate::standing::{Shared, Standing};
use crate::tables::{EntryRow, HeadRow};

/// Entries at the end of the ledger whose leaves are hashed again at every start.
const TAIL_MAX: u64 = 1_000;
/// Writes that may wait; beyond it callers are told to come back.
const QUEUE_MAX: usize = 4_096;

/// One engine's readers, and the way to its writer.
pub(crate) struct Engine {
    pub pool: Pool<Db>,
    inbox: mpsc::Sender<Work>,
    pub shared: Arc<Shared>,
}

impl Engine {
    pub async fn open(options: OpenOptions) -> Result<Self, DatabaseError> {
        let OpenOptions {
            url,
            head: mut keeper,
            read_only,
            readers_max,
            sqlite_pragmas,
        } = options;
        let place = Place {
            url,
            readers_max,
            sqlite_pragmas,
        };
        let (inbox, waiting) = mpsc::channel(QUEUE_MAX);
        if read_only {
            let pool = connect_readers(&place).await?;
            let mut conn = pool.acquire().await.map_err(reads::unavailable)?;
            demand_schema(&mut conn).await?;
            drop(conn);
            let row = reads::head_row(&pool).await?;
            let shared = Shared::new(Standing::ReadOnly, head_of(&row)?);
            return Ok(Self {
                pool,
                inbox,
                shared: Arc::new(shared),
            });
        }
        let lock = lock(&place)?;
        let mut conn = connect_writer(&place).await?;
        claim(&mut conn).await?;
        migrate(&mut conn).await?;
        let start = HeadRow {
            id: 1,
            size: 0,
            root: EMPTY_ROOT.to_vec(),
            frontier: Frontier::default().to_string(),
        };
        flush::insert(&mut conn, &[start], flush::Conflict::Keep)
            .await
            .map_err(reads::failed)?;
        let pool = connect_readers(&place).await?;
        let (kept, standing) = examine(&pool, keeper.as_mut()).await?;
        let shared = Arc::new(Shared::new(standing, kept));
        let writer = Writer {
            conn: Some(conn),
            place,
            keeper,
            kept,
            shared: shared.clone(),
            inbox: waiting,
            lock,
        };
        tokio::spawn(writer.run());
        Ok(Self {
            pool,
            inbox,
            shared,
        })
    }

    pub async fn commit(&self, commit: Commit) -> Result<Receipt, DatabaseError> {
        if let Some(refusal) = self.shared.standing().refusal() {
            return Err(refusal);
        }
        let prepared = Box::new(Prepared::new(commit)?);
        let (reply, answer) = oneshot::channel();
        self.enqueue(Work::Commit(prepared, reply))?;
        answer.await.unwrap_or(Err(DatabaseError::Closed))
    }

    /// Has the writer do a write of working tables.
    pub async fn errand<F, T>(&self, work: F) -> Result<T, DatabaseError>
    where
        F: for<'c> FnOnce(&'c mut Conn) -> Running<'c, T> + Send + 'static,
        T: Send + 'static,
    {
        if let Some(refusal) = self.shared.standing().refusal() {
            return Err(refusal);
        }
        let (errand, answer) = Errand::new(work);
        self.enqueue(Work::Chore(Box::new(errand)))?;
        answer.await.unwrap_or(Err(DatabaseError::Closed))
    }

    /// Takes texts that were erased or sealed out of the space they left behind.
    pub async fn scrub(&self, texts: Vec<String>) -> Result<bool, DatabaseError> {
        if let Some(refusal) = self.shared.standing().refusal() {
            return Err(refusal);
        }
        let (reply, answer) = oneshot::channel();
        self.enqueue(Work::Scrub(texts, reply))?;
        answer.await.unwrap_or(Err(DatabaseError::Closed))
    }

    /// Ends the writer after what is waiting, and the readers.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.inbox.send(Work::Close(done)).await.is_ok() {
            // The writer may have ended on its own: then it is closed as well.
            let _ = closed.await;
        }
        self.pool.close().await;
    }

    fn enqueue(&self, work: Work) -> Result<(), DatabaseError> {
        self.inbox.try_send(work).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => DatabaseError::Busy,
            mpsc::error::TrySendError::Closed(_) => DatabaseError::Closed,
        })
    }
}

/// Brings the schema up to date under an owner's role.
pub(crate) async fn migrate_at(url: &str) -> Result<(), DatabaseError> {
    let place = Place::at(url);
    let _lock = lock(&place)?;
    let mut conn = connect_writer(&place).await?;
    claim(&mut conn).await?;
    migrate(&mut conn).await?;
    release(&mut conn).await;
    // The office is closed by now; a connection that cannot say farewell has done its work.
    let _ = sqlx::Connection::close(conn).await;
    Ok(())
}

async fn migrate(conn: &mut Conn) -> Result<(), DatabaseError> {
    let (found, known) = schema_versions(conn).await?;
    if found > known {
        return Err(DatabaseError::NewerSchema { found, known });
    }
    if found == known {
        // A role without rights on the schema could not even ask the migrator.
        return Ok(());
    }
    // `run` borrows in a way that keeps this future from being spawned.
    migrator()
        .run_direct(None, conn, false)
        .await
        .map_err(|error| DatabaseError::Migrate(Arc::new(error)))
}

async fn demand_schema(conn: &mut Conn) -> Result<(), DatabaseError> {
    let (found, known) = schema_versions(conn).await?;
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(DatabaseError::NewerSchema { found, known }),
        std::cmp::Ordering::Less => Err(DatabaseError::OlderSchema { found, known }),
    }
}

pub(crate) async fn schema_versions(conn: &mut Conn) -> Result<(i64, i64), DatabaseError> {
    let known = migrator()
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0);
    let tables: i64 = sqlx::query_scalar(SCHEMA_TABLE)
        .fetch_one(&mut *conn)
        .await
        .map_err(reads::unavailable)?;
    if tables == 0 {
        return Ok((0, known));
    }
    let found: Option<i64> = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations")
        .fetch_one(conn)
        .await
        .map_err(reads::unavailable)?;
    Ok((found.unwrap_or(0), known))
}

/// Compares the database with itself and with the kept head; heals the head after a crash.
async fn examine(
    pool: &Pool<Db>,
    keeper: &mut dyn HeadKeeper,
) -> Result<(Head, Standing), DatabaseError> {
    let row = reads::head_row(pool).await?;
    let found = head_of(&row)?;
    if let Some(what) = contradiction(pool, &row, found).await? {
        return Ok((found, Standing::Damaged(what.into())));
    }
    let unkept = |error| DatabaseError::Head(Arc::new(error));
    let kept = keeper
        .read()
        .map_err(unkept)?
        .map(|(size, root)| Head { size, root });
    let rolled_back = |kept| Ok((found, Standing::RolledBack(RolledBack { kept, found })));
    match kept {
        Some(kept) if kept == found => Ok((found, Standing::Serving)),
        None if found.size == 0 => {
            keeper.keep(0, found.root).map_err(unkept)?;
            Ok((found, Standing::Serving))
        }
        Some(kept) if kept.size < found.size => {
            // A crash between commit and head. What was kept must still be how the ledger begins.
            if reads::root_at(pool, kept.size).await? != kept.root {
                return rolled_back(Some(kept));
            }
            tracing::warn!(%kept, %found, "the head is behind the database: a crash; healed");
            keeper.keep(found.size, found.root).map_err(unkept)?;
            Ok((found, Standing::Serving))
        }
        // A missing head is no fresh start: whoever removes it could have removed entries too.
        kept => rolled_back(kept),
    }
}

/// The first thing wrong between head, frontier, tree and the last leaves.
async fn contradiction(
    pool: &Pool<Db>,
    row: &HeadRow,
    head: Head,
) -> Result<Option<String>, DatabaseError> {
    let Ok(frontier) = row.frontier.parse::<Frontier>() else {
        return Ok(Some("the frontier is unreadable".into()));
    };
    if frontier.size() != head.size || frontier.root() != head.root {
        return Ok(Some("the frontier is not that of the head".into()));
    }
    let first = head.size.saturating_sub(TAIL_MAX);
    let tail: Vec<EntryRow> =
        reads::entry_rows_after(pool, first as i64, TAIL_MAX as i64 + 1).await?;
    if tail.len() as u64 != head.size - first {
        return Ok(Some(format!(
            "the ledger ends elsewhere than at {}",
            head.size
        )));
    }
    for (sequence, entry) in (first as i64 + 1..).zip(&tail) {
        if entry.sequence != sequence || !entry.is_what_its_leaf_says() {
            return Ok(Some(format!(
                "entry {sequence} is not what its leaf and hash say"
            )));
        }
    }
    match reads::root_at(pool, head.size).await {
        Ok(root) if root == head.root => Ok(None),
        Ok(_) => Ok(Some("the hashes of the leaves do not give the root".into())),
        Err(DatabaseError::Damaged { what }) => Ok(Some(what.to_string())),
        Err(error) => Err(error),
    }
}

fn head_of(row: &HeadRow) -> Result<Head, DatabaseError> {
    let root = row
        .root
        .as_slice()
        .try_into()
        .map_err(|_| DatabaseError::Damaged {
            what: "the root in the head is not 32 bytes".into(),
        })?;
    Ok(Head {
        size: row.size as u64,
        root,
    })
}
