//! A copy that leaves the house (Art. 26): the form that asks what it is for. The bytes come only as
//! the answer to it, for that they were taken is written down first.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Field, Filled, Form, FormPage};
use crate::look::{Link, page, page_with};
use crate::pages::shared::redrawn;
use axum::http::StatusCode;
use axum::response::Response;
use casework::ActError;

/// What is taken, from which page, and where that page is.
pub struct Copy {
    pub title: &'static str,
    /// Where the form leads: the address of the copy itself.
    pub action: String,
    pub section: &'static str,
    pub back: Link,
}

/// The form before anything is given.
pub async fn ask(desk: &Desk, visitor: &Visitor, copy: Copy) -> Response {
    page(form_page(desk, visitor, &copy, form(&copy)).await)
}

/// The same form with what was wrong; every other refusal is a page of its own.
pub async fn refused(desk: &Desk, visitor: &Visitor, copy: Copy, filled: &Filled, error: ActError) -> Result<Response, Problem> {
    match error {
        ActError::Invalid(problems) => {
            let form = redrawn(form(&copy), filled, problems);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, form_page(desk, visitor, &copy, form).await))
        }
        other => Err(desk.problem(other, copy.title, copy.back)),
    }
}

fn form(copy: &Copy) -> Form {
    Form {
        action: copy.action.clone(),
        act: copy.title.to_owned(),
        back: copy.back.href.clone(),
        fields: vec![
            Field::text("purpose", "用途")
                .required()
                .article("本制度第二十六条")
                .hint("取走的人、时间、用途和文件的 SHA-256 记入调阅登记"),
        ],
        ..Form::default()
    }
}

async fn form_page(desk: &Desk, visitor: &Visitor, copy: &Copy, form: Form) -> FormPage {
    FormPage {
        frame: desk.frame(visitor, copy.section).await,
        title: copy.title.to_owned(),
        about: Some(copy.back.clone()),
        stops: vec![],
        facts: vec![],
        form,
    }
}
