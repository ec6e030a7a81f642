//! Article 26 from the desk: who may see footage, what is written down before, and what is not
//! served. People and cases are fictitious.

use crate::acts::accept_clue::{AcceptClue, accept_clue};
use crate::acts::attach_evidence::{AttachEvidence, attach_evidence};
use crate::acts::choose_cause::{ChooseCause, choose_cause};
use crate::acts::close_viewing::close_viewing;
use crate::acts::deny_grant::{DenyGrant, deny_grant};
use crate::acts::give_grant::{GiveGrant, give_grant};
use crate::acts::give_opinion::{GiveOpinion, give_opinion};
use crate::acts::open_viewing::{OpenViewing, Viewing, open_viewing};
use crate::acts::record_party::{RecordParty, record_party};
use crate::acts::register_clue::{RegisterClue, register_clue};
use crate::acts::request_grant::{RequestGrant, request_grant};
use crate::acts::return_grant::{ReturnGrant, return_grant};
use crate::acts::sign_standing_rule::{SignStandingRule, sign_standing_rule};
use crate::acts::submit_paper::{SubmitPaper, submit_paper};
use crate::intake::Taken;
use crate::office::{Caller, Decision, Office};
use crate::people::PutAccount;
use crate::settings::Settings;
use crate::viewing::{Mode, ViewingFilter};
use crate::{ActError, Clock};
use jiff::ToSpan;
use jiff::civil::{DateTime, date};
use procedure::event::{ClueSource, Event, FileRef, Outcome, Party, PartyKind, Span};
use procedure::ids::*;
use procedure::people::{Person, Role};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use tokio::io::AsyncReadExt;

const PASSWORD: &str = "long enough to be a password";
/// Bytes of the recording: the box of an MP4, then something to cut ranges from.
const RECORDING: &[u8] = b"\x00\x00\x00\x18ftypmp42-0123456789abcdefghijklmnopqrstuvwxyz";
/// Where in `RECORDING` the `0` stands.
const DIGITS_AT: u64 = 13;

struct Bureau {
    office: Office,
    settings: Settings,
    _place: tempfile::TempDir,
    handler: Caller,
    second: Caller,
    section_head: Caller,
    agency_head: Caller,
    archivist: Caller,
    other_archivist: Caller,
    supervisor: Caller,
    stranger: Caller,
}

fn morning() -> DateTime {
    date(2026, 9, 9).at(9, 0, 0, 0)
}

async fn bureau() -> Bureau {
    let place = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(place.path().join("data"));
    settings.fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts");
    settings.reserve_bytes = Some(0);
    settings.ballast_bytes = 0;
    // The head's folder is the administrator's to make, and nobody else's to open.
    std::fs::DirBuilder::new().mode(0o700).create(&settings.head).unwrap();
    let office = Office::open(settings.clone(), Clock::at(morning())).await.unwrap();
    let system = office.system();
    let people = [
        ("handler", "赵某甲", "zfdd", Role::Officer),
        ("second", "钱某乙", "zfdd", Role::Officer),
        ("section-head", "孙某丙", "zfdd", Role::SectionHead),
        ("agency-head", "周某丁", "jld", Role::AgencyHead),
        ("archivist", "吴某戊", "bgs", Role::Archivist),
        ("other-archivist", "郑某己", "bgs", Role::Archivist),
        ("supervisor", "王某庚", "fgk", Role::Supervisor),
        ("stranger", "冯某辛", "scb", Role::Officer),
    ];
    for (id, name, department, role) in people {
        let account = PutAccount {
            account: id.into(),
            officer: Some(id.into()),
            name: name.into(),
            password: Some(PASSWORD.into()),
            roles: vec![role],
            department: department.into(),
            must_change: false,
            disabled: false,
        };
        office.put_account(&system, account).await.unwrap();
    }
    let caller = |id: &str| Caller::new(person(&office, id), "一号终端");
    Bureau {
        handler: caller("handler"),
        second: caller("second"),
        section_head: caller("section-head"),
        agency_head: caller("agency-head"),
        archivist: caller("archivist"),
        other_archivist: caller("other-archivist"),
        supervisor: caller("supervisor"),
        stranger: caller("stranger"),
        office,
        settings,
        _place: place,
    }
}

