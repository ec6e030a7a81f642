//! 第二十六条、第三十条: files that are not what they say. What could run in a browser is handed out to be
//! saved and nothing else; its name is data; a scan that is no scan is told so; and a scan of a
//! paper that names a minor reaches the disk sealed.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use casework::Settings;
use casework::acts::register_clue::RegisterClue;
use casework::demo::vocabulary::{Desk, Docket, Matter};
use http_body_util::BodyExt;
use jiff::civil::{DateTime, date};
use procedure::event::{ClueSource, Party, PartyKind};
use procedure::ids::PaperId;
use serde_json::json;
use server::desk::DeskSettings;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tower::ServiceExt;

fn at(hour: i8, minute: i8) -> DateTime {
    date(2026, 8, 17).at(hour, minute, 0, 0)
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
}

struct Bureau {
    application: Router,
    cookie: String,
}

impl Bureau {
    async fn open(desk: &Desk) -> Bureau {
        let application = server::serve::application(desk.office().clone(), DeskSettings::default());
        let mut bureau = Bureau { application, cookie: String::new() };
        let body = format!("account=zhaojianguo&password={}&next=%2F", casework::demo::password_of("zhaojianguo"));
        let request = Request::post("/sign-in").header(header::HOST, "127.0.0.1");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(body));
        let answer = bureau.send(request.expect("a request")).await;
        bureau.cookie = answer.header(header::SET_COOKIE).split(';').next().expect("a cookie").to_owned();
        bureau
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.application.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        Answer { status: parts.status, headers: parts.headers, bytes: body.collect().await.expect("a body").to_bytes().to_vec() }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, &self.cookie).body(Body::empty());
        self.send(request.expect("a request")).await
    }

    /// A form with a file as a browser sends it, the length of the whole beside it.
    async fn post_file(&self, path: &str, pairs: &[(&str, &str)], name: &str, claimed: &str, file: &[u8]) -> Answer {
        let mut body = vec![];
        for (field, value) in pairs {
            body.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes());
        }
        body.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {claimed}\r\n\r\n").bytes());
        body.extend(file);
        body.extend(b"\r\n--edge--\r\n");
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .header(header::CONTENT_LENGTH, body.len())
            .body(Body::from(body));
        self.send(request.expect("a request")).await
    }

    /// What the upload island sends before its form.
    async fn upload(&self, path: &str, name: &str, file: &[u8]) -> Answer {
        let name: String = name.bytes().map(|b| format!("%{b:02X}")).collect();
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1")
            .header(header::COOKIE, &self.cookie)
            .header("x-file-name", name)
            .header(header::CONTENT_LENGTH, file.len())
            .body(Body::from(file.to_vec()));
        self.send(request.expect("a request")).await
    }
}

async fn desk(place: &TempDir) -> Desk {
    let mut settings = Settings::new(place.path().join("data"));
    settings.reserve_bytes = Some(0);
    settings.ballast_bytes = 0;
    settings.fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts");
    let today = date(2026, 8, 17);
    let office = casework::demo::open_on(settings, today).await.expect("the office opens");
    casework::demo::furnish(&office, today).await.expect("a bureau");
    Desk::new(office)
}

async fn docket(desk: &Desk) -> Docket<'_> {
    let party = Party {
        kind: PartyKind::Organisation,
        name: "武汉某某歌舞娱乐有限公司".into(),
        id_number: "91420112MA4K0C3D0A".into(),
        legal_representative: "张某某".into(),
        address: "武汉市东西湖区某某路18号".into(),
        phone: "027-80010001".into(),
        ..Party::default()
    };
    let matter = Matter {
        cause: "entertainment-minors".into(),
        category: "歌舞娱乐".into(),
        site: party.address.clone(),
        site_person: ("何某某".into(), "店长".into()),
        asked: ("张某某".into(), "420112197809099991".into(), "法定代表人（负责人）".into()),
        party,
        facts: vec!["允许一名未成年人进入。".into()],
        rests_on: vec![],
        articles_violated: vec![],
        articles_penalty: vec![],
        range: String::new(),
        measures: vec![],
        requirements: vec![],
        circumstance: ("从轻".into(), "初次违法。".into()),
    };
    let clue = RegisterClue {
        source: ClueSource::Inspection,
        channel: "现场检查".into(),
        received_at: at(8, 0),
        category: "歌舞娱乐".into(),
        target: matter.party.name.clone(),
        content: "检查发现未成年人。".into(),
        informant: None,
        transferring_body: None,
        reply_wanted: false,
    };
    let clue = desk.clue(at(8, 10), "zhaojianguo", clue).await.expect("a clue");
    desk.accepts(at(8, 20), "zhaojianguo", &clue, &["zhaojianguo", "qianxiaomei"], matter).await.expect("a case")
}

