//! Art. 22: seven ways of service, each with its proof; decisions never by electronic means; seven
//! working days for a decision not handed over on the spot.

use crate::stories::*;
use procedure::event::ServiceMethod::{self, *};
use serde_json::{Value, json};
use tests::given::*;
use tests::happened::*;

fn proven(method: ServiceMethod, fields: Value) {
    told(decided()).when(serves("order-to-correct", method).with(fields)).then_met("service-proven");
}

fn unproven(method: ServiceMethod, fields: Value) {
    told(decided()).when(serves("order-to-correct", method).with(fields)).then_flawed_by("service-proven").then_allowed();
}

#[test]
fn direct_service_is_signed_for() {
    proven(Direct, json!({ "recipient": "店长" }));
    unproven(Direct, json!({}));
    unproven(Direct, json!({ "recipient": "/" }));
}

#[test]
fn leaving_needs_the_reason_and_a_witness_or_footage() {
    proven(Leaving, json!({ "refusal": "拒绝签收", "witness": "居委会工作人员" }));
    proven(Leaving, json!({ "refusal": "拒绝签收", "proof": "video" }));
    unproven(Leaving, json!({ "refusal": "拒绝签收" }));
    unproven(Leaving, json!({ "witness": "居委会工作人员" }));
}

#[test]
fn post_needs_the_slip_and_the_return_slip() {
    proven(Post, json!({ "voucher": "1234567890", "proof": "slip" }));
    unproven(Post, json!({ "voucher": "1234567890" }));
    unproven(Post, json!({ "proof": "slip" }));
}

#[test]
fn electronic_service_needs_number_and_time_and_a_screenshot() {
    proven(Electronic, json!({ "voucher": "2026-03-12 10:00 传真", "proof": "screenshot" }));
    unproven(Electronic, json!({ "voucher": "2026-03-12 10:00 传真" }));
}

#[test]
fn entrusted_and_handed_on_name_the_body() {
    proven(Entrusted, json!({ "relation": "外地文旅局" }));
    unproven(Entrusted, json!({}));
    proven(HandedOn, json!({ "relation": "所在单位" }));
    unproven(HandedOn, json!({}));
}

#[test]
fn public_notice_needs_its_reason_and_the_notice_kept() {
    proven(PublicNotice, json!({ "why_not_direct": "下落不明", "proof": "notice" }));
    unproven(PublicNotice, json!({ "why_not_direct": "下落不明" }));
    unproven(PublicNotice, json!({ "proof": "notice" }));
}

#[test]
fn direct_first_or_the_reason_why_not() {
    told(decided()).when(serves("order-to-correct", Post)).then_flawed_by("direct-first");
    told(decided()).when(serves("order-to-correct", Post).with(json!({ "why_not_direct": "在外地" }))).then_met("direct-first");
    told(decided()).when(serves("order-to-correct", Direct)).then_met("direct-first");
}

#[test]
fn a_decision_by_electronic_mail_is_refused() {
    told(decided()).when(serves("penalty-decision", Electronic)).then_refused_by("decision-not-electronic");
    told(decided()).when(serves("penalty-decision", Direct)).then_met("decision-not-electronic");
}

#[test]
fn a_decision_is_served_within_seven_working_days() {
    // Issued on Thursday, 12 March 2026: the seventh working day is Monday, 23 March.
    let issued = || told(decided());
    issued().on("2026-03-13").owes("serve-decision").due("2026-03-23");
    issued().on("2026-03-24").owes("serve-decision").overdue();
    told(with(decided(), [served("penalty-decision").on("2026-03-23T17:00")])).has_met("serve-decision");
    told(with(decided(), [served("penalty-decision").on("2026-03-24")])).has_met_late("serve-decision");
}

#[test]
fn the_seven_days_run_over_the_national_day() {
    // Published count: seven working days after 28 September 2026 end on 13 October.
    let story = vec![case_opened().on("2026-09-01"), party_recorded(), submitted("penalty-decision"), issued("penalty-decision").on("2026-09-28")];
    told(story).on("2026-09-29").owes("serve-decision").due("2026-10-13");
}

#[test]
fn a_public_notice_is_service_only_when_its_days_have_run_out() {
    let published = || told(with(investigated(), [
        submitted("prior-notice"),
        issued("prior-notice"),
        published("prior-notice", "2026-04-09").on("2026-03-10"),
    ]));
    published().on("2026-04-08").lacks_for("served(prior-notice)", the_party());
    published().on("2026-04-09T12:00").holds_for("served(prior-notice)", the_party());
}

#[test]
fn service_on_one_party_is_none_on_another() {
    let two = told(with(decided(), [party_named("另一家"), served("penalty-decision").on("2026-03-13")]));
    two.holds_for("served(penalty-decision)", the_party());
    two.lacks_for("served(penalty-decision)", procedure::facts::Subject::Party("另一家".into()));
    two.lacks("served(penalty-decision)");
}

#[test]
fn nothing_is_served_before_it_is_issued() {
    let drawn_up = || with(investigated(), [submitted("order-to-correct"), approved("order-to-correct")]);
    told(drawn_up()).when(serves("order-to-correct", Direct).to("order-to-correct")).then_refused_by("issued-before-service");
    let ready = with(drawn_up(), [issued("order-to-correct")]);
    told(ready).when(serves("order-to-correct", Direct).to("order-to-correct")).then_met("issued-before-service");
}

#[test]
fn a_case_does_not_end_with_a_notice_nobody_was_served() {
    let ordered = || with(performed(), [submitted("order-to-correct"), approved("order-to-correct"), issued("order-to-correct")]);
    told(ordered()).when(concludes()).then_refused_by("notices-served-before-closing");
    told(with(ordered(), [served("order-to-correct")])).when(concludes()).then_met("notices-served-before-closing");
}

#[test]
fn the_decision_upon_each_party_has_its_own_seven_days() {
    let other = procedure::facts::Subject::Party("另一家".into());
    let two = with(
        decided(),
        [
            party_named("另一家"),
            submitted("penalty-decision").called("other").of("另一家"),
            issued("penalty-decision").called("other").on("2026-03-20"),
            served("penalty-decision").on("2026-03-20T10:00"),
        ],
    );
    told(two).on("2026-03-21").has_met_for("serve-decision", the_party()).owes_for("serve-decision", other);
}

#[test]
fn a_public_notice_runs_thirty_days_and_sixty_before_2022() {
    let days = |day: &str| book().term("public-notice", moment(day).date()).map(|t| t.within.to_string());
    assert_eq!(days("2022-01-01").as_deref(), Some("30 days"));
    assert_eq!(days("2021-12-31").as_deref(), Some("60 days"));
}

#[test]
fn an_act_in_the_minute_of_what_it_waits_for_comes_after_it() {
    let filed_at = |moment: &str| told(vec![case_opened().on("2026-03-02"), party_recorded(), filed().on(moment)]).on("2026-03-04");
    let asked = || records("inquiry-record").happened("2026-03-03T09:06");
    filed_at("2026-03-03T09:06:23").when(asked()).then_met("filed-before-investigation");
    filed_at("2026-03-03T09:07:00").when(asked()).then_flawed_by("filed-before-investigation");
}

#[test]
fn how_things_stand_is_asked_by_no_minute() {
    // The form is dated by its minute, the system's clock stands at its second: nothing was missing.
    let waived = || told(with(notified(), [statement_waived().on("2026-03-11")])).on("2026-03-13T09:00:41");
    let asked = || submits("decision-approval").happened("2026-03-13T09:00");
    waived().when(asked()).then_met("sheets-before-approval").then_met("points-before-decision");
}
