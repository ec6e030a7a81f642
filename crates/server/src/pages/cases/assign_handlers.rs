//! 变更承办人: who handles the case from now on; the earlier ones stay on record.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Field, Filled, Form};
use crate::pages::cases::act::{self, ActDesk};
use crate::pages::shared;
use axum::extract::{Form as Body, Path, State};
use axum::response::Response;
use casework::ActError;
use casework::acts::assign_handlers::{AssignHandlers, assign_handlers};
use casework::permissions::Power;
use procedure::ids::PersonId;

const ACT: &str = "assign-handlers";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::AssignHandlers).await?;
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
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::AssignHandlers).await?;
    let done = match read(&filled, &act) {
        Ok(what) => assign_handlers(&desk.office, &visitor.caller, what).await,
        Err(error) => Err(error),
    };
    act.answer(done, form(&act), &filled, vec![]).await
}

fn read(filled: &Filled, act: &ActDesk) -> Result<AssignHandlers, ActError> {
    if filled.one("reason").is_empty() {
        return Err(ActError::field("reason", "请写明变更的理由"));
    }
    Ok(AssignHandlers {
        case: act.id.clone(),
        handlers: filled.many("handlers").into_iter().map(PersonId::from).collect(),
        reason: filled.one("reason").to_owned(),
        at: act::happened(filled, act.file.now)?,
    })
}

fn form(act: &ActDesk) -> Form {
    let now: Vec<String> = act.file.case.handlers.iter().map(|h| h.id.0.clone()).collect();
    act.form(vec![
        Field::officers("handlers", "承办人", act.officers(&now)).chosen(now).required().article("行政处罚法第四十二条").hint("不少于两人"),
        Field::area("reason", "变更理由").required(),
        act::happened_field(act.file.now),
    ])
}
