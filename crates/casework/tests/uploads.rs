//! 第二十九条: bytes that came in and were never named by an act do not lie about: their handle ends,
//! and they are taken away. What an act has named stays.

mod support;

use casework::acts::attach_evidence::attach_evidence;
use casework::verify::vault_unclaimed;
use casework::intake::Taken;
use casework::{ActError, Office, Settings};
use support::*;
use tempfile::tempdir;

async fn upload(office: &Office, bytes: &[u8]) -> Taken {
    let mut intake = office.take_in("照片.png", Some(bytes.len() as u64)).await.unwrap();
    intake.write(bytes).await.unwrap();
    intake.seal().await.unwrap()
}

async fn unclaimed(place: &std::path::Path) -> usize {
    vault_unclaimed(&settings(place)).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_ends_after_its_time_and_the_bytes_with_it() {
    let place = tempdir().unwrap();
    let office = open_with(Settings { upload_idle_minutes: 60, ..settings(place.path()) }).await;
    let people = people(&office).await;
    let case = case_with_evidence(&office, &people).await;
    while office.run_jobs().await.unwrap() > 0 {}
    let taken = upload(&office, &picture(77)).await;
    let handle = office.handle_of(&people.zhao, &taken).unwrap();
    assert_eq!(unclaimed(place.path()).await, 1);
    later(&office, 59);
    assert_eq!(office.taken_behind(&people.zhao, &handle).unwrap().file, taken.file);
    // A form drawn again does not make the upload any younger.
    let again = office.handle_of(&people.zhao, &office.taken_behind(&people.zhao, &handle).unwrap()).unwrap();
    later(&office, 1);
    for old in [&handle, &again] {
        let ended = office.taken_behind(&people.zhao, old);
        assert!(matches!(ended, Err(ActError::Invalid(problems)) if problems[0].field == "file" && problems[0].message.contains("重新选择文件上传")));
    }
    office.run_jobs().await.unwrap();
    assert_eq!(unclaimed(place.path()).await, 1, "an act under way has ten minutes");
    later(&office, 10);
    while office.run_jobs().await.unwrap() > 0 {}
    assert_eq!(unclaimed(place.path()).await, 0);

    // The same bytes once more, and this time an act names them: they stay.
    let taken = upload(&office, &picture(77)).await;
    later(&office, 30);
    let what = exhibit(&office, &case, taken);
    attach_evidence(&office, &people.zhao, what).await.unwrap();
    later(&office, 24 * 60);
    while office.run_jobs().await.unwrap() > 0 {}
    let now = office.now();
    office.close().await;
    let report = casework::verify::verify(&settings(place.path()), now, &mut |_| {}).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!(report.blobs_checked, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_sent_again_before_their_end_get_the_whole_time_anew() {
    let place = tempdir().unwrap();
    let office = open_with(Settings { upload_idle_minutes: 60, ..settings(place.path()) }).await;
    upload(&office, &picture(78)).await;
    later(&office, 50);
    upload(&office, &picture(78)).await;
    later(&office, 30);
    while office.run_jobs().await.unwrap() > 0 {}
    assert_eq!(unclaimed(place.path()).await, 1);
    later(&office, 41);
    while office.run_jobs().await.unwrap() > 0 {}
    assert_eq!(unclaimed(place.path()).await, 0);
    office.close().await;
}
