//! Reading the ledger itself: entries, streams, the head, and the hashes proofs are made from.

use std::sync::Arc;

use ledger::proof::{HashRange, NodeSource as _, StoredLevels};
use ledger::tree::{EMPTY_ROOT, Hash, node_hash};
use sqlx::{Pool, QueryBuilder, Row as _};

use super::opening::Engine;
use super::{Db, fault_of};
use crate::entries::{SealedMember, StoredEntry};
use crate::error::DatabaseError;
use crate::fault::Fault;
use crate::record::Record;
use crate::tables::{EntryRow, HeadRow, IdempotencyRow, SealedRow, ValuesRow};

/// Streams asked for in one statement.
const LIST_MAX: usize = 500;

pub(crate) fn select<R: Record>() -> QueryBuilder<Db> {
    QueryBuilder::new(R::SELECT)
}

pub(crate) async fn all<R>(
    pool: &Pool<Db>,
    mut query: QueryBuilder<Db>,
) -> Result<Vec<R>, DatabaseError>
where
    R: for<'r> sqlx::FromRow<'r, <Db as sqlx::Database>::Row> + Send + Unpin,
{
    query.build_query_as().fetch_all(pool).await.map_err(failed)
}

pub(crate) fn push_list<'a>(
    query: &mut QueryBuilder<Db>,
    texts: impl IntoIterator<Item = &'a String>,
) {
    query.push("(");
    let mut list = query.separated(", ");
    for text in texts {
        list.push_bind(text.as_str());
    }
    query.push(")");
}

/// What a failed read means for its caller.
pub(crate) fn failed(error: sqlx::Error) -> DatabaseError {
    match fault_of(&error) {
        Fault::Full => DatabaseError::Full,
        Fault::Away | Fault::Lost => DatabaseError::Unavailable(Arc::new(error)),
        Fault::Statement => DatabaseError::Statement(Arc::new(error)),
    }
}

pub(crate) fn unavailable(error: sqlx::Error) -> DatabaseError {
    DatabaseError::Unavailable(Arc::new(error))
}

pub(crate) async fn head_row(pool: &Pool<Db>) -> Result<HeadRow, DatabaseError> {
    let mut query = select::<HeadRow>();
    query.push(" WHERE id = 1");
    all(pool, query).await?.pop().ok_or(DatabaseError::Damaged {
        what: "the head is missing".into(),
    })
}

pub(crate) async fn entry_rows_after(
    pool: &Pool<Db>,
    sequence: i64,
    limit: i64,
) -> Result<Vec<EntryRow>, DatabaseError> {
    let mut query = select::<EntryRow>();
    query.push(" WHERE sequence > ").push_bind(sequence);
    query.push(" ORDER BY sequence LIMIT ").push_bind(limit);
    all(pool, query).await
}

/// Neighbouring hashes of one stored level.
pub(crate) async fn hashes(pool: &Pool<Db>, range: HashRange) -> Result<Vec<Hash>, DatabaseError> {
    let mut query;
    if range.level == 0 {
        // Entries count from 1, leaves from 0.
        query = QueryBuilder::<Db>::new("SELECT leaf_hash FROM entries WHERE sequence > ");
        query
            .push_bind(range.first as i64)
            .push(" AND sequence <= ");
        query
            .push_bind((range.first + range.count) as i64)
            .push(" ORDER BY sequence");
    } else {
        query = QueryBuilder::<Db>::new("SELECT hash FROM tree_nodes WHERE level = ");
        query.push_bind(i64::from(range.level)).push(" AND idx >= ");
        query.push_bind(range.first as i64).push(" AND idx < ");
        query
            .push_bind((range.first + range.count) as i64)
            .push(" ORDER BY idx");
    }
    let rows = query.build().fetch_all(pool).await.map_err(failed)?;
    rows.iter()
        .map(|row| {
            let bytes: Vec<u8> = row.try_get(0).map_err(failed)?;
            bytes.try_into().map_err(|_| DatabaseError::Damaged {
                what: format!("a hash of level {} is not 32 bytes", range.level).into(),
            })
        })
        .collect()
}

/// The root of the first `size` entries, from stored hashes.
pub(crate) async fn root_at(pool: &Pool<Db>, size: u64) -> Result<Hash, DatabaseError> {
    let mut subtrees = Vec::new();
    let mut first = 0;
    for level in (0..64u8).rev().filter(|level| size >> level & 1 == 1) {
        let above = level % 8;
        let index = first >> level;
        let range = HashRange {
            level: level - above,
            first: index << above,
            count: 1 << above,
        };
        let read = hashes(pool, range).await?;
        let node = StoredLevels::new(|_| Ok::<_, std::convert::Infallible>(read.clone()))
            .node(level, index)
            .map_err(|error| DatabaseError::Damaged {
                what: error.to_string().into(),
            })?;
        subtrees.push(node);
        first += 1 << level;
    }
    let Some(last) = subtrees.pop() else {
        return Ok(EMPTY_ROOT);
    };
    Ok(subtrees
        .iter()
        .rev()
        .fold(last, |right, left| node_hash(left, &right)))
}

