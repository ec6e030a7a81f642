//! 第十二条、第二十条: a paper through the pages: written with drafts and preview, faulty fields told in
//! place, nothing lost when two people write, and approved only by who has seen it whole and gives
//! the password.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use casework::acts::{accept_clue, record_party, register_clue};
use casework::people::PutAccount;
use casework::{Caller, Clock, Office, Settings};
use http_body_util::BodyExt;
use jiff::civil::date;
use procedure::event::{ClueSource, Informant, Party, PartyKind};
use procedure::ids::*;
use procedure::people::{Person, Role};
use serde_json::Value;
use server::desk::DeskSettings;
use std::path::{Path, PathBuf};
use tower::ServiceExt;

const PASSWORD: &str = "a password of the tests";
const KIND: &str = "non-filing-approval";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

struct Bureau {
    office: Office,
    application: Router,
    case: String,
    _place: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
    bytes: Vec<u8>,
}

impl Answer {
    fn location(&self) -> String {
        self.headers.get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// The value of the first control of a name.
    fn value(&self, name: &str) -> String {
        let from = self.text.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {}", self.text));
        let rest = &self.text[from + name.len() + 15..];
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

impl Bureau {
    async fn open() -> Bureau {
        let place = tempfile::tempdir().expect("a place");
        let mut settings = Settings::new(place.path().join("data"));
        settings.reserve_bytes = Some(0);
        settings.ballast_bytes = 0;
        settings.fonts = std::env::var_os("LIUHEN_FONTS").map_or_else(|| repository().join(".fonts"), Into::into);
        let office = Office::open(settings, Clock::at(date(2026, 8, 17).at(9, 0, 0, 0))).await.expect("the office opens");
        let people = people(&office).await;
        let case = case(&office, &people).await;
        Bureau { application: server::serve::application(office.clone(), DeskSettings::default()), office, case, _place: place }
    }

    async fn sign_in(&self, account: &str) -> String {
        let pairs = [("account", account), ("password", PASSWORD), ("next", "/")];
        let answer = self.post("/sign-in", &pairs, "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{account} signs in");
        let cookie = answer.headers[header::SET_COOKIE].to_str().expect("a cookie");
        cookie.split(';').next().expect("a cookie's value").to_owned()
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).expect("a request")).await
    }

    async fn post<T: AsRef<str>>(&self, path: &str, pairs: &[(T, T)], cookie: &str) -> Answer {
        let encoded = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let body: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name.as_ref()), encoded(value.as_ref()))).collect();
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")));
        self.send(request.expect("a request")).await
    }

    /// A form that carries its file itself, as without scripts: the words first, the file last.
    async fn post_with_file(&self, path: &str, pairs: &[(&str, &str)], file: Option<(&str, &[u8])>, cookie: &str) -> Answer {
        let mut body = vec![];
        for (name, value) in pairs {
            body.extend_from_slice(format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
        }
        if let Some((name, bytes)) = file {
            let head = format!("--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/pdf\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--limit--\r\n");
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=limit")
            .body(Body::from(body));
        self.send(request.expect("a request")).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.application.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes: bytes.to_vec() }
    }

    fn editor(&self) -> String {
        format!("/cases/{}/papers/new/{KIND}", self.case)
    }
}

async fn people(office: &Office) -> Vec<Caller> {
    let setter = Caller::new(
        Person {
            id: PersonId("installer".into()),
            name: "安装人员".into(),
            roles: vec![Role::SecurityAdmin],
            department: DepartmentId("d1".into()),
            certificates: vec![],
            qualification: None,
        },
        "test",
    );
    let mut made = vec![];
    for (account, name, role) in [
        ("zhao", "赵某甲", Role::Officer),
        ("qian", "钱某乙", Role::Officer),
        ("sun", "孙某丙", Role::SectionHead),
        ("zhou", "周某丁", Role::AgencyHead),
        ("shen", "沈某戊", Role::Supervisor),
    ] {
        let what = PutAccount {
            account: account.into(),
            officer: None,
            name: name.into(),
            password: Some(PASSWORD.into()),
            roles: vec![role],
            department: "d1".into(),
            must_change: false,
            disabled: false,
        };
        let id = office.put_account(&setter, what).await.expect("an account").id;
        made.push(Caller::new(office.person(&PersonId(id)).expect("a person"), "test"));
    }
    made
}

