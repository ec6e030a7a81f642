//! 第二十六条、第三十条: every route of the router, as every role: nobody meets a fault, nobody without
//! a sign-in gets past the door, the three administrators reach no case, and what a role may not
//! know of reads as if it were not there.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use casework::{Clock, Office, Settings};
use procedure::people::Role;
use server::desk::DeskSettings;
use server::router::{Door, Route};
use std::collections::BTreeMap;
use tower::ServiceExt;

struct Bureau {
    application: Router,
    routes: Vec<Route>,
    /// Account and password of each role.
    accounts: Vec<(String, String, String)>,
    /// Ids to put into path patterns.
    ids: BTreeMap<&'static str, String>,
    _place: tempfile::TempDir,
}

impl Bureau {
    async fn open() -> Bureau {
        let place = tempfile::tempdir().expect("a place");
        let mut settings = Settings::new(place.path().join("data"));
        settings.reserve_bytes = Some(0);
        settings.ballast_bytes = 0;
        settings.fonts = std::env::var_os("LIUHEN_FONTS").map_or_else(|| "../../.fonts".into(), Into::into);
        let today = jiff::civil::date(2026, 11, 23);
        let demonstration = casework::demo::open(settings.clone(), today).await.expect("a demonstration");
        let accounts = casework::demo::fill(&demonstration, today).await.expect("a filled demonstration");
        demonstration.close().await;
        let office = Office::open(settings, Clock::at(today.at(15, 0, 0, 0))).await.expect("the office opens");
        let ids = some_ids(&office).await;
        let accounts: Vec<_> = accounts.into_iter().map(|a| (a.role, a.account, a.password)).collect();
        let application = server::serve::application(office, DeskSettings::default());
        Bureau { application, routes: server::router::routes().list, accounts, ids, _place: place }
    }

    async fn sign_in(&self, account: &str, password: &str) -> String {
        let form = format!("account={account}&password={password}&next=/");
        let answer = self.send(form_request("/sign-in", &form, None)).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{account} signs in");
        let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("a cookie");
        cookie.split(';').next().expect("a cookie's value").to_owned()
    }

    async fn send(&self, request: Request<Body>) -> axum::response::Response {
        self.application.clone().oneshot(request).await.expect("an answer")
    }

