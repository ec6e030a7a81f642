//! Backup and restore: one snapshot written as JSON lines, the same for both engines, so that a
//! backup of one can be restored into the other. Sessions and counted failures stay behind.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use ledger::tree::{Frontier, leaf_hash};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::{Connection as _, QueryBuilder};

use super::opening::{Engine, schema_versions};
use super::{
    BEGIN, BEGIN_SNAPSHOT, Conn, Db, claim, connect_writer, flush, lock, migrator, reads, release,
};
use crate::error::{DatabaseError, Head};
use crate::options::{OpenOptions, Place};
use crate::plan::append;
use crate::record::Binds;
use crate::rows::{
    AccountRow, BlobRow, CaseRow, ClueRow, DelegationRow, DraftRow, DutyRow, EvidenceRow, GrantRow,
    HoldRow, JobRow, LinkRow, NumberRow, OccupationRow, OutboxRow, PaperRow, RegisterRow, TokenRow,
    ViewingRow,
};
use crate::tables::{
    DutyPersonRow, EntryRow, HeadRow, IdempotencyRow, PersonRow, SealedRow, SearchRow, SeriesRow,
    StreamRow, UniqueRow, ValuesRow,
};

const FORMAT: &str = "liuhen-backup-1";
/// Rows restored at a time: a backup must not need memory for the whole office.
const ROWS_AT_ONCE: usize = 1_000;

/// First line of a backup.
#[derive(Serialize, Deserialize)]
struct Opening {
    format: String,
    schema: i64,
    head: HeadRow,
}

/// Last line; a backup without it was cut short.
#[derive(Serialize, Deserialize)]
struct Ending {
    rows: u64,
}

/// Runs a macro for every table in a backup, in an order foreign keys allow.
macro_rules! each_table {
    ($act:ident) => {
        $act!(
            EntryRow,
            ValuesRow,
            SealedRow,
            StreamRow,
            IdempotencyRow,
            UniqueRow,
            SeriesRow,
            NumberRow,
            OccupationRow,
            HoldRow,
            BlobRow,
            LinkRow,
            CaseRow,
            ClueRow,
            PersonRow,
            PaperRow,
            EvidenceRow,
            DutyRow,
            DutyPersonRow,
            RegisterRow,
            OutboxRow,
            JobRow,
            SearchRow,
            GrantRow,
            ViewingRow,
            DelegationRow,
            AccountRow,
            DraftRow,
            TokenRow
        )
    };
}

impl Engine {
    /// Writes a consistent backup while acts go on; gives the head it holds.
    pub async fn backup_to(&self, path: &Path) -> Result<Head, DatabaseError> {
        let mut conn = self.pool.acquire().await.map_err(reads::failed)?.detach();
        sqlx::raw_sql(BEGIN_SNAPSHOT)
            .execute(&mut conn)
            .await
            .map_err(reads::failed)?;
        let (schema, _) = schema_versions(&mut conn).await?;
        let head: HeadRow =
            sqlx::query_as("SELECT id, size, root, frontier FROM head WHERE id = 1")
                .fetch_one(&mut conn)
                .await
                .map_err(reads::failed)?;
        let root = head.root.as_slice().try_into();
        let root = root.map_err(|_| broken("the root is not 32 bytes"))?;
        let taken = Head {
            size: head.size as u64,
            root,
        };
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let mut out = Out {
            file: BufWriter::new(File::create(&partial).map_err(disk)?),
            rows: 0,
        };
        out.line(&Opening {
            format: FORMAT.to_owned(),
            schema,
            head,
        })?;
        macro_rules! write_all {
            ($($row:ty),*) => { $(write_table::<$row>(&mut conn, &mut out).await?;)* };
        }
        each_table!(write_all);
        let rows = out.rows;
        out.line(&Ending { rows })?;
        let file = out
            .file
            .into_inner()
            .map_err(|error| disk(error.into_error()))?;
        file.sync_all().map_err(disk)?;
        std::fs::rename(&partial, path).map_err(disk)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))
            .and_then(|folder| folder.sync_all())
            .map_err(disk)?;
        // The snapshot was only read; a connection that cannot say farewell has done its work.
        let _ = conn.close().await;
        Ok(taken)
    }
}

