//! The volume of a case that was looked into and not filed: what was done through the real acts is
//! bound, and nothing of it is missing; looked at with other people's tools.

mod support;

use casework::acts::archive_case::{ArchiveCase, archive_case};
use casework::acts::conclude_case::{ConcludeCase, conclude_case};
use casework::acts::correct::{Correct, correct};
use casework::acts::inform_impossible::{InformImpossible, inform_impossible};
use casework::acts::scan_paper::{ScanPaper, scan_paper};
use casework::intake::Taken;
use casework::volume::{ItemSource, PartKind};
use casework::{ActError, Office};
use procedure::event::{Event, Outcome};
use procedure::ids::*;
use serde_json::Value;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;
use support::*;

async fn taken(office: &Office, name: &str, bytes: &[u8]) -> Taken {
    let mut intake = office.take_in(name, None).await.unwrap();
    intake.write(bytes).await.unwrap();
    intake.seal().await.unwrap()
}

fn archiving(case: &CaseId) -> ArchiveCase {
    ArchiveCase { case: case.clone(), compiler: String::new(), checker: "冯某庚".into(), missing: String::new(), changes: String::new() }
}

/// From the clue to the decision not to file, with a sealed clue sheet, a signed sheet, a slip.
async fn a_declined_case(office: &Office, people: &People) -> CaseId {
    let case = case_with_evidence(office, people).await;
    later(office, 30);
    let mut sheet = sample("clue-sheet");
    sheet["informant"]["name"] = Value::from(INFORMANT);
    let sheet = submit(office, people, &case, "clue-sheet", sheet).await;
    opinion(office, &people.sun, &case, &sheet, Outcome::Approve).await;
    let mut rights = sample("rights-notice");
    rights["told_at"] = Value::from("2026-08-17T09:20");
    let rights = submit(office, people, &case, "rights-notice", rights).await;
    office.run_jobs().await.unwrap();
    later(office, 30);
    let scan = ScanPaper {
        case: case.clone(),
        paper: rights,
        taken: taken(office, "scan.png", &picture(200)).await,
        pages_count: 1,
        located: "3号盒2架".into(),
    };
    scan_paper(office, &people.zhao, scan).await.unwrap();
    let file = office.case_file(&people.zhao, &case).await.unwrap();
    let wrong = Correct {
        case: case.clone(),
        target: file.case.evidence[0].sequence,
        member: "name".into(),
        effective: Value::from("一楼现场照片"),
        reason: "漏写楼层".into(),
    };
    correct(office, &people.zhao, wrong).await.unwrap();
    let decline = submit(office, people, &case, "non-filing-approval", sample("non-filing-approval")).await;
    opinion(office, &people.sun, &case, &decline, Outcome::Approve).await;
    opinion(office, &people.zhou, &case, &decline, Outcome::Approve).await;
    office.run_jobs().await.unwrap();
    later(office, 60);
    case
}

async fn concludes(office: &Office, people: &People, case: &CaseId) {
    for whom in office.case_file(&people.zhao, case).await.unwrap().case.to_inform {
        let what = InformImpossible { case: case.clone(), whom: whom.label, reason: "电话无人接听，没有其他联系方式".into(), at: None };
        inform_impossible(office, &people.zhao, what).await.unwrap();
    }
    let what = ConcludeCase { case: case.clone(), outcome: "不予立案".into(), at: None };
    conclude_case(office, &people.zhao, what).await.unwrap();
    later(office, 60);
}

