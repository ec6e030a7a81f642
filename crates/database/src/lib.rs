//! The database: entries of the ledger and their leaf in one transaction with registers, open
//! duties, outbox and jobs; SQLite and PostgreSQL from one source. One task writes; guards say what
//! decide saw; the head is kept outside before anybody is told. Decides nothing about the law.

mod commit;
mod database;
mod desk;
mod entries;
mod error;
mod fault;
mod filters;
mod grams;
// Both engines load the files under `engine/`: one source, instantiated twice.
#[allow(clippy::duplicate_mod)]
mod lite;
mod options;
#[allow(clippy::duplicate_mod)]
mod pg;
mod plan;
mod record;
mod rows;
mod standing;
mod tables;

pub use commit::{Change, Commit, EntryReceipt, Guard, Idempotency, NewEntry, NewMember, Receipt};
pub use database::Database;
pub use desk::{DraftSaved, SignInFailures};
pub use entries::{SealedMember, StoredEntry};
pub use error::{DatabaseError, GuardFailed, Head, RolledBack};
pub use filters::{
    After, Awaited, CaseFilter, ClueFilter, DutyFilter, Found, ViewingFilter, WAITING_MAX,
    Waiting, SearchReach, Within};
pub use options::{HeadKeeper, OpenOptions};
pub use rows::*;
pub use standing::Standing;
