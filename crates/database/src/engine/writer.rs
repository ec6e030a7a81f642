//! The one task that writes. Acts wait in a queue; up to 256 of them share a transaction, a sync
//! and a kept head (group commit). Order: commit, keep the head outside, acknowledge.

use std::pin::Pin;
use std::sync::Arc;

use ledger::tree::Frontier;
use tokio::sync::{mpsc, oneshot};

use super::{
    BEGIN, Conn, HEAD_LOCKED, Lock, RECONNECTS, claim, connect_writer, fault_of, flush, release,
    scrub,
};
use crate::commit::{Prepared, Receipt};
use crate::error::{DatabaseError, Head};
use crate::fault::Fault;
use crate::options::{HeadKeeper, Place};
use crate::plan::{Plan, Questions};
use crate::standing::{Shared, Standing};
use crate::tables::HeadRow;

/// Commits that share one transaction at most.
const BATCH_MAX: usize = 256;

/// What waits for the writer.
pub(crate) enum Work {
    Commit(Box<Prepared>, Reply),
    Chore(Box<dyn Chore>),
    /// Texts that were taken out and may still stand in unused space.
    Scrub(Vec<String>, oneshot::Sender<Result<bool, DatabaseError>>),
    Close(oneshot::Sender<()>),
}

pub(crate) type Reply = oneshot::Sender<Result<Receipt, DatabaseError>>;

pub(crate) type Running<'c, T> = Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'c>>;

/// A write of working tables: no entry, but the same transaction discipline.
pub(crate) trait Chore: Send {
    fn run<'c>(&'c mut self, conn: &'c mut Conn) -> Running<'c, ()>;
    /// Answers the caller; without a failure the transaction is durable.
    fn settle(self: Box<Self>, failure: Option<DatabaseError>);
}

/// A chore made of a closure and the caller who waits for what it returns.
pub(crate) struct Errand<F, T> {
    work: Option<F>,
    outcome: Option<T>,
    reply: oneshot::Sender<Result<T, DatabaseError>>,
}

impl<F, T> Errand<F, T> {
    pub fn new(work: F) -> (Self, oneshot::Receiver<Result<T, DatabaseError>>) {
        let (reply, answer) = oneshot::channel();
        (
            Self {
                work: Some(work),
                outcome: None,
                reply,
            },
            answer,
        )
    }
}

impl<F, T> Chore for Errand<F, T>
where
    F: for<'c> FnOnce(&'c mut Conn) -> Running<'c, T> + Send,
    T: Send,
{
    fn run<'c>(&'c mut self, conn: &'c mut Conn) -> Running<'c, ()> {
        Box::pin(async move {
            if let Some(work) = self.work.take() {
                self.outcome = Some(work(conn).await?);
            }
            Ok(())
        })
    }

    fn settle(self: Box<Self>, failure: Option<DatabaseError>) {
        let answer = match (failure, self.outcome) {
            (None, Some(outcome)) => Ok(outcome),
            (None, None) => Err(DatabaseError::Closed),
            (Some(failure), _) => Err(failure),
        };
        // A caller who stopped waiting needs no answer; his work is done all the same.
        let _ = self.reply.send(answer);
    }
}

pub(crate) struct Writer {
    pub conn: Option<Conn>,
    pub place: Place,
    pub keeper: Box<dyn HeadKeeper>,
    pub kept: Head,
    pub shared: Arc<Shared>,
    pub inbox: mpsc::Receiver<Work>,
    pub lock: Option<Lock>,
}

/// Why a transaction did not happen.
enum Trouble {
    /// Before `COMMIT`: nothing was written.
    Before(sqlx::Error),
    /// At `COMMIT`: perhaps everything was written, perhaps nothing.
    AtCommit(sqlx::Error),
    /// The ledger is not where this process left it.
    Moved(String),
}

/// What becomes of a batch whose transaction did not happen.
enum Verdict {
    /// One of its commits is to blame; alone, the others may pass.
    Blame(sqlx::Error),
    All(DatabaseError),
}

