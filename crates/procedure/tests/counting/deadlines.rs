//! Terms the office meets, with the dates the law gives them.

use crate::common::{at, calendars, calendars_without, date, due_after, last_day, term};
use procedure::deadline::{
    Pause, Remaining, Rolls, Term, WorkingDays, due, due_before, remaining, working_days_between,
};

fn pause(from: &str, to: Option<&str>, why: &str) -> Pause {
    Pause {
        from: date(from),
        to: to.map(date),
        why: why.to_owned(),
    }
}

#[test]
fn five_working_days_across_spring_festival() {
    let due = due_after("2026-02-12", "5 working days", Rolls::Forward, &calendars());
    assert_eq!(last_day(&due), "2026-02-26");
}

#[test]
fn seven_working_days_across_national_day() {
    let due = due_after("2026-09-28", "7 working days", Rolls::Forward, &calendars());
    assert_eq!(last_day(&due), "2026-10-13");
}

#[test]
fn ten_working_days_after_urging_and_then_the_court() {
    let due = due_after(
        "2025-09-26",
        "10 working days",
        Rolls::Forward,
        &calendars(),
    );
    assert_eq!(last_day(&due), "2025-10-16");
    assert_eq!(due.day_after(), date("2025-10-17"));
}

#[test]
fn two_working_days_across_labour_day() {
    let due = due_after(
        "2026-04-30",
        "2 working days",
        Rolls::ShowBoth,
        &calendars(),
    );
    assert_eq!(last_day(&due), "2026-05-07");
    assert_eq!(due.rolled, None);
}

#[test]
fn a_hearing_is_announced_seven_full_working_days_before() {
    let due = due_before(at("2026-10-20"), term("7 working days"), &calendars());
    assert_eq!(last_day(&due), "2026-10-09");
    let text = due.called("听证", "行政处罚法64").derivation.lines_zh();
    assert_eq!(
        text[0],
        "10月20日听证，前一日起倒数，首尾两日不计，7 个工作日；10月11日，10月17、18日休息；10月10日调休上班。"
    );
}

#[test]
fn with_hearing_right_served_before_spring_festival_decide_after_it() {
    let due = due_after("2026-02-12", "5 working days", Rolls::Forward, &calendars());
    assert_eq!(due.day_after(), date("2026-02-27"));
}

#[test]
fn the_court_window_opens_after_six_months_and_closes_three_later() {
    let calendars = calendars();
    let remedies = due_after("2026-01-15", "6 months", Rolls::Forward, &calendars);
    assert_eq!(last_day(&remedies), "2026-07-15");
    assert_eq!(remedies.day_after(), date("2026-07-16"));
    let window = due_after("2026-07-15", "3 months", Rolls::Forward, &calendars);
    assert_eq!(last_day(&window), "2026-10-15");
}

#[test]
fn three_months_from_the_end_of_november_end_with_february() {
    let due = due_after("2025-11-30", "3 months", Rolls::Never, &calendars());
    assert_eq!(last_day(&due), "2026-02-28");
}

#[test]
fn ten_years_from_29_february_end_on_the_28th() {
    let due = due_after("2024-02-29", "10 years", Rolls::Never, &calendars());
    assert_eq!(last_day(&due), "2034-02-28");
    assert!(
        due.derivation.missing_years.is_empty(),
        "retention asks no calendar"
    );
}

#[test]
fn thirty_days_of_seizure_end_on_the_holiday_itself() {
    let calendars = calendars();
    let seizure = due_after("2026-09-01", "30 days", Rolls::Never, &calendars);
    assert_eq!(last_day(&seizure), "2026-10-01");
    // The same thirty days of a party's term end after the holiday.
    let party = due_after("2026-09-01", "30 days", Rolls::Forward, &calendars);
    assert_eq!(last_day(&party), "2026-10-08");
    // A bureau's own duty binds on the day and shows the other.
    let own = due_after("2026-09-01", "30 days", Rolls::ShowBoth, &calendars);
    assert_eq!(last_day(&own), "2026-10-01");
    let rolled = own.rolled.expect("both dates");
    assert_eq!(rolled.date(), date("2026-10-08"));
}

