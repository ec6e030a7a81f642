//! A paper with all its versions, and how the fold takes what happens to it.

use super::Case;
use crate::event::*;
use crate::ids::*;
use jiff::civil::{Date, DateTime};
use serde_json::{Map, Value};

/// A paper with all its versions.
#[derive(Clone, Debug)]
pub struct Paper {
    pub id: PaperId,
    pub kind: PaperKind,
    pub title: String,
    pub subject: String,
    pub versions: Vec<PaperVersion>,
    pub state: PaperState,
    pub series: Option<(String, u64)>,
    pub number: Option<String>,
    pub numbered_at: Option<DateTime>,
    pub issued: Option<Issued>,
    pub scans: Vec<Scan>,
    pub signature_refused: Option<SignatureRefusal>,
    pub services: Vec<Service>,
    pub approved_at: Option<DateTime>,
    pub refused_at: Option<DateTime>,
}

impl Paper {
    pub fn current(&self) -> Option<&PaperVersion> {
        self.versions.last()
    }
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.current().and_then(|v| v.fields.get(name))
    }
    pub fn text(&self, name: &str) -> &str {
        self.field(name).and_then(Value::as_str).unwrap_or_default()
    }
    /// When what it records happened; for a form, when it was submitted.
    pub fn made_at(&self) -> Option<DateTime> {
        self.current().map(|v| v.happened.from)
    }
    pub fn signed_at(&self) -> Option<DateTime> {
        let scan = self.scans.last().map(|s| s.at);
        let refused = self.signature_refused.as_ref().map(|r| r.at);
        scan.or(refused)
    }
    pub fn served_to(&self, whom: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.to == whom)
    }
    /// The step whose opinion is awaited, while one is.
    pub fn awaiting(&self) -> Option<&Step> {
        match self.state {
            PaperState::Awaiting { step } => self.current().and_then(|v| v.steps.get(step)),
            _ => None,
        }
    }
    pub fn is_void(&self) -> bool {
        matches!(self.state, PaperState::Void | PaperState::Refused)
    }
}

#[derive(Clone, Debug)]
pub struct PaperVersion {
    pub version: u32,
    pub sequence: u64,
    pub fields: Map<String, Value>,
    pub fields_digest: String,
    pub digest: String,
    pub steps: Vec<Step>,
    pub happened: Span,
    pub recorded_at: DateTime,
    pub by: PersonId,
    pub by_name: String,
    pub opinions: Vec<Opinion>,
}

