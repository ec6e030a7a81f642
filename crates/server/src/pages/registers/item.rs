//! One thing in a register with all its states, oldest first.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::{Link, NextAct, page};
use crate::pages::registers::{named, register};
use crate::pages::shared::{SheetsPage, TableSheet, may, percent_encoded};
use axum::extract::{Path, State};
use axum::response::Response;
use casework::permissions::edits_register;

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path((name, item)): Path<(String, String)>) -> Result<Response, Problem> {
    let register = named(&name)?;
    let view = desk.office.register_history(&visitor.caller, register, &item).await;
    let view = view.map_err(|e| desk.problem(e, "查看登记", Link::new("返回登记", format!("/registers/{name}"))))?;
    let title = view.lines.last().map(|l| l.name.clone()).unwrap_or_default();
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "registers").await, title);
    if may(&visitor, edits_register(register)) {
        let href = format!("/registers/{name}/items/{}/change", percent_encoded(&item));
        sheets.next.push(NextAct { label: "变更登记".into(), href, primary: true });
    }
    sheets.next.push(NextAct { label: register.title().into(), href: format!("/registers/{name}"), primary: false });
    sheets.sheets.push(TableSheet {
        heading: "历次状态".into(),
        small: format!("{} 次，最早的在前", view.lines.len()),
        table: register::table(&view, None),
        pager: None,
    });
    Ok(page(sheets))
}
