//! The demonstration: every stage of a case on any day, and two published cases told to their end.

use casework::demo::vocabulary::Desk;
use casework::demo::{self, stories};
use casework::{Caller, Office, Settings};
use jiff::civil::{Date, date};
use procedure::Case;
use procedure::case::Stage;
use procedure::event::{Event, Severity};
use procedure::ids::*;
use procedure::people::Role;
use std::collections::BTreeMap;

fn settings(dir: &tempfile::TempDir) -> Settings {
    let mut settings = Settings::new(dir.path().join("data"));
    settings.fonts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts");
    settings.reserve_bytes = Some(0);
    settings.ballast_bytes = 0;
    settings
}

fn who(office: &Office, role: Role) -> Caller {
    let directory = office.directory();
    let person = directory.persons.values().find(|p| p.holds(role)).expect("somebody holds the role");
    Caller::new(person.clone(), "test")
}

async fn cases(office: &Office) -> Vec<Case> {
    let head = who(office, Role::AgencyHead);
    let rows = office.cases(&head, Default::default(), None, 100).await.unwrap();
    let mut all = vec![];
    for row in rows {
        all.push(office.case_file(&head, &CaseId(row.id)).await.unwrap().case);
    }
    all
}

async fn demonstration(today: Date) -> (tempfile::TempDir, Office, Vec<demo::DemoAccount>) {
    let dir = tempfile::tempdir().unwrap();
    let office = demo::open(settings(&dir), today).await.unwrap();
    let accounts = demo::fill(&office, today).await.unwrap();
    (dir, office, accounts)
}

