//! Drafts: kept every few seconds while one writes, listed, and dropped. `POST /drafts/…` answers
//! 204 with the draft's new version, or 409 with both versions.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::{Link, page, words};
use crate::pages::approvals::awaiting_sheet;
use crate::pages::papers::posted::Posted;
use crate::pages::papers::versions::{Change, changes};
use crate::pages::shared::{Cell, SheetsPage, Table, TableSheet, percent_encoded};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use casework::drafts::{DraftKept, DraftPlace};
use procedure::ids::CaseId;
use serde::Deserialize;

/// The version the next save must name, beside `data-draft-version` in the form.
const VERSION: HeaderName = HeaderName::from_static("x-draft-version");

#[derive(Debug, Deserialize)]
pub struct Asked {
    /// Whom the paper is for, or `paper/<id>` for a revision.
    #[serde(default)]
    at: String,
}

#[derive(Template)]
#[template(path = "papers/differences.html")]
struct Differences {
    before_word: String,
    differences: Vec<Change>,
}

pub async fn save(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, kind)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let form = desk.office.book().paper(&kind).ok_or(Problem::NotFound)?.clone();
    let posted = Posted::read(pairs);
    let case = CaseId(id);
    let place = DraftPlace { case: &case, kind: &kind, subject: &asked.at };
    let kept = desk.office.save_draft(&visitor.caller, place, posted.base_version, posted.draft, &posted.as_draft()).await;
    match kept.map_err(|e| desk.problem(e, "保存草稿", Link::default()))? {
        DraftKept::Saved { version } => Ok((StatusCode::NO_CONTENT, [(VERSION, version.to_string())]).into_response()),
        DraftKept::Conflict { stored } => {
            let on = desk.office.now().date();
            let mine = posted.fields(&form, &desk.office, on);
            let (before_word, theirs) = match stored {
                Some(draft) => {
                    let theirs = Posted { pairs: draft.body.pairs, ..Posted::default() };
                    (format!("另一窗口 {}", words::moment_zh(draft.saved_at)), theirs.fields(&form, &desk.office, on))
                }
                None => ("已经提交或者删除".into(), Default::default()),
            };
            let shown = Differences { before_word, differences: changes(&form, &theirs, &mine) };
            let html = shown.render().map_err(|e| Problem::internal(&e))?;
            Ok((StatusCode::CONFLICT, Html(html)).into_response())
        }
    }
}

/// Gives a draft up and goes back to the editor.
pub async fn drop(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, kind)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let case = CaseId(id);
    let place = DraftPlace { case: &case, kind: &kind, subject: &asked.at };
    desk.office.drop_draft(&visitor.caller, place).await.map_err(|e| desk.problem(e, "删除草稿", Link::new("返回草稿", "/drafts")))?;
    Ok(Redirect::to(&editor_of(&case.0, &kind, &asked.at)).into_response())
}

/// One's own drafts.
pub async fn list(State(desk): State<Desk>, visitor: Visitor) -> Result<Response, Problem> {
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "papers").await, "我的草稿");
    sheets.intro = "草稿只有您自己看得到；提交后成为文书的一版，草稿随之删除。".into();
    sheets.sheets.push(drafts_sheet(&desk, &visitor).await?);
    Ok(page(sheets))
}

/// The menu's 文书: what waits for one's opinion, and what one is writing.
pub async fn papers(State(desk): State<Desk>, visitor: Visitor) -> Result<Response, Problem> {
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "papers").await, "文书");
    sheets.intro = "案件的全部文书在案件的“文书”页；这里是等您审批的和您正在写的。".into();
    sheets.sheets.push(awaiting_sheet(&desk, &visitor).await?);
    sheets.sheets.push(drafts_sheet(&desk, &visitor).await?);
    Ok(page(sheets))
}

async fn drafts_sheet(desk: &Desk, visitor: &Visitor) -> Result<TableSheet, Problem> {
    let drafts = desk.office.own_drafts(&visitor.caller).await.map_err(|e| desk.problem(e, "草稿", Link::default()))?;
    let mut table = Table::new(&["草稿", "案件", "上次保存#"]).empty("没有草稿。", "制作文书时写下的内容每隔几秒自动存为草稿。");
    for draft in &drafts {
        let title = desk.office.book().paper_title(&draft.kind);
        let title = if draft.base_version > 0 { format!("{title}（修改第{}版）", draft.base_version) } else { title.to_owned() };
        table.rows.push(vec![
            Cell::link(title, editor_of(&draft.case.0, &draft.kind, &draft.subject)),
            Cell::link(draft.case_title.clone(), format!("/cases/{}", draft.case)),
            Cell::new(words::moment_zh(draft.saved_at)).class("num"),
        ]);
    }
    Ok(TableSheet { heading: "我的草稿".into(), small: format!("{} 份", drafts.len()), table, pager: None })
}

/// The editor a draft belongs to.
fn editor_of(case: &str, kind: &str, at: &str) -> String {
    match at.strip_prefix("paper/") {
        Some(paper) => format!("{}/revise", super::path(case, paper)),
        None if at.is_empty() => format!("/cases/{case}/papers/new/{kind}"),
        None => format!("/cases/{case}/papers/new/{kind}?subject={}", percent_encoded(at)),
    }
}

#[cfg(test)]
mod tests {
    use super::editor_of;

    #[test]
    fn a_draft_leads_back_to_its_editor() {
        assert_eq!(editor_of("c1", "prior-notice", ""), "/cases/c1/papers/new/prior-notice");
        assert_eq!(editor_of("c1", "prior-notice", "甲"), "/cases/c1/papers/new/prior-notice?subject=%E7%94%B2");
        assert_eq!(editor_of("c1", "prior-notice", "paper/p7"), "/cases/c1/papers/p7/revise");
    }
}