async fn case(office: &Office, people: &[Caller]) -> String {
    let zhao = &people[0];
    let clue = register_clue::RegisterClue {
        source: ClueSource::Complaint,
        channel: "电话".into(),
        received_at: office.now(),
        category: "网吧".into(),
        target: "某某网咖".into(),
        content: "来电反映夜间有学生上网".into(),
        informant: Some(Informant { name: "郑测试甲".into(), contact: "027-80000003".into(), reachable: true }),
        transferring_body: None,
        reply_wanted: true,
    };
    let clue = ClueId(register_clue::register_clue(office, zhao, clue).await.expect("a clue").id);
    let accept = accept_clue::AcceptClue {
        clue,
        opinion: "受案核查".into(),
        handlers: vec![zhao.person.id.clone(), people[1].person.id.clone()],
        at: None,
    };
    let case = accept_clue::accept_clue(office, zhao, accept).await.expect("a case").id;
    let party = Party {
        kind: PartyKind::Organisation,
        name: "武汉某某网咖有限公司".into(),
        id_number: "91420112MA4K0A1B61".into(),
        ..Party::default()
    };
    let record = record_party::RecordParty { case: CaseId(case.clone()), party };
    record_party::record_party(office, zhao, record).await.expect("a party");
    case
}

fn typed() -> Vec<(String, String)> {
    typed_of(KIND)
}

/// The sample of a paper as a browser would post it: dotted names, what the office fills left out.
fn typed_of(kind: &str) -> Vec<(String, String)> {
    let path = repository().join(format!("regulation/papers/{kind}/sample.json"));
    let sample: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("a sample")).expect("JSON");
    let mut pairs = vec![];
    flatten("", &sample, &mut pairs);
    pairs.retain(|(name, _)| !name.starts_with("opinions") && name != "number");
    pairs
}

fn flatten(prefix: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    let inner = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, v)| flatten(&inner(name), v, pairs)),
        Value::Array(rows) => rows.iter().enumerate().for_each(|(i, v)| flatten(&inner(&i.to_string()), v, pairs)),
        Value::String(text) => pairs.push((prefix.to_owned(), text.clone())),
        other => pairs.push((prefix.to_owned(), other.to_string())),
    }
}

