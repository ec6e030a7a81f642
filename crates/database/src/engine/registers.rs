//! Reading the registers: lists, the rows of one case, search, numbers, permissions.

use sqlx::QueryBuilder;

use super::opening::Engine;
use super::reads::{all, failed, push_list, select};
use super::{Db, FOUND_DOCS, FOUND_SCOPES, MATCH_END, NEWEST_FOUND, match_text};
use crate::error::DatabaseError;
use crate::filters::{
    After, Awaited, CaseFilter, ClueFilter, DutyFilter, Found, SearchReach, ViewingFilter,
    WAITING_MAX, Waiting, Within,
};
use crate::grams::phrases_of;
use crate::record::Record;
use crate::rows::{
    AccountRow, BlobRow, CaseRow, ClueRow, DelegationRow, DutyRow, EvidenceRow, GrantRow, HoldRow,
    LinkRow, NumberRow, OccupationRow, OutboxRow, PaperRow, RegisterRow, ViewingRow,
};

type Query = QueryBuilder<Db>;

/// A duty that still asks something of somebody.
const DUTY_OPEN: &str = "duties.met_us IS NULL AND duties.state NOT IN ('met', 'met-late', 'void')";

impl Engine {
    pub async fn case_row(&self, id: &str) -> Result<Option<CaseRow>, DatabaseError> {
        let mut query = select::<CaseRow>();
        query.push(" WHERE id = ").push_bind(id);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn cases(
        &self,
        filter: &CaseFilter,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Vec<CaseRow>, DatabaseError> {
        let mut query = select::<CaseRow>();
        query.push(" WHERE 1 = 1");
        narrow(&mut query, "cases.stage", &filter.stage);
        narrow(&mut query, "cases.cause", &filter.cause);
        narrow(&mut query, "cases.department", &filter.department);
        narrow_by_person(&mut query, "case", "cases.id", &filter.handler);
        narrow_by_text(&mut query, "cases.id", &filter.text);
        if let Some(now_us) = filter.overdue_at_us {
            query.push(" AND EXISTS (SELECT 1 FROM duties WHERE duties.stream IN (cases.id, 'case/' || cases.id) AND ");
            query
                .push(DUTY_OPEN)
                .push(" AND duties.due_latest_us < ")
                .push_bind(now_us)
                .push(")");
        }
        page(
            &mut query,
            "cases.updated_sequence",
            "cases.id",
            after,
            limit,
        );
        all(&self.pool, query).await
    }

    pub async fn clue_row(&self, id: &str) -> Result<Option<ClueRow>, DatabaseError> {
        let mut query = select::<ClueRow>();
        query.push(" WHERE id = ").push_bind(id);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn clues(
        &self,
        filter: &ClueFilter,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Vec<ClueRow>, DatabaseError> {
        let mut query = select::<ClueRow>();
        query.push(" WHERE 1 = 1");
        narrow(&mut query, "clues.state", &filter.state);
        narrow(&mut query, "clues.department", &filter.department);
        narrow_by_person(&mut query, "clue", "clues.id", &filter.officer);
        narrow_by_text(&mut query, "clues.id", &filter.text);
        page(
            &mut query,
            "clues.updated_sequence",
            "clues.id",
            after,
            limit,
        );
        all(&self.pool, query).await
    }

    pub async fn clues_of_case(&self, case_id: &str) -> Result<Vec<ClueRow>, DatabaseError> {
        let mut query = select::<ClueRow>();
        query
            .push(" WHERE case_id = ")
            .push_bind(case_id)
            .push(" ORDER BY received_us, id");
        all(&self.pool, query).await
    }

    pub async fn paper_row(&self, id: &str) -> Result<Option<PaperRow>, DatabaseError> {
        let mut query = select::<PaperRow>();
        query.push(" WHERE id = ").push_bind(id);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn papers_of_case(&self, case_id: &str) -> Result<Vec<PaperRow>, DatabaseError> {
        let mut query = select::<PaperRow>();
        query
            .push(" WHERE case_id = ")
            .push_bind(case_id)
            .push(" ORDER BY updated_us, id");
        all(&self.pool, query).await
    }

    pub async fn papers_of_clue(&self, clue_id: &str) -> Result<Vec<PaperRow>, DatabaseError> {
        let mut query = select::<PaperRow>();
        query
            .push(" WHERE clue_id = ")
            .push_bind(clue_id)
            .push(" ORDER BY updated_us, id");
        all(&self.pool, query).await
    }

    pub async fn papers_awaiting(
        &self,
        awaited: &Awaited,
        limit: u32,
    ) -> Result<Vec<PaperRow>, DatabaseError> {
        let mut query = select::<PaperRow>();
        query.push(" WHERE awaiting_step IS NOT NULL AND (1 = 0");
        if !awaited.persons.is_empty() {
            query.push(" OR awaiting_person IN ");
            push_list(&mut query, &awaited.persons);
        }
        for (role, department) in &awaited.roles {
            query
                .push(" OR (awaiting_person IS NULL AND awaiting_role = ")
                .push_bind(role);
            narrow(&mut query, "department", department);
            query.push(")");
        }
        query
            .push(") ORDER BY updated_us, id LIMIT ")
            .push_bind(i64::from(limit));
        all(&self.pool, query).await
    }

    pub async fn evidence_row(&self, id: &str) -> Result<Option<EvidenceRow>, DatabaseError> {
        let mut query = select::<EvidenceRow>();
        query.push(" WHERE id = ").push_bind(id);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn evidence_of_case(&self, case_id: &str) -> Result<Vec<EvidenceRow>, DatabaseError> {
        let mut query = select::<EvidenceRow>();
        query
            .push(" WHERE case_id = ")
            .push_bind(case_id)
            .push(" ORDER BY sequence, id");
        all(&self.pool, query).await
    }

    pub async fn evidence_with(&self, sha256: &str) -> Result<Vec<EvidenceRow>, DatabaseError> {
        let mut query = select::<EvidenceRow>();
        query
            .push(" WHERE sha256 = ")
            .push_bind(sha256)
            .push(" ORDER BY sequence, id");
        all(&self.pool, query).await
    }

    pub async fn duties(
        &self,
        filter: &DutyFilter,
        limit: u32,
    ) -> Result<Vec<DutyRow>, DatabaseError> {
        let mut query = select::<DutyRow>();
        narrow_duties(&mut query, filter);
        query.push(" ORDER BY duties.due_earliest_us NULLS LAST, duties.stream, duties.rule, duties.subject LIMIT ");
        query.push_bind(i64::from(limit));
        all(&self.pool, query).await
    }

    pub async fn duties_count(&self, filter: &DutyFilter) -> Result<u64, DatabaseError> {
        let mut query = Query::new("SELECT COUNT(*) FROM duties");
        narrow_duties(&mut query, filter);
        let count: i64 = query
            .build_query_scalar()
            .fetch_one(&self.pool)
            .await
            .map_err(failed)?;
        Ok(count as u64)
    }

    /// The latest state of every thing in a register; on a day, the latest state valid then.
    pub async fn register(
        &self,
        register: &str,
        on_date: Option<&str>,
    ) -> Result<Vec<RegisterRow>, DatabaseError> {
        let mut query = select::<RegisterRow>();
        query.push(" WHERE register = ").push_bind(register);
        if let Some(day) = on_date {
            query.push(" AND sequence = (SELECT MAX(r.sequence) FROM registers r WHERE r.register = registers.register AND r.id = registers.id AND (r.valid_from IS NULL OR r.valid_from <= ");
            // The latest state begun by that day; if it has ended by then, nothing older revives.
            query
                .push_bind(day)
                .push(")) AND (valid_to IS NULL OR valid_to >= ")
                .push_bind(day)
                .push(")");
        } else {
            query.push(" AND is_current = ").push_bind(true);
        }
        query.push(" ORDER BY name, id");
        all(&self.pool, query).await
    }

    pub async fn register_history(
        &self,
        register: &str,
        id: &str,
    ) -> Result<Vec<RegisterRow>, DatabaseError> {
        let mut query = select::<RegisterRow>();
        query
            .push(" WHERE register = ")
            .push_bind(register)
            .push(" AND id = ")
            .push_bind(id);
        query.push(" ORDER BY sequence");
        all(&self.pool, query).await
    }

    pub async fn search(
        &self,
        text: &str,
        limit: u32,
        reach: &SearchReach,
    ) -> Result<Vec<Found>, DatabaseError> {
        let phrases = phrases_of(text);
        if phrases.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Query::new(FOUND_DOCS);
        query.push_bind(match_text(&phrases)).push(MATCH_END);
        if reach.cases != Within::Everything || reach.clues != Within::Everything {
            query.push(" AND ((d.doc LIKE 'clue/%' AND ");
            push_within(&mut query, "clue", "clues", &reach.clues);
            query.push(") OR (d.doc NOT LIKE 'clue/%' AND ");
            push_within(&mut query, "case", "cases", &reach.cases);
            query.push("))");
        }
        query.push(NEWEST_FOUND).push(" LIMIT ").push_bind(i64::from(limit));
        let rows: Vec<(String, String)> = all(&self.pool, query).await?;
        let mut found: Vec<Found> = Vec::with_capacity(rows.len());
        for (doc, scope) in rows {
            // A long document is indexed in parts, and may be found in several.
            if !found.iter().any(|one| one.doc == doc) {
                found.push(Found { doc, scope });
            }
        }
        Ok(found)
    }

    pub async fn cases_of(&self, ids: &[String]) -> Result<Vec<CaseRow>, DatabaseError> {
        self.rows_of(ids).await
    }

    pub async fn clues_of(&self, ids: &[String]) -> Result<Vec<ClueRow>, DatabaseError> {
        self.rows_of(ids).await
    }

    pub async fn papers_of(&self, ids: &[String]) -> Result<Vec<PaperRow>, DatabaseError> {
        self.rows_of(ids).await
    }

    async fn rows_of<R>(&self, ids: &[String]) -> Result<Vec<R>, DatabaseError>
    where
        R: Record + for<'r> sqlx::FromRow<'r, <Db as sqlx::Database>::Row> + Send + Unpin,
    {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = select::<R>();
        query.push(" WHERE id IN ");
        push_list(&mut query, ids);
        all(&self.pool, query).await
    }

    pub async fn next_number(&self, series: &str) -> Result<i64, DatabaseError> {
        let last: Option<i64> =
            sqlx::query_scalar("SELECT last FROM number_series WHERE series = $1")
                .bind(series)
                .fetch_optional(&self.pool)
                .await
                .map_err(failed)?;
        Ok(last.unwrap_or(0) + 1)
    }

    pub async fn numbers(&self, series: &str) -> Result<Vec<NumberRow>, DatabaseError> {
        let mut query = select::<NumberRow>();
        query
            .push(" WHERE series = ")
            .push_bind(series)
            .push(" ORDER BY number");
        all(&self.pool, query).await
    }

    pub async fn occupations(
        &self,
        officer: &str,
        from_us: i64,
        to_us: i64,
    ) -> Result<Vec<OccupationRow>, DatabaseError> {
        let mut query = select::<OccupationRow>();
        query
            .push(" WHERE officer = ")
            .push_bind(officer)
            .push(" AND from_us < ")
            .push_bind(to_us);
        query
            .push(" AND to_us > ")
            .push_bind(from_us)
            .push(" ORDER BY from_us, stream");
        all(&self.pool, query).await
    }

    pub async fn grant(&self, id: &str) -> Result<Option<GrantRow>, DatabaseError> {
        let mut query = select::<GrantRow>();
        query.push(" WHERE id = ").push_bind(id);
        Ok(all(&self.pool, query).await?.pop())
    }

    /// Grants a person may use now.
    pub async fn grants_for(
        &self,
        person: &str,
        now_us: i64,
    ) -> Result<Vec<GrantRow>, DatabaseError> {
        let mut query = select::<GrantRow>();
        query
            .push(" WHERE state = 'open' AND person = ")
            .push_bind(person);
        query.push(" AND from_us <= ").push_bind(now_us);
        query
            .push(" AND (to_us IS NULL OR to_us > ")
            .push_bind(now_us)
            .push(") ORDER BY from_us, id");
        all(&self.pool, query).await
    }

    pub async fn grants_of_case(&self, case_id: &str) -> Result<Vec<GrantRow>, DatabaseError> {
        let mut query = select::<GrantRow>();
        query
            .push(" WHERE case_id = ")
            .push_bind(case_id)
            .push(" ORDER BY from_us, id");
        all(&self.pool, query).await
    }

    pub async fn grants_in_state(
        &self,
        state: &str,
        limit: u32,
    ) -> Result<Vec<GrantRow>, DatabaseError> {
        let mut query = select::<GrantRow>();
        query
            .push(" WHERE state = ")
            .push_bind(state)
            .push(" ORDER BY from_us, id LIMIT ");
        query.push_bind(i64::from(limit));
        all(&self.pool, query).await
    }

    pub async fn viewing(&self, id: &str) -> Result<Option<ViewingRow>, DatabaseError> {
        let mut query = select::<ViewingRow>();
        query.push(" WHERE id = ").push_bind(id);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn viewings(
        &self,
        filter: &ViewingFilter,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Vec<ViewingRow>, DatabaseError> {
        let mut query = select::<ViewingRow>();
        query.push(" WHERE 1 = 1");
        narrow(&mut query, "viewings.person", &filter.person);
        narrow(&mut query, "viewings.evidence", &filter.evidence);
        narrow(&mut query, "viewings.case_id", &filter.case_id);
        page(
            &mut query,
            "viewings.opened_us",
            "viewings.id",
            after,
            limit,
        );
        all(&self.pool, query).await
    }

    pub async fn links_of(&self, stream: &str) -> Result<Vec<LinkRow>, DatabaseError> {
        let mut query = select::<LinkRow>();
        query
            .push(" WHERE from_stream = ")
            .push_bind(stream)
            .push(" OR to_stream = ")
            .push_bind(stream);
        query.push(" ORDER BY sequence");
        all(&self.pool, query).await
    }

    pub async fn holds_on(&self, sha256: &str) -> Result<Vec<HoldRow>, DatabaseError> {
        let mut query = select::<HoldRow>();
        query
            .push(" WHERE sha256 = ")
            .push_bind(sha256)
            .push(" ORDER BY placed_us, id");
        all(&self.pool, query).await
    }

    /// Claims of bytes, in the order of their digests, for a walk over the vault.
    pub async fn blobs(
        &self,
        after: Option<(&str, &str)>,
        limit: u32,
    ) -> Result<Vec<BlobRow>, DatabaseError> {
        let mut query = select::<BlobRow>();
        if let Some((sha256, stream)) = after {
            query.push(" WHERE sha256 > ").push_bind(sha256);
            query
                .push(" OR (sha256 = ")
                .push_bind(sha256)
                .push(" AND stream > ")
                .push_bind(stream)
                .push(")");
        }
        query
            .push(" ORDER BY sha256, stream LIMIT ")
            .push_bind(i64::from(limit));
        all(&self.pool, query).await
    }

    pub async fn blob_claims(&self, sha256: &str) -> Result<Vec<BlobRow>, DatabaseError> {
        let mut query = select::<BlobRow>();
        query
            .push(" WHERE sha256 = ")
            .push_bind(sha256)
            .push(" ORDER BY sequence");
        all(&self.pool, query).await
    }

    pub async fn delegations_to(
        &self,
        officer: &str,
        now_us: i64,
    ) -> Result<Vec<DelegationRow>, DatabaseError> {
        let mut query = select::<DelegationRow>();
        query
            .push(" WHERE to_officer = ")
            .push_bind(officer)
            .push(" AND from_us <= ")
            .push_bind(now_us);
        query
            .push(" AND to_us > ")
            .push_bind(now_us)
            .push(" ORDER BY from_us, id");
        all(&self.pool, query).await
    }

    pub async fn delegations(&self) -> Result<Vec<DelegationRow>, DatabaseError> {
        let mut query = select::<DelegationRow>();
        query.push(" ORDER BY from_us, id");
        all(&self.pool, query).await
    }

    pub async fn account(&self, account: &str) -> Result<Option<AccountRow>, DatabaseError> {
        let mut query = select::<AccountRow>();
        query.push(" WHERE account = ").push_bind(account);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn account_by_id(&self, id: &str) -> Result<Option<AccountRow>, DatabaseError> {
        let mut query = select::<AccountRow>();
        query.push(" WHERE id = ").push_bind(id);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn accounts(&self) -> Result<Vec<AccountRow>, DatabaseError> {
        let mut query = select::<AccountRow>();
        query.push(" ORDER BY account");
        all(&self.pool, query).await
    }

    /// Messages not yet sent, the oldest first.
    pub async fn outbox_oldest(&self, limit: u32) -> Result<Vec<OutboxRow>, DatabaseError> {
        let mut query = select::<OutboxRow>();
        query.push(" WHERE sent_us IS NULL ORDER BY created_us, kind, key LIMIT ");
        query.push_bind(i64::from(limit));
        all(&self.pool, query).await
    }

    pub async fn waiting(&self, now_us: i64) -> Result<Waiting, DatabaseError> {
        let max = WAITING_MAX as i64;
        let row: (i64, i64) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM jobs WHERE finished_us IS NULL AND run_after_us <= $1 LIMIT $2) j), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE sent_us IS NULL LIMIT $3) o)",
        )
        .bind(now_us)
        .bind(max)
        .bind(max)
        .fetch_one(&self.pool)
        .await
        .map_err(failed)?;
        Ok(Waiting {
            jobs: row.0 as u64,
            outbox: row.1 as u64,
        })
    }
}

fn narrow(query: &mut Query, column: &'static str, wanted: &Option<String>) {
    if let Some(wanted) = wanted {
        query
            .push(" AND ")
            .push(column)
            .push(" = ")
            .push_bind(wanted);
    }
}

fn narrow_by_person(query: &mut Query, kind: &'static str, id: &'static str, who: &Option<String>) {
    if let Some(who) = who {
        query
            .push(" AND ")
            .push(id)
            .push(" IN (SELECT p.id FROM people p WHERE p.who = ");
        query
            .push_bind(who)
            .push(" AND p.kind = ")
            .push_bind(kind)
            .push(")");
    }
}

/// A condition on a found document: the case or clue it belongs to is one the reader may see.
fn push_within(query: &mut Query, kind: &'static str, table: &'static str, within: &Within) {
    let of_department = |query: &mut Query, department: &str| {
        query.push("EXISTS (SELECT 1 FROM ").push(table);
        query.push(" r WHERE r.id = d.scope AND r.department = ");
        query.push_bind(department.to_owned()).push(")");
    };
    let of_person = |query: &mut Query, person: &str| {
        query.push("EXISTS (SELECT 1 FROM people p WHERE p.id = d.scope AND p.kind = ");
        query.push_bind(kind).push(" AND p.who = ");
        query.push_bind(person.to_owned()).push(")");
    };
    match within {
        Within::Nothing => drop(query.push("1 = 0")),
        Within::Everything => drop(query.push("1 = 1")),
        Within::Person(person) => of_person(query, person),
        Within::Department(department) => of_department(query, department),
        Within::DepartmentOrPerson(department, person) => {
            query.push("(");
            of_department(query, department);
            query.push(" OR ");
            of_person(query, person);
            query.push(")");
        }
    }
}

fn narrow_by_text(query: &mut Query, id: &'static str, text: &Option<String>) {
    let phrases = text.as_deref().map(phrases_of).unwrap_or_default();
    if !phrases.is_empty() {
        query
            .push(" AND ")
            .push(id)
            .push(" IN (")
            .push(FOUND_SCOPES);
        query
            .push_bind(match_text(&phrases))
            .push(MATCH_END)
            .push(")");
    }
}

fn narrow_duties(query: &mut Query, filter: &DutyFilter) {
    query.push(" WHERE 1 = 1");
    narrow(query, "duties.department", &filter.department);
    narrow(query, "duties.stream", &filter.stream);
    if !filter.streams.is_empty() {
        query.push(" AND duties.stream IN ");
        push_list(query, &filter.streams);
    }
    if filter.open {
        query.push(" AND ").push(DUTY_OPEN);
    }
    if let Some(before_us) = filter.due_before_us {
        query
            .push(" AND duties.due_earliest_us < ")
            .push_bind(before_us);
    }
    if !filter.who.is_empty() {
        query.push(
            " AND EXISTS (SELECT 1 FROM duty_people p WHERE p.stream = duties.stream \
             AND p.rule = duties.rule AND p.subject = duties.subject AND p.who IN ",
        );
        push_list(query, &filter.who);
        query.push(")");
    }
}

/// Newest first, after the last row of the page before.
fn page(
    query: &mut Query,
    place: &'static str,
    id: &'static str,
    after: Option<&After>,
    limit: u32,
) {
    if let Some(after) = after {
        query
            .push(" AND (")
            .push(place)
            .push(" < ")
            .push_bind(after.place);
        query
            .push(" OR (")
            .push(place)
            .push(" = ")
            .push_bind(after.place);
        query
            .push(" AND ")
            .push(id)
            .push(" < ")
            .push_bind(&after.id)
            .push("))");
    }
    query
        .push(" ORDER BY ")
        .push(place)
        .push(" DESC, ")
        .push(id)
        .push(" DESC LIMIT ");
    query.push_bind(i64::from(limit));
}
