//! When a term ends, and how that date came about: the trigger, the way days are
//! counted, what was skipped, and the notice whose calendar was used.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Span;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendars, DayKind, Lean, Walk, days_from_to};

mod term;
mod wording;

pub use term::{CalendarDays, Hours, Months, Term, TermError, WorkingDays, Years};
use wording::{day_zh, moment_zh, range_zh};

/// What happens when the last day is no working day (民事诉讼法 §85).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rolls {
    /// A party's term moves to the next working day.
    Forward,
    /// A bureau's own duty: the unmoved date binds, the moved one is shown beside it.
    ShowBoth,
    /// Measures and retention end on the day itself.
    Never,
}

/// Which way a term is counted from its trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    After,
    /// Backwards, with the whole term strictly between the day found and the trigger.
    Before,
}

/// Days that are not counted, both ends included; without `to`, still going on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub from: Date,
    pub to: Option<Date>,
    /// The officer's words: `鉴定`.
    pub why: String,
}

impl Pause {
    fn holds(&self, date: Date) -> bool {
        self.from <= date && self.to.is_none_or(|to| date <= to)
    }
}

/// When a term ends. Terms of days end at 23:59:59, terms of hours to the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub earliest: DateTime,
    /// The end of time while a pause is going on.
    pub latest: DateTime,
    /// With [`Rolls::ShowBoth`]: the moved date, where it differs and is known.
    pub rolled: Option<DateTime>,
    /// First day of a pause that is going on and holds the term up.
    pub paused_since: Option<Date>,
    pub derivation: Derivation,
}

impl Due {
    /// The date, when no calendar is missing and no pause is going on.
    pub fn certain(&self) -> Option<DateTime> {
        let settled = self.paused_since.is_none() && self.derivation.missing_years.is_empty();
        (settled && self.earliest == self.latest).then_some(self.earliest)
    }

    /// The date to act on: a party's term ends at the latest possible date, the
    /// bureau's own at the earliest.
    pub fn binding(&self) -> DateTime {
        match self.derivation.rolls {
            Rolls::Forward => self.latest,
            Rolls::ShowBoth | Rolls::Never => self.earliest,
        }
    }

    /// First day on which what waits for this term may be done, for certain.
    pub fn day_after(&self) -> Date {
        next(self.latest.date())
    }

    /// Names the trigger (`登记`) and the article the derivation shall cite.
    #[must_use]
    pub fn called(mut self, trigger_name: &str, article: &str) -> Self {
        trigger_name.clone_into(&mut self.derivation.trigger_name);
        article.clone_into(&mut self.derivation.article);
        self
    }

    /// `11月26日`, `2027年1月12日至1月20日`; with the year when it is not `this_year`.
    pub fn zh(&self, this_year: i16) -> String {
        if let Some(since) = self.paused_since {
            return format!("{}起中止", day_zh(since, Some(this_year)));
        }
        if let Term::Hours(_) = self.derivation.term {
            return moment_zh(self.earliest, Some(this_year));
        }
        range_zh(self.earliest.date(), self.latest.date(), Some(this_year))
    }
}

/// A day that did not count, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    pub date: Date,
    pub kind: DayKind,
    /// The festival the notice gives the day off for.
    pub festival: Option<String>,
}

/// How a date came about; every computed date keeps one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    pub trigger: DateTime,
    pub trigger_name: String,
    /// When the trigger was first said to have happened, where a slip corrected it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_from: Option<DateTime>,
    pub article: String,
    pub term: Term,
    pub direction: Direction,
    pub rolls: Rolls,
    /// The day-count rule in words.
    pub rule_zh: String,
    /// Known days off inside the term.
    pub skipped: Vec<Skipped>,
    /// Make-up days that counted.
    pub made_up: Vec<Date>,
    /// The last day before it was moved, where it was no working day.
    pub rolled_from: Option<Date>,
    pub pauses: Vec<Pause>,
    /// Titles of the notices whose calendars were asked.
    pub calendar_notices: Vec<String>,
    /// Years whose calendar was asked for and is not loaded.
    pub missing_years: Vec<i16>,
    earliest: DateTime,
    latest: DateTime,
}