impl Engine {
    pub async fn hashes(&self, range: HashRange) -> Result<Vec<Hash>, DatabaseError> {
        hashes(&self.pool, range).await
    }

    pub async fn root_at(&self, size: u64) -> Result<Hash, DatabaseError> {
        root_at(&self.pool, size).await
    }

    pub async fn latest_version(&self, stream: &str) -> Result<u64, DatabaseError> {
        match self.shared.remembered(stream) {
            Some(version) => Ok(version),
            None => self.stream_version(stream).await,
        }
    }

    pub async fn stream_version(&self, stream: &str) -> Result<u64, DatabaseError> {
        let version: Option<i64> =
            sqlx::query_scalar("SELECT version FROM streams WHERE stream = $1")
                .bind(stream)
                .fetch_optional(&self.pool)
                .await
                .map_err(failed)?;
        Ok(version.unwrap_or(0) as u64)
    }

    pub async fn entries_of_many(
        &self,
        streams: &[String],
    ) -> Result<Vec<StoredEntry>, DatabaseError> {
        let mut rows: Vec<EntryRow> = Vec::new();
        for some in streams.chunks(LIST_MAX) {
            let mut query = select::<EntryRow>();
            query.push(" WHERE stream IN ");
            push_list(&mut query, some);
            rows.extend(all::<EntryRow>(&self.pool, query).await?);
        }
        rows.sort_unstable_by_key(|row| row.sequence);
        rows.dedup_by_key(|row| row.sequence);
        self.with_values(rows).await
    }

    pub async fn entries_after(
        &self,
        sequence: u64,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, DatabaseError> {
        let rows = entry_rows_after(&self.pool, sequence as i64, limit.into()).await?;
        self.with_values(rows).await
    }

    pub async fn entries_at(&self, sequences: &[u64]) -> Result<Vec<StoredEntry>, DatabaseError> {
        let mut rows: Vec<EntryRow> = Vec::new();
        for some in sequences.chunks(LIST_MAX) {
            let mut query = select::<EntryRow>();
            push_sequences(&mut query, some.iter().map(|sequence| *sequence as i64));
            rows.extend(all::<EntryRow>(&self.pool, query).await?);
        }
        rows.sort_unstable_by_key(|row| row.sequence);
        rows.dedup_by_key(|row| row.sequence);
        self.with_values(rows).await
    }

    async fn with_values(&self, rows: Vec<EntryRow>) -> Result<Vec<StoredEntry>, DatabaseError> {
        let mut entries = Vec::with_capacity(rows.len());
        for some in rows.chunks(LIST_MAX) {
            let mut values = select::<ValuesRow>();
            push_sequences(&mut values, some.iter().map(|row| row.sequence));
            let mut values: std::collections::HashMap<i64, String> =
                all::<ValuesRow>(&self.pool, values)
                    .await?
                    .into_iter()
                    .map(|row| (row.sequence, row.ordinary))
                    .collect();
            let mut sealed = select::<SealedRow>();
            push_sequences(&mut sealed, some.iter().map(|row| row.sequence));
            let mut members: std::collections::HashMap<i64, Vec<SealedMember>> =
                std::collections::HashMap::new();
            for row in all::<SealedRow>(&self.pool, sealed).await? {
                let SealedRow {
                    sequence,
                    name,
                    key,
                    digest,
                    sealed,
                } = row;
                members.entry(sequence).or_default().push(SealedMember {
                    name,
                    key,
                    digest,
                    sealed,
                });
            }
            for row in some {
                let leaf_hash =
                    row.leaf_hash
                        .as_slice()
                        .try_into()
                        .map_err(|_| DatabaseError::Damaged {
                            what: format!("the hash of entry {} is not 32 bytes", row.sequence)
                                .into(),
                        })?;
                entries.push(StoredEntry {
                    sequence: row.sequence as u64,
                    stream: row.stream.clone(),
                    version: row.version as u64,
                    kind: row.kind.clone(),
                    recorded_us: row.recorded_us,
                    leaf: row.leaf.clone(),
                    leaf_hash,
                    ordinary: values
                        .remove(&row.sequence)
                        .unwrap_or_else(|| "{}".to_owned()),
                    sealed: members.remove(&row.sequence).unwrap_or_default(),
                });
            }
        }
        Ok(entries)
    }

    pub async fn done_before(
        &self,
        account: &str,
        key: &str,
    ) -> Result<Option<(String, String)>, DatabaseError> {
        let mut query = select::<IdempotencyRow>();
        query
            .push(" WHERE account = ")
            .push_bind(account)
            .push(" AND key = ")
            .push_bind(key);
        let row: Option<IdempotencyRow> = all(&self.pool, query).await?.pop();
        Ok(row.map(|row| (row.digest, row.receipt)))
    }
}

fn push_sequences(query: &mut QueryBuilder<Db>, sequences: impl Iterator<Item = i64>) {
    query.push(" WHERE sequence IN (");
    let mut list = query.separated(", ");
    for sequence in sequences {
        list.push_bind(sequence);
    }
    query.push(") ORDER BY sequence");
}
