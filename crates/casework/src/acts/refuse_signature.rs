//! 拒绝签名 (Art. 15): who refused and why, with a witness, or why there was none.

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
use serde_json::json;

#[derive(Clone, Debug, Deserialize)]
pub struct RefuseSignature {
    pub case: CaseId,
    pub paper: PaperId,
    pub who: String,
    pub reason: String,
    #[serde(default)]
    pub witness: String,
    #[serde(default)]
    pub no_witness_reason: String,
    #[serde(default)]
    pub at: Option<DateTime>,
}

pub async fn refuse_signature(office: &Office, caller: &Caller, what: RefuseSignature) -> Result<Receipt, ActError> {
    let happened = moment(office, what.at)?;
    if what.reason.trim().is_empty() {
        return Err(ActError::field("reason", "请注明拒绝签名的事由"));
    }
    let fields = json!({ "witness": what.witness, "no_witness_reason": what.no_witness_reason });
    let fields = fields.as_object().cloned().unwrap_or_default();
    office
        .act_on_case(caller, &what.case, "refuse-signature", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            opened.case.paper(&what.paper).ok_or(ActError::NotFound)?;
            let officers = vec![caller.person.seen_on(happened.from.date())];
            let act = Act { actor: &caller.person, officers: &officers, span: happened, fields: &fields, overlaps: &[], method: None, about: About { party: None, paper: Some(&what.paper) } };
            let mut envelope = office.envelope(caller);
            envelope.flaws = office.judged(opened, "refuse-signature", &act)?;
            let event = Event::SignatureRefused {
                paper: what.paper.clone(),
                who: what.who.clone(),
                reason: what.reason.clone(),
                witness: what.witness.clone(),
                no_witness_reason: what.no_witness_reason.clone(),
            };
            Ok(Decision::event(StreamId::case(&what.case), happened, envelope, event))
        })
        .await
}
