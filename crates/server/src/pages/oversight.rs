//! 监督: what is late, by whom and in which department; open flaws; the ledger and what it proves.

pub mod late;
pub mod ledger;

use crate::router::Routes;

pub fn routes() -> Routes {
    Routes::new().get("/oversight", late::show).get("/oversight/ledger", ledger::show)
}
