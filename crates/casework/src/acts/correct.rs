//! 更正 (slip): the original stays; what is effective from now on is said with its reason.
//! A slip that turns late into met needs the head.

use crate::codec::secrecy_of_member;
use crate::contacts::{contact_problem, phone_problem};
use crate::error::{ActError, FieldProblem};
use crate::forms;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use procedure::Case;
use procedure::checks::Act;
use procedure::decide::About;
use procedure::duties::{self, DutyState};
use procedure::event::{Event, Recorded, Span};
use procedure::ids::*;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Deserialize)]
pub struct Correct {
    pub case: CaseId,
    /// Sequence of the entry to correct.
    pub target: u64,
    /// Dotted name: `party.name`, `fields.place`, `happened.from`, or `withdrawn` for a wrong attachment.
    pub member: String,
    pub effective: Value,
    pub reason: String,
}

pub async fn correct(office: &Office, caller: &Caller, what: Correct) -> Result<Receipt, ActError> {
    if what.reason.trim().is_empty() {
        return Err(ActError::field("reason", "请写明更正的理由"));
    }
    office
        .act_on_case(caller, &what.case, "correct", |opened| {
            // The handlers correct their case; the head may, and must where lateness is mended.
            let head = office.allow(caller, Power::DecideFlaw, Some(&opened.case));
            if head.is_err() {
                office.allow(caller, Power::Investigate, Some(&opened.case))?;
            }
            let target = opened.case.records.iter().find(|r| r.sequence == what.target).ok_or(ActError::NotFound)?;
            let original = value_at(target, &what.member)
                .ok_or_else(|| ActError::field("member", "这项记录没有这一内容，不能更正"))?;
            if original == what.effective {
                return Err(ActError::field("effective", "更正后的内容与原来相同"));
            }
            check(office, target, &what)?;
            let slip = Event::Corrected {
                target: what.target,
                member: what.member.clone(),
                original,
                effective: what.effective.clone(),
                reason: what.reason.clone(),
                sealed: secrecy_of_member(&target.event, &what.member, office.book(), &opened.words).to_owned(),
            };
            let fields = Map::from_iter([
                ("as_head".to_owned(), Value::Bool(head.is_ok())),
                ("mends_lateness".to_owned(), Value::Bool(head.is_err() && mends_lateness(office, &opened.case, &slip, opened.now))),
            ]);
            let (span, about) = (Span::at(opened.now), About::default());
            let act = Act { actor: &caller.person, officers: &[], span, fields: &fields, overlaps: &[], method: None, about };
            office.judged(opened, "correct", &act)?;
            Ok(Decision::event(StreamId::case(&what.case), Span::at(opened.now), office.envelope(caller), slip))
        })
        .await
}

fn value_at(record: &Recorded, member: &str) -> Option<Value> {
    if member == "withdrawn" {
        return matches!(record.event, Event::EvidenceAttached { .. }).then_some(Value::Bool(false));
    }
    let whole = serde_json::to_value(record).ok()?;
    let path = match member.split_once('.') {
        Some(("happened" | "envelope", _)) => format!("/{}", member.replace('.', "/")),
        _ => format!("/event/{}", member.replace('.', "/")),
    };
    whole.pointer(&path).cloned()
}

/// Whether fewer duties are late once the slip is applied.
fn mends_lateness(office: &Office, case: &Case, slip: &Event, now: jiff::civil::DateTime) -> bool {
    let late = |case: &Case| {
        duties::owed(case, office.book(), now)
            .iter()
            .filter(|o| matches!(o.state, DutyState::Overdue | DutyState::MetLate))
            .count()
    };
    let mut records = case.records.clone();
    if let Some(last) = records.last().map(|last| Recorded::clone(last)) {
        let slip = Recorded { sequence: last.sequence + 1, event: slip.clone(), envelope: Default::default(), ..last };
        records.push(slip.into());
    }
    late(&Case::fold(records)) < late(case)
}

/// What could not have been recorded cannot come in by a correction either.
fn check(office: &Office, target: &Recorded, what: &Correct) -> Result<(), ActError> {
    let mut problems: Vec<FieldProblem> = match (&target.event, what.member.as_str()) {
        (Event::PartyRecorded { party }, "party.id_number") => {
            let number = what.effective.as_str().unwrap_or_default();
            forms::identity_problem("effective", party.kind, number).into_iter().collect()
        }
        (Event::PartyRecorded { .. }, "party.phone") => {
            phone_problem("effective", what.effective.as_str().unwrap_or_default()).into_iter().collect()
        }
        (Event::ClueRegistered { .. }, "informant.contact") => {
            contact_problem("effective", what.effective.as_str().unwrap_or_default()).into_iter().collect()
        }
        (Event::PaperSubmitted { paper_kind, fields, .. }, member) => match (office.book().paper(&paper_kind.0), member.strip_prefix("fields.")) {
            (Some(form), Some(path)) => {
                let mut changed = Value::Object(fields.clone());
                if let Some(slot) = changed.pointer_mut(&format!("/{}", path.replace('.', "/"))) {
                    *slot = what.effective.clone();
                }
                let changed = changed.as_object().cloned().unwrap_or_default();
                forms::problems(form, &changed).into_iter().filter(|p| p.field == path).collect()
            }
            _ => vec![],
        },
        _ => vec![],
    };
    if what.effective.as_str().is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX) {
        problems.push(FieldProblem { field: "effective".into(), message: format!("最多{TEXT_CHARS_MAX}字") });
    }
    for problem in &mut problems {
        problem.field = "effective".into();
    }
    if problems.is_empty() { Ok(()) } else { Err(ActError::Invalid(problems)) }
}

const TEXT_CHARS_MAX: usize = 10_000;
