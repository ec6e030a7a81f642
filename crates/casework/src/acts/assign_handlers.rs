//! 指定、变更承办人: who handles the case from now on; the earlier ones stay on record.

use crate::acts::accept_clue::moment;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use jiff::civil::DateTime;
use procedure::checks::Act;
use procedure::decide::About;
use procedure::event::Event;
use procedure::ids::*;
use serde::Deserialize;
use serde_json::Map;

#[derive(Clone, Debug, Deserialize)]
pub struct AssignHandlers {
    pub case: CaseId,
    pub handlers: Vec<PersonId>,
    pub reason: String,
    #[serde(default)]
    pub at: Option<DateTime>,
}

pub async fn assign_handlers(office: &Office, caller: &Caller, what: AssignHandlers) -> Result<Receipt, ActError> {
    let happened = moment(office, what.at)?;
    if what.handlers.is_empty() {
        return Err(ActError::field("handlers", "请指定承办人"));
    }
    let handlers = office.officers_seen(&what.handlers, happened.from.date())?;
    office
        .act_on_case(caller, &what.case, "assign-handlers", |opened| {
            office.allow(caller, Power::AssignHandlers, Some(&opened.case))?;
            let fields = Map::new();
            let about = About::default();
            let act = Act { actor: &caller.person, officers: &handlers, span: happened, fields: &fields, overlaps: &[], method: None, about };
            office.judged(opened, "assign-handlers", &act)?;
            let mut envelope = office.envelope(caller);
            envelope.officers = handlers.clone();
            let event = Event::HandlersAssigned { handlers: handlers.clone(), reason: what.reason.clone() };
            Ok(Decision::event(StreamId::case(&what.case), happened, envelope, event))
        })
        .await
}
