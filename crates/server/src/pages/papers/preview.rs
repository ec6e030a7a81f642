//! The pages of a paper as pictures. The browser shows SVG only from an address of ours, so the
//! pictures of a preview wait a while in memory, under an id nobody guesses, for the session alone
//! that asked for them.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::headers::SANDBOXED_POLICY;
use crate::look::Link;
use crate::pages::papers::posted::Posted;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use casework::{ActError, Office};
use procedure::ids::CaseId;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Pictures held at once, over all sessions; the oldest go first.
const HELD_BYTES_MAX: usize = 48 << 20;

#[derive(Default)]
struct Held {
    sets: VecDeque<Set>,
    bytes: usize,
}

struct Set {
    id: String,
    session: String,
    pages: Vec<Arc<str>>,
}

static HELD: Mutex<Held> = Mutex::new(Held { sets: VecDeque::new(), bytes: 0 });

#[derive(Template)]
#[template(path = "papers/preview.html")]
struct Fragment {
    addresses: Vec<String>,
    title: String,
    trouble: String,
}

/// Keeps the pictures for a session and gives their addresses.
pub fn keep(visitor: &Visitor, pages: Vec<String>) -> Vec<String> {
    let id = Office::new_id();
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let addresses = (1..=pages.len()).map(|page| format!("/previews/{id}/{page}")).collect();
    held.bytes += pages.iter().map(String::len).sum::<usize>();
    held.sets.push_back(Set { id, session: visitor.token.clone(), pages: pages.into_iter().map(Arc::from).collect() });
    // The newest stays however large it is: its page is about to ask for it.
    while held.bytes > HELD_BYTES_MAX && held.sets.len() > 1 {
        let gone = held.sets.pop_front().map_or(0, |set| set.pages.iter().map(|p| p.len()).sum());
        held.bytes -= gone;
    }
    addresses
}

fn held(session: &str, id: &str, page: usize) -> Option<Arc<str>> {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let set = held.sets.iter().find(|set| set.id == id && set.session == session)?;
    set.pages.get(page.checked_sub(1)?).cloned()
}

/// Why there are no pictures, for the page that must go on without them.
pub fn trouble(error: ActError) -> String {
    match error {
        ActError::Invalid(problems) => problems.into_iter().map(|p| p.message).collect::<Vec<_>>().join("；"),
        other => match Problem::from(anyhow::Error::from(other)) {
            Problem::Internal { reference } => format!("现在不能生成预览（编号 {reference}）。"),
            _ => "现在不能生成预览。".into(),
        },
    }
}

/// The preview of what stands in the editor now.
pub async fn fragment(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, kind)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let back = || Link::new("返回案件", format!("/cases/{id}"));
    let file = desk.office.case_file(&visitor.caller, &CaseId(id.clone())).await.map_err(|e| desk.problem(e, "预览", back()))?;
    let form = desk.office.book().paper(&kind).ok_or(Problem::NotFound)?;
    let posted = Posted::read(pairs);
    let fields = posted.fields(form, &desk.office, file.now.date());
    let (addresses, trouble) = match desk.office.preview(&kind, fields).await {
        Ok(pages) => (keep(&visitor, pages), String::new()),
        Err(error) => (vec![], trouble(error)),
    };
    let fragment = Fragment { addresses, title: form.title.clone(), trouble };
    let html = fragment.render().map_err(|e| Problem::internal(&e))?;
    Ok(Html(html).into_response())
}

/// One page of a preview.
pub async fn image(visitor: Visitor, Path((id, page)): Path<(String, usize)>) -> Result<Response, Problem> {
    let svg = held(&visitor.token, &id, page).ok_or(Problem::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        // What people typed stands in the picture: opened on its own it runs nothing.
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOXED_POLICY)),
    ];
    Ok((headers, svg.to_string()).into_response())
}
