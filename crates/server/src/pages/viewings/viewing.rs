//! One opened viewing: the player for sound and film, the picture for photographs, the download for
//! a copy; and its end, pressed or sent by the browser when the page is left.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::Filled;
use crate::look::{Fact, Frame, Link, Player, page, words};
use crate::pages::viewings::bytes::is_shown_in_place;
use askama::Template;
use axum::extract::{Form as Body, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::close_viewing::close_viewing;
use casework::viewing::Mode;

#[derive(Template)]
#[template(path = "viewings/viewing.html")]
pub struct ViewingPage {
    pub frame: Frame,
    pub title: String,
    pub evidence: Link,
    pub facts: Vec<Fact>,
    pub open: bool,
    pub player: Option<Player>,
    /// A photograph.
    pub picture: String,
    /// What is not shown in place, or is copied.
    pub download: String,
    /// Where a viewing is ended; takes `played=0.0-12.3,40.0-41.5` (seconds) when the page is left.
    pub close: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(viewing): Path<String>) -> Result<Response, Problem> {
    let found = desk.office.own_viewing_page(&visitor.caller, &viewing).await;
    let v = found.map_err(|e| desk.problem(e, "查看音像资料", Link::new("返回案件", "/cases")))?;
    let src = format!("/viewings/{viewing}/bytes");
    let close = format!("/viewings/{viewing}/close");
    // A grant for a part plays that part (W3C Media Fragments).
    let shown_part = v.part.map(|p| format!("#t={},{}", p.from, p.to)).unwrap_or_default();
    let in_place = v.mode == Mode::View && is_shown_in_place(&v.media_type);
    let (mut player, mut picture, mut download) = (None, String::new(), String::new());
    if in_place && v.media_type.starts_with("image/") {
        picture = src;
    } else if in_place {
        let video = v.media_type.starts_with("video/");
        player = Some(Player { video, src: format!("{src}{shown_part}"), label: v.evidence_name.clone(), marks: vec![] });
    } else {
        download = src;
    }
    let mut facts = vec![
        Fact::new("案件", v.case_title),
        Fact::new("查看人", visitor.caller.person.name.clone()),
        Fact::new("方式", v.mode.title()),
        Fact::new("事由", v.reason),
        Fact::new("开始", words::full_moment_zh(v.opened_at)),
    ];
    facts.extend(v.part.map(|p| Fact::new("片段", format!("第{}秒至第{}秒", p.from, p.to))));
    facts.extend(v.closed_at.map(|at| Fact::new("结束", words::full_moment_zh(at))));
    Ok(page(ViewingPage {
        frame: desk.frame(&visitor, "cases").await,
        title: v.evidence_name,
        evidence: Link::new("返回这件证据", format!("/cases/{}/evidence/{}", v.case, v.evidence)),
        facts,
        open: v.closed_at.is_none(),
        player,
        picture,
        download,
        close,
    }))
}

/// Ends a viewing. The browser's own farewell wants no page, the button does.
pub async fn close(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path(viewing): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let closed = close_viewing(&desk.office, &visitor.caller, &viewing).await;
    closed.map_err(|e| desk.problem(e, "结束查看", Link::new("返回案件", "/cases")))?;
    Ok(match Filled::from(pairs).one("from") {
        "page" => Redirect::to(&format!("/viewings/{viewing}")).into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    })
}
