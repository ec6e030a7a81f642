//! 第八条: thirty-two at once take numbers of one series: none is doubled and none is missing, and every
//! paper that was approved is issued under its own.

mod support;

use casework::acts::record_party::{RecordParty, record_party};
use casework::acts::register_clue::register_clue;
use casework::demo::vocabulary::Desk;
use casework::{Caller, Settings};
use futures_util::future::join_all;
use jiff::civil::date;
use procedure::event::{Party, PartyKind};
use procedure::ids::*;
use serde_json::json;
use std::collections::BTreeSet;
use support::desk::*;
use tempfile::tempdir;

const MANY: usize = 32;

async fn told_on(settings: Settings) {
    let desk: Desk = desk_with(settings.clone(), DAY).await;
    let office = desk.office();
    let zhao = desk.caller(FIRST[0]).await.unwrap();

    // Numbers of clues: the act itself takes them.
    desk.reach(at(17, 8, 30)).await;
    let taken = join_all((0..MANY).map(|_| async { register_clue(office, &zhao, clue_of(at(17, 8, 0), None)).await.unwrap().id })).await;
    let rows = office.clues(&zhao, Default::default(), None, 100).await.unwrap();
    let numbers: BTreeSet<String> = rows.iter().filter(|r| taken.contains(&r.id)).filter_map(|r| r.number.clone()).collect();
    assert_eq!(numbers.len(), MANY, "none is doubled");
    let mut ordinals: Vec<u32> = numbers.iter().map(|n| ordinal(n)).collect();
    ordinals.sort_unstable();
    assert_eq!(ordinals, (1..=MANY as u32).collect::<Vec<_>>(), "none is missing");

    // Numbers of papers: eight cases make four records each, and four runners issue them.
    let mut cases = vec![];
    for i in 0..8_usize {
        let clue = ClueId(taken[i].clone());
        cases.push(desk.accepts(at(17, 9, i as i8), FIRST[0], &clue, &FIRST, matter()).await.unwrap());
    }
    desk.reach(at(17, 16, 0)).await;
    let notice = |docket: usize, n: usize| {
        let docket = &cases[docket];
        let own = json!({
            "stage": "调查取证", "place": "某某路18号", "told_at": format!("2026-08-17T1{n}:10"),
            "rights": ["陈述", "申辩", "申请执法人员回避", "核对、补正笔录", "拒绝回答与本案无关的问题"],
            "duties": ["如实回答询问", "协助调查或者检查", "地址变更及时书面告知"], "recusal": { "told": true, "answer": "不申请回避" },
            "address_confirmation": { "recipient": "张某某", "address": "某某路18号", "phone": "027-80010001", "electronic_consent": false },
            "party_reply": "已经知悉。", "date": "2026-08-17",
        });
        async move { docket.submits(FIRST[0], "rights-notice", &docket.party.0, own, "").await }
    };
    let runners = join_all((0..4).map(|_| async {
        for _ in 0..40 {
            office.run_jobs().await.unwrap();
            tokio::task::yield_now().await;
        }
    }));
    let (made, _) = tokio::join!(join_all((0..MANY).map(|i| notice(i % 8, i / 8))), runners);
    let papers: BTreeSet<String> = made.into_iter().map(|m| m.unwrap().0).collect();
    while office.run_jobs().await.unwrap() > 0 {}
    let mut ordinals = vec![];
    for docket in &cases {
        let case = docket.file().await.unwrap();
        for paper in case.papers.iter().filter(|p| papers.contains(&p.id.0)) {
            assert!(paper.issued.is_some(), "{:?}", paper.state);
            ordinals.push(paper.series.clone().unwrap().1);
        }
    }
    ordinals.sort_unstable();
    assert_eq!(ordinals, (1..=MANY as u64).collect::<Vec<_>>(), "none is doubled, none is missing");
    let now = office.now();
    office.close().await;
    let report = casework::verify::verify(&settings, now, &mut |_| {}).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}

/// The last digits of a number such as 线索〔2026〕7号.
fn ordinal(number: &str) -> u32 {
    let digits: Vec<&str> = number.split(|c: char| !c.is_ascii_digit()).filter(|d| !d.is_empty()).collect();
    digits.last().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn article_08_numbers_taken_at_once_have_neither_gap_nor_double_on_sqlite() {
    let place = tempdir().unwrap();
    told_on(support::settings(place.path())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn article_08_numbers_taken_at_once_have_neither_gap_nor_double_on_postgres() {
    let place = tempdir().unwrap();
    let Some(settings) = on_postgres(place.path()).await else { return };
    told_on(settings).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn article_08_the_same_request_from_thirty_two_windows_is_one_clue() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    desk.reach(at(17, 8, 30)).await;
    let zhao = desk.caller(FIRST[0]).await.unwrap();
    let zhao = Caller { once: Some(("一次".into(), "同一表单".into())), ..zhao };
    let all = join_all((0..MANY).map(|_| register_clue(desk.office(), &zhao, clue_of(date(2026, 8, 17).at(8, 0, 0, 0), None)))).await;
    let ids: BTreeSet<String> = all.into_iter().map(|r| r.unwrap().id).collect();
    assert_eq!(ids.len(), 1);
    desk.office().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_party_recorded_in_many_cases_at_once_is_recorded_in_each_and_registered_once() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let office = desk.office();
    let mut cases = vec![];
    for i in 0..8 {
        let clue = desk.clue(at(17, 8, 10 + i), FIRST[0], clue_of(at(17, 8, 0), None)).await.unwrap();
        cases.push(desk.accepts(at(17, 9, i), FIRST[0], &clue, &FIRST, matter()).await.unwrap().case);
    }
    let zhao = desk.caller(FIRST[0]).await.unwrap();
    let number = "91500102MA612XK23A";
    let party = Party { kind: PartyKind::Organisation, name: "重庆某某歌城".into(), id_number: number.into(), ..Party::default() };
    let recorded = join_all(cases.iter().map(|case| {
        let what = RecordParty { case: case.clone(), party: party.clone() };
        record_party(office, &zhao, what)
    }));
    for receipt in recorded.await {
        receipt.unwrap();
    }
    assert_eq!(office.party_history(&zhao, number).await.unwrap().lines.len(), 1);
    for case in &cases {
        assert!(office.case_file(&zhao, case).await.unwrap().case.parties.iter().any(|p| p.id_number == number));
    }
    office.close().await;
}
