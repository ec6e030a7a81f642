//! The writer's SQL: what guards ask, and a whole batch written in a few statements.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};
use sqlx::{QueryBuilder, Row as _};

use super::{BINDS_MAX, Conn, Db, INDEX_DELETE, INDEX_INSERT, INDEX_TEXT, index_text};
use crate::grams::words_of;
use crate::plan::{Plan, Questions, Seen, Step};
use crate::record::{Binds, Record as _};
use crate::rows::DutyRow;
use crate::tables::{
    DutyPersonRow, HeadRow, PersonRow, SealedRow, SearchRow, SeriesRow, UniqueRow,
};

/// Rows in one statement at most.
const ROWS_MAX: usize = 500;
/// Pairs in one condition at most: engines limit how deep a condition nests.
const PAIRS_MAX: usize = 100;
/// A tsvector counts places up to 16 383; a part stays well below.
const PART_CHARACTERS: usize = 8_000;
/// Neighbouring parts share this much, so that a phrase across the border is found.
const PART_OVERLAP_CHARACTERS: usize = 100;

/// What to do with a row whose key is there already.
#[derive(Clone, Copy)]
pub(crate) enum Conflict {
    Refuse,
    Keep,
    Replace,
}

/// Answers the questions of a batch.
pub(crate) async fn look(conn: &mut Conn, ask: &Questions) -> Result<Seen, sqlx::Error> {
    let mut seen = Seen::default();
    for some in chunks(&ask.streams) {
        let mut query =
            QueryBuilder::<Db>::new("SELECT stream, version FROM streams WHERE stream IN (");
        push_list(&mut query, &some);
        for row in query
            .build()
            .persistent(false)
            .fetch_all(&mut *conn)
            .await?
        {
            seen.versions.insert(row.try_get(0)?, row.try_get(1)?);
        }
    }
    for some in chunks(&ask.series) {
        let mut query =
            QueryBuilder::<Db>::new("SELECT series, last FROM number_series WHERE series IN (");
        push_list(&mut query, &some);
        for row in query
            .build()
            .persistent(false)
            .fetch_all(&mut *conn)
            .await?
        {
            seen.last_numbers.insert(row.try_get(0)?, row.try_get(1)?);
        }
    }
    for some in chunks(&ask.bytes) {
        let mut query = QueryBuilder::<Db>::new(
            "SELECT sha256 FROM holds WHERE lifted_us IS NULL AND sha256 IN (",
        );
        push_list(&mut query, &some);
        for row in query
            .build()
            .persistent(false)
            .fetch_all(&mut *conn)
            .await?
        {
            seen.held.insert(row.try_get(0)?);
        }
    }
    let taken = "SELECT scope, key FROM uniques WHERE ";
    seen.taken = pairs_found(conn, taken, ["scope", "key"], &ask.keys).await?;
    let done = "SELECT account, key FROM idempotency WHERE ";
    seen.done = pairs_found(conn, done, ["account", "key"], &ask.requests).await?;
    for (officer, (from_us, to_us)) in &ask.officers {
        let rows = sqlx::query(
            "SELECT stream, from_us, to_us FROM occupations \
             WHERE officer = $1 AND from_us < $2 AND to_us > $3",
        )
        .bind(officer)
        .bind(to_us)
        .bind(from_us)
        .fetch_all(&mut *conn)
        .await?;
        let spans = seen.occupied.entry(officer.clone()).or_default();
        for row in rows {
            spans.push((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        }
    }
    Ok(seen)
}

/// Which of the pairs a table holds.
async fn pairs_found(
    conn: &mut Conn,
    start: &'static str,
    columns: [&'static str; 2],
    wanted: &BTreeSet<(String, String)>,
) -> Result<HashSet<(String, String)>, sqlx::Error> {
    let mut found = HashSet::new();
    let wanted: Vec<_> = wanted.iter().collect();
    for some in wanted.chunks(PAIRS_MAX) {
        let mut query = QueryBuilder::<Db>::new(start);
        let mut either = query.separated(" OR ");
        for (first, second) in some {
            either
                .push("(")
                .push_unseparated(columns[0])
                .push_unseparated(" = ");
            either
                .push_bind_unseparated(first)
                .push_unseparated(" AND ");
            either.push_unseparated(columns[1]).push_unseparated(" = ");
            either.push_bind_unseparated(second).push_unseparated(")");
        }
        for row in query
            .build()
            .persistent(false)
            .fetch_all(&mut *conn)
            .await?
        {
            found.insert((row.try_get(0)?, row.try_get(1)?));
        }
    }
    Ok(found)
}

/// Writes a batch inside the open transaction, the head last.
pub(crate) async fn write(conn: &mut Conn, plan: &Plan) -> Result<(), sqlx::Error> {
    insert(conn, &plan.entries, Conflict::Refuse).await?;
    insert(conn, &plan.values, Conflict::Refuse).await?;
    insert(conn, &plan.sealed, Conflict::Refuse).await?;
    insert(conn, &plan.nodes, Conflict::Refuse).await?;
    insert(conn, &plan.streams.rows, Conflict::Replace).await?;
    insert(conn, &plan.requests, Conflict::Refuse).await?;
    for (scope, key) in &plan.released {
        sqlx::query("DELETE FROM uniques WHERE scope = $1 AND key = $2")
            .bind(scope)
            .bind(key)
            .execute(&mut *conn)
            .await?;
    }
    let claimed: Vec<UniqueRow> = plan
        .claimed
        .iter()
        .map(|((scope, key), sequence)| UniqueRow {
            scope: scope.clone(),
            key: key.clone(),
            sequence: *sequence,
        })
        .collect();
    insert(conn, &claimed, Conflict::Refuse).await?;
    insert(conn, &plan.numbers, Conflict::Refuse).await?;
    write_series(conn, plan).await?;
    for (officer, stream) in &plan.vacated {
        sqlx::query("DELETE FROM occupations WHERE officer = $1 AND stream = $2")
            .bind(officer)
            .bind(stream)
            .execute(&mut *conn)
            .await?;
    }
    insert(conn, &plan.occupied.rows, Conflict::Replace).await?;
    write_registers(conn, plan).await?;
    write_duties(conn, plan).await?;
    write_jobs(conn, plan).await?;
    write_search(conn, &plan.search).await?;
    for step in &plan.steps {
        take(conn, step).await?;
    }
    let head = HeadRow {
        id: 1,
        size: plan.frontier.size() as i64,
        root: plan.frontier.root().to_vec(),
        frontier: plan.frontier.to_string(),
    };
    if !plan.entries.is_empty() {
        insert(conn, &[head], Conflict::Replace).await?;
    }
    Ok(())
}

/// Inserts rows, as many in one statement as the engine takes.
pub(crate) async fn insert<R: Binds<Db>>(
    conn: &mut Conn,
    rows: &[R],
    conflict: Conflict,
) -> Result<(), sqlx::Error> {
    for chunk in rows.chunks(ROWS_MAX.min(BINDS_MAX / R::COLUMNS.len())) {
        let mut query = QueryBuilder::<Db>::new("INSERT INTO ");
        query
            .push(R::TABLE)
            .push(" (")
            .push(R::COLUMNS.join(", "))
            .push(") ");
        query.push_values(chunk, |mut values, row| row.bind(&mut values));
        match conflict {
            Conflict::Refuse => {}
            Conflict::Keep => {
                query.push(" ON CONFLICT DO NOTHING");
            }
            Conflict::Replace => {
                query
                    .push(" ON CONFLICT (")
                    .push(R::KEY.join(", "))
                    .push(") DO UPDATE SET ");
                let mut columns = query.separated(", ");
                for column in R::COLUMNS.iter().filter(|column| !R::KEY.contains(column)) {
                    columns
                        .push(column)
                        .push_unseparated(" = excluded.")
                        .push_unseparated(column);
                }
            }
        }
        // A statement of many rows is seldom of the same length twice.
        query
            .build()
            .persistent(chunk.len() == 1)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

async fn write_series(conn: &mut Conn, plan: &Plan) -> Result<(), sqlx::Error> {
    let mut last = BTreeMap::new();
    for row in &plan.numbers {
        let known = last.entry(&row.series).or_insert(row.number);
        *known = row.number.max(*known);
    }
    for (series, last) in last {
        let row = SeriesRow {
            series: series.clone(),
            last,
        };
        let mut query = QueryBuilder::<Db>::new("INSERT INTO number_series (series, last) ");
        query.push_values([row], |mut values, row| row.bind(&mut values));
        query.push(
            " ON CONFLICT (series) DO UPDATE SET last = excluded.last \
             WHERE excluded.last > number_series.last",
        );
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

async fn write_registers(conn: &mut Conn, plan: &Plan) -> Result<(), sqlx::Error> {
    insert(conn, &plan.cases.rows, Conflict::Replace).await?;
    insert(conn, &plan.clues.rows, Conflict::Replace).await?;
    let cases = plan.cases.rows.iter().map(|row| (&row.id, &row.handlers));
    write_people(conn, "case", &cases.collect()).await?;
    let clues = plan.clues.rows.iter().map(|row| (&row.id, &row.officers));
    write_people(conn, "clue", &clues.collect()).await?;
    insert(conn, &plan.papers.rows, Conflict::Replace).await?;
    insert(conn, &plan.evidence.rows, Conflict::Replace).await?;
    insert(conn, &plan.grants.rows, Conflict::Replace).await?;
    insert(conn, &plan.viewings.rows, Conflict::Replace).await?;
    insert(conn, &plan.delegations.rows, Conflict::Replace).await?;
    insert(conn, &plan.holds.rows, Conflict::Replace).await?;
    insert(conn, &plan.accounts.rows, Conflict::Replace).await?;
    insert(conn, &plan.tokens.rows, Conflict::Replace).await?;
    for row in &plan.registers.rows {
        sqlx::query("UPDATE registers SET is_current = $1 WHERE register = $2 AND id = $3")
            .bind(false)
            .bind(&row.register)
            .bind(&row.id)
            .execute(&mut *conn)
            .await?;
    }
    insert(conn, &plan.registers.rows, Conflict::Replace).await?;
    insert(conn, &plan.blobs.rows, Conflict::Keep).await?;
    insert(conn, &plan.links, Conflict::Keep).await?;
    insert(conn, &plan.outbox.rows, Conflict::Keep).await
}

/// Puts down in whose hands these cases or clues are now.
async fn write_people(
    conn: &mut Conn,
    kind: &str,
    hands: &BTreeMap<&String, &String>,
) -> Result<(), sqlx::Error> {
    let ids: Vec<&String> = hands.keys().copied().collect();
    for some in ids.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<Db>::new("DELETE FROM people WHERE kind = ");
        query.push_bind(kind).push(" AND id IN (");
        push_list(&mut query, some);
        query.build().persistent(false).execute(&mut *conn).await?;
    }
    let people: Vec<PersonRow> = hands
        .iter()
        .flat_map(|(id, who)| {
            texts_in(who).into_iter().map(|who| PersonRow {
                who,
                kind: kind.to_owned(),
                id: (*id).clone(),
            })
        })
        .collect();
    insert(conn, &people, Conflict::Refuse).await
}

async fn write_duties(conn: &mut Conn, plan: &Plan) -> Result<(), sqlx::Error> {
    let streams: BTreeSet<String> = plan.duties.keys().cloned().collect();
    for some in chunks(&streams) {
        for start in [
            "DELETE FROM duties WHERE stream IN (",
            "DELETE FROM duty_people WHERE stream IN (",
        ] {
            let mut query = QueryBuilder::<Db>::new(start);
            push_list(&mut query, &some);
            query.build().persistent(false).execute(&mut *conn).await?;
        }
    }
    let rows: Vec<DutyRow> = plan.duties.values().flatten().cloned().collect();
    let people: Vec<DutyPersonRow> = rows
        .iter()
        .flat_map(|row| {
            texts_in(&row.who).into_iter().map(|who| DutyPersonRow {
                who,
                stream: row.stream.clone(),
                rule: row.rule.clone(),
                subject: row.subject.clone(),
            })
        })
        .collect();
    insert(conn, &rows, Conflict::Refuse).await?;
    insert(conn, &people, Conflict::Refuse).await
}

async fn write_jobs(conn: &mut Conn, plan: &Plan) -> Result<(), sqlx::Error> {
    for (kind, key, at_us) in &plan.finished {
        sqlx::query("UPDATE jobs SET finished_us = $1, leased_by = NULL, leased_until_us = NULL WHERE kind = $2 AND key = $3")
            .bind(at_us)
            .bind(kind)
            .bind(key)
            .execute(&mut *conn)
            .await?;
    }
    insert(conn, &plan.jobs.rows, Conflict::Replace).await
}

/// Puts documents into the index in place of what they had there; without a text one only leaves.
/// What stands already as it should is left alone.
async fn write_search(
    conn: &mut Conn,
    wanted: &BTreeMap<String, Option<(String, String)>>,
) -> Result<(), sqlx::Error> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut standing: HashMap<String, Vec<SearchRow>> = HashMap::new();
    for some in wanted.keys().collect::<Vec<_>>().chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<Db>::new(SearchRow::SELECT);
        query.push(" WHERE doc IN (");
        push_list(&mut query, some);
        let query = query.build_query_as::<SearchRow>().persistent(false);
        for row in query.fetch_all(&mut *conn).await? {
            standing.entry(row.doc.clone()).or_default().push(row);
        }
    }
    let mut last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM search_docs")
        .fetch_one(&mut *conn)
        .await?;
    let (mut gone, mut rows) = (vec![], vec![]);
    for (doc, text) in wanted {
        let mut stands = standing.remove(doc).unwrap_or_default();
        stands.sort_unstable_by_key(|row| row.part);
        let (scope, parts) = match text {
            Some((scope, text)) => (scope.as_str(), parts_of(text)),
            None => ("", vec![]),
        };
        let same = |(row, text): (&SearchRow, &String)| row.scope == scope && row.text == *text;
        if stands.len() == parts.len() && stands.iter().zip(&parts).all(same) {
            continue;
        }
        gone.extend(stands.iter().map(|row| row.id));
        for (part, text) in (0..).zip(parts) {
            last += 1;
            rows.push(SearchRow {
                id: last,
                doc: doc.clone(),
                scope: scope.to_owned(),
                part,
                text,
            });
        }
    }
    for some in gone.chunks(ROWS_MAX) {
        for start in [INDEX_DELETE, "DELETE FROM search_docs WHERE id IN ("] {
            let mut query = QueryBuilder::<Db>::new(start);
            let mut list = query.separated(", ");
            for id in some {
                list.push_bind(id);
            }
            query.push(")");
            query.build().persistent(false).execute(&mut *conn).await?;
        }
    }
    index(conn, &rows).await?;
    insert(conn, &rows, Conflict::Refuse).await
}

/// Adds parts of documents to the index.
pub(crate) async fn index(conn: &mut Conn, rows: &[SearchRow]) -> Result<(), sqlx::Error> {
    for some in rows.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::<Db>::new(INDEX_INSERT);
        query.push_values(some, |mut values, row| {
            values
                .push_bind(row.id)
                .push(INDEX_TEXT.0)
                .push_bind_unseparated(index_text(&words_of(&row.text)))
                .push_unseparated(INDEX_TEXT.1);
        });
        query
            .build()
            .persistent(some.len() == 1)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

fn parts_of(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut parts = Vec::new();
    let mut start = 0;
    loop {
        let end = characters.len().min(start + PART_CHARACTERS);
        parts.push(characters[start..end].iter().collect());
        if end == characters.len() {
            return parts;
        }
        start = end - PART_OVERLAP_CHARACTERS;
    }
}

async fn take(conn: &mut Conn, step: &Step) -> Result<(), sqlx::Error> {
    match step {
        Step::NumberState {
            series,
            number,
            state,
        } => {
            sqlx::query("UPDATE numbers SET state = $1 WHERE series = $2 AND number = $3")
                .bind(state)
                .bind(series)
                .bind(number)
                .execute(conn)
                .await?;
        }
        Step::DropDraft { id } => {
            sqlx::query("DELETE FROM drafts WHERE id = $1")
                .bind(id)
                .execute(conn)
                .await?;
        }
        Step::Seal { sequence, members } => {
            let ordinary: Option<String> =
                sqlx::query_scalar("SELECT ordinary FROM entry_values WHERE sequence = $1")
                    .bind(sequence)
                    .fetch_optional(&mut *conn)
                    .await?;
            let mut open: Map<String, Value> = ordinary
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default();
            let mut rows = Vec::with_capacity(members.len());
            for member in members {
                open.remove(&member.name);
                rows.push(SealedRow {
                    sequence: *sequence,
                    name: member.name.clone(),
                    key: member.key.clone(),
                    digest: member.digest.clone(),
                    sealed: member.sealed.clone(),
                });
            }
            sqlx::query("UPDATE entry_values SET ordinary = $1 WHERE sequence = $2")
                .bind(Value::Object(open).to_string())
                .bind(sequence)
                .execute(&mut *conn)
                .await?;
            insert(conn, &rows, Conflict::Replace).await?;
        }
        Step::DropRegister { register, id } => {
            sqlx::query("DELETE FROM registers WHERE register = $1 AND id = $2")
                .bind(register)
                .bind(id)
                .execute(conn)
                .await?;
        }
        Step::DropOutbox { kind, key } => {
            sqlx::query("DELETE FROM outbox WHERE kind = $1 AND key = $2")
                .bind(kind)
                .bind(key)
                .execute(conn)
                .await?;
        }
        Step::MoveBlob { sha256, stream } => {
            sqlx::query("UPDATE blobs SET class = 'moved' WHERE sha256 = $1 AND stream = $2")
                .bind(sha256)
                .bind(stream)
                .execute(conn)
                .await?;
        }
    }
    Ok(())
}

fn chunks<T: Ord>(all: &BTreeSet<T>) -> Vec<Vec<&T>> {
    let all: Vec<&T> = all.iter().collect();
    all.chunks(ROWS_MAX).map(<[&T]>::to_vec).collect()
}

fn push_list(query: &mut QueryBuilder<Db>, texts: &[&String]) {
    let mut list = query.separated(", ");
    for text in texts {
        list.push_bind(text.as_str());
    }
    query.push(")");
}

/// Every text inside a piece of JSON, once.
fn texts_in(json: &str) -> BTreeSet<String> {
    fn collect(value: &Value, texts: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => drop(texts.insert(text.clone())),
            Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
            Value::Object(members) => members.values().for_each(|value| collect(value, texts)),
            _ => {}
        }
    }
    let mut texts = BTreeSet::new();
    if let Ok(value) = serde_json::from_str(json) {
        collect(&value, &mut texts);
    }
    texts
}
