//! The register of viewings (Art. 26): who saw or copied what, who approved, when and why; as a
//! page with filters and as a table for office programs.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled};
use crate::look::{Link, NextAct, page, words};
use crate::pages::copies::{self, Copy};
use crate::pages::shared::{Cell, Filters, SheetsPage, Table, TableSheet, after_of, disposition, may, pager, require};
use axum::extract::{Form, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use casework::permissions::Power;
use casework::viewing::ViewingFilter;
use serde::Deserialize;

const PAGE: u32 = 50;

#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    case: String,
    #[serde(default)]
    evidence: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    require(&visitor, Power::SeeViewings)?;
    let given = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    let filter = ViewingFilter { person: given(&asked.person), evidence: given(&asked.evidence), case_id: given(&asked.case) };
    let after = after_of(&asked.after);
    let lines = desk.office.viewings(&visitor.caller, &filter, after.as_ref(), PAGE).await;
    let lines = lines.map_err(|e| desk.problem(e, "查看调阅登记", Link::new("回到工作台", "/")))?;
    // An administrator sees that somebody looked, not at which case.
    let sees_cases = may(&visitor, Power::SeeCases);
    let mut table = Table::new(&["调阅人", "案件", "音像资料", "方式和事由", "审批人", "开始", "结束", "读取#"])
        .empty("没有调阅登记。", "每次查看、复制音像资料都会在打开之前登记在这里。");
    for l in &lines {
        table.rows.push(vec![
            Cell::new(&l.viewer).small(&l.station),
            match l.case.is_empty() {
                true => Cell::new("全部"),
                false if sees_cases => Cell::link(&l.case_title, format!("/cases/{}", l.case)).small(&l.case_number),
                false => Cell::new(&l.case_number).small(&l.case_title),
            },
            Cell::new(&l.evidence_name),
            Cell::new(&l.mode).small(&l.reason),
            Cell::new(&l.approver),
            Cell::new(words::full_moment_zh(l.opened_at)),
            match l.closed_at {
                Some(at) => Cell::new(words::full_moment_zh(at)),
                None => Cell::default().chip("正在查看", "soon"),
            },
            Cell::new(words::size(l.bytes_served)).class("num"),
        ]);
    }
    let directory = desk.office.directory();
    let mut people: Vec<Choice> = directory.persons.values().map(|p| Choice::new(&p.id.0, &p.name)).collect();
    people.sort_by(|a, b| a.label.cmp(&b.label));
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "volumes").await, "调阅登记");
    sheets.next.push(NextAct { label: "导出表格".into(), href: "/viewings.csv".into(), primary: false });
    let mut fields = vec![Field::select("person", "调阅人", people).unset("全部").value(&asked.person)];
    // A case or a recording is chosen by a link, not typed; it travels on with the filter.
    for (name, value) in [("case", &asked.case), ("evidence", &asked.evidence)] {
        if !value.is_empty() {
            fields.push(Field::hidden(name, value.as_str()));
        }
    }
    let set = !(asked.person.is_empty() && asked.case.is_empty() && asked.evidence.is_empty());
    sheets.filters = Some(Filters { action: "/viewings".into(), label: "筛选调阅登记".into(), fields, set });
    let last = lines.last().filter(|_| lines.len() == PAGE as usize).map(|l| &l.place);
    let filters = [("person", asked.person.as_str()), ("case", asked.case.as_str()), ("evidence", asked.evidence.as_str())];
    let pager = pager("/viewings", &filters, lines.len(), "次", after.is_none(), last);
    sheets.sheets.push(TableSheet {
        heading: "调阅登记".into(),
        small: "本制度第二十六条：调阅人、审批人、时间、事由；取走的案卷和登记表也在其中".into(),
        table,
        pager: Some(pager),
    });
    Ok(page(sheets))
}

/// What the table is for.
pub async fn ask(State(desk): State<Desk>, visitor: Visitor) -> Result<Response, Problem> {
    require(&visitor, Power::SeeViewings)?;
    Ok(copies::ask(&desk, &visitor, copy()).await)
}

/// The whole register as CSV.
pub async fn export(State(desk): State<Desk>, visitor: Visitor, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    let table = match desk.office.viewings_csv(&visitor.caller, filled.one("purpose")).await {
        Ok(table) => table,
        Err(error) => return copies::refused(&desk, &visitor, copy(), &filled, error).await,
    };
    let name = format!("调阅登记-{}.csv", desk.office.now().date());
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition("attachment", &name)),
    ];
    Ok((headers, table).into_response())
}

fn copy() -> Copy {
    let back = Link::new("返回调阅登记", "/viewings");
    Copy { title: "导出调阅登记", action: "/viewings.csv".into(), section: "volumes", back }
}
