//! The fold of a case: its own stream and those linked to it, from the clue on.
//! Corrections are slips: the fold keeps what was written and works with what is effective.

mod paper;
mod stage;

pub use paper::{Issued, Opinion, Paper, PaperState, PaperVersion, Scan, Service, SignatureRefusal};
pub use stage::Stage;

use crate::event::*;
use crate::ids::*;
use crate::people::OfficerSeen;
use jiff::civil::{Date, DateTime};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A case as its records tell it.
#[derive(Clone, Debug, Default)]
pub struct Case {
    pub id: String,
    pub title: String,
    pub number: Option<String>,
    pub procedure: String,
    pub edition: String,
    pub department: String,
    pub source: Option<ClueSource>,
    pub clue: Option<ClueId>,
    pub cause: Option<CauseId>,
    pub cause_title: String,
    pub cause_verified: bool,
    pub handlers: Vec<OfficerSeen>,
    /// Everyone who ever handled it: they cannot review it.
    pub ever_handlers: Vec<PersonId>,
    pub parties: Vec<Party>,
    pub to_inform: Vec<Inform>,
    pub inform_impossible: Vec<(String, DateTime)>,
    pub papers: Vec<Paper>,
    pub evidence: Vec<Evidence>,
    pub visits: Vec<Visit>,
    pub statements: Vec<Statement>,
    pub waivers: Vec<(PartyId, DateTime)>,
    pub flaws: Vec<FlawState>,
    pub received_at: Option<DateTime>,
    pub registered_at: Option<DateTime>,
    pub opened_at: Option<DateTime>,
    pub started_before_filing: Option<DateTime>,
    pub filed_at: Option<DateTime>,
    pub filed_on: Option<Date>,
    pub declined_at: Option<DateTime>,
    pub decline_reason: String,
    pub concluded_at: Option<DateTime>,
    pub concluded_on: Option<Date>,
    pub outcome: String,
    pub archived_at: Option<DateTime>,
    pub archived: Option<(FileRef, u32, String)>,
    pub slips: Vec<Slip>,
    pub protected: Vec<(u64, String)>,
    /// Files sealed after they had been named in clear, by the digest they were named with.
    pub sealed_files: BTreeMap<String, FileRef>,
    /// Every entry in ledger order, as it was written.
    pub records: Vec<Arc<Recorded>>,
    /// The version of each stream this view has read: what guards state.
    pub versions: BTreeMap<StreamId, u64>,
}

#[derive(Clone, Debug)]
pub struct Evidence {
    pub id: EvidenceId,
    pub number: u32,
    pub kind: String,
    pub name: String,
    pub source: String,
    pub proves: String,
    pub file: Option<FileRef>,
    pub footage: bool,
    pub located: String,
    pub happened: Span,
    pub attached_at: DateTime,
    pub by: String,
    pub sequence: u64,
    /// Taken out by a slip (wrong attachment): kept and shown, no longer relied on.
    pub withdrawn: bool,
}

#[derive(Clone, Debug)]
pub struct Visit {
    pub id: VisitId,
    pub purpose: String,
    pub place: String,
    pub officers: Vec<OfficerSeen>,
    pub started: DateTime,
    pub ended: Option<DateTime>,
    pub certificates_shown: bool,
}

#[derive(Clone, Debug)]
pub struct Statement {
    pub party: PartyId,
    pub how: String,
    pub at: DateTime,
    pub points: Vec<Point>,
}

/// A flaw and what became of it.
#[derive(Clone, Debug)]
pub struct FlawState {
    pub sequence: u64,
    pub flaw: Flaw,
    pub at: DateTime,
    pub cured: Option<String>,
    pub decided: Option<(bool, String, String)>,
}

impl FlawState {
    /// A grave flaw keeps what rests on it waiting until cured or decided upon.
    pub fn open(&self) -> bool {
        self.cured.is_none() && self.decided.is_none()
    }
    pub fn blocks(&self) -> bool {
        self.flaw.severity == Severity::Grave && self.open()
    }
}

/// A correction slip (更正).
#[derive(Clone, Debug)]
pub struct Slip {
    pub sequence: u64,
    pub target: u64,
    pub member: String,
    pub original: Value,
    pub effective: Value,
    pub reason: String,
    pub at: DateTime,
    pub by: String,
}

