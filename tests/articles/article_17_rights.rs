//! Art. 17: rights are told before the report, every point raised is examined, and nobody is
//! punished more for having defended himself.

use crate::stories::*;
use serde_json::json;
use tests::given::*;
use tests::happened::*;

#[test]
fn the_report_waits_for_the_rights_notice_and_the_evidence() {
    told(with(opened(), [filed()])).when(submits("investigation-report")).then_refused_by("rights-before-report");
    told(investigated()).when(submits("investigation-report")).then_met("rights-before-report");
}

#[test]
fn no_decision_without_the_prior_notice() {
    told(investigated()).when(submits("decision-approval")).then_refused_by("notice-before-decision");
    told(notified()).when(submits("decision-approval")).then_met("notice-before-decision");
}

#[test]
fn a_second_party_is_notified_too() {
    let other = with(notified(), [party_named("另一家")]);
    told(other).when(submits("decision-approval")).then_refused_by("notice-before-decision");
}

#[test]
fn every_point_has_its_finding_before_the_decision() {
    let raised = with(notified(), [statement_made(&["年龄登记有误"]).on("2026-03-11")]);
    told(raised.clone()).when(submits("decision-approval")).then_refused_by("points-before-decision");
    let examined = with(
        raised,
        [submitted("statement-examination").with(findings(&["年龄登记有误"])), approved("statement-examination")],
    );
    told(examined).when(submits("decision-approval")).then_met("points-before-decision");
    told(notified()).when(submits("decision-approval")).then_met("points-before-decision");
}

#[test]
fn the_examination_leaves_no_point_out() {
    let raised = || told(with(notified(), [statement_made(&["年龄登记有误", "初次违法"])]));
    let one = findings(&["年龄登记有误"]);
    raised().when(submits("statement-examination").with(one)).then_refused_by("every-point-found");
    let both = findings(&["年龄登记有误", "初次违法"]);
    raised().when(submits("statement-examination").with(both)).then_met("every-point-found");
    let silent = json!({ "findings": [
        { "point": "年龄登记有误", "adopted": "不采纳", "reason": "/" },
        { "point": "初次违法", "adopted": "采纳", "reason": "查询属实" },
    ] });
    raised().when(submits("statement-examination").with(silent)).then_refused_by("every-point-found");
}

#[test]
fn another_partys_points_are_examined_in_its_own_paper() {
    let two = with(notified(), [party_named("另一家"), statement_made(&["年龄登记有误"])]);
    told(two.clone()).when(submits("statement-examination").of("另一家")).then_met("every-point-found");
    told(two).when(submits("statement-examination").of(PARTY)).then_refused_by("every-point-found");
}

fn fined(fen: i64) -> serde_json::Value {
    json!({ "measures": [{ "kind": "罚款", "content": "罚款", "amount_fen": fen }] })
}

#[test]
fn a_decision_is_not_heavier_than_notified() {
    told(notified()).when(submits("penalty-decision").with(fined(100_001))).then_refused_by("not-heavier");
    told(notified()).when(submits("penalty-decision").with(fined(100_000))).then_met("not-heavier");
    let closed = json!({ "measures": [{ "kind": "责令停产停业", "content": "停业整顿一个月" }] });
    told(notified()).when(submits("penalty-decision").with(closed)).then_refused_by("not-heavier");
}

#[test]
fn a_lighter_fine_does_not_pay_for_a_greater_confiscation() {
    let notice = json!({
        "party": { "name": PARTY },
        "measures": [
            { "kind": "罚款", "amount_fen": 300_000 },
            { "kind": "没收违法所得", "amount_fen": 10_000 },
        ],
    });
    let told_of = with(investigated(), [submitted("prior-notice").with(notice), issued("prior-notice"), served("prior-notice")]);
    let shifted = json!({ "measures": [
        { "kind": "罚款", "amount_fen": 100_000 },
        { "kind": "没收违法所得", "amount_fen": 20_000 },
    ] });
    told(told_of).when(submits("penalty-decision").with(shifted)).then_refused_by("not-heavier");
}

#[test]
fn each_party_is_measured_by_its_own_notice() {
    let other = json!({ "party": { "name": "另一家" }, "measures": [{ "kind": "罚款", "amount_fen": 900_000 }] });
    let both = with(
        notified(),
        [
            party_named("另一家"),
            submitted("prior-notice").called("other-notice").of("另一家").with(other),
            issued("prior-notice").called("other-notice"),
            served("prior-notice").called("other-notice").of("另一家"),
        ],
    );
    told(both.clone()).when(submits("penalty-decision").of(PARTY).with(fined(900_000))).then_refused_by("not-heavier");
    told(both).when(submits("penalty-decision").of("另一家").with(fined(900_000))).then_met("not-heavier");
}

#[test]
fn the_notice_waits_for_the_approved_report() {
    let reported = || with(investigated(), [submitted("investigation-report")]);
    told(reported()).when(submits("prior-notice")).then_refused_by("report-before-notice");
    told(with(reported(), [approved("investigation-report")])).when(submits("prior-notice")).then_met("report-before-notice");
}

fn two_parties() -> Vec<Happened> {
    let other = json!({ "party": { "name": "另一家" }, "measures": [{ "kind": "罚款", "amount_fen": 900_000 }] });
    with(
        notified(),
        [
            party_named("另一家"),
            submitted("prior-notice").called("other-notice").of("另一家").with(other),
            approved("prior-notice").called("other-notice"),
            issued("prior-notice").called("other-notice"),
        ],
    )
}

#[test]
fn one_party_served_and_closed_is_decided_upon_while_the_other_is_not() {
    let one = || with(two_parties(), [statement_waived().on("2026-03-11")]);
    told(one()).when(submits("decision-approval").of(PARTY)).then_met("notice-before-decision").then_met("statement-period");
    told(one()).when(submits("decision-approval").of("另一家")).then_refused_by("notice-before-decision");
    let served_too = || with(one(), [served("prior-notice").called("other-notice").of("另一家").on("2026-03-11T10:00")]);
    told(served_too()).when(submits("decision-approval").of("另一家")).then_refused_by("statement-period");
    let both = with(served_too(), [statement_waived_by("另一家").on("2026-03-11T11:00")]);
    told(both).when(submits("decision-approval").of("另一家")).then_met("statement-period");
}

#[test]
fn a_decision_upon_the_whole_case_waits_for_every_party() {
    let one = told(with(two_parties(), [statement_waived().on("2026-03-11")]));
    one.when(submits("decision-approval")).then_refused_by("notice-before-decision");
}

#[test]
fn points_of_one_party_do_not_keep_the_other_waiting() {
    let raised = || with(two_parties(), [statement_made(&["年龄登记有误"]).on("2026-03-11")]);
    told(raised()).when(submits("decision-approval").of(PARTY)).then_refused_by("points-before-decision");
    told(raised()).when(submits("decision-approval").of("另一家")).then_met("points-before-decision");
    // An examination of the other's statement is none of this one's.
    let wrong = with(
        raised(),
        [submitted("statement-examination").of("另一家").with(findings(&["年龄登记有误"])), approved("statement-examination")],
    );
    told(wrong).when(submits("decision-approval").of(PARTY)).then_refused_by("points-before-decision");
}
