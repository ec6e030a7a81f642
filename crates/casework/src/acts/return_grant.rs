//! 归还调阅许可 (Art. 26): whoever is done gives the grant back; what is still open under it is
//! closed, and nothing more is served.

use crate::acts::request_grant::case_of;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::viewing::{GrantState, link};
use procedure::event::{Event, Span};
use procedure::ids::*;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct ReturnGrant {
    pub grant: GrantId,
    #[serde(default)]
    pub reason: String,
}

pub async fn return_grant(office: &Office, caller: &Caller, what: ReturnGrant) -> Result<Receipt, ActError> {
    let case = case_of(office, &what.grant).await?;
    let receipt = office
        .act_on_grants(caller, &case, "return-grant", |row| row.id == what.grant.0, |sight| {
            let mut grant = sight.grant(&what.grant)?.clone();
            if grant.person != caller.person.id {
                return Err(ActError::NotFound);
            }
            if grant.state != GrantState::Open {
                return Err(ActError::Conflict(format!("这份许可{}，不能归还", grant.state.title())));
            }
            grant.state = GrantState::Returned;
            let event = Event::GrantReturned { grant: grant.id.clone(), reason: what.reason.clone() };
            let mut decision =
                Decision::event(grant.stream(), Span::at(sight.opened.now), office.envelope(caller), event).made(grant.id.0.clone());
            decision.guards.push(grant.guard());
            decision.changes = vec![grant.row(&sight.opened), link(&case, &grant.stream(), "grant", 0)];
            Ok(decision)
        })
        .await?;
    // The key of the request is spent on the return: each closing is an entry of its own.
    let closing = Caller { once: None, ..caller.clone() };
    for viewing in office.inner().viewings.under(&what.grant) {
        let row = office.own_viewing(caller, &viewing).await?;
        office.close_row(&closing, &row).await?;
    }
    Ok(receipt)
}
