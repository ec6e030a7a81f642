//! The entries of a case in the ledger: what anyone can check against the checkpoints.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::kinds::kind_zh;
use crate::look::{Frame, Link, page, words};
use crate::pages::cases::head::{CaseHead, Section};
use crate::pages::cases::sight::Hidden;
use crate::pages::cases::wording::Teller;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use procedure::ids::CaseId;

#[derive(Template)]
#[template(path = "cases/ledger.html")]
pub struct CaseLedger {
    pub frame: Frame,
    pub title: String,
    pub head: CaseHead,
    pub small: String,
    pub entries: Vec<EntryLine>,
}

/// An entry as the ledger holds it.
#[derive(Clone, Debug, Default)]
pub struct EntryLine {
    pub sequence: String,
    /// Its line on the timeline.
    pub what: Link,
    pub kind: String,
    /// The kind as the entry carries it, which a verifier compares.
    pub code: String,
    pub recorded: String,
    pub hash: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = CaseId(id);
    let back = || Link::new("返回案件", "/cases");
    let file = desk.office.case_file(&visitor.caller, &id).await.map_err(|e| desk.problem(e, "查看案件", back()))?;
    let lines = desk.office.case_ledger(&visitor.caller, &id).await.map_err(|e| desk.problem(e, "查看存证", back()))?;
    let book = desk.office.book();
    let path = format!("/cases/{id}");
    let hidden = Hidden::of(&file, book);
    let directory = desk.office.directory();
    let teller = Teller { case: &file.case, book, directory: &directory, hidden: &hidden, path: &path, today: file.now.date() };
    let entries = lines.into_iter().rev().map(|line| {
        let record = file.case.records.iter().find(|r| r.sequence == line.sequence);
        let what = record.map_or_else(|| kind_zh(&line.kind).unwrap_or(&line.kind).to_owned(), |r| teller.tell(r).what);
        EntryLine {
            what: Link::new(what, format!("{path}#e{}", line.sequence)),
            sequence: words::grouped(line.sequence),
            kind: kind_zh(&line.kind).unwrap_or(&line.kind).to_owned(),
            code: line.kind,
            recorded: words::full_moment_zh(line.recorded_at),
            hash: line.entry_hash,
        }
    });
    let entries: Vec<EntryLine> = entries.collect();
    let head = CaseHead::of(&file, book, Section::Ledger);
    let template = CaseLedger {
        frame: desk.frame(&visitor, "cases").await,
        title: head.title.clone(),
        head,
        small: format!("本案 {} 项 · 最新在前", entries.len()),
        entries,
    };
    Ok(page(template))
}
