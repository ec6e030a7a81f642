//! 记录拒绝签名 (Art. 15): who refused and why, with a witness, or why there was none.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Field, Filled, Form, FormPage};
use crate::look::{Link, page, page_with, words};
use crate::pages::papers::list::subject_zh;
use crate::pages::papers::path;
use crate::pages::papers::show::open;
use crate::pages::shared::{once, once_key, redrawn, required_moment};
use axum::extract::{Form as Body, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::ActError;
use casework::acts::refuse_signature::{RefuseSignature, refuse_signature};
use casework::paper_file::PaperFile;

const ACT: &str = "记录拒绝签名";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path((id, paper)): Path<(String, String)>) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, ACT).await?;
    allowed(&seen)?;
    let form = form(&desk, &seen);
    Ok(page(sheet(&desk, &visitor, &seen, form).await))
}

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path((id, paper)): Path<(String, String)>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, ACT).await?;
    allowed(&seen)?;
    let filled = Filled::from(pairs);
    once(&mut visitor, &filled);
    let mut problems = vec![];
    let at = required_moment(&filled, "at", &mut problems);
    let text = |name: &str| filled.one(name).to_owned();
    let what = RefuseSignature {
        case: id.as_str().into(),
        paper: paper.as_str().into(),
        who: text("who"),
        reason: text("reason"),
        witness: text("witness"),
        no_witness_reason: text("no_witness_reason"),
        at,
    };
    let done = if problems.is_empty() { refuse_signature(&desk.office, &visitor.caller, what).await } else { Err(ActError::Invalid(problems)) };
    match done {
        Ok(_) => Ok(Redirect::to(&format!("{}?done=refused", path(&id, &paper))).into_response()),
        Err(ActError::Invalid(problems)) => {
            let form = redrawn(form(&desk, &seen), &filled, problems);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, sheet(&desk, &visitor, &seen, form).await))
        }
        Err(other) => Err(desk.problem(other, ACT, Link::new("返回文书", path(&id, &paper)))),
    }
}

fn allowed(seen: &PaperFile) -> Result<(), Problem> {
    match seen.file.sight.may_act {
        true => Ok(()),
        false => Err(Problem::Forbidden { why: "拒绝签名的情况由本案的承办人记录。".into() }),
    }
}

fn form(desk: &Desk, seen: &PaperFile) -> Form {
    let at = path(&seen.file.case.id, &seen.paper.id.0);
    Form {
        action: format!("{at}/refuse-signature"),
        act: ACT.into(),
        once: once_key(),
        back: at,
        fields: vec![
            Field::datetime("at", "发生时间").value(words::moment_field(seen.file.now)).required().half(),
            Field::text("who", "拒绝签名的人").value(subject_zh(desk, &seen.file, &seen.paper.subject)).required().half(),
            Field::area("reason", "拒绝的事由").required().article("本制度第十五条"),
            Field::text("witness", "见证人").half().hint("姓名、单位"),
            Field::text("no_witness_reason", "没有见证人的原因").half().hint("写明原因和对应的音像记录编号"),
        ],
        ..Form::default()
    }
}

async fn sheet(desk: &Desk, visitor: &Visitor, seen: &PaperFile, form: Form) -> FormPage {
    FormPage {
        frame: desk.frame(visitor, "cases").await,
        title: ACT.into(),
        about: Some(Link::new(seen.paper.title.clone(), path(&seen.file.case.id, &seen.paper.id.0))),
        stops: vec![],
        facts: vec![],
        form,
    }
}
