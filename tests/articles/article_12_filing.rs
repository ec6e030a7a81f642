//! Art. 12: the filing approval with its contents and opinions; late approval in two working days.

use crate::stories::*;
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
fn who_did_not_begin_early_owes_no_late_approval() {
    told(opened()).owes_nothing_by("late-filing-approval");
}
