//! 第四条、第二十九条: what was acknowledged survives `kill -9` at any instant. A server is killed at
//! random moments while callers register clues; afterwards every acknowledged entry is there, no
//! number is doubled or missing, and `verify` finds nothing wrong. On both databases.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LIUHEN: &str = env!("CARGO_BIN_EXE_liuhen");
const CALLERS: usize = 8;

/// Entries acknowledged to callers: sequence to entry hash.
type Acknowledged = Arc<Mutex<BTreeMap<u64, String>>>;

#[test]
fn article_29_nothing_acknowledged_is_lost_when_killed_on_sqlite() {
    let place = tempfile::tempdir().expect("a place");
    campaign(place.path(), None);
}

#[test]
fn article_29_nothing_acknowledged_is_lost_when_killed_on_postgres() {
    let Ok(base) = std::env::var("LIUHEN_TEST_POSTGRES") else {
        assert!(std::env::var("LIUHEN_REQUIRE_POSTGRES").is_err(), "PostgreSQL is required: run through scripts/with-postgres");
        eprintln!("LIUHEN_TEST_POSTGRES is not set: run through scripts/with-postgres");
        return;
    };
    let name = format!("liuhen_kill_{}", std::process::id());
    let status = Command::new("psql").arg(format!("{base}postgres")).args(["-qc", &format!("CREATE DATABASE {name}")]).status();
    assert!(status.expect("psql runs").success(), "a database of its own");
    let place = tempfile::tempdir().expect("a place");
    campaign(place.path(), Some(&format!("{base}{name}")));
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
    for (sequence, hash) in &acknowledged {
        let entry = get(&format!("{}/api/v1/ledger/entries/{sequence}", server.url), &token);
        assert_eq!(entry["entry_hash"].as_str(), Some(hash.as_str()), "entry {sequence} is the one acknowledged");
    }
    office.numbers_are_gapless(&server.url, &token);
    server.stop();
    let verified = office.command("verify").output().expect("verify runs");
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "verify found something wrong after {} kills:\n{said}", rounds());
}

fn call_until(url: &str, token: &str, stop: &AtomicBool, acknowledged: &Acknowledged, asked: &AtomicU64) {
    while !stop.load(Ordering::SeqCst) {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        let clue = json!({
            "source": "inspection", "channel": "现场检查", "received_at": "2024-05-06T09:00:00+08:00", "category": "网吧",
            "target": format!("虚构网吧第{number}号"), "content": "巡查发现未核对证件（虚构）", "reply_wanted": false,
        });
        let answer = ureq::post(format!("{url}/api/v1/acts/register-clue"))
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", format!("kill-{number}"))
            .send_json(&clue);
        let Ok(mut answer) = answer else { continue };
        let Ok(receipt) = answer.body_mut().read_json::<Value>() else { continue };
        let mut kept = acknowledged.lock().expect("acknowledged");
        for entry in receipt["entries"].as_array().into_iter().flatten() {
            if let (Some(sequence), Some(hash)) = (entry["sequence"].as_u64(), entry["entry_hash"].as_str()) {
                let before = kept.insert(sequence, hash.to_owned());
                assert!(before.is_none_or(|b| b == hash), "sequence {sequence} was given twice");
            }
        }
    }
}

/// A bureau's directory and database.
struct Place {
    data: PathBuf,
    database: Option<String>,
}

struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn stop(mut self) {
        self.process.kill().expect("stop");
        self.process.wait().expect("stopped");
    }
}

impl Place {
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(LIUHEN);
        command.args(name.split(' ')).arg("--data").arg(&self.data).env("LIUHEN_LOG", "error");
        if std::env::var_os("LIUHEN_FONTS").is_none() {
            command.env("LIUHEN_FONTS", Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts"));
        }
        if let Some(url) = &self.database {
            command.args(["--database", url]);
        }
        command
    }

    /// An officer's account and its token, made at the command line.
    fn first_account(&self) -> String {
        let added = self
            .command("user add li.xunchong --name 虚构人员甲 --role officer --role supervisor --department demo")
            .env("LIUHEN_PASSWORD", "a-long-enough-secret")
            .output()
            .expect("user add runs");
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let token = self.command("user token li.xunchong").output().expect("user token runs");
        assert!(token.status.success(), "{}", String::from_utf8_lossy(&token.stderr));
        String::from_utf8_lossy(&token.stdout).trim().to_owned()
    }

    fn serve(&self) -> Server {
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let url = format!("http://127.0.0.1:{port}");
        let began = Instant::now();
        let mut process = self
            .command("serve")
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("serve starts");
        loop {
            if ureq::get(format!("{url}/healthz")).call().is_ok() {
                return Server { process, url };
            }
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not come up");
            if let Some(status) = process.try_wait().expect("the server's state") {
                // PostgreSQL may still hold the killed process's lock for a moment.
                assert!(began.elapsed() < Duration::from_secs(30), "the server ended with {status}");
                std::thread::sleep(Duration::from_millis(200));
                process = self
                    .command("serve")
                    .args(["--listen", &format!("127.0.0.1:{port}")])
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .expect("serve starts");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Numbers of clues run from one without a gap, none twice.
    fn numbers_are_gapless(&self, url: &str, token: &str) {
        let mut numbers = vec![];
        let mut after = String::new();
        loop {
            let page = get(&format!("{url}/api/v1/clues?limit=200{after}"), token);
            for clue in page["items"].as_array().into_iter().flatten() {
                let text = clue["number"].as_str().unwrap_or_default();
                let ordinal = text.rsplit('〕').next().and_then(|t| t.trim_end_matches('号').parse::<u64>().ok());
                numbers.push(ordinal.unwrap_or_else(|| panic!("{text} is no clue number")));
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        numbers.sort_unstable();
        let expected: Vec<u64> = (1..=numbers.len() as u64).collect();
        assert_eq!(numbers, expected, "numbers are doubled or missing");
    }
}

fn get(url: &str, token: &str) -> Value {
    let mut answer = ureq::get(url).header("authorization", format!("Bearer {token}")).call().unwrap_or_else(|e| panic!("{url}: {e}"));
    answer.body_mut().read_json().expect("json")
}

/// A small generator, so that a failing campaign can be run again from its seed.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 16
}
