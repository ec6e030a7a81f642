//! The workbench: what is late, what is near, what waits for me; for whoever supervises, what is
//! late in the whole agency.

use crate::desk::{Desk, Visitor, act_path, article_zh};
use crate::errors::Problem;
use crate::look::{Duty, DutyState, Empty, Frame, Link, Note, Pager, Tab, Tile, Tone, page, words};
use crate::pages::oversight::late::{self, DepartmentLate};
use crate::pages::shared::may;
use crate::router::Routes;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use casework::clock::from_micros;
use casework::permissions::Power;
use casework::views::ClueRow;
use jiff::civil::DateTime;
use procedure::Rulebook;
use procedure::deadline;
use procedure::event::ClueSource;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "workbench.html")]
pub struct Workbench {
    pub frame: Frame,
    pub title: &'static str,
    pub tiles: Vec<Tile>,
    /// What is late in the whole agency, for whoever supervises it; the same as on the page 监督.
    pub late: Vec<DepartmentLate>,
    /// The orders the table can stand in: by date, by case.
    pub orders: Vec<Tab>,
    pub duties: Vec<DutyRow>,
    pub pager: Pager,
    pub empty: Empty,
    /// Beside the table: approvals waiting, papers to scan, and the like.
    pub groups: Vec<DutyGroup>,
}

/// A duty as a row of the table.
#[derive(Clone, Debug, Default)]
pub struct DutyRow {
    pub state: DutyState,
    pub what: String,
    pub detail: String,
    /// Where it is done.
    pub href: String,
    /// The case or clue it belongs to.
    pub subject: Link,
    pub article: String,
    /// "超期 1 个工作日", "11月26日 · 还有 4 个工作日"
    pub due: String,
    pub derivation: String,
}

/// A sheet of duties beside the table.
#[derive(Clone, Debug, Default)]
pub struct DutyGroup {
    /// Where a tile leads.
    pub anchor: &'static str,
    pub heading: String,
    pub small: String,
    pub items: Vec<Duty>,
    /// Said when there are none.
    pub empty: String,
}

pub fn routes() -> Routes {
    Routes::new().get("/", show)
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    order: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let seen = desk.office.workbench(&visitor.caller).await.map_err(|e| desk.problem(e, "", Link::default()))?;
    let now = desk.office.now();
    let mut frame = desk.frame(&visitor, "workbench").await;
    frame.notes.extend(seen.missing_years.iter().map(|year| calendar_note(*year)));
    let by_case = asked.order == "case";
    let mut duties = seen.duties;
    if by_case {
        duties.sort_by(|a, b| a.case_title.cmp(&b.case_title).then(a.due_earliest_us.cmp(&b.due_earliest_us)));
    }
    let awaited = desk.office.awaited_papers(&visitor.caller).await.map_err(|e| desk.problem(e, "", Link::default()))?;
    let awaiting = awaited
        .iter()
        .map(|a| Duty {
            state: DutyState::Near,
            what: a.paper.title.clone(),
            href: format!("/cases/{}/papers/{}", a.paper.case_id.as_deref().unwrap_or_default(), a.paper.id),
            about: format!("{} · {} {}", a.case_title, a.submitted_by, words::moment_zh(from_micros(a.paper.updated_us))),
            due: "待审批".into(),
            ..Duty::default()
        })
        .collect::<Vec<_>>();
    let late = match may(&visitor, Power::Supervise) {
        true => late::by_department(&desk, &visitor).await?,
        false => vec![],
    };
    let mut tiles = vec![
        Tile { label: "我的超期".into(), count: seen.overdue_count.to_string(), href: "#duties".into(), late: seen.overdue_count > 0 },
        Tile { label: "三个工作日内".into(), count: seen.near_count.to_string(), href: "#duties".into(), late: false },
        Tile { label: "待我审批".into(), count: seen.awaiting.len().to_string(), href: "/approvals".into(), late: false },
    ];
    if may(&visitor, Power::AcceptClue) {
        tiles.push(Tile { label: "待受理线索".into(), count: seen.clues.len().to_string(), href: "#clues".into(), late: false });
    }
    if may(&visitor, Power::Supervise) {
        let count: usize = late.iter().map(|d| d.duties.len()).sum();
        tiles.push(Tile { label: "全机关超期".into(), count: count.to_string(), href: "/oversight".into(), late: count > 0 });
    }
    let mut groups = vec![DutyGroup {
        anchor: "awaiting",
        heading: "待我审批".into(),
        small: String::new(),
        items: awaiting,
        empty: "没有等待您审批的文书。".into(),
    }];
    if may(&visitor, Power::AcceptClue) {
        groups.push(DutyGroup {
            anchor: "clues",
            heading: "待受理线索".into(),
            small: "登记后尚未受案，最久的在前".into(),
            items: seen.clues.iter().map(|clue| waiting_clue(clue, desk.office.book(), now)).collect(),
            empty: "没有等待受理的线索。".into(),
        });
    }
    let template = Workbench {
        title: "工作台",
        tiles,
        late,
        orders: vec![
            Tab { label: "按期限".into(), href: "/".into(), current: !by_case },
            Tab { label: "按案件".into(), href: "/?order=case".into(), current: by_case },
        ],
        duties: duties.iter().map(|d| row(d, desk.office.book(), now)).collect(),
        pager: Pager::default(),
        empty: Empty {
            what: "目前没有应办事项。".into(),
            how: "登记线索、办理案件后，应当办理的事项和期限会列在这里。".into(),
            link: None,
        },
        groups,
        frame,
    };
    Ok(page(template))
}

