//! A fictitious bureau with cases at every stage, told through the real acts on a stepped clock.
//! Everything in it is invented; its first entry and every page say so.

mod bureau;
mod cases;
mod main_line;
mod media;
pub mod stories;
mod timeline;
pub mod vocabulary;

pub use bureau::{DemoAccount, furnish, password_of};
pub use media::{photograph, scan, sound};

use crate::clock::Clock;
use crate::office::Office;
use crate::settings::Settings;
use anyhow::ensure;
use jiff::civil::Date;
use procedure::Rulebook;

/// Opens an empty office whose first entry says that it is a demonstration, with a clock that
/// stands where the earliest of its cases begins.
///
/// # Errors
/// The place holds an office already, or cannot be opened.
pub async fn open(settings: Settings, today: Date) -> anyhow::Result<Office> {
    open_on(settings, first_day(today)).await
}

/// The same for a story of its own: the clock stands on the morning of this day.
///
/// # Errors
/// As [`open`].
pub async fn open_on(settings: Settings, day: Date) -> anyhow::Result<Office> {
    let office = crate::opening::open_demonstration(settings, Clock::at(day.at(7, 30, 0, 0))).await?;
    ensure!(office.is_demonstration(), "the directory already holds an office that is no demonstration");
    Ok(office)
}

/// Fills an empty demonstration so that its last entries lie on the working day before `today`.
///
/// # Errors
/// The office is no empty demonstration, or an act was refused: the message names it.
pub async fn fill(office: &Office, today: Date) -> anyhow::Result<Vec<DemoAccount>> {
    ensure!(office.is_demonstration(), "only an office opened as a demonstration is filled");
    ensure!(matches!(office.clock(), Clock::Stepped(_)), "a demonstration needs a clock that can be stepped");
    ensure!(office.database().accounts().await?.is_empty(), "the demonstration is filled already");
    office.clock().step_to(first_day(today).at(7, 30, 0, 0));
    let accounts = furnish(office, today).await?;
    cases::tell(office, today).await?;
    Ok(accounts)
}

/// Well before the first case: about half a year of calendar days.
fn first_day(today: Date) -> Date {
    today.saturating_sub(jiff::Span::new().days(140))
}

/// The n-th working day before (negative) or after a day. Where no calendar is loaded, Saturdays
/// and Sundays are the days of rest: a demonstration decides nothing by it.
pub(crate) fn working_day(book: &Rulebook, from: Date, n: i32) -> Date {
    let step = jiff::Span::new().days(n.signum());
    let mut day = from;
    let mut left = n.abs();
    while left > 0 {
        day = day.saturating_add(step);
        let weekday = day.weekday().to_monday_zero_offset() < 5;
        if book.calendars.is_working_day(day).unwrap_or(weekday) {
            left -= 1;
        }
    }
    day
}
