//! 第二十六条: evidence comes in whole or not at all and is never lost to a wrong field; footage leaves only
//! under a grant, by ranges, with the opening written down first, and nothing runs in our pages.
//! With it, the pages of the house: registers, accounts, delegations, oversight.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use casework::acts::{accept_clue, register_clue};
use casework::{Caller, Office, Settings};
use http_body_util::BodyExt;
use jiff::civil::date;
use procedure::event::ClueSource;
use procedure::ids::ClueId;
use server::desk::DeskSettings;
use std::path::Path;
use tower::ServiceExt;

struct Bureau {
    application: Router,
    case: String,
    _place: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn header(&self, name: header::HeaderName) -> String {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// The rest of the address that begins with these characters, up to its end.
    fn address(&self, begins: &str) -> String {
        let text = self.text();
        let from = text.find(begins).unwrap_or_else(|| panic!("no {begins} in {text}"));
        text[from..].split(['"', '#', '?']).next().unwrap_or_default().to_owned()
    }
}

/// A short film's beginning: what its type is read from, then bytes that tell their place.
fn film() -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    bytes.extend((0..100_000_u32).map(|n| (n % 251) as u8));
    bytes
}

impl Bureau {
    async fn open() -> Bureau {
        let place = tempfile::tempdir().expect("a place");
        let mut settings = Settings::new(place.path().join("data"));
        settings.reserve_bytes = Some(0);
        settings.ballast_bytes = 0;
        let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts");
        settings.fonts = std::env::var_os("LIUHEN_FONTS").map_or(fonts, Into::into);
        let today = date(2026, 8, 17);
        let office = casework::demo::open_on(settings, today).await.expect("the office opens");
        casework::demo::furnish(&office, today).await.expect("a bureau");
        let case = case(&office).await;
        Bureau { application: server::serve::application(office, DeskSettings::default()), case, _place: place }
    }

    async fn sign_in(&self, account: &str) -> String {
        let password = casework::demo::password_of(account);
        let answer = self.post("/sign-in", &[("account", account), ("password", &password), ("next", "/")], "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{account} signs in");
        answer.header(header::SET_COOKIE).split(';').next().expect("a cookie").to_owned()
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask(Method::GET, path, cookie, &[]).await
    }

    async fn ask(&self, method: Method, path: &str, cookie: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, cookie);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, pairs: &[(&str, &str)], cookie: &str) -> Answer {
        let encoded = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let body: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")));
        self.send(request.expect("a request")).await
    }

    /// The form as a browser without scripts sends it: fields first, the file last.
    async fn post_file(&self, path: &str, pairs: &[(&str, &str)], name: &str, file: &[u8], cookie: &str) -> Answer {
        let mut body = vec![];
        for (field, value) in pairs {
            body.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes());
        }
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n");
        body.extend(head.bytes());
        body.extend(file);
        body.extend(b"\r\n--edge--\r\n");
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .body(Body::from(body));
        self.send(request.expect("a request")).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.application.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    fn evidence(&self) -> String {
        format!("/cases/{}/evidence", self.case)
    }

    /// Attaches a film and gives the address of its page.
    async fn with_film(&self, cookie: &str) -> String {
        let fields = fields("大厅执法记录");
        let sent = self.post_file(&format!("{}/new", self.evidence()), &fields, "大厅.mp4", &film(), cookie).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
        let list = self.get(&self.evidence(), cookie).await;
        list.address(&format!("{}/0", self.evidence()))
    }
}

fn fields(name: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("kind", "audio-visual"),
        ("name", name),
        ("source", "执法记录仪"),
        ("from", "2026-08-17T07:00"),
        ("footage", "yes"),
    ]
}

