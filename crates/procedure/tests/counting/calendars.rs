//! The calendars of 2019 to 2026 against the yearly totals and days of the notices.

use crate::common::{YEARS, calendars, calendars_without, date};
use jiff::civil::Date;
use procedure::calendar::{Calendar, CalendarError, DayKind};

fn days_of(year: i16) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(Date::constant(year, 1, 1)), |day| day.tomorrow().ok())
        .take_while(move |day| day.year() == year)
}

#[test]
fn every_year_has_its_working_days() {
    let calendars = calendars();
    let totals: [(i16, usize); 8] = [
        (2019, 250),
        (2020, 249),
        (2021, 250),
        (2022, 249),
        (2023, 249),
        (2024, 251),
        (2025, 248),
        (2026, 248),
    ];
    for (year, expected) in totals {
        let working = days_of(year)
            .filter(|&day| calendars.is_working_day(day) == Some(true))
            .count();
        assert_eq!(working, expected, "{year}");
    }
}

#[test]
fn thirteen_days_are_statutory_since_2025_and_eleven_were_before() {
    let calendars = calendars();
    // In 2020 mid-autumn fell on 1 October: two festivals, one day.
    let totals: [(i16, usize); 8] = [
        (2019, 11),
        (2020, 10),
        (2021, 11),
        (2022, 11),
        (2023, 11),
        (2024, 11),
        (2025, 13),
        (2026, 13),
    ];
    for (year, expected) in totals {
        let statutory = days_of(year)
            .filter(|&day| calendars.is_statutory_holiday(day) == Some(true))
            .count();
        assert_eq!(statutory, expected, "{year}");
    }
}

