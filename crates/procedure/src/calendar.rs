//! Working days: week-ends, holidays and make-up days of each year, and what is
//! still certain about a year whose notice has not been loaded.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

mod bounds;

pub use bounds::Bounds;
pub(crate) use bounds::Possible;

/// What a day is for offices that work Monday to Friday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayKind {
    /// Monday to Friday, no holiday.
    WorkingDay,
    /// A Saturday or Sunday on which offices work (调休上班).
    MakeUpDay,
    /// A Saturday or Sunday, also inside a holiday, that is no festival's own day.
    WeekEnd,
    /// A festival's own day (法定节假日) under 全国年节及纪念日放假办法.
    HolidayStatutory,
    /// A weekday given off by exchange or compensation (调休、补休).
    HolidayInLieu,
    /// The calendar that decides about this day is not loaded.
    Unknown,
}

impl DayKind {
    /// Whether offices work; `None` when the calendar is missing.
    pub fn works(self) -> Option<bool> {
        match self {
            Self::WorkingDay | Self::MakeUpDay => Some(true),
            Self::WeekEnd | Self::HolidayStatutory | Self::HolidayInLieu => Some(false),
            Self::Unknown => None,
        }
    }
}

/// The State Council notice a calendar was copied from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    pub title: String,
    pub issuer: String,
    /// 发文字号; absent where it was not established.
    pub number: Option<String>,
    /// Day of issue.
    pub date: Date,
    pub source: Option<String>,
}

/// Why a calendar or the bounds cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    #[error("{year}年日历不是有效的TOML")]
    Toml {
        year: i16,
        #[source]
        source: toml::de::Error,
    },
    #[error("{year}年日历中的“{text}”不是日期，也不是“起..止”形式的日期段")]
    Days { year: i16, text: String },
    #[error("{year}年日历中的{date}不属于该年，也不在上一年十二月")]
    OtherYear { year: i16, date: Date },
    #[error("{year}年日历中的{date}重复出现")]
    Twice { year: i16, date: Date },
    #[error("{year}年日历把{date}列为上班日，但该日不是周末，或者又列为放假日")]
    WorkDay { year: i16, date: Date },
    #[error("{year}年日历把{date}列为法定节假日，但该日没有列为放假日")]
    StatutoryNotOff { year: i16, date: Date },
    #[error("日历推算界限（bounds.toml）不是有效的TOML")]
    BoundsToml {
        #[source]
        source: toml::de::Error,
    },
    #[error("日历推算界限（bounds.toml）中的“{text}”无法识别")]
    Bounds { text: String },
}

/// The days off, make-up days and statutory days one notice arranges.
///
/// The notice of a year also moves days of the December before; they stand here.
#[derive(Debug, Clone)]
pub struct Calendar {
    year: i16,
    off: BTreeMap<Date, String>,
    work: BTreeSet<Date>,
    statutory: BTreeSet<Date>,
    notices: Vec<Notice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    off: Vec<String>,
    work: Vec<String>,
    statutory: Vec<String>,
    notice: Notice,
    #[serde(default)]
    amendment: Vec<Notice>,
}

impl Calendar {
    /// Reads `regulation/calendar/<year>.toml`.
    ///
    /// # Errors
    /// When the text is no calendar, or contradicts itself.
    pub fn parse(year: i16, text: &str) -> Result<Self, CalendarError> {
        let file: CalendarFile =
            toml::from_str(text).map_err(|source| CalendarError::Toml { year, source })?;
        let off = named_days(year, &file.off)?;
        let statutory: BTreeSet<Date> = named_days(year, &file.statutory)?.into_keys().collect();
        let work: BTreeSet<Date> = named_days(year, &file.work)?.into_keys().collect();
        for &date in &work {
            if !is_week_end(date) || off.contains_key(&date) {
                return Err(CalendarError::WorkDay { year, date });
            }
        }
        if let Some(&date) = statutory.iter().find(|date| !off.contains_key(date)) {
            return Err(CalendarError::StatutoryNotOff { year, date });
        }
        let mut notices = vec![file.notice];
        notices.extend(file.amendment);
        Ok(Self {
            year,
            off,
            work,
            statutory,
            notices,
        })
    }

