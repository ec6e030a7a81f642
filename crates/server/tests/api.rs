//! The second face, as an outside program meets it: over the router, with a token, against a real
//! office on SQLite. All people and places are fictitious.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use casework::people::PutAccount;
use casework::{Clock, Office, Settings};
use jiff::civil::date;
use procedure::people::Role;
use serde_json::{Value, json};
use server::desk::DeskSettings;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use tower::ServiceExt;

const PASSWORD: &str = "long enough to be a password";
const INFORMANT: &str = "尤某举";

struct Bureau {
    app: Router,
    office: Office,
    clock: Clock,
    tokens: Vec<(&'static str, String)>,
    _place: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// A problem of this kind, complete and in Chinese.
    fn problem(&self, status: u16, kind: &str) -> Value {
        let problem = self.json();
        assert_eq!(self.status.as_u16(), status, "{problem}");
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(problem["type"], format!("urn:liuhen:problem:{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        for member in ["title", "detail"] {
            let words = problem[member].as_str().expect("words");
            assert!(words.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{member}: {words}");
        }
        fits(&problem, "Problem");
        problem
    }

    fn fields(&self) -> Vec<String> {
        let problem = self.problem(422, "invalid");
        problem["fields"].as_array().expect("fields").iter().map(|f| f["field"].as_str().expect("a name").to_owned()).collect()
    }

    fn made(&self) -> String {
        assert_eq!(self.status, StatusCode::CREATED, "{}", self.text);
        fits(&self.json(), "Receipt");
        self.json()["id"].as_str().expect("an id").to_owned()
    }
}

/// Holds a value against the description, by a validator that is not ours.
fn fits(value: &Value, name: &str) {
    let components = &server::api::document()["components"];
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{name}"),
        "components": components,
    });
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let wrong: Vec<String> = validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{value:#}");
}

async fn bureau() -> Bureau {
    bureau_with(DeskSettings::default()).await
}

async fn bureau_with(desk: DeskSettings) -> Bureau {
    let place = tempfile::tempdir().expect("a place");
    let mut settings = Settings::new(place.path().join("data"));
    settings.fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts");
    settings.reserve_bytes = Some(0);
    settings.ballast_bytes = 0;
    std::fs::DirBuilder::new().mode(0o700).create(&settings.head).expect("the head's folder");
    let clock = Clock::at(date(2026, 9, 9).at(10, 0, 0, 0));
    let office = Office::open(settings, clock.clone()).await.expect("an office");
    let mut tokens = vec![];
    for (account, name, role, department) in [
        ("handler", "赵某甲", Role::Officer, "zfdd"),
        ("second", "钱某乙", Role::Officer, "zfdd"),
        ("stranger", "孙某丙", Role::Officer, "scb"),
        ("supervisor", "李某丁", Role::Supervisor, "fgk"),
        ("administrator", "周某戊", Role::SystemAdmin, "bgs"),
    ] {
        let account_wanted = PutAccount {
            account: account.into(),
            officer: Some(format!("p-{account}")),
            name: name.into(),
            password: Some(PASSWORD.into()),
            roles: vec![role],
            department: department.into(),
            must_change: false,
            disabled: false,
        };
        office.put_account(&office.operator(), account_wanted).await.expect("an account");
        tokens.push((account, office.make_token(account, "测试").await.expect("a token")));
    }
    let app = server::serve::application(office.clone(), desk);
    Bureau { app, office, clock, tokens, _place: place }
}

impl Bureau {
    fn token(&self, who: &str) -> &str {
        &self.tokens.iter().find(|(account, _)| *account == who).expect("known").1
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.app.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 64 << 20).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).expect("UTF-8") }
    }

    fn asks(&self, who: &str, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", self.token(who)))
    }

    async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(self.asks(who, "GET", path).body(Body::empty()).expect("a request")).await
    }

    async fn act(&self, who: &str, act: &str, body: Value) -> Answer {
        self.act_once(who, act, body, None).await
    }

    async fn act_once(&self, who: &str, act: &str, body: Value, key: Option<&str>) -> Answer {
        let mut request = self.asks(who, "POST", &format!("/api/v1/acts/{act}")).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    async fn upload(&self, path: &str, bytes: &'static [u8], key: Option<&str>) -> Answer {
        let mut request = self.asks("handler", "POST", path).header("content-type", "application/octet-stream");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(bytes)).expect("a request")).await
    }

    /// A case of two handlers, from a complaint.
    async fn case(&self) -> String {
        let clue = self.act("handler", "register-clue", clue()).await.made();
        self.act("handler", "accept-clue", acceptance(&clue)).await.made()
    }
}

