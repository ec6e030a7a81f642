//! Art. 8: papers signed by hand are scanned, linked and whole.

use crate::stories::*;
use tests::given::*;
use tests::happened::*;

#[test]
fn a_paper_signed_by_hand_owes_its_scan() {
    let signed = || with(opened(), [made("inquiry-record"), issued("inquiry-record")]);
    told(signed()).owes("scan-signed-sheet").without_a_date();
    told(with(signed(), [scanned("inquiry-record")])).has_met("scan-signed-sheet");
    told(with(signed(), [signature_refused("inquiry-record")])).has_met("scan-signed-sheet");
}

#[test]
fn a_sealed_notice_owes_none() {
    told(with(opened(), [submitted("prior-notice"), approved("prior-notice"), issued("prior-notice")]))
        .owes_nothing_by("scan-signed-sheet");
}

#[test]
fn a_scan_with_a_page_missing_is_flawed_until_scanned_whole() {
    told(opened()).when(scans(1, 2)).then_flawed_by("pages-complete");
    told(opened()).when(scans(2, 2)).then_met("pages-complete");
    let short = with(
        opened(),
        [made("inquiry-record"), issued("inquiry-record"), scanned_pages("inquiry-record", 1).flawed("pages-complete")],
    );
    told(short.clone()).carries("pages-complete");
    told(with(short, [scanned("inquiry-record")])).is_clear_of("pages-complete");
}

#[test]
fn the_decision_waits_for_the_sheets() {
    let asked = with(opened(), [filed(), made("inquiry-record"), issued("inquiry-record")]);
    told(asked.clone()).when(submits("decision-approval")).then_refused_by("sheets-before-approval");
    told(with(asked, [scanned("inquiry-record")])).when(submits("decision-approval")).then_met("sheets-before-approval");
}

#[test]
fn the_decision_waits_for_every_sheet_signed_by_hand_and_not_for_inquiries_alone() {
    for kind in ["inspection-record", "evidence-list", "statement-record", "rights-notice"] {
        let more = |last: Happened| with(notified(), [made(kind).called("sheet"), issued(kind).called("sheet"), last]);
        let unscanned = told(with(notified(), [made(kind).called("sheet"), issued(kind).called("sheet")]));
        unscanned.when(submits("decision-approval")).then_refused_by("sheets-before-approval");
        told(more(scanned(kind).called("sheet"))).when(submits("decision-approval")).then_met("sheets-before-approval");
        told(more(signature_refused(kind).called("sheet"))).when(submits("decision-approval")).then_met("sheets-before-approval");
    }
}

#[test]
fn a_proof_of_service_is_a_sheet_of_the_party_whom_it_was_served_on() {
    let two = with(
        notified(),
        [party_named("另一家"), made("proof-of-service").of("prior-notice"), submitted("order-to-correct").of("另一家"), made("proof-of-service").called("other").of("order-to-correct")],
    );
    let scanned_one = with(two, [issued("proof-of-service"), scanned("proof-of-service")]);
    told(scanned_one.clone()).when(submits("decision-approval").of(PARTY)).then_met("sheets-before-approval");
    told(scanned_one).when(submits("decision-approval").of("另一家")).then_refused_by("sheets-before-approval");
}

#[test]
fn a_paper_is_signed_by_hand_where_no_chain_of_approval_signs_it() {
    for form in book().papers.values() {
        let by_hand = form.nature != procedure::papers::Nature::Volume && form.approval.is_empty() && !form.signers.is_empty();
        assert_eq!(form.hand_signed, by_hand, "{}: signed by {:?}", form.kind, form.signers);
    }
}

#[test]
fn what_was_served_is_not_voided() {
    told(decided()).when(voids_number("penalty-decision")).then_met("served-is-not-voided");
    told(decided()).when(voids_number("prior-notice")).then_refused_by("served-is-not-voided");
}
