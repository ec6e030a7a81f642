//! The ledger: size, root, the newest signed checkpoint with the key that verifies it, and the newest
//! entries by kind and time. Contents stand in the cases, not here.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::kinds::kind_zh;
use crate::look::{Fact, Frame, Link, page, words};
use crate::pages::shared::{Cell, Table, TableSheet, require};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use casework::permissions::Power;

#[derive(Template)]
#[template(path = "oversight/ledger.html")]
pub struct LedgerPage {
    pub frame: Frame,
    pub title: &'static str,
    pub facts: Vec<Fact>,
    pub root: String,
    pub checkpoint: String,
    pub verifier_key: String,
    pub newest: TableSheet,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor) -> Result<Response, Problem> {
    require(&visitor, Power::SeeLedger)?;
    let ledger = desk.office.ledger_page(&visitor.caller).await;
    let ledger = ledger.map_err(|e| desk.problem(e, "查看账本", Link::new("回到工作台", "/")))?;
    let now = desk.office.now();
    let mut table = Table::new(&["序号#", "种类", "记录时间", "条目摘要"]).empty("账本还是空的。", "");
    for line in &ledger.newest {
        table.rows.push(vec![
            Cell::new(words::grouped(line.sequence)).class("num"),
            Cell::new(kind_zh(&line.kind).unwrap_or(&line.kind)),
            Cell::new(words::full_moment_zh(line.recorded_at)),
            Cell::new(words::short_hex(&line.entry_hash)).code(),
        ]);
    }
    let mut facts = vec![Fact::new("项数", words::grouped(ledger.size))];
    if let Some(line) = ledger.newest.first() {
        let age = now.duration_since(line.recorded_at).as_secs();
        let age = words::duration_zh(u64::try_from(age).unwrap_or_default());
        facts.push(Fact::new("最近一项", format!("{}（{age}前）", words::full_moment_zh(line.recorded_at))));
    }
    Ok(page(LedgerPage {
        frame: desk.frame(&visitor, "oversight").await,
        title: "账本",
        facts,
        root: ledger.root,
        checkpoint: desk.office.checkpoint().unwrap_or_default(),
        verifier_key: desk.office.verifier_key(),
        newest: TableSheet { heading: "最近的条目".into(), small: "只列种类和时间，内容见各案件".into(), table, pager: None },
    }))
}
