//! Ids are types of their own, so that a case id cannot be passed as a paper id.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl From<&str> for $name { fn from(text: &str) -> Self { Self(text.to_owned()) } }
        impl From<String> for $name { fn from(text: String) -> Self { Self(text) } }
        impl AsRef<str> for $name { fn as_ref(&self) -> &str { &self.0 } }
    )*};
}

id! {
    /// A case (案件); its home stream is `case/<id>`.
    CaseId,
    /// A clue (线索); its home stream is `clue/<id>`.
    ClueId,
    /// A paper (文书) of a case or clue.
    PaperId,
    /// A kind of paper, the name of its folder in `regulation/papers`.
    PaperKind,
    /// A piece of evidence (证据) of a case.
    EvidenceId,
    /// A party (当事人) of a case.
    PartyId,
    /// A person with an account, officer or not; meaningless, so it may stand in a leaf.
    PersonId,
    /// A visit to a place (现场).
    VisitId,
    /// A point (陈述申辩意见) raised by a party.
    PointId,
    /// A cause of action (案由).
    CauseId,
    /// A viewing grant (调阅授权).
    GrantId,
    /// A department (执法机构).
    DepartmentId,
}

/// A stream of the ledger: its kind and the id of its subject, written `case/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(pub String);

impl StreamId {
    pub fn case(id: &CaseId) -> Self {
        Self(format!("case/{id}"))
    }
    pub fn clue(id: &ClueId) -> Self {
        Self(format!("clue/{id}"))
    }
    pub fn grant(id: &GrantId) -> Self {
        Self(format!("grant/{id}"))
    }
    pub fn person(id: &PersonId) -> Self {
        Self(format!("person/{id}"))
    }
    pub fn register(name: &str, id: &str) -> Self {
        Self(format!("register/{name}/{id}"))
    }
    /// The system's own stream: loads of the rulebook, restores, checkpoints.
    pub fn system() -> Self {
        Self("system/office".to_owned())
    }
    /// The id behind the first slash.
    pub fn subject(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, id)| id)
    }
    pub fn kind(&self) -> &str {
        self.0.split_once('/').map_or("", |(kind, _)| kind)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