fn run(tool: &str, args: &[&str]) -> String {
    let done = Command::new(tool).args(args).output().unwrap();
    assert!(done.status.success(), "{tool}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn text_of(pdf: &Path) -> String {
    run("pdftotext", &["-raw", pdf.to_str().unwrap(), "-"]).split_whitespace().collect()
}

#[tokio::test]
async fn the_volume_grows_with_its_case_and_says_what_is_missing() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    let case = a_declined_case(&office, &people).await;
    let contents = office.volume_contents(&people.feng, &case).await.unwrap();
    let parts: Vec<PartKind> = contents.parts.iter().map(|p| p.part).collect();
    assert_eq!(parts, [PartKind::Main, PartKind::Annex, PartKind::Sealed]);
    let titles: Vec<&str> = contents.parts[0].items.iter().map(|i| i.title.as_str()).collect();
    assert_eq!(titles, ["权利义务告知书（附送达地址确认书）", "权利义务告知书（附送达地址确认书）（签字件扫描）", "证1：一楼现场照片"]);
    assert_eq!(contents.parts[0].items[0].pages.unwrap().0, 1);
    let scan_page = contents.parts[0].items[1].pages.unwrap();
    assert_eq!(contents.parts[0].items[2].pages.unwrap(), (scan_page.1 + 1, scan_page.1 + 1));
    assert!(matches!(contents.parts[1].items.last().unwrap().source, ItemSource::ProcessSheet));
    assert_eq!(contents.parts[2].items[0].title, "案源登记表");
    let carriers: Vec<&str> = contents.carriers.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(carriers, ["收银记录", "执法记录仪录像"]);
    assert!(contents.missing.iter().any(|m| m.sentence.contains("尚未终结")));
    // Refused, and the refusal is part of the volume from now on.
    let refused = archive_case(&office, &people.zhao, archiving(&case)).await;
    assert!(matches!(refused, Err(ActError::Refused(_))));
    let after = office.volume_contents(&people.feng, &case).await.unwrap();
    assert_eq!(after.entries_count, contents.entries_count + 1);
}

#[tokio::test]
async fn an_archived_case_is_bound_whole() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    let case = a_declined_case(&office, &people).await;
    // Nobody checks his own work, and nothing is archived before it is concluded.
    assert!(matches!(archive_case(&office, &people.feng, archiving(&case)).await, Err(ActError::Invalid(_))));
    assert!(matches!(archive_case(&office, &people.zhao, archiving(&case)).await, Err(ActError::Refused(_))));
    concludes(&office, &people, &case).await;
    let before = office.case_file(&people.feng, &case).await.unwrap();
    let receipt = archive_case(&office, &people.zhao, archiving(&case)).await.unwrap();
    assert_eq!(receipt.id, "20260001");
    assert!(matches!(archive_case(&office, &people.zhao, archiving(&case)).await, Err(ActError::Conflict(_))));

    let (file, pdf) = office.volume_pdf(&people.feng, &case, "移送复议机关").await.unwrap();
    let path = keep(place.path(), "volume.pdf", &pdf);
    assert_eq!(file.len_bytes, pdf.len() as u64);
    run("qpdf", &["--check", path.to_str().unwrap()]);
    let archived = office.volume_contents(&people.feng, &case).await.unwrap().archived.unwrap();
    let pages = run("pdfinfo", &[path.to_str().unwrap()]);
    assert!(pages.lines().any(|l| l.starts_with("Pages:") && l.ends_with(&format!(" {}", archived.pages_count))), "{pages}");
    let text = text_of(&path);
    for word in ["行政执法案卷", "卷内文件目录", "卷内备考表", "不予立案审批表", "全过程记录表", "证据载体清单", "一楼现场照片", "20260001", "漏写楼层", "执法记录仪录像"] {
        assert!(text.contains(word), "{word} is missing");
    }
    // Every entry of the case has its line, by its number in the ledger and its minute of record.
    for record in before.case.records.iter().map(AsRef::as_ref).chain(&before.beside) {
        let line = format!("{}{}", record.sequence, record.happened.from.strftime("%Y年%-m月%-d日"));
        assert!(text.contains(&line), "entry {} is missing", record.sequence);
    }
    let film = before.case.evidence.iter().find(|e| e.footage).unwrap().file.clone().unwrap();
    assert!(text.contains(&film.sha256) && text.contains(&film.sm3));
    assert!(!text.contains(INFORMANT), "the informant stands in the sealed annex alone");

    let (annex, sealed) = office.sealed_annex_pdf(&people.zhao, &case, "移送复议机关").await.unwrap();
    let sealed_path = keep(place.path(), "sealed.pdf", &sealed);
    run("qpdf", &["--check", sealed_path.to_str().unwrap()]);
    assert!(text_of(&sealed_path).contains(INFORMANT));
    let (a, b) = (&annex.sha256[..2], &annex.sha256[2..4]);
    let stored = fs::read(place.path().join("data/vault/protected").join(a).join(b).join(&annex.sha256)).unwrap();
    assert!(!stored.starts_with(b"%PDF"), "sealed in the vault");
    assert!(matches!(office.sealed_annex_pdf(&people.zhou, &case, "移送复议机关").await, Err(ActError::NotAllowed(_))));
    office.close().await;
    let report = casework::verify::verify(&settings(place.path()), office.now(), &mut |_| {}).await.unwrap();
    let said: Vec<_> = report.findings.iter().map(|f| &f.text_zh).collect();
    assert!(report.is_sound(), "{said:?}");
}

