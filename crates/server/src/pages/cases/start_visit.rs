//! 到达现场: place, officers, certificates shown; what overlaps or is irregular is recorded as it was.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::words;
use crate::pages::cases::act::{self, ActDesk};
use crate::pages::shared;
use axum::extract::{Form as Body, Path, State};
use axum::response::Response;
use casework::ActError;
use casework::acts::start_visit::{StartVisit, start_visit};
use casework::permissions::Power;
use procedure::ids::PersonId;

const ACT: &str = "start-visit";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    Ok(act.draw(form(&act), vec![]).await)
}

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    shared::once(&mut visitor, &filled);
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    let done = match read(&filled, &act) {
        Ok(what) => start_visit(&desk.office, &visitor.caller, what).await,
        Err(error) => Err(error),
    };
    act.answer(done, form(&act), &filled, vec![]).await
}

fn read(filled: &Filled, act: &ActDesk) -> Result<StartVisit, ActError> {
    let officers: Vec<PersonId> = filled.many("officers").into_iter().map(PersonId::from).collect();
    if officers.is_empty() {
        return Err(ActError::field("officers", "请选择到场的执法人员"));
    }
    Ok(StartVisit {
        case: act.id.clone(),
        place: filled.one("place").to_owned(),
        purpose: filled.one("purpose").to_owned(),
        officers,
        certificates_shown: filled.one("certificates_shown") == "yes",
        present: filled.one("present").to_owned(),
        arrived_at: act::moment_given(filled, "arrived_at")?,
        left_at: act::moment(filled, "left_at")?,
    })
}

fn form(act: &ActDesk) -> Form {
    let handlers: Vec<String> = act.file.case.handlers.iter().map(|h| h.id.0.clone()).collect();
    let place = act.file.case.parties.first().filter(|p| !p.minor || act.file.sight.protected).map(|p| p.address.clone());
    let shown = vec![Choice::new("yes", "已出示执法证件"), Choice::new("no", "没有出示")];
    act.form(vec![
        Field::text("place", "地点").value(place.unwrap_or_default()).required(),
        Field::officers("officers", "到场执法人员", act.officers(&handlers)).chosen(handlers).required().article("本制度第十四条"),
        Field::radios("certificates_shown", "出示证件", shown).article("本制度第十四条").required(),
        Field::datetime("arrived_at", "到达时间").value(words::moment_field(act.file.now)).required().half(),
        Field::datetime("left_at", "离开时间").hint("还在现场的不填，离开后再记").half(),
        Field::text("purpose", "事由").half(),
        Field::text("present", "在场人员").hint("当事人或者其代表、见证人").half(),
    ])
}