/// When a term that begins with `trigger` ends. The first day does not count.
///
/// Pauses do not touch terms of hours: no statute stops the clock of one.
pub fn due(
    trigger: DateTime,
    term: Term,
    rolls: Rolls,
    pauses: &[Pause],
    calendars: &Calendars,
) -> Due {
    if let Term::Hours(Hours(hours)) = term {
        let end = trigger.saturating_add(clock_hours(hours));
        return exact(trigger, term, Direction::After, rolls, end);
    }
    let mut early = Count::new(calendars, Lean::Most, true);
    let mut late = Count::new(calendars, Lean::Least, true);
    let first_end = early.last_day(trigger.date(), term, pauses);
    let last_end = late.last_day(trigger.date(), term, pauses);
    let paused_since = pauses
        .iter()
        .filter(|pause| pause.to.is_none() && pause.from <= last_end)
        .map(|pause| pause.from)
        .min();

    let (mut earliest, mut latest) = (first_end, last_end);
    let (mut rolled, mut rolled_from) = (None, None);
    // A term of working days ends on one. Others end alike in both leans so far.
    if !matches!(term, Term::WorkingDays(_)) {
        let is_off = calendars.is_working_day(last_end) == Some(false);
        match rolls {
            Rolls::Never => {}
            Rolls::Forward => {
                (earliest, latest) = (early.roll(first_end), late.roll(last_end));
                rolled_from = is_off.then_some(last_end);
            }
            // The binding date needs no calendar: a missing one leaves it certain.
            Rolls::ShowBoth => {
                late.asked.insert(last_end.year());
                rolled_from = is_off.then_some(last_end);
                rolled = next_working_day(last_end, calendars)
                    .filter(|&date| date != last_end)
                    .map(end_of_day);
            }
        }
    }

    let mut asked = early.asked;
    asked.extend(&late.asked);
    let mut missing = early.walk.missing();
    missing.extend(late.walk.missing());
    let latest = match paused_since {
        Some(_) => DateTime::MAX,
        None => end_of_day(latest),
    };
    let earliest = end_of_day(earliest);
    Due {
        earliest,
        latest,
        rolled,
        paused_since,
        derivation: Derivation {
            trigger,
            trigger_name: String::new(),
            corrected_from: None,
            article: String::new(),
            term,
            direction: Direction::After,
            rolls,
            rule_zh: "次日起算".to_owned(),
            skipped: early.skipped,
            made_up: early.made_up,
            rolled_from,
            pauses: pauses.to_vec(),
            calendar_notices: notices(&asked, calendars),
            missing_years: missing.into_iter().collect(),
            earliest,
            latest,
        },
    }
}

/// The last moment to act so that the whole term lies between that day and the
/// `event`: a hearing's notice, seven full working days before it. Neither the
/// day of the act nor the day of the event counts, and nothing rolls.
pub fn due_before(event: DateTime, term: Term, calendars: &Calendars) -> Due {
    if let Term::Hours(Hours(hours)) = term {
        let end = event.saturating_sub(clock_hours(hours));
        return exact(event, term, Direction::Before, Rolls::Never, end);
    }
    // Fewer working days push the act to an earlier date.
    let mut early = Count::new(calendars, Lean::Least, false);
    let mut late = Count::new(calendars, Lean::Most, false);
    let earliest = end_of_day(previous(early.first_day(event.date(), term)));
    let latest = end_of_day(previous(late.first_day(event.date(), term)));
    let mut asked = early.asked;
    asked.extend(&late.asked);
    let mut missing = early.walk.missing();
    missing.extend(late.walk.missing());
    let mut skipped = late.skipped;
    skipped.reverse();
    let mut made_up = late.made_up;
    made_up.reverse();
    Due {
        earliest,
        latest,
        rolled: None,
        paused_since: None,
        derivation: Derivation {
            trigger: event,
            trigger_name: String::new(),
            corrected_from: None,
            article: String::new(),
            term,
            direction: Direction::Before,
            rolls: Rolls::Never,
            rule_zh: "前一日起倒数，首尾两日不计".to_owned(),
            skipped,
            made_up,
            rolled_from: None,
            pauses: Vec::new(),
            calendar_notices: notices(&asked, calendars),
            missing_years: missing.into_iter().collect(),
            earliest,
            latest,
        },
    }
}

/// Working days from the day after `from` to `to`, as few and as many as possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Between {
    pub least: u32,
    pub most: u32,
    /// Whether no calendar was missing.
    pub certain: bool,
}

/// Counts working days after `from` up to and with `to`; none when `to` is earlier.
pub fn working_days_between(from: Date, to: Date, calendars: &Calendars) -> Between {
    let count = |lean| {
        let mut walk = Walk::new(calendars, lean, true);
        let days = days_from_to(next(from), to)
            .filter(|&date| date > from && walk.works(date))
            .count();
        (
            u32::try_from(days).unwrap_or(u32::MAX),
            walk.missing().is_empty(),
        )
    };
    let ((most, certain), (least, _)) = (count(Lean::Most), count(Lean::Least));
    Between {
        least,
        most,
        certain,
    }
}