async fn case(office: &Office) -> String {
    let directory = office.directory();
    let named = |name: &str| directory.persons.values().find(|p| p.name == name).expect("a person").clone();
    let caller = Caller::new(named("赵建国"), "test");
    let clue = register_clue::RegisterClue {
        source: ClueSource::Inspection,
        channel: "日常检查".into(),
        received_at: office.now(),
        category: "歌舞娱乐".into(),
        target: "某某歌舞厅（虚构）".into(),
        content: "检查发现超过核定人数营业".into(),
        informant: None,
        transferring_body: None,
        reply_wanted: false,
    };
    let clue = register_clue::register_clue(office, &caller, clue).await.expect("a clue").id;
    let accept = accept_clue::AcceptClue {
        clue: ClueId(clue),
        opinion: "建议受理".into(),
        handlers: vec![caller.person.id.clone(), named("钱晓梅").id],
        at: None,
    };
    accept_clue::accept_clue(office, &caller, accept).await.expect("a case").id
}

#[tokio::test]
async fn a_file_received_with_a_wrong_field_need_not_be_sent_again() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    let path = format!("{}/new", bureau.evidence());
    let wrong = [("kind", ""), ("name", "检查<照片>"), ("from", "2026-08-17T07:00"), ("footage", "no")];
    let again = bureau.post_file(&path, &wrong, "../../x\u{202e}gpj.html", b"<script>alert(1)</script>", &zhao).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = again.text();
    assert!(text.contains("请选择证据种类") && text.contains("检查&#60;照片&#62;") && text.contains("已收到的文件"), "{text}");
    let handle = text.split("name=\"file\" value=\"").nth(1).and_then(|t| t.split('"').next()).expect("a handle").to_owned();

    let right = [("kind", "documentary"), ("name", "检查照片"), ("from", "2026-08-17T07:00"), ("footage", "no"), ("file", &handle)];
    let done = bureau.post(&path, &right, &zhao).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let item = bureau.get(&bureau.evidence(), &zhao).await.address(&format!("{}/0", bureau.evidence()));
    let item = item.trim_end_matches("/file").to_owned();
    let file = bureau.get(&format!("{item}/file"), &zhao).await;
    assert_eq!(file.bytes, b"<script>alert(1)</script>");
    assert!(file.header(header::CONTENT_DISPOSITION).starts_with("attachment; "), "{:?}", file.headers);
    assert_eq!(file.header(header::CONTENT_TYPE), "application/octet-stream");
    assert!(file.header(header::CONTENT_SECURITY_POLICY).starts_with("sandbox;"));
    assert_eq!(file.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");

    let forged = [("kind", "documentary"), ("name", "检查照片"), ("from", "2026-08-17T07:00"), ("file", "e30.00")];
    assert_eq!(bureau.post(&path, &forged, &zhao).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let qian = bureau.sign_in("qianxiaomei").await;
    assert_eq!(bureau.post(&path, &right, &qian).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a handle is one person's");
    let stranger = bureau.sign_in("zhengwenbo").await;
    assert_eq!(bureau.get(&bureau.evidence(), &stranger).await.status, StatusCode::NOT_FOUND);
    let sent = bureau.post_file(&path, &fields("闯入"), "a.mp4", &film(), &stranger).await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_empty_file_is_named_and_the_form_kept() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    let sent = bureau.post_file(&format!("{}/new", bureau.evidence()), &fields("空文件"), "a.mp4", b"", &zhao).await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(sent.text().contains("文件是空的") && sent.text().contains("空文件"));
}

#[tokio::test]
async fn footage_is_seen_by_ranges_under_a_grant_and_written_down() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    let item = bureau.with_film(&zhao).await;
    // No rule is signed and nobody asked: even the handler is refused, and the bytes are nowhere.
    assert_eq!(bureau.post(&format!("{item}/view"), &[("reason", "核对笔录")], &zhao).await.status, StatusCode::CONFLICT);
    assert_eq!(bureau.get(&format!("{item}/file"), &zhao).await.status, StatusCode::CONFLICT);
    let nothing = bureau.post(&format!("{item}/view"), &[("reason", "")], &zhao).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);

    let asked = [("asked_reason", "核对询问笔录"), ("asked_mode", "view"), ("until", "2026-08-24T18:00")];
    let sent = bureau.post(&format!("{item}/request"), &asked, &zhao).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let archivist = bureau.sign_in("heping").await;
    let grants = bureau.get("/grants", &archivist).await;
    assert!(grants.text().contains("核对询问笔录"));
    let give = grants.address("/grants/0");
    assert_eq!(bureau.post(&give, &[], &archivist).await.status, StatusCode::SEE_OTHER);

    let opened = bureau.post(&format!("{item}/view"), &[("reason", "核对询问笔录")], &zhao).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text());
    let viewing = opened.header(header::LOCATION);
    let page = bureau.get(&viewing, &zhao).await;
    assert!(page.text().contains("<video controls"), "{}", page.text());
    let bytes = format!("{viewing}/bytes");
    let whole = bureau.get(&bytes, &zhao).await;
    assert_eq!((whole.status, whole.bytes == film()), (StatusCode::OK, true));
    assert!(whole.header(header::CONTENT_DISPOSITION).starts_with("inline; "));
    assert_eq!(whole.header(header::CONTENT_TYPE), "video/mp4");
    assert!(whole.header(header::CONTENT_ENCODING).is_empty());
    let part = bureau.ask(Method::GET, &bytes, &zhao, &[(header::RANGE, "bytes=1000-1999")]).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.header(header::CONTENT_RANGE), format!("bytes 1000-1999/{}", film().len()));
    assert_eq!(part.bytes, film()[1000..2000]);
    let etag = whole.header(header::ETAG);
    let same = bureau.ask(Method::GET, &bytes, &zhao, &[(header::RANGE, "bytes=-5"), (header::IF_RANGE, &etag)]).await;
    assert_eq!((same.status, same.bytes.len()), (StatusCode::PARTIAL_CONTENT, 5));
    let other = bureau.ask(Method::GET, &bytes, &zhao, &[(header::RANGE, "bytes=-5"), (header::IF_RANGE, "\"x\"")]).await;
    assert_eq!(other.status, StatusCode::OK);
    let beyond = bureau.ask(Method::GET, &bytes, &zhao, &[(header::RANGE, "bytes=99999999-")]).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.header(header::CONTENT_RANGE), format!("bytes */{}", film().len()));
    let head = bureau.ask(Method::HEAD, &bytes, &zhao, &[]).await;
    assert_eq!(head.header(header::CONTENT_LENGTH), film().len().to_string());
    assert!(head.bytes.is_empty());

    // A viewing is its opener's alone; the register shows it to the archivist, with what was read.
    assert_eq!(bureau.get(&bytes, &archivist).await.status, StatusCode::NOT_FOUND);
    let register = bureau.get("/viewings", &archivist).await;
    assert!(register.text().contains("大厅执法记录") && register.text().contains("赵建国") && register.text().contains("正在查看"));
    assert_eq!(bureau.get("/viewings", &zhao).await.status, StatusCode::FORBIDDEN);
    assert_eq!(bureau.post(&format!("{viewing}/close"), &[("played", "0.0-2.0")], &zhao).await.status, StatusCode::NO_CONTENT);
    assert_eq!(bureau.get(&bytes, &zhao).await.status, StatusCode::CONFLICT, "closed is closed");
    // A copy of the register says what it is for, before it is given.
    let asked = bureau.get("/viewings.csv", &archivist).await;
    assert!(asked.status == StatusCode::OK && asked.text().contains("用途"));
    let silent = bureau.post("/viewings.csv", &[("purpose", "")], &archivist).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bureau.post("/viewings.csv", &[("purpose", "抽查")], &zhao).await.status, StatusCode::FORBIDDEN);
    let table = bureau.post("/viewings.csv", &[("purpose", "交监督人员抽查")], &archivist).await;
    assert!(bureau.get("/viewings", &archivist).await.text().contains("交监督人员抽查"));
    assert_eq!(table.header(header::CONTENT_TYPE), "text/csv; charset=utf-8");
    assert!(table.text().lines().nth(1).is_some_and(|line| line.contains("核对询问笔录")));
}

