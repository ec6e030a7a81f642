//! What can be read: lists, a clue, duties, search, registers, the ledger. Everything follows the
//! permission table; what one may not know of is not found.

pub mod case;

use crate::api::caller::ApiCaller;
use crate::api::problem::ApiProblem;
use crate::desk::{Desk, article_zh};
use crate::router::{Door, Routes};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use casework::ActError;
use casework::clock::{from_micros, rfc3339};
use casework::registers::RegisterName;
use casework::sight::shown_text;
use casework::views::{After, CaseFilter, CaseRow, ClueFilter, ClueRow, DutyRow};
use procedure::event::Event;
use procedure::ids::ClueId;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Lists give this many unless told, and never more than the second.
const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 200;

pub fn routes() -> Routes {
    Routes::new()
        .put("GET", "/api/v1/clues", Door::Token, get(clues))
        .put("GET", "/api/v1/clues/{id}", Door::Token, get(clue))
        .put("GET", "/api/v1/cases", Door::Token, get(cases))
        .put("GET", "/api/v1/cases/{id}", Door::Token, get(case::case))
        .put("GET", "/api/v1/cases/{id}/papers/{paper}", Door::Token, get(case::paper))
        .put("GET", "/api/v1/paper-kinds/{kind}", Door::Token, get(paper_kind))
        .put("GET", "/api/v1/duties", Door::Token, get(duties))
        .put("GET", "/api/v1/search", Door::Token, get(search))
        .put("GET", "/api/v1/registers/{name}", Door::Token, get(register))
        .put("GET", "/api/v1/ledger/head", Door::Token, get(ledger_head))
        .put("GET", "/api/v1/ledger/entries/{sequence}", Door::Token, get(ledger_entry))
}

/// An answer, or a problem.
pub type Answer = Result<Json<Value>, ApiProblem>;
/// A query; a wrong one is answered as a problem too.
type Asked<T> = Result<Query<T>, QueryRejection>;

fn asked<T>(query: Asked<T>) -> Result<T, ApiProblem> {
    query.map(|Query(q)| q).map_err(|_| ApiProblem::malformed("地址中的参数不是这个接口所要的。"))
}

