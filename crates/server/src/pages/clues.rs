//! Clues: the list, registering one, the page of one with its acceptance.

pub mod accept;
pub mod clue;
pub mod list;
pub mod paging;
pub mod register;

use crate::router::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/clues", list::show)
        .get("/clues/new", register::show)
        .post("/clues/new", register::submit)
        .get("/clues/{id}", clue::show)
        .post("/clues/{id}/accept", accept::submit)
}