impl Case {
    /// Folds entries, in ledger order, of the case's own stream and those linked to it.
    pub fn fold<R: Into<Arc<Recorded>>>(records: impl IntoIterator<Item = R>) -> Case {
        let records: Vec<Arc<Recorded>> = records.into_iter().map(Into::into).collect();
        let mut slips: BTreeMap<u64, Vec<(String, Value)>> = BTreeMap::new();
        for r in &records {
            match &r.event {
                Event::Corrected { target, member, effective, .. } if !effective.is_null() => {
                    slips.entry(*target).or_default().push((member.clone(), effective.clone()));
                }
                _ => {}
            }
        }
        let mut case = Case::default();
        for r in &records {
            case.see(r);
            match slips.get(&r.sequence) {
                Some(changes) => case.take(&effective(r, changes)),
                None => case.take(r),
            }
        }
        case.records = records;
        case.point_to_sealed_files();
        case
    }

    /// A file as it is kept now: what was sealed later than it was named is found sealed.
    pub fn as_kept(&self, file: &FileRef) -> FileRef {
        self.sealed_files.get(&file.sha256).unwrap_or(file).clone()
    }

    fn point_to_sealed_files(&mut self) {
        let sealed = std::mem::take(&mut self.sealed_files);
        let point = |file: &mut FileRef| {
            if let Some(kept) = sealed.get(&file.sha256) {
                *file = kept.clone();
            }
        };
        for paper in &mut self.papers {
            paper.issued.iter_mut().for_each(|i| point(&mut i.file));
            paper.scans.iter_mut().for_each(|s| point(&mut s.file));
            paper.services.iter_mut().filter_map(|s| s.proof.as_mut()).for_each(point);
        }
        self.evidence.iter_mut().filter_map(|e| e.file.as_mut()).for_each(point);
        self.archived.iter_mut().for_each(|(volume, ..)| point(volume));
        self.sealed_files = sealed;
    }

    /// The case some entries later: as if folded from all of them, at the cost of the new ones unless
    /// one of them changes what an earlier one says.
    pub fn and(mut self, more: impl IntoIterator<Item = Recorded>) -> Case {
        let more: Vec<Arc<Recorded>> = more.into_iter().map(Arc::new).collect();
        let reaches_back = |r: &Arc<Recorded>| matches!(r.event, Event::Corrected { .. } | Event::FileSealed { .. });
        if !self.sealed_files.is_empty() || more.iter().any(reaches_back) {
            return Case::fold(self.records.into_iter().chain(more));
        }
        for r in &more {
            self.see(r);
            self.take(r);
        }
        self.records.extend(more);
        self
    }

    /// Notes the version of the stream an entry is from.
    fn see(&mut self, r: &Recorded) {
        let version = self.versions.entry(r.stream.clone()).or_default();
        *version = (*version).max(r.version);
    }