fn with(pairs: &[(String, String)], more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all: Vec<_> = pairs.iter().filter(|(name, _)| more.iter().all(|(m, _)| m != name)).cloned().collect();
    all.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_kept_whatever_is_wrong_with_it() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhao").await;
    let opened = bureau.get(&bureau.editor(), &zhao).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
    assert!(opened.text.contains("data-autosave=\"/drafts/"), "the draft is kept");
    assert!(opened.text.contains("来电反映夜间有学生上网"), "what the clue says is not typed twice");
    let faulty = with(&typed(), &[("verification", ""), ("reason_text", "只此一句"), ("_opinion", "建议不予立案。")]);
    let answer = bureau.post(&bureau.editor(), &faulty, &zhao).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert!(answer.text.contains("只此一句") && answer.text.contains("建议不予立案。"));
    assert!(answer.text.contains("id=\"f-verification-error\""), "the message stands beside its field");
    let grown = bureau.post(&bureau.editor(), &with(&typed(), &[("add", "basis")]), &zhao).await;
    assert_eq!(grown.status, StatusCode::OK);
    assert!(grown.text.contains("name=\"basis.1\""), "without scripts a row more");
    let strange = bureau.post(&bureau.editor(), &with(&typed(), &[("verification", "查\u{10FFFD}无")]), &zhao).await;
    assert_eq!(strange.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(strange.text.contains("U+10FFFD"), "a character no font has is named");
    let stranger = bureau.sign_in("shen").await;
    assert_eq!(bureau.get(&bureau.editor(), &stranger).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_kept_and_two_windows_lose_nothing() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhao").await;
    let save = format!("/drafts/{}/{KIND}?at=", bureau.case);
    let first = with(&typed(), &[("_editor", "window one"), ("reason_text", "甲窗口写的")]);
    let kept = bureau.post(&save, &first, &zhao).await;
    assert_eq!(kept.status, StatusCode::NO_CONTENT, "{}", kept.text);
    let version = kept.headers["x-draft-version"].to_str().expect("a version").to_owned();
    let again = bureau.post(&save, &first, &zhao).await;
    assert_eq!(again.status, StatusCode::NO_CONTENT, "a page's own later save is no conflict");
    let other = with(&typed(), &[("_editor", "window two"), ("_draft", &version), ("reason_text", "乙窗口写的")]);
    let late = bureau.post(&save, &other, &zhao).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("甲窗口写的") && late.text.contains("乙窗口写的"), "both versions: {}", late.text);
    let submitted = bureau.post(&bureau.editor(), &other, &zhao).await;
    assert_eq!(submitted.status, StatusCode::CONFLICT);
    assert!(submitted.text.contains("甲窗口写的") && submitted.text.contains("乙窗口写的"));
    let reopened = bureau.get(&bureau.editor(), &zhao).await;
    assert!(reopened.text.contains("甲窗口写的"), "the draft is taken up again");
    assert!(bureau.get("/drafts", &zhao).await.text.contains("不予立案审批表"));
    let qian = bureau.sign_in("qian").await;
    let colleague = bureau.get(&bureau.editor(), &qian).await;
    assert!(!colleague.text.contains("甲窗口写的") && colleague.text.contains("也在写一份"), "a colleague sees that, not what");
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_a_preview_are_for_their_session_and_run_nothing() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhao").await;
    let preview = format!("/cases/{}/papers/preview/{KIND}", bureau.case);
    let fragment = bureau.post(&preview, &typed(), &zhao).await;
    assert_eq!(fragment.status, StatusCode::OK, "{}", fragment.text);
    let address = fragment.text.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a picture").to_owned();
    let picture = bureau.get(&address, &zhao).await;
    assert_eq!(picture.headers[header::CONTENT_TYPE], "image/svg+xml");
    assert!(picture.headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text").starts_with("sandbox"));
    assert!(picture.text.starts_with("<svg"));
    let qian = bureau.sign_in("qian").await;
    assert_eq!(bureau.get(&address, &qian).await.status, StatusCode::NOT_FOUND);
    let half = bureau.post(&preview, &[("reason_text", "才写了一句")], &zhao).await;
    assert!(half.text.contains("<img"), "a paper half written is shown: {}", half.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_sees_the_whole_paper_and_binds_to_it() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhao").await;
    let fields = with(&typed(), &[("_opinion", "建议不予立案。"), ("once", "k-1")]);
    let made = bureau.post(&bureau.editor(), &fields, &zhao).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let twice = bureau.post(&bureau.editor(), &fields, &zhao).await;
    assert_eq!(twice.location(), made.location(), "the same form sent twice made one paper");
    let paper = made.location().split('?').next().expect("a path").to_owned();
    let own = bureau.get(&paper, &zhao).await;
    assert!(own.text.contains("待承办机构意见") && own.text.contains("建议不予立案。"));
    assert!(!own.text.contains("id=\"opinion\""), "the opinion is not the submitter's to give");

    let sun = bureau.sign_in("sun").await;
    let waiting = bureau.get("/approvals", &sun).await;
    assert!(waiting.text.contains(&paper) && !waiting.text.contains("name=\"outcome\""), "nothing is approved from a list");
    let whole = bureau.get(&paper, &sun).await;
    let (pages, form) = (whole.text.find("/previews/").expect("pages"), whole.text.find("id=\"opinion\"").expect("a form"));
    assert!(pages < form, "the pages stand before the form");
    let (version, digest) = (whole.value("_version"), whole.value("_digest"));
    let give = |outcome: &'static str, text: &'static str, password: &'static str, version: String, digest: String| {
        vec![
            ("_version".to_owned(), version),
            ("_digest".to_owned(), digest),
            ("outcome".to_owned(), outcome.to_owned()),
            ("opinion".to_owned(), text.to_owned()),
            ("password".to_owned(), password.to_owned()),
        ]
    };
    let opinion = format!("{paper}/opinion");
    let wrong = bureau.post(&opinion, &give("return", "核查经过太简略", "wrong password", version.clone(), digest.clone()), &sun).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
    assert!(wrong.text.contains("核查经过太简略") && wrong.text.contains("id=\"f-password-error\""));
    let returned = bureau.post(&opinion, &give("return", "核查经过太简略", PASSWORD, version.clone(), digest.clone()), &sun).await;
    assert_eq!(returned.status, StatusCode::SEE_OTHER, "{}", returned.text);

    // Both handlers write the next version over the first; the second sees both.
    let revise = format!("{paper}/revise");
    let over = |text: &'static str| with(&typed(), &[("_base", "1"), ("verification", text), ("_opinion", "已补充。")]);
    let next = bureau.post(&revise, &over("赵写的核查经过"), &zhao).await;
    assert_eq!(next.status, StatusCode::SEE_OTHER, "{}", next.text);
    let qian = bureau.sign_in("qian").await;
    let late = bureau.post(&revise, &over("钱写的核查经过"), &qian).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("赵写的核查经过") && late.text.contains("钱写的核查经过"), "both versions are shown");
    assert_eq!(late.value("_base"), "2", "one goes on upon the newer");

    // The digest the section head saw is no longer the paper's.
    let stale = bureau.post(&opinion, &give("approve", "同意。", PASSWORD, version, digest), &sun).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text.contains("同意。") && stale.text.contains("与上一版的不同之处"));
    let (version, digest) = (stale.value("_version"), stale.value("_digest"));
    let approved = bureau.post(&opinion, &give("approve", "同意。", PASSWORD, version, digest), &sun).await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.text);

    // The head changes a word while approving: the editor, then the next version.
    let zhou = bureau.sign_in("zhou").await;
    let whole = bureau.get(&paper, &zhou).await;
    let change = give("approve-with-changes", "文字已改。", PASSWORD, whole.value("_version"), whole.value("_digest"));
    let editor = bureau.post(&opinion, &change, &zhou).await;
    assert_eq!(editor.status, StatusCode::OK, "{}", editor.text);
    assert!(editor.text.contains("文字已改。") && editor.text.contains("赵写的核查经过"));
    let base = editor.value("_base");
    let digest = editor.value("_digest");
    let changed = with(
        &typed(),
        &[("_base", &base), ("_digest", &digest), ("verification", "负责人改的核查经过"), ("_opinion", "文字已改。"), ("password", PASSWORD)],
    );
    let done = bureau.post(&format!("{paper}/opinion/changes"), &changed, &zhou).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let shown = bureau.get(&paper, &zhao).await;
    assert!(shown.text.contains("第3版") && shown.text.contains("负责人改的核查经过"));
    let list = bureau.get(&format!("/cases/{}/papers", bureau.case), &zhao).await;
    assert!(list.text.contains("不予立案审批表") && list.text.contains("待"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_is_issued_served_and_its_signed_sheet_filed() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhao").await;
    let fields = with(&typed_of("rights-notice"), &[("told_at", "2026-08-17T08:30")]);
    let made = bureau.post(&format!("/cases/{}/papers/new/rights-notice", bureau.case), &fields, &zhao).await;
    let wrong: Vec<_> = made.text.split("-error\">").skip(1).map(|rest| rest.split('<').next()).collect();
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{wrong:?}");
    bureau.office.run_jobs().await.expect("the paper is issued");
    let paper = made.location().split('?').next().expect("a path").to_owned();
    let page = bureau.get(&paper, &zhao).await;
    assert!(page.text.contains("这份文书要手写签名"), "the sheet is asked for: {}", page.text);
    let pdf = bureau.get(&format!("{paper}/pdf"), &zhao).await;
    assert_eq!(pdf.headers[header::CONTENT_TYPE], "application/pdf");
    assert!(pdf.bytes.starts_with(b"%PDF-"));

    // Words kept, the file told apart by its bytes and not by its name.
    let scan = format!("{paper}/scan");
    let place = [("located", "3号柜12盒第5页"), ("pages_count", "")];
    let none = bureau.post_with_file(&scan, &place, None, &zhao).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.text.contains("3号柜12盒第5页") && none.text.contains("请选择扫描件"));
    let page_of_html = b"<html><script>alert(1)</script></html>".as_slice();
    let hostile = bureau.post_with_file(&scan, &place, Some(("scan.pdf", page_of_html)), &zhao).await;
    assert_eq!(hostile.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(hostile.text.contains("不是其中任何一种"), "{}", hostile.text);
    let torn = bureau.post_with_file(&scan, &place, Some(("scan.pdf", &pdf.bytes[..pdf.bytes.len() / 3])), &zhao).await;
    assert_eq!(torn.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(torn.text.contains("已损坏"), "{}", torn.text);
    let nowhere = bureau.post_with_file(&scan, &[("located", "")], Some(("scan.pdf", &pdf.bytes)), &zhao).await;
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    let handle = nowhere.value("file");
    let filed = bureau.post_with_file(&scan, &[("located", "3号柜"), ("file", &handle)], None, &zhao).await;
    assert_eq!(filed.status, StatusCode::SEE_OTHER, "the file need not be sent again: {}", filed.text);
    let page = bureau.get(&paper, &zhao).await;
    assert!(page.text.contains("3号柜") && !page.text.contains("页数不符"), "the pages were counted");
    assert_eq!(bureau.get(&format!("{paper}/scans/1"), &zhao).await.bytes, pdf.bytes);

    let serve = format!("{paper}/serve");
    let form = bureau.get(&serve, &zhao).await;
    assert!(["直接送达", "留置送达", "邮寄送达", "电子送达", "委托送达", "转交送达", "公告送达"].iter().all(|way| form.text.contains(way)));
    let future = bureau.post_with_file(&serve, &[("at", "2030-01-01T09:00"), ("method", "post"), ("voucher", "EMS123")], None, &zhao).await;
    assert_eq!(future.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(future.text.contains("EMS123") && future.text.contains("还没有发生"), "{}", future.text);
}
