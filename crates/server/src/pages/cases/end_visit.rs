//! 离开现场: ends a visit; the officers' time is taken until then.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::{page, words};
use crate::pages::cases::act::{self, ActDesk, ActPage, Choosing};
use crate::pages::shared;
use axum::extract::{Form as Body, Path, State};
use axum::response::Response;
use casework::ActError;
use casework::acts::start_visit::{EndVisit, end_visit};
use casework::permissions::Power;
use procedure::ids::VisitId;

const ACT: &str = "end-visit";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    if act.file.case.visits.iter().all(|v| v.ended.is_some()) {
        let empty = "没有尚未离开的现场。到达现场以后，在这里记录离开。".into();
        let choice = Choosing { heading: "正在进行的现场检查".into(), items: vec![], empty };
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
        Ok(what) => end_visit(&desk.office, &visitor.caller, what).await,
        Err(error) => Err(error),
    };
    act.answer(done, form(&act), &filled, vec![]).await
}

fn read(filled: &Filled, act: &ActDesk) -> Result<EndVisit, ActError> {
    if filled.one("visit").is_empty() {
        return Err(ActError::field("visit", "请选择离开的是哪一次现场"));
    }
    Ok(EndVisit {
        case: act.id.clone(),
        visit: VisitId::from(filled.one("visit")),
        left_at: act::moment_given(filled, "left_at")?,
        note: filled.one("note").to_owned(),
    })
}

fn form(act: &ActDesk) -> Form {
    let open: Vec<Choice> = act
        .file
        .case
        .visits
        .iter()
        .filter(|v| v.ended.is_none())
        .map(|v| Choice::new(v.id.0.clone(), format!("{} {}", words::moment_zh(v.started), v.place)))
        .collect();
    let only = open.first().map(|c| c.value.clone()).unwrap_or_default();
    act.form(vec![
        Field::radios("visit", "现场", open).value(only).required(),
        Field::datetime("left_at", "离开时间").value(words::moment_field(act.file.now)).required().half(),
        Field::area("note", "说明"),
    ])
}