fn clue() -> Value {
    json!({
        "source": "complaint", "channel": "电话", "received_at": "2026-09-09T09:00:00+08:00", "category": "互联网上网服务",
        "target": "某某网咖", "content": format!("{INFORMANT}反映该处接纳未成年人"),
        "informant": { "name": INFORMANT, "contact": "13800000000", "reachable": true }, "reply_wanted": true,
    })
}

fn acceptance(clue: &str) -> Value {
    json!({ "clue": clue, "opinion": "受案", "handlers": ["p-handler", "p-second"] })
}

fn evidence_path(case: &str) -> String {
    // 营业日志.txt · 营业日志复印件 · 当事人提供
    format!(
        "/api/v1/cases/{case}/evidence?file=%E8%90%A5%E4%B8%9A%E6%97%A5%E5%BF%97.txt&kind=documentary&name=%E8%90%A5%E4%B8%9A%E6%97%A5%E5%BF%97\
         &source=%E5%BD%93%E4%BA%8B%E4%BA%BA%E6%8F%90%E4%BE%9B&from=2026-09-09T09:40:00%2B08:00"
    )
}

#[tokio::test]
async fn nobody_is_known_without_a_token_that_counts() {
    let bureau = bureau().await;
    for path in ["/api/v1/cases", "/api/v1/duties", "/api/v1/ledger/head"] {
        let answer = bureau.send(Request::get(path).body(Body::empty()).unwrap()).await;
        answer.problem(401, "unauthorized");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer realm=\"liuhen\"");
    }
    for line in ["Bearer wrong", "Bearer", "Basic aGFuZGxlcjpwYXNz"] {
        let request = Request::get("/api/v1/cases").header("authorization", line).body(Body::empty()).unwrap();
        let answer = bureau.send(request).await;
        answer.problem(401, "unauthorized");
        assert!(answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap().contains("error=\"invalid_token\""), "{line}");
    }
}