fn person(office: &Office, id: &str) -> Person {
    office.person(&PersonId(id.into())).unwrap()
}

impl Bureau {
    async fn sign_rule(&self) {
        let text = "本案承办、审核、审批人员自立案至归档可以查看本案音像资料。".to_owned();
        sign_standing_rule(&self.office, &self.archivist, SignStandingRule { text, password: PASSWORD.into() }).await.unwrap();
    }

    /// A case of two handlers with one recording of the scene.
    async fn case_with_recording(&self) -> (CaseId, EvidenceId) {
        let clue = RegisterClue {
            source: ClueSource::Inspection,
            channel: "巡查".into(),
            received_at: morning().saturating_sub(1.hour()),
            category: "互联网上网服务".into(),
            target: "武汉某某网咖有限公司".into(),
            content: "疑似接纳未成年人上网".into(),
            informant: None,
            transferring_body: None,
            reply_wanted: false,
        };
        let clue = register_clue(&self.office, &self.handler, clue).await.unwrap();
        let handlers = vec![self.handler.person.id.clone(), self.second.person.id.clone()];
        let accept = AcceptClue { clue: ClueId(clue.id), opinion: "受案".into(), handlers, at: None };
        let case = CaseId(accept_clue(&self.office, &self.handler, accept).await.unwrap().id);
        let evidence = self.attach(&case, "现场检查视频", true).await;
        (case, evidence)
    }

    async fn attach(&self, case: &CaseId, name: &str, footage: bool) -> EvidenceId {
        let mut intake = self.office.take_in("scene.mp4", None).await.unwrap();
        intake.write(RECORDING).await.unwrap();
        let taken = intake.seal().await.unwrap();
        self.attach_taken(case, name, footage, taken).await
    }

    async fn attach_taken(&self, case: &CaseId, name: &str, footage: bool, taken: Taken) -> EvidenceId {
        let attach = AttachEvidence {
            case: case.clone(),
            kind: self.office.book().evidence_kinds[0].code.clone(),
            name: name.into(),
            source: "执法记录仪".into(),
            proves: String::new(),
            footage,
            place: "经营场所".into(),
            from: morning().saturating_sub(30.minutes()),
            to: None,
            located: String::new(),
            extraction: None,
            protected: false,
            taken: Some(taken),
        };
        EvidenceId(attach_evidence(&self.office, &self.handler, attach).await.unwrap().id)
    }

    /// Files the case: the form with the handler's opinion, then those of the two heads.
    async fn file(&self, case: &CaseId) {
        let party = Party {
            kind: PartyKind::Organisation,
            name: "武汉某某网咖有限公司".into(),
            id_number: "91420112MA4K0A1B61".into(),
            ..Party::default()
        };
        record_party(&self.office, &self.handler, RecordParty { case: case.clone(), party }).await.unwrap();
        let cause = CauseId(self.office.book().causes.keys().next().unwrap().clone());
        choose_cause(&self.office, &self.handler, ChooseCause { case: case.clone(), cause }).await.unwrap();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../regulation/papers/filing-approval/sample.json");
        let fields = serde_json::from_slice(&std::fs::read(sample).unwrap()).unwrap();
        let paper = submit_paper(
            &self.office,
            &self.handler,
            SubmitPaper {
                case: case.clone(),
                kind: "filing-approval".into(),
                paper: None,
                base_version: 0,
                subject: String::new(),
                fields,
                opinion: "建议立案".into(),
            },
        )
        .await
        .unwrap();
        for head in [&self.section_head, &self.agency_head] {
            let opened = self.office.open_case(case).await.unwrap();
            let digest = opened.case.paper(&PaperId(paper.id.clone())).unwrap().current().unwrap().digest.clone();
            let opinion = GiveOpinion {
                case: case.clone(),
                paper: PaperId(paper.id.clone()),
                version: 1,
                digest,
                outcome: Outcome::Approve,
                opinion: "同意立案".into(),
                password: PASSWORD.into(),
                fields: None,
            };
            give_opinion(&self.office, head, opinion).await.unwrap();
        }
    }