/// Files under a folder that hold these bytes.
fn holding(dir: &Path, part: &[u8]) -> Vec<std::path::PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(holding(&path, part));
        } else if std::fs::read(&path).expect("a file").windows(part.len()).any(|w| w == part) {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn article_30_footage_of_minors_is_sealed_as_it_comes_in_and_plays_by_ranges_under_a_grant() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    let archivist = bureau.sign_in("heping").await;
    let vault = bureau._place.path().join("data/vault");
    let shown: Vec<u8> = film()[70_000..70_064].to_vec();
    // As a form without scripts sends it, as the island sends it, and chosen only after the bytes had come.
    let mut chosen = fields("大厅执法记录（学生）");
    chosen.push(("protected", "yes"));
    let new = format!("{}/new", bureau.evidence());
    let sent = bureau.post_file(&new, &chosen, "学生.mp4", &film(), &zhao).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    assert_eq!(holding(&vault, &shown), Vec::<std::path::PathBuf>::new());
    for address in [format!("/uploads?case={}&protected=yes", bureau.case), format!("/uploads?case={}", bureau.case)] {
        let mut other = film();
        other.extend(address.bytes());
        let upload = Request::post(&address)
            .header(header::HOST, "127.0.0.1")
            .header(header::COOKIE, &zhao)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header("x-file-name", "a.mp4")
            .body(Body::from(other));
        let taken = bureau.send(upload.expect("a request")).await;
        assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
        assert_eq!(holding(&vault, &shown).is_empty(), address.ends_with("yes"));
        let handle = serde_json::from_slice::<serde_json::Value>(&taken.bytes).expect("json")["handle"].as_str().expect("a handle").to_owned();
        let mut form = chosen.clone();
        form.push(("file", &handle));
        assert_eq!(bureau.post(&new, &form, &zhao).await.status, StatusCode::SEE_OTHER);
        assert_eq!(holding(&vault, &shown), Vec::<std::path::PathBuf>::new());
    }
    let stranger = bureau.sign_in("zhengwenbo").await;
    let foreign = bureau.ask(Method::POST, &format!("/uploads?case={}&protected=yes", bureau.case), &stranger, &[]).await;
    assert!(foreign.status.is_client_error(), "{}", foreign.status);

    let list = bureau.get(&bureau.evidence(), &zhao).await;
    let evidence = list.address(&format!("{}/0", bureau.evidence()));
    assert!(bureau.get(&evidence, &zhao).await.text().contains("加密存放"));
    let password = casework::demo::password_of("heping");
    let rule = [("text", "本案人员可以查看"), ("password", password.as_str())];
    assert_eq!(bureau.post("/grants/rule", &rule, &archivist).await.status, StatusCode::SEE_OTHER);
    let ask = [("asked_reason", "核对询问笔录"), ("asked_mode", "view"), ("until", "2026-08-20T18:00"), ("seconds_from", "1"), ("seconds_to", "3")];
    let asked = bureau.post(&format!("{evidence}/request"), &ask, &zhao).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text());
    let grants = bureau.get("/grants", &archivist).await;
    assert!(grants.text().contains("第1-3秒"), "{}", grants.text());
    let give = grants.address("/grants/0");
    assert_eq!(bureau.post(&give, &[], &archivist).await.status, StatusCode::SEE_OTHER);
    let opened = bureau.post(&format!("{evidence}/view"), &[("reason", "核对询问笔录"), ("mode", "view")], &zhao).await;
    let viewing = opened.header(header::LOCATION);
    assert!(bureau.get(&viewing, &zhao).await.text().contains("#t=1,3"));
    let whole = bureau.get(&format!("{viewing}/bytes"), &zhao).await;
    assert_eq!(whole.bytes, film());
    let range = bureau.ask(Method::GET, &format!("{viewing}/bytes"), &zhao, &[(header::RANGE, "bytes=65530-70063")]).await;
    assert_eq!(range.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(range.bytes, &film()[65_530..70_064]);
}

