//! What happened: events are past tense, immutable, and carry the register values they
//! relied on, so that a case replays without looking elsewhere.

use crate::ids::*;
use crate::people::OfficerSeen;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One entry of the ledger as the law reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    pub sequence: u64,
    pub stream: StreamId,
    pub version: u64,
    pub happened: Span,
    /// When it was entered; later than `happened` for a late entry.
    pub recorded_at: DateTime,
    pub actor: PersonId,
    pub envelope: Envelope,
    pub event: Event,
}

/// From when to when something happened, local time of the agency (Asia/Shanghai).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime>,
}

impl Span {
    pub fn at(moment: DateTime) -> Self {
        Self { from: moment, to: None }
    }
    pub fn between(from: DateTime, to: DateTime) -> Self {
        Self { from, to: Some(to) }
    }
    /// The end where there is one, else the moment itself.
    pub fn end(&self) -> DateTime {
        self.to.unwrap_or(self.from)
    }
    pub fn overlaps(&self, other: &Span) -> bool {
        self.from < other.end() && other.from < self.end()
    }
}

/// What every act says of itself: who wrote it down, which officers, where, towards whom,
/// which matter, and the flaws it carried when it was recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Name of the person who recorded the act, as it was on that day.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub officers: Vec<OfficerSeen>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub party: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub matter: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flaws: Vec<Flaw>,
}

/// An irregularity of something that happened: recorded, never refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    /// The rule not met, its id in the rulebook.
    pub rule: String,
    pub article: String,
    pub severity: Severity,
    /// What is irregular, in one Chinese sentence.
    pub text: String,
    /// How it can be mended, in words.
    pub mend: String,
    /// The paper, evidence or service it sticks to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
}

/// How heavy a flaw weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Shown and scored; closes no gate.
    Note,
    /// What rests on it waits until it is cured or the head decides.
    Grave,
}

/// Another act in which an officer stands at the same time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficerOverlap {
    pub officer: PersonId,
    pub stream: StreamId,
    pub span: Span,
    /// What it is, in words that name no one.
    pub what: String,
}

/// Bytes in the vault, named by two digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    pub sha256: String,
    pub sm3: String,
    pub len_bytes: u64,
    pub media_type: String,
    /// The name it came with, kept as data and never used as a path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub original_name: String,
    /// For bytes sealed in the vault: SHA-256 of what was sealed. A salted member, never clear.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plain_sha256: String,
}

/// The five sources of Art. 13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClueSource {
    Inspection,
    Complaint,
    Assigned,
    Transferred,
    Other,
}

impl ClueSource {
    pub const ALL: [ClueSource; 5] = [
        Self::Inspection,
        Self::Complaint,
        Self::Assigned,
        Self::Transferred,
        Self::Other,
    ];
    pub fn code(self) -> &'static str {
        match self {
            Self::Inspection => "inspection",
            Self::Complaint => "complaint",
            Self::Assigned => "assigned",
            Self::Transferred => "transferred",
            Self::Other => "other",
        }
    }
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }
    pub fn title(self) -> &'static str {
        match self {
            Self::Inspection => "依职权检查发现",
            Self::Complaint => "投诉、举报",
            Self::Assigned => "上级行政执法机关交办",
            Self::Transferred => "其他机关移送",
            Self::Other => "依法通过其他途径发现",
        }
    }
}

/// Who reported or complained; protected under a key of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Informant {
    pub name: String,
    pub contact: String,
    /// Whether a notice can reach them; an anonymous call cannot be answered.
    pub reachable: bool,
}

/// The party of a case, as the event saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub id: String,
    pub kind: PartyKind,
    pub name: String,
    #[serde(default)]
    pub id_number: String,
    #[serde(default)]
    pub legal_representative: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub phone: String,
    /// Under eighteen: the name is protected everywhere.
    #[serde(default)]
    pub minor: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyKind {
    Person,
    #[default]
    Organisation,
    IndividualBusiness,
}

impl PartyKind {
    pub fn title(self) -> &'static str {
        match self {
            Self::Person => "自然人",
            Self::Organisation => "法人或者其他组织",
            Self::IndividualBusiness => "个体工商户",
        }
    }
}

/// What an approver does with a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Approve,
    ApproveWithChanges,
    Return,
    Refuse,
}

impl Outcome {
    pub fn parse(code: &str) -> Option<Self> {
        Some(match code {
            "approve" => Self::Approve,
            "approve-with-changes" => Self::ApproveWithChanges,
            "return" => Self::Return,
            "refuse" => Self::Refuse,
            _ => return None,
        })
    }
    pub fn title(self) -> &'static str {
        match self {
            Self::Approve => "同意",
            Self::ApproveWithChanges => "修改后同意",
            Self::Return => "退回修改",
            Self::Refuse => "不同意",
        }
    }
}

/// The seven ways of service (Art. 22; 民事诉讼法 87–95).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceMethod {
    Direct,
    Leaving,
    Post,
    Electronic,
    Entrusted,
    HandedOn,
    PublicNotice,
}