#[test]
fn days_end_with_the_day_and_hours_to_the_second() {
    let calendars = calendars();
    let days = due_after("2026-11-17", "2 days", Rolls::Never, &calendars);
    assert_eq!(
        days.certain().expect("date").to_string(),
        "2026-11-19T23:59:59"
    );
    let friday_night = date("2026-09-30").at(22, 15, 7, 0);
    let hours = due(
        friday_night,
        term("24 hours"),
        Rolls::Forward,
        &[],
        &calendars,
    );
    assert_eq!(
        hours.certain().expect("date").to_string(),
        "2026-10-01T22:15:07"
    );
}

#[test]
fn paused_days_do_not_count() {
    let calendars = calendars();
    let expertise = pause("2026-09-10", Some("2026-09-19"), "鉴定");
    let measured = |length| {
        let due = due(
            at("2026-09-01"),
            term(length),
            Rolls::Never,
            std::slice::from_ref(&expertise),
            &calendars,
        );
        last_day(&due)
    };
    assert_eq!(measured("30 days"), "2026-10-11");
    assert_eq!(measured("1 month"), "2026-10-11");
    // The pause takes seven working days; 20 September is made up.
    assert_eq!(measured("7 working days"), "2026-09-20");
    // One that begins after the end changes nothing.
    assert_eq!(measured("5 days"), "2026-09-06");
}

#[test]
fn overlapping_pauses_are_not_counted_twice() {
    let pauses = [
        pause("2026-09-10", Some("2026-09-12"), "鉴定"),
        pause("2026-09-11", Some("2026-09-14"), "听证"),
    ];
    let due = due(
        at("2026-09-01"),
        term("30 days"),
        Rolls::Never,
        &pauses,
        &calendars(),
    );
    assert_eq!(last_day(&due), "2026-10-06");
}

#[test]
fn a_pause_still_going_on_leaves_the_date_open() {
    let calendars = calendars();
    let pauses = [pause("2026-09-10", None, "复议")];
    let due = due(
        at("2026-09-01"),
        term("30 days"),
        Rolls::Never,
        &pauses,
        &calendars,
    );
    assert_eq!(due.certain(), None);
    assert_eq!(due.paused_since, Some(date("2026-09-10")));
    assert_eq!(due.zh(2026), "9月10日起中止");
    assert_eq!(
        remaining(at("2026-12-01"), &due, &calendars),
        Remaining::Paused
    );
    let lines = due.derivation.lines_zh();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("复议，尚未恢复，不计入")),
        "{lines:?}"
    );
}

#[test]
fn the_page_says_how_the_day_came_about() {
    let due = due_after(
        "2026-11-17",
        "7 working days",
        Rolls::ShowBoth,
        &calendars(),
    )
    .called("登记", "行政处罚法56");
    assert_eq!(last_day(&due), "2026-11-26");
    assert_eq!(
        due.derivation.lines_zh(),
        [
            "11月17日登记，次日起算，7 个工作日；11月21、22日休息。",
            "日历：国务院办公厅关于2026年部分节假日安排的通知。",
            "依据：行政处罚法56。",
        ]
    );
}

#[test]
fn the_page_names_the_festival_and_the_moved_day() {
    let calendars = calendars();
    let urged =
        due_after("2026-09-28", "7 working days", Rolls::Forward, &calendars).called("送达", "");
    assert_eq!(
        urged.derivation.lines_zh()[0],
        "9月28日送达，次日起算，7 个工作日；10月11日休息；10月1日至7日国庆节放假；10月10日调休上班。"
    );
    let party = due_after("2026-09-01", "30 days", Rolls::Forward, &calendars).called("送达", "");
    assert_eq!(
        party.derivation.lines_zh(),
        [
            "9月1日送达，次日起算，30 日。",
            "最后一日10月1日休息，顺延至10月8日。",
            "日历：国务院办公厅关于2026年部分节假日安排的通知。",
        ]
    );
}

