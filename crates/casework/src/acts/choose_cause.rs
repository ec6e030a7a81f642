//! 确定案由: the cause of action decides basis, range and questions; unverified ones say so.

use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use procedure::event::{Event, Span};
use procedure::ids::*;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct ChooseCause {
    pub case: CaseId,
    pub cause: CauseId,
}

pub async fn choose_cause(office: &Office, caller: &Caller, what: ChooseCause) -> Result<Receipt, ActError> {
    let Some(cause) = office.book().causes.get(&what.cause.0) else {
        return Err(ActError::field("cause", "案由库中没有这一案由"));
    };
    office
        .act_on_case(caller, &what.case, "choose-cause", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            let name = opened.case.parties.first().map_or_else(
                || opened.case.title.clone(),
                |p| format!("{}{}案", if p.minor { "某未成年人" } else { &p.name }, cause.title),
            );
            let event = Event::CauseChosen {
                cause: what.cause.clone(),
                title: cause.title.clone(),
                case_title: name,
                verified: cause.verified,
            };
            Ok(Decision::event(StreamId::case(&what.case), Span::at(opened.now), office.envelope(caller), event))
        })
        .await
}
