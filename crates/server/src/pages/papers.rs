//! Papers: the papers of a case, making and revising them with draft and preview, the whole paper
//! as it is issued, its scans, refusals of signature, service, and its number.

pub mod draft;
pub mod edit;
pub mod editor;
pub mod files;
pub mod list;
pub mod parts;
pub mod posted;
pub mod preview;
pub mod refuse_signature;
pub mod scan;
pub mod serve;
pub mod show;
pub mod submit;
pub mod versions;
pub mod void_number;

use crate::router::{Door, Routes};
use axum::extract::DefaultBodyLimit;
use axum::routing::post;

pub fn routes() -> Routes {
    Routes::new()
        .get("/papers", draft::papers)
        .get("/drafts", draft::list)
        .post("/drafts/{id}/{kind}", draft::save)
        .post("/drafts/{id}/{kind}/drop", draft::drop)
        .get("/cases/{id}/papers", list::show)
        .get("/cases/{id}/papers/new/{kind}", edit::new)
        .post("/cases/{id}/papers/new/{kind}", submit::new)
        .post("/cases/{id}/papers/preview/{kind}", preview::fragment)
        .get("/previews/{id}/{page}", preview::image)
        .get("/cases/{id}/papers/{paper}", show::show)
        .get("/cases/{id}/papers/{paper}/revise", edit::revise)
        .post("/cases/{id}/papers/{paper}/revise", submit::revise)
        .get("/cases/{id}/papers/{paper}/pdf", files::pdf)
        .get("/cases/{id}/papers/{paper}/scans/{number}", files::scan)
        .get("/cases/{id}/papers/{paper}/services/{number}", files::proof)
        .get("/cases/{id}/papers/{paper}/scan", scan::show)
        // Scans and proofs stream into the vault; the fields beside them are bounded there.
        .put(
            "POST",
            "/cases/{id}/papers/{paper}/scan",
            Door::SignedIn,
            post(scan::submit).layer(DefaultBodyLimit::disable()),
        )
        .get("/cases/{id}/papers/{paper}/serve", serve::show)
        .put(
            "POST",
            "/cases/{id}/papers/{paper}/serve",
            Door::SignedIn,
            post(serve::submit).layer(DefaultBodyLimit::disable()),
        )
        .get("/cases/{id}/papers/{paper}/refuse-signature", refuse_signature::show)
        .post("/cases/{id}/papers/{paper}/refuse-signature", refuse_signature::submit)
        .get("/cases/{id}/papers/{paper}/void-number", void_number::show)
        .post("/cases/{id}/papers/{paper}/void-number", void_number::submit)
}

/// The address of a paper.
pub fn path(case: &str, paper: &str) -> String {
    format!("/cases/{case}/papers/{paper}")
}
