//! A bureau served by the real binary: started, called by many at once, killed, looked at again.
#![allow(dead_code)] // each test binary uses its own part of it

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub const LIUHEN: &str = env!("CARGO_BIN_EXE_liuhen");

/// Entries acknowledged to callers: sequence to entry hash.
pub type Acknowledged = Arc<Mutex<BTreeMap<u64, String>>>;

/// The address of an empty PostgreSQL database; none where there is no server for the tests.
pub fn database_of_its_own(what: &str) -> Option<String> {
    let Ok(base) = std::env::var("LIUHEN_TEST_POSTGRES") else {
        assert!(std::env::var("LIUHEN_REQUIRE_POSTGRES").is_err(), "PostgreSQL is required: run through scripts/with-postgres");
        eprintln!("LIUHEN_TEST_POSTGRES is not set: run through scripts/with-postgres");
        return None;
    };
    let name = format!("liuhen_{what}_{}", std::process::id());
    let status = Command::new("psql").arg(format!("{base}postgres")).args(["-qc", &format!("CREATE DATABASE {name}")]).status();
    assert!(status.expect("psql runs").success(), "a database of its own");
    Some(format!("{base}{name}"))
}

/// Registers clues one after the other until told to stop, and keeps what was acknowledged.
pub fn call_until(url: &str, token: &str, stop: &AtomicBool, acknowledged: &Acknowledged, asked: &AtomicU64) {
    while !stop.load(Ordering::SeqCst) {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        let clue = json!({
            "source": "inspection", "channel": "现场检查", "received_at": "2024-05-06T09:00:00+08:00", "category": "网吧",
            "target": format!("虚构网吧第{number}号"), "content": "巡查发现未核对证件（虚构）", "reply_wanted": false,
        });
        let answer = ureq::post(format!("{url}/api/v1/acts/register-clue"))
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", format!("call-{number}"))
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
pub struct Place {
    pub data: PathBuf,
    pub database: Option<String>,
}

pub struct Server {
    pub process: Child,
    pub url: String,
}

impl Server {
    /// Every entry acknowledged is there, and is the one that was acknowledged.
    pub fn holds(&self, acknowledged: &BTreeMap<u64, String>, token: &str) {
        for (sequence, hash) in acknowledged {
            let entry = get(&format!("{}/api/v1/ledger/entries/{sequence}", self.url), token);
            assert_eq!(entry["entry_hash"].as_str(), Some(hash.as_str()), "entry {sequence} is the one acknowledged");
        }
    }

    pub fn stop(mut self) {
        self.process.kill().expect("stop");
        self.process.wait().expect("stopped");
    }
}

impl Place {
    pub fn command(&self, name: &str) -> Command {
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
    pub fn first_account(&self) -> String {
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

    pub fn serve(&self) -> Server {
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
    pub fn numbers_are_gapless(&self, url: &str, token: &str) {
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

pub fn get(url: &str, token: &str) -> Value {
    let mut answer = ureq::get(url).header("authorization", format!("Bearer {token}")).call().unwrap_or_else(|e| panic!("{url}: {e}"));
    answer.body_mut().read_json().expect("json")
}

/// A small generator, so that a failing campaign can be run again from its seed.
pub fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 16
}
