//! The two published cases, told to their volume on PostgreSQL as they are on SQLite.

mod support;

use casework::demo::stories;
use casework::verify::verify;
use jiff::civil::date;
use procedure::case::Stage;
use support::desk::*;
use tempfile::tempdir;

#[tokio::test(flavor = "multi_thread")]
async fn the_internet_cafe_of_2021_is_told_on_postgres() {
    let place = tempdir().unwrap();
    let Some(settings) = on_postgres(place.path()).await else { return };
    let desk = desk_with(settings.clone(), stories::INTERNET_CAFE_BEGINS).await;
    let case = stories::internet_cafe(&desk, Default::default()).await.unwrap().file().await.unwrap();
    assert_eq!(case.stage(), Stage::Archived);
    let mut flaws: Vec<&str> = case.flaws.iter().map(|f| f.flaw.rule.as_str()).collect();
    flaws.sort_unstable();
    flaws.dedup();
    assert_eq!(flaws, ["filed-before-investigation", "service-on-working-day"]);
    let now = desk.office().now();
    desk.office().close().await;
    let report = verify(&settings, now, &mut |_| {}).await.unwrap();
    assert!(report.is_sound() && report.cases_checked == 1, "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ktv_of_2025_is_told_on_postgres() {
    let place = tempdir().unwrap();
    let Some(settings) = on_postgres(place.path()).await else { return };
    let desk = desk_with(settings.clone(), stories::KTV_BEGINS).await;
    let case = stories::ktv(&desk, Default::default()).await.unwrap().file().await.unwrap();
    assert_eq!((case.stage(), case.filed_on), (Stage::Archived, Some(date(2025, 11, 6))));
    assert!(case.flaws.is_empty(), "{:?}", case.flaws);
    let now = desk.office().now();
    desk.office().close().await;
    let report = verify(&settings, now, &mut |_| {}).await.unwrap();
    assert!(report.is_sound() && report.cases_checked == 1, "{:?}", report.findings);
}
