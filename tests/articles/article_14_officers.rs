//! Art. 14: number, names and certificates of the officers, and that certificates were shown.
//! Each irregularity is recorded; none is refused.

use crate::stories::*;
use serde_json::json;
use tests::given::*;
use tests::happened::*;

#[test]
fn one_officer_is_recorded_with_the_flaw() {
    let filed = || told(with(opened(), [filed()]));
    filed().when(records("inquiry-record").by_officers(&["wang"])).then_flawed_by("two-officers").then_allowed();
    filed().when(records("inquiry-record")).then_met("two-officers");
}

#[test]
fn the_same_officer_named_twice_is_one() {
    told(opened()).when(starts_visit().by_officers(&["wang", "wang"])).then_flawed_by("two-officers");
}

#[test]
fn an_expired_certificate_is_recorded_with_the_flaw() {
    told(opened()).when(records("inspection-record").with_an_expired_certificate()).then_flawed_by("certificates-valid");
    told(opened()).when(records("inspection-record")).then_met("certificates-valid");
}

#[test]
fn certificates_not_shown_are_a_flaw() {
    let not_shown = json!({ "certificates_shown": { "shown": false, "statement": "未出示" } });
    told(opened()).when(records("inquiry-record").with(not_shown)).then_flawed_by("certificates-shown");
    told(opened()).when(records("inquiry-record").with(json!({ "certificates_shown": null }))).then_flawed_by("certificates-shown");
    told(opened()).when(records("inquiry-record")).then_met("certificates-shown");
}

#[test]
fn one_officer_is_cured_by_a_new_inquiry_or_decided_by_the_head() {
    let flawed = || with(opened(), [made("inquiry-record").flawed("two-officers")]);
    told(with(flawed(), [made("inquiry-record").called("again")])).is_clear_of("two-officers");
    told(with(flawed(), [head_decides("two-officers", true)])).is_clear_of("two-officers");
    told(flawed()).carries("two-officers");
}

#[test]
fn a_visit_without_certificates_shown_is_flawed() {
    let shown = |yes: bool| starts_visit().with(json!({ "certificates_shown": yes }));
    told(with(opened(), [filed()])).when(shown(false)).then_flawed_by("certificates-shown");
    told(with(opened(), [filed()])).when(shown(true)).then_met("certificates-shown");
}