#[test]
fn a_term_into_a_year_without_calendar_is_a_range_and_says_so() {
    let calendars = calendars();
    let due =
        due_after("2026-12-21", "15 working days", Rolls::ShowBoth, &calendars).called("送达", "");
    assert_eq!(due.certain(), None);
    assert_eq!(due.derivation.missing_years, [2027]);
    assert!(due.earliest < due.latest);
    let lines = due.derivation.lines_zh();
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("2027年日历尚未载入，只能推算：2027年1月")),
        "{lines:?}"
    );
    // The bureau acts by the earliest date; what opens after, opens after the latest.
    assert_eq!(due.binding(), due.earliest);
    assert!(due.day_after() > due.latest.date());
    let left = remaining(at("2026-12-21"), &due, &calendars).to_string();
    assert!(left.starts_with("约 "), "{left}");
}

#[test]
fn ninety_days_into_a_year_without_calendar_are_certain_for_the_bureau() {
    let due = due_after("2026-11-16", "90 days", Rolls::ShowBoth, &calendars());
    assert_eq!(last_day(&due), "2027-02-14");
    assert_eq!(due.rolled, None, "the moved date is not known");
}

#[test]
fn what_remains_is_told_in_the_unit_of_the_term() {
    let calendars = calendars();
    let told = |now: &str, length: &str| {
        let due = due_after("2026-11-17", length, Rolls::Never, &calendars);
        remaining(at(now), &due, &calendars).to_string()
    };
    // Due on Thursday, 26 November.
    assert_eq!(told("2026-11-20", "7 working days"), "还有 4 个工作日");
    assert_eq!(told("2026-11-26", "7 working days"), "今天到期");
    assert_eq!(told("2026-11-27", "7 working days"), "超期 1 个工作日");
    assert_eq!(told("2026-11-30", "7 working days"), "超期 2 个工作日");
    // Due on Saturday, 21 November.
    assert_eq!(told("2026-11-19", "4 days"), "还有 2 日");
    assert_eq!(told("2026-11-24", "4 days"), "超期 3 日");
    assert_eq!(told("2026-11-17", "24 hours"), "还有 24 小时");
    assert_eq!(told("2026-11-20", "24 hours"), "超期 48 小时");
    // Due on a Friday, and no working day has passed by Saturday.
    assert_eq!(told("2026-11-21", "3 working days"), "已超期");
}

#[test]
fn working_days_between_two_days() {
    let calendars = calendars();
    let between = working_days_between(date("2026-09-28"), date("2026-10-13"), &calendars);
    assert_eq!((between.least, between.most, between.certain), (7, 7, true));
    let backwards = working_days_between(date("2026-10-13"), date("2026-09-28"), &calendars);
    assert_eq!((backwards.least, backwards.most), (0, 0));
    let unknown = working_days_between(
        date("2026-09-28"),
        date("2026-10-13"),
        &calendars_without(&[2026]),
    );
    assert!(!unknown.certain);
    assert!(unknown.least <= 7 && 7 <= unknown.most);
}

#[test]
fn terms_are_read_as_the_rules_write_them() {
    for (text, zh) in [
        ("2 working days", "2个工作日"),
        ("1 working day", "1个工作日"),
        ("30 days", "30日"),
        ("3 months", "3个月"),
        ("24 hours", "24小时"),
        ("10 years", "10年"),
    ] {
        assert_eq!(term(text).zh(), zh);
        assert_eq!(term(text).to_string(), text);
    }
    assert_eq!(term("2 working days"), Term::WorkingDays(WorkingDays(2)));
    for text in [
        "",
        "2",
        "days",
        "0 days",
        "-1 days",
        "2 weeks",
        "2working days",
        "101 years",
    ] {
        assert!(text.parse::<Term>().is_err(), "{text}");
    }
}

#[test]
fn absurd_terms_end_with_the_calendar_and_do_not_panic() {
    let calendars = calendars();
    let huge = Term::WorkingDays(WorkingDays(u32::MAX));
    let due = due(at("9999-12-30"), huge, Rolls::Forward, &[], &calendars);
    assert_eq!(due.latest.date(), date("9999-12-31"));
    let before = due_before(at("-009999-01-02"), huge, &calendars);
    assert_eq!(before.earliest.date(), date("-009999-01-01"));
}
