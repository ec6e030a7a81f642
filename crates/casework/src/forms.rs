//! Forms of papers: what a browser sends becomes fields, every fault of the fields is told at
//! once in the office's words, a form opens with everything the file already knows, and a
//! schema is described for the pages. Pure functions: rulebook and case in, values out.

mod course;
mod describe;
mod identity;
mod posted;
mod prefill;
mod problems;
mod schema;
mod settle;
mod sources;

pub use describe::{FieldOption, FormField, Widget, describe};
pub use identity::{identity_problem, is_minor};
pub use posted::from_form;
pub use prefill::{evidence_unmeasured, measure_evidence, prefill};
pub use problems::{problems, unprintable};
pub use settle::settle;

use procedure::ids::{CaseId, PersonId};

/// The id under which a person's draft of a paper lies: one per case, kind and subject.
pub fn draft_id(person: &PersonId, case: &CaseId, kind: &str, subject: &str) -> String {
    // The subject stands last: it alone may hold a slash, so two drafts never share an id.
    format!("{person}/{case}/{kind}/{subject}")
}

#[cfg(test)]
mod tests;