type Placed = Vec<Result<Receipt, DatabaseError>>;

/// Streams a batch wrote, with the versions they have now.
type Versions = Vec<(String, u64)>;

impl Writer {
    pub async fn run(mut self) {
        while let Some(first) = self.inbox.recv().await {
            let mut batch = vec![first];
            while batch.len() < BATCH_MAX
                && let Ok(next) = self.inbox.try_recv()
            {
                batch.push(next);
            }
            let (mut commits, mut replies, mut chores, mut closing) =
                (vec![], vec![], vec![], vec![]);
            let mut scrubs = vec![];
            for work in batch {
                match work {
                    Work::Commit(commit, reply) => {
                        commits.push(*commit);
                        replies.push(reply);
                    }
                    Work::Chore(chore) => chores.push(chore),
                    Work::Scrub(texts, reply) => scrubs.push((texts, reply)),
                    Work::Close(done) => closing.push(done),
                }
            }
            if !commits.is_empty() {
                for (answer, reply) in self.write_commits(&commits).await.into_iter().zip(replies) {
                    // A caller who stopped waiting needs no answer; his act stands all the same.
                    let _ = reply.send(answer);
                }
            }
            if !chores.is_empty() {
                self.write_chores(chores).await;
            }
            for (texts, reply) in scrubs {
                // As with the others: the work is done, whether or not somebody still waits.
                let _ = reply.send(self.scrub(&texts).await);
            }
            if !closing.is_empty() {
                if let Some(mut conn) = self.conn.take() {
                    release(&mut conn).await;
                    // Nothing is under way: a failed farewell loses nothing.
                    let _ = sqlx::Connection::close(conn).await;
                }
                drop(self.lock.take());
                for done in closing {
                    let _ = done.send(());
                }
                return;
            }
        }
    }

    async fn write_commits(&mut self, commits: &[Prepared]) -> Placed {
        match self.attempt(commits).await {
            Ok(placed) => placed,
            Err(Verdict::All(error)) => commits.iter().map(|_| Err(error.clone())).collect(),
            Err(Verdict::Blame(error)) if commits.len() == 1 => {
                vec![Err(DatabaseError::Statement(Arc::new(error)))]
            }
            Err(Verdict::Blame(_)) => {
                let mut placed = Vec::with_capacity(commits.len());
                for commit in commits.chunks(1) {
                    placed.push(match self.attempt(commit).await {
                        Ok(mut alone) => alone.pop().unwrap_or(Err(DatabaseError::Closed)),
                        Err(Verdict::All(error)) => Err(error),
                        Err(Verdict::Blame(error)) => {
                            Err(DatabaseError::Statement(Arc::new(error)))
                        }
                    });
                }
                placed
            }
        }
    }

    async fn attempt(&mut self, commits: &[Prepared]) -> Result<Placed, Verdict> {
        self.demand_serving().await.map_err(Verdict::All)?;
        let kept = self.kept;
        let Some(conn) = self.conn.as_mut() else {
            return Err(Verdict::All(DatabaseError::Closed));
        };
        match transact(conn, commits, kept).await {
            Ok((placed, head, versions)) => {
                if head != kept {
                    self.keep(head).await.map_err(Verdict::All)?;
                }
                self.shared.remember(versions);
                Ok(placed)
            }
            Err(trouble) => Err(self.judge(trouble).await),
        }
    }

    /// Takes texts out of space the engine no longer uses; false where a reader was in the way.
    async fn scrub(&mut self, texts: &[String]) -> Result<bool, DatabaseError> {
        self.demand_serving().await?;
        let Some(conn) = self.conn.as_mut() else {
            return Err(DatabaseError::Closed);
        };
        scrub(conn, &self.place, texts)
            .await
            .map_err(|error| DatabaseError::Statement(Arc::new(error)))
    }

