//! Signing in. A demonstration lists its fictitious accounts below the form.

use crate::desk::{Desk, station};
use crate::errors::{Problem, is_own_path};
use crate::look::form::{Field, Filled};
use crate::look::{Frame, Link, page, page_with, words};
use crate::pages::people::session;
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use casework::people::SignInRefused;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "people/sign_in.html")]
pub struct SignIn {
    pub frame: Frame,
    pub title: &'static str,
    /// Where to go afterwards; a path of our own.
    pub next: String,
    /// Why one is asked, such as an expired sign-in.
    pub reason: String,
    /// The same words for every wrong pair, so that nobody learns which accounts exist.
    pub error: String,
    pub account: Field,
    pub password: Field,
    pub demo_accounts: Vec<DemoAccount>,
}

#[derive(Clone, Debug)]
pub struct DemoAccount {
    pub role: String,
    pub account: String,
    pub password: String,
}

impl SignIn {
    pub fn new(frame: Frame, next: impl Into<String>, account: &str) -> SignIn {
        SignIn {
            frame,
            title: "登录",
            next: next.into(),
            reason: String::new(),
            error: String::new(),
            account: Field::text("account", "账号")
                .value(account)
                .required()
                .autocomplete("username"),
            password: Field::password("password", "口令")
                .required()
                .autocomplete("current-password"),
            demo_accounts: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
}

fn template(desk: &Desk, next: &str, account: &str) -> SignIn {
    let next = if is_own_path(next) { next } else { "/" };
    let mut template = SignIn::new(desk.bare_frame(), next, account);
    if desk.office.is_demonstration() {
        template.demo_accounts = desk
            .settings
            .demo_accounts
            .iter()
            .map(|(role, account, password)| DemoAccount { role: role.clone(), account: account.clone(), password: password.clone() })
            .collect();
    }
    template
}

pub async fn show(State(desk): State<Desk>, Query(asked): Query<Asked>) -> Response {
    page(template(&desk, &asked.next, ""))
}

pub async fn submit(State(desk): State<Desk>, parts: Parts, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let form = Filled::from(pairs);
    let (account, next) = (form.one("account"), form.one("next"));
    let signed_in = desk.office.sign_in(account, form.one("password"), &station(&parts, &desk)).await;
    match signed_in.map_err(|e| desk.problem(e, "登录", Link::new("重新登录", "/sign-in")))? {
        Ok(token) => {
            let to = if is_own_path(next) { next } else { "/" };
            let mut answer = Redirect::to(to).into_response();
            answer.headers_mut().insert(header::SET_COOKIE, session::cookie(&desk, &token));
            Ok(answer)
        }
        Err(refused) => {
            let mut template = template(&desk, next, account);
            template.error = match refused {
                SignInRefused::Wrong => "账号或者口令不正确。".into(),
                SignInRefused::LockedUntil(at) => {
                    format!("连续多次不正确，{}以后再试。", words::time_zh(at.time()))
                }
            };
            Ok(page_with(StatusCode::UNAUTHORIZED, template))
        }
    }
}
