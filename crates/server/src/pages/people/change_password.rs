//! Changing one's own password.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Field, Filled, Form};
use crate::look::{Frame, Link, page, page_with};
use crate::pages::people::session;
use askama::Template;
use axum::extract::{Form as Body, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use casework::ActError;

#[derive(Template)]
#[template(path = "people/change_password.html")]
pub struct ChangePassword {
    pub frame: Frame,
    pub title: &'static str,
    /// Why it must be changed now; empty when one came by oneself.
    pub reason: String,
    pub form: Form,
}

impl ChangePassword {
    pub fn new(frame: Frame, rule_zh: &str) -> ChangePassword {
        let fields = vec![
            Field::password("current", "现在的口令")
                .required()
                .autocomplete("current-password"),
            Field::password("fresh", "新口令")
                .required()
                .hint(rule_zh)
                .autocomplete("new-password"),
            Field::password("again", "再输一遍新口令")
                .required()
                .autocomplete("new-password"),
        ];
        let form = Form {
            action: "/account/password".into(),
            fields,
            act: "修改口令".into(),
            ..Form::default()
        };
        ChangePassword {
            frame,
            title: "修改口令",
            reason: String::new(),
            form,
        }
    }
}

const RULE: &str = "至少10个字符；不要用与单位、姓名有关的词";

pub async fn show(State(desk): State<Desk>, visitor: Visitor) -> Response {
    let mut template = ChangePassword::new(desk.frame(&visitor, "").await, RULE);
    if visitor.must_change {
        template.reason = "初次登录或者口令被重设，请先修改口令。".into();
    }
    page(template)
}

pub async fn submit(State(desk): State<Desk>, visitor: Visitor, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    let form = Filled::from(pairs);
    let (current, fresh, again) = (form.one("current"), form.one("fresh"), form.one("again"));
    let changed = if fresh == again {
        desk.office.change_password(&visitor.caller, current, fresh).await
    } else {
        Err(ActError::field("again", "两次输入的新口令不一致"))
    };
    match changed {
        Ok(()) => {
            let mut answer = Redirect::to("/sign-in").into_response();
            answer.headers_mut().insert(header::SET_COOKIE, session::cookie(&desk, ""));
            Ok(answer)
        }
        Err(ActError::Invalid(problems)) => {
            let mut template = ChangePassword::new(desk.frame(&visitor, "").await, RULE);
            for problem in problems {
                let name = match problem.field.as_str() {
                    "old" => "current",
                    "new" => "fresh",
                    other => other,
                };
                template.form.put_error(name, problem.message);
            }
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, template))
        }
        Err(other) => Err(desk.problem(other, "修改口令", Link::new("返回", "/account/password"))),
    }
}
