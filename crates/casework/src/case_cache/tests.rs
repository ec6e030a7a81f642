//! A kept case is never more than a saving of time: an old one is noticed, and where it is not, the
//! guards of the commit refuse it. People and cases are fictitious.

use super::Kept;
use crate::acts::accept_clue::{AcceptClue, accept_clue};
use crate::acts::attach_evidence::{AttachEvidence, attach_evidence};
use crate::acts::raise_protection::{RaiseProtection, raise_protection};
use crate::acts::record_party::{RecordParty, record_party};
use crate::acts::register_clue::{RegisterClue, register_clue};
use crate::codec::ToRecord;
use crate::office::{Caller, Decision, Office};
use crate::people::PutAccount;
use crate::settings::Settings;
use crate::{ActError, Clock};
use jiff::civil::{DateTime, date};
use procedure::event::{ClueSource, Envelope, Event, Party, PartyKind, Span};
use procedure::ids::*;
use procedure::people::Role;
use std::collections::BTreeSet;
use std::path::Path;

fn morning() -> DateTime {
    date(2026, 9, 9).at(9, 0, 0, 0)
}

struct Bureau {
    office: Office,
    handler: Caller,
    case: CaseId,
    _place: tempfile::TempDir,
}

async fn bureau() -> Bureau {
    let place = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(place.path().join("data"));
    settings.fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts");
    settings.reserve_bytes = Some(0);
    settings.ballast_bytes = 0;
    let office = Office::open(settings, Clock::at(morning())).await.unwrap();
    let system = office.system();
    for (id, role) in [("handler", Role::Officer), ("second", Role::Officer), ("section-head", Role::SectionHead)] {
        let account = PutAccount {
            account: id.into(),
            officer: Some(id.into()),
            name: "赵某甲".into(),
            password: Some("long enough to be a password".into()),
            roles: vec![role],
            department: "zfdd".into(),
            must_change: false,
            disabled: false,
        };
        office.put_account(&system, account).await.unwrap();
    }
    let caller = |id: &str| Caller::new(office.person(&PersonId(id.into())).unwrap(), "一号终端");
    let clue = RegisterClue {
        source: ClueSource::Inspection,
        channel: "巡查".into(),
        received_at: morning().saturating_sub(jiff::Span::new().hours(1)),
        category: "互联网上网服务".into(),
        target: "武汉某某网咖有限公司".into(),
        content: "疑似接纳未成年人上网".into(),
        informant: None,
        transferring_body: None,
        reply_wanted: false,
    };
    let clue = register_clue(&office, &caller("handler"), clue).await.unwrap();
    let accept = AcceptClue {
        clue: ClueId(clue.id),
        opinion: "受理核查".into(),
        handlers: vec![PersonId("handler".into()), PersonId("second".into())],
        at: None,
    };
    let case = accept_clue(&office, &caller("section-head"), accept).await.unwrap();
    let handler = caller("handler");
    Bureau { office, handler, case: CaseId(case.id), _place: place }
}

impl Bureau {
    async fn attach(&self, name: &str) -> Result<String, ActError> {
        let what = AttachEvidence {
            case: self.case.clone(),
            kind: "physical".into(),
            name: name.into(),
            source: "现场提取".into(),
            proves: "场所的经营情况".into(),
            footage: false,
            place: "武汉市某某路1号".into(),
            from: morning(),
            to: None,
            located: "物证室1号柜".into(),
            extraction: None,
            protected: false,
            taken: None,
        };
        attach_evidence(&self.office, &self.handler, what).await.map(|receipt| receipt.id)
    }

    /// The case as it is kept now.
    fn kept(&self) -> Option<Kept> {
        self.office.inner().cases.copy(&self.case.0)
    }

    /// The numbers of its evidence, read from the entries and nothing else.
    async fn numbers(&self) -> Vec<u32> {
        self.office.load_case(&self.case).await.unwrap().case.evidence.iter().map(|e| e.number).collect()
    }
}

#[tokio::test]
async fn a_kept_case_is_the_case_the_entries_tell() {
    let bureau = bureau().await;
    bureau.attach("营业执照副本").await.unwrap();
    bureau.attach("上网登记簿").await.unwrap();
    assert!(bureau.kept().is_some());
    let opened = bureau.office.open_case(&bureau.case).await.unwrap();
    let told = bureau.office.load_case(&bureau.case).await.unwrap();
    assert_eq!(format!("{:?}", opened.case), format!("{:?}", told.case));
    assert_eq!(opened.words, told.words);
}

#[tokio::test]
async fn article_16_evidence_is_numbered_by_what_is_there_though_an_older_case_was_kept() {
    let bureau = bureau().await;
    bureau.attach("营业执照副本").await.unwrap();
    let old = bureau.kept().unwrap();
    bureau.attach("上网登记簿").await.unwrap();
    // Somebody has kept the case as it was before the second piece.
    bureau.office.inner().cases.put(old);
    bureau.attach("收银小票").await.unwrap();
    assert_eq!(bureau.numbers().await, [1, 2, 3]);
}

#[tokio::test]
async fn what_was_decided_on_an_old_case_is_not_committed() {
    let bureau = bureau().await;
    bureau.attach("营业执照副本").await.unwrap();
    let old = bureau.office.open_case(&bureau.case).await.unwrap();
    bureau.attach("上网登记簿").await.unwrap();
    let size = bureau.office.head().0;
    let event = Event::CaseConcluded { outcome: "撤销案件".into(), on: morning().date() };
    let entry = ToRecord {
        stream: StreamId::case(&bureau.case),
        happened: Span::at(morning()),
        envelope: Envelope::default(),
        event,
    };
    let decision = Decision { events: vec![entry], ..Decision::default() };
    let done = bureau.office.commit(&bureau.handler, decision, &BTreeSet::new(), vec![], Some(&old.case)).await;
    assert!(matches!(done, Err(ActError::Conflict(_))), "{done:?}");
    assert_eq!(bureau.office.head().0, size);
}

#[tokio::test]
async fn article_30_a_case_whose_value_was_sealed_later_is_read_anew() {
    let bureau = bureau().await;
    let party = Party {
        kind: PartyKind::Organisation,
        name: "武汉某某网咖有限公司".into(),
        id_number: "91420112MA4K0A1B61".into(),
        legal_representative: "李某某".into(),
        ..Party::default()
    };
    record_party(&bureau.office, &bureau.handler, RecordParty { case: bureau.case.clone(), party }).await.unwrap();
    let before = bureau.office.open_case(&bureau.case).await.unwrap();
    let target = before.case.records.iter().find(|r| matches!(r.event, Event::PartyRecorded { .. })).unwrap().sequence;
    let what = RaiseProtection { case: bureau.case.clone(), target, member: "party".into(), reason: "涉及个人隐私".into() };
    raise_protection(&bureau.office, &bureau.handler, what).await.unwrap();
    assert!(bureau.kept().is_none());
    // Even put back by a reader that was slower than the act, it is not what is opened.
    bureau.office.put_back(before.case, before.words);
    let opened = bureau.office.open_case(&bureau.case).await.unwrap();
    let told = bureau.office.load_case(&bureau.case).await.unwrap();
    assert_eq!(format!("{:?}", opened.case), format!("{:?}", told.case));
}
