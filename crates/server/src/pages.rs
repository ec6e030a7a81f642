//! The pages: one module per subject, one file per page, its struct beside its handler.

pub mod cases;
pub mod clues;
pub mod copies;
pub mod papers;
pub mod people;
pub mod about;
pub mod approvals;
pub mod accounts;
pub mod delegations;
pub mod evidence;
pub mod oversight;
pub mod registers;
pub mod search;
pub mod shared;
pub mod viewings;
pub mod volumes;
pub mod workbench;

use crate::router::Routes;

/// All pages.
pub fn routes() -> Routes {
    Routes::new().and(people::routes()).and(workbench::routes())
        .and(clues::routes())
        .and(cases::routes())
        .and(evidence::routes())
        .and(viewings::routes())
        .and(volumes::routes())
        .and(registers::routes())
        .and(oversight::routes())
        .and(search::routes())
        .and(about::routes())
        .and(delegations::routes())
        .and(accounts::routes())
        .and(papers::routes())
        .and(approvals::routes())
}
