//! Art. 33: the rule is in force from its publication on 30 September 2019. What was opened before
//! is recorded without its rules.

use tests::given::*;
use tests::happened::*;

fn opened_on(day: &str) -> Given {
    told(vec![case_opened_from(day, &[]).on(day)])
}

#[test]
fn a_case_opened_the_day_before_knows_none_of_its_rules() {
    opened_on("2019-09-29").when(submits("filing-approval")).then_met("filing-form-complete");
    opened_on("2019-09-30").when(submits("filing-approval")).then_refused_by("filing-form-complete");
}

#[test]
fn nor_do_later_acts_of_such_a_case() {
    opened_on("2019-09-29").on("2026-03-02").when(records("inquiry-record").by_officers(&["wang"])).then_met("two-officers");
    opened_on("2019-09-30").on("2026-03-02").when(records("inquiry-record").by_officers(&["wang"])).then_flawed_by("two-officers");
}

#[test]
fn nor_are_its_duties_owed() {
    opened_on("2019-09-29").owes_nothing_by("decide-on-filing");
    opened_on("2019-09-30").owes("decide-on-filing");
}
