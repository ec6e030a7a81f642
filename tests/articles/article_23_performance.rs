//! Art. 23: performance is looked at after the decision, corrections on the order's own date.

use crate::stories::*;
use serde_json::json;
use tests::given::*;
use tests::happened::*;

#[test]
fn a_served_decision_owes_the_check_of_its_performance() {
    let served = || with(decided(), [served("penalty-decision").on("2026-03-13")]);
    told(decided()).owes_nothing_by("check-performance");
    told(served()).owes("check-performance").without_a_date();
    told(with(served(), [made("performance-check").on("2026-03-30")])).has_met("check-performance");
}

#[test]
fn a_re_check_before_the_decision_is_no_check_of_its_performance() {
    let mut early = investigated();
    early.push(made("performance-check").called("re-check"));
    let mut rest = decided();
    early.extend(rest.drain(investigated().len()..));
    told(with(early, [served("penalty-decision").on("2026-03-13")])).owes("check-performance");
}

fn ordered() -> Vec<Happened> {
    with(
        investigated(),
        [submitted("order-to-correct").with(json!({ "recheck_on": "2026-03-16" })), issued("order-to-correct").on("2026-03-05")],
    )
}

fn checked(day: &str) -> Happened {
    made("performance-check").on(day).with(json!({ "corrections": [{ "requirement": "设置标志", "corrected": "已改正" }] }))
}

#[test]
fn an_order_owes_its_re_check_on_its_own_date() {
    told(ordered()).owes("check-correction").due("2026-03-16");
    told(ordered()).on("2026-03-17").owes("check-correction").overdue();
    told(with(ordered(), [checked("2026-03-16")])).has_met("check-correction");
    told(with(ordered(), [checked("2026-03-17")])).has_met_late("check-correction");
}

#[test]
fn a_case_does_not_end_with_an_order_unchecked() {
    told(ordered()).when(concludes()).then_refused_by("correction-before-closing");
    told(with(ordered(), [checked("2026-03-16")])).when(concludes()).then_met("correction-before-closing");
}

#[test]
fn a_check_of_another_party_is_none() {
    let mut story = investigated();
    story.extend([
        submitted("order-to-correct").of(PARTY).with(json!({ "recheck_on": "2026-03-16" })),
        issued("order-to-correct").on("2026-03-05"),
        checked("2026-03-16").of("另一家"),
    ]);
    told(story).owes("check-correction");
}
