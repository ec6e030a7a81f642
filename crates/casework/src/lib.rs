//! The office's work: the only crate that changes anything. Pages and API hand it acts; it opens
//! the subject, lets `procedure` decide, commits with guards, and follows up.

pub mod acts;
pub mod volume;
pub mod verify;
mod checkpoints;
pub mod backup;
mod case_cache;
pub mod clock;
pub mod contacts;
pub mod copies;
mod codec;
pub mod demo;
pub mod drafts;
pub mod error;
mod filing;
mod follow_ups;
pub mod forms;
pub mod import;
pub mod handles;
pub mod house_views;
pub mod intake;
mod locks;
mod numbers;
pub mod office;
mod opening;
pub mod paper_file;
mod papers_digest;
pub mod people;
pub mod permissions;
pub mod projections;
pub mod readiness;
mod regulation;
pub mod registers;
mod rendering;
mod reseal;
pub mod settings;
pub mod sight;
pub mod viewing;
pub mod views;

pub use clock::Clock;
pub use error::{ActError, FieldProblem};
pub use office::{Caller, Office, OfficeNote, Receipt};
pub use settings::Settings;

/// The rulebook as it stands for a data directory: embedded files with the bureau's own over them.
pub fn load_rulebook(data: Option<&std::path::Path>) -> anyhow::Result<procedure::Rulebook> {
    let own = data.map(|d| d.join("regulation"));
    Ok(regulation::load(own.as_deref())?)
}
