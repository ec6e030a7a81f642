//! 第二十九条: a backup is taken while sixty-four write, killed at random moments, and taken again into
//! the same folder: the one that ends restores whole, and everything acknowledged before it began is
//! in it. On both databases.

mod support;

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::*;

const WRITERS: usize = 64;
const KILLS: usize = 20;

#[test]
fn article_29_a_backup_under_sixty_four_writers_killed_and_taken_again_restores_whole_on_sqlite() {
    let place = tempfile::tempdir().expect("a place");
    told_on(place.path(), None);
}

#[test]
fn article_29_a_backup_under_sixty_four_writers_killed_and_taken_again_restores_whole_on_postgres() {
    let (Some(first), Some(second)) = (database_of_its_own("backup"), database_of_its_own("restored")) else { return };
    let place = tempfile::tempdir().expect("a place");
    told_on(place.path(), Some((first, second)));
}

fn told_on(place: &Path, databases: Option<(String, String)>) {
    let (first, second) = databases.unzip();
    let office = Place { data: place.join("data"), database: first };
    let token = office.first_account();
    let server = office.serve();
    let acknowledged = Acknowledged::default();
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (stop, acknowledged, asked) = (stop.clone(), acknowledged.clone(), asked.clone());
            let (url, token) = (server.url.clone(), token.clone());
            std::thread::spawn(move || call_until(&url, &token, &stop, &acknowledged, &asked))
        })
        .collect();
    while acknowledged.lock().expect("acknowledged").len() < WRITERS {
        std::thread::sleep(Duration::from_millis(20));
    }
    let into = place.join("backup");
    let backup = || {
        let mut command = office.command("backup");
        command.arg(&into).stdout(Stdio::null());
        command
    };
    let begun = Instant::now();
    assert!(backup().status().expect("backup runs").success(), "the first backup");
    let took = begun.elapsed();
    let seed = std::env::var("LIUHEN_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_190_930);
    println!("seed {seed}, a backup takes {took:?}");
    let mut random = seed;
    let mut killed = 0;
    for _ in 0..KILLS {
        let mut process = backup().spawn().expect("backup starts");
        std::thread::sleep(took.mul_f64((next(&mut random) % 1_000) as f64 / 1_000.0));
        process.kill().expect("kill -9");
        let ended = process.wait().expect("the killed process is reaped");
        killed += usize::from(ended.signal() == Some(9));
    }
    assert!(killed > 0, "no backup was killed under way");

    let before = acknowledged.lock().expect("acknowledged").clone();
    assert!(backup().status().expect("backup runs").success(), "the backup after {killed} kills");
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.join().expect("a writer ends");
    }
    let after = acknowledged.lock().expect("acknowledged").len();
    println!("{killed} backups killed; {} entries before the last one, {after} at its end", before.len());
    assert!(after > before.len(), "nobody wrote while the backup was taken");
    server.stop();

    let restored = Place { data: place.join("restored"), database: second };
    let copied = Command::new("cp").arg("-a").arg(place.join("data.keys")).arg(place.join("restored.keys")).status();
    assert!(copied.expect("cp runs").success());
    let told = restored.command("restore").arg(&into).output().expect("restore runs");
    let said = format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.status.success(), "restore ends with a verification that finds nothing:\n{said}");
    let server = restored.serve();
    server.holds(&before, &token);
    restored.numbers_are_gapless(&server.url, &token);
    server.stop();
}