#[test]
fn make_up_days_are_those_of_the_notices() {
    let calendars = calendars();
    let listed: [(i16, &[&str]); 8] = [
        (
            2019,
            &["02-02", "02-03", "04-28", "05-05", "09-29", "10-12"],
        ),
        (
            2020,
            &["01-19", "04-26", "05-09", "06-28", "09-27", "10-10"],
        ),
        (
            2021,
            &[
                "02-07", "02-20", "04-25", "05-08", "09-18", "09-26", "10-09",
            ],
        ),
        (
            2022,
            &[
                "01-29", "01-30", "04-02", "04-24", "05-07", "10-08", "10-09",
            ],
        ),
        (
            2023,
            &[
                "01-28", "01-29", "04-23", "05-06", "06-25", "10-07", "10-08",
            ],
        ),
        (
            2024,
            &[
                "02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12",
            ],
        ),
        (2025, &["01-26", "02-08", "04-27", "09-28", "10-11"]),
        (
            2026,
            &["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
        ),
    ];
    for (year, expected) in listed {
        let made_up: Vec<String> = days_of(year)
            .filter(|&day| calendars.day(day) == DayKind::MakeUpDay)
            .map(|day| day.strftime("%m-%d").to_string())
            .collect();
        assert_eq!(made_up, expected, "{year}");
    }
}

#[test]
fn days_off_are_those_of_the_notices() {
    let calendars = calendars();
    let listed: [(i16, &[(&str, &str)]); 8] = [
        (
            2019,
            &[
                ("01-01", "01-01"),
                ("02-04", "02-10"),
                ("04-05", "04-07"),
                ("05-01", "05-04"),
                ("06-07", "06-09"),
                ("09-13", "09-15"),
                ("10-01", "10-07"),
            ],
        ),
        (
            2020,
            &[
                ("01-01", "01-01"),
                ("01-24", "02-02"),
                ("04-04", "04-06"),
                ("05-01", "05-05"),
                ("06-25", "06-27"),
                ("10-01", "10-08"),
            ],
        ),
        (
            2021,
            &[
                ("01-01", "01-03"),
                ("02-11", "02-17"),
                ("04-03", "04-05"),
                ("05-01", "05-05"),
                ("06-12", "06-14"),
                ("09-19", "09-21"),
                ("10-01", "10-07"),
            ],
        ),
        (
            2022,
            &[
                ("01-01", "01-03"),
                ("01-31", "02-06"),
                ("04-03", "04-05"),
                ("04-30", "05-04"),
                ("06-03", "06-05"),
                ("09-10", "09-12"),
                ("10-01", "10-07"),
                ("12-31", "12-31"),
            ],
        ),
        (
            2023,
            &[
                ("01-01", "01-02"),
                ("01-21", "01-27"),
                ("04-05", "04-05"),
                ("04-29", "05-03"),
                ("06-22", "06-24"),
                ("09-29", "10-06"),
                ("12-30", "12-31"),
            ],
        ),
        (
            2024,
            &[
                ("01-01", "01-01"),
                ("02-10", "02-17"),
                ("04-04", "04-06"),
                ("05-01", "05-05"),
                ("06-10", "06-10"),
                ("09-15", "09-17"),
                ("10-01", "10-07"),
            ],
        ),
        (
            2025,
            &[
                ("01-01", "01-01"),
                ("01-28", "02-04"),
                ("04-04", "04-06"),
                ("05-01", "05-05"),
                ("05-31", "06-02"),
                ("10-01", "10-08"),
            ],
        ),
        (
            2026,
            &[
                ("01-01", "01-03"),
                ("02-15", "02-23"),
                ("04-04", "04-06"),
                ("05-01", "05-05"),
                ("06-19", "06-21"),
                ("09-25", "09-27"),
                ("10-01", "10-07"),
            ],
        ),
    ];
    for (year, ranges) in listed {
        let mut weekdays_off = 0;
        for (first, last) in ranges {
            let last = date(&format!("{year}-{last}"));
            let mut day = date(&format!("{year}-{first}"));
            while day <= last {
                assert_eq!(calendars.is_working_day(day), Some(false), "{day}");
                if !matches!(calendars.day(day), DayKind::WeekEnd)
                    && day.weekday().to_monday_one_offset() <= 5
                {
                    weekdays_off += 1;
                }
                day = day.tomorrow().expect("day");
            }
        }
        let all_weekdays_off = days_of(year)
            .filter(|day| day.weekday().to_monday_one_offset() <= 5)
            .filter(|&day| calendars.is_working_day(day) == Some(false))
            .count();
        assert_eq!(
            weekdays_off, all_weekdays_off,
            "{year}: a weekday off that is not listed"
        );
    }
}

#[test]
fn the_national_day_week_has_every_kind_of_day() {
    let calendars = calendars();
    let kinds = [
        ("2026-09-30", DayKind::WorkingDay),
        ("2026-10-01", DayKind::HolidayStatutory),
        ("2026-10-03", DayKind::HolidayStatutory),
        ("2026-10-04", DayKind::WeekEnd),
        ("2026-10-05", DayKind::HolidayInLieu),
        ("2026-10-07", DayKind::HolidayInLieu),
        ("2026-10-08", DayKind::WorkingDay),
        ("2026-10-10", DayKind::MakeUpDay),
        ("2026-10-11", DayKind::WeekEnd),
    ];
    for (day, kind) in kinds {
        assert_eq!(calendars.day(date(day)), kind, "{day}");
    }
    assert_eq!(calendars.festival(date("2026-10-05")), Some("国庆节"));
    assert_eq!(calendars.festival(date("2026-10-11")), None);
}

#[test]
fn a_notice_also_moves_the_december_before() {
    let calendars = calendars();
    // The notice of 2019 had 29 December 2018 worked and 31 December off.
    assert_eq!(calendars.day(date("2018-12-29")), DayKind::MakeUpDay);
    assert_eq!(calendars.day(date("2018-12-31")), DayKind::HolidayInLieu);
    assert_eq!(calendars.day(date("2018-12-28")), DayKind::Unknown);
}

#[test]
fn a_year_not_loaded_is_unknown_and_never_plain_week_days() {
    let calendars = calendars();
    assert_eq!(calendars.day(date("2027-03-01")), DayKind::Unknown);
    assert_eq!(calendars.is_working_day(date("2027-03-06")), None);
    assert_eq!(calendars.is_statutory_holiday(date("2027-01-01")), None);
}

#[test]
fn the_end_of_december_waits_for_the_next_notice_where_it_may_be_moved() {
    // New Year 2027 is a Friday: no exchange. New Year 2026 was a Thursday.
    assert_eq!(calendars().day(date("2026-12-31")), DayKind::WorkingDay);
    let until_2025 = calendars_without(&[2026]);
    assert_eq!(until_2025.day(date("2025-12-28")), DayKind::WeekEnd);
    assert_eq!(until_2025.day(date("2025-12-30")), DayKind::Unknown);
    assert_eq!(until_2025.missing_year(date("2025-12-30")), Some(2026));
}

#[test]
fn notices_are_kept_with_number_and_amendment() {
    let calendars = calendars();
    let notices = calendars.year(2020).expect("2020").notices();
    let titles: Vec<&str> = notices.iter().map(|notice| notice.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "国务院办公厅关于2020年部分节假日安排的通知",
            "国务院办公厅关于延长2020年春节假期的通知"
        ]
    );
    let of_2026 = &calendars.year(2026).expect("2026").notices()[0];
    assert_eq!(of_2026.number.as_deref(), Some("国办发明电〔2025〕7号"));
    assert_eq!(of_2026.date, date("2025-11-04"));
}

#[test]
fn a_calendar_that_contradicts_itself_is_refused() {
    let with = |off: &str, work: &str, statutory: &str| {
        let text = format!(
            "off = [{off}]\nwork = [{work}]\nstatutory = [{statutory}]\n[notice]\n\
             title = \"试\"\nissuer = \"试\"\ndate = \"2026-11-01\"\n"
        );
        Calendar::parse(2027, &text)
    };
    assert!(with("\"2027-01-01\"", "", "\"2027-01-01\"").is_ok());
    assert!(matches!(
        with("\"2027-01-01..2027-01-03\"", "\"2027-01-04\"", ""),
        Err(CalendarError::WorkDay { .. })
    ));
    assert!(matches!(
        with("", "", "\"2027-01-01\""),
        Err(CalendarError::StatutoryNotOff { .. })
    ));
    assert!(matches!(
        with("\"2028-01-01\"", "", ""),
        Err(CalendarError::OtherYear { .. })
    ));
    assert!(matches!(
        with("\"2027-01-03..2027-01-01\"", "", ""),
        Err(CalendarError::Days { .. })
    ));
    assert!(matches!(
        with("\"2027-01-01\", \"2027-01-01\"", "", ""),
        Err(CalendarError::Twice { .. })
    ));
    assert!(matches!(
        Calendar::parse(2026, YEARS[6].1),
        Err(CalendarError::OtherYear { .. })
    ));
}