#[tokio::test]
async fn the_package_proves_itself_and_leaves_recordings_and_sealed_bytes_behind() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    let case = a_declined_case(&office, &people).await;
    concludes(&office, &people, &case).await;
    assert!(matches!(office.volume_package(&people.feng, &case, "移送复议机关", Vec::new()).await, Err(ActError::Conflict(_))));
    archive_case(&office, &people.zhao, archiving(&case)).await.unwrap();
    let package = office.volume_package(&people.feng, &case, "移送复议机关", Vec::new()).await.unwrap();
    let report = archive::verify_package(Cursor::new(&package)).unwrap();
    assert_eq!(report.problems, []);
    let file = office.case_file(&people.feng, &case).await.unwrap();
    // That it was taken is the one entry the package cannot hold: it names the package's own digest.
    let taken = file.beside.last().unwrap();
    let Event::CopyTaken { what, sha256, len_bytes, purpose, .. } = &taken.event else { panic!("{:?}", taken.event) };
    assert_eq!((what.as_str(), *len_bytes, purpose.as_str()), ("package", package.len() as u64, "移送复议机关"));
    assert_eq!(*sha256, support::digest(&package));
    assert_eq!(report.entries_checked, file.case.records.len() + file.beside.len() - 1);
    let path = keep(place.path(), "package.zip", &package);
    let unpacked = place.path().join("unpacked");
    run("python3", &["-m", "zipfile", "-e", path.to_str().unwrap(), unpacked.to_str().unwrap()]);
    run("sh", &["-c", &format!("cd '{}' && sha256sum --quiet -c manifest-sha256.txt", unpacked.display())]);
    let withheld = fs::read_to_string(unpacked.join("未附材料.csv")).unwrap();
    let film = file.case.evidence.iter().find(|e| e.footage).unwrap().file.clone().unwrap();
    assert!(withheld.contains(&film.sha256));
    let annex = file.case.records.iter().find_map(|r| match &r.event {
        Event::CaseArchived { sealed_annex, .. } => sealed_annex.clone(),
        _ => None,
    });
    assert!(withheld.contains(&annex.unwrap().sha256));
    assert!(!package.windows(INFORMANT.len()).any(|w| w == INFORMANT.as_bytes()));
    let key: ledger::checkpoint::VerifierKey = fs::read_to_string(unpacked.join("检查点验证公钥.txt")).unwrap().trim().parse().unwrap();
    let note = fs::read_to_string(unpacked.join("检查点.txt")).unwrap();
    ledger::checkpoint::SignedCheckpoint::parse(&note).unwrap().verify(&key).unwrap();
}

#[tokio::test]
async fn a_picture_that_is_none_stops_no_volume() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    let case = a_declined_case(&office, &people).await;
    attach(&office, &people, &case, "损坏的照片\u{1f4f7}", false, "d.png", b"\x89PNG\r\n\x1a\nnothing follows").await;
    attach(&office, &people, &case, "损坏的文件", false, "e.pdf", b"%PDF-1.7 nothing follows").await;
    concludes(&office, &people, &case).await;
    archive_case(&office, &people.zhao, archiving(&case)).await.unwrap();
    let (_, pdf) = office.volume_pdf(&people.feng, &case, "移送复议机关").await.unwrap();
    let text = text_of(&keep(place.path(), "volume.pdf", &pdf));
    assert!(text.contains("图像不能读出") && text.contains("文件加密或者损坏"));
}