#[derive(Deserialize)]
struct CluesAsked {
    state: Option<String>,
    q: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

async fn clues(State(desk): State<Desk>, caller: ApiCaller, query: Asked<CluesAsked>) -> Answer {
    let asked = asked(query)?;
    let filter = ClueFilter { state: asked.state, text: asked.q, ..ClueFilter::default() };
    let (after, limit) = (cursor(asked.after)?, limit(asked.limit)?);
    let rows = desk.office.clues(&caller.caller, filter, after.as_ref(), limit).await?;
    let next = rows.last().filter(|_| rows.len() as u32 == limit).map(|row| next(row.updated_sequence, &row.id));
    Ok(Json(json!({ "items": rows.iter().map(clue_row).collect::<Vec<_>>(), "next": next })))
}

async fn clue(State(desk): State<Desk>, caller: ApiCaller, Path(id): Path<String>) -> Answer {
    let file = desk.office.clue(&caller.caller, &ClueId(id)).await?;
    let words = file.hidden_words();
    let mut answer = clue_row(&file.row);
    let registered = file.records.iter().find_map(|r| match &r.event {
        Event::ClueRegistered { category, target, content, informant, transferring_body, reply_wanted, .. } => Some(json!({
            "category": category,
            "target": shown_text(target, &words),
            "content": shown_text(content, &words),
            "has_informant": informant.is_some(),
            "informant": informant.as_ref().filter(|_| file.sees_informant),
            "transferring_body": transferring_body,
            "reply_wanted": reply_wanted,
            "may_accept": file.may_accept,
        })),
        _ => None,
    });
    join(&mut answer, registered.ok_or(ActError::NotFound)?);
    Ok(Json(answer))
}

#[derive(Deserialize)]
struct CasesAsked {
    stage: Option<String>,
    cause: Option<String>,
    department: Option<String>,
    handler: Option<String>,
    q: Option<String>,
    overdue: Option<bool>,
    after: Option<String>,
    limit: Option<u32>,
}

async fn cases(State(desk): State<Desk>, caller: ApiCaller, query: Asked<CasesAsked>) -> Answer {
    let asked = asked(query)?;
    let filter = CaseFilter {
        stage: asked.stage,
        cause: asked.cause,
        department: asked.department,
        handler: asked.handler,
        text: asked.q,
        overdue_at_us: asked.overdue.filter(|yes| *yes).map(|_| desk.office.clock().now_us()),
    };
    let (after, limit) = (cursor(asked.after)?, limit(asked.limit)?);
    let rows = desk.office.cases(&caller.caller, filter, after.as_ref(), limit).await?;
    let next = rows.last().filter(|_| rows.len() as u32 == limit).map(|row| next(row.updated_sequence, &row.id));
    Ok(Json(json!({ "items": rows.iter().map(case_row).collect::<Vec<_>>(), "next": next })))
}

async fn paper_kind(State(desk): State<Desk>, _caller: ApiCaller, Path(kind): Path<String>) -> Answer {
    let form = desk.office.book().paper(&kind).ok_or(ActError::NotFound)?;
    let steps: Vec<Value> = form.approval.iter().map(|s| json!({ "step": s.step, "role": s.role, "title": s.title })).collect();
    Ok(Json(json!({
        "kind": form.kind,
        "title": form.title,
        "article": article_zh(&form.article),
        "approval": steps,
        "served": form.served,
        "hand_signed": form.hand_signed,
        "schema": form.schema,
    })))
}

#[derive(Deserialize)]
struct DutiesAsked {
    scope: Option<String>,
}

/// One's own open duties, or what is late in the whole agency.
async fn duties(State(desk): State<Desk>, caller: ApiCaller, query: Asked<DutiesAsked>) -> Answer {
    let rows = match asked(query)?.scope.as_deref() {
        None | Some("mine") => desk.office.workbench(&caller.caller).await?.duties,
        Some("late") => desk.office.late(&caller.caller).await?,
        Some(_) => return Err(ApiProblem::field("scope", "只能是：mine、late")),
    };
    Ok(Json(json!({ "items": rows.iter().map(duty_row).collect::<Vec<_>>() })))
}

#[derive(Deserialize)]
struct SearchAsked {
    q: Option<String>,
}

async fn search(State(desk): State<Desk>, caller: ApiCaller, query: Asked<SearchAsked>) -> Answer {
    let words = asked(query)?.q.unwrap_or_default();
    if words.trim().chars().count() < 2 {
        return Err(ApiProblem::field("q", "请至少写两个字"));
    }
    let hits = desk.office.search(&caller.caller, words.trim()).await?;
    let items: Vec<Value> = hits
        .into_iter()
        .map(|hit| json!({ "kind": hit.kind, "title": hit.title, "number": hit.number, "path": hit.path }))
        .collect();
    Ok(Json(json!({ "items": items })))
}

#[derive(Deserialize)]
struct RegisterAsked {
    on: Option<String>,
}

async fn register(State(desk): State<Desk>, caller: ApiCaller, Path(name): Path<String>, query: Asked<RegisterAsked>) -> Answer {
    let register = RegisterName::ALL.into_iter().find(|r| r.code() == name).ok_or(ActError::NotFound)?;
    let on = asked(query)?.on.map(|day| day.parse().map_err(|_| ApiProblem::field("on", "应当是日期，如 2026-02-12"))).transpose()?;
    let view = desk.office.register_rows(&caller.caller, register, on).await?;
    let lines: Vec<Value> = view
        .lines
        .iter()
        .map(|line| {
            let shown = view.columns.iter().filter_map(|c| Some((c.key.to_owned(), line.data.get(c.key)?.clone())));
            json!({
                "id": line.id, "name": line.name, "valid_from": line.valid_from, "valid_to": line.valid_to,
                "in_force": line.in_force, "is_current": line.is_current, "unverified": line.unverified,
                "sequence": line.sequence, "data": shown.collect::<Map<_, _>>(),
            })
        })
        .collect();
    let columns: Vec<Value> = view.columns.iter().map(|c| json!({ "key": c.key, "title": c.title })).collect();
    Ok(Json(json!({ "register": register.code(), "columns": columns, "lines": lines })))
}

async fn ledger_head(State(desk): State<Desk>, caller: ApiCaller) -> Answer {
    let page = desk.office.ledger_page(&caller.caller).await?;
    Ok(Json(json!({ "size": page.size, "root": page.root })))
}

async fn ledger_entry(State(desk): State<Desk>, caller: ApiCaller, Path(sequence): Path<String>) -> Answer {
    let sequence = sequence.parse().map_err(|_| ActError::NotFound)?;
    let found = desk.office.ledger_leaf(&caller.caller, sequence).await?;
    Ok(Json(json!({
        "sequence": found.sequence,
        "kind": found.kind,
        "recorded_at": rfc3339(found.recorded_at),
        "leaf": found.leaf,
        "entry_hash": found.entry_hash,
        "inclusion": { "tree_size": found.tree_size, "root": found.root, "hashes": found.inclusion },
    })))
}

fn clue_row(row: &ClueRow) -> Value {
    json!({
        "id": row.id, "number": row.number, "source": row.source, "channel": row.channel,
        "received_at": moment(row.received_us), "registered_at": moment(row.registered_us),
        "state": row.state, "summary": row.summary, "department": row.department, "case": row.case_id,
    })
}

fn case_row(row: &CaseRow) -> Value {
    json!({
        "id": row.id, "number": row.number, "title": row.title, "procedure": row.procedure, "cause": row.cause,
        "stage": row.stage, "parties": row.parties, "department": row.department,
        "handlers": serde_json::from_str::<Vec<String>>(&row.handlers).unwrap_or_default(),
        "opened_at": moment(row.opened_us), "filed_on": row.filed_on, "concluded_on": row.concluded_on,
        "archived_on": row.archived_on, "flaws_count": row.flaws_count, "missing_count": row.missing_count,
    })
}

fn duty_row(row: &DutyRow) -> Value {
    json!({
        "stream": row.stream, "rule": row.rule, "subject": row.subject, "title": row.title, "case_title": row.case_title,
        "article": article_zh(&row.article), "state": row.state,
        "due_earliest": row.due_earliest_us.map(moment), "due_latest": row.due_latest_us.map(moment),
        "derivation": serde_json::from_str::<Vec<String>>(&row.derivation).unwrap_or_default(),
    })
}

fn moment(us: i64) -> String {
    rfc3339(from_micros(us))
}

fn join(whole: &mut Value, more: Value) {
    if let (Some(whole), Value::Object(more)) = (whole.as_object_mut(), more) {
        whole.extend(more);
    }
}

/// Where the next page begins; to be handed back as it is.
fn next(place: i64, id: &str) -> String {
    format!("{place}.{id}")
}

fn cursor(after: Option<String>) -> Result<Option<After>, ApiProblem> {
    let Some(text) = after else { return Ok(None) };
    let wrong = || ApiProblem::field("after", "应当是上一页的 next");
    let (place, id) = text.split_once('.').ok_or_else(wrong)?;
    Ok(Some(After { place: place.parse().map_err(|_| wrong())?, id: id.to_owned() }))
}

fn limit(asked: Option<u32>) -> Result<u32, ApiProblem> {
    match asked.unwrap_or(LIMIT) {
        limit @ 1..=LIMIT_MAX => Ok(limit),
        _ => Err(ApiProblem::field("limit", "应当是 1 至 200")),
    }
}