impl ServiceMethod {
    pub const ALL: [ServiceMethod; 7] = [
        Self::Direct,
        Self::Leaving,
        Self::Post,
        Self::Electronic,
        Self::Entrusted,
        Self::HandedOn,
        Self::PublicNotice,
    ];
    pub fn code(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Leaving => "leaving",
            Self::Post => "post",
            Self::Electronic => "electronic",
            Self::Entrusted => "entrusted",
            Self::HandedOn => "handed-on",
            Self::PublicNotice => "public-notice",
        }
    }
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.code() == code || m.title() == code)
    }
    pub fn title(self) -> &'static str {
        match self {
            Self::Direct => "直接送达",
            Self::Leaving => "留置送达",
            Self::Post => "邮寄送达",
            Self::Electronic => "电子送达",
            Self::Entrusted => "委托送达",
            Self::HandedOn => "转交送达",
            Self::PublicNotice => "公告送达",
        }
    }
}

/// A point raised in statement or defence (陈述申辩意见).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    pub id: PointId,
    /// 事实、理由 or 证据.
    pub kind: String,
    pub text: String,
}

/// Who must give an opinion, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub step: String,
    pub role: String,
    pub title: String,
}

/// Everything that can happen. The tag is the entry's kind, the fields are its members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Event {
    // ——— clue ———
    ClueRegistered {
        number: String,
        source: ClueSource,
        channel: String,
        received_at: DateTime,
        category: String,
        /// The reported place or business.
        #[serde(default)]
        target: String,
        #[serde(default)]
        content: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        informant: Option<Informant>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transferring_body: Option<String>,
        reply_wanted: bool,
        department: DepartmentId,
    },
    ClueAccepted {
        case: CaseId,
        opinion: String,
    },

    // ——— case ———
    CaseOpened {
        clue: ClueId,
        #[serde(default)]
        title: String,
        procedure: String,
        edition: String,
        department: DepartmentId,
        source: ClueSource,
        received_at: DateTime,
        /// Whom to inform if the case is not filed: complainants and transferring bodies.
        to_inform: Vec<Inform>,
        handlers: Vec<OfficerSeen>,
    },
    HandlersAssigned {
        handlers: Vec<OfficerSeen>,
        reason: String,
    },
    PartyRecorded {
        party: Party,
    },
    CauseChosen {
        cause: CauseId,
        #[serde(default)]
        title: String,
        #[serde(default)]
        case_title: String,
        verified: bool,
    },
    StartedBeforeFiling {
        reason: String,
        allowed_by: String,
        allowed_at: DateTime,
    },
    CaseFiled {
        number: String,
        on: Date,
    },
    FilingDeclined {
        reason: String,
        on: Date,
    },
    InformImpossible {
        whom: String,
        reason: String,
    },
    VisitStarted {
        visit: VisitId,
        purpose: String,
        certificates_shown: bool,
        present: String,
    },
    VisitEnded {
        visit: VisitId,
        note: String,
    },
    /// An officer recorded in this stream was recorded in another at the same time, and there
    /// later; the flaw stands in the envelope, for both records rest on the same hours.
    OverlapNoticed {
        person: PersonId,
        /// Where the officer stands as well.
        elsewhere: StreamId,
    },
    EvidenceAttached {
        evidence: EvidenceId,
        number: u32,
        /// One of the eight kinds of 行政处罚法 46.
        evidence_kind: String,
        #[serde(default)]
        name: String,
        #[serde(default)]
        source: String,
        #[serde(default)]
        proves: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<FileRef>,
        /// On-site photographs, audio and video: seen only under a grant (Art. 26).
        footage: bool,
        /// Where the record itself lies when there are no bytes.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        located: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        extraction: Option<Extraction>,
    },

    // ——— papers ———
    PaperSubmitted {
        paper: PaperId,
        paper_kind: PaperKind,
        title: String,
        paper_version: u32,
        /// The subject when it is not the whole case: a party, an informant, another paper.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        subject: String,
        fields: Map<String, Value>,
        fields_digest: String,
        /// Digest an opinion binds to: fields, template and renderer version.
        digest: String,
        steps: Vec<Step>,
    },
    OpinionGiven {
        paper: PaperId,
        paper_version: u32,
        step: String,
        outcome: Outcome,
        opinion: String,
        digest: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<PersonId>,
    },
    PaperApproved {
        paper: PaperId,
        paper_version: u32,
        digest: String,
    },
    PaperNumbered {
        paper: PaperId,
        series: String,
        ordinal: u64,
        number: String,
        digest: String,
    },
    PaperIssued {
        paper: PaperId,
        file: FileRef,
        pages_count: u32,
    },
    NumberVoided {
        paper: PaperId,
        series: String,
        ordinal: u64,
        reason: String,
    },
    PaperScanned {
        paper: PaperId,
        file: FileRef,
        pages_count: u32,
        pages_expected: u32,
        located: String,
    },
    SignatureRefused {
        paper: PaperId,
        who: String,
        reason: String,
        witness: String,
        /// Why no witness could be had, and which footage shows it.
        no_witness_reason: String,
    },
    PaperServed {
        paper: PaperId,
        /// Party id, or the name of the body informed.
        to: String,
        method: ServiceMethod,
        recipient: String,
        relation: String,
        refusal: String,
        witness: String,
        voucher: String,
        why_not_direct: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<FileRef>,
        /// The day service takes effect.
        effective_on: Date,
    },

    // ——— statement and defence ———
    StatementMade {
        party: PartyId,
        how: String,
        points: Vec<Point>,
    },
    StatementWaived {
        party: PartyId,
        how: String,
    },

    // ——— end ———
    CaseConcluded {
        on: Date,
        outcome: String,
    },
    CaseArchived {
        on: Date,
        volume: FileRef,
        pages_count: u32,
        archive_number: String,
        /// What names informants, bound apart and sealed (Art. 30).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sealed_annex: Option<FileRef>,
    },

    // ——— corrections and decisions on flaws ———
    Corrected {
        target: u64,
        member: String,
        #[serde(default)]
        original: Value,
        #[serde(default)]
        effective: Value,
        reason: String,
        /// `informant` or `case` where the member corrected is sealed: its correction is, too.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        sealed: String,
    },
    FlawDecided {
        /// Sequence of the entry that carries the flaw, and the flaw's rule.
        target: u64,
        rule: String,
        rely: bool,
        reason: String,
    },
    ProtectionRaised {
        target: u64,
        member: String,
        reason: String,
        /// The value and its salt, sealed from now on: they are erased where they stood open.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        value: Value,
        #[serde(default)]
        salt: String,
    },
    /// Bytes that stood in clear and turned out to name somebody: from here on they are kept sealed
    /// under another digest, of which they are the content.
    FileSealed {
        sha256: String,
        file: FileRef,
    },
    ActRefused {
        act: String,
        missing: Vec<Missing>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stream: Option<StreamId>,
    },

    // ——— footage under grants (Art. 26) ———
    GrantGiven {
        grant: GrantId,
        case: CaseId,
        /// Empty means every recording of the case (the standing rule).
        evidence: Vec<EvidenceId>,
        person: PersonId,
        person_name: String,
        reason: String,
        approver: PersonId,
        from: DateTime,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<DateTime>,
        copy: bool,
        standing: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<Seconds>,
    },
    GrantRequested {
        grant: GrantId,
        case: CaseId,
        evidence: Vec<EvidenceId>,
        person: PersonId,
        person_name: String,
        reason: String,
        copy: bool,
        to: DateTime,
        /// The part asked for; none is the whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<Seconds>,
    },
    GrantDenied {
        grant: GrantId,
        reason: String,
    },
    GrantReturned {
        grant: GrantId,
        reason: String,
    },
    ViewingOpened {
        viewing: String,
        grant: GrantId,
        case: CaseId,
        evidence: EvidenceId,
        sha256: String,
        mode: String,
        reason: String,
    },
    ViewingClosed {
        viewing: String,
        bytes_served: u64,
    },
    /// A copy left the house: the register of viewings as a table, a volume, its package.
    CopyTaken {
        what: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<CaseId>,
        /// Of the bytes that were handed out.
        sha256: String,
        len_bytes: u64,
        purpose: String,
    },

    // ——— registers, people, system ———
    RegisterChanged {
        register: String,
        id: String,
        name: String,
        valid_from: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_to: Option<Date>,
        data: Map<String, Value>,
    },
    StandingRuleSigned {
        rule: String,
        text: String,
    },
    DelegationGiven {
        from: PersonId,
        to: PersonId,
        scope: String,
        starts: DateTime,
        ends: DateTime,
    },
    AccountChanged {
        person: PersonId,
        what: String,
        roles: Vec<String>,
    },
    RulebookLoaded {
        digest: String,
        edition: String,
    },
    DemonstrationBegun {},
    Restored {
        head_size: u64,
        head_root: String,
        from: String,
    },
}

/// A part of one recording, in seconds from its beginning; the end is not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seconds {
    pub from: u32,
    pub to: u32,
}

/// Someone to be informed when a case is not filed (Art. 13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inform {
    /// `informant` or `transferring-body`.
    pub whom: String,
    /// Shown in clear: 「举报人（信息已封存）」 or the body's name.
    pub label: String,
    pub reachable: bool,
}

/// How footage or data held by others was taken (Art. 2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extraction {
    pub source: String,
    pub holder: String,
    pub method: String,
    pub extractor: String,
    pub at: String,
    pub witness: String,
}

/// One thing an act lacks: the sentence, the article that asks for it, where it is mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    pub rule: String,
    pub predicate: String,
    pub article: String,
    pub sentence: String,
    /// What mends it, as `act` or `act(paper-kind)`; a page turns it into a link.
    pub mend: String,
}

impl Event {
    /// The entry's kind, the same word as in the tag.
    pub fn kind(&self) -> String {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map
                .get("kind")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            _ => String::new(),
        }
    }
}