    pub fn year(&self) -> i16 {
        self.year
    }

    /// The notice, then those that amended it.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// What the notice itself says of a day; `None` for one it does not name.
    fn named(&self, date: Date) -> Option<DayKind> {
        if self.work.contains(&date) {
            Some(DayKind::MakeUpDay)
        } else if self.statutory.contains(&date) {
            Some(DayKind::HolidayStatutory)
        } else if !self.off.contains_key(&date) {
            None
        } else if is_week_end(date) {
            Some(DayKind::WeekEnd)
        } else {
            Some(DayKind::HolidayInLieu)
        }
    }
}

/// All loaded years, and the bounds for the others.
#[derive(Debug, Clone)]
pub struct Calendars {
    years: BTreeMap<i16, Calendar>,
    bounds: Bounds,
}

impl Calendars {
    pub fn new(bounds: Bounds) -> Self {
        Self {
            years: BTreeMap::new(),
            bounds,
        }
    }

    /// Adds a year; a later calendar of the same year replaces the earlier.
    pub fn add(&mut self, calendar: Calendar) {
        self.years.insert(calendar.year, calendar);
    }

    /// The same as [`Self::add`], for building in one expression.
    #[must_use]
    pub fn with(mut self, calendar: Calendar) -> Self {
        self.add(calendar);
        self
    }

    /// The loaded years, ascending.
    pub fn years(&self) -> impl Iterator<Item = i16> {
        self.years.keys().copied()
    }

    /// The calendar of a year, when loaded.
    pub fn year(&self, year: i16) -> Option<&Calendar> {
        self.years.get(&year)
    }

    pub fn day(&self, date: Date) -> DayKind {
        let named = self
            .deciding_years(date)
            .filter_map(|year| self.years.get(&year))
            .find_map(|calendar| calendar.named(date));
        if let Some(kind) = named {
            return kind;
        }
        if self.missing_year(date).is_some() {
            DayKind::Unknown
        } else if is_week_end(date) {
            DayKind::WeekEnd
        } else {
            DayKind::WorkingDay
        }
    }

    /// `None` when the calendar is missing.
    pub fn is_working_day(&self, date: Date) -> Option<bool> {
        self.day(date).works()
    }

    /// Whether the day is a festival's own day; days in lieu and week-ends are not
    /// (娱乐场所管理条例 §23, 行政强制法 §43). `None` when the calendar is missing.
    pub fn is_statutory_holiday(&self, date: Date) -> Option<bool> {
        match self.day(date) {
            DayKind::Unknown => None,
            kind => Some(kind == DayKind::HolidayStatutory),
        }
    }

    /// The festival a notice gives this day off for.
    pub fn festival(&self, date: Date) -> Option<&str> {
        self.deciding_years(date)
            .filter_map(|year| self.years.get(&year))
            .find_map(|calendar| calendar.off.get(&date))
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    /// The year whose calendar would decide about this day and is not loaded.
    pub fn missing_year(&self, date: Date) -> Option<i16> {
        if !self.years.contains_key(&date.year()) {
            return Some(date.year());
        }
        let next = date.year().saturating_add(1);
        let open = !self.years.contains_key(&next) && self.bounds.next_notice_may_move(date);
        open.then_some(next)
    }

    /// A day near New Year is decided by the notices of both years.
    fn deciding_years(&self, date: Date) -> impl Iterator<Item = i16> + use<> {
        let next = (date.month() == 12).then(|| date.year().saturating_add(1));
        next.into_iter().chain([date.year()])
    }

    /// Whether offices could work, or rest, that day as far as is known.
    pub(crate) fn possible(&self, date: Date) -> Possible {
        match self.is_working_day(date) {
            Some(works) => Possible {
                works,
                rests: !works,
            },
            None => self.bounds.possible(date),
        }
    }

    pub(crate) fn consecutive_off_days_max(&self) -> u32 {
        self.bounds.consecutive_off_max
    }
}

/// Which way a count decides what is still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lean {
    /// As many working days as possible: a term ends early.
    Most,
    /// As few as possible: a term ends late.
    Least,
}

