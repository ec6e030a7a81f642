//! What an operator's tools ask: alive, ready, and the figures. No one is named here.

use crate::api::caller::ApiCaller;
use crate::api::problem::ApiProblem;
use crate::desk::Desk;
use crate::metrics::Meter;
use crate::router::{Door, Routes};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json};
use casework::clock::rfc3339;
use casework::readiness::Readiness;
use serde_json::{Value, json};
use std::net::SocketAddr;

pub fn routes() -> Routes {
    Routes::new()
        .put("GET", "/healthz", Door::Open, get(|| async { "ok\n" }))
        .put("GET", "/readyz", Door::Open, get(readyz))
        .put("GET", "/metrics", Door::Token, get(metrics))
}

/// 200 when records are taken, else 503; the same members either way, each check by itself.
async fn readyz(State(desk): State<Desk>) -> Response {
    match desk.office.readiness().await {
        Ok(found) => {
            let status = if found.ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            (status, Json(ready_json(&found, rfc3339(desk.office.now())))).into_response()
        }
        // The database cannot even be read: the cause goes to the log.
        Err(error) => {
            let mut answer = ApiProblem::from(error).into_response();
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            answer
        }
    }
}

fn ready_json(found: &Readiness, now: String) -> Value {
    json!({
        "ready": found.ready(),
        "now": now,
        "last_append": found.last_append.map(|(sequence, at)| json!({ "sequence": sequence, "at": rfc3339(at) })),
        "head": { "agrees": found.head_agrees(), "standing": found.standing, "size": found.head_size, "root": found.head_root },
        "space": { "enough": found.has_space(), "free_bytes": found.free_bytes, "reserve_bytes": found.reserve_bytes },
        "vault": { "degraded": found.vault_degraded },
        "clock": { "agrees": found.clock_agrees(), "behind_us": found.clock_behind_us },
        // No pass over the whole vault is on record, and none is claimed.
        "last_fixity": null,
        "waiting": { "jobs": found.jobs_waiting, "outbox": found.outbox_waiting },
    })
}

/// For a scraper on this machine, or the bearer of a token. The named proxy is no such scraper,
/// wherever it runs: it speaks for others.
async fn metrics(State(desk): State<Desk>, Extension(meter): Extension<Meter>, request: Request) -> Result<Response, ApiProblem> {
    let (mut parts, _) = request.into_parts();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let local = peer.is_some_and(|ip| ip.is_loopback()) && peer != desk.settings.proxy;
    if !local {
        ApiCaller::from_request_parts(&mut parts, &desk).await?;
    }
    let found = desk.office.readiness().await?;
    let body = meter.page(&found, desk.office.duties_open().await?);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response())
}
