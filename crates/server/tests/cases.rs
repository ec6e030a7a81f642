//! 第十二、十三、十四、三十条: a clue through the pages into a case: registered with its informant sealed,
//! accepted, its party and cause recorded, a visit by one officer flawed and decided upon, a slip
//! that keeps the original; wrong fields told in place, the same form twice done once.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use casework::people::PutAccount;
use casework::{Caller, Clock, Office, Settings};
use http_body_util::BodyExt;
use jiff::civil::date;
use procedure::ids::*;
use procedure::people::{Person, Role};
use server::desk::DeskSettings;
use std::path::Path;
use tower::ServiceExt;

const PASSWORD: &str = "a password of the tests";
const INFORMANT: &str = "郑测试甲";

struct Bureau {
    application: Router,
    office: Office,
    zhao: String,
    qian: String,
    _place: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn location(&self) -> String {
        self.headers.get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
    }

    fn value(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let rest = self.text.split_once(&mark).unwrap_or_else(|| panic!("no {name} in {}", self.text)).1;
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

impl Bureau {
    async fn open() -> Bureau {
        let place = tempfile::tempdir().expect("a place");
        let mut settings = Settings::new(place.path().join("data"));
        settings.reserve_bytes = Some(0);
        settings.ballast_bytes = 0;
        let fonts = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts");
        settings.fonts = std::env::var_os("LIUHEN_FONTS").map_or_else(fonts, Into::into);
        let office = Office::open(settings, Clock::at(date(2026, 8, 17).at(15, 0, 30, 0))).await.expect("the office opens");
        let zhao = account(&office, "zhao", "赵某甲", Role::Officer).await;
        let qian = account(&office, "qian", "钱某乙", Role::Officer).await;
        for (name, title, role) in [
            ("sun", "孙某丙", Role::SectionHead),
            ("zhou", "周某丁", Role::AgencyHead),
            ("shen", "沈某戊", Role::Supervisor),
            ("feng", "冯某己", Role::LegalReviewer),
        ] {
            account(&office, name, title, role).await;
        }
        let application = server::serve::application(office.clone(), DeskSettings::default());
        Bureau { application, office, zhao, qian, _place: place }
    }

    async fn sign_in(&self, account: &str) -> String {
        let answer = self.post("/sign-in", &[("account", account), ("password", PASSWORD), ("next", "/")], "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{account} signs in");
        let cookie = answer.headers[header::SET_COOKIE].to_str().expect("a cookie");
        cookie.split(';').next().expect("a cookie's value").to_owned()
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).expect("a request")).await
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
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// A complaint registered and accepted by 赵; the path of its case.
    async fn case(&self, cookie: &str) -> String {
        let clue = self.post("/clues/new", &complaint("2026-08-17T09:00"), cookie).await;
        assert_eq!(clue.status, StatusCode::SEE_OTHER, "{}", clue.text);
        let clue = clue.location().split('?').next().expect("a path").to_owned();
        let accept = [("opinion", "受案核查"), ("handlers", self.zhao.as_str()), ("handlers", self.qian.as_str()), ("at", "2026-08-17T11:00")];
        let accepted = self.post(&format!("{clue}/accept"), &accept, cookie).await;
        assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.text);
        accepted.location().split('?').next().expect("a path").to_owned()
    }

    async fn done(&self, path: &str, pairs: &[(&str, &str)], cookie: &str) {
        let answer = self.post(path, pairs, cookie).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
    }
}

async fn account(office: &Office, account: &str, name: &str, role: Role) -> String {
    let setter = Person {
        id: PersonId("installer".into()),
        name: "安装人员".into(),
        roles: vec![Role::SecurityAdmin],
        department: DepartmentId("d1".into()),
        certificates: vec![],
        qualification: None,
    };
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
    office.put_account(&Caller::new(setter, "test"), what).await.expect("an account").id
}

