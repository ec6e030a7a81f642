//! Archives (Art. 27, 28): the volume of a case before and after binding, and the list of what
//! waits for the archive and what lies in it.

pub mod contents;
pub mod files;
pub mod list;

use crate::router::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/volumes", list::show)
        .get("/cases/{id}/volume", contents::show)
        .post("/cases/{id}/volume", contents::archive)
        .get("/cases/{id}/volume.pdf", files::ask_volume)
        .post("/cases/{id}/volume.pdf", files::volume)
        .get("/cases/{id}/sealed-annex.pdf", files::ask_annex)
        .post("/cases/{id}/sealed-annex.pdf", files::sealed_annex)
        .get("/cases/{id}/volume.zip", files::ask_package)
        .post("/cases/{id}/volume.zip", files::package)
}
