//! 不予批准调阅 (Art. 26): an archivist answers a request with no, and says why.

use crate::acts::request_grant::{case_of, still_asked};
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use crate::viewing::{GrantState, link};
use procedure::event::{Event, Span};
use procedure::ids::*;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct DenyGrant {
    pub grant: GrantId,
    pub reason: String,
}

pub async fn deny_grant(office: &Office, caller: &Caller, what: DenyGrant) -> Result<Receipt, ActError> {
    if what.reason.trim().is_empty() {
        return Err(ActError::field("reason", "请填写不予批准的理由"));
    }
    let case = case_of(office, &what.grant).await?;
    office
        .act_on_grants(caller, &case, "deny-grant", |row| row.id == what.grant.0, |sight| {
            let opened = &sight.opened;
            office.allow(caller, Power::GrantViewing, Some(&opened.case))?;
            let mut grant = sight.grant(&what.grant)?.clone();
            still_asked(&grant)?;
            grant.state = GrantState::Denied;
            let event = Event::GrantDenied { grant: grant.id.clone(), reason: what.reason.clone() };
            let mut decision = Decision::event(grant.stream(), Span::at(opened.now), office.envelope(caller), event).made(grant.id.0.clone());
            decision.guards.push(grant.guard());
            decision.changes = vec![grant.row(opened), link(&case, &grant.stream(), "grant", 0)];
            Ok(decision)
        })
        .await
}
