//! What an act lacks. One question serves every use: the page explains in advance, the
//! refusal lists, the flaw is recorded, the reminder points to the same rule.

use crate::acts;
use crate::case::Case;
use crate::checks::{self, Act};
use crate::deadline::{self, Rolls};
use crate::event::{Flaw, Missing, Severity};
use crate::facts::{self, Ask, Subject};
use crate::ids::PaperId;
use crate::rulebook::{Applies, InForce, Rulebook, split_call};
use jiff::civil::DateTime;

/// What the law says of an act before it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Why it is refused; empty when it is not.
    pub missing: Vec<Missing>,
    /// What is irregular about something that happened.
    pub flaws: Vec<Flaw>,
}

/// An act made here is refused when anything is missing; it cites every article at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{act} is refused: {} conditions are not met", missing.len())]
pub struct Refusal {
    pub act: String,
    pub missing: Vec<Missing>,
}

/// Whom and which paper an act is about: what is asked over each party or this paper is asked of
/// these alone. Without a party it is about all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About<'a> {
    pub party: Option<&'a str>,
    pub paper: Option<&'a PaperId>,
}

impl<'a> About<'a> {
    /// Of a paper for this subject: about the party it is, else about the whole case.
    pub fn subject(case: &Case, subject: &'a str) -> About<'a> {
        About { party: case.party(subject).map(|_| subject), paper: None }
    }
}

/// As [`gates_about`], for the whole case.
pub fn gates(case: &Case, book: &Rulebook, now: DateTime, act: &str, at: DateTime) -> Vec<Found> {
    gates_about(case, book, now, act, at, About::default())
}

/// What an act lacks now, before anybody has said for whom it is done: of a paper made for each
/// party, what the party lacks for whom it can be done first.
pub fn ahead(case: &Case, book: &Rulebook, now: DateTime, act: &str) -> Vec<Found> {
    let (_, args) = split_call(act);
    let per_party = args.first().and_then(|kind| book.paper(kind)).is_some_and(|form| form.per_party);
    let each = case.parties.iter().filter(|_| per_party).map(|p| About { party: Some(&p.id), paper: None });
    each.map(|about| gates_about(case, book, now, act, now, about)).min_by_key(Vec::len).unwrap_or_else(|| gates(case, book, now, act, now))
}

/// The conditions of `act` that the facts alone decide: gates and windows. Used in advance
/// by the page, and again when the act comes.
pub fn gates_about(case: &Case, book: &Rulebook, now: DateTime, act: &str, at: DateTime, about: About) -> Vec<Found> {
    let mut found = vec![];
    for gate in book.rules.gates.iter().filter(|g| names(&g.act, act) && binds(&g.in_force, case, at)) {
        for subject in over(&gate.over, case, about) {
            let ask = Ask { case, book, now, subject: &subject };
            // What came true only after the act happened does not excuse it.
            let holds = |expression: &String| facts::since(&ask, expression).is_some_and(|since| by_the_minute(since) <= at);
            if gate.or_else.as_ref().is_some_and(holds) {
                continue;
            }
            let mut lacking: Vec<&String> = gate.all.iter().filter(|f| !holds(f)).collect();
            if !gate.any.is_empty() && !gate.any.iter().any(holds) {
                lacking.extend(gate.any.first());
            }
            for expression in lacking {
                let (sentence, mend) = facts::missing(&ask, expression);
                found.push(Found {
                    missing: Missing {
                        rule: gate.id.clone(),
                        predicate: expression.clone(),
                        article: gate.article.clone(),
                        sentence: gate.says.clone().unwrap_or(sentence),
                        mend,
                    },
                    severity: gate.severity,
                    refuse: gate.refuse,
                });
            }
        }
    }
    for window in book.rules.windows.iter().filter(|w| names(&w.act, act) && binds(&w.in_force, case, at)) {
        for subject in over(&window.per, case, about) {
            let ask = Ask { case, book, now, subject: &subject };
            if window.unless.as_ref().is_some_and(|f| facts::since(&ask, f).is_some()) {
                continue;
            }
            let opens: Option<Vec<DateTime>> = window.opens.split(';').map(|e| moment(&ask, e, Rolls::Forward)).collect();
            let opens = opens.and_then(|all| all.into_iter().max());
            let closes = window.closes.as_ref().and_then(|e| moment(&ask, e, Rolls::Forward));
            let early = opens.is_none_or(|open| at <= open);
            let late = closes.is_some_and(|close| at > close);
            if early || late {
                let until = opens.map_or(String::new(), |o| {
                    format!("（{}年{}月{}日期满）", o.year(), o.month(), o.day())
                });
                found.push(Found {
                    missing: Missing {
                        rule: window.id.clone(),
                        predicate: window.opens.clone(),
                        article: window.article.clone(),
                        sentence: format!("{}{until}", window.says),
                        mend: window.unless.clone().map(|f| facts::missing(&ask, &f).1).unwrap_or_default(),
                    },
                    severity: Severity::Grave,
                    refuse: false,
                });
            }
        }
    }
    for never in book.rules.nevers.iter().filter(|n| names(&n.act, act)) {
        let ask = Ask { case, book, now, subject: &Subject::Case };
        let ended = moment(&ask, &never.until, Rolls::Never).is_some_and(|until| at > until);
        if !ended {
            found.push(Found {
                missing: Missing {
                    rule: never.id.clone(),
                    predicate: never.until.clone(),
                    article: never.article.clone(),
                    sentence: never.says.clone(),
                    mend: String::new(),
                },
                severity: Severity::Grave,
                refuse: true,
            });
        }
    }
    found
}

/// People write down minutes, the system seconds: what came true within the minute of an act came
/// before it.
fn by_the_minute(moment: DateTime) -> DateTime {
    moment.date().at(moment.hour(), moment.minute(), 0, 0)
}

/// A condition not met, and how heavy it weighs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub missing: Missing,
    pub severity: Severity,
    pub refuse: bool,
}

