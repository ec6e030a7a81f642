//! 作废文号: by the agency's head, with the reason; the number stays in its series.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Field, Filled, Form, FormPage};
use crate::look::{Fact, Link, page, page_with};
use crate::pages::papers::path;
use crate::pages::papers::show::open;
use crate::pages::shared::{once, once_key, redrawn};
use axum::extract::{Form as Body, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::ActError;
use casework::acts::void_number::{VoidNumber, void_number};
use casework::paper_file::PaperFile;

const ACT: &str = "作废文号";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path((id, paper)): Path<(String, String)>) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, ACT).await?;
    allowed(&seen)?;
    let form = form(&seen);
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
    let what = VoidNumber { case: id.as_str().into(), paper: paper.as_str().into(), reason: filled.one("reason").to_owned() };
    match void_number(&desk.office, &visitor.caller, what).await {
        Ok(_) => Ok(Redirect::to(&format!("{}?done=voided", path(&id, &paper))).into_response()),
        Err(ActError::Invalid(problems)) => {
            let form = redrawn(form(&seen), &filled, problems);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, sheet(&desk, &visitor, &seen, form).await))
        }
        Err(other) => Err(desk.problem(other, ACT, Link::new("返回文书", path(&id, &paper)))),
    }
}

fn allowed(seen: &PaperFile) -> Result<(), Problem> {
    match seen.may_void {
        true => Ok(()),
        false => Err(Problem::Forbidden { why: "文号由行政机关负责人作废。".into() }),
    }
}

fn form(seen: &PaperFile) -> Form {
    let at = path(&seen.file.case.id, &seen.paper.id.0);
    Form {
        action: format!("{at}/void-number"),
        act: ACT.into(),
        confirm: "作废后不能恢复，原号不再使用。确定作废这个文号吗？".into(),
        once: once_key(),
        back: at,
        fields: vec![Field::area("reason", "作废的原因").required().hint("已经送达的文书不能作废，应当另行更正或者撤销。").article("本制度第八条、第二十九条")],
        ..Form::default()
    }
}

async fn sheet(desk: &Desk, visitor: &Visitor, seen: &PaperFile, form: Form) -> FormPage {
    FormPage {
        frame: desk.frame(visitor, "cases").await,
        title: ACT.into(),
        about: Some(Link::new(seen.paper.title.clone(), path(&seen.file.case.id, &seen.paper.id.0))),
        stops: vec![],
        facts: vec![Fact::new("文号", seen.paper.number.clone().unwrap_or_default())],
        form,
    }
}
