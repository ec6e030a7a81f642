//! 第四条、第二十九条、第三十条: a slip leaves what was written and says what holds; what it moves is
//! counted anew and says so. A value that turns out to name somebody leaves every register.

mod support;

use casework::acts::correct::{Correct, correct};
use casework::acts::raise_protection::{RaiseProtection, raise_protection};
use casework::acts::record_party;
use casework::acts::start_before_filing::{StartBeforeFiling, start_before_filing};
use casework::demo::vocabulary::Docket;
use casework::verify::verify;
use casework::{ActError, Caller};
use jiff::civil::DateTime;
use procedure::duties::{self, DutyState, Owed};
use procedure::event::{Event, Party, PartyKind, Recorded};
use procedure::people::Role;
use serde_json::{Value, json};
use sqlx::Row;
use std::path::Path;
use support::desk::*;
use tempfile::tempdir;

async fn entry(docket: &Docket<'_>, which: impl Fn(&Recorded) -> bool) -> u64 {
    docket.file().await.unwrap().records.iter().rfind(|r| which(r)).expect("the entry").sequence
}

fn slip(docket: &Docket<'_>, target: u64, member: &str, effective: Value) -> Correct {
    Correct { case: docket.case.clone(), target, member: member.into(), effective, reason: "笔误".into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn article_04_names_places_and_wrong_attachments_are_corrected_by_slips_that_show_both() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = filed(&desk, 17, FIRST).await;
    let office = desk.office();
    let zhao = docket.writer().await.unwrap();
    docket.inspects(at(17, 10, 0), at(17, 10, 30), "场所正在营业。", json!({})).await.unwrap();
    docket.attaches(at(17, 12, 30), document(at(17, 10, 20))).await.unwrap();

    let named = entry(&docket, |r| matches!(r.event, Event::PartyRecorded { .. })).await;
    let silent = Correct { reason: String::new(), ..slip(&docket, named, "party.name", json!("武汉某某歌舞娱乐公司")) };
    assert_eq!(complaints(correct(office, &zhao, silent).await)[0].0, "reason");
    let same = slip(&docket, named, "party.name", json!("武汉某某歌舞娱乐有限公司"));
    assert_eq!(complaints(correct(office, &zhao, same).await), [("effective".into(), "更正后的内容与原来相同".into())]);
    let nothing = slip(&docket, named, "party.birthday", json!("x"));
    assert_eq!(complaints(correct(office, &zhao, nothing).await)[0].0, "member");
    let stranger = desk.caller(THIRD[0]).await.unwrap();
    assert!(matches!(correct(office, &stranger, slip(&docket, named, "party.name", json!("乙"))).await, Err(ActError::NotFound)));

    correct(office, &zhao, slip(&docket, named, "party.name", json!("武汉某某歌舞娱乐公司"))).await.unwrap();
    let inspected = entry(&docket, |r| matches!(&r.event, Event::PaperSubmitted { paper_kind, .. } if paper_kind.0 == "inspection-record")).await;
    correct(office, &zhao, slip(&docket, inspected, "fields.place", json!("武汉市东西湖区某某路81号"))).await.unwrap();
    let attached = entry(&docket, |r| matches!(r.event, Event::EvidenceAttached { .. })).await;
    correct(office, &zhao, slip(&docket, attached, "withdrawn", json!(true))).await.unwrap();

    let case = docket.file().await.unwrap();
    assert_eq!(case.parties[0].name, "武汉某某歌舞娱乐公司");
    assert_eq!(case.of_kind("inspection-record").next().unwrap().text("place"), "武汉市东西湖区某某路81号");
    assert!(case.evidence[0].withdrawn, "kept and shown, no longer relied on");
    let both: Vec<(&str, &Value, &Value)> = case.slips.iter().map(|s| (s.member.as_str(), &s.original, &s.effective)).collect();
    assert_eq!(
        both,
        [
            ("party.name", &json!("武汉某某歌舞娱乐有限公司"), &json!("武汉某某歌舞娱乐公司")),
            ("fields.place", &json!("武汉市东西湖区某某路18号"), &json!("武汉市东西湖区某某路81号")),
            ("withdrawn", &json!(false), &json!(true)),
        ]
    );
    let written = case.records.iter().find(|r| r.sequence == named).unwrap();
    assert!(matches!(&written.event, Event::PartyRecorded { party } if party.name == "武汉某某歌舞娱乐有限公司"), "the entry is as it was");
    let rows = office.cases(&zhao, Default::default(), None, 10).await.unwrap();
    assert_eq!(rows[0].parties, "武汉某某歌舞娱乐公司", "lists show what holds");
    office.close().await;
    let report = verify(&support::settings(place.path()), at(18, 9, 0), &mut |_| {}).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}

/// A case started before its filing, said to have begun on Friday the 14th.
async fn started<'d>(desk: &'d casework::demo::vocabulary::Desk, began: DateTime) -> Docket<'d> {
    let friday = at(14, 20, 0);
    let clue = desk.clue(at(17, 8, 10), FIRST[0], clue_of(friday, None)).await.unwrap();
    let docket = desk.accepts(at(17, 8, 20), FIRST[0], &clue, &FIRST, matter()).await.unwrap();
    let what = StartBeforeFiling {
        case: docket.case.clone(),
        reason: "监控录像可能被覆盖。".into(),
        allowed_by: "周明远".into(),
        allowed_at: began,
        at: Some(began),
    };
    start_before_filing(desk.office(), &docket.writer().await.unwrap(), what).await.unwrap();
    docket
}

