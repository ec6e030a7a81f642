//! What happened, in the office's words: events for `given`, each on its day.

use jiff::civil::{Date, DateTime};
use procedure::event::*;
use procedure::ids::*;
use procedure::people::OfficerSeen;
use serde_json::{Map, Value, json};

/// The party of the cases here; fictitious.
pub const PARTY: &str = "星河歌城";

/// Something that happened: its event, when, by whom, and the flaws it was recorded with.
#[derive(Clone)]
pub struct Happened {
    pub(crate) event: What,
    pub(crate) at: Option<DateTime>,
    pub(crate) until: Option<DateTime>,
    pub(crate) recorded: Option<DateTime>,
    pub(crate) by: String,
    pub(crate) flaws: Vec<Flaw>,
}

/// An event, or a decision about a flaw that is found when the story is told.
#[derive(Clone)]
pub(crate) enum What {
    Event(Box<Event>),
    FlawDecided { rule: String, rely: bool },
}

impl Happened {
    fn new(event: Event) -> Self {
        Self {
            event: What::Event(Box::new(event)),
            at: None,
            until: None,
            recorded: None,
            by: "wang".into(),
            flaws: vec![],
        }
    }

    /// On this day at nine, or at this moment; otherwise a minute after what came before.
    pub fn on(mut self, when: &str) -> Self {
        self.at = Some(moment(when));
        self
    }

    pub fn until(mut self, when: &str) -> Self {
        self.until = Some(moment(when));
        self
    }

    /// Entered later than it happened.
    pub fn recorded(mut self, when: &str) -> Self {
        self.recorded = Some(moment(when));
        self
    }

    pub fn by(mut self, person: &str) -> Self {
        self.by = person.to_owned();
        self
    }

    /// Recorded with a grave flaw under this rule.
    pub fn flawed(mut self, rule: &str) -> Self {
        self.flaws.push(Flaw {
            rule: rule.to_owned(),
            article: String::new(),
            severity: Severity::Grave,
            text: String::new(),
            mend: String::new(),
            subject: String::new(),
        });
        self
    }

    /// The paper's fields.
    pub fn with(mut self, more: Value) -> Self {
        if let What::Event(event) = &mut self.event
            && let Event::PaperSubmitted { fields, .. } = event.as_mut()
        {
            fields.extend(object(more));
        }
        self
    }

    /// The party whom a paper is for, or on whom it is served.
    pub fn of(mut self, party: &str) -> Self {
        if let What::Event(event) = &mut self.event {
            match event.as_mut() {
                Event::PaperSubmitted { subject, .. } => *subject = party.to_owned(),
                Event::PaperServed { to, .. } => *to = party.to_owned(),
                _ => {}
            }
        }
        self
    }

    /// Another paper of the same kind: its own name instead of the kind's.
    pub fn called(mut self, name: &str) -> Self {
        if let What::Event(event) = &mut self.event {
            match event.as_mut() {
                Event::PaperSubmitted { paper, .. }
                | Event::PaperApproved { paper, .. }
                | Event::PaperIssued { paper, .. }
                | Event::PaperScanned { paper, .. }
                | Event::PaperServed { paper, .. }
                | Event::SignatureRefused { paper, .. } => *paper = PaperId(name.to_owned()),
                _ => {}
            }
        }
        self
    }
}

