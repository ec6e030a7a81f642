//! A fictitious bureau for the tests: its desk on a morning of August 2026, a karaoke case from the
//! first clue as far as a test needs it, and an empty PostgreSQL where one is offered.

use casework::acts::register_clue::RegisterClue;
use casework::demo;
use casework::demo::vocabulary::{Desk, Docket, Exhibit, Matter, Measure, later};
use casework::{ActError, Caller, Office, Settings};
use jiff::civil::{Date, DateTime, date};
use procedure::event::{ClueSource, Informant, Party, PartyKind};
use procedure::ids::*;
use procedure::people::Role;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::path::Path;

/// A Monday.
pub const DAY: Date = date(2026, 8, 17);
pub const FIRST: [&str; 2] = ["zhaojianguo", "qianxiaomei"];
pub const THIRD: [&str; 2] = ["zhengwenbo", "wangxue"];

pub fn at(day: i8, hour: i8, minute: i8) -> DateTime {
    date(2026, 8, day).at(hour, minute, 0, 0)
}

pub async fn desk(place: &Path) -> Desk {
    desk_with(super::settings(place), DAY).await
}

pub async fn desk_with(settings: Settings, day: Date) -> Desk {
    let office = demo::open_on(settings, day).await.unwrap();
    demo::furnish(&office, day).await.unwrap();
    Desk::new(office)
}

pub fn party() -> Party {
    Party {
        kind: PartyKind::Organisation,
        name: "武汉某某歌舞娱乐有限公司".into(),
        id_number: "91420112MA4K0C3D0A".into(),
        legal_representative: "张某某".into(),
        address: "武汉市东西湖区某某路18号".into(),
        phone: "027-80010001".into(),
        ..Party::default()
    }
}

/// A karaoke let a minor in: a warning and a fine of ten thousand yuan.
pub fn matter() -> Matter {
    let party = party();
    Matter {
        cause: "entertainment-minors".into(),
        category: "歌舞娱乐".into(),
        site: party.address.clone(),
        site_person: ("何某某".into(), "店长".into()),
        asked: ("张某某".into(), "420112197809099991".into(), "法定代表人（负责人）".into()),
        party,
        facts: vec!["2026年8月15日晚，当事人允许一名未成年人进入其营业性歌舞娱乐场所。".into()],
        rests_on: vec![],
        articles_violated: vec!["《中华人民共和国未成年人保护法》第五十八条".into()],
        articles_penalty: vec!["《中华人民共和国未成年人保护法》第一百二十三条".into()],
        range: "责令限期改正，给予警告，没收违法所得，可以并处五万元以下罚款".into(),
        measures: fined(1_000_000),
        requirements: vec!["停止允许未成年人进入".into()],
        circumstance: ("从轻".into(), "当事人初次违法，积极配合调查。".into()),
    }
}

pub fn fined(fen: i64) -> Vec<Measure> {
    vec![
        Measure { kind: "警告".into(), content: "警告".into(), amount_fen: None },
        Measure { kind: "罚款".into(), content: format!("罚款人民币{}元", fen / 100), amount_fen: Some(fen) },
    ]
}

pub fn clue_of(received_at: DateTime, informant: Option<Informant>) -> RegisterClue {
    RegisterClue {
        source: if informant.is_some() { ClueSource::Complaint } else { ClueSource::Inspection },
        channel: if informant.is_some() { "电话" } else { "现场检查" }.into(),
        received_at,
        category: "歌舞娱乐".into(),
        target: party().name,
        content: "反映该场所允许未成年人进入，请求核查。".into(),
        reply_wanted: informant.is_some(),
        informant,
        transferring_body: None,
    }
}

/// A case accepted on the morning of a day.
pub async fn accepted<'d>(desk: &'d Desk, day: i8, handlers: [&str; 2]) -> Docket<'d> {
    let clue = desk.clue(at(day, 8, 10), handlers[0], clue_of(at(day, 8, 0), None)).await.unwrap();
    desk.accepts(at(day, 8, 20), handlers[0], &clue, &handlers, matter()).await.unwrap()
}

/// Filed the same morning.
pub async fn filed<'d>(desk: &'d Desk, day: i8, handlers: [&str; 2]) -> Docket<'d> {
    let docket = accepted(desk, day, handlers).await;
    docket.files(at(day, 8, 40)).await.unwrap();
    docket
}

