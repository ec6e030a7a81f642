//! Art. 13: clues are decided upon; who reported or transferred is told of a refusal to file.

use tests::given::*;
use tests::happened::*;

const INFORMANT: &str = "投诉人、举报人（信息已封存）";

fn refused() -> Vec<Happened> {
    vec![case_opened_from("2026-03-02", &[INFORMANT]).on("2026-03-02"), declined().on("2026-03-04")]
}

#[test]
fn an_accepted_clue_owes_a_decision_on_filing() {
    given([case_opened()]).owes("decide-on-filing").without_a_date();
    given([case_opened(), filed()]).has_met("decide-on-filing");
    given([case_opened(), declined()]).has_met("decide-on-filing");
}

#[test]
fn the_notice_comes_after_the_refusal() {
    given([case_opened()]).when(submits("non-filing-notice")).then_refused_by("decline-before-informing");
    told(refused()).when(submits("non-filing-notice")).then_met("decline-before-informing");
}

#[test]
fn each_to_be_informed_is_owed_the_notice() {
    told(refused()).owes("inform-of-refusal").without_a_date();
    let mut story = refused();
    story.extend([submitted("non-filing-notice"), issued("non-filing-notice"), served("non-filing-notice").of(INFORMANT)]);
    told(story).has_met("inform-of-refusal");
}

#[test]
fn an_anonymous_complaint_needs_the_reason_why_nobody_could_be_told() {
    let mut story = refused();
    story.push(informing_is_impossible(INFORMANT));
    told(story).has_met("inform-of-refusal");
}

#[test]
fn a_transferring_body_is_not_forgotten_beside_the_informant() {
    let police = "东西湖区公安分局";
    let mut story = vec![case_opened_from("2026-03-02", &[police, INFORMANT]).on("2026-03-02"), declined().on("2026-03-04")];
    story.extend([submitted("non-filing-notice"), issued("non-filing-notice"), served("non-filing-notice").of(INFORMANT)]);
    told(story).owes("inform-of-refusal");
}

#[test]
fn who_filed_owes_nobody_a_notice() {
    given([case_opened_from("2026-03-02", &[INFORMANT]), filed()]).owes_nothing_by("inform-of-refusal");
}

#[test]
fn a_refused_case_ends_when_everybody_was_told() {
    told(refused()).when(concludes()).then_refused_by("informed-before-closing");
    let mut impossible = refused();
    impossible.push(informing_is_impossible(INFORMANT));
    told(impossible).when(concludes()).then_met("informed-before-closing").then_allowed();
    // Who filed tells nobody of a refusal.
    given([case_opened_from("2026-03-02", &[INFORMANT]), filed()]).when(concludes()).then_met("informed-before-closing");
}

#[test]
fn a_refused_case_needs_no_decision_to_end() {
    told(vec![case_opened(), party_recorded(), declined()]).when(concludes()).then_met("end-complete");
    told(vec![case_opened(), party_recorded(), filed()]).when(concludes()).then_refused_by("end-complete");
}
