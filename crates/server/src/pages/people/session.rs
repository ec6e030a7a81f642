//! The session: whether it holds, renewing it in place with the password, signing out.

use crate::desk::Desk;
use crate::errors::Problem;
use crate::look::Link;
use crate::look::form::Filled;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

pub fn token(headers: &HeaderMap, desk: &Desk) -> Option<String> {
    CookieJar::from_headers(headers).get(desk.cookie_name()).map(|c| c.value().to_owned())
}

/// A `Set-Cookie` that keeps or ends the session.
pub fn cookie(desk: &Desk, value: &str) -> HeaderValue {
    let secure = if desk.settings.secure { "; Secure" } else { "" };
    let ended = if value.is_empty() { "; Max-Age=0" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{ended}", desk.cookie_name());
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("liuhen=; Max-Age=0"))
}

/// 204 while the session holds, 401 once it must be renewed.
pub async fn show(State(desk): State<Desk>, headers: HeaderMap) -> Result<StatusCode, Problem> {
    let Some(token) = token(&headers, &desk) else { return Ok(StatusCode::UNAUTHORIZED) };
    let signed_in = desk.office.session(&token).await.map_err(|e| desk.problem(e, "", Link::default()))?;
    Ok(match signed_in {
        Some(s) if !s.stale => StatusCode::NO_CONTENT,
        _ => StatusCode::UNAUTHORIZED,
    })
}

/// Renews in place: no text that stands in a form is lost.
pub async fn renew(State(desk): State<Desk>, headers: HeaderMap, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let form = Filled::from(pairs);
    let wrong = || (StatusCode::UNAUTHORIZED, "口令不正确，或者登录已经失效。").into_response();
    let Some(token) = token(&headers, &desk) else { return Ok(wrong()) };
    let renewed = desk.office.renew_session(&token, form.one("password")).await.map_err(|e| desk.problem(e, "", Link::default()))?;
    Ok(if renewed { StatusCode::NO_CONTENT.into_response() } else { wrong() })
}

pub async fn sign_out(State(desk): State<Desk>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = token(&headers, &desk) {
        desk.office.sign_out(&token).await.map_err(|e| desk.problem(e, "", Link::default()))?;
    }
    let mut answer = Redirect::to("/sign-in").into_response();
    answer.headers_mut().insert(header::SET_COOKIE, cookie(&desk, ""));
    Ok(answer)
}
