//! 登记当事人: identity with its check digits; a minor's record is sealed.

use crate::contacts::phone_problem;
use crate::error::{ActError, FieldProblem};
use crate::forms;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use procedure::event::{Event, Party, Span};
use procedure::ids::*;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct RecordParty {
    pub case: CaseId,
    pub party: Party,
}

/// Records a party or its newer particulars. The receipt's id is the party's.
pub async fn record_party(office: &Office, caller: &Caller, what: RecordParty) -> Result<Receipt, ActError> {
    let mut party = what.party.clone();
    let mut problems = vec![];
    if party.name.trim().is_empty() {
        problems.push(FieldProblem { field: "party.name".into(), message: "请填写名称或者姓名".into() });
    }
    problems.extend(forms::identity_problem("party.id_number", party.kind, &party.id_number));
    problems.extend(phone_problem("party.phone", &party.phone));
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    party.minor = party.minor || forms::is_minor(&party, office.now().date());
    if party.id.is_empty() {
        party.id = Office::new_id();
    }
    let id = party.id.clone();
    let home = StreamId::case(&what.case);
    let register = office.party_stream(&party);
    // The turn of the party's register as well: two cases may record the same new party at once.
    let mut turns = vec![home.0.as_str()];
    turns.extend(register.iter().map(|stream| stream.0.as_str()));
    let _turns = office.inner().locks.lock(&turns).await;
    let registration = office.register_party(&party).await?;
    office
        .decide_in_turn(caller, &what.case, "record-party", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            let mut envelope = office.envelope(caller);
            envelope.party = if party.minor { "未成年人（信息已封存）".into() } else { party.name.clone() };
            let event = Event::PartyRecorded { party: party.clone() };
            let decision = Decision::event(home.clone(), Span::at(opened.now), envelope, event).made(id.clone());
            Ok(match &registration {
                Some(registration) => registration.join(office, caller, decision),
                None => decision,
            })
        })
        .await
}
