//! 终结 (Art. 6, 22, 23, 27): the case ends; thirty days to the bound volume begin.

use crate::acts::accept_clue::moment;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use jiff::civil::DateTime;
use procedure::Case;
use procedure::checks::Act;
use procedure::decide::About;
use procedure::event::Event;
use procedure::ids::*;
use serde::Deserialize;
use serde_json::Map;

#[derive(Clone, Debug, Deserialize)]
pub struct ConcludeCase {
    pub case: CaseId,
    pub outcome: String,
    #[serde(default)]
    pub at: Option<DateTime>,
}

pub async fn conclude_case(office: &Office, caller: &Caller, what: ConcludeCase) -> Result<Receipt, ActError> {
    let happened = moment(office, what.at)?;
    office
        .act_on_case(caller, &what.case, "conclude-case", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            if opened.case.concluded_at.is_some() {
                return Err(ActError::Conflict("案件已经终结".into()));
            }
            let fields = Map::new();
            let about = About::default();
            let act = Act { actor: &caller.person, officers: &[], span: happened, fields: &fields, overlaps: &[], method: None, about };
            office.judged(opened, "conclude-case", &act)?;
            if !outcomes(office, &opened.case).contains(&what.outcome) {
                return Err(ActError::field("outcome", "请选择案件的结果"));
            }
            let event = Event::CaseConcluded { on: happened.from.date(), outcome: what.outcome.clone() };
            Ok(Decision::event(StreamId::case(&what.case), happened, office.envelope(caller), event))
        })
        .await
}

/// How this case may end: as its procedure says, otherwise where it was never filed.
pub fn outcomes(office: &Office, case: &Case) -> Vec<String> {
    let Some(procedure) = office.book().procedures.get(&case.procedure) else { return vec![] };
    match case.declined_at {
        Some(_) => vec![procedure.outcome_declined.clone()],
        None => procedure.outcomes.clone(),
    }
}