async fn has_every_stage(today: Date) {
    let (_dir, office, accounts) = demonstration(today).await;
    let roles: Vec<&str> = accounts.iter().map(|a| a.role.as_str()).collect();
    for role in Role::ALL {
        assert!(roles.iter().any(|r| r.contains(role.title())), "no account for {}", role.title());
    }
    assert!(accounts.iter().all(|a| a.password.chars().count() >= 10));
    let someone = &accounts[0];
    assert!(office.sign_in(&someone.account, &someone.password, "test").await.unwrap().is_ok());

    let cases = cases(&office).await;
    let mut stages: BTreeMap<Stage, usize> = BTreeMap::new();
    for case in &cases {
        *stages.entry(case.stage()).or_default() += 1;
        assert!(case.records.iter().all(|r| r.recorded_at.date() < today && r.happened.from <= r.recorded_at));
    }
    let expected = [
        // The bookshop, the filing that waits, two begun before filing.
        (Stage::Accepted, 4),
        // Filed, heard, the irregular one.
        (Stage::Investigation, 3),
        (Stage::Review, 3),
        (Stage::Decision, 3),
        (Stage::Service, 1),
        (Stage::Performance, 1),
        (Stage::Concluded, 1),
        (Stage::Archived, 1),
        (Stage::Declined, 2),
    ];
    assert_eq!(stages, expected.into_iter().collect());
    let clues = office.clues(&who(&office, Role::AgencyHead), Default::default(), None, 100).await.unwrap();
    assert_eq!(clues.iter().filter(|c| c.state == "registered").count(), 2, "clues nobody accepted yet");
    assert_eq!(clues.len(), cases.len() + 2);

    // One case is irregular, the others are in order.
    let grave: Vec<&Case> = cases.iter().filter(|c| c.flaws.iter().any(|f| f.flaw.severity == Severity::Grave)).collect();
    assert_eq!(grave.len(), 1, "{:?}", grave.iter().map(|c| (&c.title, &c.flaws)).collect::<Vec<_>>());
    let rules: Vec<&str> = grave[0].flaws.iter().map(|f| f.flaw.rule.as_str()).collect();
    assert!(rules.contains(&"two-officers") && rules.contains(&"certificates-valid"), "{rules:?}");

    // The case that waits for its volume is near its thirtieth day, and not past it.
    let concluded = cases.iter().find(|c| c.stage() == Stage::Concluded).unwrap();
    let age = today.since(concluded.concluded_on.unwrap()).unwrap().get_days();
    assert!((24..30).contains(&age), "{age} days");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_has_every_stage_on_a_day_with_its_calendar() {
    has_every_stage(date(2026, 11, 23)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_has_every_stage_in_a_year_without_a_calendar() {
    has_every_stage(date(2027, 3, 15)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_of_a_demonstration_begins_by_saying_so_and_runs_with_time() {
    let (dir, office, _) = demonstration(date(2026, 6, 1)).await;
    let cases = cases(&office).await;
    let mut records: Vec<_> = cases.iter().flat_map(|c| &c.records).collect();
    records.sort_by_key(|r| r.sequence);
    assert!(records.iter().all(|r| r.sequence > 1));
    assert!(records.windows(2).all(|w| w[0].recorded_at <= w[1].recorded_at), "entries stand in the order of time");
    office.close().await;
    // A second office in the same place is no fresh demonstration.
    let again = demo::open(settings(&dir), date(2026, 6, 1)).await.unwrap();
    assert!(again.is_demonstration());
    // What was kept in memory act by act is what the entries tell.
    assert!(format!("{cases:?}") == format!("{:?}", self::cases(&again).await), "a kept case is another one than its entries tell");
    assert!(demo::fill(&again, date(2026, 6, 1)).await.is_err(), "a filled demonstration is not filled again");
    again.close().await;
}

#[tokio::test]
async fn an_office_in_earnest_is_never_filled() {
    let dir = tempfile::tempdir().unwrap();
    let clock = casework::Clock::at(date(2026, 6, 1).at(8, 0, 0, 0));
    let office = Office::open(settings(&dir), clock).await.unwrap();
    assert!(demo::fill(&office, date(2026, 6, 1)).await.is_err());
    office.close().await;
    assert!(demo::open(settings(&dir), date(2026, 6, 1)).await.is_err());
}

async fn desk(begins: Date) -> (tempfile::TempDir, Desk) {
    let dir = tempfile::tempdir().unwrap();
    let office = demo::open_on(settings(&dir), begins).await.unwrap();
    demo::furnish(&office, begins).await.unwrap();
    (dir, Desk::new(office))
}

/// Rules of the flaws recorded in a case, each once.
fn flaws(case: &Case) -> Vec<String> {
    let mut rules: Vec<String> = case.flaws.iter().map(|f| f.flaw.rule.clone()).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// Duties met late or not at all, by their rules.
fn late(office: &Office, case: &Case) -> Vec<String> {
    let owed = procedure::duties::owed(case, office.book(), office.now());
    let late = |o: &procedure::duties::Owed| o.state.is_open() || o.state == procedure::duties::DutyState::MetLate;
    owed.into_iter().filter(late).map(|o| o.rule).collect()
}

/// Every fact of a paper with the names of the evidence it rests on.
fn rests_on(case: &Case, kind: &str) -> Vec<(String, Vec<String>)> {
    let paper = case.of_kind(kind).next_back().unwrap();
    let rows = paper.field("facts").unwrap().as_array().unwrap().clone();
    let name = |row: &serde_json::Value| {
        let number = row["evidence_number"].as_str().unwrap().trim_start_matches('证').to_owned();
        case.evidence.iter().find(|e| e.number.to_string() == number).map(|e| e.name.clone()).unwrap_or_default()
    };
    rows.iter().map(|f| (f["text"].as_str().unwrap().to_owned(), f["evidence"].as_array().unwrap().iter().map(name).collect())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_internet_cafe_of_2021_is_told_with_its_irregularities() {
    let (_dir, desk) = desk(stories::INTERNET_CAFE_BEGINS).await;
    let docket = stories::internet_cafe(&desk, Default::default()).await.unwrap();
    let case = docket.file().await.unwrap();
    assert_eq!(case.stage(), Stage::Archived);
    assert_eq!(late(desk.office(), &case), [""; 0], "what was irregular was nowhere late");
    assert_eq!(case.filed_on, Some(date(2021, 12, 22)));
    assert_eq!(flaws(&case), ["filed-before-investigation", "service-on-working-day"]);
    let inquiry = case.of_kind("inquiry-record").next().unwrap();
    assert_eq!(inquiry.made_at().unwrap().date(), date(2021, 12, 20));
    let notice = case.of_kind("prior-notice").next().unwrap();
    assert_eq!(notice.services[0].effective_on, date(2021, 12, 25));
    assert_eq!(case.waivers.len(), 1);
    assert!(case.records.iter().any(|r| matches!(r.event, Event::CaseArchived { .. })));
    desk.office().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ktv_of_2025_is_told_without_a_flaw() {
    let (_dir, desk) = desk(stories::KTV_BEGINS).await;
    let docket = stories::ktv(&desk, Default::default()).await.unwrap();
    let case = docket.file().await.unwrap();
    assert_eq!(case.stage(), Stage::Archived);
    assert_eq!(case.filed_on, Some(date(2025, 11, 6)));
    assert!(flaws(&case).is_empty(), "{:?}", case.flaws);
    assert_eq!(late(desk.office(), &case), [""; 0], "the visit before filing was approved on the second working day, the order looked after on its day");
    let decision = case.of_kind("penalty-decision").next().unwrap();
    let basis = decision.field("articles_penalty").unwrap().to_string();
    assert!(basis.contains("未成年人保护法") && !basis.contains("娱乐场所管理条例"));
    let inspection = case.of_kind("inspection-record").next().unwrap();
    assert_eq!(inspection.made_at().unwrap().date(), date(2025, 11, 4));
    // The papers agree with one another: who, which law, how much, and what each fact rests on.
    let facts = rests_on(&case, "penalty-decision");
    assert_eq!(facts, rests_on(&case, "prior-notice"));
    assert_eq!(facts[0].1, ["场所监控录像"]);
    assert_eq!(facts[1].1, ["当事人提交的自证材料"]);
    for name in ["articles_violated", "articles_penalty", "measures"] {
        let said = |kind: &str| case.of_kind(kind).next().unwrap().field(name).unwrap().clone();
        assert_eq!(said("penalty-decision"), said("prior-notice"), "{name}");
        assert_eq!(said("penalty-decision"), said("decision-approval"), "{name}");
    }
    // What was raised on the 12th is examined point by point.
    assert_eq!(case.statements[0].points.len(), 2);
    assert_eq!(case.statements[0].at.date(), date(2025, 11, 12));
    desk.office().close().await;
}