    /// Refuses unless writes are taken; opens the connection again where that is allowed.
    async fn demand_serving(&mut self) -> Result<(), DatabaseError> {
        if let Some(refusal) = self.shared.standing().refusal() {
            return Err(refusal);
        }
        if self.conn.is_some() {
            return Ok(());
        }
        let mut conn = connect_writer(&self.place).await?;
        claim(&mut conn).await?;
        self.conn = Some(conn);
        Ok(())
    }

    /// Keeps the head outside the database, before anybody is told.
    async fn keep(&mut self, head: Head) -> Result<(), DatabaseError> {
        let mut keeper = std::mem::replace(&mut self.keeper, Box::new(Absent));
        let kept = tokio::task::spawn_blocking(move || {
            let kept = keeper.keep(head.size, head.root);
            (keeper, kept)
        })
        .await;
        match kept {
            Ok((keeper, Ok(()))) => {
                self.keeper = keeper;
                self.kept = head;
                self.shared.head.send_replace(head);
                Ok(())
            }
            Ok((_, Err(error))) => Err(self.degrade(&format!("the head cannot be kept: {error}"))),
            Err(_) => Err(self.degrade("the keeper of the head has failed")),
        }
    }

    async fn judge(&mut self, trouble: Trouble) -> Verdict {
        let (error, at_commit) = match trouble {
            Trouble::Moved(what) => {
                self.roll_back().await;
                let what: Arc<str> = what.into();
                self.shared.stop(Standing::Damaged(what.clone()));
                return Verdict::All(DatabaseError::Damaged { what });
            }
            Trouble::Before(error) => (error, false),
            Trouble::AtCommit(error) => (error, true),
        };
        match fault_of(&error) {
            Fault::Full => {
                self.roll_back().await;
                // Without space no commit frame was written; the head says so, or nobody knows.
                if at_commit && !self.head_is_unmoved().await {
                    return Verdict::All(self.degrade(&format!("a commit failed: {error}")));
                }
                Verdict::All(DatabaseError::Full)
            }
            _ if at_commit => Verdict::All(self.degrade(&format!("a commit failed: {error}"))),
            Fault::Statement => {
                self.roll_back().await;
                Verdict::Blame(error)
            }
            Fault::Away if RECONNECTS => {
                self.conn = None;
                Verdict::All(DatabaseError::Unavailable(Arc::new(error)))
            }
            Fault::Away if matches!(error, sqlx::Error::Database(_)) => {
                self.roll_back().await;
                Verdict::All(DatabaseError::Unavailable(Arc::new(error)))
            }
            Fault::Away | Fault::Lost => {
                Verdict::All(self.degrade(&format!("a write failed: {error}")))
            }
        }
    }

    async fn roll_back(&mut self) {
        if let Some(conn) = self.conn.as_mut() {
            // The engine may have rolled back by itself, and then refuses this.
            let _ = sqlx::raw_sql("ROLLBACK").execute(conn).await;
        }
    }

    async fn head_is_unmoved(&mut self) -> bool {
        let Some(conn) = self.conn.as_mut() else {
            return false;
        };
        let row = sqlx::query_as::<super::Db, HeadRow>(
            "SELECT id, size, root, frontier FROM head WHERE id = 1",
        )
        .fetch_one(conn)
        .await;
        row.is_ok_and(|row| row.size as u64 == self.kept.size && row.root == self.kept.root)
    }

    fn degrade(&mut self, reason: &str) -> DatabaseError {
        let reason: Arc<str> = reason.into();
        self.conn = None;
        self.shared.stop(Standing::Degraded(reason.clone()));
        DatabaseError::Degraded { reason }
    }

    async fn write_chores(&mut self, mut chores: Vec<Box<dyn Chore>>) {
        let outcome = match self.demand_serving().await {
            Err(error) => Err(error),
            Ok(()) => match self.conn.as_mut() {
                None => Err(DatabaseError::Closed),
                Some(conn) => match do_chores(conn, &mut chores).await {
                    Ok(failures) => Ok(failures),
                    Err(trouble) => Err(match self.judge(trouble).await {
                        Verdict::All(error) => error,
                        Verdict::Blame(error) => DatabaseError::Statement(Arc::new(error)),
                    }),
                },
            },
        };
        match outcome {
            Ok(failures) => {
                for (chore, failure) in chores.into_iter().zip(failures) {
                    chore.settle(failure);
                }
            }
            Err(error) => {
                for chore in chores {
                    chore.settle(Some(error.clone()));
                }
            }
        }
    }
}