    /// Writes the entry that ends a case file's life in the office.
    async fn archive(&self, case: &CaseId) {
        let volume = FileRef { sha256: "0".repeat(64), sm3: "0".repeat(64), len_bytes: 1, media_type: "application/pdf".into(), original_name: String::new(), plain_sha256: String::new() };
        self.office
            .act_on_case(&self.archivist, case, "archive-case", |opened| {
                let event = Event::CaseArchived {
                    on: opened.now.date(),
                    volume: volume.clone(),
                    pages_count: 1,
                    archive_number: "演示1".into(),
                    sealed_annex: None,
                };
                Ok(Decision::event(StreamId::case(case), Span::at(opened.now), self.office.envelope(&self.archivist), event))
            })
            .await
            .unwrap();
    }

    async fn open(&self, who: &Caller, case: &CaseId, evidence: &EvidenceId, mode: Mode) -> Result<Viewing, ActError> {
        let what = OpenViewing { case: case.clone(), evidence: evidence.clone(), reason: "核对现场情况".into(), mode };
        open_viewing(&self.office, who, what).await
    }

    async fn request(&self, who: &Caller, case: &CaseId, evidence: &EvidenceId, mode: Mode) -> GrantId {
        let what = RequestGrant {
            case: case.clone(),
            evidence: vec![evidence.clone()],
            reason: "监督检查需要".into(),
            mode,
            until: morning().saturating_add(3.days()),
            seconds: None,
        };
        GrantId(request_grant(&self.office, who, what).await.unwrap().id)
    }

    async fn give(&self, who: &Caller, grant: &GrantId) -> Result<crate::Receipt, ActError> {
        give_grant(&self.office, who, GiveGrant { grant: grant.clone(), until: None, view_only: false }).await
    }

    async fn read(&self, who: &Caller, viewing: &str, from: u64, len: u64) -> Result<Vec<u8>, ActError> {
        let mut range = self.office.viewing_range(who, viewing, from, len).await?;
        let mut bytes = vec![];
        range.reader.read_to_end(&mut bytes).await?;
        assert_eq!(range.len_bytes, bytes.len() as u64);
        Ok(bytes)
    }

    /// Kinds of the entries of a stream, in order.
    async fn kinds(&self, stream: &str) -> Vec<String> {
        self.office.database().entries_of(stream).await.unwrap().into_iter().map(|e| e.kind).collect()
    }

    async fn register(&self) -> Vec<crate::viewing::ViewingLine> {
        self.office.viewings(&self.supervisor, &ViewingFilter::default(), None, 50).await.unwrap()
    }
}

