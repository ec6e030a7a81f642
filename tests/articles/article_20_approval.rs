//! Art. 20: report, legal review and the head's approval come before the decision.

use crate::stories::*;
use serde_json::json;
use tests::given::*;
use tests::happened::*;

#[test]
fn the_review_waits_for_the_approved_report() {
    told(with(investigated(), [submitted("investigation-report")]))
        .when(submits("legal-review").by("chen"))
        .then_refused_by("report-before-review");
    told(with(investigated(), [submitted("investigation-report"), approved("investigation-report")]))
        .when(submits("legal-review").by("chen"))
        .then_met("report-before-review");
}

#[test]
fn no_decision_without_a_review_that_agrees() {
    told(notified()).when(submits("decision-approval")).then_met("review-before-decision");
    told(investigated()).when(submits("decision-approval")).then_refused_by("review-before-decision");
    let objects = |opinion: &str| {
        let review = submitted("legal-review").by("chen").with(json!({ "opinion": opinion }));
        told(with(investigated(), [review, approved("legal-review")]))
    };
    for opinion in ["修改", "补查", "不同意", "移送"] {
        objects(opinion).when(submits("decision-approval")).then_refused_by("review-before-decision");
    }
}

#[test]
fn a_review_by_somebody_who_ever_handled_the_case_is_none() {
    let own = submitted("legal-review").by("wang").with(json!({ "opinion": "同意" }));
    told(with(investigated(), [own, approved("legal-review")]))
        .when(submits("decision-approval"))
        .then_refused_by("review-before-decision");
}

#[test]
fn the_decision_waits_for_its_approval() {
    told(notified()).when(issues("penalty-decision")).then_refused_by("approval-before-decision");
    told(decided()).when(issues("penalty-decision")).then_met("approval-before-decision");
}

#[test]
fn approval_for_one_party_is_none_for_another() {
    let one = with(
        notified(),
        [party_named("另一家"), submitted("decision-approval").of(PARTY), approved("decision-approval")],
    );
    told(one).when(submits("penalty-decision")).then_refused_by("approval-before-decision");
}

#[test]
fn the_notice_waits_for_the_review_but_for_a_major_case() {
    let reported = |major: bool| {
        let report = submitted("investigation-report").with(json!({ "major": major }));
        told(with(investigated(), [report, approved("investigation-report")]))
    };
    reported(false).when(submits("prior-notice")).then_refused_by("review-before-notice");
    reported(true).when(submits("prior-notice")).then_met("review-before-notice");
    told(notified()).when(submits("prior-notice")).then_met("review-before-notice");
}

#[test]
fn who_reviewed_does_not_decide() {
    use procedure::people::Role::AgencyHead;
    let asked = || told(with(notified(), [submitted("decision-approval")]));
    asked().when(takes_step("decision-approval", "agency-head").by("chen").as_role(AgencyHead)).then_refused_by("decider-not-reviewer");
    asked().when(takes_step("decision-approval", "agency-head").by("zhao").as_role(AgencyHead)).then_met("decider-not-reviewer");
}

#[test]
fn approval_for_one_party_is_enough_for_its_own_decision() {
    let one = || with(notified(), [party_named("另一家"), submitted("decision-approval").of(PARTY), approved("decision-approval")]);
    told(one()).when(submits("penalty-decision").of(PARTY)).then_met("approval-before-decision");
    told(one()).when(submits("penalty-decision").of("另一家")).then_refused_by("approval-before-decision");
}
