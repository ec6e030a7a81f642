//! 终结: the case ends; the days to the bound volume begin.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::page;
use crate::pages::cases::act::{self, ActDesk, ActPage};
use crate::pages::shared;
use axum::extract::{Form as Body, Path, State};
use axum::response::Response;
use casework::ActError;
use casework::acts::conclude_case::{ConcludeCase, conclude_case, outcomes};
use casework::permissions::Power;

const ACT: &str = "conclude-case";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    // What it still lacks stands above the form before anyone fills it in.
    let lacks = act.file.next.iter().find(|n| n.act == ACT).map(|n| n.missing.clone());
    let missing = if act.file.next_act == ACT { act.file.missing.clone() } else { lacks.unwrap_or_default() };
    let stops = if missing.is_empty() { vec![] } else { vec![desk.stop("终结案件", &missing, &act.path)] };
    Ok(page(ActPage { stops, ..act.page(Some(form(&act))).await }))
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
        Ok(what) => conclude_case(&desk.office, &visitor.caller, what).await,
        Err(error) => Err(error),
    };
    act.answer(done, form(&act), &filled, vec![]).await
}

fn read(filled: &Filled, act: &ActDesk) -> Result<ConcludeCase, ActError> {
    let outcome = filled.one("outcome");
    Ok(ConcludeCase { case: act.id.clone(), outcome: outcome.to_owned(), at: act::happened(filled, act.file.now)? })
}

fn form(act: &ActDesk) -> Form {
    let outcomes = outcomes(&act.desk.office, &act.file.case);
    let outcome = match outcomes.as_slice() {
        [only] => Field::fixed("outcome", "结果", only.clone()),
        all => Field::radios("outcome", "结果", all.iter().map(|o| Choice::new(o.clone(), o.clone())).collect())
            .article("行政处罚法第五十七条")
            .required(),
    };
    let mut form = act.form(vec![outcome, act::happened_field(act.file.now)]);
    form.confirm = "终结以后，三十日内立卷归档。确定终结案件吗？".into();
    form
}
