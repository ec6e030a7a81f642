//! 先行启动 (Art. 12): work began before filing; who allowed it, and why, and the late approval owed.

use crate::acts::accept_clue::moment;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use jiff::civil::DateTime;
use procedure::event::Event;
use procedure::ids::*;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct StartBeforeFiling {
    pub case: CaseId,
    pub reason: String,
    pub allowed_by: String,
    pub allowed_at: DateTime,
    #[serde(default)]
    pub at: Option<DateTime>,
}

pub async fn start_before_filing(office: &Office, caller: &Caller, what: StartBeforeFiling) -> Result<Receipt, ActError> {
    let happened = moment(office, what.at)?;
    office.happened("allowed_at", what.allowed_at, None)?;
    if what.reason.trim().is_empty() {
        return Err(ActError::field("reason", "请说明先行启动的特殊情况"));
    }
    office
        .act_on_case(caller, &what.case, "start-before-filing", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            let event = Event::StartedBeforeFiling {
                reason: what.reason.clone(),
                allowed_by: what.allowed_by.clone(),
                allowed_at: what.allowed_at,
            };
            Ok(Decision::event(StreamId::case(&what.case), happened, office.envelope(caller), event))
        })
        .await
}
