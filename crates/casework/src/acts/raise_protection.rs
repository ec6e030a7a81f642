//! 提高保密 (Art. 30): a value that turns out to name an informant or a minor is taken out of
//! every register and index, and sealed from now on.

use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use crate::projections;
use database::Change;
use procedure::event::{Event, Span};
use procedure::ids::*;
use serde::Deserialize;

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
    let (salt, value) = office.open_member(what.target, &what.member).await?;
    let clue = clue_without(office, &what).await?;
    office
        .act_on_case(caller, &what.case, "raise-protection", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            if !opened.case.records.iter().any(|r| r.sequence == what.target) {
                return Err(ActError::NotFound);
            }
            let event = Event::ProtectionRaised {
                target: what.target,
                member: what.member.clone(),
                reason: what.reason.clone(),
                value: value.clone(),
                salt: salt.clone(),
            };
            let mut decision =
                Decision::event(StreamId::case(&what.case), Span::at(opened.now), office.envelope(caller), event);
            decision.changes.push(Change::Erase { sequence: what.target, names: vec![what.member.clone()] });
            decision.changes.extend(clue.clone());
            Ok(decision)
        })
        .await
}

/// The clue's row and what search finds of it, where the value stands in the clue.
async fn clue_without(office: &Office, what: &RaiseProtection) -> Result<Vec<Change>, ActError> {
    let opened = office.open_case(&what.case).await?;
    let registered = opened.case.records.iter().find(|r| r.sequence == what.target).map(|r| (&r.stream, &r.event));
    let Some((stream, Event::ClueRegistered { number, .. })) = registered else { return Ok(vec![]) };
    let mut row = office.database().clue_row(stream.subject()).await?.ok_or(ActError::NotFound)?;
    row.summary = projections::SEALED_TEXT.into();
    let text = format!("{number}\n{}", row.summary);
    Ok(vec![Change::Search { doc: stream.0.clone(), scope: row.id.clone(), text }, Change::PutClue(row)])
}

impl Office {
    /// Salt and value of a member that stands open beside its entry.
    async fn open_member(&self, sequence: u64, member: &str) -> Result<(String, serde_json::Value), ActError> {
        let stored = self.database().entries_after(sequence.saturating_sub(1), 1).await?;
        let entry = stored.first().filter(|e| e.sequence == sequence).ok_or(ActError::NotFound)?;
        let found = entry.disclosures().into_iter().find(|d| d.name() == member);
        let disclosure = found.ok_or_else(|| ActError::field("member", "这项记录没有这一内容，或者已经封存"))?;
        Ok((disclosure.salt().to_string(), disclosure.value().clone()))
    }
}
