//! Every fact of the registry, holding and not holding.

use crate::stories::*;
use procedure::facts::Subject;
use serde_json::json;
use tests::given::*;
use tests::happened::*;

#[test]
fn the_case_and_its_beginnings() {
    told(vec![]).lacks("opened").lacks("started-before-filing");
    given([case_opened()]).holds("opened").lacks("filed").lacks("declined").lacks("filing-decided");
    given([case_opened(), started_before_filing()]).holds("started-before-filing");
    given([case_opened(), filed()]).holds("filed").holds("filing-decided").lacks("declined");
    given([case_opened(), declined()]).holds("declined").holds("filing-decided").lacks("filed");
    given([case_opened()]).lacks("parties-recorded").lacks("cause-chosen").lacks("evidence-attached");
    told(opened()).holds("parties-recorded").holds("cause-chosen");
    told(with(opened(), [evidence_attached()])).holds("evidence-attached");
}

#[test]
fn what_became_of_papers() {
    told(opened()).lacks("made(investigation-report)").lacks("signed(inquiry-record)");
    let submitted = told(with(opened(), [submitted("investigation-report")]));
    submitted.holds("made(investigation-report)").lacks("approved(investigation-report)").lacks("papers-finished");
    let approved_too = told(with(opened(), [tests::happened::submitted("order-to-correct"), approved("order-to-correct")]));
    approved_too.holds("approved(order-to-correct)").lacks("issued(order-to-correct)");
    let issued_too = told(with(opened(), [tests::happened::submitted("order-to-correct"), approved("order-to-correct"), issued("order-to-correct")]));
    issued_too.holds("issued(order-to-correct)").holds("papers-finished").lacks("served(order-to-correct)");
    told(investigated()).holds("served(rights-notice)").holds("signed(inquiry-record)").holds("all-sheets-signed");
    told(with(opened(), [made("inquiry-record"), issued("inquiry-record")])).lacks("all-sheets-signed").lacks("signed(inquiry-record)");
}

#[test]
fn one_paper_by_itself() {
    let record = || with(opened(), [made("inquiry-record"), issued("inquiry-record")]);
    let notice = || with(opened(), [submitted("order-to-correct").with(json!({ "recheck_on": "2026-03-16" }))]);
    let inquiry = || the_paper("inquiry-record");
    let order = || the_paper("order-to-correct");
    told(record()).holds_for("this-issued", inquiry()).holds_for("this-handsigned-issued", inquiry());
    told(record()).lacks_for("this-signed", inquiry()).lacks_for("scanned-whole", inquiry());
    told(with(record(), [scanned("inquiry-record")])).holds_for("this-signed", inquiry()).holds_for("scanned-whole", inquiry());
    told(with(record(), [scanned_pages("inquiry-record", 1)])).lacks_for("scanned-whole", inquiry());
    told(notice()).lacks_for("this-issued", order()).lacks_for("this-handsigned-issued", order());
    told(notice()).holds_for("this-field(recheck_on)", order()).lacks_for("this-field(deadline)", order());
    let again = with(record(), [made("inquiry-record").called("again")]);
    told(again.clone()).holds_for("made-again", inquiry());
    told(again).lacks_for("made-again", the_paper("again"));
    let checked = made("performance-check").with(json!({ "corrections": [{ "corrected": "已改正" }] }));
    told(notice()).lacks_for("correction-checked", order());
    told(with(notice(), [checked])).holds_for("correction-checked", order());
}

#[test]
fn who_is_informed() {
    let police = || Subject::Inform("公安分局".into());
    let refused = || vec![case_opened_from("2026-03-02", &["公安分局"]), declined()];
    told(refused()).lacks_for("informed", police());
    told(with(refused(), [informing_is_impossible("公安分局")])).holds_for("informed", police());
}

#[test]
fn hearing_the_party() {
    told(notified()).lacks("statement-closed").holds("points-examined").holds("reviewed");
    told(with(notified(), [statement_waived()])).holds("statement-closed");
    told(with(notified(), [statement_made(&["初次违法"])])).lacks("points-examined").lacks("statement-closed");
    told(investigated()).lacks("reviewed");
}

#[test]
fn flaws() {
    told(opened()).holds("flaws-settled");
    told(with(opened(), [made("inquiry-record").flawed("two-officers")])).lacks("flaws-settled");
}

#[test]
fn the_end() {
    told(decided()).lacks("concluded").lacks("archived").lacks("retention-starts").lacks_for("performance-checked", the_party());
    told(performed()).holds_for("performance-checked", the_party());
    let ended = told(with(performed(), [concluded(), archived()]));
    ended.holds("concluded").holds("archived").holds("retention-starts");
}

#[test]
fn footage() {
    let camera = || Subject::Evidence("evidence-1".into());
    told(opened()).lacks_for("recording-ended", camera());
    let listed = told(with(opened(), [footage_listed().until("2026-03-02T10:00")]));
    listed.holds_for("recording-ended", camera()).lacks_for("recording-stored", camera());
    told(with(opened(), [footage_attached()])).holds_for("recording-stored", camera());
}

#[test]
fn who_works_and_since_when() {
    told(opened()).holds("handled-by-two").lacks("work-begun").lacks("visit-open");
    told(with(opened(), [handlers_assigned(&["wang"])])).lacks("handled-by-two");
    told(with(opened(), [visit_started()])).holds("work-begun").holds("visit-open");
    told(with(opened(), [visit_started(), visit_ended()])).holds("work-begun").lacks("visit-open");
}

#[test]
fn what_the_report_says_of_the_case() {
    let report = |major: bool| told(with(investigated(), [submitted("investigation-report").with(json!({ "major": major })), approved("investigation-report")]));
    report(true).holds("major-case");
    report(false).lacks("major-case");
}

#[test]
fn what_is_still_to_be_done() {
    let refused = || vec![case_opened_from("2026-03-02", &["公安分局"]), declined()];
    told(refused()).holds("someone-uninformed");
    told(with(refused(), [informing_is_impossible("公安分局")])).lacks("someone-uninformed");
    told(decided()).lacks("notices-served").lacks("duties-met").holds_for("this-unserved", the_paper("penalty-decision"));
    told(performed()).holds("notices-served").holds("duties-met").lacks_for("this-unserved", the_paper("penalty-decision"));
}
