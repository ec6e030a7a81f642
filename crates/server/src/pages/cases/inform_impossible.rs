//! 无法告知: why a complainant or transferring body could not be told of a refusal to file.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::page;
use crate::pages::cases::act::{self, ActDesk, ActPage, Choosing};
use crate::pages::shared;
use axum::extract::{Form as Body, Path, State};
use axum::response::Response;
use casework::ActError;
use casework::acts::inform_impossible::{InformImpossible, inform_impossible};
use casework::permissions::Power;

const ACT: &str = "inform-impossible";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    if act.file.case.to_inform.is_empty() {
        let empty = "本案没有应当告知的投诉人、举报人或者移送机关。".into();
        let choice = Choosing { heading: "应当告知的人和机关".into(), items: vec![], empty };
        return Ok(page(ActPage { choice: Some(choice), ..act.page(None).await }));
    }
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
        Ok(what) => inform_impossible(&desk.office, &visitor.caller, what).await,
        Err(error) => Err(error),
    };
    act.answer(done, form(&act), &filled, vec![]).await
}

fn read(filled: &Filled, act: &ActDesk) -> Result<InformImpossible, ActError> {
    Ok(InformImpossible {
        case: act.id.clone(),
        whom: filled.one("whom").to_owned(),
        reason: filled.one("reason").to_owned(),
        at: act::happened(filled, act.file.now)?,
    })
}

fn form(act: &ActDesk) -> Form {
    let whom = |i: &procedure::event::Inform| {
        Choice::new(i.label.clone(), i.label.clone()).note(if i.reachable { "可以告知" } else { "没有联系方式" })
    };
    let choices: Vec<Choice> = act.file.case.to_inform.iter().map(whom).collect();
    act.form(vec![
        Field::radios("whom", "告知对象", choices).required().article("本制度第十三条"),
        Field::area("reason", "为何无法告知").required(),
        act::happened_field(act.file.now),
    ])
}