async fn late_approval(docket: &Docket<'_>) -> Owed {
    let office = docket.desk.office();
    let case = docket.file().await.unwrap();
    duties::owed(&case, office.book(), office.now()).into_iter().find(|o| o.rule == "late-filing-approval").expect("the duty")
}

#[tokio::test(flavor = "multi_thread")]
async fn article_12_a_corrected_date_moves_the_duty_and_the_derivation_keeps_the_old_one() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = started(&desk, at(14, 21, 0)).await;
    // Two working days after Friday the 14th: Tuesday the 18th.
    assert_eq!(late_approval(&docket).await.binding().unwrap().date(), at(18, 0, 0).date());
    let began = entry(&docket, |r| matches!(r.event, Event::StartedBeforeFiling { .. })).await;
    let zhao = docket.writer().await.unwrap();
    desk.reach(at(17, 12, 0)).await;
    correct(desk.office(), &zhao, slip(&docket, began, "happened.from", json!("2026-08-17T08:25:00"))).await.unwrap();
    let owed = late_approval(&docket).await;
    assert_eq!(owed.binding().unwrap().date(), at(19, 0, 0).date());
    let lines = owed.due.unwrap().derivation.lines_zh();
    assert!(lines.iter().any(|l| l == "起算日原记为8月14日，已更正为8月17日。"), "{lines:?}");
    // What waits on the workbench says the same.
    let bench = desk.office().workbench(&zhao).await.unwrap();
    let row = bench.duties.iter().find(|d| d.rule == "late-filing-approval").unwrap();
    assert!(row.derivation.contains("原记为8月14日"), "{}", row.derivation);
    desk.office().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_12_a_slip_that_turns_late_into_timely_is_the_heads() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = started(&desk, at(14, 21, 0)).await;
    let office = desk.office();
    desk.reach(at(19, 9, 0)).await;
    assert_eq!(late_approval(&docket).await.state, DutyState::Overdue);
    let began = entry(&docket, |r| matches!(r.event, Event::StartedBeforeFiling { .. })).await;
    let what = slip(&docket, began, "happened.from", json!("2026-08-17T08:25:00"));
    let zhao = docket.writer().await.unwrap();
    let said = refusal(correct(office, &zhao, what.clone()).await);
    assert_eq!(said, ["更正使逾期变为按期，须由行政机关负责人作出（本制度4, 29）"]);
    let section = desk.caller("sunlihua").await.unwrap();
    assert!(matches!(correct(office, &section, what.clone()).await, Err(ActError::NotAllowed(_))));
    correct(office, &who(office, Role::AgencyHead), what).await.unwrap();
    assert!(late_approval(&docket).await.state.is_open());
    assert_ne!(late_approval(&docket).await.state, DutyState::Overdue);
    office.close().await;
}

