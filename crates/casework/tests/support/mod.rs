//! An office of the tests: an empty place, a clock that stands, five people, and one small case
//! from clue to archive by way of a filing that is declined.
#![allow(dead_code)] // each test binary uses its own part of it

pub mod desk;

use casework::acts::*;
use casework::people::PutAccount;
use casework::{Caller, Clock, Office, Settings};
use jiff::civil::{DateTime, date};
use procedure::event::{ClueSource, Informant, Outcome, Party, PartyKind};
use procedure::ids::*;
use procedure::people::{Person, Role};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

pub const INFORMANT: &str = "郑测试甲";
pub const PASSWORD: &str = "a password of the tests";

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn settings(place: &Path) -> Settings {
    let mut settings = Settings::new(place.join("data"));
    settings.head = place.join("head");
    settings.keys = place.join("keys");
    settings.fonts = repository().join(".fonts");
    settings.reserve_bytes = Some(0);
    settings.ballast_bytes = 0;
    settings
}

pub fn monday() -> DateTime {
    date(2026, 8, 17).at(9, 0, 0, 0)
}

pub async fn open(place: &Path) -> Office {
    open_with(settings(place)).await
}

pub async fn open_with(settings: Settings) -> Office {
    Office::open(settings, Clock::at(monday())).await.unwrap()
}

/// Opens the office anew where the clock stood last.
pub async fn reopen(place: &Path, at: DateTime) -> Office {
    Office::open(settings(place), Clock::at(at)).await.unwrap()
}

/// Whoever sets up accounts.
pub fn installer() -> Caller {
    Caller::new(
        Person {
            id: PersonId("installer".into()),
            name: "安装人员".into(),
            roles: vec![Role::SecurityAdmin],
            department: DepartmentId("d1".into()),
            certificates: vec![],
            qualification: None,
        },
        "test",
    )
}

/// The people of the bureau.
pub struct People {
    pub zhao: Caller,
    pub qian: Caller,
    pub sun: Caller,
    pub zhou: Caller,
    pub feng: Caller,
}

pub async fn people(office: &Office) -> People {
    let setter = installer();
    let mut made = vec![];
    for (account, name, role) in [
        ("zhao", "赵某甲", Role::Officer),
        ("qian", "钱某乙", Role::Officer),
        ("sun", "孙某丙", Role::SectionHead),
        ("zhou", "周某丁", Role::AgencyHead),
        ("feng", "冯某庚", Role::Archivist),
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
        let id = office.put_account(&setter, what).await.unwrap().id;
        made.push(Caller::new(office.person(&PersonId(id)).unwrap(), "test"));
    }
    let [zhao, qian, sun, zhou, feng] = made.try_into().unwrap_or_else(|_| panic!("five people"));
    People { zhao, qian, sun, zhou, feng }
}

/// Lets time pass.
pub fn later(office: &Office, minutes: i64) {
    let now = office.now();
    office.clock().step_to(now.saturating_add(jiff::Span::new().minutes(minutes)));
}

pub async fn clue(office: &Office, people: &People, content: &str) -> ClueId {
    let what = register_clue::RegisterClue {
        source: ClueSource::Complaint,
        channel: "电话".into(),
        received_at: office.now(),
        category: "网吧".into(),
        target: "某某网咖".into(),
        content: content.into(),
        informant: Some(Informant { name: INFORMANT.into(), contact: "027-80000003".into(), reachable: true }),
        transferring_body: None,
        reply_wanted: true,
    };
    ClueId(register_clue::register_clue(office, &people.zhao, what).await.unwrap().id)
}

/// A case with a party, a photograph, a text file and a recording.
pub async fn case_with_evidence(office: &Office, people: &People) -> CaseId {
    let clue = clue(office, people, "来电反映夜间有学生上网").await;
    later(office, 10);
    let what = accept_clue::AcceptClue {
        clue,
        opinion: "受案核查".into(),
        handlers: vec![people.zhao.person.id.clone(), people.qian.person.id.clone()],
        at: None,
    };
    let case = CaseId(accept_clue::accept_clue(office, &people.zhao, what).await.unwrap().id);
    later(office, 5);
    let party = Party {
        kind: PartyKind::Organisation,
        name: "武汉某某网咖有限公司".into(),
        id_number: "91420112MA4K0A1B61".into(),
        legal_representative: "李某某".into(),
        ..Party::default()
    };
    record_party::record_party(office, &people.zhao, record_party::RecordParty { case: case.clone(), party }).await.unwrap();
    attach(office, people, &case, "现场照片", false, "a.png", &picture(40)).await;
    attach(office, people, &case, "收银记录", false, "b.txt", b"2026-08-16 23:05,student\n").await;
    attach(office, people, &case, "执法记录仪录像", true, "c.mp4", &film()).await;
    case
}

