//! 打开音像资料 (Art. 26): the grant is checked and the opening written down, durably, before any
//! byte goes out. An approver or reviewer gets his standing grant in the same commit.

use crate::clock::micros;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::projections::screened;
use crate::viewing::{Mode, add_given, link};
use database::{Change, Guard, ViewingRow};
use procedure::event::{Event, FileRef, Span};
use procedure::ids::*;
use serde::Deserialize;
use std::sync::Mutex;

#[derive(Clone, Debug, Deserialize)]
pub struct OpenViewing {
    pub case: CaseId,
    pub evidence: EvidenceId,
    pub reason: String,
    pub mode: Mode,
}

/// An opened recording: what `Office::viewing_range` serves until it is closed.
#[derive(Clone, Debug)]
pub struct Viewing {
    pub id: String,
    pub grant: GrantId,
    pub media_type: String,
    /// Length in the vault; a sealed recording is a little shorter when served.
    pub len_bytes: u64,
    pub name: String,
    pub receipt: Receipt,
}

pub async fn open_viewing(office: &Office, caller: &Caller, what: OpenViewing) -> Result<Viewing, ActError> {
    if what.reason.trim().is_empty() {
        return Err(ActError::field("reason", "请填写查看事由"));
    }
    let id = Office::new_id();
    // Each opening is an entry of its own; a request repeated by the browser is another opening.
    let mut caller = caller.clone();
    caller.once = None;
    let caller = &caller;
    let decided: Mutex<Option<(GrantId, FileRef, String)>> = Mutex::new(None);
    let receipt = office
        .act_on_grants(caller, &what.case, "open-viewing", |row| row.person == caller.person.id.0, |sight| {
            let opened = &sight.opened;
            let grant = office.grant_to_open(caller, sight, &what.evidence, what.mode)?;
            let evidence = opened.case.evidence(&what.evidence).ok_or(ActError::NotFound)?;
            let file = evidence.file.as_ref().ok_or(ActError::NotFound)?;
            let mut decision = Decision::default();
            if grant.version == 0 {
                add_given(opened, &grant, &caller.person.name, &mut decision);
                if let Some(rule) = &sight.rule {
                    decision.guards.push(Guard::StreamAt { stream: Office::rule_stream().0, version: rule.version });
                }
            } else {
                decision.guards.push(grant.guard());
            }
            let mut envelope = office.envelope(caller);
            envelope.matter = evidence.name.clone();
            let entry = decision.events.len();
            let mut decision = decision.and(
                grant.stream(),
                Span::at(opened.now),
                envelope,
                Event::ViewingOpened {
                    viewing: id.clone(),
                    grant: grant.id.clone(),
                    case: what.case.clone(),
                    evidence: what.evidence.clone(),
                    sha256: file.sha256.clone(),
                    mode: what.mode.code().into(),
                    reason: what.reason.clone(),
                },
            );
            decision.changes.push(link(&what.case, &grant.stream(), "viewing", entry));
            decision.changes.push(Change::PutViewing(ViewingRow {
                id: id.clone(),
                grant_id: grant.id.0.clone(),
                person: caller.person.id.0.clone(),
                evidence: what.evidence.0.clone(),
                case_id: Some(what.case.0.clone()),
                opened_us: micros(opened.now),
                closed_us: None,
                reason: screened(&what.reason, &opened.words),
                approver: grant.approver.as_ref().map(|a| a.0.clone()),
                mode: what.mode.code().into(),
                bytes_served: 0,
                station: caller.station.clone(),
            }));
            *decided.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                Some((grant.id.clone(), file.clone(), evidence.name.clone()));
            Ok(decision.made(id.clone()))
        })
        .await?;
    let decided = decided.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (grant, file, name) = decided.ok_or(ActError::NotFound)?;
    office.inner().viewings.begin(&id, &grant, &file, office.clock().now_us());
    Ok(Viewing { id, grant, media_type: file.media_type, len_bytes: file.len_bytes, name, receipt })
}
