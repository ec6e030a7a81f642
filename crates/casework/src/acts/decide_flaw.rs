//! 瑕疵的处理 (Art. 14): the head decides whether an irregular record may be relied on.

use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use procedure::event::{Event, Span};
use procedure::ids::*;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct DecideFlaw {
    pub case: CaseId,
    /// Sequence of the entry that carries the flaw.
    pub target: u64,
    pub rule: String,
    pub rely: bool,
    pub reason: String,
}

pub async fn decide_flaw(office: &Office, caller: &Caller, what: DecideFlaw) -> Result<Receipt, ActError> {
    if what.reason.trim().is_empty() {
        return Err(ActError::field("reason", "请说明理由"));
    }
    office
        .act_on_case(caller, &what.case, "decide-flaw", |opened| {
            office.allow(caller, Power::DecideFlaw, Some(&opened.case))?;
            if !opened.case.flaws.iter().any(|f| f.sequence == what.target && f.flaw.rule == what.rule) {
                return Err(ActError::NotFound);
            }
            let event = Event::FlawDecided {
                target: what.target,
                rule: what.rule.clone(),
                rely: what.rely,
                reason: what.reason.clone(),
            };
            Ok(Decision::event(StreamId::case(&what.case), Span::at(opened.now), office.envelope(caller), event))
        })
        .await
}
