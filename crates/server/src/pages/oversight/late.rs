//! The head's page: what is late in the whole agency, counted by department and by person, the
//! cases whose flaws are open, and how old the ledger's last entry is.

use crate::desk::{Desk, Visitor, article_zh};
use crate::errors::Problem;
use crate::look::{Frame, Link, Tile, page, words};
use crate::pages::shared::{Cell, Table, TableSheet, may, require};
use crate::pages::workbench::row;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use casework::permissions::Power;
use casework::registers::RegisterName;
use casework::views::DutyRow;
use procedure::case::Stage;
use procedure::ids::PersonId;
use procedure::people::Role;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "oversight/late.html")]
pub struct LatePage {
    pub frame: Frame,
    pub title: &'static str,
    pub tiles: Vec<Tile>,
    pub late: TableSheet,
    pub by_department: TableSheet,
    pub by_person: TableSheet,
    pub flaws: TableSheet,
    /// Where the ledger is read, for those who may.
    pub ledger: Option<Link>,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor) -> Result<Response, Problem> {
    // Whoever watches the ledger but supervises nobody goes straight there.
    if !may(&visitor, Power::Supervise) && may(&visitor, Power::SeeLedger) {
        return Ok(axum::response::IntoResponse::into_response(axum::response::Redirect::to("/oversight/ledger")));
    }
    require(&visitor, Power::Supervise)?;
    let failed = |e| desk.problem(e, "查看监督页", Link::new("回到工作台", "/"));
    let caller = &visitor.caller;
    let (book, now) = (desk.office.book(), desk.office.now());
    let duties = desk.office.late(caller).await.map_err(failed)?;
    let flawed = desk.office.cases_with_flaws(caller).await.map_err(failed)?;
    let departments: BTreeMap<String, String> = match desk.office.register_rows(caller, RegisterName::Departments, None).await {
        Ok(view) => view.lines.into_iter().map(|l| (l.id, l.name)).collect(),
        Err(error) => return Err(failed(error)),
    };
    let department = |code: &str| departments.get(code).cloned().unwrap_or_else(|| code.to_owned());
    let mut late = Table::new(&["事项", "案件", "由谁办理", "机构", "期限#"]).empty("没有超期的事项。", "超过期限的应办事项列在这里，最久的在前。");
    let (mut per_department, mut per_person): (BTreeMap<String, u64>, BTreeMap<String, u64>) = Default::default();
    for duty in &duties {
        let shown = row(duty, book, now);
        let who = people(&desk, duty);
        *per_department.entry(department(&duty.department)).or_default() += 1;
        for name in &who {
            *per_person.entry(name.clone()).or_default() += 1;
        }
        late.rows.push(vec![
            Cell::new(shown.what).small(article_zh(&duty.article)),
            Cell::link(shown.subject.label, shown.subject.href),
            Cell::new(who.join("、")),
            Cell::new(department(&duty.department)),
            Cell::new(shown.due).class("num late-text"),
        ]);
    }
    let mut flaws = Table::new(&["案件", "机构", "阶段", "未处理的瑕疵#", "还缺#"]).empty("没有未处理的瑕疵。", "不合规的行为照实记录为瑕疵，补正或者由负责人决定后消去。");
    let flaw_count: i64 = flawed.iter().map(|r| r.flaws_count).sum();
    for case in &flawed {
        flaws.rows.push(vec![
            Cell::link(&case.title, format!("/cases/{}", case.id)).small(case.number.clone().unwrap_or_default()),
            Cell::new(department(&case.department)),
            Cell::new(Stage::parse(&case.stage).map_or_else(|| case.stage.clone(), |s| s.title().to_owned())),
            Cell::new(case.flaws_count.to_string()).class("num late-text"),
            Cell::new(case.missing_count.to_string()).class("num"),
        ]);
    }
    let (size, _) = desk.office.head();
    let sheet = |heading: &str, small: &str, table: Table| TableSheet { heading: heading.into(), small: small.into(), table, pager: None };
    Ok(page(LatePage {
        frame: desk.frame(&visitor, "oversight").await,
        title: "监督",
        tiles: vec![
            Tile { label: "超期事项".into(), count: duties.len().to_string(), href: "#late".into(), late: !duties.is_empty() },
            Tile { label: "未处理的瑕疵".into(), count: flaw_count.to_string(), href: "#flaws".into(), late: flaw_count > 0 },
            Tile { label: "账本".into(), count: words::grouped(size), href: "/oversight/ledger".into(), late: false },
        ],
        late: sheet("超期事项", "最久的在前", late),
        by_department: sheet("按机构", "", counted("机构", per_department)),
        by_person: sheet("按人员", "", counted("人员", per_person)),
        flaws: sheet("未处理的瑕疵", "最近有变动的一千件未归档案件", flaws),
        ledger: may(&visitor, Power::SeeLedger).then(|| Link::new("账本", "/oversight/ledger")),
    }))
}

/// Names of those who owe a duty; a role stands for whoever holds it.
fn people(desk: &Desk, duty: &DutyRow) -> Vec<String> {
    let who: serde_json::Value = serde_json::from_str(&duty.who).unwrap_or_default();
    let mut ids = vec![];
    texts(&who, &mut ids);
    let mut names = vec![];
    for id in ids {
        let name = match id.strip_prefix("role:") {
            Some(role) => Role::parse(role).map_or_else(|| role.to_owned(), |r| r.title().to_owned()),
            None => desk.office.person(&PersonId(id.clone())).map_or(id, |p| p.name),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn texts(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => into.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|i| texts(i, into)),
        serde_json::Value::Object(map) => map.values().for_each(|i| texts(i, into)),
        _ => {}
    }
}

fn counted(title: &str, counts: BTreeMap<String, u64>) -> Table {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let count_title = "超期#".to_owned();
    let mut table = Table::new(&[title, &count_title]).empty("没有超期的事项。", "");
    table.rows = counts.into_iter().map(|(name, count)| vec![Cell::new(name), Cell::new(count.to_string()).class("num")]).collect();
    table
}