#[tokio::test]
async fn the_archivist_signs_the_rule_with_the_password() {
    let bureau = Bureau::open().await;
    let archivist = bureau.sign_in("heping").await;
    let wrong = bureau.post("/grants/rule", &[("text", "本案人员可以查看"), ("password", "不对的口令")], &archivist).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("本案人员可以查看") && !wrong.text().contains("不对的口令"));
    let password = casework::demo::password_of("heping");
    let signed = bureau.post("/grants/rule", &[("text", "本案人员可以查看"), ("password", &password)], &archivist).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER);
    let zhao = bureau.sign_in("zhaojianguo").await;
    let seen = bureau.get("/grants", &zhao).await.text();
    assert!(seen.contains("本案人员可以查看") && !seen.contains("/grants/rule"));
    let sent = bureau.post("/grants/rule", &[("text", "随便看"), ("password", &casework::demo::password_of("zhaojianguo"))], &zhao).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn registers_are_imported_after_a_preview_and_changed_with_history() {
    let bureau = Bureau::open().await;
    let system = bureau.sign_in("guanlisys").await;
    let table = "机构名称,机构编码,上级机构\n三中队（虚构）,sanzd,wlj\n四中队（虚构）,,wlj\n";
    let preview = bureau.post("/registers/departments/import", &[("text", table)], &system).await;
    assert_eq!(preview.status, StatusCode::OK);
    assert!(preview.text().contains("缺少机构编码") && preview.text().contains("2 行，其中 1 行有问题"), "{}", preview.text());
    let refused = bureau.post("/registers/departments/import", &[("step", "import"), ("text", table)], &system).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!bureau.get("/registers/departments", &system).await.text().contains("三中队"));
    let skip = [("step", "import"), ("text", table), ("skip_bad", "yes")];
    assert_eq!(bureau.post("/registers/departments/import", &skip, &system).await.status, StatusCode::SEE_OTHER);
    let change = [("name", "三中队（更名，虚构）"), ("code", "sanzd"), ("parent", "wlj"), ("valid_from", "2026-08-17")];
    let changed = bureau.post("/registers/departments/items/sanzd/change", &change, &system).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.text());
    let history = bureau.get("/registers/departments/items/sanzd", &system).await.text();
    assert!(history.contains("三中队（虚构）") && history.contains("三中队（更名，虚构）"));
    // Parties are people of cases: their register is the conducting department's, no administrator's.
    let party = [("name", "某某公司（虚构）"), ("kind", "organisation"), ("id_number", "91420112MA4KXXXX00")];
    assert_eq!(bureau.post("/registers/parties/new", &party, &system).await.status, StatusCode::FORBIDDEN);
    let section = bureau.sign_in("sunlihua").await;
    let wrong = bureau.post("/registers/parties/new", &party, &section).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("91420112MA4KXXXX00"), "what was typed is kept");
    let zhao = bureau.sign_in("zhaojianguo").await;
    assert_eq!(bureau.post("/registers/departments/items/sanzd/change", &change, &zhao).await.status, StatusCode::FORBIDDEN);
    assert!(bureau.get("/registers/causes", &zhao).await.text().contains("未核实"));
}

