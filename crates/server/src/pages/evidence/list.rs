//! The evidence of a case as a list: what it is, where it came from, what it proves, its digests,
//! and for footage whether the reader may see it.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::{Link, NextAct, page, words};
use crate::pages::cases::head::{CaseHead, Section};
use crate::pages::evidence::extension::{MISMATCH, mismatch};
use crate::pages::shared::{Asked, Cell, SheetsPage, Table, TableSheet, done_note};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use casework::sight::shown_text;
use casework::viewing::{GrantLine, GrantState};
use jiff::civil::DateTime;
use procedure::case::Evidence;
use procedure::event::Missing;
use procedure::ids::{CaseId, EvidenceId};
use std::collections::BTreeMap;

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let back = || Link::new("返回案件", format!("/cases/{id}"));
    let failed = |e| desk.problem(e, "查看证据", back());
    let case = CaseId(id.clone());
    let file = desk.office.case_file(&visitor.caller, &case).await.map_err(failed)?;
    let grants = desk.office.grants_of_case(&visitor.caller, &case).await.map_err(failed)?;
    let doors = desk.office.viewing_doors(&visitor.caller, &case).await.map_err(failed)?;
    let hidden = file.hidden_words(desk.office.book());
    let mut table = Table::new(&["证据", "种类", "证明内容", "形成时间", "大小#", "摘要", "查看"]).empty(
        "还没有证据。",
        "照片、录音录像、书证、物证、笔录等八类证据收入后列在这里，编号不重复、不空缺。",
    );
    for e in &file.case.evidence {
        let mut name = Cell::link(
            format!("证{} {}", e.number, shown_text(&e.name, &hidden)),
            format!("/cases/{id}/evidence/{}", e.id),
        )
        .small(shown_text(&e.source, &hidden));
        if e.withdrawn {
            name = name.chip("已撤出", "late");
        }
        if e.file.as_ref().and_then(mismatch).is_some() {
            name = name.chip(MISMATCH, "late");
        }
        let kind = desk.office.book().evidence_kinds.iter().find(|k| k.code == e.kind).map_or(e.kind.as_str(), |k| k.title.as_str());
        let (size, digest) = match &e.file {
            Some(f) => (words::size(f.len_bytes), Cell::new(words::short_hex(&f.sha256)).code().small(format!("SM3 {}", words::short_hex(&f.sm3)))),
            None => ("无文件".into(), Cell::new(shown_text(&e.located, &hidden)).small("原物存放处")),
        };
        table.rows.push(vec![
            name,
            Cell::new(kind),
            Cell::new(shown_text(&e.proves, &hidden)),
            Cell::new(words::full_moment_zh(e.happened.from)),
            Cell::new(size).class("num"),
            digest,
            door(&id, e, &grants, &doors, &visitor.caller.person.id.0, file.now),
        ]);
    }
    let head = CaseHead::of(&file, desk.office.book(), Section::Evidence);
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "cases").await, format!("{} · 证据", head.title));
    sheets.head = Some(head);
    let known = [("attached", "证据已收入，编号和摘要见下表。"), ("asked", "调阅申请已提交，等待档案管理员批准。")];
    sheets.frame.notes.extend(done_note(&asked.done, &known));
    if file.sight.may_act {
        sheets.next.push(NextAct { label: "收入证据".into(), href: format!("/cases/{id}/evidence/new"), primary: true });
    }
    sheets.sheets.push(TableSheet {
        heading: "证据".into(),
        small: format!("{} 件；音像资料不显示画面，凭许可查看，每次查看都登记", file.case.evidence.len()),
        table,
        pager: None,
    });
    Ok(page(sheets))
}

/// What a reader's viewing of each recording lacks; nothing where it can be opened now.
type Doors = BTreeMap<EvidenceId, Option<Missing>>;

/// What stands in the last column: download, view where that is possible now, or ask.
fn door(case: &str, e: &Evidence, grants: &[GrantLine], doors: &Doors, me: &str, now: DateTime) -> Cell {
    let Some(_) = &e.file else { return Cell::default() };
    if !e.footage {
        return Cell::link("下载", format!("/cases/{case}/evidence/{}/file", e.id));
    }
    let href = format!("/cases/{case}/evidence/{}", e.id);
    match (doors.get(&e.id), own_grant(e, grants, me, now)) {
        (Some(None), Some(g)) if g.state == GrantState::Open => Cell::link("查看", format!("{href}#view")).small(until(g)),
        (Some(None), _) => Cell::link("查看", format!("{href}#view")).small("凭常设许可"),
        (_, Some(g)) if g.state == GrantState::Asked => Cell::link("已申请，待批准", format!("{href}#request")),
        _ => Cell::link("申请查看", format!("{href}#request")),
    }
}

/// The grant of this person for this recording that counts now: an open one before one asked for.
pub fn own_grant<'a>(e: &Evidence, grants: &'a [GrantLine], me: &str, now: DateTime) -> Option<&'a GrantLine> {
    let covers = |g: &&GrantLine| {
        g.person == me
            && (g.evidence_names.is_empty() || g.evidence_names.contains(&e.name))
            && g.until.is_none_or(|until| now < until)
    };
    let in_state = |state| grants.iter().filter(covers).find(|g| g.state == state);
    in_state(GrantState::Open).or_else(|| in_state(GrantState::Asked))
}

/// How long a grant lasts.
pub fn until(grant: &GrantLine) -> String {
    match grant.until {
        Some(until) => format!("许可至{}", words::full_moment_zh(until)),
        None => "常设许可，至归档".into(),
    }
}