/// How far a due date is away, in the unit of its term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remaining {
    Left {
        count: u32,
        unit: RemainingUnit,
        about: bool,
    },
    /// Ends today; counted in days.
    Today,
    /// `count` is zero where no working day has passed since.
    Overdue {
        count: u32,
        unit: RemainingUnit,
    },
    Paused,
}

/// What [`Remaining`] counts in; months and years are shown in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemainingUnit {
    WorkingDays,
    Days,
    Hours,
}

impl fmt::Display for RemainingUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WorkingDays => "个工作日",
            Self::Days => "日",
            Self::Hours => "小时",
        })
    }
}

/// `还有 4 个工作日`, `约 84 日`, `今天到期`, `超期 1 个工作日`, `已中止`.
impl fmt::Display for Remaining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left {
                count: 0,
                unit: RemainingUnit::Hours,
                ..
            } => f.write_str("不足 1 小时"),
            Self::Left {
                count,
                unit,
                about: true,
            } => write!(f, "约 {count} {unit}"),
            Self::Left { count, unit, .. } => write!(f, "还有 {count} {unit}"),
            Self::Today => f.write_str("今天到期"),
            Self::Overdue { count: 0, .. } => f.write_str("已超期"),
            Self::Overdue { count, unit } => write!(f, "超期 {count} {unit}"),
            Self::Paused => f.write_str("已中止"),
        }
    }
}

/// How far [`Due::binding`] is from `now`.
pub fn remaining(now: DateTime, due: &Due, calendars: &Calendars) -> Remaining {
    if due.paused_since.is_some() {
        return Remaining::Paused;
    }
    let end = due.binding();
    let about = due.certain().is_none();
    let (unit, count) = match due.derivation.term {
        Term::Hours(_) => {
            let hours = end.duration_since(now).abs().as_hours();
            (
                RemainingUnit::Hours,
                u32::try_from(hours).unwrap_or(u32::MAX),
            )
        }
        Term::WorkingDays(_) => {
            let (from, to) = sorted(now.date(), end.date());
            let between = working_days_between(from, to, calendars);
            (RemainingUnit::WorkingDays, between.least)
        }
        Term::CalendarDays(_) | Term::Months(_) | Term::Years(_) => {
            let (from, to) = sorted(now.date(), end.date());
            let days = to.duration_since(from).as_hours() / 24;
            (RemainingUnit::Days, u32::try_from(days).unwrap_or(u32::MAX))
        }
    };
    if now > end {
        Remaining::Overdue { count, unit }
    } else if now.date() == end.date() && unit != RemainingUnit::Hours {
        Remaining::Today
    } else {
        Remaining::Left { count, unit, about }
    }
}

/// One count in one lean, with what it met on the way.
struct Count<'a> {
    calendars: &'a Calendars,
    walk: Walk<'a>,
    forward: bool,
    skipped: Vec<Skipped>,
    made_up: Vec<Date>,
    /// Years whose calendar decided something.
    asked: BTreeSet<i16>,
}

impl<'a> Count<'a> {
    fn new(calendars: &'a Calendars, lean: Lean, forward: bool) -> Self {
        Self {
            calendars,
            walk: Walk::new(calendars, lean, forward),
            forward,
            skipped: Vec::new(),
            made_up: Vec::new(),
            asked: BTreeSet::new(),
        }
    }

    /// The last day of a term of days that begins on `trigger`.
    fn last_day(&mut self, trigger: Date, term: Term, pauses: &[Pause]) -> Date {
        let paused = |date| pauses.iter().any(|pause| held_up(pause, date));
        match term {
            Term::WorkingDays(WorkingDays(count)) => self.working_days(trigger, count, paused),
            Term::CalendarDays(CalendarDays(count)) => unpaused_days(trigger, count, paused),
            // Terms of hours are settled before any day is counted.
            Term::Hours(_) => trigger,
            Term::Months(_) | Term::Years(_) => {
                let end = trigger.checked_add(months(term)).unwrap_or(Date::MAX);
                let held = days_from_to(next(trigger), end)
                    .filter(|&date| paused(date))
                    .count();
                unpaused_days(end, u32::try_from(held).unwrap_or(u32::MAX), paused)
            }
        }
    }

    /// The first day of a term of days that ends the day before `event`.
    fn first_day(&mut self, event: Date, term: Term) -> Date {
        match term {
            Term::WorkingDays(WorkingDays(count)) => self.working_days(event, count, |_| false),
            Term::CalendarDays(CalendarDays(count)) => {
                event.saturating_sub(Span::new().days(count.min(DAYS_MAX)))
            }
            Term::Hours(_) => event,
            Term::Months(_) | Term::Years(_) => {
                event.checked_sub(months(term)).unwrap_or(Date::MIN)
            }
        }
    }