/// The article and sentence a refusal gives.
fn refused<T>(result: Result<T, ActError>) -> (String, String) {
    match result {
        Err(ActError::Refused(refusal)) => (refusal.missing[0].article.clone(), refusal.missing[0].sentence.clone()),
        Err(other) => panic!("not a refusal: {other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

#[tokio::test]
async fn article_26_without_a_grant_footage_is_refused_and_the_refusal_recorded() {
    let b = bureau().await;
    let (case, evidence) = b.case_with_recording().await;
    let (article, sentence) = refused(b.open(&b.supervisor, &case, &evidence, Mode::View).await);
    assert_eq!(article, "本制度26");
    assert!(sentence.contains("没有调阅这份音像资料的许可"), "{sentence}");
    assert_eq!(b.kinds("person/supervisor").await.last().unwrap(), "act-refused");
    let links = b.office.database().links_of(&StreamId::case(&case).0).await.unwrap();
    assert!(links.iter().any(|l| l.kind == "refusal" && l.to_stream == "person/supervisor"));
    assert_eq!(b.register().await, vec![]);
    // The door for documents is no way around.
    let (article, _) = refused(b.office.open_document(&b.supervisor, &case, &evidence).await);
    assert_eq!(article, "本制度26");
    // Whoever may not know of the case learns nothing of it.
    assert!(matches!(b.open(&b.stranger, &case, &evidence, Mode::View).await, Err(ActError::NotFound)));
}

#[tokio::test]
async fn article_26_filing_gives_the_handlers_standing_grants_and_the_entry_stands_before_the_bytes() {
    let b = bureau().await;
    b.sign_rule().await;
    let (case, evidence) = b.case_with_recording().await;
    let (_, sentence) = refused(b.open(&b.handler, &case, &evidence, Mode::View).await);
    assert!(sentence.contains("还没有立案"), "{sentence}");
    b.file(&case).await;
    let grants = b.office.grants_of_case(&b.archivist, &case).await.unwrap();
    let people: Vec<&str> = grants.iter().map(|g| g.person_name.as_str()).collect();
    assert_eq!(people, ["赵某甲", "钱某乙"]);
    assert!(grants.iter().all(|g| g.standing && g.approver_name == "吴某戊" && g.until.is_none()));

    let viewing = b.open(&b.handler, &case, &evidence, Mode::View).await.unwrap();
    assert_eq!((viewing.media_type.as_str(), viewing.len_bytes), ("video/mp4", RECORDING.len() as u64));
    // Nothing was served yet, and the opening is in the ledger.
    let stream = StreamId::grant(&viewing.grant).0;
    assert_eq!(b.kinds(&stream).await, ["grant-given", "viewing-opened"]);
    assert_eq!(b.read(&b.handler, &viewing.id, DIGITS_AT, 10).await.unwrap(), b"0123456789");
    assert_eq!(b.read(&b.handler, &viewing.id, 40, 1000).await.unwrap(), &RECORDING[40..]);
    assert_eq!(b.kinds(&stream).await, ["grant-given", "viewing-opened"]);
    // Nobody else reads under it, the archivist included.
    assert!(matches!(b.read(&b.archivist, &viewing.id, 0, 1).await, Err(ActError::NotFound)));

    close_viewing(&b.office, &b.handler, &viewing.id).await.unwrap();
    close_viewing(&b.office, &b.handler, &viewing.id).await.unwrap();
    assert_eq!(b.kinds(&stream).await, ["grant-given", "viewing-opened", "viewing-closed"]);
    let register = b.register().await;
    assert_eq!(register.len(), 1);
    assert_eq!((register[0].viewer.as_str(), register[0].approver.as_str()), ("赵某甲", "吴某戊"));
    assert_eq!(register[0].evidence_name, "现场检查视频");
    assert_eq!(register[0].bytes_served, 10 + (RECORDING.len() as u64 - 40));
    refused(b.read(&b.handler, &viewing.id, 0, 1).await);
    let links = b.office.database().links_of(&StreamId::case(&case).0).await.unwrap();
    assert_eq!(links.iter().filter(|l| l.kind == "viewing" && l.to_stream == stream).count(), 2);
}

#[tokio::test]
async fn article_26_an_approver_gets_the_standing_grant_with_the_first_opening() {
    let b = bureau().await;
    b.sign_rule().await;
    let (case, evidence) = b.case_with_recording().await;
    b.file(&case).await;
    let viewing = b.open(&b.agency_head, &case, &evidence, Mode::View).await.unwrap();
    assert_eq!(viewing.receipt.entries.len(), 2);
    let again = b.open(&b.agency_head, &case, &evidence, Mode::View).await.unwrap();
    assert_eq!((again.receipt.entries.len(), &again.grant), (1, &viewing.grant));
    // Seeing the case is not having a part in it.
    refused(b.open(&b.supervisor, &case, &evidence, Mode::View).await);
}

#[tokio::test]
async fn article_26_what_could_be_opened_is_known_before_and_standing_grants_are_shown() {
    let b = bureau().await;
    let (case, evidence) = b.case_with_recording().await;
    // Nothing is signed, and the case is not filed: the door says what is missing, and writes nothing.
    let before = b.office.head();
    let lacking = b.office.viewing_doors(&b.handler, &case).await.unwrap().remove(&evidence).unwrap().unwrap();
    assert!(lacking.sentence.contains("立案") && lacking.mend == "request-grant", "{}", lacking.sentence);
    assert!(b.office.usable_grants(&b.handler).await.unwrap().is_empty());
    assert_eq!(b.office.head(), before);
    assert!(matches!(b.office.viewing_doors(&b.stranger, &case).await, Err(ActError::NotFound)));

    // Filed while no rule was signed, so that no grant is written: the rule gives one all the same.
    b.file(&case).await;
    b.sign_rule().await;
    assert_eq!(b.office.viewing_doors(&b.handler, &case).await.unwrap().get(&evidence), Some(&None));
    let own = b.office.usable_grants(&b.handler).await.unwrap();
    assert_eq!(own.len(), 1);
    assert!(own[0].standing && own[0].evidence_names.is_empty() && own[0].until.is_none() && own[0].id.is_empty());
    assert_eq!((own[0].case.as_str(), own[0].from), (case.0.as_str(), morning()), "of this case, since rule and filing");
    assert_eq!((own[0].reason.as_str(), own[0].approver_name.as_str()), ("常设调阅规则：本案承办人", "吴某戊"));
    // Once opened, the written grant stands in its place.
    b.open(&b.handler, &case, &evidence, Mode::View).await.unwrap();
    let own = b.office.usable_grants(&b.handler).await.unwrap();
    assert!(own.len() == 1 && own[0].standing && !own[0].id.is_empty());
    assert!(b.office.usable_grants(&b.stranger).await.unwrap().is_empty());
    // Archived, nothing stands any more.
    b.archive(&case).await;
    assert!(b.office.usable_grants(&b.handler).await.unwrap().is_empty());
    assert!(b.office.viewing_doors(&b.handler, &case).await.unwrap().get(&evidence).unwrap().is_some());
}

#[tokio::test]
async fn article_26_without_the_signed_rule_even_the_handler_asks() {
    let b = bureau().await;
    let (case, evidence) = b.case_with_recording().await;
    b.file(&case).await;
    let (_, sentence) = refused(b.open(&b.handler, &case, &evidence, Mode::View).await);
    assert!(sentence.contains("签署常设调阅规则"), "{sentence}");
    let wrong = SignStandingRule { text: "规则".into(), password: "not the password".into() };
    assert!(matches!(sign_standing_rule(&b.office, &b.archivist, wrong).await, Err(ActError::Invalid(_))));
    let other = SignStandingRule { text: "规则".into(), password: PASSWORD.into() };
    assert!(matches!(sign_standing_rule(&b.office, &b.agency_head, other).await, Err(ActError::NotAllowed(_))));
    // Signed afterwards, it serves cases already filed.
    b.sign_rule().await;
    b.open(&b.handler, &case, &evidence, Mode::View).await.unwrap();
}

#[tokio::test]
async fn article_26_a_request_is_given_by_an_archivist_lasts_its_term_and_is_returned() {
    let b = bureau().await;
    let (case, evidence) = b.case_with_recording().await;
    let grant = b.request(&b.supervisor, &case, &evidence, Mode::View).await;
    assert_eq!(b.office.grants_asked(&b.archivist).await.unwrap().len(), 1);
    refused(b.open(&b.supervisor, &case, &evidence, Mode::View).await);
    assert!(matches!(b.give(&b.agency_head, &grant).await, Err(ActError::NotAllowed(_))));
    b.give(&b.archivist, &grant).await.unwrap();
    let (_, sentence) = refused(b.open(&b.supervisor, &case, &evidence, Mode::Copy).await);
    assert!(sentence.contains("只准查看"), "{sentence}");
    let viewing = b.open(&b.supervisor, &case, &evidence, Mode::View).await.unwrap();
    assert_eq!(b.read(&b.supervisor, &viewing.id, DIGITS_AT, 3).await.unwrap(), b"012");
    // Another recording of the same case was not asked for.
    let other = b.attach(&case, "第二段视频", true).await;
    refused(b.open(&b.supervisor, &case, &other, Mode::View).await);

    let mut streaming = b.office.viewing_range(&b.supervisor, &viewing.id, 0, 20).await.unwrap();
    return_grant(&b.office, &b.supervisor, ReturnGrant { grant: grant.clone(), reason: "用毕".into() }).await.unwrap();
    let stopped = streaming.reader.read_to_end(&mut vec![]).await.unwrap_err();
    assert_eq!(stopped.kind(), std::io::ErrorKind::PermissionDenied);
    let kinds = b.kinds(&StreamId::grant(&grant).0).await;
    assert_eq!(kinds, ["grant-requested", "grant-given", "viewing-opened", "grant-returned", "viewing-closed"]);
    refused(b.open(&b.supervisor, &case, &evidence, Mode::View).await);

    let next = b.request(&b.supervisor, &case, &evidence, Mode::Copy).await;
    b.give(&b.archivist, &next).await.unwrap();
    let copy = b.open(&b.supervisor, &case, &evidence, Mode::Copy).await.unwrap();
    b.office.clock().step_to(morning().saturating_add(3.days()));
    refused(b.read(&b.supervisor, &copy.id, 0, 1).await);
    let (_, sentence) = refused(b.open(&b.supervisor, &case, &evidence, Mode::Copy).await);
    assert!(sentence.contains("不在期限内"), "{sentence}");
}

#[tokio::test]
async fn article_26_a_denied_request_opens_nothing() {
    let b = bureau().await;
    let (case, evidence) = b.case_with_recording().await;
    let grant = b.request(&b.supervisor, &case, &evidence, Mode::View).await;
    let silent = DenyGrant { grant: grant.clone(), reason: " ".into() };
    assert!(matches!(deny_grant(&b.office, &b.archivist, silent).await, Err(ActError::Invalid(_))));
    deny_grant(&b.office, &b.archivist, DenyGrant { grant: grant.clone(), reason: "与职责无关".into() }).await.unwrap();
    refused(b.open(&b.supervisor, &case, &evidence, Mode::View).await);
    assert!(matches!(b.give(&b.archivist, &grant).await, Err(ActError::Conflict(_))));
}

#[tokio::test]
async fn article_26_nobody_gives_himself_what_he_asked_for() {
    let b = bureau().await;
    let (case, evidence) = b.case_with_recording().await;
    let grant = b.request(&b.archivist, &case, &evidence, Mode::Copy).await;
    let (article, sentence) = refused(b.give(&b.archivist, &grant).await);
    assert_eq!(article, "本制度26");
    assert!(sentence.contains("不能批准自己的调阅申请"), "{sentence}");
    b.give(&b.other_archivist, &grant).await.unwrap();
    b.open(&b.archivist, &case, &evidence, Mode::Copy).await.unwrap();
}

#[tokio::test]
async fn article_26_and_30_standing_grants_end_with_archiving() {
    let b = bureau().await;
    b.sign_rule().await;
    let (case, evidence) = b.case_with_recording().await;
    b.file(&case).await;
    let viewing = b.open(&b.handler, &case, &evidence, Mode::View).await.unwrap();
    b.archive(&case).await;
    for who in [&b.handler, &b.agency_head] {
        let (article, sentence) = refused(b.open(who, &case, &evidence, Mode::View).await);
        assert_eq!(article, "本制度26, 30");
        assert!(sentence.contains("已经归档"), "{sentence}");
    }
    refused(b.read(&b.handler, &viewing.id, 0, 1).await);
    // By request it is still to be had.
    let grant = b.request(&b.handler, &case, &evidence, Mode::View).await;
    b.give(&b.archivist, &grant).await.unwrap();
    b.open(&b.handler, &case, &evidence, Mode::View).await.unwrap();
}

#[tokio::test]
async fn article_26_a_viewing_left_open_is_closed_after_four_hours() {
    let b = bureau().await;
    let (case, evidence) = b.case_with_recording().await;
    let grant = b.request(&b.supervisor, &case, &evidence, Mode::View).await;
    b.give(&b.archivist, &grant).await.unwrap();
    let viewing = b.open(&b.supervisor, &case, &evidence, Mode::View).await.unwrap();
    b.office.clock().step_to(morning().saturating_add(2.hours()));
    b.read(&b.supervisor, &viewing.id, 0, 5).await.unwrap();
    b.office.clock().step_to(morning().saturating_add(5.hours()));
    assert_eq!(b.office.close_idle_viewings().await.unwrap(), 0);
    b.office.clock().step_to(morning().saturating_add(6.hours()).saturating_add(1.second()));
    assert_eq!(b.office.close_idle_viewings().await.unwrap(), 1);
    assert_eq!(b.office.close_idle_viewings().await.unwrap(), 0);
    let register = b.register().await;
    assert_eq!((register[0].bytes_served, register[0].closed_at.is_some()), (5, true));
}

#[tokio::test]
async fn article_26_the_exported_register_holds_names_and_no_formula() {
    let b = bureau().await;
    let (case, evidence) = b.case_with_recording().await;
    let grant = b.request(&b.supervisor, &case, &evidence, Mode::View).await;
    b.give(&b.archivist, &grant).await.unwrap();
    let reason = "=HYPERLINK(\"http://example.invalid\",\"点击\")".to_owned();
    let what = OpenViewing { case: case.clone(), evidence, reason, mode: Mode::View };
    open_viewing(&b.office, &b.supervisor, what).await.unwrap();
    assert!(matches!(b.office.viewings_csv(&b.handler, "抽查").await, Err(ActError::NotAllowed(_))));
    let table = b.office.viewings_csv(&b.archivist, "交监督人员抽查").await.unwrap();
    assert!(table.starts_with('\u{feff}'));
    let line = table.lines().nth(1).unwrap();
    assert!(line.starts_with("王某庚,吴某戊,"), "{line}");
    assert!(line.contains(",\"'=HYPERLINK(\"\"http://example.invalid\"\",\"\"点击\"\")\",2026-09-09 09:00:00,"), "{line}");
    assert_eq!(table.lines().count(), 2);
    // The table itself is a copy that left the house: who, what, which bytes, for what.
    let silent = b.office.viewings_csv(&b.archivist, " ").await;
    assert!(matches!(silent, Err(ActError::Invalid(problems)) if problems[0].field == "purpose"));
    let register = b.register().await;
    let taken = register.iter().filter(|l| l.mode == "导出").collect::<Vec<_>>();
    let digest = ledger::digest::sha256(table.as_bytes()).to_string();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].evidence_name, format!("调阅登记表（SHA-256 {digest}）"));
    assert_eq!((taken[0].reason.as_str(), taken[0].bytes_served), ("交监督人员抽查", table.len() as u64));
}

#[tokio::test]
async fn article_26_where_the_copy_cannot_be_written_down_none_is_given() {
    let b = bureau().await;
    let mut settings = b.settings.clone();
    settings.read_only = true;
    let beside = Office::open(settings, Clock::at(morning())).await.unwrap();
    let refused = beside.viewings_csv(&b.archivist, "交监督人员抽查").await;
    assert!(matches!(refused, Err(ActError::NotWritable(_))), "{refused:?}");
}

#[tokio::test]
async fn article_26_a_grant_for_a_part_says_which_seconds_and_copies_nothing() {
    let b = bureau().await;
    let (case, evidence) = b.case_with_recording().await;
    let asks = |seconds, mode| RequestGrant {
        case: case.clone(),
        evidence: vec![evidence.clone()],
        reason: "核对第二段".into(),
        mode,
        until: morning().saturating_add(3.days()),
        seconds: Some(seconds),
    };
    let part = procedure::event::Seconds { from: 60, to: 180 };
    for wrong in [asks(procedure::event::Seconds { from: 180, to: 180 }, Mode::View), asks(part, Mode::Copy)] {
        let refused = request_grant(&b.office, &b.supervisor, wrong).await;
        assert!(matches!(refused, Err(ActError::Invalid(problems)) if problems[0].field == "seconds"));
    }
    let grant = GrantId(request_grant(&b.office, &b.supervisor, asks(part, Mode::View)).await.unwrap().id);
    b.give(&b.archivist, &grant).await.unwrap();
    let lines = b.office.own_grants(&b.supervisor).await.unwrap();
    assert!(lines[0].evidence_names[0].ends_with("（第60-180秒）"), "{:?}", lines[0].evidence_names);
    assert!(b.open(&b.supervisor, &case, &evidence, Mode::Copy).await.is_err());
    let viewing = b.open(&b.supervisor, &case, &evidence, Mode::View).await.unwrap();
    assert_eq!(b.office.own_viewing_page(&b.supervisor, &viewing.id).await.unwrap().part, Some(part));
}

#[tokio::test]
async fn article_26_where_the_opening_cannot_be_written_nothing_is_opened() {
    let b = bureau().await;
    let (case, evidence) = b.case_with_recording().await;
    let grant = b.request(&b.supervisor, &case, &evidence, Mode::View).await;
    b.give(&b.archivist, &grant).await.unwrap();
    let mut settings = b.settings.clone();
    settings.read_only = true;
    let beside = Office::open(settings, Clock::at(morning())).await.unwrap();
    let what = OpenViewing { case: case.clone(), evidence, reason: "核对现场情况".into(), mode: Mode::View };
    let refused = open_viewing(&beside, &b.supervisor, what).await;
    assert!(matches!(refused, Err(ActError::NotWritable(_))), "{refused:?}");
    assert_eq!(b.register().await, vec![]);
}

#[tokio::test]
async fn article_30_a_sealed_recording_is_served_in_ranges_like_any_other() {
    let b = bureau().await;
    let (case, _) = b.case_with_recording().await;
    for (class, name) in [(seal::KeyClass::Informant, "涉及举报人的视频"), (seal::KeyClass::Case, "涉及未成年人的视频")] {
        served_in_ranges(&b, &case, class, name).await;
    }
}

async fn served_in_ranges(b: &Bureau, case: &CaseId, class: seal::KeyClass, name: &str) {
    // Longer than two chunks of the seal, and no two neighbouring blocks alike.
    let plain: Vec<u8> = (0..200_000u32).map(|i| (i / 251 + i) as u8).collect();
    let file = b.office.keep_bytes(&StreamId::case(case), Some(class), "video/mp4", "hidden.mp4", &plain).await.unwrap();
    let taken = Taken { file, protected: true, taken_us: b.office.clock().now_us() };
    let evidence = b.attach_taken(case, name, true, taken).await;
    let grant = b.request(&b.supervisor, case, &evidence, Mode::View).await;
    b.give(&b.archivist, &grant).await.unwrap();
    let viewing = b.open(&b.supervisor, case, &evidence, Mode::View).await.unwrap();
    assert_eq!(b.office.viewing_range(&b.supervisor, &viewing.id, 0, 1).await.unwrap().total_bytes, 200_000);
    for (from, to) in [(0, 10), (65_530, 65_550), (131_072, 131_073), (60_000, 200_000)] {
        assert_eq!(b.read(&b.supervisor, &viewing.id, from, to - from).await.unwrap(), plain[from as usize..to as usize]);
    }
    assert_eq!(b.read(&b.supervisor, &viewing.id, 199_990, 500).await.unwrap(), plain[199_990..]);
    assert_eq!(b.read(&b.supervisor, &viewing.id, 200_001, 5).await.unwrap(), b"");
}

#[tokio::test]
async fn documents_follow_the_permission_table_without_a_grant() {
    let b = bureau().await;
    let (case, _) = b.case_with_recording().await;
    let document = b.attach(&case, "营业执照复印件", false).await;
    let file = b.office.open_document(&b.supervisor, &case, &document).await.unwrap();
    assert_eq!((file.bytes.as_slice(), file.name.as_str()), (RECORDING, "scene.mp4"));
    assert!(matches!(b.office.open_document(&b.stranger, &case, &document).await, Err(ActError::NotFound)));
    // And a document is not opened as a viewing.
    assert!(matches!(b.open(&b.supervisor, &case, &document, Mode::View).await, Err(ActError::Invalid(_))));
}
