//! 第九条、第二十九条: a full or broken disk is told in plain words; what was acknowledged stays, what was
//! not is not half there, and work goes on when there is room again.

mod support;

use casework::{ActError, Office};
use casework::acts::record_party::{RecordParty, record_party};
use procedure::event::Party;
use support::*;
use tempfile::tempdir;
use vault::Step;
use vault::testing::{Failure, Faults, Moment};

fn not_writable<T: std::fmt::Debug>(done: Result<T, ActError>) -> String {
    match done {
        Err(ActError::NotWritable(why)) => why,
        other => panic!("written: {other:?}"),
    }
}

async fn uploaded(office: &Office, bytes: &[u8]) -> Result<casework::intake::Taken, ActError> {
    let mut intake = office.take_in("照片.png", Some(bytes.len() as u64)).await?;
    intake.write(bytes).await?;
    intake.seal().await
}

#[tokio::test(flavor = "multi_thread")]
async fn article_09_a_disk_full_during_an_upload_is_said_and_the_next_upload_goes_through() {
    let place = tempdir().unwrap();
    let faults = Faults::planned();
    let mut settings = settings(place.path());
    settings.vault_faults = faults.clone();
    let office = Office::open(settings, casework::Clock::at(monday())).await.unwrap();
    let people = people(&office).await;
    let case = case_with_evidence(&office, &people).await;
    for step in [Step::Write, Step::Sync, Step::SyncFolder, Step::Rename] {
        let before = office.case_file(&people.zhao, &case).await.unwrap().case.records.len();
        faults.fail(Moment::Before, step, 1, Failure::NoSpace);
        let why = not_writable(uploaded(&office, &picture(64)).await);
        assert!(why.contains("磁盘空间不足") && why.contains("重新上传"), "{step}: {why}");
        assert!(faults.spent(), "{step}");
        let after = office.case_file(&people.zhao, &case).await.unwrap().case.records.len();
        assert_eq!(before, after, "an upload that failed is no entry");
        attach(&office, &people, &case, "空间腾出后的照片", false, "a.png", &picture(64)).await;
    }
    let report = casework::verify::verify(&support::settings(place.path()), office.now(), &mut |_| {}).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_09_a_broken_disk_stops_intake_and_reading_goes_on() {
    let place = tempdir().unwrap();
    let faults = Faults::planned();
    let mut settings = settings(place.path());
    settings.vault_faults = faults.clone();
    let office = Office::open(settings, casework::Clock::at(monday())).await.unwrap();
    let people = people(&office).await;
    let case = case_with_evidence(&office, &people).await;
    faults.fail_before(Step::Sync);
    assert!(uploaded(&office, &picture(64)).await.is_err());
    let why = not_writable(uploaded(&office, &picture(64)).await);
    assert!(why.contains("已停止收文件") && why.contains("可以照常查看"), "{why}");
    assert_eq!(office.case_file(&people.zhao, &case).await.unwrap().case.evidence.len(), 3);
    office.close().await;
    let office = reopen(place.path(), monday().saturating_add(jiff::Span::new().hours(1))).await;
    attach(&office, &people, &case, "重新启动后的照片", false, "a.png", &picture(64)).await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_29_a_disk_full_during_commit_loses_nothing_and_work_goes_on_when_there_is_room() {
    let place = tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    let case = case_with_evidence(&office, &people).await;
    let now = office.now();
    office.close().await;
    // Something else fills the disk: the database may grow by a few pages only.
    let mut other = desk::database(place.path()).await;
    sqlx::query("CREATE TABLE someone_elses (bytes BLOB)").execute(&mut other).await.unwrap();
    sqlx::query("INSERT INTO someone_elses VALUES (zeroblob(2000000))").execute(&mut other).await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut other).await.unwrap();
    let mut tight = settings(place.path());
    tight.sqlite_pragmas = vec![("max_page_count".into(), (pages + 4).to_string())];
    let office = Office::open(tight, casework::Clock::at(now)).await.unwrap();
    let party = |n: usize| RecordParty {
        case: case.clone(),
        party: Party { name: format!("当事人{n}{}", "很长的名称".repeat(400)), ..Party::default() },
    };
    let mut acknowledged = 0;
    let why = loop {
        match record_party(&office, &people.zhao, party(acknowledged)).await {
            Ok(_) => acknowledged += 1,
            done => break not_writable(done),
        }
        assert!(acknowledged < 1_000, "the disk never fills");
    };
    assert!(why.contains("磁盘空间不足，记录没有写入") && why.contains("已保存的内容不受影响"), "{why}");
    let file = office.case_file(&people.zhao, &case).await.unwrap();
    assert_eq!(file.case.parties.len(), 1 + acknowledged, "reading goes on, and nothing is half there");
    // Room again, without a restart.
    sqlx::query("DELETE FROM someone_elses").execute(&mut other).await.unwrap();
    record_party(&office, &people.zhao, party(acknowledged)).await.unwrap();
    let file = office.case_file(&people.zhao, &case).await.unwrap();
    assert_eq!(file.case.parties.len(), 2 + acknowledged);
    office.close().await;
    sqlx::query("DROP TABLE someone_elses").execute(&mut other).await.unwrap();
    let report = casework::verify::verify(&settings(place.path()), now, &mut |_| {}).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}
