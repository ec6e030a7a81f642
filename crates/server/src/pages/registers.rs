//! 基础信息: the six registers with history and validity, one form to add or change a state, and the
//! import of files with a preview.

pub mod edit;
pub mod import;
pub mod index;
pub mod item;
pub mod register;

use crate::errors::Problem;
use crate::router::Routes;
use casework::registers::RegisterName;

pub fn routes() -> Routes {
    Routes::new()
        .get("/registers", index::show)
        .get("/registers/{name}", register::show)
        .get("/registers/{name}/new", edit::show_new)
        .post("/registers/{name}/new", edit::submit_new)
        .get("/registers/{name}/items/{item}", item::show)
        .get("/registers/{name}/items/{item}/change", edit::show_change)
        .post("/registers/{name}/items/{item}/change", edit::submit_change)
        .get("/registers/{name}/import", import::show)
        .post("/registers/{name}/import", import::submit)
}

/// The register an address names.
pub fn named(name: &str) -> Result<RegisterName, Problem> {
    RegisterName::parse(name).ok_or(Problem::NotFound)
}
