//! Copies that leave the house (Art. 26): the register of viewings as a table, a bound volume, its
//! sealed annex, the package. Who takes which bytes for what is an entry, durable before the first
//! byte is handed out, and stands in the register of viewings.

use crate::clock::micros;
use crate::codec::ToRecord;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Opened};
use crate::projections::screened;
use database::{Change, ViewingRow};
use procedure::event::{Event, Span};
use procedure::ids::*;
use std::collections::BTreeSet;

/// What is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyOf {
    Viewings,
    Volume,
    SealedAnnex,
    Package,
}

impl CopyOf {
    const ALL: [CopyOf; 4] = [Self::Viewings, Self::Volume, Self::SealedAnnex, Self::Package];

    pub fn code(self) -> &'static str {
        match self {
            Self::Viewings => "viewings",
            Self::Volume => "volume",
            Self::SealedAnnex => "sealed-annex",
            Self::Package => "package",
        }
    }
    pub fn title(self) -> &'static str {
        match self {
            Self::Viewings => "调阅登记表",
            Self::Volume => "案卷",
            Self::SealedAnnex => "密封附件",
            Self::Package => "案卷包",
        }
    }
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.code() == code)
    }
}

/// The mode of a line of the register that is no viewing but a copy taken out.
pub(crate) const MODE: &str = "export";

/// The bytes handed out.
pub(crate) struct Handed {
    /// Hexadecimal SHA-256.
    pub sha256: String,
    pub len_bytes: u64,
}

impl Handed {
    pub fn of(bytes: &[u8]) -> Self {
        Self { sha256: ledger::digest::sha256(bytes).to_string(), len_bytes: bytes.len() as u64 }
    }
}

/// What a copy is for must be said before anything is made.
pub(crate) fn said(purpose: &str) -> Result<(), ActError> {
    match purpose.trim() {
        "" => Err(ActError::field("purpose", "请填写用途，记入调阅登记")),
        _ => Ok(()),
    }
}

impl Office {
    /// Writes down that a copy is taken; the bytes go out only when this is durable.
    pub(crate) async fn note_copy(
        &self,
        caller: &Caller,
        what: CopyOf,
        opened: Option<&Opened>,
        handed: &Handed,
        purpose: &str,
    ) -> Result<(), ActError> {
        said(purpose)?;
        let case = opened.map(|o| CaseId(o.case.id.clone()));
        let no_words = BTreeSet::new();
        let words = opened.map_or(&no_words, |o| &o.words);
        let stream = StreamId::person(&caller.person.id);
        let now = self.now();
        let event = Event::CopyTaken {
            what: what.code().into(),
            case: case.clone(),
            sha256: handed.sha256.clone(),
            len_bytes: handed.len_bytes,
            purpose: purpose.trim().to_owned(),
        };
        let mut envelope = self.envelope(caller);
        envelope.matter = what.title().to_owned();
        let entry = ToRecord { stream: stream.clone(), happened: Span::at(now), envelope, event };
        let mut changes = vec![Change::PutViewing(ViewingRow {
            id: Office::new_id(),
            grant_id: String::new(),
            person: caller.person.id.0.clone(),
            evidence: format!("{}/{}", what.code(), handed.sha256),
            case_id: case.as_ref().map(|c| c.0.clone()),
            opened_us: micros(now),
            closed_us: Some(micros(now)),
            reason: screened(purpose.trim(), words),
            approver: None,
            mode: MODE.into(),
            bytes_served: i64::try_from(handed.len_bytes).unwrap_or(i64::MAX),
            station: caller.station.clone(),
        })];
        if let Some(case) = &case {
            changes.push(Change::Link { from_stream: StreamId::case(case).0, to_stream: stream.0, kind: "viewing".into(), entry: 0 });
        }
        let decision = Decision { events: vec![entry], changes, ..Decision::default() };
        // Each copy is an entry of its own; a request repeated by the browser is another copy.
        let mut alone = caller.clone();
        alone.once = None;
        self.commit(&alone, decision, words, vec![], None).await.map(|_| ())
    }
}
