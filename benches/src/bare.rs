//! The peer of durable acts: the same rows, as many and as long as an act writes, inserted into
//! plain tables with nothing decided, hashed or searched, in the same group commits.

use crate::ground::Sql;
use sqlx::{AssertSqlSafe, Connection, QueryBuilder};
use std::time::Instant;

/// Rows an act writes into one table, and how long each is.
#[derive(Clone, Debug)]
pub struct Written {
    pub table: &'static str,
    pub rows_per_act: f64,
    pub bytes_per_row: f64,
}

/// Acts that share one transaction, as in the office's own writer.
const BATCH: usize = 256;

/// How rows are inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    RowByRow,
    MultiRow,
}

/// What acts wrote since the head stood at `size` and the search index at `searched`, by table.
pub async fn written(sql: &mut Sql, size: u64, searched: i64, acts: usize) -> anyhow::Result<Vec<Written>> {
    let touched = format!("(SELECT stream FROM streams WHERE updated_sequence > {size})");
    let of = |table: &str, columns: &[&str], narrowed: &str| {
        let length: Vec<String> =
            columns.iter().map(|c| format!("COALESCE(OCTET_LENGTH(CAST({c} AS TEXT)), 0)")).collect();
        format!("SELECT COUNT(*), CAST(COALESCE(SUM({}), 0) AS BIGINT) FROM {table} WHERE {narrowed}", length.join(" + "))
    };
    let since = format!("sequence > {size}");
    let updated = format!("updated_sequence > {size}");
    let within = format!("stream IN {touched}");
    let later = format!("id > {searched}");
    let asked: Vec<(&'static str, String)> = vec![
        ("entries", of("entries", &["sequence", "stream", "version", "kind", "recorded_us", "leaf", "sequence || '00000000000000000000000000000000'"], &since)),
        ("entry_values", of("entry_values", &["sequence", "ordinary"], &since)),
        ("streams", of("streams", &["stream", "version", "updated_sequence"], &updated)),
        ("cases", of("cases", &["id", "number", "title", "cause", "stage", "parties", "department", "handlers", "opened_us"], &updated)),
        ("papers", of("papers", &["id", "case_id", "clue_id", "kind", "title", "number", "department", "sha256", "updated_us"], &updated)),
        ("duties", of("duties", &["stream", "rule", "subject", "owed", "article", "who", "derivation", "title", "case_title", "department"], &within)),
        ("duty_people", of("duty_people", &["who", "stream", "rule", "subject"], &within)),
        ("search_docs", of("search_docs", &["doc", "scope", "text"], &later)),
        // The words of the index are about six bytes a character, one word a pair of characters.
        ("search_index", of("search_docs", &["text", "text", "text"], &later)),
        ("jobs", of("jobs", &["kind", "key", "payload", "run_after_us"], "finished_us IS NULL AND attempts_count = 0")),
    ];
    let mut all = vec![];
    for (table, query) in asked {
        let (rows, bytes) = sql.rows_and_bytes(query).await?;
        if rows > 0 {
            all.push(Written { table, rows_per_act: rows as f64 / acts as f64, bytes_per_row: bytes as f64 / rows as f64 });
        }
    }
    Ok(all)
}

/// Inserts what `acts` acts write, durably; gives acts per second.
pub async fn insert(sql: &mut Sql, written: &[Written], acts: usize, way: Way) -> anyhow::Result<f64> {
    match sql {
        Sql::Sqlite(conn) => sqlite(conn, written, acts, way).await,
        Sql::Postgres(conn) => postgres(conn, written, acts, way).await,
    }
}

macro_rules! engine {
    ($name:ident, $connection:ty, $database:ty, $prepare:expr) => {
        async fn $name(conn: &mut $connection, written: &[Written], acts: usize, way: Way) -> anyhow::Result<f64> {
            for pragma in $prepare {
                sqlx::raw_sql(*pragma).execute(&mut *conn).await?;
            }
            let mut next = vec![];
            for table in written {
                let name = format!("bare_{}", table.table);
                let make = format!("CREATE TABLE IF NOT EXISTS {name} (id BIGINT NOT NULL PRIMARY KEY, body TEXT NOT NULL)");
                sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut *conn).await?;
                sqlx::raw_sql(AssertSqlSafe(format!("DELETE FROM {name}"))).execute(&mut *conn).await?;
                let body: String = "行政执法".chars().cycle().take((table.bytes_per_row / 3.0).ceil() as usize).collect();
                next.push((name, body, 0_i64));
            }
            let begun = Instant::now();
            let mut done = 0;
            while done < acts {
                let batch = BATCH.min(acts - done);
                let mut transaction = conn.begin().await?;
                for (table, (name, body, id)) in written.iter().zip(&mut next) {
                    let until = (table.rows_per_act * (done + batch) as f64).round() as i64;
                    match way {
                        Way::RowByRow => {
                            let insert = format!("INSERT INTO {name} (id, body) VALUES ($1, $2)");
                            while *id < until {
                                *id += 1;
                                sqlx::query(AssertSqlSafe(insert.clone())).bind(*id).bind(body.as_str()).execute(&mut *transaction).await?;
                            }
                        }
                        Way::MultiRow => {
                            while *id < until {
                                let some: Vec<i64> = (*id + 1..=until.min(*id + 4_096)).collect();
                                *id += some.len() as i64;
                                let mut insert = QueryBuilder::<$database>::new(format!("INSERT INTO {name} (id, body) "));
                                insert.push_values(some, |mut row, id| {
                                    row.push_bind(id).push_bind(body.as_str());
                                });
                                insert.build().persistent(false).execute(&mut *transaction).await?;
                            }
                        }
                    }
                }
                transaction.commit().await?;
                done += batch;
            }
            Ok(acts as f64 / begun.elapsed().as_secs_f64())
        }
    };
}

engine!(sqlite, sqlx::SqliteConnection, sqlx::Sqlite, &["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"]);
engine!(postgres, sqlx::PgConnection, sqlx::Postgres, &["SET synchronous_commit = on"]);
