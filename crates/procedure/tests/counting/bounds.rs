//! A year counted as if its calendar were missing must hold the true date inside
//! the range, and the range must stay narrow enough to be of use.

use crate::common::{calendars, calendars_without, date};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use procedure::deadline::{CalendarDays, Due, Rolls, Term, WorkingDays, due, due_before};
use proptest::prelude::*;

const FIRST: Date = Date::constant(2019, 1, 1);
/// Late enough for the year, early enough that sixty working days stay in 2026.
const LAST: Date = Date::constant(2026, 9, 20);

fn starts() -> impl Iterator<Item = Date> {
    std::iter::successors(Some(FIRST), |day| day.tomorrow().ok()).take_while(|&day| day <= LAST)
}

fn noon(day: Date) -> DateTime {
    day.at(12, 0, 0, 0)
}

fn holds(range: &Due, truth: &Due) {
    let true_date = truth.certain().expect("certain with every calendar");
    assert!(
        range.earliest <= true_date && true_date <= range.latest,
        "{} from {}: {true_date} is not within {} and {}",
        truth.derivation.term,
        truth.derivation.trigger,
        range.earliest,
        range.latest
    );
}

/// Every start day and every length of 1 to 60, each day with its own six lengths;
/// neighbouring days take the others.
fn lengths(start: Date) -> impl Iterator<Item = u32> {
    let offset = u32::from(start.day_of_year().unsigned_abs()) % 10;
    (1..=60).filter(move |days| days % 10 == offset)
}

#[test]
fn the_true_date_of_working_days_is_within_the_range_of_every_year_2019_to_2026() {
    let known = calendars();
    for year in 2019..=2026 {
        let without = calendars_without(&[year]);
        // A term that begins before October ends at the turn of the year at latest.
        let first = Date::new(year - 1, 10, 1).expect("date");
        for start in starts().filter(|&start| start >= first && start.year() <= year) {
            for days in lengths(start) {
                let term = Term::WorkingDays(WorkingDays(days));
                let truth = due(noon(start), term, Rolls::Forward, &[], &known);
                holds(
                    &due(noon(start), term, Rolls::Forward, &[], &without),
                    &truth,
                );
            }
        }
    }
}

#[test]
fn the_true_date_is_within_the_range_when_no_year_is_loaded() {
    let known = calendars();
    let none = calendars_without(&[2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026]);
    for start in starts() {
        for days in [2, 10, 30] {
            let term = Term::WorkingDays(WorkingDays(days));
            let truth = due(noon(start), term, Rolls::Forward, &[], &known);
            holds(&due(noon(start), term, Rolls::Forward, &[], &none), &truth);
        }
    }
}

#[test]
fn a_moved_last_day_and_a_counted_back_day_are_within_the_range() {
    let known = calendars();
    for year in 2019..=2026 {
        let without = calendars_without(&[year]);
        for day in starts().filter(|day| day.year() == year) {
            let one = Term::CalendarDays(CalendarDays(1));
            let truth = due(noon(day), one, Rolls::Forward, &[], &known);
            holds(&due(noon(day), one, Rolls::Forward, &[], &without), &truth);
            if day > date("2019-02-20") {
                let seven = Term::WorkingDays(WorkingDays(7));
                let truth = due_before(noon(day), seven, &known);
                holds(&due_before(noon(day), seven, &without), &truth);
            }
        }
    }
}

#[test]
fn the_range_is_of_use() {
    let without = calendars_without(&[2026]);
    let width = |start: &str, days| {
        let range = due(
            noon(date(start)),
            Term::WorkingDays(WorkingDays(days)),
            Rolls::ShowBoth,
            &[],
            &without,
        );
        let first = range.earliest.date();
        range.latest.date().duration_since(first).as_hours() / 24
    };
    // Far from a festival nothing is open; across one, about a week or two is.
    assert_eq!(width("2026-07-06", 20), 0);
    assert_eq!(width("2026-11-02", 30), 0);
    assert!(width("2026-06-08", 10) <= 7);
    assert!(width("2026-02-09", 10) <= 14);
    assert!(width("2026-01-05", 60) <= 21);
}

#[test]
fn a_range_of_one_day_is_still_not_certain_without_the_calendar() {
    let without = calendars_without(&[2026]);
    let range = due(
        noon(date("2026-07-06")),
        Term::WorkingDays(WorkingDays(5)),
        Rolls::ShowBoth,
        &[],
        &without,
    );
    assert_eq!(range.earliest, range.latest);
    assert_eq!(range.certain(), None);
    assert_eq!(range.derivation.missing_years, [2026]);
}

fn any_term() -> impl Strategy<Value = (Term, Term)> {
    (0_u8..5, 1_u32..200, 0_u32..50).prop_map(|(unit, count, more)| {
        let unit_name = ["working days", "days", "months", "hours", "years"][usize::from(unit)];
        let count = if unit == 4 { count % 40 + 1 } else { count };
        let term = |count: u32| format!("{count} {unit_name}").parse().expect("term");
        (term(count), term(count + more))
    })
}

proptest! {
    #[test]
    fn a_term_never_ends_before_its_trigger_and_more_is_never_earlier(
        day in 0_i32..4500,
        (shorter, longer) in any_term(),
        rolls in prop::sample::select(vec![Rolls::Forward, Rolls::ShowBoth, Rolls::Never]),
    ) {
        let calendars = calendars();
        let trigger = noon(date("2018-01-01").saturating_add(day.days()));
        let short = due(trigger, shorter, rolls, &[], &calendars);
        let long = due(trigger, longer, rolls, &[], &calendars);
        prop_assert!(trigger <= short.earliest);
        prop_assert!(short.earliest <= short.latest);
        prop_assert!(short.earliest <= long.earliest);
        prop_assert!(short.latest <= long.latest);
        let before = due_before(trigger, shorter, &calendars);
        prop_assert!(before.earliest <= before.latest);
        prop_assert!(before.latest < trigger);
        prop_assert!(due_before(trigger, longer, &calendars).earliest <= before.earliest);
    }

    #[test]
    fn a_later_trigger_never_ends_earlier(day in 0_i32..3000, later in 0_i32..30, count in 1_u32..60) {
        let calendars = calendars();
        let term = Term::WorkingDays(WorkingDays(count));
        let first = noon(date("2019-01-01").saturating_add(day.days()));
        let second = first.saturating_add(later.days());
        let early = due(first, term, Rolls::Forward, &[], &calendars);
        let late = due(second, term, Rolls::Forward, &[], &calendars);
        prop_assert!(early.earliest <= late.earliest);
    }
}
