//! What is certain about a year whose notice has not been loaded: the windows in
//! which festivals move days, and how many they move at most.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use super::{CalendarError, days_from_to, is_week_end};

/// What holds for a year whose notice is not known: `regulation/calendar/bounds.toml`.
#[derive(Debug, Clone)]
pub struct Bounds {
    pub(super) consecutive_off_max: u32,
    year_end_from: MonthDay,
    year_end_weekdays: Vec<Weekday>,
    pub(super) festivals: Vec<Festival>,
}

type MonthDay = (i8, i8);
/// First and last day, counted from the festival.
pub(super) type Offsets = (i16, i16);
/// A window stays within the months beside its festival's.
const OFFSET_MAX: i16 = 27;

#[derive(Debug, Clone)]
pub(super) struct Festival {
    earliest: MonthDay,
    latest: MonthDay,
    on: BTreeMap<i16, MonthDay>,
    pub(super) off: Offsets,
    weekdays_off_max: u32,
    pub(super) make_up: Offsets,
    pub(super) make_up_max: u32,
    statutory: BTreeMap<i16, Offsets>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundsFile {
    consecutive_off_max: u32,
    year_end: YearEndFile,
    festival: Vec<FestivalFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearEndFile {
    from: String,
    when_new_year_is: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FestivalFile {
    #[serde(rename = "name")]
    _name: String,
    earliest: String,
    latest: String,
    off: String,
    weekdays_off_max: u32,
    make_up: String,
    make_up_max: u32,
    statutory: BTreeMap<String, String>,
    #[serde(default)]
    on: BTreeMap<String, String>,
}

impl Bounds {
    /// Reads `regulation/calendar/bounds.toml`.
    ///
    /// # Errors
    /// When the text does not have the form that file documents.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let file: BoundsFile =
            toml::from_str(text).map_err(|source| CalendarError::BoundsToml { source })?;
        let festivals = file
            .festival
            .iter()
            .map(Festival::read)
            .collect::<Result<_, _>>()?;
        let year_end_weekdays = file
            .year_end
            .when_new_year_is
            .iter()
            .map(|name| weekday(name))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            consecutive_off_max: file.consecutive_off_max,
            year_end_from: month_day(&file.year_end.from)?,
            year_end_weekdays,
            festivals,
        })
    }

    /// Whether the notice of the next year could still change this day.
    pub(super) fn next_notice_may_move(&self, date: Date) -> bool {
        if (date.month(), date.day()) < self.year_end_from {
            return false;
        }
        Date::new(date.year().saturating_add(1), 1, 1)
            .is_ok_and(|new_year| self.year_end_weekdays.contains(&new_year.weekday()))
    }

    /// Festivals that can touch a day: those of its month and the months beside it,
    /// and at the end of the year the next New Year. No window reaches further.
    pub(super) fn near(&self, date: Date) -> impl Iterator<Item = (usize, i16)> + use<'_> {
        let (year, month) = (date.year(), date.month());
        self.festivals
            .iter()
            .enumerate()
            .filter_map(move |(index, festival)| {
                let months = festival.earliest.0 - 1..=festival.latest.0 + 1;
                if months.contains(&month) {
                    Some((index, year))
                } else if month == 12 && festival.earliest.0 == 1 {
                    Some((index, year.saturating_add(1)))
                } else {
                    None
                }
            })
    }

    pub(super) fn possible(&self, date: Date) -> Possible {
        let (mut off, mut make_up, mut statutory) = (false, false, false);
        for (index, year) in self.near(date) {
            let festival = &self.festivals[index];
            let inside = |offsets| {
                festival
                    .window(year, offsets)
                    .is_some_and(|(first, last)| first <= date && date <= last)
            };
            off |= inside(festival.off);
            make_up |= inside(festival.make_up);
            statutory |= festival
                .statutory_days(year)
                .is_some_and(|(first, last)| first <= date && date <= last);
        }
        let week_end = is_week_end(date);
        Possible {
            works: !statutory && (!week_end || make_up),
            rests: statutory || week_end || off,
        }
    }
}