    fn working_days(&mut self, from: Date, count: u32, paused: impl Fn(Date) -> bool) -> Date {
        let mut date = from;
        let mut counted = 0;
        while counted < count && date != Date::MAX && date != Date::MIN {
            date = if self.forward {
                next(date)
            } else {
                previous(date)
            };
            if paused(date) {
                continue;
            }
            self.asked.insert(date.year());
            if self.walk.works(date) {
                counted += 1;
                if self.calendars.day(date) == DayKind::MakeUpDay {
                    self.made_up.push(date);
                }
            } else {
                self.skip(date);
            }
        }
        date
    }

    /// The day itself, or the next on which offices work, or could (early count).
    fn roll(&mut self, last_day: Date) -> Date {
        let mut date = last_day;
        // No longer run of days off is possible, so this day at most is reached.
        let furthest = last_day
            .saturating_add(Span::new().days(self.calendars.consecutive_off_days_max().min(366)));
        loop {
            self.asked.insert(date.year());
            if let Some(works) = self.calendars.is_working_day(date) {
                if works {
                    return date;
                }
            } else {
                self.walk.note_missing(date);
                let possible = self.calendars.possible(date);
                let stays = match self.walk.lean() {
                    Lean::Most => possible.works,
                    Lean::Least => !possible.rests,
                };
                if stays || date >= furthest {
                    return date;
                }
            }
            if date == Date::MAX {
                return date;
            }
            date = next(date);
        }
    }

    fn skip(&mut self, date: Date) {
        let kind = self.calendars.day(date);
        if kind != DayKind::Unknown {
            self.skipped.push(Skipped {
                date,
                kind,
                festival: self.calendars.festival(date).map(str::to_owned),
            });
        }
    }
}

/// The day itself or the next on which offices work; `None` when a calendar is missing.
fn next_working_day(date: Date, calendars: &Calendars) -> Option<Date> {
    for day in days_from_to(date, Date::MAX) {
        if calendars.is_working_day(day)? {
            return Some(day);
        }
    }
    None
}

/// Further than any date there is.
const DAYS_MAX: u32 = 7_300_000;

/// A pause that is going on is taken as ended with its first day, which gives the
/// earliest date still possible.
fn held_up(pause: &Pause, date: Date) -> bool {
    match pause.to {
        Some(_) => pause.holds(date),
        None => date == pause.from,
    }
}

fn unpaused_days(from: Date, count: u32, paused: impl Fn(Date) -> bool) -> Date {
    let mut date = from;
    let mut counted = 0;
    while counted < count && date != Date::MAX {
        date = next(date);
        if !paused(date) {
            counted += 1;
        }
    }
    date
}

fn exact(trigger: DateTime, term: Term, direction: Direction, rolls: Rolls, end: DateTime) -> Due {
    let rule_zh = match direction {
        Direction::After => "即时起算",
        Direction::Before => "按时倒数",
    };
    Due {
        earliest: end,
        latest: end,
        rolled: None,
        paused_since: None,
        derivation: Derivation {
            trigger,
            trigger_name: String::new(),
            corrected_from: None,
            article: String::new(),
            term,
            direction,
            rolls,
            rule_zh: rule_zh.to_owned(),
            skipped: Vec::new(),
            made_up: Vec::new(),
            rolled_from: None,
            pauses: Vec::new(),
            calendar_notices: Vec::new(),
            missing_years: Vec::new(),
            earliest: end,
            latest: end,
        },
    }
}

fn months(term: Term) -> Span {
    let count = match term {
        Term::Months(Months(count)) => i64::from(count),
        Term::Years(Years(count)) => i64::from(count) * 12,
        Term::WorkingDays(_) | Term::CalendarDays(_) | Term::Hours(_) => 0,
    };
    // More months than a span holds lead past the end of the calendar anyway.
    Span::new().months(count.min(200_000))
}

fn clock_hours(hours: u32) -> Span {
    Span::new().hours(hours.min(175_000_000))
}

fn notices(years: &BTreeSet<i16>, calendars: &Calendars) -> Vec<String> {
    years
        .iter()
        .filter_map(|&year| calendars.year(year))
        .flat_map(|calendar| calendar.notices())
        .map(|notice| notice.title.clone())
        .collect()
}

fn end_of_day(date: Date) -> DateTime {
    date.at(23, 59, 59, 0)
}

fn next(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}

fn previous(date: Date) -> Date {
    date.yesterday().unwrap_or(Date::MIN)
}

fn sorted(a: Date, b: Date) -> (Date, Date) {
    (a.min(b), a.max(b))
}