pub fn document(from: DateTime) -> Exhibit {
    Exhibit {
        kind: "documentary".into(),
        name: "营业执照复印件".into(),
        source: "当事人提供，与原件核对无异".into(),
        proves: "当事人的主体资格".into(),
        file_name: "营业执照.pdf".into(),
        bytes: demo::scan(&from.to_string(), 1),
        footage: false,
        from,
        to: None,
        extraction: None,
    }
}

/// Heard, inspected, proven and reported: the case stands before its review. The record of the
/// inspection is dated by its hour.
pub async fn reported<'d>(desk: &'d Desk, day: i8, handlers: [&str; 2]) -> Docket<'d> {
    let docket = filed(desk, day, handlers).await;
    docket.tells_rights(at(day, 10, 5), at(day, 10, 20)).await.unwrap();
    docket.inspects(at(day, 11, 0), at(day, 11, 40), "场所入口处没有查验证件的人员。", json!({})).await.unwrap();
    docket.attaches(at(day, 13, 30), document(at(day, 11, 20))).await.unwrap();
    docket.inquires(at(day + 1, 9, 0), at(day + 1, 9, 45), json!({})).await.unwrap();
    docket.lists_evidence(at(day + 1, 11, 0)).await.unwrap();
    let report = docket.reports(at(day + 1, 11, 30), "8月17日立案、检查；8月18日询问。", json!({})).await.unwrap();
    docket.approved(at(day + 1, 12, 0), &report).await.unwrap();
    let review = docket.reviews(at(day + 1, 15, 0)).await.unwrap();
    docket.approved(at(day + 1, 15, 30), &review).await.unwrap();
    docket
}

/// The notice is approved and lies ready to be served.
pub async fn notified<'d>(desk: &'d Desk, day: i8, handlers: [&str; 2]) -> (Docket<'d>, PaperId) {
    let docket = reported(desk, day, handlers).await;
    let notice = docket.notifies(at(day + 2, 9, 0)).await.unwrap();
    docket.approved(at(day + 2, 9, 30), &notice).await.unwrap();
    (docket, notice)
}

pub fn who(office: &Office, role: Role) -> Caller {
    let directory = office.directory();
    let person = directory.persons.values().find(|p| p.holds(role)).expect("somebody holds the role");
    Caller::new(person.clone(), "test")
}

/// Rules of the flaws that stand open in a case.
pub async fn open_flaws(docket: &Docket<'_>) -> Vec<String> {
    let office = docket.desk.office();
    let case = docket.file().await.unwrap();
    let flaws = procedure::duties::flaws(&case, office.book(), office.now());
    flaws.into_iter().filter(|f| f.blocks()).map(|f| f.flaw.rule).collect()
}

/// What an act was refused for, sentence by sentence.
pub fn refusal<T: std::fmt::Debug>(done: Result<T, ActError>) -> Vec<String> {
    match done {
        Err(ActError::Refused(refusal)) => refusal.missing.into_iter().map(|m| format!("{}（{}）", m.sentence, m.article)).collect(),
        other => panic!("not refused: {other:?}"),
    }
}

/// Complaints about fields: name and message.
pub fn complaints<T: std::fmt::Debug>(done: Result<T, ActError>) -> Vec<(String, String)> {
    match done {
        Err(ActError::Invalid(problems)) => problems.into_iter().map(|p| (p.field, p.message)).collect(),
        other => panic!("no complaint: {other:?}"),
    }
}

/// The office's database as its administrator opens it.
pub async fn database(place: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite:{}", place.join("data/liuhen.db").display())).await.unwrap()
}

/// Settings on an empty PostgreSQL database of their own; none where no server is offered.
pub async fn on_postgres(place: &Path) -> Option<Settings> {
    let Ok(base) = std::env::var("LIUHEN_TEST_POSTGRES") else {
        assert!(std::env::var("LIUHEN_REQUIRE_POSTGRES").is_err(), "PostgreSQL is required: run through scripts/with-postgres");
        eprintln!("LIUHEN_TEST_POSTGRES is not set: not told on PostgreSQL");
        return None;
    };
    let name = format!("casework_{}", Office::new_id().replace('-', ""));
    let mut admin = PgConnection::connect(&format!("{base}postgres")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
    let mut settings = super::settings(place);
    settings.database = format!("{base}{name}");
    Some(settings)
}

/// A while later.
pub fn after(moment: DateTime, minutes: i64) -> DateTime {
    later(moment, minutes)
}
