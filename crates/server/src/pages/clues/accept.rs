//! 受案: the clue becomes a case with its handlers; filing is decided next.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Field, Filled, Form};
use crate::look::{Link, page_with, words};
use crate::pages::cases::act::happened;
use crate::pages::clues::clue;
use crate::pages::shared;
use axum::extract::{Form as Body, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::accept_clue::{AcceptClue, accept_clue};
use casework::views::ClueFile;
use casework::ActError;
use procedure::ids::{ClueId, PersonId};

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    shared::once(&mut visitor, &filled);
    let done = match read(&filled, &id, &desk) {
        Ok(what) => accept_clue(&desk.office, &visitor.caller, what).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(receipt) => Ok(Redirect::to(&format!("/cases/{}?done=accept-clue", receipt.id)).into_response()),
        Err(ActError::Invalid(problems)) => {
            let file = clue::open(&desk, &visitor, &id).await?;
            let form = shared::redrawn(form(&desk, &visitor, &file), &filled, renamed(problems));
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, clue::drawn(&desk, &visitor, file, Some(form)).await))
        }
        // Sent twice, or two people at once: the clue's page says which case it became.
        Err(ActError::Conflict(_)) if clue::open(&desk, &visitor, &id).await?.row.case_id.is_some() => {
            Ok(Redirect::to(&format!("/clues/{id}")).into_response())
        }
        Err(other) => Err(desk.problem(other, "受案", Link::new("返回线索", format!("/clues/{id}")))),
    }
}

/// An unknown officer is said beside the field that names officers here.
fn renamed(mut problems: Vec<casework::FieldProblem>) -> Vec<casework::FieldProblem> {
    for problem in problems.iter_mut().filter(|p| p.field == "officers") {
        problem.field = "handlers".into();
    }
    problems
}

fn read(filled: &Filled, id: &str, desk: &Desk) -> Result<AcceptClue, ActError> {
    Ok(AcceptClue {
        clue: ClueId::from(id),
        opinion: filled.one("opinion").to_owned(),
        handlers: filled.many("handlers").into_iter().map(PersonId::from).collect(),
        at: happened(filled, desk.office.now())?,
    })
}

pub fn form(desk: &Desk, visitor: &Visitor, file: &ClueFile) -> Form {
    let fields = vec![
        Field::area("opinion", "受案意见").hint("为什么受案，由谁承办"),
        Field::officers("handlers", "承办人", clue::handlers(desk, visitor, &file.row.department))
            .required()
            .article("行政处罚法第四十二条")
            .hint("不少于两人，证件在有效期内"),
        Field::datetime("at", "受案时间").value(words::moment_field(desk.office.now())).required().half(),
    ];
    Form { action: format!("/clues/{}/accept", file.row.id), fields, act: "受案".into(), once: shared::once_key(), ..Form::default() }
}