/// That a year has no calendar yet, and what that does to its dates.
fn calendar_note(year: i16) -> Note {
    Note::new(
        Tone::Near,
        format!("{year}年节假日安排尚未载入：落在{year}年的期限先按最早可能日提示。请系统管理员载入日历。"),
    )
}

/// A clue that waits to be accepted, with its age. Art. 13 asks for it in good time and names no
/// number of days, so there is an age and no date.
fn waiting_clue(clue: &ClueRow, book: &Rulebook, now: DateTime) -> Duty {
    let received = from_micros(clue.received_us);
    let age = deadline::working_days_between(received.date(), now.date(), &book.calendars).most;
    let source = ClueSource::parse(&clue.source).map_or_else(|| clue.source.clone(), |s| s.title().to_owned());
    Duty {
        state: DutyState::Open,
        what: clue.summary.clone(),
        href: format!("/clues/{}", clue.id),
        about: format!("{} · {source} · {}", clue.number.clone().unwrap_or_default(), article_zh("本制度13")),
        due: if age == 0 { "今天收到".into() } else { format!("已收到 {age} 个工作日") },
        due_small: format!("{} 接收", words::near_date_zh(received.date(), now.date())),
        ..Duty::default()
    }
}

/// A duty of the register as a row: when it is due, and how that day came about.
pub fn row(duty: &casework::views::DutyRow, book: &Rulebook, now: DateTime) -> DutyRow {
    let case_path = format!("/cases/{}", duty.stream.trim_start_matches("case/"));
    let due = duty.due_earliest_us.map(from_micros);
    let (state, text) = due_words(due, duty.due_latest_us.map(from_micros), book, now);
    let lines: Vec<String> = serde_json::from_str(&duty.derivation).unwrap_or_default();
    DutyRow {
        state,
        what: duty.title.clone(),
        detail: String::new(),
        href: act_path(&duty.owed, &case_path).unwrap_or_else(|| case_path.clone()),
        subject: Link::new(duty.case_title.clone(), case_path),
        article: article_zh(&duty.article),
        due: text,
        derivation: lines.join("\n"),
    }
}

/// How far a date is away, in words; the range where a calendar is missing.
pub fn due_words(due: Option<DateTime>, latest: Option<DateTime>, book: &Rulebook, now: DateTime) -> (DutyState, String) {
    let Some(due) = due else { return (DutyState::Open, "无法定期限".into()) };
    let days = |from, to| deadline::working_days_between(from, to, &book.calendars);
    let day = words::near_date_zh(due.date(), now.date());
    if now > due {
        let count = days(due.date(), now.date()).most;
        let text = if count == 0 { "已超期".to_owned() } else { format!("超期 {count} 个工作日") };
        return (DutyState::Overdue, format!("{day} · {text}"));
    }
    let between = days(now.date(), due.date());
    if latest.is_some_and(|l| l != due) {
        let late = latest.map(|l| words::near_date_zh(l.date(), now.date())).unwrap_or_default();
        return (DutyState::DateUnknown, format!("{day}至{late}（待{}年日历）", due.year()));
    }
    let about = if between.certain { "还有" } else { "约" };
    let state = if between.most <= 3 { DutyState::Near } else { DutyState::Open };
    // Far dates are told in days, as the terms of months and of ninety days are.
    let days_left = now.date().until(due.date()).map_or(0, |span| span.get_days());
    let text = if due.date() == now.date() {
        "今天到期".to_owned()
    } else if between.most > 20 {
        format!("还有 {days_left} 日")
    } else {
        format!("{about} {} 个工作日", between.most)
    };
    (state, format!("{day} · {text}"))
}
