//! 档案: cases that are concluded and wait for the archive with their thirty days, then what lies
//! in the archive, newest first.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::{Link, NextAct, page, words};
use crate::pages::shared::{Asked, Cell, SheetsPage, Table, TableSheet, after_of, may, pager, require};
use crate::pages::workbench::due_words;
use axum::extract::{Query, State};
use axum::response::Response;
use casework::clock::from_micros;
use casework::permissions::Power;
use casework::views::{After, CaseFilter};
use procedure::case::Stage;

const PAGE: u32 = 50;
const WAITING_MAX: u32 = 200;

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    require(&visitor, Power::SeeCases)?;
    let failed = |e| desk.problem(e, "查看档案", Link::new("回到工作台", "/"));
    let caller = &visitor.caller;
    let (book, now) = (desk.office.book(), desk.office.now());
    let mut waiting = Table::new(&["案件", "当事人", "终结日期", "还缺", "归档期限#"])
        .empty("没有等待归档的案件。", "案件终结后三十日内立卷归档，期限从终结之日的次日起算。");
    let to_archive = desk.office.cases_to_archive(caller, Stage::Concluded.code(), None, WAITING_MAX).await.map_err(failed)?;
    for (row, duty) in to_archive {
        let (state, due) = match &duty {
            Some(d) => due_words(d.due_earliest_us.map(from_micros), d.due_latest_us.map(from_micros), book, now),
            None => (crate::look::DutyState::Open, String::new()),
        };
        let class = match state {
            crate::look::DutyState::Overdue => "num late-text",
            crate::look::DutyState::Near => "num soon-text",
            _ => "num",
        };
        waiting.rows.push(vec![
            Cell::link(&row.title, format!("/cases/{}/volume", row.id)).small(row.number.unwrap_or_default()),
            Cell::new(row.parties),
            Cell::new(row.concluded_on.unwrap_or_default()),
            Cell::new(if row.missing_count > 0 { format!("{} 项", row.missing_count) } else { "齐全".into() }),
            Cell::new(due).class(class),
        ]);
    }
    let after = after_of(&asked.after);
    let filter = CaseFilter { stage: Some(Stage::Archived.code().into()), ..CaseFilter::default() };
    let rows = desk.office.cases(caller, filter, after.as_ref(), PAGE).await.map_err(failed)?;
    let mut archived = Table::new(&["案件", "当事人", "终结日期", "归档日期"]).empty("还没有归档的案卷。", "归档的案卷列在这里，可以下载。");
    for row in &rows {
        archived.rows.push(vec![
            Cell::link(&row.title, format!("/cases/{}/volume", row.id)).small(row.number.clone().unwrap_or_default()),
            Cell::new(&row.parties),
            Cell::new(row.concluded_on.clone().unwrap_or_default()),
            Cell::new(row.archived_on.clone().unwrap_or_default()),
        ]);
    }
    let last = rows.last().filter(|_| rows.len() == PAGE as usize).map(|r| After { place: r.updated_sequence, id: r.id.clone() });
    let count = waiting.rows.len();
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "volumes").await, "档案");
    sheets.next.push(NextAct { label: "调阅许可".into(), href: "/grants".into(), primary: false });
    if may(&visitor, Power::SeeViewings) {
        sheets.next.push(NextAct { label: "调阅登记".into(), href: "/viewings".into(), primary: false });
    }
    sheets.sheets.push(TableSheet { heading: "等待归档".into(), small: words::grouped(count as u64) + " 件", table: waiting, pager: None });
    let pager = pager("/volumes", &[], rows.len(), "卷", after.is_none(), last.as_ref());
    sheets.sheets.push(TableSheet { heading: "已归档".into(), small: "最近变动的在前".into(), table: archived, pager: Some(pager) });
    Ok(page(sheets))
}