fn complaint(received_at: &str) -> Vec<(&str, &str)> {
    vec![
        ("source", "complaint"),
        ("received_at", received_at),
        ("channel", "电话"),
        ("category", "网吧"),
        ("target", "某某网咖"),
        ("content", "夜间接纳未成年人"),
        ("reply_wanted", "yes"),
        ("informant.name", INFORMANT),
        ("informant.contact", "027-80000003"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clue_is_registered_with_its_informant_sealed_and_wrong_fields_told_in_place() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhao").await;
    let empty = bureau.get("/clues", &zhao).await;
    assert!(empty.text.contains("还没有线索。"));

    let mut wrong = complaint("2026-08-18T09:00");
    wrong[4] = ("target", "");
    let wrong = bureau.post("/clues/new", &wrong, &zhao).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("请填写被反映的单位或者场所") && wrong.text.contains("夜间接纳未成年人"), "what was typed is kept");
    assert!(wrong.text.contains("还没有发生的事不能记录"), "all at once");
    let nothing = [("source", ""), ("received_at", ""), ("content", "夜间接纳未成年人"), ("informant.contact", "abc")];
    let nothing = bureau.post("/clues/new", &nothing, &zhao).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["source", "received_at", "channel", "category", "target", "informant.contact"] {
        assert!(nothing.text.contains(&format!("id=\"f-{field}-error\"")), "{field} is told beside its field: {}", nothing.text);
    }
    assert!(nothing.text.contains("有 6 处需要改正"));
    let future = bureau.post("/clues/new", &complaint("2026-08-18T09:00"), &zhao).await;
    assert_eq!(future.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(future.text.contains("还没有发生的事不能记录"));

    let done = bureau.post("/clues/new", &complaint("2026-08-17T09:00"), &zhao).await;
    let own = bureau.get(&done.location(), &zhao).await;
    assert!(own.text.contains("已记录：登记线索。") && own.text.contains(INFORMANT), "who registered it knows");
    assert!(own.text.contains("接收后 6 小时"));
    let qian = bureau.sign_in("qian").await;
    let other = bureau.get(&done.location(), &qian).await;
    assert_eq!(other.status, StatusCode::OK);
    assert!(!other.text.contains(INFORMANT) && !other.text.contains("027-80000003") && other.text.contains("信息已封存"));
    let list = bureau.get("/clues?q=%E7%BD%91%E5%92%96", &qian).await;
    assert!(list.text.contains("接收后 6 小时") && !list.text.contains(INFORMANT));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_from_acceptance_through_its_acts_and_shows_each() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhao").await;
    let case = bureau.case(&zhao).await;
    let page = bureau.get(&case, &zhao).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("现在还不能制作立案审批表。") && page.text.contains("尚未登记当事人") && page.text.contains("尚未确定案由"));
    assert!(page.text.contains("举报人信息已封存") && page.text.contains("建立案件"));

    // The last digit of the code does not fit the others.
    let path = format!("{case}/record-party");
    let party = |number: &'static str| vec![("party.kind", "organisation"), ("party.name", "武汉某某网吧有限公司"), ("party.id_number", number)];
    let wrong = bureau.post(&path, &party("91420112MA4K0A1B62"), &zhao).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("武汉某某网吧有限公司") && wrong.text.contains("f-party.id_number-error"));
    let mut wrong = party("91420112MA4K0A1B62");
    wrong.push(("party.phone", "abc"));
    let wrong = bureau.post(&path, &wrong, &zhao).await;
    assert!(wrong.text.contains("“abc”不是电话号码") && wrong.text.contains("f-party.id_number-error"));
    bureau.done(&path, &party("91420112MA4K0A1B61"), &zhao).await;

    let causes = bureau.get(&format!("{case}/choose-cause?q=%E6%9C%AA%E6%88%90%E5%B9%B4%E4%BA%BA"), &zhao).await;
    assert!(causes.text.contains("互联网上网服务营业场所经营者允许未成年人进入") && causes.text.contains("幅度"));
    bureau.done(&format!("{case}/choose-cause"), &[("cause", "internet-cafe-minors")], &zhao).await;
    let before = [("reason", "正在营业"), ("allowed_by", "周某丁"), ("allowed_at", "2026-08-17T11:10"), ("at", "2026-08-17T11:30")];
    bureau.done(&format!("{case}/start-before-filing"), &before, &zhao).await;
    let page = bureau.get(&case, &zhao).await;
    assert!(!page.text.contains("现在还不能制作立案审批表。"));
    // Monday the 17th; two working days later is Wednesday the 19th.
    assert!(page.text.contains("补办立案审批") && page.text.contains("8月19日"));

    for tab in ["people", "ledger"] {
        let page = bureau.get(&format!("{case}/{tab}"), &zhao).await;
        assert_eq!(page.status, StatusCode::OK, "{tab}: {}", page.text);
        assert!(page.text.contains("aria-current=\"page\""));
    }
    let ledger = bureau.get(&format!("{case}/ledger"), &zhao).await;
    assert!(ledger.text.contains("<code>party-recorded</code>"));
    let list = bureau.get("/cases?stage=accepted", &zhao).await;
    assert!(list.text.contains("武汉某某网吧有限公司") && list.text.contains("补办立案审批"));
    assert!(bureau.get("/cases?stage=archived", &zhao).await.text.contains("没有符合条件的案件。"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_keeps_the_original_and_a_flaw_waits_for_the_head() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhao").await;
    let case = bureau.case(&zhao).await;
    let visit = [("place", "某某路128号"), ("officers", bureau.zhao.as_str()), ("certificates_shown", "yes"), ("arrived_at", "2026-08-17T12:00")];
    bureau.done(&format!("{case}/start-visit"), &visit, &zhao).await;
    let page = bureau.get(&case, &zhao).await;
    assert!(page.text.contains("执法人员1人，不足两人"), "recorded as it was, with its flaw");
    let leave = bureau.get(&format!("{case}/end-visit"), &zhao).await;
    let id = leave.value("visit");
    let early = bureau.post(&format!("{case}/end-visit"), &[("visit", &id), ("left_at", "2026-08-17T11:00")], &zhao).await;
    assert!(early.status == StatusCode::UNPROCESSABLE_ENTITY && early.text.contains("结束时间早于开始时间"));
    bureau.done(&format!("{case}/end-visit"), &[("visit", &id), ("left_at", "2026-08-17T13:00")], &zhao).await;

    let entries = bureau.get(&format!("{case}/correct"), &zhao).await;
    let target = entries.text.split("correct?target=").find(|part| part.contains("更正：到达现场")).expect("the visit is listed");
    let target = target.split('"').next().expect("a sequence").to_owned();
    let choice = bureau.get(&format!("{case}/correct?target={target}"), &zhao).await;
    assert!(choice.text.contains("现在是：某某路128号") && choice.text.contains("地点"));
    // Each member has the control of its kind, filled with what stands there now.
    let control = async |member: &str| bureau.get(&format!("{case}/correct?target={target}&member={member}"), &zhao).await.text;
    let moment = control("happened.from").await;
    assert!(moment.contains("type=\"datetime-local\"") && moment.contains("value=\"2026-08-17T12:00\""), "{moment}");
    let shown = control("certificates_shown").await;
    assert!(shown.contains("type=\"radio\" name=\"effective\" value=\"是\" checked") && shown.contains("value=\"否\""));
    assert!(control("envelope.place").await.contains("value=\"某某路128号\""));
    let odd = [("target", target.as_str()), ("member", "happened.from"), ("effective", "昨天"), ("reason", "笔误")];
    let odd = bureau.post(&format!("{case}/correct"), &odd, &zhao).await;
    assert!(odd.status == StatusCode::UNPROCESSABLE_ENTITY && odd.text.contains("填写时间"), "{}", odd.text);
    let slip = [("target", target.as_str()), ("member", "envelope.place"), ("effective", "某某路182号"), ("reason", "笔误")];
    bureau.done(&format!("{case}/correct"), &slip, &zhao).await;
    let page = bureau.get(&case, &zhao).await;
    assert!(page.text.contains("地点：原“某某路128号”，更正为“某某路182号”"));

    let rule = "two-officers";
    let decide = [("target", target.as_str()), ("rule", rule), ("rely", "yes"), ("reason", "另有录像佐证")];
    assert_eq!(bureau.post(&format!("{case}/decide-flaw"), &decide, &zhao).await.status, StatusCode::FORBIDDEN);
    let zhou = bureau.sign_in("zhou").await;
    assert!(bureau.get(&case, &zhou).await.text.contains(&format!("decide-flaw?target={target}&#38;rule={rule}")));
    assert!(bureau.get(&format!("{case}/decide-flaw"), &zhou).await.text.contains("执法人员1人，不足两人"));
    bureau.done(&format!("{case}/decide-flaw"), &decide, &zhou).await;
    assert!(bureau.get(&case, &zhou).await.text.contains("负责人决定采信"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_act_is_told_so_and_the_same_form_twice_is_done_once() {
    let bureau = Bureau::open().await;
    let zhao = bureau.sign_in("zhao").await;
    let case = bureau.case(&zhao).await;
    let shen = bureau.sign_in("shen").await;
    let seen = bureau.get(&case, &shen).await;
    assert!(seen.status == StatusCode::OK && !seen.text.contains("下一步可以做"));
    assert!(!seen.text.contains(INFORMANT));
    assert_eq!(bureau.get(&format!("{case}/record-party"), &shen).await.status, StatusCode::FORBIDDEN);
    assert_eq!(bureau.get("/cases/no-such-case", &zhao).await.status, StatusCode::NOT_FOUND);

    let sun = bureau.sign_in("sun").await;
    let form = bureau.get(&format!("{case}/assign-handlers"), &sun).await;
    let once = form.value("once");
    let pairs = [("once", once.as_str()), ("handlers", bureau.qian.as_str()), ("handlers", bureau.zhao.as_str()), ("reason", "工作调整")];
    let before = bureau.office.head().0;
    bureau.done(&format!("{case}/assign-handlers"), &pairs, &sun).await;
    bureau.done(&format!("{case}/assign-handlers"), &pairs, &sun).await;
    assert_eq!(bureau.office.head().0, before + 1, "one entry for one form");
    let people = bureau.get(&format!("{case}/people"), &sun).await;
    assert!(people.text.contains("工作调整") && people.text.contains("至今"));
}
