//! 作废: a number whose paper never followed is void with its reason and stays in its series.

use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use database::Change;
use procedure::case::PaperState;
use procedure::checks::Act;
use procedure::decide::About;
use procedure::event::{Event, Span};
use procedure::ids::*;
use serde::Deserialize;
use serde_json::Map;

#[derive(Clone, Debug, Deserialize)]
pub struct VoidNumber {
    pub case: CaseId,
    pub paper: PaperId,
    pub reason: String,
}

pub async fn void_number(office: &Office, caller: &Caller, what: VoidNumber) -> Result<Receipt, ActError> {
    if what.reason.trim().is_empty() {
        return Err(ActError::field("reason", "请说明作废的原因"));
    }
    office
        .act_on_case(caller, &what.case, "void-number", |opened| {
            office.allow(caller, Power::DecideFlaw, Some(&opened.case))?;
            let paper = opened.case.paper(&what.paper).ok_or(ActError::NotFound)?;
            let (span, fields) = (Span::at(opened.now), Map::new());
            let about = About { party: None, paper: Some(&what.paper) };
            let act = Act { actor: &caller.person, officers: &[], span, fields: &fields, overlaps: &[], method: None, about };
            office.judged(opened, "void-number", &act)?;
            let (series, ordinal) = match (paper.state, &paper.series) {
                (PaperState::Numbered | PaperState::Issued, Some((series, ordinal))) => (series.clone(), *ordinal),
                _ => return Err(ActError::Conflict("这份文书没有编号".into())),
            };
            let event = Event::NumberVoided {
                paper: what.paper.clone(),
                series: series.clone(),
                ordinal,
                reason: what.reason.clone(),
            };
            let mut decision =
                Decision::event(StreamId::case(&what.case), Span::at(opened.now), office.envelope(caller), event);
            decision.changes.push(Change::SetNumberState { series, number: ordinal as i64, state: "void".into() });
            Ok(decision)
        })
        .await
}