#[tokio::test]
async fn a_session_of_the_pages_is_as_good_as_a_token() {
    let bureau = bureau().await;
    let session = bureau.office.sign_in("handler", PASSWORD, "一号终端").await.unwrap().unwrap();
    let request = Request::get("/api/v1/cases").header("cookie", format!("liuhen={session}")).body(Body::empty()).unwrap();
    assert_eq!(bureau.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_case_is_opened_and_read_by_its_handlers_and_unknown_to_others() {
    let bureau = bureau().await;
    let case = bureau.case().await;
    let answer = bureau.get("second", &format!("/api/v1/cases/{case}")).await;
    let shown = answer.json();
    fits(&shown, "Case");
    assert_eq!(shown["stage"], "accepted");
    assert_eq!(shown["received_at"], "2026-09-09T09:00:00+08:00");
    assert_eq!(shown["handlers"][0]["name"], "赵某甲");
    let foreign = bureau.get("stranger", &format!("/api/v1/cases/{case}")).await;
    let unknown = bureau.get("stranger", "/api/v1/cases/01900000-0000-7000-8000-000000000000").await;
    foreign.problem(404, "not-found");
    assert_eq!(foreign.text, unknown.text);
    let foreign = bureau.act("stranger", "conclude-case", json!({ "case": case, "outcome": "终结" })).await;
    foreign.problem(404, "not-found");
}

#[tokio::test]
async fn a_duty_comes_with_the_derivation_of_its_date() {
    let bureau = bureau().await;
    let case = bureau.case().await;
    let what = json!({ "case": case, "reason": "当事人正在转移设备", "allowed_by": "吴某庚", "allowed_at": "2026-09-09T09:30:00+08:00" });
    assert_eq!(bureau.act("handler", "start-before-filing", what).await.status, StatusCode::CREATED);
    let shown = bureau.get("handler", &format!("/api/v1/cases/{case}")).await.json();
    fits(&shown, "Case");
    let duties = shown["duties"].as_array().unwrap();
    let late_approval = duties.iter().find(|d| d["derivation"]["term"] == "2 working days").expect("late approval is owed");
    // Wednesday 9 September 2026: two working days end on Friday.
    assert_eq!(late_approval["due"], "2026-09-11T23:59:59+08:00");
    assert!(!late_approval["derivation"]["lines"].as_array().unwrap().is_empty());
    assert!(late_approval["article"].as_str().unwrap().contains("第十二条"), "{late_approval}");
}

#[tokio::test]
async fn lists_are_paged_by_a_cursor_and_narrowed() {
    let bureau = bureau().await;
    let mut cases = BTreeSet::new();
    for _ in 0..3 {
        cases.insert(bureau.case().await);
    }
    let first = bureau.get("handler", "/api/v1/cases?limit=2&stage=accepted").await.json();
    fits(&first, "CasePage");
    let next = first["next"].as_str().expect("more");
    let second = bureau.get("handler", &format!("/api/v1/cases?limit=2&stage=accepted&after={next}")).await.json();
    let ids = [&first, &second].into_iter().flat_map(|p| p["items"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()));
    assert_eq!(ids.collect::<BTreeSet<_>>(), cases);
    assert_eq!(second["next"], Value::Null);
    assert_eq!(bureau.get("handler", "/api/v1/cases?stage=archived").await.json()["items"], json!([]));
    assert_eq!(bureau.get("handler", "/api/v1/cases?limit=0").await.fields(), ["limit"]);
    assert_eq!(bureau.get("handler", "/api/v1/cases?after=x").await.fields(), ["after"]);
    bureau.get("handler", "/api/v1/cases?limit=many").await.problem(400, "malformed");
    bureau.get("administrator", "/api/v1/cases").await.problem(403, "forbidden");
}

#[tokio::test]
async fn everything_wrong_is_said_beside_its_field() {
    let bureau = bureau().await;
    let wrong = json!({ "source": "dream", "channel": 7, "received_at": "2026-09-09 09:00", "target": "某处", "content": "某事", "colour": "red" });
    let fields = bureau.act("handler", "register-clue", wrong).await.fields();
    let wanted = ["source", "channel", "received_at", "category", "colour"].map(str::to_owned);
    assert_eq!(fields.iter().cloned().collect::<BTreeSet<_>>(), BTreeSet::from(wanted));
    let mut later = clue();
    later["received_at"] = json!("2026-09-10T09:00:00+08:00");
    assert_eq!(bureau.act("handler", "register-clue", later).await.fields(), ["received_at"]);
    let case = bureau.case().await;
    // The last digit of a fictitious identity number is wrong (GB 11643 gives X).
    let party = json!({ "kind": "person", "name": "王某己", "id_number": "11010519491231002Y" });
    assert_eq!(bureau.act("handler", "record-party", json!({ "case": case, "party": party })).await.fields(), ["party.id_number"]);
    let party = json!({ "kind": "person", "name": "王某己", "id_number": "11010519491231002X" });
    assert!(!bureau.act("handler", "record-party", json!({ "case": case, "party": party })).await.made().is_empty());
}

#[tokio::test]
async fn a_time_of_another_zone_is_the_same_moment() {
    let bureau = bureau().await;
    let mut what = clue();
    what["received_at"] = json!("2026-09-09T01:00:00Z");
    let id = bureau.act("handler", "register-clue", what).await.made();
    assert_eq!(bureau.get("handler", &format!("/api/v1/clues/{id}")).await.json()["received_at"], "2026-09-09T09:00:00+08:00");
}

#[tokio::test]
async fn the_same_request_twice_is_done_once_and_gets_the_same_receipt() {
    let bureau = bureau().await;
    let first = bureau.act_once("handler", "register-clue", clue(), Some("k-1")).await;
    let again = bureau.act_once("handler", "register-clue", clue(), Some("k-1")).await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(again.text, first.text);
    assert_eq!(bureau.get("handler", "/api/v1/clues").await.json()["items"].as_array().unwrap().len(), 1);
    let mut other = clue();
    other["target"] = json!("另一处");
    bureau.act_once("handler", "register-clue", other, Some("k-1")).await.problem(422, "key-reused");
    // The key is the account's own: a colleague may use the same word.
    bureau.act_once("second", "register-clue", clue(), Some("k-1")).await.made();
    // What can be done only once is not refused to the one who repeats himself.
    let accepted = bureau.act_once("handler", "accept-clue", acceptance(&first.made()), Some("k-2")).await;
    let again = bureau.act_once("handler", "accept-clue", acceptance(&first.made()), Some("k-2")).await;
    assert_eq!((again.status, &again.text), (StatusCode::CREATED, &accepted.text));
    bureau.act("handler", "accept-clue", acceptance(&first.made())).await.problem(409, "conflict");
    bureau.act_once("handler", "register-clue", clue(), Some("a b")).await.problem(400, "malformed");
}

#[tokio::test]
async fn equal_requests_at_the_same_time_are_done_once() {
    let bureau = bureau().await;
    let (a, b, c, d) = tokio::join!(
        bureau.act_once("handler", "register-clue", clue(), Some("k")),
        bureau.act_once("handler", "register-clue", clue(), Some("k")),
        bureau.act_once("handler", "register-clue", clue(), Some("k")),
        bureau.act_once("handler", "register-clue", clue(), Some("k")),
    );
    let receipts: BTreeSet<String> = [a, b, c, d].into_iter().map(|answer| answer.text).collect();
    assert_eq!(receipts.len(), 1, "{receipts:#?}");
    assert_eq!(bureau.get("handler", "/api/v1/clues").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_lists_what_is_missing_with_article_and_mend() {
    let bureau = bureau().await;
    let case = bureau.case().await;
    let answer = bureau.act("handler", "conclude-case", json!({ "case": case, "outcome": "终结" })).await;
    let problem = answer.problem(409, "refused");
    let missing = problem["missing"].as_array().expect("what is missing");
    assert!(!missing.is_empty());
    for lack in missing {
        assert!(lack["article"].as_str().unwrap().contains("第"), "{lack}");
        assert!(!lack["sentence"].as_str().unwrap().is_empty() && !lack["rule"].as_str().unwrap().is_empty(), "{lack}");
    }
    assert!(missing.iter().any(|lack| lack["mend"] != ""), "{missing:#?}");
}

#[tokio::test]
async fn what_is_no_request_of_ours_is_a_problem_too() {
    let bureau = bureau().await;
    let post = |kind: &str, body: Body| {
        bureau.asks("handler", "POST", "/api/v1/acts/register-clue").header("content-type", kind).body(body).unwrap()
    };
    bureau.send(post("application/json", Body::from("{\"source\": "))).await.problem(400, "malformed");
    bureau.send(post("text/plain", Body::from("{}"))).await.problem(415, "media-type");
    let long = vec![b' '; (2 << 20) + 1];
    bureau.send(post("application/json", Body::from(long))).await.problem(413, "too-large");
    bureau.get("handler", "/api/v1/nothing").await.problem(404, "not-found");
    bureau.get("handler", "/api/v1/acts/no-such-act").await.problem(404, "not-found");
    let wrong = bureau.get("handler", "/api/v1/acts/register-clue").await;
    wrong.problem(405, "method");
    assert_eq!(wrong.headers[header::ALLOW], "POST");
}

#[tokio::test]
async fn evidence_is_uploaded_with_both_digests_in_the_receipt() {
    let bureau = bureau().await;
    let case = bureau.case().await;
    let path = evidence_path(&case);
    let first = bureau.upload(&path, b"abc", Some("u-1")).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let receipt = first.json();
    fits(&receipt, "Stored");
    // FIPS 180-2 B.1 and GB/T 32905 A.1 give both digests of "abc".
    assert_eq!(receipt["file"]["sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(receipt["file"]["sm3"], "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    assert_eq!(receipt["file"]["len_bytes"], 3);
    assert_eq!(bureau.upload(&path, b"abc", Some("u-1")).await.text, first.text);
    bureau.upload(&path, b"abd", Some("u-1")).await.problem(422, "key-reused");
    assert_eq!(bureau.upload(&path, b"", None).await.fields(), ["file"]);
    static LARGE: [u8; 3 << 20] = [7; 3 << 20];
    assert_eq!(bureau.upload(&path, &LARGE, None).await.status, StatusCode::CREATED);
    let shown = bureau.get("handler", &format!("/api/v1/cases/{case}")).await.json();
    fits(&shown, "Case");
    assert_eq!(shown["evidence"].as_array().unwrap().len(), 2);
    assert_eq!(shown["evidence"][0]["name"], "营业日志");
    assert_eq!(shown["evidence"][0]["happened"]["from"], "2026-09-09T09:40:00+08:00");
    let nameless = bureau.upload(&format!("/api/v1/cases/{case}/evidence?kind=documentary"), b"abc", None).await.fields();
    assert!(nameless.contains(&"name".to_owned()) && nameless.contains(&"from".to_owned()), "{nameless:?}");
    bureau.upload(&evidence_path("unknown"), b"abc", None).await.problem(404, "not-found");
}

#[tokio::test]
async fn who_informed_is_told_to_those_who_work_with_it_alone() {
    let bureau = bureau().await;
    let id = bureau.act("handler", "register-clue", clue()).await.made();
    let own = bureau.get("handler", &format!("/api/v1/clues/{id}")).await.json();
    fits(&own, "Clue");
    assert_eq!(own["informant"]["name"], INFORMANT);
    let seen = bureau.get("supervisor", &format!("/api/v1/clues/{id}")).await;
    fits(&seen.json(), "Clue");
    assert_eq!((&seen.json()["has_informant"], &seen.json()["informant"]), (&json!(true), &Value::Null));
    assert!(!seen.text.contains(INFORMANT) && !seen.text.contains("13800000000"), "{}", seen.text);
    bureau.get("stranger", &format!("/api/v1/clues/{id}")).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_minor_is_named_to_the_handlers_alone() {
    let bureau = bureau().await;
    let case = bureau.case().await;
    let party = json!({ "kind": "person", "name": "吴某幼", "minor": true, "phone": "13900000000" });
    bureau.act("handler", "record-party", json!({ "case": case, "party": party })).await.made();
    let path = format!("/api/v1/cases/{case}");
    assert!(bureau.get("handler", &path).await.text.contains("吴某幼"));
    let seen = bureau.get("supervisor", &path).await;
    fits(&seen.json(), "Case");
    assert_eq!(seen.json()["parties"][0]["minor"], true);
    for word in ["吴某幼", "13900000000", INFORMANT] {
        assert!(!seen.text.contains(word), "{word} in {}", seen.text);
    }
}

#[tokio::test]
async fn duties_search_registers_and_forms_are_as_described() {
    let bureau = bureau().await;
    bureau.case().await;
    let duties = bureau.get("handler", "/api/v1/duties").await.json();
    fits(&duties, "DutyList");
    assert!(!duties["items"].as_array().unwrap().is_empty());
    fits(&bureau.get("supervisor", "/api/v1/duties?scope=late").await.json(), "DutyList");
    bureau.get("handler", "/api/v1/duties?scope=late").await.problem(403, "forbidden");
    let found = bureau.get("handler", "/api/v1/search?q=%E7%BD%91%E5%92%96").await.json();
    fits(&found, "SearchResult");
    assert!(!found["items"].as_array().unwrap().is_empty(), "two characters find the case");
    assert_eq!(bureau.get("handler", "/api/v1/search?q=%E7%BD%91").await.fields(), ["q"]);
    let causes = bureau.get("handler", "/api/v1/registers/causes").await.json();
    fits(&causes, "Register");
    assert!(!causes["lines"].as_array().unwrap().is_empty());
    bureau.get("handler", "/api/v1/registers/secrets").await.problem(404, "not-found");
    let form = bureau.get("handler", "/api/v1/paper-kinds/prior-notice").await.json();
    fits(&form, "PaperKind");
    assert!(form["schema"]["properties"].is_object());
}

#[tokio::test]
async fn a_register_is_changed_by_its_keeper_alone() {
    let bureau = bureau().await;
    let what = json!({ "register": "departments", "name": "执法大队", "data": { "code": "zfdd" } });
    bureau.act("handler", "put-register", what.clone()).await.problem(403, "forbidden");
    assert_eq!(bureau.act_once("administrator", "put-register", what, Some("r")).await.made(), "zfdd");
}

#[tokio::test]
async fn an_entry_is_proven_to_stand_in_the_tree_by_anyone() {
    let bureau = bureau().await;
    bureau.case().await;
    let head = bureau.get("supervisor", "/api/v1/ledger/head").await.json();
    fits(&head, "LedgerHead");
    let size = head["size"].as_u64().unwrap();
    for sequence in 1..=size {
        let entry = bureau.get("supervisor", &format!("/api/v1/ledger/entries/{sequence}")).await.json();
        fits(&entry, "LedgerEntry");
        let leaf = hash(&[&[0], entry["leaf"].as_str().unwrap().as_bytes()]);
        assert_eq!(hex::encode(&leaf), entry["entry_hash"].as_str().unwrap());
        let path: Vec<Vec<u8>> =
            entry["inclusion"]["hashes"].as_array().unwrap().iter().map(|h| hex::decode(h.as_str().unwrap()).unwrap()).collect();
        assert_eq!(hex::encode(root(leaf, sequence - 1, size, &path)), head["root"].as_str().unwrap(), "entry {sequence}");
        assert!(!entry["leaf"].as_str().unwrap().contains(INFORMANT));
    }
    bureau.get("supervisor", &format!("/api/v1/ledger/entries/{}", size + 1)).await.problem(404, "not-found");
    bureau.get("handler", "/api/v1/ledger/entries/1").await.problem(403, "forbidden");
}

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().fold(Sha256::new(), |h, part| h.chain_update(part)).finalize().to_vec()
}

/// RFC 9162 §2.1.3.2, as a stranger would write it.
fn root(leaf: Vec<u8>, index: u64, size: u64, path: &[Vec<u8>]) -> Vec<u8> {
    let (mut place, mut last, mut found) = (index, size - 1, leaf);
    for step in path {
        if place % 2 == 1 || place == last {
            found = hash(&[&[1], step, &found]);
            while place % 2 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            found = hash(&[&[1], &found, step]);
        }
        place >>= 1;
        last >>= 1;
    }
    found
}

#[tokio::test]
async fn the_office_says_whether_it_is_ready() {
    let bureau = bureau().await;
    assert_eq!(bureau.send(Request::get("/healthz").body(Body::empty()).unwrap()).await.text, "ok\n");
    let ready = bureau.send(Request::get("/readyz").body(Body::empty()).unwrap()).await;
    assert_eq!(ready.status, StatusCode::OK, "{}", ready.text);
    fits(&ready.json(), "Readiness");
    assert_eq!(ready.json()["last_append"]["at"], "2026-09-09T10:00:00+08:00");
    // The clock goes back behind what is already recorded.
    bureau.clock.step_to(date(2026, 9, 9).at(9, 50, 0, 0));
    let not = bureau.send(Request::get("/readyz").body(Body::empty()).unwrap()).await;
    assert_eq!(not.status, StatusCode::SERVICE_UNAVAILABLE);
    fits(&not.json(), "Readiness");
    assert_eq!(not.json()["clock"], json!({ "agrees": false, "behind_us": 600_000_000 }));
    assert_eq!(not.json()["head"]["agrees"], true);
}

#[tokio::test]
async fn figures_are_for_this_machine_or_a_token_and_name_no_one() {
    let bureau = bureau_with(DeskSettings { proxy: "127.0.0.2".parse().ok(), ..DeskSettings::default() }).await;
    let case = bureau.case().await;
    bureau.get("handler", &format!("/api/v1/cases/{case}")).await;
    let from = |peer: &str| {
        let mut request = Request::get("/metrics").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        request
    };
    bureau.send(from("192.0.2.7:4711")).await.problem(401, "unauthorized");
    bureau.send(from("127.0.0.2:4711")).await.problem(401, "unauthorized");
    assert_eq!(bureau.get("supervisor", "/metrics").await.status, StatusCode::OK);
    let page = bureau.send(from("127.0.0.1:4711")).await;
    assert_eq!(page.status, StatusCode::OK);
    let line = |start: &str| page.text.lines().find(|l| l.starts_with(start)).unwrap_or_else(|| panic!("{start} in {}", page.text)).to_owned();
    let (size, _) = bureau.office.head();
    assert_eq!(line("liuhen_ledger_entries "), format!("liuhen_ledger_entries {size}"));
    assert_eq!(line("liuhen_ready "), "liuhen_ready 1");
    assert!(line("liuhen_http_requests_total{method=\"GET\",route=\"/api/v1/cases/{id}\",status=\"200\"}").ends_with(" 1"));
    line("liuhen_http_request_duration_seconds_bucket{method=\"POST\",route=\"/api/v1/acts/accept-clue\",le=\"+Inf\"}");
    for start in ["liuhen_duties_open ", "liuhen_jobs_waiting ", "liuhen_free_bytes "] {
        line(start);
    }
    assert!(!page.text.contains(&case) && !page.text.contains("handler"));
}

#[tokio::test]
async fn the_description_names_every_route_and_is_whole() {
    let bureau = bureau().await;
    let answer = bureau.send(Request::get("/api/openapi.json").body(Body::empty()).unwrap()).await;
    let document = answer.json();
    let read: utoipa::openapi::OpenApi = serde_json::from_value(document.clone()).expect("OpenAPI 3.1");
    let ours = |path: &str| path.starts_with("/api/") || ["/healthz", "/readyz", "/metrics"].contains(&path);
    let routed: BTreeSet<(String, String)> = server::router::routes()
        .list
        .iter()
        .filter(|r| ours(r.path))
        .map(|r| (r.path.to_owned(), r.method.to_lowercase()))
        .collect();
    let mut described = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.insert((path.clone(), method.clone()));
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path} has an id of its own");
            let inside: BTreeSet<&str> = path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}')).collect();
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let named: BTreeSet<&str> = parameters.filter(|p| p["in"] == "path").map(|p| p["name"].as_str().unwrap()).collect();
            assert_eq!(inside, named, "{path}");
            let good = operation["responses"].as_object().unwrap().iter().find(|(status, _)| status.starts_with('2')).expect("an outcome").1;
            assert!(good["content"].as_object().unwrap().values().all(|c| c["schema"].is_object()), "{path}");
            assert_eq!(method == "post", operation["requestBody"]["content"].is_object(), "{path}");
        }
    }
    assert_eq!(described, routed);
    assert_eq!(read.paths.paths.len(), document["paths"].as_object().unwrap().len());
    let mut references = vec![];
    collect(&document, &mut references);
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|inner| collect(inner, references));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect(inner, references)),
        _ => {}
    }
}