/// Gates, windows and checks together: the judgement on an act as it is about to be recorded.
pub fn judge(case: &Case, book: &Rulebook, now: DateTime, name: &str, act: &Act) -> Judgement {
    let at = act.span.from;
    let mut found = gates_about(case, book, now, name, at, act.about);
    for check in book.rules.checks.iter().filter(|c| names(&c.act, name) && binds(&c.in_force, case, at)) {
        let ask = Ask { case, book, now, subject: &Subject::Case };
        for sentence in checks::problems(&ask, act, &check.that) {
            found.push(Found {
                missing: Missing {
                    rule: check.id.clone(),
                    predicate: check.that.clone(),
                    article: check.article.clone(),
                    sentence,
                    mend: check.mend.clone().unwrap_or_default(),
                },
                severity: check.severity,
                refuse: check.refuse,
            });
        }
    }
    let outside = acts::records_what_happened(book, name);
    let mut judgement = Judgement::default();
    for f in found {
        if outside && !f.refuse {
            judgement.flaws.push(Flaw {
                rule: f.missing.rule,
                article: f.missing.article,
                severity: f.severity,
                text: f.missing.sentence,
                mend: f.missing.mend,
                subject: String::new(),
            });
        } else if f.severity == Severity::Grave {
            judgement.missing.push(f.missing);
        }
    }
    judgement
}

/// The subjects of a condition. One that asks about each party is asked of the case while no party
/// is recorded: nothing is met by there being nobody.
fn over(pattern: &str, case: &Case, about: About) -> Vec<Subject> {
    if pattern == "this paper" {
        return about.paper.map(|id| Subject::Paper(id.clone())).into_iter().collect();
    }
    if let (true, Some(party)) = (pattern.ends_with("party"), about.party) {
        return vec![Subject::Party(party.to_owned())];
    }
    let subjects = Subject::all(pattern, case);
    if subjects.is_empty() && pattern.ends_with("party") { vec![Subject::Case] } else { subjects }
}

/// Whether a rule's act pattern names this act: exactly, or `serve(*)` for every paper.
fn names(pattern: &str, act: &str) -> bool {
    pattern.split(';').map(str::trim).any(|one| match one.strip_suffix("(*)") {
        Some(stem) => act.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('(')),
        None => one == act,
    })
}

/// Whether a rule binds: by the day the case was opened, or by the day of the act.
pub fn binds(force: &Option<InForce>, case: &Case, at: DateTime) -> bool {
    let Some(force) = force else { return true };
    let day = match force.applies {
        Applies::CaseOpened => case.opened_at.unwrap_or(at).date(),
        Applies::ActDate => at.date(),
    };
    force.from.is_none_or(|from| day >= from) && force.to.is_none_or(|to| day <= to)
}

/// `served(prior-notice)` or `5 working days after served(prior-notice)`. A term ends at the latest
/// possible moment while a calendar is missing, and so opens what comes after. A party's term rolls
/// over holidays, retention does not.
fn moment(ask: &Ask, expression: &str, rolls: Rolls) -> Option<DateTime> {
    match expression.split_once(" after ") {
        None => facts::since(ask, expression.trim()),
        Some((term, fact)) => {
            let term: deadline::Term = term.trim().parse().ok()?;
            let from = facts::since(ask, fact.trim())?;
            Some(deadline::due(from, term, rolls, &[], &ask.book.calendars).latest)
        }
    }
}
