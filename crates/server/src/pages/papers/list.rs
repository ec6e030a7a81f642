//! All papers of a case, by the stage they belong to: state, number, version, who is awaited, and
//! whether the signed sheet is still to be scanned.

use crate::desk::{Desk, Visitor, act_path, article_zh};
use crate::errors::Problem;
use crate::look::{Link, NextAct, page, words};
use crate::pages::cases::head::{CaseHead, Section};
use crate::pages::shared::{Cell, SheetsPage, Table, TableSheet};
use axum::extract::{Path, State};
use axum::response::Response;
use casework::permissions::{Power, holds};
use casework::sight::shown_text;
use casework::views::CaseFile;
use procedure::case::{Paper, PaperState};
use procedure::ids::CaseId;
use procedure::papers::Nature;
use procedure::rulebook::split_call;

/// More buttons would be a list; all kinds stand in the last sheet.
const BUTTONS_MAX: usize = 4;

/// The stages of INDEX.toml in their order, as the office calls them.
const STAGES: [(&str, &str); 7] = [
    ("intake", "受理"),
    ("filing", "立案"),
    ("investigation", "调查取证"),
    ("review", "审核告知"),
    ("decision", "处罚决定"),
    ("service", "送达"),
    ("closing", "执行结案"),
];

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let case = CaseId(id);
    let back = Link::new("返回案件", format!("/cases/{case}"));
    let file = desk.office.case_file(&visitor.caller, &case).await.map_err(|e| desk.problem(e, "查看文书", back))?;
    let head = CaseHead::of(&file, desk.office.book(), Section::Papers);
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "cases").await, format!("{} · 文书", head.title));
    sheets.head = Some(head);
    let may_review = holds(&visitor.caller.person, Power::Review, &file.case);
    let may_make = |kind: &str| if kind == "legal-review" { may_review } else { file.sight.may_act };
    sheets.next = next(&file);
    let mut makeable = Table::new(&["文书", "阶段", "依据", "已有#"]);
    for (stage, heading) in STAGES {
        let forms: Vec<_> = desk.office.book().papers.values().filter(|f| f.stage == stage && f.nature != Nature::Volume).collect();
        let mut table = Table::new(&["文书", "文号", "状态", "版次#", "时间#"]);
        let mut ordered: Vec<&Paper> = file.case.papers.iter().filter(|p| forms.iter().any(|f| f.kind == p.kind.0)).collect();
        ordered.sort_by_key(|p| p.made_at());
        table.rows = ordered.iter().map(|p| row(&desk, &file, p)).collect();
        let small = format!("{} 份", table.rows.len());
        if !table.rows.is_empty() {
            sheets.sheets.push(TableSheet { heading: heading.into(), small, table, pager: None });
        }
        let mut ordered: Vec<_> = forms.into_iter().filter(|f| may_make(&f.kind)).collect();
        ordered.sort_by_key(|f| (f.volume.order, &f.kind));
        makeable.rows.extend(ordered.into_iter().map(|form| {
            let made = file.case.of_kind(&form.kind).count();
            vec![
                Cell::link(form.title.clone(), format!("/cases/{case}/papers/new/{}", form.kind)),
                Cell::new(heading),
                Cell::new(article_zh(&form.article)).class("muted"),
                Cell::new(made.to_string()).class("num"),
            ]
        }));
    }
    if sheets.sheets.is_empty() {
        let table = Table::default().empty("还没有文书。", "文书制作后按阶段列在这里：状态、文号、等谁审批、是否要归入签名扫描件。");
        sheets.sheets.push(TableSheet { heading: "文书".into(), table, ..TableSheet::default() });
    }
    if !makeable.rows.is_empty() {
        sheets.sheets.push(TableSheet { heading: "制作文书".into(), small: "缺什么，打开后逐项说明".into(), table: makeable, pager: None });
    }
    Ok(page(sheets))
}

/// The papers the stage asks for now, as buttons; what is whole already comes first.
fn next(file: &CaseFile) -> Vec<NextAct> {
    let case_path = format!("/cases/{}", file.case.id);
    let makes = |act: &str| matches!(split_call(act).0, "submit" | "record");
    let mut acts: Vec<_> = file.next.iter().filter(|n| makes(&n.act)).collect();
    acts.sort_by_key(|n| !n.missing.is_empty());
    let links = acts.into_iter().filter_map(|n| Some((n, act_path(&n.act, &case_path)?))).take(BUTTONS_MAX).enumerate();
    links.map(|(i, (n, href))| NextAct { label: n.title.clone(), href, primary: i == 0 && n.missing.is_empty() }).collect()
}

fn row(desk: &Desk, file: &CaseFile, paper: &Paper) -> Vec<Cell> {
    let case = &file.case.id;
    let version = paper.current();
    let mut state = Cell::new(awaited(paper).unwrap_or_else(|| paper.state.title().to_owned()));
    state = match paper.state {
        PaperState::Returned | PaperState::Refused | PaperState::Void => state.class("late-text"),
        PaperState::Awaiting { .. } => state.class("soon-text"),
        _ => state,
    };
    if needs_scan(desk, paper) {
        state = state.chip("待归入签名扫描件", "soon");
    }
    if paper.signature_refused.is_some() {
        state = state.chip("拒绝签名", "");
    }
    if let Some(service) = paper.services.last() {
        state = state.chip(format!("{}送达", words::date_zh(service.effective_on)), "met");
    }
    vec![
        Cell::link(paper.title.clone(), super::path(case, &paper.id.0)).small(subject_zh(desk, file, &paper.subject)),
        Cell::new(paper.number.clone().unwrap_or_else(|| "—".into())),
        state,
        Cell::new(version.map(|v| v.version.to_string()).unwrap_or_default()).class("num"),
        Cell::new(version.map(|v| words::moment_zh(v.happened.from)).unwrap_or_default()).class("num"),
    ]
}

/// "待承办机构意见" while an opinion is awaited.
pub fn awaited(paper: &Paper) -> Option<String> {
    Some(format!("待{}", paper.awaiting()?.title))
}

/// Whether gates on the paper still wait for its signed sheet.
pub fn needs_scan(desk: &Desk, paper: &Paper) -> bool {
    let hand_signed = desk.office.book().paper(&paper.kind.0).is_some_and(|f| f.hand_signed);
    hand_signed && paper.issued.is_some() && paper.signed_at().is_none() && !paper.is_void()
}

/// Whom or what a paper is for, as this reader may see it.
pub fn subject_zh(desk: &Desk, file: &CaseFile, subject: &str) -> String {
    if let Some(party) = file.case.party(subject) {
        if party.minor && !file.sight.protected {
            return "未成年人（信息已封存）".into();
        }
        return shown_text(&party.name, &file.hidden_words(desk.office.book()));
    }
    match file.case.papers.iter().find(|p| p.id.0 == subject) {
        Some(paper) => format!("{} {}", paper.title, paper.number.as_deref().unwrap_or_default()).trim_end().to_owned(),
        None => shown_text(subject, &file.hidden_words(desk.office.book())),
    }
}
