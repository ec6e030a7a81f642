//! The list of cases: filters, keyset paging.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled};
use crate::look::{DutyState, Empty, Frame, Link, NextAct, Pager, page};
use crate::pages::clues::paging::{self, PAGE_ROWS};
use crate::pages::shared;
use crate::pages::workbench::due_words;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use casework::clock::from_micros;
use casework::people::Directory;
use casework::permissions::{self, Power, Reach};
use casework::views::{After, CaseFilter, CaseRow as Row, DutyRow};
use jiff::civil::DateTime;
use procedure::Rulebook;
use procedure::case::Stage;
use procedure::people::Role;

#[derive(Template)]
#[template(path = "cases/list.html")]
pub struct CaseList {
    pub frame: Frame,
    pub title: &'static str,
    pub next: Vec<NextAct>,
    pub filters: Vec<Field>,
    /// Whether any filter is set.
    pub filtered: bool,
    pub cases: Vec<CaseRow>,
    pub pager: Pager,
    pub empty: Empty,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaseRow {
    pub href: String,
    pub title: String,
    /// The case number, or 尚未立案.
    pub number: String,
    pub cause: String,
    pub parties: String,
    pub handlers: String,
    pub stage: String,
    /// How many flaws are neither cured nor decided upon.
    pub flaws: u32,
    pub due_state: DutyState,
    pub due: String,
}

impl CaseRow {
    pub fn flaws_zh(&self) -> String {
        format!("{} 项瑕疵", self.flaws)
    }
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, Problem> {
    let asked = Filled::from(pairs);
    let problem = |e| desk.problem(e, "查看案件", Link::new("返回工作台", "/"));
    let some = |name: &str| Some(asked.one(name).to_owned()).filter(|v| !v.is_empty());
    let filter = CaseFilter {
        stage: some("stage"),
        cause: some("cause"),
        department: some("department"),
        handler: some("handler"),
        text: some("q"),
        overdue_at_us: some("overdue").map(|_| desk.office.clock().now_us()),
    };
    let after = shared::after_of(asked.one("after"));
    let rows = desk.office.cases(&visitor.caller, filter, after.as_ref(), PAGE_ROWS + 1).await.map_err(problem)?;
    let (rows, pager) = paging::page_of("/cases", &asked, rows, |r| After { place: r.updated_sequence, id: r.id.clone() }, "件");
    let book = desk.office.book();
    let now = desk.office.now();
    let directory = desk.office.directory();
    let mut cases = vec![];
    let nearest = desk.office.nearest_duties(&rows).await.map_err(problem)?;
    for row in &rows {
        cases.push(case_row(row, nearest.get(&row.id), book, &directory, now));
    }
    let departments = paging::departments(&desk, &visitor).await;
    let filters = filters(&asked, &visitor, book, &directory, departments);
    let sees_clues = permissions::reach(&visitor.caller.person, Power::SeeClues).is_some();
    let filtered = filters.iter().any(|f| !f.value.is_empty());
    let template = CaseList {
        frame: desk.frame(&visitor, "cases").await,
        title: "案件",
        next: if sees_clues { vec![NextAct { label: "受理线索".into(), href: "/clues".into(), primary: false }] } else { vec![] },
        filters,
        filtered,
        cases,
        pager,
        empty: empty(filtered, sees_clues),
    };
    Ok(page(template))
}

fn empty(filtered: bool, sees_clues: bool) -> Empty {
    if filtered {
        return Empty { what: "没有符合条件的案件。".into(), how: "放宽条件，或者清除筛选。".into(), link: None };
    }
    Empty {
        what: "还没有您可以查看的案件。".into(),
        how: "线索受案以后，案件会列在这里：阶段、承办人、瑕疵和最近的期限。".into(),
        link: sees_clues.then(|| Link::new("去看线索", "/clues")),
    }
}

fn filters(asked: &Filled, visitor: &Visitor, book: &Rulebook, directory: &Directory, departments: Vec<Choice>) -> Vec<Field> {
    let one = |field: Field| {
        let value = asked.one(&field.name).to_owned();
        field.value(value).unset("全部")
    };
    let stages = Stage::ALL.iter().map(|s| Choice::new(s.code(), s.title())).collect();
    let mut causes: Vec<Choice> = book.causes.values().map(|c| Choice::new(c.id.clone(), c.title.clone())).collect();
    causes.sort_by(|a, b| a.value.cmp(&b.value));
    let mut fields = vec![
        one(Field::search("q", "案号、案件、当事人")),
        one(Field::select("stage", "阶段", stages)),
        one(Field::select("cause", "案由", causes)),
    ];
    // Whoever sees own cases only would choose among one.
    let person = &visitor.caller.person;
    let reach = permissions::reach(person, Power::SeeCases);
    if reach == Some(Reach::Everywhere) {
        fields.push(one(Field::select("department", "承办机构", departments)));
    }
    if reach != Some(Reach::OwnCases) {
        let seen = |p: &&procedure::people::Person| {
            p.holds(Role::Officer) && (reach == Some(Reach::Everywhere) || p.department == person.department)
        };
        let officers = directory.persons.values().filter(seen).map(|p| Choice::new(p.id.0.clone(), p.name.clone()));
        fields.push(one(Field::select("handler", "承办人", officers.collect())));
    }
    fields.push(one(Field::select("overdue", "期限", vec![Choice::new("1", "有超期事项")])));
    fields
}

/// A row of the register as the list shows it.
fn case_row(row: &Row, due: Option<&DutyRow>, book: &Rulebook, directory: &Directory, now: DateTime) -> CaseRow {
    let ids: Vec<String> = serde_json::from_str(&row.handlers).unwrap_or_default();
    let name = |id: &String| directory.persons.get(id).map_or_else(|| id.clone(), |p| p.name.clone());
    let (due_state, due) = match due.filter(|d| d.due_earliest_us.is_some()) {
        Some(duty) => {
            let (state, said) = due_words(duty.due_earliest_us.map(from_micros), duty.due_latest_us.map(from_micros), book, now);
            (state, format!("{} {said}", duty.title))
        }
        None => (DutyState::Open, String::new()),
    };
    CaseRow {
        href: format!("/cases/{}", row.id),
        title: row.title.clone(),
        number: row.number.clone().unwrap_or_else(|| "尚未立案".into()),
        cause: book.causes.get(&row.cause).map(|c| c.title.clone()).unwrap_or_default(),
        parties: row.parties.clone(),
        handlers: ids.iter().map(name).collect::<Vec<_>>().join("、"),
        stage: Stage::parse(&row.stage).map_or_else(|| row.stage.clone(), |s| s.title().to_owned()),
        flaws: u32::try_from(row.flaws_count).unwrap_or_default(),
        due_state,
        due,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::cases::testing;
    use casework::clock::micros;
    use jiff::civil::date;

    #[test]
    fn a_row_names_stage_and_the_first_duty_due_in_words() {
        let now = date(2026, 3, 4).at(10, 0, 0, 0);
        let row = Row {
            id: "7".into(),
            number: None,
            title: "某某网咖涉嫌违法案".into(),
            procedure: "ordinary-penalty".into(),
            cause: String::new(),
            stage: "investigation".into(),
            parties: "某某网咖".into(),
            department: "yizd".into(),
            handlers: "[\"p9\"]".into(),
            opened_us: micros(now),
            filed_on: None,
            concluded_on: None,
            archived_on: None,
            flaws_count: 2,
            missing_count: 1,
            version: 3,
            updated_sequence: 12,
        };
        let shown = case_row(&row, None, testing::book(), &Directory::default(), now);
        assert_eq!(shown.stage, "调查取证");
        assert_eq!(shown.number, "尚未立案");
        assert_eq!(shown.flaws_zh(), "2 项瑕疵");
        assert_eq!(shown.due, "", "a duty without a date says no date");
    }
}