/// Fills an empty database from a backup, keeps its head, and opens it.
pub(crate) async fn restore_from(
    mut options: OpenOptions,
    path: &Path,
) -> Result<Engine, DatabaseError> {
    let unkept = |error| DatabaseError::Head(Arc::new(error));
    let place = Place {
        url: options.url.clone(),
        readers_max: options.readers_max,
        sqlite_pragmas: options.sqlite_pragmas.clone(),
    };
    // A head of an empty ledger is what a first start leaves behind.
    if options
        .head
        .read()
        .map_err(unkept)?
        .is_some_and(|(size, _)| size > 0)
    {
        return Err(DatabaseError::NotEmpty);
    }
    let mut lines = Lines::open(path)?;
    let opening: Opening = lines.parse_next()?;
    let held = lock(&place)?;
    let mut conn = connect_writer(&place).await?;
    let filled = fill_empty(&mut conn, opening, &mut lines).await;
    // Also after a refusal: the place must be free for the next attempt at once. Closing the
    // session undoes what it left open.
    let _ = sqlx::raw_sql("ROLLBACK").execute(&mut conn).await;
    release(&mut conn).await;
    let _ = conn.close().await;
    drop(held);
    let frontier = filled?;
    options
        .head
        .keep(frontier.size(), frontier.root())
        .map_err(unkept)?;
    Engine::open(options).await
}

/// Fills a database that has no entries, in one transaction.
async fn fill_empty(
    conn: &mut Conn,
    opening: Opening,
    lines: &mut Lines,
) -> Result<Frontier, DatabaseError> {
    claim(conn).await?;
    let (found, known) = schema_versions(conn).await?;
    if opening.format != FORMAT || opening.schema > known {
        return Err(DatabaseError::NewerSchema {
            found: opening.schema,
            known,
        });
    }
    if found < known {
        // `run` borrows in a way that keeps this future from being spawned.
        migrator()
            .run_direct(None, &mut *conn, false)
            .await
            .map_err(|error| DatabaseError::Migrate(Arc::new(error)))?;
    }
    let entries: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM entries")
        .fetch_one(&mut *conn)
        .await
        .map_err(reads::failed)?;
    if entries > 0 {
        return Err(DatabaseError::NotEmpty);
    }
    sqlx::raw_sql(BEGIN)
        .execute(&mut *conn)
        .await
        .map_err(reads::failed)?;
    let frontier = fill(conn, lines).await?;
    if frontier.to_string() != opening.head.frontier || frontier.root()[..] != opening.head.root {
        return Err(broken("its entries do not give its root"));
    }
    flush::insert(conn, &[opening.head], flush::Conflict::Replace)
        .await
        .map_err(reads::failed)?;
    sqlx::raw_sql("COMMIT")
        .execute(conn)
        .await
        .map_err(reads::failed)?;
    Ok(frontier)
}

/// Inserts every row of a backup and gives the frontier of its entries.
async fn fill(conn: &mut Conn, lines: &mut Lines) -> Result<Frontier, DatabaseError> {
    let mut frontier = Frontier::default();
    let mut rows = 0;
    macro_rules! read_all {
        ($($row:ty),*) => { $(rows += read_table::<$row>(conn, lines, &mut frontier).await?;)* };
    }
    each_table!(read_all);
    let ending: Ending = lines.parse_next()?;
    if ending.rows != rows {
        return Err(broken("rows are missing"));
    }
    Ok(frontier)
}

/// One table of a backup: its name and number of rows, then a row a line.
#[derive(Serialize, Deserialize)]
struct Table {
    table: String,
    rows: u64,
}