    /// The pattern with ids of the demonstration in it.
    fn path(&self, route: &Route) -> String {
        let parts = route.path.split('/').map(|part| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some(name) => {
                let key = name.trim_start_matches('*');
                let before = route.path.split(part).next().unwrap_or_default().trim_end_matches('/');
                let noun = before.rsplit('/').next().unwrap_or_default();
                self.ids.get(key).or_else(|| self.ids.get(noun)).cloned().unwrap_or_else(|| "1".into())
            }
            None => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

fn form_request(path: &str, form: &str, cookie: Option<&str>) -> Request<Body> {
    let mut request = Request::post(path)
        .header(header::HOST, "127.0.0.1")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    request.body(Body::from(form.to_owned())).expect("a request")
}

fn request(route: &Route, path: &str, cookie: Option<&str>) -> Request<Body> {
    match route.method {
        "GET" => {
            let mut request = Request::get(path).header(header::HOST, "127.0.0.1");
            if let Some(cookie) = cookie {
                request = request.header(header::COOKIE, cookie);
            }
            request.body(Body::empty()).expect("a request")
        }
        _ => form_request(path, "", cookie),
    }
}

/// Ids of a case and what belongs to it, as the agency head sees them.
async fn some_ids(office: &Office) -> BTreeMap<&'static str, String> {
    let directory = office.directory();
    let head = directory.persons.values().find(|p| p.holds(Role::AgencyHead)).expect("an agency head");
    let caller = casework::Caller::new(head.clone(), "test");
    let cases = office.cases(&caller, Default::default(), None, 50).await.expect("cases");
    let clues = office.clues(&caller, Default::default(), None, 50).await.expect("clues");
    let mut ids = BTreeMap::new();
    for row in &cases {
        let file = office.case_file(&caller, &row.id.as_str().into()).await.expect("a case");
        if let (Some(paper), Some(evidence)) = (file.case.papers.first(), file.case.evidence.first()) {
            ids.insert("cases", row.id.clone());
            ids.insert("case", row.id.clone());
            ids.insert("id", row.id.clone());
            ids.insert("paper", paper.id.0.clone());
            ids.insert("papers", paper.id.0.clone());
            ids.insert("new", "inspection-record".into());
            ids.insert("kind", "inspection-record".into());
            ids.insert("evidence", evidence.id.0.clone());
        }
    }
    if let Some(clue) = clues.first() {
        ids.insert("clues", clue.id.clone());
        ids.insert("clue", clue.id.clone());
    }
    ids.insert("registers", "officers".into());
    ids.insert("name", "officers".into());
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_as_every_role() {
    let bureau = Bureau::open().await;
    assert!(bureau.routes.len() > 60, "only {} routes", bureau.routes.len());
    let mut wrong = vec![];
    for route in bureau.routes.iter().filter(|r| r.door != Door::Open) {
        let path = bureau.path(route);
        let status = bureau.send(request(route, &path, None)).await.status();
        let closed = matches!(status, StatusCode::SEE_OTHER | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        if !closed {
            wrong.push(format!("nobody {} {path} → {status}", route.method));
        }
    }
    let mut roles_seen = std::collections::BTreeSet::new();
    for (role, account, password) in &bureau.accounts {
        if !roles_seen.insert(role.clone()) {
            continue;
        }
        let cookie = bureau.sign_in(account, password).await;
        let administrator = ["系统管理员", "安全管理员", "审计管理员"].iter().any(|title| role.contains(title));
        for route in &bureau.routes {
            if matches!(route.path, "/sign-out" | "/sign-in" | "/session/renew") {
                continue;
            }
            let path = bureau.path(route);
            let status = bureau.send(request(route, &path, Some(&cookie))).await.status();
            if status.is_server_error() {
                wrong.push(format!("{role} {} {path} → {status}", route.method));
            }
            let of_a_case = route.path.starts_with("/cases/{") || route.path.starts_with("/clues/{") || route.path.starts_with("/api/v1/cases/{");
            if administrator && of_a_case && status.is_success() {
                wrong.push(format!("{role} reached {} {path} → {status}", route.method));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_state_changes_from_another_site() {
    let bureau = Bureau::open().await;
    let (_, account, password) = &bureau.accounts[0];
    let cookie = bureau.sign_in(account, password).await;
    for route in bureau.routes.iter().filter(|r| r.method != "GET") {
        let path = bureau.path(route);
        let mut request = form_request(&path, "", Some(&cookie));
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a header"));
        request.headers_mut().insert(header::ORIGIN, "https://elsewhere.example".parse().expect("a header"));
        let status = bureau.send(request).await.status();
        assert_eq!(status, StatusCode::FORBIDDEN, "{} {path} from another site", route.method);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_administrator_sees_or_changes_a_case_or_its_people() {
    let bureau = Bureau::open().await;
    let said = ["某某歌舞", "某某网咖", "法定代表人"];
    for (role, account, password) in &bureau.accounts {
        let administrator = ["系统管理员", "安全管理员", "审计管理员"].iter().any(|title| role.contains(title));
        if !administrator {
            continue;
        }
        let cookie = bureau.sign_in(account, password).await;
        for path in ["/registers/parties", "/registers/parties/new", "/registers/parties/import", "/registers/parties/items/1"] {
            let get = Request::get(path).header(header::HOST, "127.0.0.1").header(header::COOKIE, &cookie);
            let status = bureau.send(get.body(Body::empty()).expect("a request")).await.status();
            assert!(status == StatusCode::FORBIDDEN || status == StatusCode::NOT_FOUND, "{role} {path} → {status}");
            let status = bureau.send(form_request(path, "name=x", Some(&cookie))).await.status();
            assert!(status.is_client_error(), "{role} POST {path} → {status}");
        }
        // Nothing an administrator may open names a party.
        for path in ["/", "/registers", "/registers/officers", "/viewings", "/grants", "/accounts", "/search?q=%E6%9F%90%E6%9F%90", "/cases", "/oversight/ledger"] {
            let get = Request::get(path).header(header::HOST, "127.0.0.1").header(header::COOKIE, &cookie);
            let answer = bureau.send(get.body(Body::empty()).expect("a request")).await;
            let bytes = axum::body::to_bytes(answer.into_body(), 16 << 20).await.expect("a body");
            let text = String::from_utf8_lossy(&bytes);
            let named: Vec<_> = said.iter().filter(|s| text.contains(**s)).collect();
            assert!(named.is_empty(), "{role} reads {named:?} at {path}");
        }
    }
}
