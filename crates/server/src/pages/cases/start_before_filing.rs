//! 先行启动: work began before filing; who allowed it, and why, and the late approval owed.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::Fact;
use crate::look::form::{Field, Filled, Form};
use crate::pages::cases::act::{self, ActDesk};
use crate::pages::shared;
use axum::extract::{Form as Body, Path, State};
use axum::response::Response;
use casework::ActError;
use casework::acts::start_before_filing::{StartBeforeFiling, start_before_filing};
use casework::permissions::Power;

const ACT: &str = "start-before-filing";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    Ok(act.draw(form(&act), facts()).await)
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
        Ok(what) => start_before_filing(&desk.office, &visitor.caller, what).await,
        Err(error) => Err(error),
    };
    act.answer(done, form(&act), &filled, facts()).await
}

fn read(filled: &Filled, act: &ActDesk) -> Result<StartBeforeFiling, ActError> {
    if filled.one("allowed_by").is_empty() {
        return Err(ActError::field("allowed_by", "请填写准许先行启动的负责人"));
    }
    Ok(StartBeforeFiling {
        case: act.id.clone(),
        reason: filled.one("reason").to_owned(),
        allowed_by: filled.one("allowed_by").to_owned(),
        allowed_at: act::moment_given(filled, "allowed_at")?,
        at: act::happened(filled, act.file.now)?,
    })
}

fn facts() -> Vec<Fact> {
    vec![Fact::new("随后应办", "自先行启动之日起两个工作日内补办立案审批（本制度第十二条）")]
}

fn form(act: &ActDesk) -> Form {
    act.form(vec![
        Field::area("reason", "特殊情况").required().article("本制度第十二条").hint("为什么来不及先立案"),
        Field::text("allowed_by", "准许的负责人").required().half(),
        Field::datetime("allowed_at", "准许时间").value(crate::look::words::moment_field(act.file.now)).required().half(),
        act::happened_field(act.file.now),
    ])
}
