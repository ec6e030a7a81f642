//! The closed registry of acts: the one vocabulary in which rules, procedures, pages and the acts
//! themselves name what is done. A paper is always submitted, whatever it is; whether it records
//! what happened outside, its form says.

use crate::rulebook::{Rulebook, split_call};

/// An act by its name.
pub struct ActName {
    pub name: &'static str,
    /// The record says what happened outside: never refused, but for the rules that say so.
    pub happened: bool,
    /// Named with the kind of paper it is done to: `serve(penalty-decision)`.
    pub of_paper: bool,
}

const fn made(name: &'static str) -> ActName {
    ActName { name, happened: false, of_paper: false }
}
const fn happened(name: &'static str) -> ActName {
    ActName { name, happened: true, of_paper: false }
}
const fn paper(name: &'static str, happened: bool) -> ActName {
    ActName { name, happened, of_paper: true }
}

pub static ALL: &[ActName] = &[
    happened("register-clue"),
    made("accept-clue"),
    made("assign-handlers"),
    made("record-party"),
    made("choose-cause"),
    happened("start-before-filing"),
    made("inform-impossible"),
    happened("start-visit"),
    happened("end-visit"),
    happened("attach-evidence"),
    paper("submit", false),
    // Whether a step of the approval is one's own, before any opinion is written.
    paper("take-step", false),
    paper("give-opinion", false),
    paper("issue", false),
    paper("serve", true),
    happened("scan"),
    happened("refuse-signature"),
    made("void-number"),
    made("conclude-case"),
    made("archive-case"),
    made("correct"),
    made("decide-flaw"),
    made("raise-protection"),
    made("destroy-recording"),
];

fn find(name: &str) -> Option<&'static ActName> {
    ALL.iter().find(|a| a.name == name)
}

/// Whether this names an act of the registry, with a kind of paper where it needs one; `*` stands
/// for every kind.
pub fn known(book: &Rulebook, act: &str) -> bool {
    let (name, args) = split_call(act);
    match (find(name), args.as_slice()) {
        (Some(a), []) => !a.of_paper,
        (Some(a), [kind]) => a.of_paper && (*kind == "*" || book.paper(kind).is_some()),
        _ => false,
    }
}

/// Whether the act records what happened outside: its flaws are kept, it is not refused.
pub fn records_what_happened(book: &Rulebook, act: &str) -> bool {
    let (name, args) = split_call(act);
    let form = || args.first().and_then(|kind| book.paper(kind));
    match name {
        "submit" => form().is_some_and(|form| form.nature.happened()),
        _ => find(name).is_some_and(|a| a.happened),
    }
}
