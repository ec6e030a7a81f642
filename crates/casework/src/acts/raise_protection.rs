//! 提高保密 (Art. 30): a value that turns out to name an informant or a minor is taken out of
//! every register and index, wherever in the case it was repeated, and sealed from now on.

use crate::codec;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use crate::projections;
use database::Change;
use procedure::Case;
use procedure::event::{Event, Span};
use procedure::ids::*;
use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, Debug, Deserialize)]
pub struct RaiseProtection {
    pub case: CaseId,
    pub target: u64,
    pub member: String,
    pub reason: String,
}

/// Members besides the fields of papers that may turn out to name somebody.
const MEMBERS: &[&str] = &["party", "content", "target", "name", "proves", "source"];

pub async fn raise_protection(office: &Office, caller: &Caller, what: RaiseProtection) -> Result<Receipt, ActError> {
    if what.reason.trim().is_empty() {
        return Err(ActError::field("reason", "请说明理由"));
    }
    if !what.member.starts_with("fields.") && !MEMBERS.contains(&what.member.as_str()) {
        return Err(ActError::field("member", "这一内容不能提高保密"));
    }
    let seen = office.open_case(&what.case).await?.case;
    let places = places(office, &what, &seen).await?;
    let clue = clue_without(office, &seen, &places).await?;
    office
        .act_on_case(caller, &what.case, "raise-protection", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            if !opened.case.records.iter().any(|r| r.sequence == what.target) {
                return Err(ActError::NotFound);
            }
            if opened.case.versions != seen.versions {
                return Err(ActError::Conflict("案件刚刚有了新的记录，请重新提交".into()));
            }
            let mut decision = Decision::default();
            for place in &places {
                let event = Event::ProtectionRaised {
                    target: place.sequence,
                    member: place.member.clone(),
                    reason: what.reason.clone(),
                    value: place.value.clone(),
                    salt: place.salt.clone(),
                };
                decision = decision.and(StreamId::case(&what.case), Span::at(opened.now), office.envelope(caller), event);
                decision.changes.push(Change::Erase { sequence: place.sequence, names: vec![place.member.clone()] });
            }
            decision.changes.extend(clue.clone());
            Ok(decision)
        })
        .await
}

/// A member that stands open beside its entry.
struct Place {
    sequence: u64,
    member: String,
    salt: String,
    value: Value,
}

/// Where the value stands: the member named, and every other of the case that repeats it.
async fn places(office: &Office, what: &RaiseProtection, case: &Case) -> Result<Vec<Place>, ActError> {
    if !case.records.iter().any(|r| r.sequence == what.target) {
        return Err(ActError::NotFound);
    }
    let streams: Vec<String> = case.versions.keys().map(|s| s.0.clone()).collect();
    let stored = office.database().entries_of_many(&streams).await?;
    let mut open: Vec<Place> = vec![];
    for entry in &stored {
        open.extend(entry.disclosures().into_iter().map(|d| Place {
            sequence: entry.sequence,
            member: d.name().to_owned(),
            salt: d.salt().to_string(),
            value: d.value().clone(),
        }));
    }
    let named = open.iter().position(|p| p.sequence == what.target && p.member == what.member);
    let named = named.ok_or_else(|| ActError::field("member", "这项记录没有这一内容，或者已经封存"))?;
    let first = open.swap_remove(named);
    let raised = Event::ProtectionRaised {
        target: first.sequence,
        member: first.member.clone(),
        reason: String::new(),
        value: first.value.clone(),
        salt: String::new(),
    };
    let words = codec::protected_words(&raised, office.book());
    open.retain(|p| words.iter().any(|w| repeats(&p.value, w)));
    open.sort_by_key(|p| p.sequence);
    open.insert(0, first);
    Ok(open)
}

fn repeats(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text.contains(word),
        Value::Array(rows) => rows.iter().any(|row| repeats(row, word)),
        Value::Object(members) => members.values().any(|member| repeats(member, word)),
        _ => false,
    }
}

/// The clue's row and what search finds of it, where the value stands in the clue.
async fn clue_without(office: &Office, case: &Case, places: &[Place]) -> Result<Vec<Change>, ActError> {
    let registered = case.records.iter().filter(|r| places.iter().any(|p| p.sequence == r.sequence)).map(|r| (&r.stream, &r.event));
    let mut registered = registered.filter_map(|(stream, event)| match event {
        Event::ClueRegistered { number, .. } => Some((stream, number)),
        _ => None,
    });
    let Some((stream, number)) = registered.next() else { return Ok(vec![]) };
    let mut row = office.database().clue_row(stream.subject()).await?.ok_or(ActError::NotFound)?;
    row.summary = projections::SEALED_TEXT.into();
    let text = format!("{number}\n{}", row.summary);
    Ok(vec![Change::Search { doc: stream.0.clone(), scope: row.id.clone(), text }, Change::PutClue(row)])
}
