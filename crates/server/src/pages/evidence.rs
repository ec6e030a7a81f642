//! Evidence of a case: the list, attaching with streaming upload, one piece with its digests, and
//! the doors to footage. No stills are shown anywhere.

pub mod attach;
pub mod extension;
pub mod item;
pub mod list;
pub mod upload;

use crate::router::{Door, Routes};
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

pub fn routes() -> Routes {
    Routes::new()
        .get("/cases/{id}/evidence", list::show)
        // Files have no bound: what comes is streamed to the vault, never held.
        .put(
            "GET",
            "/cases/{id}/evidence/new",
            Door::SignedIn,
            get(attach::show).post(attach::submit).layer(DefaultBodyLimit::disable()),
        )
        .put("POST", "/uploads", Door::SignedIn, post(upload::submit).layer(DefaultBodyLimit::disable()))
        .get("/cases/{id}/evidence/{evidence}", item::show)
        .get("/cases/{id}/evidence/{evidence}/file", item::download)
        .post("/cases/{id}/evidence/{evidence}/view", item::view)
        .post("/cases/{id}/evidence/{evidence}/request", item::request)
}
