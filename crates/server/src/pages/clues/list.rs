//! The list of clues. Who informed is never shown here.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled};
use crate::look::{Empty, Frame, Link, NextAct, Pager, page, words};
use crate::pages::cases::labels;
use crate::pages::clues::paging::{self, PAGE_ROWS};
use crate::pages::shared;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use casework::clock::from_micros;
use casework::permissions::{self, Power, Reach};
use casework::views::{After, ClueFilter, ClueRow as Row};
use jiff::civil::Date;
use procedure::event::ClueSource;

#[derive(Template)]
#[template(path = "clues/list.html")]
pub struct ClueList {
    pub frame: Frame,
    pub title: &'static str,
    pub next: Vec<NextAct>,
    pub filters: Vec<Field>,
    pub filtered: bool,
    pub clues: Vec<ClueRow>,
    pub pager: Pager,
    pub empty: Empty,
}

#[derive(Clone, Debug, Default)]
pub struct ClueRow {
    pub href: String,
    pub what: String,
    pub number: String,
    /// One of the five sources.
    pub source: String,
    /// Who reported is never shown in a list.
    pub sealed: bool,
    pub received: String,
    /// How long it took from receipt to registration: "接收后 2 小时登记".
    pub registered: String,
    pub state: String,
    /// The case it became.
    pub case: Option<Link>,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, Problem> {
    let asked = Filled::from(pairs);
    let some = |name: &str| Some(asked.one(name).to_owned()).filter(|v| !v.is_empty());
    let filter = ClueFilter { state: some("state"), department: some("department"), officer: None, text: some("q") };
    let after = shared::after_of(asked.one("after"));
    let rows = desk.office.clues(&visitor.caller, filter, after.as_ref(), PAGE_ROWS + 1).await;
    let rows = rows.map_err(|e| desk.problem(e, "查看线索", Link::new("返回工作台", "/")))?;
    let (rows, pager) = paging::page_of("/clues", &asked, rows, |r| After { place: r.updated_sequence, id: r.id.clone() }, "条");
    let person = &visitor.caller.person;
    let registers = permissions::reach(person, Power::RegisterClue).is_some();
    let everywhere = permissions::reach(person, Power::SeeClues) == Some(Reach::Everywhere);
    let departments = if everywhere { paging::departments(&desk, &visitor).await } else { vec![] };
    let filters = filters(&asked, departments);
    let filtered = filters.iter().any(|f| !f.value.is_empty());
    let today = desk.office.now().date();
    let template = ClueList {
        frame: desk.frame(&visitor, "clues").await,
        title: "线索",
        next: if registers { vec![NextAct { label: "登记线索".into(), href: "/clues/new".into(), primary: true }] } else { vec![] },
        filters,
        filtered,
        clues: rows.iter().map(|r| row(r, today)).collect(),
        pager,
        empty: empty(filtered, registers),
    };
    Ok(page(template))
}

fn filters(asked: &Filled, departments: Vec<Choice>) -> Vec<Field> {
    let one = |field: Field| {
        let value = asked.one(&field.name).to_owned();
        field.value(value).unset("全部")
    };
    let states = ["registered", "accepted"].map(|s| Choice::new(s, state_zh(s))).to_vec();
    let mut fields = vec![one(Field::search("q", "编号、单位、内容")), one(Field::select("state", "处理", states))];
    if !departments.is_empty() {
        fields.push(one(Field::select("department", "承办机构", departments)));
    }
    fields
}

fn empty(filtered: bool, registers: bool) -> Empty {
    if filtered {
        return Empty { what: "没有符合条件的线索。".into(), how: "放宽条件，或者清除筛选。".into(), link: None };
    }
    Empty {
        what: "还没有线索。".into(),
        how: "检查发现、投诉举报、上级交办、其他机关移送和其他途径的案源登记以后，列在这里等待受案（本制度第十三条）。".into(),
        link: registers.then(|| Link::new("登记线索", "/clues/new")),
    }
}

pub fn state_zh(state: &str) -> &str {
    match state {
        "registered" => "待受案",
        "accepted" => "已受案",
        other => other,
    }
}

pub fn row(row: &Row, today: Date) -> ClueRow {
    let (received, registered) = (from_micros(row.received_us), from_micros(row.registered_us));
    ClueRow {
        href: format!("/clues/{}", row.id),
        what: row.summary.clone(),
        number: row.number.clone().unwrap_or_default(),
        source: ClueSource::parse(&row.source).map_or_else(|| row.source.clone(), |s| s.title().to_owned()),
        sealed: row.source == ClueSource::Complaint.code(),
        received: format!("{} {}", words::near_date_zh(received.date(), today), words::time_zh(received.time())),
        registered: format!("接收后{}登记", labels::elapsed_zh(received, registered)),
        state: state_zh(&row.state).to_owned(),
        case: row.case_id.as_ref().map(|id| Link::new("去案件", format!("/cases/{id}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casework::clock::micros;
    use jiff::civil::date;

    #[test]
    fn the_time_from_receipt_to_registration_is_shown() {
        let received = date(2026, 11, 16).at(9, 0, 0, 0);
        let clue = Row {
            id: "c1".into(),
            number: Some("线索〔2026〕3号".into()),
            source: "complaint".into(),
            channel: "12345热线".into(),
            received_us: micros(received),
            registered_us: micros(date(2026, 11, 16).at(15, 30, 0, 0)),
            state: "registered".into(),
            summary: "某某网咖：夜间接纳未成年人".into(),
            department: "yizd".into(),
            officers: "[]".into(),
            case_id: None,
            updated_sequence: 9,
        };
        let shown = row(&clue, date(2026, 11, 17));
        assert_eq!(shown.registered, "接收后 6 小时 30 分登记");
        assert_eq!(shown.received, "11月16日 09:00");
        assert_eq!((shown.source.as_str(), shown.state.as_str()), ("投诉、举报", "待受案"));
        assert!(shown.sealed);
    }
}