/// A walk over days in one direction that decides open days by its lean, never
/// beyond the numbers a festival allows.
pub(crate) struct Walk<'a> {
    calendars: &'a Calendars,
    lean: Lean,
    forward: bool,
    spent: BTreeMap<(usize, i16), u32>,
    missing: BTreeSet<i16>,
}

impl<'a> Walk<'a> {
    pub fn new(calendars: &'a Calendars, lean: Lean, forward: bool) -> Self {
        Self {
            calendars,
            lean,
            forward,
            spent: BTreeMap::new(),
            missing: BTreeSet::new(),
        }
    }

    /// Whether the day counts. Ask each day once, in the direction of the walk.
    pub fn works(&mut self, date: Date) -> bool {
        if let Some(works) = self.calendars.is_working_day(date) {
            return works;
        }
        self.note_missing(date);
        let possible = self.calendars.bounds.possible(date);
        match self.lean {
            Lean::Most if is_week_end(date) => possible.works && self.spend(date),
            Lean::Most => possible.works,
            Lean::Least if is_week_end(date) || !possible.works => false,
            Lean::Least => !(possible.rests && self.spend(date)),
        }
    }

    pub fn lean(&self) -> Lean {
        self.lean
    }

    /// Remembers that the calendar of this day was asked for, when it is missing.
    pub fn note_missing(&mut self, date: Date) {
        self.missing.extend(self.calendars.missing_year(date));
    }

    /// Years that were asked for and are not loaded.
    pub fn missing(self) -> BTreeSet<i16> {
        self.missing
    }

    /// Takes one make-up day (lean most) or one weekday off (lean least) from the
    /// festival whose window the walk leaves first; false when all are used up.
    fn spend(&mut self, date: Date) -> bool {
        let bounds = &self.calendars.bounds;
        let mut open: Vec<(Date, Date, (usize, i16), u32)> = Vec::new();
        for (index, year) in bounds.near(date) {
            let festival = &bounds.festivals[index];
            let (window, most) = match self.lean {
                Lean::Most => (festival.make_up, festival.make_up_max),
                Lean::Least => (festival.off, festival.weekdays_off_open(year)),
            };
            let Some((first, last)) = festival.window(year, window) else {
                continue;
            };
            let spent = self.spent.get(&(index, year)).copied().unwrap_or(0);
            if first <= date && date <= last && spent < most {
                open.push((first, last, (index, year), spent));
            }
        }
        let leaves_first = if self.forward {
            open.into_iter().min_by_key(|&(_, last, _, _)| last)
        } else {
            open.into_iter().max_by_key(|&(first, _, _, _)| first)
        };
        match leaves_first {
            Some((_, _, key, spent)) => {
                self.spent.insert(key, spent + 1);
                true
            }
            None => false,
        }
    }
}

pub(crate) fn is_week_end(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Both ends included; empty when `last` is before `first`.
pub(crate) fn days_from_to(first: Date, last: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |date| date.tomorrow().ok())
        .take_while(move |&date| date <= last)
}

/// Reads lines such as `2026-02-15..2026-02-23 春节`.
fn named_days(year: i16, lines: &[String]) -> Result<BTreeMap<Date, String>, CalendarError> {
    let mut days = BTreeMap::new();
    for line in lines {
        let (range, name) = line.split_once(' ').unwrap_or((line, ""));
        let (first, last) = range.split_once("..").unwrap_or((range, range));
        let (Ok(first), Ok(last)) = (first.parse::<Date>(), last.parse::<Date>()) else {
            return Err(CalendarError::Days {
                year,
                text: line.clone(),
            });
        };
        for end in [first, last] {
            let december_before = end.month() == 12 && end.year() == year.saturating_sub(1);
            if end.year() != year && !december_before {
                return Err(CalendarError::OtherYear { year, date: end });
            }
        }
        if last < first {
            return Err(CalendarError::Days {
                year,
                text: line.clone(),
            });
        }
        for date in days_from_to(first, last) {
            if days.insert(date, name.to_owned()).is_some() {
                return Err(CalendarError::Twice { year, date });
            }
        }
    }
    Ok(days)
}
