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