/// HTML, SVG, a script in a picture's clothes, a picture cut off, an archive: as the bytes come.
fn hostile() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        ("page.jpg", "image/jpeg", b"<!doctype html><script>alert(document.cookie)</script>".to_vec()),
        ("drawing.jpg", "image/svg+xml", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec()),
        ("xml.png", "image/png", b"<?xml version=\"1.0\"?><?xml-stylesheet href=\"javascript:alert(1)\"?><x/>".to_vec()),
        ("cut.jpg", "image/jpeg", b"\xff\xd8".to_vec()),
        ("program.pdf", "application/pdf", b"MZ\x90\0\x03this is no paper".to_vec()),
        ("zip.mp4", "video/mp4", b"PK\x03\x04 not a film".to_vec()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn article_26_what_could_run_is_only_handed_out_to_be_saved() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(&place).await;
    let docket = docket(&desk).await;
    desk.reach(at(12, 0)).await;
    let bureau = Bureau::open(&desk).await;
    let evidence = format!("/cases/{}/evidence", docket.case);
    let fields = [("kind", "documentary"), ("name", "检查材料"), ("source", "现场提取"), ("from", "2026-08-17T09:00"), ("footage", "no")];
    for (name, claimed, bytes) in hostile() {
        let sent = bureau.post_file(&format!("{evidence}/new"), &fields, name, claimed, &bytes).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{name}: {}", sent.text());
        let case = docket.file().await.expect("the case");
        let item = case.evidence.last().expect("evidence");
        let file = bureau.get(&format!("{evidence}/{}/file", item.id)).await;
        assert_eq!((file.status, file.bytes == bytes), (StatusCode::OK, true), "{name}");
        assert_eq!(file.header(header::CONTENT_TYPE), "application/octet-stream", "{name}");
        assert!(file.header(header::CONTENT_DISPOSITION).starts_with("attachment; "), "{name}");
        let policy = file.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("sandbox;") && !policy.contains("allow-"), "{name}: {policy}");
        assert_eq!(file.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{name}");
        let page = bureau.get(&format!("{evidence}/{}", item.id)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text().contains("<img src=\"/cases"), "no hostile file is drawn into the page");
    }
    desk.office().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_08_names_with_paths_marks_or_three_hundred_characters_are_only_data() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(&place).await;
    let docket = docket(&desk).await;
    desk.reach(at(12, 0)).await;
    let bureau = Bureau::open(&desk).await;
    let evidence = format!("/cases/{}/evidence", docket.case);
    let long = format!("{}.png", "很长的名字".repeat(60));
    for name in ["../../../../etc/passwd", "现场\0照片.png", "照片\u{202e}gpj.html", "<b>粗体</b>.png", "a\r\nSet-Cookie: x=1.png", &long] {
        let taken = bureau.upload("/uploads", name, format!("bytes of {name:?}").as_bytes()).await;
        assert_eq!(taken.status, StatusCode::CREATED, "{name:?}: {}", taken.text());
        let received: serde_json::Value = serde_json::from_slice(&taken.bytes).expect("a receipt");
        let handle = received["handle"].as_str().expect("a handle");
        let fields = [("kind", "documentary"), ("name", "材料"), ("from", "2026-08-17T09:00"), ("footage", "no"), ("file", handle)];
        let body: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", v.bytes().map(|b| format!("%{b:02X}")).collect::<String>())).collect();
        let request = Request::post(format!("{evidence}/new"))
            .header(header::HOST, "127.0.0.1")
            .header(header::COOKIE, &bureau.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")));
        let sent = bureau.send(request.expect("a request")).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{name:?}: {}", sent.text());
        let case = docket.file().await.expect("the case");
        let item = case.evidence.last().expect("evidence");
        let file = bureau.get(&format!("{evidence}/{}/file", item.id)).await;
        let disposition = file.header(header::CONTENT_DISPOSITION);
        assert!(disposition.starts_with("attachment; ") && disposition.is_ascii(), "{disposition}");
        assert!(!disposition.contains("..") && !disposition.contains('\u{202e}'), "{disposition}");
        assert!(file.headers.get(header::SET_COOKIE).is_none());
        let page = bureau.get(&format!("{evidence}/{}", item.id)).await.text();
        assert!(!page.contains("<b>粗体") && !page.contains('\u{202e}') && !page.contains('\0'), "{name:?}");
    }
    assert!(!place.path().join("etc").exists());
    desk.office().close().await;
}

/// The inspection's record, whose list of minors is a secret.
async fn inspected(docket: &Docket<'_>) -> PaperId {
    docket.files(at(8, 40)).await.expect("filed");
    let minors = json!({ "minors": [{
        "name": "甲某（演示）", "birth": "2012-03-05", "id_number": "420112201203059994",
        "checked_by": "电话联系监护人", "guardian_phone": "027-80000088",
    }] });
    // Made, and not yet scanned.
    docket.desk.reach(at(11, 30)).await;
    let own = json!({
        "place": docket.matter.site, "from": "2026-08-17T10:00", "to": "2026-08-17T10:40", "findings": "发现一名未成年人。",
        "site_person": { "name": "何某某", "duty": "店长" }, "recusal": { "told": true, "answer": "不申请回避" },
        "notified_on_camera": true, "party_opinion": "属实。", "minors": minors["minors"],
    });
    docket.submits("zhaojianguo", "inspection-record", &docket.party.0, own, "").await.expect("the record")
}

fn below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { below(&path, found) } else { found.push(path) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn article_30_a_scan_of_a_paper_that_names_a_minor_reaches_the_disk_sealed() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(&place).await;
    let docket = docket(&desk).await;
    let paper = inspected(&docket).await;
    desk.reach(at(12, 0)).await;
    let bureau = Bureau::open(&desk).await;
    let address = format!("/cases/{}/papers/{paper}/scan", docket.case);
    // What is no scan is told so, whatever it is called.
    for (name, claimed, bytes) in hostile() {
        let sent = bureau.post_file(&address, &[("located", "3号柜")], name, claimed, &bytes).await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(sent.text().contains("扫描件应当是PDF、JPEG或者PNG文件") || sent.text().contains("已损坏"), "{name}: {}", sent.text());
    }
    assert!(docket.file().await.expect("the case").paper(&paper).expect("the paper").scans.is_empty());

    let form = bureau.get(&address).await.text();
    let upload = format!("/uploads?paper={}/{paper}", docket.case);
    assert!(form.contains(&upload), "the island is told where: {form}");
    let plain = casework::demo::scan("甲某 sealed sheet", 1);
    let sent = bureau.post_file(&address, &[("located", "3号柜")], "扫描.pdf", "application/pdf", &plain).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let island = casework::demo::scan("by the island", 1);
    let taken = bureau.upload(&upload, "扫描.pdf", &island).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    let received: serde_json::Value = serde_json::from_slice(&taken.bytes).expect("a receipt");
    assert_eq!(received["media_type"], "application/pdf");

    let mut files = vec![];
    below(&place.path().join("data/vault"), &mut files);
    for clear in [&plain, &island] {
        assert!(files.iter().all(|f| std::fs::read(f).expect("bytes") != *clear), "a scan lies in clear");
    }
    // Whoever handles the case reads it all the same.
    let case = docket.file().await.expect("the case");
    assert_eq!(case.paper(&paper).expect("the paper").scans.len(), 1);
    let read = bureau.get(&format!("/cases/{}/papers/{paper}/scans/1", docket.case)).await;
    assert_eq!((read.status, read.bytes == plain), (StatusCode::OK, true));
    desk.office().close().await;
}