pub async fn attach(office: &Office, people: &People, case: &CaseId, name: &str, footage: bool, file: &str, bytes: &[u8]) -> EvidenceId {
    let mut intake = office.take_in(file, Some(bytes.len() as u64)).await.unwrap();
    intake.write(bytes).await.unwrap();
    let taken = intake.seal().await.unwrap();
    let what = attach_evidence::AttachEvidence { name: name.into(), footage, ..exhibit(office, case, taken) };
    EvidenceId(attach_evidence::attach_evidence(office, &people.zhao, what).await.unwrap().id)
}

/// A document of the case, as the form would have it.
pub fn exhibit(office: &Office, case: &CaseId, taken: casework::intake::Taken) -> attach_evidence::AttachEvidence {
    let kinds = &office.book().evidence_kinds;
    attach_evidence::AttachEvidence {
        case: case.clone(),
        kind: kinds[0].code.clone(),
        name: "材料".into(),
        source: "现场提取".into(),
        proves: "现场情况".into(),
        footage: false,
        place: "某某大道100号".into(),
        from: office.now(),
        to: None,
        located: String::new(),
        extraction: None,
        protected: false,
        taken: Some(taken),
    }
}

/// Fields of a paper's sample.
pub fn sample(kind: &str) -> Map<String, Value> {
    let path = repository().join(format!("regulation/papers/{kind}/sample.json"));
    serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap().as_object().unwrap().clone()
}

pub async fn submit(office: &Office, people: &People, case: &CaseId, kind: &str, fields: Map<String, Value>) -> PaperId {
    let what = submit_paper::SubmitPaper {
        case: case.clone(),
        kind: PaperKind(kind.into()),
        paper: None,
        base_version: 0,
        subject: String::new(),
        fields,
        opinion: "请审批".into(),
    };
    PaperId(submit_paper::submit_paper(office, &people.zhao, what).await.unwrap().id)
}

pub async fn opinion(office: &Office, caller: &Caller, case: &CaseId, paper: &PaperId, outcome: Outcome) {
    let file = office.case_file(caller, case).await.unwrap();
    let version = file.case.paper(paper).unwrap().current().unwrap().clone();
    let what = give_opinion::GiveOpinion {
        case: case.clone(),
        paper: paper.clone(),
        version: version.version,
        digest: version.digest,
        outcome,
        opinion: "同意。".into(),
        password: PASSWORD.into(),
        fields: None,
    };
    give_opinion::give_opinion(office, caller, what).await.unwrap();
}

/// A picture of grey stripes.
pub fn picture(side: u32) -> Vec<u8> {
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    let pixels: Vec<u8> = (0..side * side).map(|i| (i % side * 255 / side) as u8).collect();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    bytes
}

/// Bytes whose beginning says mp4.
pub fn film() -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypisom\0\0\0\0isomiso2".to_vec();
    bytes.extend((0..70_000u32).map(|i| (i % 251) as u8));
    bytes
}

/// Files under a folder in which one of the texts stands: in their bytes, or among the words of a PDF.
pub fn disk_holds(dir: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = vec![];
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(disk_holds(&path, texts));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let words = words_of(&path, &bytes);
        let holds = |text: &&str| bytes.windows(text.len()).any(|w| w == text.as_bytes()) || words.as_ref().is_some_and(|w| w.contains(*text));
        found.extend(texts.iter().filter(|t| holds(t)).map(|t| format!("{t} in {}", path.display())));
    }
    found
}

/// The words of a PDF without the spaces between them; none for a file that is no PDF.
pub fn words_of(path: &Path, bytes: &[u8]) -> Option<String> {
    if !bytes.starts_with(b"%PDF") {
        return None;
    }
    let done = std::process::Command::new("pdftotext").arg("-raw").arg(path).arg("-").output().expect("pdftotext (poppler-utils) is needed");
    Some(String::from_utf8_lossy(&done.stdout).split_whitespace().collect())
}

/// SHA-256 as `sha256sum` says it.
pub fn digest(bytes: &[u8]) -> String {
    use std::io::Write;
    let mut child = std::process::Command::new("sha256sum").stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout)[..64].to_owned()
}
