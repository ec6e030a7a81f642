//! 无法告知 (Art. 13): why a complainant or transferring body could not be told of a refusal to file.

use crate::acts::accept_clue::moment;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use jiff::civil::DateTime;
use procedure::event::Event;
use procedure::ids::*;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct InformImpossible {
    pub case: CaseId,
    pub whom: String,
    pub reason: String,
    #[serde(default)]
    pub at: Option<DateTime>,
}

pub async fn inform_impossible(office: &Office, caller: &Caller, what: InformImpossible) -> Result<Receipt, ActError> {
    let happened = moment(office, what.at)?;
    if what.reason.trim().is_empty() {
        return Err(ActError::field("reason", "请记明为何无法告知"));
    }
    office
        .act_on_case(caller, &what.case, "inform-impossible", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            if !opened.case.to_inform.iter().any(|i| i.label == what.whom) {
                return Err(ActError::field("whom", "不是本案应当告知的人或者机关"));
            }
            let event = Event::InformImpossible { whom: what.whom.clone(), reason: what.reason.clone() };
            Ok(Decision::event(StreamId::case(&what.case), happened, office.envelope(caller), event))
        })
        .await
}
