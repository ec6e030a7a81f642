//! The calendars of `regulation/`, and short words for the tests that count days.

use jiff::civil::{Date, DateTime};
use procedure::calendar::{Bounds, Calendar, Calendars};
use procedure::deadline::{Due, Rolls, Term, due};

pub const YEARS: [(i16, &str); 8] = [
    (
        2019,
        include_str!("../../../../regulation/calendar/2019.toml"),
    ),
    (
        2020,
        include_str!("../../../../regulation/calendar/2020.toml"),
    ),
    (
        2021,
        include_str!("../../../../regulation/calendar/2021.toml"),
    ),
    (
        2022,
        include_str!("../../../../regulation/calendar/2022.toml"),
    ),
    (
        2023,
        include_str!("../../../../regulation/calendar/2023.toml"),
    ),
    (
        2024,
        include_str!("../../../../regulation/calendar/2024.toml"),
    ),
    (
        2025,
        include_str!("../../../../regulation/calendar/2025.toml"),
    ),
    (
        2026,
        include_str!("../../../../regulation/calendar/2026.toml"),
    ),
];

pub fn calendars_without(missing: &[i16]) -> Calendars {
    let bounds =
        Bounds::parse(include_str!("../../../../regulation/calendar/bounds.toml")).expect("bounds");
    let mut calendars = Calendars::new(bounds);
    for (year, text) in YEARS {
        if !missing.contains(&year) {
            calendars.add(Calendar::parse(year, text).expect("calendar"));
        }
    }
    calendars
}

pub fn calendars() -> Calendars {
    calendars_without(&[])
}

pub fn date(text: &str) -> Date {
    text.parse().expect("date")
}

/// Ten in the morning, when offices act.
pub fn at(text: &str) -> DateTime {
    date(text).at(10, 0, 0, 0)
}

pub fn term(text: &str) -> Term {
    text.parse().expect("term")
}

pub fn due_after(trigger: &str, length: &str, rolls: Rolls, calendars: &Calendars) -> Due {
    due(at(trigger), term(length), rolls, &[], calendars)
}

/// The certain last day, as text.
pub fn last_day(due: &Due) -> String {
    due.certain().expect("a certain date").date().to_string()
}