/// Tables and columns of the database in which a text stands.
async fn stands_in(place: &Path, text: &str) -> Vec<String> {
    let mut db = database(place).await;
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetch_all(&mut db).await.unwrap();
    let mut found = vec![];
    for table in tables {
        let columns = sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA table_info(\"{table}\")"))).fetch_all(&mut db).await.unwrap();
        for column in columns {
            let column: String = column.get("name");
            let count = format!("SELECT count(*) FROM \"{table}\" WHERE instr(CAST(\"{column}\" AS TEXT), ?) > 0");
            let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count)).bind(text).fetch_one(&mut db).await.unwrap();
            if count > 0 {
                found.push(format!("{table}.{column}"));
            }
        }
    }
    found
}

async fn raises(docket: &Docket<'_>, caller: &Caller, target: u64, member: &str) {
    let what = RaiseProtection { case: docket.case.clone(), target, member: member.into(), reason: "可能暴露举报人身份。".into() };
    raise_protection(docket.desk.office(), caller, what).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn article_30_a_value_raised_to_a_secret_leaves_every_row_and_search_and_the_proof_stands() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let office = desk.office();
    let mut clue = clue_of(at(17, 8, 0), None);
    clue.content = "知情人胡测试某说，当晚有学生进入。".into();
    let clue = desk.clue(at(17, 8, 10), FIRST[0], clue).await.unwrap();
    let docket = desk.accepts(at(17, 8, 20), FIRST[0], &clue, &FIRST, matter()).await.unwrap();
    docket.files(at(17, 8, 40)).await.unwrap();
    let zhao = docket.writer().await.unwrap();
    let findings = "据在场的胡测试某反映，当晚有学生进入3号包房。";
    docket.inspects(at(17, 10, 0), at(17, 10, 30), findings, json!({})).await.unwrap();
    let mut exhibit = document(at(17, 10, 20));
    exhibit.name = "胡测试某提供的照片".into();
    exhibit.source = "现场提取".into();
    docket.attaches(at(17, 12, 30), exhibit).await.unwrap();

    let before = stands_in(place.path(), "胡测试某").await;
    for table in ["entry_values.ordinary", "evidence.name", "clues.summary"] {
        assert!(before.contains(&table.to_owned()), "{table} holds it before: {before:?}");
    }
    assert!(!office.search(&zhao, "胡测").await.unwrap().is_empty());

    let registered = entry(&docket, |r| matches!(r.event, Event::ClueRegistered { .. })).await;
    let inspected = entry(&docket, |r| matches!(&r.event, Event::PaperSubmitted { paper_kind, .. } if paper_kind.0 == "inspection-record")).await;
    let attached = entry(&docket, |r| matches!(r.event, Event::EvidenceAttached { .. })).await;
    raises(&docket, &zhao, registered, "content").await;
    raises(&docket, &zhao, inspected, "fields.findings").await;
    raises(&docket, &zhao, attached, "name").await;
    // The matter an act names beside its event is the evidence's name again.
    assert_eq!(stands_in(place.path(), "胡测试某").await, Vec::<String>::new());
    assert!(office.search(&zhao, "胡测").await.unwrap().is_empty());

    // It still opens for those who work on it, and says the same.
    let case = docket.file().await.unwrap();
    assert_eq!(case.of_kind("inspection-record").next().unwrap().text("findings"), findings);
    assert_eq!(case.evidence[0].name, "胡测试某提供的照片");
    // And goes on: a paper that touches the same record does not bring it back.
    let paper = docket.last("inspection-record").await.unwrap();
    docket.scans(at(17, 15, 0), &paper).await.unwrap();
    docket.attaches(at(17, 16, 0), document(at(17, 11, 0))).await.unwrap();
    assert_eq!(stands_in(place.path(), "胡测试某").await, Vec::<String>::new());
    let again = RaiseProtection { case: docket.case.clone(), target: attached, member: "name".into(), reason: "再次。".into() };
    assert!(complaints(raise_protection(office, &zhao, again).await)[0].1.contains("已经封存"));

    // The issued record, its scan and the exhibit stood in clear: sealed copies stand for them now.
    while office.run_jobs().await.unwrap() > 0 {}
    let case = docket.file().await.unwrap();
    let record = case.paper(&paper).unwrap();
    let files = [&record.issued.as_ref().unwrap().file, &record.scans[0].file, case.evidence[0].file.as_ref().unwrap()];
    assert!(files.iter().all(|f| !f.plain_sha256.is_empty()), "{files:?}");
    let pdf = office.open_paper_pdf(&zhao, &docket.case, &paper).await.unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    assert_eq!(support::digest(&pdf), record.issued.as_ref().unwrap().file.plain_sha256, "the same bytes, sealed");
    let now = office.now();
    office.close().await;
    assert_eq!(support::disk_holds(&place.path().join("data"), &["胡测试某"]), Vec::<String>::new());
    let report = verify(&support::settings(place.path()), now, &mut |_| {}).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert!(report.notes.iter().all(|n| !n.contains("明文副本")), "{:?}", report.notes);

    // What was named in clear is proven by what is sealed: a byte of it changed is found at both.
    let sha256 = &record.issued.as_ref().unwrap().file.sha256;
    let sealed = place.path().join("data/vault/protected").join(&sha256[..2]).join(&sha256[2..4]).join(sha256);
    let mut bytes = std::fs::read(&sealed).unwrap();
    bytes[100] ^= 1;
    std::fs::remove_file(&sealed).unwrap();
    std::fs::write(&sealed, bytes).unwrap();
    let report = verify(&support::settings(place.path()), now, &mut |_| {}).await.unwrap();
    let said: Vec<&str> = report.findings.iter().map(|f| f.text_zh.as_str()).collect();
    assert!(said.iter().any(|s| s.contains("密封的内容打不开")) && said.iter().any(|s| s.contains("内容被改动")), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn article_30_a_party_raised_to_a_secret_leaves_the_register_of_parties_and_every_sheet() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let office = desk.office();
    let docket = filed(&desk, 17, FIRST).await;
    let zhao = docket.writer().await.unwrap();
    // Recorded as an adult; the school tells later that he is none.
    let (name, number) = ("柳测试生", "11010519491231002X");
    let party = Party { kind: PartyKind::Person, name: name.into(), id_number: number.into(), phone: "027-80009911".into(), ..Party::default() };
    let what = record_party::RecordParty { case: docket.case.clone(), party };
    let made = record_party::record_party(office, &zhao, what).await.unwrap();
    docket.inspects(at(17, 10, 0), at(17, 10, 30), &format!("现场见到{name}。"), json!({})).await.unwrap();
    let clerk = who(office, Role::Archivist);
    assert_eq!(office.party_history(&clerk, number).await.unwrap().lines.len(), 1);
    let secrets = [name, number, "027-80009911"];
    assert!(!support::disk_holds(&place.path().join("data"), &secrets).is_empty(), "it stands in clear before");

    let target = entry(&docket, |r| matches!(&r.event, Event::PartyRecorded { party } if party.id == made.id)).await;
    raises(&docket, &zhao, target, "party").await;
    while office.run_jobs().await.unwrap() > 0 {}
    for secret in secrets {
        assert_eq!(stands_in(place.path(), secret).await, Vec::<String>::new());
    }
    assert!(office.search(&zhao, "柳测").await.unwrap().is_empty());
    assert!(matches!(office.party_history(&clerk, number).await, Err(ActError::NotFound)));
    // Another case records him again: his own case keeps him sealed, the register does not take him back.
    let other = filed(&desk, 18, THIRD).await;
    let party = Party { kind: PartyKind::Person, name: name.into(), id_number: number.into(), minor: true, ..Party::default() };
    let what = record_party::RecordParty { case: other.case.clone(), party: Party { minor: false, ..party.clone() } };
    record_party::record_party(office, &other.writer().await.unwrap(), what).await.unwrap();
    assert!(matches!(office.party_history(&clerk, number).await, Err(ActError::NotFound)));
    let target = entry(&other, |r| matches!(&r.event, Event::PartyRecorded { party } if party.name == name)).await;
    raises(&other, &other.writer().await.unwrap(), target, "party").await;
    while office.run_jobs().await.unwrap() > 0 {}

    assert_eq!(docket.file().await.unwrap().party(&made.id).unwrap().name, name, "who works on it still reads it");
    let now = office.now();
    office.close().await;
    assert_eq!(support::disk_holds(&place.path().join("data"), &secrets), Vec::<String>::new());
    let report = verify(&support::settings(place.path()), now, &mut |_| {}).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    // A backup taken over an earlier one keeps no clear copy either.
    let into = place.path().join("backup");
    casework::backup::backup(&support::settings(place.path()), &into, now).await.unwrap();
    assert_eq!(support::disk_holds(&into, &secrets), Vec::<String>::new());
}
