//! Approvals: what waits for one's opinion, and giving it. Nothing is approved from a list: each
//! line opens the whole paper, and the form stands below its pages.

pub mod give_opinion;

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::{Link, page, words};
use crate::pages::shared::{Cell, SheetsPage, Table, TableSheet};
use crate::router::Routes;
use axum::extract::State;
use axum::response::Response;
use casework::clock::from_micros;

pub fn routes() -> Routes {
    Routes::new()
        .get("/approvals", list)
        .post("/cases/{id}/papers/{paper}/opinion", give_opinion::submit)
        .get("/cases/{id}/papers/{paper}/opinion/changes", give_opinion::changes)
        .post("/cases/{id}/papers/{paper}/opinion/changes", give_opinion::submit_changes)
}

pub async fn list(State(desk): State<Desk>, visitor: Visitor) -> Result<Response, Problem> {
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "papers").await, "待我审批");
    sheets.intro = "打开文书，看完全文再填写意见；意见只对您看到的这一版有效。".into();
    sheets.sheets.push(awaiting_sheet(&desk, &visitor).await?);
    Ok(page(sheets))
}

/// What waits for this visitor's opinion, the longest waiting first.
pub async fn awaiting_sheet(desk: &Desk, visitor: &Visitor) -> Result<TableSheet, Problem> {
    let awaited = desk.office.awaited_papers(&visitor.caller).await;
    let mut awaited = awaited.map_err(|e| desk.problem(e, "待我审批", Link::default()))?;
    awaited.sort_by_key(|a| a.paper.updated_us);
    let mut table = Table::new(&["文书", "案件", "提交人", "等待自#"]).empty("没有等待您审批的文书。", "轮到您填写意见的文书会列在这里。");
    for found in &awaited {
        let case = found.paper.case_id.as_deref().unwrap_or_default();
        let step = found.paper.awaiting_step.clone().unwrap_or_default();
        let form = desk.office.book().paper(&found.paper.kind);
        let step = form.and_then(|f| f.approval.iter().find(|s| s.step == step)).map(|s| s.title.clone()).unwrap_or_default();
        table.rows.push(vec![
            Cell::link(found.paper.title.clone(), format!("/cases/{case}/papers/{}", found.paper.id)).small(step),
            Cell::link(found.case_title.clone(), format!("/cases/{case}")),
            Cell::new(found.submitted_by.clone()),
            Cell::new(words::moment_zh(from_micros(found.paper.updated_us))).class("num"),
        ]);
    }
    Ok(TableSheet { heading: "待我审批".into(), small: format!("{} 份", awaited.len()), table, pager: None })
}
