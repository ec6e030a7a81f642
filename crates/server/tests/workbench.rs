//! 第十二、十三、二十九条: a person's day on one page. Clues that nobody has accepted, what is late and by
//! whom, the same for the head as on the page of oversight, and years whose calendar is missing.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use casework::{Office, Settings};
use http_body_util::BodyExt;
use jiff::civil::{Date, date};
use server::desk::DeskSettings;
use std::path::Path;
use tower::ServiceExt;

struct Bureau {
    application: Router,
    office: Office,
    _place: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}

impl Bureau {
    async fn open(day: Date) -> Bureau {
        let place = tempfile::tempdir().expect("a place");
        let mut settings = Settings::new(place.path().join("data"));
        settings.reserve_bytes = Some(0);
        settings.ballast_bytes = 0;
        let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts");
        settings.fonts = std::env::var_os("LIUHEN_FONTS").map_or(fonts, Into::into);
        let office = casework::demo::open_on(settings, day).await.expect("the office opens");
        casework::demo::furnish(&office, day).await.expect("a bureau");
        office.clock().step_to(day.at(15, 0, 30, 0));
        let application = server::serve::application(office.clone(), DeskSettings::default());
        Bureau { application, office, _place: place }
    }

    async fn sign_in(&self, account: &str) -> String {
        let body = format!("account={account}&password={}&next=%2F", casework::demo::password_of(account));
        let request = Request::post("/sign-in")
            .header(header::HOST, "127.0.0.1")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body));
        let answer = self.application.clone().oneshot(request.expect("a request")).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{account} signs in");
        let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("a cookie");
        cookie.split(';').next().expect("a cookie's value").to_owned()
    }

    async fn get(&self, path: &str, cookie: &str) -> String {
        let answer = self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
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

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.application.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let location = parts.headers.get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        Answer { status: parts.status, location, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// Registers a clue and gives its address.
    async fn clue(&self, target: &str, received_at: &str, cookie: &str) -> String {
        let clue = [
            ("source", "inspection"), ("received_at", received_at), ("channel", "现场检查"), ("category", "网吧"),
            ("target", target), ("content", "夜间有学生上网"),
        ];
        let done = self.post("/clues/new", &clue, cookie).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        done.location.split('?').next().expect("an address").to_owned()
    }

    fn id(&self, name: &str) -> String {
        let directory = self.office.directory();
        directory.persons.values().find(|p| p.name == name).expect("an officer").id.0.clone()
    }
}

/// What a tile with this label counts.
fn tile(page: &str, label: &str) -> String {
    let mark = format!("<span class=\"muted\">{label}</span><b>");
    let rest = page.split_once(&mark).unwrap_or_else(|| panic!("no tile {label} in {page}")).1;
    rest.split('<').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_without_a_calendar_is_warned_of() {
    // The calendar of 2026 is there; none of 2031 can be.
    let bureau = Bureau::open(date(2031, 3, 3)).await;
    let officer = bureau.sign_in("zhaojianguo").await;
    let page = bureau.get("/", &officer).await;
    assert!(page.contains("2031年节假日安排尚未载入：落在2031年的期限先按最早可能日提示。"), "{page}");

    let known = Bureau::open(date(2026, 8, 17)).await;
    let officer = known.sign_in("zhaojianguo").await;
    assert!(!known.get("/", &officer).await.contains("节假日安排尚未载入"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clue_waits_on_the_workbench_of_whoever_may_accept_it() {
    let bureau = Bureau::open(date(2026, 8, 17)).await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    bureau.clue("某某网咖（后到）", "2026-08-17T10:00", &zhao).await;
    // Received on Friday the 14th: one working day ago on Monday the 17th.
    let first = bureau.clue("某某网咖（先到）", "2026-08-14T10:00", &zhao).await;

    let section_head = bureau.sign_in("sunlihua").await;
    let page = bureau.get("/", &section_head).await;
    assert_eq!(tile(&page, "待受理线索"), "2");
    assert!(page.find("（先到）") < page.find("（后到）"), "the oldest first");
    assert!(page.contains(&format!("href=\"{first}\"")) && page.contains("已收到 1 个工作日") && page.contains("今天收到"));
    assert!(page.contains("本制度第十三条"));

    let handlers = [bureau.id("赵建国"), bureau.id("钱晓梅")];
    let accept = [("opinion", "受案核查"), ("handlers", handlers[0].as_str()), ("handlers", handlers[1].as_str()), ("at", "2026-08-17T14:00")];
    assert_eq!(bureau.post(&format!("{first}/accept"), &accept, &zhao).await.status, StatusCode::SEE_OTHER);
    let page = bureau.get("/", &section_head).await;
    assert_eq!(tile(&page, "待受理线索"), "1");
    assert!(!page.contains("（先到）：夜间"));

    // Who accepts no clue is not told of any.
    let archivist = bureau.sign_in("heping").await;
    assert!(!bureau.get("/", &archivist).await.contains("待受理线索"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_reads_the_same_lateness_on_the_workbench_and_in_oversight() {
    let bureau = Bureau::open(date(2026, 8, 17)).await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    let clue = bureau.clue("某某网咖", "2026-08-17T09:00", &zhao).await;
    let handlers = [bureau.id("赵建国"), bureau.id("钱晓梅")];
    let accept = [("opinion", "受案核查"), ("handlers", handlers[0].as_str()), ("handlers", handlers[1].as_str()), ("at", "2026-08-17T11:00")];
    let case = bureau.post(&format!("{clue}/accept"), &accept, &zhao).await.location;
    let case = case.split('?').next().expect("an address");
    let before = [("reason", "正在营业"), ("allowed_by", "周明远"), ("allowed_at", "2026-08-17T11:10"), ("at", "2026-08-17T11:30")];
    assert_eq!(bureau.post(&format!("{case}/start-before-filing"), &before, &zhao).await.status, StatusCode::SEE_OTHER);

    let head = bureau.sign_in("zhoumingyuan").await;
    let page = bureau.get("/", &head).await;
    assert_eq!(tile(&page, "全机关超期"), "0");
    // Two working days after Monday the 17th end on Wednesday the 19th; the 20th is late.
    bureau.office.clock().step_to(date(2026, 8, 20).at(9, 0, 0, 0));
    let head = bureau.sign_in("zhoumingyuan").await;
    let workbench = bureau.get("/", &head).await;
    let oversight = bureau.get("/oversight", &head).await;
    assert_eq!(tile(&workbench, "全机关超期"), "1");
    assert_eq!(tile(&oversight, "全机关超期"), "1");
    for page in [&workbench, &oversight] {
        assert!(page.contains("赵建国、钱晓梅 1 项"), "{page}");
    }
    assert!(oversight.contains("补办立案审批") && oversight.contains("超期 1 个工作日"));
    assert_eq!(tile(&workbench, "我的超期"), "0", "it is the handlers' to do");
    let zhao = bureau.sign_in("zhaojianguo").await;
    let own = bureau.get("/", &zhao).await;
    assert_eq!(tile(&own, "我的超期"), "1");
    assert!(!own.contains("全机关超期"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_speaks_chinese() {
    let bureau = Bureau::open(date(2026, 8, 17)).await;
    let zhao = bureau.sign_in("zhaojianguo").await;
    bureau.clue("某某网咖", "2026-08-17T09:00", &zhao).await;
    let head = bureau.sign_in("zhoumingyuan").await;
    let ledger = bureau.get("/oversight/ledger", &head).await;
    assert!(ledger.contains("登记线索") && ledger.contains("变更登记"));
    for code in ["clue-registered", "register-changed", "demonstration-begun"] {
        assert!(!ledger.contains(code), "{code}");
    }
}
