//! The head's page: what is late in the whole agency, counted by department and by person, the
//! cases whose flaws are open, and how old the ledger's last entry is.

use crate::desk::{Desk, Visitor};
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
    /// What is late, a sheet for each department.
    pub late: Vec<TableSheet>,
    pub by_department: TableSheet,
    pub by_person: TableSheet,
    pub flaws: TableSheet,
    /// Where the ledger is read, for those who may.
    pub ledger: Option<Link>,
}

/// What is late in a department, by whom: the one account that this page and the workbench give.
#[derive(Clone, Debug, Default)]
pub struct DepartmentLate {
    pub department: String,
    /// By person, then the oldest first.
    pub duties: Vec<LateDuty>,
    /// "赵建国、钱晓梅 2 项；孙丽华 1 项"
    pub people: String,
}

#[derive(Clone, Debug, Default)]
pub struct LateDuty {
    /// "赵建国、钱晓梅"
    pub who: String,
    pub shown: crate::pages::workbench::DutyRow,
}

/// How many are late, by those who owe them; most first.
fn by_person(duties: &[LateDuty]) -> String {
    let mut counts: Vec<(&str, usize)> = vec![];
    for duty in duties {
        match counts.iter_mut().find(|(who, _)| *who == duty.who) {
            Some((_, count)) => *count += 1,
            None => counts.push((&duty.who, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.iter().map(|(who, count)| format!("{who} {count} 项")).collect::<Vec<_>>().join("；")
}

/// Everything late in the agency, by department and person.
///
/// # Errors
/// Forbidden without [`Power::Supervise`].
pub async fn by_department(desk: &Desk, visitor: &Visitor) -> Result<Vec<DepartmentLate>, Problem> {
    let failed = |e| desk.problem(e, "查看监督页", Link::new("回到工作台", "/"));
    let duties = desk.office.late(&visitor.caller).await.map_err(failed)?;
    let names = departments(desk, visitor).await?;
    let mut found: BTreeMap<String, Vec<LateDuty>> = BTreeMap::new();
    for duty in &duties {
        let name = names.get(&duty.department).cloned().unwrap_or_else(|| duty.department.clone());
        let late = LateDuty { who: people(desk, duty).join("、"), shown: row(duty, desk.office.book(), desk.office.now()) };
        found.entry(name).or_default().push(late);
    }
    let mut all: Vec<DepartmentLate> = found
        .into_iter()
        .map(|(department, mut duties)| {
            // They come the oldest first, and stay so within one person's.
            duties.sort_by(|a, b| a.who.cmp(&b.who));
            DepartmentLate { people: by_person(&duties), department, duties }
        })
        .collect();
    all.sort_by_key(|d| std::cmp::Reverse(d.duties.len()));
    Ok(all)
}

async fn departments(desk: &Desk, visitor: &Visitor) -> Result<BTreeMap<String, String>, Problem> {
    let view = desk.office.register_rows(&visitor.caller, RegisterName::Departments, None).await;
    let view = view.map_err(|e| desk.problem(e, "查看监督页", Link::new("回到工作台", "/")))?;
    Ok(view.lines.into_iter().map(|l| (l.id, l.name)).collect())
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor) -> Result<Response, Problem> {
    // Whoever watches the ledger but supervises nobody goes straight there.
    if !may(&visitor, Power::Supervise) && may(&visitor, Power::SeeLedger) {
        return Ok(axum::response::IntoResponse::into_response(axum::response::Redirect::to("/oversight/ledger")));
    }
    require(&visitor, Power::Supervise)?;
    let failed = |e| desk.problem(e, "查看监督页", Link::new("回到工作台", "/"));
    let all = by_department(&desk, &visitor).await?;
    let flawed = desk.office.cases_with_flaws(&visitor.caller).await.map_err(failed)?;
    let names = departments(&desk, &visitor).await?;
    let department = |code: &str| names.get(code).cloned().unwrap_or_else(|| code.to_owned());
    let (mut per_department, mut per_person): (BTreeMap<String, u64>, BTreeMap<String, u64>) = Default::default();
    let mut late = vec![];
    for one in &all {
        let mut table = Table::new(&["由谁办理", "事项", "案件", "期限#"]);
        *per_department.entry(one.department.clone()).or_default() += one.duties.len() as u64;
        for LateDuty { who, shown } in &one.duties {
            for name in who.split('、') {
                *per_person.entry(name.to_owned()).or_default() += 1;
            }
            table.rows.push(vec![
                Cell::new(who).class("names"),
                Cell::new(&shown.what).small(&shown.article),
                Cell::link(&shown.subject.label, &shown.subject.href),
                Cell::new(&shown.due).class("num late-text nowrap"),
            ]);
        }
        late.push(TableSheet {
            heading: format!("{} · 超期 {} 项", one.department, one.duties.len()),
            small: one.people.clone(),
            table,
            pager: None,
        });
    }
    if late.is_empty() {
        let table = Table::default().empty("没有超期的事项。", "超过期限的应办事项按机构、人员列在这里，最久的在前。");
        late.push(TableSheet { heading: "超期事项".into(), table, ..TableSheet::default() });
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
    let count: usize = all.iter().map(|d| d.duties.len()).sum();
    Ok(page(LatePage {
        frame: desk.frame(&visitor, "oversight").await,
        title: "监督",
        tiles: vec![
            Tile { label: "全机关超期".into(), count: count.to_string(), href: "#late".into(), late: count > 0 },
            Tile { label: "未处理的瑕疵".into(), count: flaw_count.to_string(), href: "#flaws".into(), late: flaw_count > 0 },
            Tile { label: "账本".into(), count: words::grouped(size), href: "/oversight/ledger".into(), late: false },
        ],
        late,
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
