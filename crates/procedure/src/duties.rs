//! What is owed: by whom, until when, under which article, met by which act. Computed from
//! the facts, the rules and the calendars; nothing computed stays hidden.

use crate::case::{Case, FlawState, Paper};
use crate::deadline::{self, Due, Rolls};
use crate::decide::binds;
use crate::event::{Event, Flaw, Severity};
use crate::facts::{self, Ask, Subject};
use crate::ids::PersonId;
use crate::rulebook::{Duty, Rulebook};
use jiff::ToSpan;
use jiff::civil::DateTime;

/// One duty with its state and where its date comes from.
#[derive(Clone, Debug)]
pub struct Owed {
    pub rule: String,
    pub subject: Subject,
    pub title: String,
    pub article: String,
    pub who: Responsible,
    pub from: DateTime,
    /// The term's end with its derivation.
    pub due: Option<Due>,
    /// The date a paper itself names, instead of a term.
    pub named: Option<DateTime>,
    pub met: Option<DateTime>,
    pub state: DutyState,
    pub mend: String,
}

/// Who owes it: the persons themselves, or whoever holds a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Responsible {
    Persons(Vec<PersonId>),
    Role(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DutyState {
    Overdue,
    Near,
    Open,
    /// The date hangs on a calendar that is not there: shown as a range.
    DateUnknown,
    Paused,
    MetLate,
    Met,
    Void,
}

impl DutyState {
    pub fn code(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Near => "near",
            Self::Open => "open",
            Self::DateUnknown => "date-unknown",
            Self::Paused => "paused",
            Self::MetLate => "met-late",
            Self::Met => "met",
            Self::Void => "void",
        }
    }
    pub fn title(self) -> &'static str {
        match self {
            Self::Overdue => "超期",
            Self::Near => "临近",
            Self::Open => "待办",
            Self::DateUnknown => "日期未定",
            Self::Paused => "中止",
            Self::MetLate => "逾期办理",
            Self::Met => "已办",
            Self::Void => "免除",
        }
    }
    pub fn is_open(self) -> bool {
        matches!(self, Self::Overdue | Self::Near | Self::Open | Self::DateUnknown | Self::Paused)
    }
}

/// Working days before the date from which a duty is near.
const NEAR_WORKING_DAYS: u32 = 3;

/// Every duty of the case, open ones first, by date. One whose trigger a slip moved says in its
/// derivation when the trigger was first said to have happened.
pub fn owed(case: &Case, book: &Rulebook, now: DateTime) -> Vec<Owed> {
    let mut all = counted(case, book, now);
    if case.slips.is_empty() {
        return all;
    }
    let written = case.records.iter().filter(|r| !matches!(r.event, Event::Corrected { .. })).cloned();
    let before = counted(&Case::fold(written), book, now);
    for owed in &mut all {
        let first = before.iter().find(|b| b.rule == owed.rule && b.subject.key() == owed.subject.key()).map(|b| b.from);
        if let (Some(due), Some(first)) = (&mut owed.due, first.filter(|first| *first != owed.from)) {
            due.derivation.corrected_from = Some(first);
        }
    }
    all
}

fn counted(case: &Case, book: &Rulebook, now: DateTime) -> Vec<Owed> {
    let mut all = vec![];
    for rule in &book.rules.duties {
        for subject in Subject::all(&rule.per, case) {
            let ask = Ask { case, book, now, subject: &subject };
            let Some(from) = facts::since(&ask, &rule.from) else { continue };
            if !binds(&rule.in_force, case, from) {
                continue;
            }
            if rule.only_if.as_ref().is_some_and(|f| facts::since(&ask, f).is_none()) {
                continue;
            }
            all.push(one(rule, &ask, from, subject.clone()));
        }
    }
    all.sort_by(|a, b| {
        let key = |o: &Owed| (!o.state.is_open(), o.binding(), o.rule.clone());
        let (a_open, a_due, a_rule) = key(a);
        let (b_open, b_due, b_rule) = key(b);
        a_open.cmp(&b_open).then(a_due.is_none().cmp(&b_due.is_none())).then(a_due.cmp(&b_due)).then(a_rule.cmp(&b_rule))
    });
    all
}

impl Owed {
    /// The moment after which it is late; none where the law sets no date.
    pub fn binding(&self) -> Option<DateTime> {
        self.due.as_ref().map(Due::binding).or(self.named)
    }

    /// A term given to the party, which rolls forward over holidays: when it ran out the bureau
    /// looks at what was done, and that the party was late is no flaw of the file.
    fn is_partys_term(&self) -> bool {
        self.due.as_ref().is_some_and(|d| d.derivation.rolls == Rolls::Forward)
    }

