//! Opening the editor: for a new paper, filled from the case, or for the next version of one. A
//! draft of one's own is taken up again where it was left.

use crate::desk::{Desk, Visitor, recorded};
use crate::errors::Problem;
use crate::look::{Link, Note, Tone, page, words};
use crate::pages::cases::head::{CaseHead, Section};
use crate::pages::papers::editor::{Purpose, Setting, Shown, written};
use crate::pages::papers::posted::Posted;
use crate::pages::papers::list::subject_zh;
use crate::pages::shared::{Cell, SheetsPage, Table, TableSheet, percent_encoded};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use procedure::case::PaperState;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    pub subject: Option<String>,
    /// `fresh` leaves the draft aside.
    #[serde(default)]
    pub draft: String,
    #[serde(default)]
    pub done: String,
}

pub async fn new(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, kind)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut setting = Setting::open(&desk, &visitor, &id, &kind, asked.subject.as_deref().unwrap_or_default()).await?;
    if asked.subject.is_none() {
        let subjects = subjects(&desk, &setting);
        match subjects.as_slice() {
            [] => {}
            [(only, _)] => setting.subject = only.clone(),
            _ => return Ok(page(choice(&desk, &visitor, &setting, subjects).await)),
        }
    }
    show(&desk, &visitor, setting, &asked).await
}

pub async fn revise(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, paper)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let setting = Setting::open_revision(&desk, &visitor, &id, &paper).await?;
    if let Purpose::Revise(found) = &setting.purpose
        && !matches!(found.state, PaperState::Awaiting { .. } | PaperState::Returned)
    {
        let why = format!("《{}》{}，不能再改；需要更正的，请出具更正单。", found.title, found.state.title());
        return Err(Problem::Forbidden { why });
    }
    show(&desk, &visitor, setting, &asked).await
}

async fn show(desk: &Desk, visitor: &Visitor, setting: Setting, asked: &Asked) -> Result<Response, Problem> {
    let back = || Link::new("返回案件", format!("/cases/{}", setting.file.case.id));
    let case = setting.case_id();
    let at = setting.draft_subject();
    let stored = desk.office.draft(&visitor.caller, setting.draft_place(&case, &at)).await.map_err(|e| desk.problem(e, "制作文书", back()))?;
    let mut shown = Shown::default();
    if asked.done == "kept" {
        shown.notes.push(recorded("草稿已保存，可以换一台电脑接着写。"));
    }
    let mut posted = Posted { base_version: base_version(&setting), ..Posted::default() };
    posted.draft = stored.as_ref().map(|d| d.version);
    let mut fields = setting.prefilled(desk, visitor).await;
    if let Some(draft) = stored.filter(|_| asked.draft != "fresh") {
        posted.pairs = draft.body.pairs;
        posted.opinion = draft.body.opinion;
        posted.base_version = draft.base_version;
        fields = posted.fields(&setting.form, &desk.office, setting.file.now.date());
        let fresh = format!("{}{}draft=fresh", setting.address(), if setting.address().contains('?') { "&" } else { "?" });
        let text = format!("接着您 {} 保存的草稿写。", words::moment_zh(draft.saved_at));
        shown.notes.push(Note::new(Tone::Plain, text).link("改从系统预填的内容开始", fresh));
    }
    let beside = desk.office.drafts_beside(&visitor.caller, &case, &setting.form.kind).await.map_err(|e| desk.problem(e, "制作文书", back()))?;
    for other in beside {
        let name = desk.office.person(&other.person).map(|p| p.name).unwrap_or_default();
        shown.notes.push(Note::new(Tone::Near, format!("{}也在写一份《{}》，请先商量由谁提交。", written(&name, other.saved_at), setting.form.title)));
    }
    if matches!(setting.purpose, Purpose::New) {
        let same = setting.file.case.of_kind(&setting.form.kind).filter(|p| p.subject == setting.subject);
        shown.notes.extend(same.map(|p| {
            Note::new(Tone::Near, format!("本案已有一份《{}》（{}）。", p.title, p.state.title()))
                .link("打开", super::path(&setting.file.case.id, &p.id.0))
        }));
    }
    Ok(page(setting.draw(desk, visitor, &posted, &fields, shown).await))
}

/// The version a revision is written over.
pub fn base_version(setting: &Setting) -> u32 {
    match &setting.purpose {
        Purpose::New => 0,
        Purpose::Revise(paper) | Purpose::Change(paper) => paper.current().map_or(0, |v| v.version),
    }
}

/// Whom or what a paper of this kind can be for, with the words shown; empty for the whole case.
fn subjects(desk: &Desk, setting: &Setting) -> Vec<(String, String)> {
    let case = &setting.file.case;
    if setting.form.kind == "non-filing-notice" {
        return case.to_inform.iter().filter(|i| i.reachable).map(|i| (i.label.clone(), i.label.clone())).collect();
    }
    if setting.form.subject == "paper" {
        let issued = case.papers.iter().filter(|p| p.issued.is_some() && !p.is_void());
        return issued.map(|p| (p.id.0.clone(), format!("{} {}", p.title, p.number.as_deref().unwrap_or_default()))).collect();
    }
    if setting.form.per_party {
        return case.parties.iter().map(|p| (p.id.clone(), subject_zh(desk, &setting.file, &p.id))).collect();
    }
    vec![]
}

async fn choice(desk: &Desk, visitor: &Visitor, setting: &Setting, subjects: Vec<(String, String)>) -> SheetsPage {
    let case = &setting.file.case;
    let mut table = Table::new(&["为谁制作", "已有的"]);
    for (subject, shown) in subjects {
        let made = case.of_kind(&setting.form.kind).filter(|p| p.subject == subject).map(|p| p.state.title()).collect::<Vec<_>>();
        let href = format!("/cases/{}/papers/new/{}?subject={}", case.id, setting.form.kind, percent_encoded(&subject));
        table.rows.push(vec![Cell::link(shown, href), Cell::new(made.join("、"))]);
    }
    let mut page = SheetsPage::new(desk.frame(visitor, "cases").await, format!("制作{}", setting.form.title));
    page.intro = format!("{}：每个对象一份。请选择这一份是为谁制作的。", setting.form.title);
    page.head = Some(CaseHead::of(&setting.file, desk.office.book(), Section::Papers));
    page.sheets.push(TableSheet { heading: setting.form.title.clone(), table, ..TableSheet::default() });
    page
}