#[derive(Clone, Debug)]
pub struct Opinion {
    pub step: String,
    pub title: String,
    pub by: PersonId,
    pub name: String,
    pub outcome: Outcome,
    pub opinion: String,
    pub at: DateTime,
    pub on_behalf_of: Option<PersonId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperState {
    Awaiting { step: usize },
    Returned,
    Refused,
    Approved,
    Numbered,
    Issued,
    Void,
}

impl PaperState {
    pub fn code(self) -> &'static str {
        match self {
            Self::Awaiting { .. } => "awaiting",
            Self::Returned => "returned",
            Self::Refused => "refused",
            Self::Approved => "approved",
            Self::Numbered => "numbered",
            Self::Issued => "issued",
            Self::Void => "void",
        }
    }
    pub fn title(self) -> &'static str {
        match self {
            Self::Awaiting { .. } => "待审批",
            Self::Returned => "已退回",
            Self::Refused => "未予批准",
            Self::Approved => "已批准",
            Self::Numbered => "已编号，正在成文",
            Self::Issued => "已成文",
            Self::Void => "作废",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Issued {
    pub at: DateTime,
    pub file: FileRef,
    pub pages_count: u32,
    pub sequence: u64,
}

#[derive(Clone, Debug)]
pub struct Scan {
    pub at: DateTime,
    pub file: FileRef,
    pub pages_count: u32,
    pub pages_expected: u32,
    pub located: String,
    pub sequence: u64,
}

#[derive(Clone, Debug)]
pub struct SignatureRefusal {
    pub at: DateTime,
    pub who: String,
    pub reason: String,
    pub witness: String,
    pub no_witness_reason: String,
}

#[derive(Clone, Debug)]
pub struct Service {
    pub at: DateTime,
    pub to: String,
    pub method: ServiceMethod,
    pub recipient: String,
    pub relation: String,
    pub voucher: String,
    pub effective_on: Date,
    pub proof: Option<FileRef>,
    pub sequence: u64,
}

impl Case {
    pub(super) fn take_paper(&mut self, r: &Recorded) {
        let at = r.happened.from;
        match &r.event {
            Event::PaperSubmitted { paper, paper_kind, title, paper_version, subject, fields, fields_digest, digest, steps } => {
                let version = PaperVersion {
                    version: *paper_version,
                    sequence: r.sequence,
                    fields: fields.clone(),
                    fields_digest: fields_digest.clone(),
                    digest: digest.clone(),
                    steps: steps.clone(),
                    happened: r.happened,
                    recorded_at: r.recorded_at,
                    by: r.actor.clone(),
                    by_name: r.envelope.by.clone(),
                    opinions: vec![],
                };
                let state = if steps.is_empty() { PaperState::Approved } else { PaperState::Awaiting { step: 0 } };
                let approved_at = steps.is_empty().then_some(at);
                match self.papers.iter_mut().find(|p| p.id == *paper) {
                    Some(known) => {
                        known.versions.push(version);
                        known.state = state;
                        known.approved_at = approved_at;
                    }
                    None => self.papers.push(Paper {
                        id: paper.clone(),
                        kind: paper_kind.clone(),
                        title: title.clone(),
                        subject: subject.clone(),
                        versions: vec![version],
                        state,
                        series: None,
                        number: None,
                        numbered_at: None,
                        issued: None,
                        scans: vec![],
                        signature_refused: None,
                        services: vec![],
                        approved_at,
                        refused_at: None,
                    }),
                }
            }
            Event::OpinionGiven { paper, step, outcome, opinion, on_behalf_of, .. } => {
                let Some(p) = self.paper_mut(paper) else { return };
                let Some(v) = p.versions.last_mut() else { return };
                let title = v.steps.iter().find(|s| s.step == *step).map(|s| s.title.clone()).unwrap_or_default();
                v.opinions.push(Opinion {
                    step: step.clone(),
                    title,
                    by: r.actor.clone(),
                    name: r.envelope.by.clone(),
                    outcome: *outcome,
                    opinion: opinion.clone(),
                    at,
                    on_behalf_of: on_behalf_of.clone(),
                });
                p.state = match outcome {
                    Outcome::Approve | Outcome::ApproveWithChanges => PaperState::Awaiting { step: v.opinions.len() },
                    Outcome::Return => PaperState::Returned,
                    Outcome::Refuse => {
                        p.refused_at = Some(at);
                        PaperState::Refused
                    }
                };
            }
            Event::PaperApproved { paper, .. } => {
                if let Some(p) = self.paper_mut(paper) {
                    p.state = PaperState::Approved;
                    p.approved_at = Some(at);
                }
            }
            Event::PaperNumbered { paper, series, ordinal, number, .. } => {
                if let Some(p) = self.paper_mut(paper) {
                    p.state = PaperState::Numbered;
                    p.series = Some((series.clone(), *ordinal));
                    p.number = Some(number.clone());
                    p.numbered_at = Some(at);
                }
            }
            Event::PaperIssued { paper, file, pages_count } => {
                if let Some(p) = self.paper_mut(paper) {
                    p.state = PaperState::Issued;
                    p.issued = Some(Issued { at, file: file.clone(), pages_count: *pages_count, sequence: r.sequence });
                }
            }
            Event::NumberVoided { paper, .. } => {
                if let Some(p) = self.paper_mut(paper) {
                    p.state = PaperState::Void;
                }
            }
            Event::PaperScanned { paper, file, pages_count, pages_expected, located } => {
                if let Some(p) = self.paper_mut(paper) {
                    p.scans.push(Scan {
                        at,
                        file: file.clone(),
                        pages_count: *pages_count,
                        pages_expected: *pages_expected,
                        located: located.clone(),
                        sequence: r.sequence,
                    });
                }
            }
            Event::SignatureRefused { paper, who, reason, witness, no_witness_reason } => {
                if let Some(p) = self.paper_mut(paper) {
                    p.signature_refused = Some(SignatureRefusal {
                        at,
                        who: who.clone(),
                        reason: reason.clone(),
                        witness: witness.clone(),
                        no_witness_reason: no_witness_reason.clone(),
                    });
                }
            }
            Event::PaperServed { paper, to, method, recipient, relation, voucher, effective_on, proof, .. } => {
                if let Some(p) = self.paper_mut(paper) {
                    p.services.push(Service {
                        at,
                        to: to.clone(),
                        method: *method,
                        recipient: recipient.clone(),
                        relation: relation.clone(),
                        voucher: voucher.clone(),
                        effective_on: *effective_on,
                        proof: proof.clone(),
                        sequence: r.sequence,
                    });
                }
            }
            _ => {}
        }
    }

    fn paper_mut(&mut self, id: &PaperId) -> Option<&mut Paper> {
        self.papers.iter_mut().find(|p| p.id == *id)
    }
}