/// Stands in while the keeper is away on a blocking thread, and after it failed.
struct Absent;

impl HeadKeeper for Absent {
    fn read(&mut self) -> std::io::Result<Option<(u64, [u8; 32])>> {
        Err(std::io::Error::other("the keeper of the head is gone"))
    }

    fn keep(&mut self, _size: u64, _root: [u8; 32]) -> std::io::Result<()> {
        Err(std::io::Error::other("the keeper of the head is gone"))
    }
}

async fn transact(
    conn: &mut Conn,
    commits: &[Prepared],
    kept: Head,
) -> Result<(Placed, Head, Versions), Trouble> {
    sqlx::raw_sql(BEGIN)
        .execute(&mut *conn)
        .await
        .map_err(Trouble::Before)?;
    let row: HeadRow = sqlx::query_as(HEAD_LOCKED)
        .fetch_one(&mut *conn)
        .await
        .map_err(Trouble::Before)?;
    // Somebody who moves the head under a running process rewrites the ledger.
    if row.size as u64 != kept.size || row.root != kept.root {
        return Err(Trouble::Moved(format!(
            "expected {kept}, found {} entries",
            row.size
        )));
    }
    let frontier: Frontier = row
        .frontier
        .parse()
        .map_err(|_| Trouble::Moved("the frontier is unreadable".into()))?;
    let mut seen = flush::look(conn, &Questions::of(commits))
        .await
        .map_err(Trouble::Before)?;
    let mut plan = Plan::from(frontier);
    let placed: Placed = commits
        .iter()
        .map(|commit| plan.place(commit, &mut seen))
        .collect();
    if !plan.touched {
        sqlx::raw_sql("ROLLBACK")
            .execute(conn)
            .await
            .map_err(Trouble::Before)?;
        return Ok((placed, kept, vec![]));
    }
    flush::write(conn, &plan).await.map_err(Trouble::Before)?;
    sqlx::raw_sql("COMMIT")
        .execute(conn)
        .await
        .map_err(Trouble::AtCommit)?;
    let head = Head {
        size: plan.frontier.size(),
        root: plan.frontier.root(),
    };
    let rows = plan.streams.rows.into_iter();
    Ok((placed, head, rows.map(|row| (row.stream, row.version as u64)).collect()))
}

/// Runs chores in one transaction; one that fails is undone alone.
async fn do_chores(
    conn: &mut Conn,
    chores: &mut [Box<dyn Chore>],
) -> Result<Vec<Option<DatabaseError>>, Trouble> {
    sqlx::raw_sql(BEGIN)
        .execute(&mut *conn)
        .await
        .map_err(Trouble::Before)?;
    let mut failures = Vec::with_capacity(chores.len());
    for chore in chores {
        sqlx::raw_sql("SAVEPOINT chore")
            .execute(&mut *conn)
            .await
            .map_err(Trouble::Before)?;
        match chore.run(&mut *conn).await {
            Ok(()) => failures.push(None),
            Err(error) if fault_of(&error) == Fault::Statement => {
                let undo = "ROLLBACK TO SAVEPOINT chore";
                sqlx::raw_sql(undo)
                    .execute(&mut *conn)
                    .await
                    .map_err(Trouble::Before)?;
                failures.push(Some(DatabaseError::Statement(Arc::new(error))));
            }
            Err(error) => return Err(Trouble::Before(error)),
        }
        sqlx::raw_sql("RELEASE SAVEPOINT chore")
            .execute(&mut *conn)
            .await
            .map_err(Trouble::Before)?;
    }
    sqlx::raw_sql("COMMIT")
        .execute(conn)
        .await
        .map_err(Trouble::AtCommit)?;
    Ok(failures)
}