async fn write_table<R>(conn: &mut Conn, out: &mut Out) -> Result<(), DatabaseError>
where
    R: Binds<Db>
        + Serialize
        + Send
        + Unpin
        + for<'r> sqlx::FromRow<'r, <Db as sqlx::Database>::Row>,
{
    let count: i64 = QueryBuilder::<Db>::new("SELECT COUNT(*) FROM ")
        .push(R::TABLE)
        .build_query_scalar()
        .fetch_one(&mut *conn)
        .await
        .map_err(reads::failed)?;
    out.line(&Table {
        table: R::TABLE.to_owned(),
        rows: count as u64,
    })?;
    let mut query = reads::select::<R>();
    query.push(" ORDER BY ").push(R::KEY.join(", "));
    let mut rows = query.build_query_as::<R>().fetch(&mut *conn);
    let mut written = 0;
    while let Some(row) = rows.try_next().await.map_err(reads::failed)? {
        out.line(&row)?;
        written += 1;
    }
    if written != count {
        return Err(broken("a table changed inside its snapshot"));
    }
    out.rows += written as u64;
    Ok(())
}

async fn read_table<R>(
    conn: &mut Conn,
    lines: &mut Lines,
    frontier: &mut Frontier,
) -> Result<u64, DatabaseError>
where
    R: Binds<Db> + DeserializeOwned + Send + Sync + 'static,
{
    let table: Table = lines.parse_next()?;
    if table.table != R::TABLE {
        return Err(broken("its tables are not in their order"));
    }
    let mut left = table.rows;
    while left > 0 {
        let mut rows = Vec::with_capacity(ROWS_AT_ONCE);
        for _ in 0..left.min(ROWS_AT_ONCE as u64) {
            rows.push(lines.parse_next::<R>()?);
        }
        left -= rows.len() as u64;
        flush::insert(conn, &rows, flush::Conflict::Refuse)
            .await
            .map_err(reads::failed)?;
        // Nodes of the tree are hashed again, not believed.
        let mut nodes = Vec::new();
        for row in &rows {
            let row: &dyn std::any::Any = row;
            if let Some(entry) = row.downcast_ref::<EntryRow>() {
                if entry.sequence as u64 != frontier.size() + 1 || !entry.is_what_its_leaf_says() {
                    return Err(broken(&format!(
                        "entry {} is missing or edited",
                        frontier.size() + 1
                    )));
                }
                append(frontier, &leaf_hash(entry.leaf.as_bytes()), &mut nodes);
            }
            if let Some(part) = row.downcast_ref::<SearchRow>() {
                flush::index(conn, std::slice::from_ref(part))
                    .await
                    .map_err(reads::failed)?;
            }
        }
        flush::insert(conn, &nodes, flush::Conflict::Refuse)
            .await
            .map_err(reads::failed)?;
    }
    Ok(table.rows)
}

struct Out {
    file: BufWriter<File>,
    rows: u64,
}

impl Out {
    fn line(&mut self, value: &impl Serialize) -> Result<(), DatabaseError> {
        serde_json::to_writer(&mut self.file, value).map_err(|error| disk(error.into()))?;
        self.file.write_all(b"\n").map_err(disk)
    }
}

struct Lines {
    lines: io::Lines<BufReader<File>>,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, DatabaseError> {
        Ok(Self {
            lines: BufReader::new(File::open(path).map_err(disk)?).lines(),
        })
    }

    fn parse_next<T: DeserializeOwned>(&mut self) -> Result<T, DatabaseError> {
        let line = self
            .lines
            .next()
            .ok_or_else(|| broken("it ends too early"))?
            .map_err(disk)?;
        serde_json::from_str(&line).map_err(|error| broken(&error.to_string()))
    }
}

fn disk(error: io::Error) -> DatabaseError {
    DatabaseError::Backup(Arc::new(error))
}

fn broken(what: &str) -> DatabaseError {
    DatabaseError::BackupBroken(what.into())
}