#[tokio::test]
async fn a_penalty_from_clue_to_archive_is_bound_in_the_order_of_volumes() {
    use casework::demo::{self, stories, vocabulary::Desk};
    let place = tempfile::tempdir().unwrap();
    let day = stories::INTERNET_CAFE_BEGINS;
    let office = demo::open_on(settings(place.path()), day).await.unwrap();
    demo::furnish(&office, day).await.unwrap();
    let desk = Desk::new(office.clone());
    let docket = stories::internet_cafe(&desk, stories::Footage::default()).await.unwrap();
    let case = CaseId(docket.file().await.unwrap().id);
    let archivist = office.directory().persons.values().find(|p| p.holds(procedure::people::Role::Archivist)).cloned().unwrap();
    let archivist = casework::Caller::new(archivist, "test");
    let file = office.case_file(&archivist, &case).await.unwrap();
    let contents = office.volume_contents(&archivist, &case).await.unwrap();
    let bound = contents.archived.unwrap();
    // 立案审批表, then the decision with its proof of service, then what else was served, then evidence.
    let main: Vec<&str> = contents.parts[0].items.iter().map(|i| i.title.as_str()).collect();
    let place_of = |title: &str| main.iter().position(|t| *t == title).unwrap_or_else(|| panic!("{title} in {main:?}"));
    assert_eq!(place_of("立案审批表"), 0);
    assert_eq!(place_of("行政处罚决定书"), 1);
    assert_eq!(main[2], "送达回证");
    assert!(place_of("行政处罚事先告知书") < place_of("证据目录"));
    assert!(place_of("证据目录") < place_of("调查询问笔录"));
    let annex: Vec<&str> = contents.parts[1].items.iter().map(|i| i.title.as_str()).collect();
    assert!(annex.contains(&"案件调查终结报告") && annex.contains(&"结案报告"), "{annex:?}");
    // Every issued paper and every scan is an item, in one part or another.
    let items = contents.parts.iter().map(|p| p.items.len()).sum::<usize>();
    let papers: usize = file.case.papers.iter().map(|p| 1 + p.scans.len()).sum();
    assert!(items > papers, "papers, scans and the process sheet");
    let (_, pdf) = office.volume_pdf(&archivist, &case, "移送复议机关").await.unwrap();
    let path = keep(place.path(), "penalty.pdf", &pdf);
    run("qpdf", &["--check", path.to_str().unwrap()]);
    assert!(run("pdfinfo", &[path.to_str().unwrap()]).contains(&bound.pages_count.to_string()));
    let text = text_of(&path);
    for record in file.case.records.iter().map(AsRef::as_ref).chain(&file.beside).filter(|r| !matches!(r.event, Event::CaseArchived { .. })) {
        let line = format!("{}{}", record.sequence, record.happened.from.strftime("%Y年%-m月%-d日"));
        assert!(text.contains(&line), "entry {} ({}) is missing", record.sequence, record.event.kind());
    }
    for paper in file.case.papers.iter().filter_map(|p| p.number.as_ref()) {
        assert!(text.contains(paper.as_str()), "{paper} is missing");
    }
    let package = office.volume_package(&archivist, &case, "移送复议机关", Vec::new()).await.unwrap();
    assert_eq!(archive::verify_package(Cursor::new(&package)).unwrap().problems, []);
    office.close().await;
    let report = casework::verify::verify(&settings(place.path()), office.now(), &mut |_| {}).await.unwrap();
    let said: Vec<_> = report.findings.iter().map(|f| &f.text_zh).collect();
    assert!(report.is_sound(), "{said:?}");
}

/// Writes a file, and a copy where a person asked to look at it.
fn keep(place: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = place.join(name);
    fs::write(&path, bytes).unwrap();
    if let Some(shown) = std::env::var_os("LIUHEN_SHOW") {
        fs::write(Path::new(&shown).join(name), bytes).unwrap();
    }
    path
}