    fn take(&mut self, r: &Recorded) {
        let at = r.happened.from;
        for flaw in &r.envelope.flaws {
            self.flaws.push(FlawState {
                sequence: r.sequence,
                flaw: flaw.clone(),
                at,
                cured: None,
                decided: None,
            });
        }
        match &r.event {
            Event::ClueRegistered { received_at, source, .. } => {
                self.received_at = Some(*received_at);
                self.registered_at = Some(r.recorded_at);
                self.source = Some(*source);
            }
            Event::CaseOpened { clue, title, procedure, edition, department, source, received_at, to_inform, handlers } => {
                self.id = r.stream.subject().to_owned();
                self.clue = Some(clue.clone());
                self.title = title.clone();
                self.procedure = procedure.clone();
                self.edition = edition.clone();
                self.department = department.0.clone();
                self.source = Some(*source);
                self.received_at = Some(*received_at);
                self.to_inform = to_inform.clone();
                self.opened_at = Some(at);
                self.set_handlers(handlers);
            }
            Event::HandlersAssigned { handlers, .. } => self.set_handlers(handlers),
            Event::PartyRecorded { party } => match self.parties.iter_mut().find(|p| p.id == party.id) {
                Some(known) => *known = party.clone(),
                None => self.parties.push(party.clone()),
            },
            Event::CauseChosen { cause, title, case_title, verified } => {
                self.cause = Some(cause.clone());
                self.cause_title = title.clone();
                self.title = case_title.clone();
                self.cause_verified = *verified;
            }
            Event::StartedBeforeFiling { .. } => self.started_before_filing = Some(at),
            Event::CaseFiled { number, on } => {
                self.number = Some(number.clone());
                self.filed_at = Some(at);
                self.filed_on = Some(*on);
            }
            Event::FilingDeclined { reason, .. } => {
                self.declined_at = Some(at);
                self.decline_reason = reason.clone();
            }
            Event::InformImpossible { whom, .. } => self.inform_impossible.push((whom.clone(), at)),
            Event::VisitStarted { visit, purpose, certificates_shown, .. } => self.visits.push(Visit {
                id: visit.clone(),
                purpose: purpose.clone(),
                place: r.envelope.place.clone(),
                officers: r.envelope.officers.clone(),
                started: at,
                ended: None,
                certificates_shown: *certificates_shown,
            }),
            Event::VisitEnded { visit, .. } => {
                if let Some(v) = self.visits.iter_mut().find(|v| v.id == *visit) {
                    v.ended = Some(r.happened.end());
                }
            }
            Event::EvidenceAttached { evidence, number, evidence_kind, name, source, proves, file, footage, located, .. } => {
                self.evidence.push(Evidence {
                    id: evidence.clone(),
                    number: *number,
                    kind: evidence_kind.clone(),
                    name: name.clone(),
                    source: source.clone(),
                    proves: proves.clone(),
                    file: file.clone(),
                    footage: *footage,
                    located: located.clone(),
                    happened: r.happened,
                    attached_at: r.recorded_at,
                    by: r.envelope.by.clone(),
                    sequence: r.sequence,
                    withdrawn: false,
                });
            }
            Event::StatementMade { party, how, points } => self.statements.push(Statement {
                party: party.clone(),
                how: how.clone(),
                at,
                points: points.clone(),
            }),
            Event::StatementWaived { party, .. } => self.waivers.push((party.clone(), at)),
            Event::CaseConcluded { on, outcome } => {
                self.concluded_at = Some(at);
                self.concluded_on = Some(*on);
                self.outcome = outcome.clone();
            }
            Event::CaseArchived { volume, pages_count, archive_number, .. } => {
                self.archived_at = Some(at);
                self.archived = Some((volume.clone(), *pages_count, archive_number.clone()));
            }
            Event::Corrected { target, member, original, effective, reason, .. } => {
                if member == "withdrawn" {
                    if let Some(e) = self.evidence.iter_mut().find(|e| e.sequence == *target) {
                        e.withdrawn = effective == &Value::Bool(true);
                    }
                }
                self.slips.push(Slip {
                    sequence: r.sequence,
                    target: *target,
                    member: member.clone(),
                    original: original.clone(),
                    effective: effective.clone(),
                    reason: reason.clone(),
                    at: r.recorded_at,
                    by: r.envelope.by.clone(),
                });
            }
            Event::FlawDecided { target, rule, rely, reason } => {
                for f in self.flaws.iter_mut().filter(|f| f.sequence == *target && f.flaw.rule == *rule) {
                    f.decided = Some((*rely, reason.clone(), r.envelope.by.clone()));
                }
            }
            Event::ProtectionRaised { target, member, .. } => self.protected.push((*target, member.clone())),
            Event::FileSealed { sha256, file } => {
                self.sealed_files.insert(sha256.clone(), file.clone());
            }
            _ => self.take_paper(r),
        }
    }

    fn set_handlers(&mut self, handlers: &[OfficerSeen]) {
        self.handlers = handlers.to_vec();
        for h in handlers {
            if !self.ever_handlers.contains(&h.id) {
                self.ever_handlers.push(h.id.clone());
            }
        }
    }

    pub fn paper(&self, id: &PaperId) -> Option<&Paper> {
        self.papers.iter().find(|p| p.id == *id)
    }

    /// Papers of a kind that still stand, oldest first.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl DoubleEndedIterator<Item = &'a Paper> {
        self.papers.iter().filter(move |p| p.kind.0 == kind && !p.is_void())
    }

    pub fn evidence(&self, id: &EvidenceId) -> Option<&Evidence> {
        self.evidence.iter().find(|e| e.id == *id)
    }

    pub fn party(&self, id: &str) -> Option<&Party> {
        self.parties.iter().find(|p| p.id == id)
    }

    pub fn handles(&self, person: &PersonId) -> bool {
        self.handlers.iter().any(|h| h.id == *person)
    }
}

/// The record with its slips applied: members by dotted name, or `happened.from`/`happened.to`.
fn effective(r: &Recorded, changes: &[(String, Value)]) -> Recorded {
    let Ok(mut whole) = serde_json::to_value(r) else { return r.clone() };
    for (member, value) in changes {
        let inside = match member.split_once('.') {
            Some(("happened" | "envelope", _)) => member.clone(),
            // Members of the envelope bear this mark beside the entry.
            _ if member.starts_with('@') => format!("envelope.{}", member.trim_start_matches('@')),
            _ => format!("event.{member}"),
        };
        let Some((parent, name)) = inside.rsplit_once('.') else { continue };
        let pointer = format!("/{}", parent.replace('.', "/"));
        match whole.pointer_mut(&pointer) {
            Some(Value::Object(object)) => {
                object.insert(name.to_owned(), value.clone());
            }
            Some(Value::Array(rows)) => {
                if let Some(slot) = name.parse::<usize>().ok().and_then(|i| rows.get_mut(i)) {
                    *slot = value.clone();
                }
            }
            _ => {}
        }
    }
    serde_json::from_value(whole).unwrap_or_else(|_| r.clone())
}