    fn is_flaw(&self) -> bool {
        matches!(self.state, DutyState::Overdue | DutyState::MetLate) && !self.is_partys_term()
    }

    fn as_flaw(&self) -> FlawState {
        FlawState {
            sequence: 0,
            flaw: Flaw {
                rule: self.rule.clone(),
                article: self.article.clone(),
                severity: Severity::Note,
                text: format!("{}{}", self.title, if self.met.is_some() { "逾期办理" } else { "超期未办" }),
                mend: self.mend.clone(),
                subject: self.subject.key(),
            },
            at: self.binding().unwrap_or(self.from),
            cured: None,
            decided: None,
        }
    }
}

/// The paper that a flaw sticks to, or whose entry bears it, as the subject its cure is asked of.
fn bearer(case: &Case, flaw: &FlawState) -> Subject {
    let of = |p: &&Paper| {
        let written = || p.versions.iter().map(|v| v.sequence).chain(p.scans.iter().map(|s| s.sequence)).any(|s| s == flaw.sequence);
        p.id.0 == flaw.flaw.subject || (flaw.flaw.subject.is_empty() && written())
    };
    case.papers.iter().find(of).map_or(Subject::Case, |p| Subject::Paper(p.id.clone()))
}

fn one(rule: &Duty, ask: &Ask, from: DateTime, subject: Subject) -> Owed {
    let met = facts::since(ask, &rule.owed);
    let named = rule.by.as_ref().and_then(|fact| facts::since(ask, fact));
    let due = rule.within.filter(|_| rule.by.is_none()).map(|term| {
        deadline::due(from, term, rule.rolls, &[], &ask.book.calendars).called(&rule.trigger, &rule.article)
    });
    // The bureau's own duties are due at the earliest possible date while a calendar is missing.
    let binding = due.as_ref().map(Due::binding).or(named);
    let late = |at: DateTime| binding.is_some_and(|end| at > end);
    let void = rule.void_when.as_ref().is_some_and(|f| facts::since(ask, f).is_some());
    let state = match (met, binding) {
        (Some(at), _) if late(at) && rule.rolls != Rolls::Forward => DutyState::MetLate,
        (Some(_), _) => DutyState::Met,
        (None, _) if void => DutyState::Void,
        (None, None) => DutyState::Open,
        (None, Some(_)) if late(ask.now) => DutyState::Overdue,
        (None, Some(end)) => {
            // No rest lasts so long that three working days take three weeks: far dates need no count.
            let far = ask.now.date().checked_add(21.days()).is_ok_and(|day| end.date() > day);
            let left = || deadline::working_days_between(ask.now.date(), end.date(), &ask.book.calendars).most;
            if !far && left() <= NEAR_WORKING_DAYS {
                DutyState::Near
            } else if due.as_ref().is_some_and(|d| d.certain().is_none()) {
                DutyState::DateUnknown
            } else {
                DutyState::Open
            }
        }
    };
    let who = match rule.who.as_str() {
        "handlers" => Responsible::Persons(ask.case.handlers.iter().map(|h| h.id.clone()).collect()),
        role => Responsible::Role(role.to_owned()),
    };
    let mend = rule.mend.clone().unwrap_or_else(|| facts::missing(ask, &rule.owed).1);
    Owed { rule: rule.id.clone(), subject, title: rule.title.clone(), article: rule.article.clone(), who, from, due, named, met, state, mend }
}

/// Every flaw of the case with what became of it, late duties among them.
pub fn flaws(case: &Case, book: &Rulebook, now: DateTime) -> Vec<FlawState> {
    flaws_beside(&owed(case, book, now), case, book, now)
}

/// The same, where the duties of the case have been counted already.
pub fn flaws_beside(owed: &[Owed], case: &Case, book: &Rulebook, now: DateTime) -> Vec<FlawState> {
    let mut all = flaws_of_acts(case, book, now);
    all.extend(owed.iter().filter(|o| o.is_flaw()).map(Owed::as_flaw));
    all
}

/// The flaws that acts were recorded with, and what became of them. Only these can keep what rests on
/// them waiting: that a duty was late is noted and stops nothing.
pub fn flaws_of_acts(case: &Case, book: &Rulebook, now: DateTime) -> Vec<FlawState> {
    let mut all = case.flaws.clone();
    for f in &mut all {
        let cure = book.rules.checks.iter().find(|c| c.id == f.flaw.rule).and_then(|c| c.cured_by.as_ref());
        if let Some(expression) = cure {
            let subject = bearer(case, f);
            let ask = Ask { case, book, now, subject: &subject };
            if facts::since(&ask, expression).is_some_and(|at| at > f.at) {
                f.cured = Some(expression.clone());
            }
        }
    }
    all
}