impl Festival {
    fn read(file: &FestivalFile) -> Result<Self, CalendarError> {
        let mut on = BTreeMap::new();
        for (year, day) in &file.on {
            on.insert(year_number(year)?, month_day(day)?);
        }
        let mut statutory = BTreeMap::new();
        for (year, days) in &file.statutory {
            statutory.insert(year_number(year)?, offsets(days)?);
        }
        Ok(Self {
            earliest: month_day(&file.earliest)?,
            latest: month_day(&file.latest)?,
            on,
            off: offsets(&file.off)?,
            weekdays_off_max: file.weekdays_off_max,
            make_up: offsets(&file.make_up)?,
            make_up_max: file.make_up_max,
            statutory,
        })
    }

    /// The festival's date of a year, when the table or a fixed date gives it.
    fn known_date(&self, year: i16) -> Option<Date> {
        let fixed = (self.earliest == self.latest).then_some(self.earliest);
        let (month, day) = self.on.get(&year).copied().or(fixed)?;
        Date::new(year, month, day).ok()
    }

    /// The days `offsets` reaches, over every date the festival could have.
    pub(super) fn window(&self, year: i16, offsets: Offsets) -> Option<(Date, Date)> {
        let (first, last) = match self.known_date(year) {
            Some(date) => (date, date),
            None => (
                Date::new(year, self.earliest.0, self.earliest.1).ok()?,
                Date::new(year, self.latest.0, self.latest.1).ok()?,
            ),
        };
        Some((
            first.saturating_add(Span::new().days(offsets.0)),
            last.saturating_add(Span::new().days(offsets.1)),
        ))
    }

    /// Days certainly off: only where the date and the version of the law are known.
    fn statutory_days(&self, year: i16) -> Option<(Date, Date)> {
        let (_, &offsets) = self.statutory.range(..=year).next_back()?;
        self.known_date(year)
            .and_then(|_| self.window(year, offsets))
    }

    /// How many weekdays, besides the statutory ones, can be off.
    pub(super) fn weekdays_off_open(&self, year: i16) -> u32 {
        let certain = self.statutory_days(year).map_or(0, |(first, last)| {
            days_from_to(first, last)
                .filter(|&date| !is_week_end(date))
                .count()
        });
        self.weekdays_off_max
            .saturating_sub(u32::try_from(certain).unwrap_or(u32::MAX))
    }
}

/// What a day could still turn out to be; both for an open one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Possible {
    pub works: bool,
    pub rests: bool,
}

fn unreadable(text: &str) -> CalendarError {
    CalendarError::Bounds {
        text: text.to_owned(),
    }
}

fn month_day(text: &str) -> Result<MonthDay, CalendarError> {
    let (month, day) = text.split_once('-').ok_or_else(|| unreadable(text))?;
    let (Ok(month), Ok(day)) = (month.parse(), day.parse()) else {
        return Err(unreadable(text));
    };
    // 2024 has every month and day a festival can have, 29 February among them.
    Date::new(2024, month, day).map_err(|_| unreadable(text))?;
    Ok((month, day))
}

fn offsets(text: &str) -> Result<Offsets, CalendarError> {
    let (first, last) = text.split_once("..").ok_or_else(|| unreadable(text))?;
    match (first.parse::<i16>(), last.parse::<i16>()) {
        (Ok(first), Ok(last)) if first <= last && first >= -OFFSET_MAX && last <= OFFSET_MAX => {
            Ok((first, last))
        }
        _ => Err(unreadable(text)),
    }
}

fn year_number(text: &str) -> Result<i16, CalendarError> {
    text.parse().map_err(|_| unreadable(text))
}

fn weekday(name: &str) -> Result<Weekday, CalendarError> {
    match name {
        "monday" => Ok(Weekday::Monday),
        "tuesday" => Ok(Weekday::Tuesday),
        "wednesday" => Ok(Weekday::Wednesday),
        "thursday" => Ok(Weekday::Thursday),
        "friday" => Ok(Weekday::Friday),
        "saturday" => Ok(Weekday::Saturday),
        "sunday" => Ok(Weekday::Sunday),
        _ => Err(unreadable(name)),
    }
}