/// `2026-03-02`, taken as nine in the morning, or `2026-03-02T16:30`.
pub fn moment(when: &str) -> DateTime {
    let read: Result<DateTime, _> = when.parse();
    if when.contains('T') {
        read.expect("a moment is written 2026-03-02T16:30")
    } else {
        let day: Date = when.parse().expect("a day is written 2026-03-02");
        day.at(9, 0, 0, 0)
    }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

pub fn officer(id: &str, valid: bool) -> OfficerSeen {
    let (name, certificate) = match id {
        "wang" => ("王建国", "17010001001"),
        "li" => ("李秀英", "17010001002"),
        _ => (id, "17010001099"),
    };
    OfficerSeen { id: id.into(), name: name.into(), certificate: certificate.into(), valid }
}

fn file() -> FileRef {
    FileRef {
        sha256: "00".repeat(32),
        sm3: "00".repeat(32),
        len_bytes: 1,
        media_type: "application/pdf".into(),
        original_name: String::new(),
        plain_sha256: String::new(),
    }
}

// ——— clue and case ———

/// A clue becomes a case of 王 and 李.
pub fn case_opened() -> Happened {
    case_opened_from("2026-03-02", &[])
}

/// The same, received on a day, with those to be informed of a refusal.
pub fn case_opened_from(received: &str, to_inform: &[&str]) -> Happened {
    Happened::new(Event::CaseOpened {
        clue: "clue-1".into(),
        title: format!("{PARTY}涉嫌违法案"),
        procedure: "ordinary-penalty".into(),
        edition: "2019-09-30".into(),
        department: "first".into(),
        source: ClueSource::Complaint,
        received_at: moment(received),
        to_inform: to_inform
            .iter()
            .map(|label| Inform { whom: "informant".into(), label: (*label).to_owned(), reachable: true })
            .collect(),
        handlers: vec![officer("wang", true), officer("li", true)],
    })
}

pub fn handlers_assigned(ids: &[&str]) -> Happened {
    Happened::new(Event::HandlersAssigned {
        handlers: ids.iter().map(|id| officer(id, true)).collect(),
        reason: "另行安排".into(),
    })
}

pub fn party_recorded() -> Happened {
    party_named(PARTY)
}

pub fn party_named(name: &str) -> Happened {
    Happened::new(Event::PartyRecorded {
        party: Party { id: name.to_owned(), name: name.to_owned(), ..Party::default() },
    })
}

pub fn cause_chosen(cause: &str) -> Happened {
    Happened::new(Event::CauseChosen {
        cause: cause.into(),
        title: cause.into(),
        case_title: format!("{PARTY}涉嫌违法案"),
        verified: true,
    })
}

pub fn started_before_filing() -> Happened {
    Happened::new(Event::StartedBeforeFiling {
        reason: "正在进行的违法行为".into(),
        allowed_by: "赵局长".into(),
        allowed_at: moment("2026-03-02"),
    })
}

pub fn filed() -> Happened {
    Happened::new(Event::CaseFiled { number: "（演示）文综案〔2026〕1号".into(), on: moment("2026-03-02").date() })
}

pub fn declined() -> Happened {
    Happened::new(Event::FilingDeclined { reason: "不属于本机关管辖".into(), on: moment("2026-03-02").date() })
}

pub fn informing_is_impossible(whom: &str) -> Happened {
    Happened::new(Event::InformImpossible { whom: whom.to_owned(), reason: "匿名举报，没有联系方式".into() })
}

pub fn evidence_attached() -> Happened {
    attached(false, Some(file()))
}

/// Footage of what the body camera saw; `on` and `until` say when, `recorded` when it was stored.
pub fn footage_attached() -> Happened {
    attached(true, Some(file()))
}

/// Footage that is listed but lies on the device still.
pub fn footage_listed() -> Happened {
    attached(true, None)
}

fn attached(footage: bool, file: Option<FileRef>) -> Happened {
    Happened::new(Event::EvidenceAttached {
        evidence: "evidence-1".into(),
        number: 1,
        evidence_kind: "audio-visual".into(),
        name: "现场照片".into(),
        source: "现场拍摄".into(),
        proves: "现场情况".into(),
        file,
        footage,
        located: String::new(),
        extraction: None,
    })
}

// ——— papers ———

/// A paper without a chain of approval is at once what it is; one with a chain awaits it.
pub fn submitted(kind: &str) -> Happened {
    Happened::new(Event::PaperSubmitted {
        paper: kind.into(),
        paper_kind: kind.into(),
        title: kind.into(),
        paper_version: 1,
        subject: String::new(),
        fields: Map::new(),
        fields_digest: String::new(),
        digest: String::new(),
        steps: vec![Step { step: "agency-head".into(), role: "agency-head".into(), title: "意见".into() }],
    })
}

pub fn made(kind: &str) -> Happened {
    let mut made = submitted(kind);
    if let What::Event(event) = &mut made.event
        && let Event::PaperSubmitted { steps, .. } = event.as_mut()
    {
        steps.clear();
    }
    made
}

pub fn approved(kind: &str) -> Happened {
    Happened::new(Event::PaperApproved { paper: kind.into(), paper_version: 1, digest: String::new() })
}

pub fn issued(kind: &str) -> Happened {
    Happened::new(Event::PaperIssued { paper: kind.into(), file: file(), pages_count: 2 })
}

/// The officers arrive; who leaves says so in another entry.
pub fn visit_started() -> Happened {
    Happened::new(Event::VisitStarted {
        visit: "visit-1".into(),
        purpose: "核查线索".into(),
        certificates_shown: true,
        present: "店长".into(),
    })
}

pub fn visit_ended() -> Happened {
    Happened::new(Event::VisitEnded { visit: "visit-1".into(), note: String::new() })
}

pub fn scanned(kind: &str) -> Happened {
    scanned_pages(kind, 2)
}

pub fn scanned_pages(kind: &str, pages_count: u32) -> Happened {
    Happened::new(Event::PaperScanned {
        paper: kind.into(),
        file: file(),
        pages_count,
        pages_expected: 2,
        located: "一号柜二盒".into(),
    })
}

pub fn signature_refused(kind: &str) -> Happened {
    Happened::new(Event::SignatureRefused {
        paper: kind.into(),
        who: "负责人".into(),
        reason: "拒绝签名".into(),
        witness: "居委会工作人员".into(),
        no_witness_reason: String::new(),
    })
}

/// Handed over to the party in person.
pub fn served(kind: &str) -> Happened {
    Happened::new(Event::PaperServed {
        paper: kind.into(),
        to: PARTY.into(),
        method: ServiceMethod::Direct,
        recipient: "店长".into(),
        relation: String::new(),
        refusal: String::new(),
        witness: String::new(),
        voucher: String::new(),
        why_not_direct: String::new(),
        proof: None,
        effective_on: Date::MIN,
    })
}

/// Published, and served on the day its term has run out.
pub fn published(kind: &str, effective_on: &str) -> Happened {
    let mut notice = served(kind);
    if let What::Event(event) = &mut notice.event
        && let Event::PaperServed { effective_on: day, method, .. } = event.as_mut()
    {
        *day = moment(effective_on).date();
        *method = ServiceMethod::PublicNotice;
    }
    notice
}

// ——— statement, end ———

pub fn statement_made(points: &[&str]) -> Happened {
    Happened::new(Event::StatementMade {
        party: PARTY.into(),
        how: "当面陈述申辩".into(),
        points: points
            .iter()
            .enumerate()
            .map(|(i, text)| Point {
                id: PointId((i + 1).to_string()),
                kind: "理由".into(),
                text: (*text).to_owned(),
            })
            .collect(),
    })
}

/// Every point with its finding.
pub fn findings(points: &[&str]) -> Value {
    let rows: Vec<Value> =
        points.iter().map(|p| json!({ "point": p, "adopted": "不采纳", "reason": "与监控录像不符" })).collect();
    json!({ "findings": rows })
}

pub fn statement_waived() -> Happened {
    statement_waived_by(PARTY)
}

pub fn statement_waived_by(party: &str) -> Happened {
    Happened::new(Event::StatementWaived { party: party.into(), how: "明确放弃".into() })
}

pub fn concluded() -> Happened {
    Happened::new(Event::CaseConcluded { on: moment("2026-03-02").date(), outcome: "自动履行".into() })
}

pub fn archived() -> Happened {
    Happened::new(Event::CaseArchived {
        on: moment("2026-03-02").date(),
        volume: file(),
        pages_count: 60,
        archive_number: "20260001".into(),
        sealed_annex: None,
    })
}

/// The head decides whether what carries a flaw under this rule may be relied on.
pub fn head_decides(rule: &str, rely: bool) -> Happened {
    let mut happened = concluded();
    happened.event = What::FlawDecided { rule: rule.to_owned(), rely };
    happened.by = "zhao".into();
    happened
}
