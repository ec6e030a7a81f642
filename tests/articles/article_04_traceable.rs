//! Art. 4: what happened stands as it was; an irregularity is a flaw, and what rests on it waits.

use crate::stories::*;
use tests::given::*;
use tests::happened::*;

fn irregular_inquiry() -> Vec<Happened> {
    with(opened(), [filed().on("2026-03-03"), made("inquiry-record").on("2026-03-04").flawed("two-officers")])
}

#[test]
fn an_irregular_inquiry_keeps_the_decision_waiting() {
    let case = told(with(irregular_inquiry(), [issued("inquiry-record"), scanned("inquiry-record")]));
    case.carries("two-officers");
    case.when(submits("decision-approval")).then_refused_by("sheets-before-approval");
}

#[test]
fn a_new_inquiry_cures_it() {
    told(with(irregular_inquiry(), [made("inquiry-record").called("second").on("2026-03-05")])).is_clear_of("two-officers");
}

#[test]
fn an_inspection_does_not_cure_an_inquiry() {
    told(with(irregular_inquiry(), [made("inspection-record").on("2026-03-05")])).carries("two-officers");
}

#[test]
fn an_inquiry_of_somebody_else_does_not_cure_it() {
    let asked = |name: &str| serde_json::json!({ "person": { "name": name } });
    let story = with(
        opened(),
        [
            made("inquiry-record").with(asked("甲")).flawed("two-officers"),
            made("inquiry-record").called("second").with(asked("乙")).on("2026-03-05"),
        ],
    );
    told(story).carries("two-officers");
}

#[test]
fn the_head_decides_that_it_may_be_relied_on() {
    let story = with(
        irregular_inquiry(),
        [issued("inquiry-record"), scanned("inquiry-record"), head_decides("two-officers", true).on("2026-03-05")],
    );
    let case = told(story);
    case.is_clear_of("two-officers");
    case.when(submits("decision-approval")).then_met("sheets-before-approval");
}

#[test]
fn what_the_head_sets_aside_counts_as_not_made() {
    let story = with(
        irregular_inquiry(),
        [issued("inquiry-record"), scanned("inquiry-record"), head_decides("two-officers", false).on("2026-03-05")],
    );
    told(story).when(submits("decision-approval")).then_refused_by("sheets-before-approval");
}

#[test]
fn service_on_a_saturday_stands_as_it_was() {
    use procedure::event::ServiceMethod::Direct;
    let serving = || serves("prior-notice", Direct).with(serde_json::json!({ "recipient": "店长" }));
    // 25 December 2021 was a Saturday, 24 December a Friday.
    let case = || told(vec![case_opened().on("2021-12-20")]);
    case().on("2021-12-25").when(serving()).then_flawed_by("service-on-working-day");
    case().on("2021-12-24").when(serving()).then_met("service-on-working-day");
}

#[test]
fn service_on_a_make_up_day_is_service_on_a_working_day() {
    use procedure::event::ServiceMethod::Direct;
    // Sunday, 4 February 2024 is a working day by the notice of that year.
    let case = told(vec![case_opened().on("2024-02-01")]);
    case.on("2024-02-04").when(serves("prior-notice", Direct)).then_met("service-on-working-day");
}

#[test]
fn an_officer_in_two_places_is_recorded_with_its_flaw() {
    let case = || told(opened());
    case().when(records("inquiry-record").while_also("wang", "另一处现场")).then_flawed_by("officers-not-elsewhere");
    case().when(records("inquiry-record")).then_met("officers-not-elsewhere");
}

#[test]
fn lateness_is_taken_away_by_the_head_alone() {
    let slip = |as_head: bool| corrects().with(serde_json::json!({ "mends_lateness": true, "as_head": as_head }));
    told(decided()).when(slip(false)).then_refused_by("lateness-stays");
    told(decided()).when(slip(true)).then_met("lateness-stays");
}