#[tokio::test]
async fn the_security_administrator_keeps_administrators_apart_and_never_changes_himself() {
    let bureau = Bureau::open().await;
    let security = bureau.sign_in("guanliaq").await;
    let mut new = vec![("account", "xinren"), ("name", "新人（虚构）"), ("department", "yizd"), ("password", "a first password"), ("roles", "officer")];
    new.push(("roles", "system-admin"));
    let mixed = bureau.post("/accounts/new", &new, &security).await;
    assert_eq!(mixed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(mixed.text().contains("应当分设") && !mixed.text().contains("a first password"));
    new.pop();
    assert_eq!(bureau.post("/accounts/new", &new, &security).await.status, StatusCode::SEE_OTHER);
    assert!(bureau.get("/accounts", &security).await.text().contains("待改初始口令"));
    let own = [("name", "安然"), ("department", "xxzx"), ("roles", "agency-head")];
    assert_eq!(bureau.post("/accounts/guanliaq", &own, &security).await.status, StatusCode::FORBIDDEN);
    let off = [("name", "新人（虚构）"), ("department", "yizd"), ("roles", "officer"), ("disabled", "yes")];
    assert_eq!(bureau.post("/accounts/xinren", &off, &security).await.status, StatusCode::SEE_OTHER);
    let answer = bureau.post("/sign-in", &[("account", "xinren"), ("password", "a first password")], "").await;
    assert_ne!(answer.status, StatusCode::SEE_OTHER, "a disabled account signs in no more");
    for account in ["zhaojianguo", "zhoumingyuan", "guanlisys"] {
        let cookie = bureau.sign_in(account).await;
        assert_eq!(bureau.get("/accounts", &cookie).await.status, StatusCode::FORBIDDEN, "{account}");
        assert_eq!(bureau.post("/accounts/new", &new, &cookie).await.status, StatusCode::FORBIDDEN, "{account}");
    }
}

#[tokio::test]
async fn the_houses_pages_open_for_those_they_are_for() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    bureau.with_film(&zhao).await;
    let head = bureau.sign_in("zhoumingyuan").await;
    for path in ["/oversight", "/oversight/ledger", "/volumes", "/registers", "/grants", "/viewings", "/delegations", "/about", "/search?q=歌舞"] {
        let path = path.replace("歌舞", "%E6%AD%8C%E8%88%9E");
        let answer = bureau.get(&path, &head).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    assert!(bureau.get("/search?q=%E6%AD%8C%E8%88%9E", &head).await.text().contains("某某歌舞厅"));
    assert!(bureau.get("/about", "").await.text().contains("第三十三条"));
    assert!(bureau.get("/oversight/ledger", &head).await.text().contains("liuhen."));
    assert_eq!(bureau.get("/oversight", &zhao).await.status, StatusCode::FORBIDDEN);
    let volume = bureau.get(&format!("/cases/{}/volume", bureau.case), &zhao).await;
    assert_eq!(volume.status, StatusCode::OK);
    assert!(volume.text().contains("现在还不能立卷归档") && volume.text().contains("不能装订的材料"), "{}", volume.text());
    assert_eq!(bureau.get(&format!("/cases/{}/volume.zip", bureau.case), &zhao).await.status, StatusCode::CONFLICT);
    let form = [("compiler", "赵建国"), ("checker", "钱晓梅")];
    let refused = bureau.post(&format!("/cases/{}/volume", bureau.case), &form, &zhao).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let delegated = bureau.post("/delegations", &[("role", "agency-head"), ("to", ""), ("starts", "2026-08-18T08:00"), ("ends", "2026-08-17T08:00")], &head).await;
    assert_eq!(delegated.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(delegated.text().contains("结束时间应当晚于开始时间"));
}

#[tokio::test]
async fn a_name_that_is_not_what_the_file_is_is_told_and_shown_as_it_is() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    let path = format!("{}/new", bureau.evidence());
    let fields = [("kind", "documentary"), ("name", "现场照片\u{202e}gpj.\u{202c}"), ("from", "2026-08-17T07:00"), ("footage", "no"), ("protected", "no")];
    let sent = bureau.post_file(&path, &fields, "现场照片.jpg", b"<html><script>alert(1)</script>", &zhao).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let list = bureau.get(&bureau.evidence(), &zhao).await;
    let item = bureau.get(list.address(&format!("{}/0", bureau.evidence())).trim_end_matches("/file"), &zhao).await;
    let case = bureau.get(&format!("/cases/{}", bureau.case), &zhao).await;
    let volume = bureau.get(&format!("/cases/{}/volume", bureau.case), &zhao).await;
    for (page, answer) in [("list", &list), ("item", &item), ("case", &case)] {
        let text = answer.text();
        assert!(text.contains("扩展名与内容不符"), "{page}: {text}");
        assert!(text.contains("<bdi>") && text.contains("U+202E</span>"), "{page} shows the mark");
        assert!(!text.contains('\u{202e}'), "{page} never turns its writing around");
    }
    assert!(item.text().contains("文件名说是JPEG 图片（.jpg），内容是系统不认得的内容"));
    // Every tab of a case stands under its head.
    for (page, answer) in [("list", &list), ("item", &item), ("volume", &volume), ("papers", &bureau.get(&format!("/cases/{}/papers", bureau.case), &zhao).await)] {
        let text = answer.text();
        assert!(text.contains("class=\"rail\"") && text.contains("<dt>案号</dt>") && text.contains("aria-current=\"page\""), "{page}: {text}");
    }
}

#[tokio::test]
async fn who_cannot_look_yet_is_told_why_and_offered_to_ask() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    let item = bureau.with_film(&zhao).await;
    let page = bureau.get(&item, &zhao).await.text();
    assert!(!page.contains(&format!("action=\"{item}/view\"")), "what would be refused is not offered");
    assert!(page.contains("现在还不能查看：") && page.contains("本制度第二十六条") && page.contains("申请查看"), "{page}");
    let list = bureau.get(&bureau.evidence(), &zhao).await.text();
    assert!(list.contains("申请查看") && !list.contains(&format!("{item}#view")));
}

