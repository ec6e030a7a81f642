//! Art. 12: the filing approval with its contents and opinions; late approval in two working days.

use crate::stories::*;
use serde_json::json;
use tests::given::*;
use tests::happened::*;

#[test]
fn the_form_waits_for_party_and_cause() {
    told(vec![case_opened()]).when(submits("filing-approval")).then_refused_by("filing-form-complete");
    told(vec![case_opened(), party_recorded()]).when(submits("filing-approval")).then_refused_by("filing-form-complete");
    told(opened()).when(submits("filing-approval")).then_met("filing-form-complete");
}

#[test]
fn an_opinion_is_written_and_a_struck_blank_is_none() {
    let filing = || told(with(opened(), [submitted("filing-approval")]));
    filing().when(gives_opinion("filing-approval", "")).then_refused_by("opinion-on-form");
    filing().when(gives_opinion("filing-approval", "/")).then_refused_by("opinion-on-form");
    filing().when(gives_opinion("filing-approval", "同意立案")).then_met("opinion-on-form");
}

#[test]
fn work_begun_before_filing_owes_late_approval_in_two_working_days() {
    // Begun on Thursday; Friday and Monday count.
    let begun = || told(with(opened(), [started_before_filing().on("2026-03-05T15:00")]));
    begun().on("2026-03-06").owes("late-filing-approval").due("2026-03-09");
    begun().at_the_end_of("2026-03-09").owes("late-filing-approval").not_late();
    begun().on("2026-03-10").owes("late-filing-approval").overdue();
}

#[test]
fn the_third_working_day_is_late() {
    let filed_on = |day: &str| told(with(opened(), [started_before_filing().on("2026-03-05T15:00"), filed().on(day)]));
    filed_on("2026-03-09").has_met("late-filing-approval");
    filed_on("2026-03-10").has_met_late("late-filing-approval").carries("late-filing-approval");
}

#[test]
fn the_two_days_run_over_the_spring_festival() {
    // Thursday, 12 February 2026: Friday the 13th and Saturday the 14th, a make-up day, count.
    let begun = told(vec![case_opened().on("2026-02-12"), started_before_filing().on("2026-02-12T15:00")]);
    begun.on("2026-02-13").owes("late-filing-approval").due("2026-02-14");
}

#[test]
fn a_denial_ends_what_was_owed() {
    told(with(opened(), [started_before_filing(), declined().on("2026-03-03")])).has_met("late-filing-approval");
}

#[test]
fn a_visit_before_filing_owes_late_approval_however_late_it_is_entered() {
    // The officers were there on Thursday the 5th; filed on Tuesday the 10th; entered on the 11th.
    let late = || with(opened(), [filed().on("2026-03-10"), visit_started().on("2026-03-05T15:00").recorded("2026-03-11")]);
    told(late()).on("2026-03-11").has_met_late("late-filing-approval").carries("late-filing-approval");
    // Filed on Monday the 9th, the second working day: in time.
    let timely = with(opened(), [filed().on("2026-03-09"), visit_started().on("2026-03-05T15:00").recorded("2026-03-11")]);
    told(timely).on("2026-03-11").has_met("late-filing-approval").is_clear_of("late-filing-approval");
    // Not filed at all: owed from the visit, and late from the third working day.
    let unfiled = || told(with(opened(), [visit_started().on("2026-03-05T15:00")]));
    unfiled().owes("late-filing-approval").due("2026-03-09");
    unfiled().on("2026-03-10").owes("late-filing-approval").overdue();
}

#[test]
fn an_inspection_or_an_inquiry_before_filing_counts_like_a_visit() {
    for kind in ["inspection-record", "inquiry-record"] {
        let early = with(opened(), [filed().on("2026-03-10"), made(kind).on("2026-03-05T15:00").recorded("2026-03-11")]);
        told(early).on("2026-03-11").has_met_late("late-filing-approval");
        let regular = with(opened(), [filed().on("2026-03-03"), made(kind).on("2026-03-05T15:00")]);
        told(regular).owes_nothing_by("late-filing-approval");
    }
    told(with(opened(), [filed().on("2026-03-03"), visit_started().on("2026-03-05T15:00")])).owes_nothing_by("late-filing-approval");
}

#[test]
fn the_form_has_its_contents() {
    told(opened()).when(submits("filing-approval").with(filing_fields())).then_met("filing-contents");
    for (name, struck) in [("source", json!("")), ("party", json!({ "name": "/" })), ("case_summary", json!("/")), ("officers", json!([]))] {
        told(opened()).when(submits("filing-approval").with(filing_fields()).with(json!({ name: struck }))).then_refused_by("filing-contents");
    }
}

#[test]
fn every_opinion_is_given_by_whoever_stands_at_the_step() {
    use procedure::people::Role::*;
    let asked = || told(with(opened(), [submitted("filing-approval")]));
    asked().when(takes_step("filing-approval", "handler")).then_met("own-step");
    asked().when(takes_step("filing-approval", "handler").by("chen")).then_refused_by("own-step");
    asked().when(takes_step("filing-approval", "agency-head").by("zhao")).then_refused_by("own-step");
    asked().when(takes_step("filing-approval", "agency-head").by("zhao").as_role(AgencyHead)).then_met("own-step");
    let stood_in_for = json!({ "delegated": true });
    asked().when(takes_step("filing-approval", "agency-head").by("tang").as_role(DeputyHead).with(stood_in_for)).then_met("own-step");
}

#[test]
fn nobody_approves_a_paper_of_his_own() {
    use procedure::people::Role::AgencyHead;
    let asked = || told(with(opened(), [submitted("filing-approval").by("zhao")]));
    asked().when(takes_step("filing-approval", "agency-head").by("zhao").as_role(AgencyHead)).then_refused_by("not-own-paper");
    asked().when(takes_step("filing-approval", "agency-head").by("sun").as_role(AgencyHead)).then_met("not-own-paper");
}

#[test]
fn who_did_not_begin_early_owes_no_late_approval() {
    told(opened()).owes_nothing_by("late-filing-approval");
}
