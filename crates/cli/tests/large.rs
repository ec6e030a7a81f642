//! 第九条: a recording longer than 2^32 bytes is taken in through the real server, both digests as
//! `openssl` gives them, in bounded memory; and what lies beyond the four gigabytes is served by range.

mod support;

use casework::acts::{accept_clue, register_clue};
use casework::people::PutAccount;
use casework::{Caller, Clock, Office, Settings};
use procedure::event::ClueSource;
use procedure::ids::*;
use procedure::people::Role;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use support::*;

const LEN_BYTES: u64 = (1 << 32) + 70_001;
const BLOCK_BYTES: usize = 1 << 20;
const GROWTH_MAX_KIB: u64 = 64 << 10;
const PASSWORD: &str = "a password of the tests";

/// A film's beginning, then blocks that each bear their number: none is like another.
struct Film {
    block: Vec<u8>,
}

impl Film {
    fn new() -> Film {
        let mut block: Vec<u8> = (0..BLOCK_BYTES as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        block[8..32].copy_from_slice(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom");
        Film { block }
    }

    /// The block with this number; of the first, the type is read.
    fn block(&mut self, number: u64) -> &[u8] {
        let mark = if number == 0 { *b"\0\0\0\x18ftyp" } else { number.to_be_bytes() };
        self.block[..8].copy_from_slice(&mark);
        let left = LEN_BYTES - number * BLOCK_BYTES as u64;
        &self.block[..usize::try_from(left).unwrap().min(BLOCK_BYTES)]
    }

    fn send(&mut self, to: &mut impl Write) {
        for number in 0..LEN_BYTES.div_ceil(BLOCK_BYTES as u64) {
            to.write_all(self.block(number)).expect("the bytes are taken");
        }
    }

    fn range(&mut self, from: u64, to: u64) -> Vec<u8> {
        let whole = BLOCK_BYTES as u64;
        (from..=to).map(|at| self.block(at / whole)[(at % whole) as usize]).collect()
    }
}

fn openssl(digest: &str) -> String {
    let mut child = Command::new("openssl")
        .args(["dgst", digest, "-r"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl runs");
    Film::new().send(&mut child.stdin.take().expect("its input"));
    let told = child.wait_with_output().expect("openssl ends");
    String::from_utf8_lossy(&told.stdout)[..64].to_owned()
}

/// Two handlers, an archivist and a case, made before the server starts.
async fn bureau(data: &Path) -> (String, [String; 2]) {
    let mut settings = Settings::new(data);
    if std::env::var_os("LIUHEN_FONTS").is_none() {
        settings.fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts");
    }
    let office = Office::open(settings, Clock::System).await.expect("the office opens");
    let mut callers = vec![];
    for (account, name, role) in [("zhao", "赵某甲", Role::Officer), ("qian", "钱某乙", Role::Officer), ("feng", "冯某庚", Role::Archivist)] {
        let what = PutAccount {
            account: account.into(),
            officer: Some(format!("p-{account}")),
            name: name.into(),
            password: Some(PASSWORD.into()),
            roles: vec![role],
            department: "demo".into(),
            must_change: false,
            disabled: false,
        };
        office.put_account(&office.operator(), what).await.expect("an account");
        callers.push(Caller::new(office.person(&PersonId(format!("p-{account}"))).expect("a person"), "test"));
    }
    let clue = register_clue::RegisterClue {
        source: ClueSource::Inspection,
        channel: "日常检查".into(),
        received_at: office.now(),
        category: "网吧".into(),
        target: "虚构网吧".into(),
        content: "检查发现未核对证件（虚构）".into(),
        informant: None,
        transferring_body: None,
        reply_wanted: false,
    };
    let clue = register_clue::register_clue(&office, &callers[0], clue).await.expect("a clue").id;
    let handlers = callers[..2].iter().map(|c| c.person.id.clone()).collect();
    let what = accept_clue::AcceptClue { clue: ClueId(clue), opinion: "受案核查".into(), handlers, at: None };
    let case = accept_clue::accept_clue(&office, &callers[0], what).await.expect("a case").id;
    let tokens = [office.make_token("zhao", "test").await.expect("a token"), office.make_token("feng", "test").await.expect("a token")];
    office.close().await;
    (case, tokens)
}

fn memory_kib(process: u32, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line = status.lines().find_map(|l| l.strip_prefix(what)).expect("a line of memory");
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("a number")
}

fn act(url: &str, token: &str, name: &str, body: Value) -> Value {
    let answer = ureq::post(format!("{url}/api/v1/acts/{name}")).header("authorization", format!("Bearer {token}")).send_json(&body);
    answer.unwrap_or_else(|e| panic!("{name}: {e}")).body_mut().read_json().expect("json")
}

#[test]
fn article_09_more_than_four_gigabytes_are_taken_in_whole_and_served_by_range() {
    let place = tempfile::tempdir().expect("a place");
    let office = Place { data: place.path().join("data"), database: None };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (case, [zhao, feng]) = runtime.block_on(bureau(&office.data));
    let server = office.serve();
    let process = server.process.id();
    let before_kib = memory_kib(process, "VmRSS");

    let address = server.url.trim_start_matches("http://").to_owned();
    let query = "file=a.mp4&kind=audio-visual&name=film&source=camera&from=2026-01-05T09:00:00%2B08:00&footage=true";
    let mut upload = TcpStream::connect(&address).expect("a connection");
    write!(
        upload,
        "POST /api/v1/cases/{case}/evidence?{query} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {zhao}\r\n\
         content-type: application/octet-stream\r\ncontent-length: {LEN_BYTES}\r\nconnection: close\r\n\r\n"
    )
    .expect("a request");
    let mut film = Film::new();
    film.send(&mut upload);
    let mut answer = String::new();
    upload.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let grown_kib = memory_kib(process, "VmHWM").saturating_sub(before_kib);
    assert!(grown_kib < GROWTH_MAX_KIB, "the server's memory grew by {grown_kib} KiB");
    let receipt: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).expect("a body")).expect("json");
    assert_eq!(receipt["file"]["len_bytes"], LEN_BYTES);
    assert_eq!(receipt["file"]["media_type"], "video/mp4");
    let sha256 = std::thread::spawn(|| openssl("-sha256"));
    assert_eq!(receipt["file"]["sm3"], openssl("-sm3"));
    assert_eq!(receipt["file"]["sha256"], sha256.join().expect("openssl"));

    let (evidence, until) = (&receipt["id"], "2099-01-01T00:00:00+08:00");
    let asked = json!({ "case": case, "evidence": [evidence], "reason": "核对", "mode": "view", "until": until });
    let grant = act(&server.url, &zhao, "request-grant", asked);
    act(&server.url, &feng, "give-grant", json!({ "grant": grant["id"] }));
    let opened = json!({ "case": case, "evidence": evidence, "reason": "核对", "mode": "view" });
    let viewing = act(&server.url, &zhao, "open-viewing", opened);
    let viewing = viewing["id"].as_str().expect("a viewing");
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).build().into();
    let signed = agent.post(format!("{}/sign-in", server.url)).send_form([("account", "zhao"), ("password", PASSWORD), ("next", "/")]);
    let signed = signed.expect("signed in");
    let cookie = signed.headers()["set-cookie"].to_str().expect("a cookie").split(';').next().expect("a value").to_owned();
    for (from, to) in [(0, 31), ((1 << 32) - 7, (1 << 32) + 9), ((1 << 32) + 60_000, LEN_BYTES - 1)] {
        let range = agent
            .get(format!("{}/viewings/{viewing}/bytes", server.url))
            .header("cookie", &cookie)
            .header("range", format!("bytes={from}-{to}"))
            .call();
        let mut range = range.expect("a range");
        assert_eq!(range.status(), 206);
        assert_eq!(range.headers()["content-range"], format!("bytes {from}-{to}/{LEN_BYTES}"));
        assert_eq!(range.body_mut().read_to_vec().expect("bytes"), film.range(from, to));
    }
    server.stop();
}