#[tokio::test]
async fn a_picture_says_where_its_viewing_ends_and_ends_by_button_without_scripts() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    let picture = b"\xff\xd8\xff\xe0\0\x10JFIF\0 a picture";
    let sent = bureau.post_file(&format!("{}/new", bureau.evidence()), &fields("大厅照片"), "大厅.jpg", picture, &zhao).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let item = bureau.get(&bureau.evidence(), &zhao).await.address(&format!("{}/0", bureau.evidence()));
    let asked = [("asked_reason", "核对现场"), ("asked_mode", "view"), ("until", "2026-08-24T18:00")];
    assert_eq!(bureau.post(&format!("{item}/request"), &asked, &zhao).await.status, StatusCode::SEE_OTHER);
    let archivist = bureau.sign_in("heping").await;
    let give = bureau.get("/grants", &archivist).await.address("/grants/0");
    assert_eq!(bureau.post(&give, &[], &archivist).await.status, StatusCode::SEE_OTHER);
    let own = bureau.get("/grants", &zhao).await.text();
    assert!(own.contains("大厅照片") && own.contains("何萍，逐次批准"), "{own}");

    assert!(bureau.get(&item, &zhao).await.text().contains("登记并查看"));
    let opened = bureau.post(&format!("{item}/view"), &[("reason", "核对现场")], &zhao).await;
    let viewing = opened.header(header::LOCATION);
    let page = bureau.get(&viewing, &zhao).await.text();
    let close = format!("{viewing}/close");
    // With scripts the address is told when the page is left; the button asks for no script.
    assert!(page.contains(&format!("data-viewing=\"{close}\"")) && page.contains("<img"), "{page}");
    assert!(page.contains(&format!("<form method=\"post\" action=\"{close}\">")) && page.contains("结束查看</button>"));
    assert!(bureau.get("/viewings", &archivist).await.text().contains("正在查看"));
    assert_eq!(bureau.post(&close, &[("from", "page")], &zhao).await.status, StatusCode::SEE_OTHER);
    assert!(!bureau.get("/viewings", &archivist).await.text().contains("正在查看"));
    assert!(bureau.get(&viewing, &zhao).await.text().contains("这次查看已经结束"));
}
