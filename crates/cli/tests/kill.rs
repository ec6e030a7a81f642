//! 第四条、第二十九条: what was acknowledged survives `kill -9` at any instant. A server is killed at
//! random moments while callers register clues; afterwards every acknowledged entry is there, no
//! number is doubled or missing, and `verify` finds nothing wrong. On both databases.

mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use support::*;

const CALLERS: usize = 8;

#[test]
fn article_29_nothing_acknowledged_is_lost_when_killed_on_sqlite() {
    let place = tempfile::tempdir().expect("a place");
    campaign(place.path(), None);
}

#[test]
fn article_29_nothing_acknowledged_is_lost_when_killed_on_postgres() {
    let Some(database) = database_of_its_own("kill") else { return };
    let place = tempfile::tempdir().expect("a place");
    campaign(place.path(), Some(&database));
}

fn rounds() -> u32 {
    if std::env::var("LIUHEN_SOAK").is_ok() { 1_000 } else { 50 }
}

fn campaign(place: &Path, database: Option<&str>) {
    let office = Place { data: place.join("data"), database: database.map(str::to_owned) };
    let token = office.first_account();
    let acknowledged: Acknowledged = Arc::default();
    let seed = std::env::var("LIUHEN_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_190_930);
    println!("seed {seed}");
    let mut random = seed;
    let asked = Arc::new(AtomicU64::new(0));
    for round in 0..rounds() {
        let mut server = office.serve();
        let stop = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (stop, acknowledged, asked) = (stop.clone(), acknowledged.clone(), asked.clone());
                let (url, token) = (server.url.clone(), token.clone());
                std::thread::spawn(move || call_until(&url, &token, &stop, &acknowledged, &asked))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(40 + next(&mut random) % 360));
        server.process.kill().expect("kill -9");
        server.process.wait().expect("the killed process is reaped");
        stop.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.join().expect("a caller ends");
        }
        assert!(round < 3 || !acknowledged.lock().expect("acknowledged").is_empty(), "nothing was acknowledged in {round} rounds");
    }
    let server = office.serve();
    let acknowledged = acknowledged.lock().expect("acknowledged").clone();
    println!("{} rounds, {} asked, {} entries acknowledged", rounds(), asked.load(Ordering::SeqCst), acknowledged.len());
    server.holds(&acknowledged, &token);
    office.numbers_are_gapless(&server.url, &token);
    server.stop();
    let verified = office.command("verify").output().expect("verify runs");
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "verify found something wrong after {} kills:\n{said}", rounds());
}
