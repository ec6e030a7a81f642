//! Art. 6: the ordinary penalty runs from the clue to the end; a case ends complete.

use crate::stories::*;
use tests::given::*;
use tests::happened::*;

#[test]
fn a_regular_case_passes_every_gate() {
    told(opened()).when(submits("filing-approval").with(filing_fields())).then_allowed();
    told(investigated()).when(submits("investigation-report")).then_allowed();
    told(decided()).when(issues("penalty-decision")).then_allowed();
    told(performed()).when(concludes()).then_allowed();
    told(with(performed(), [concluded()])).when(archives()).then_allowed();
}

#[test]
fn a_case_ends_when_decision_performance_and_report_are_there() {
    told(performed()).when(concludes()).then_met("end-complete");
    told(decided()).when(concludes()).then_refused_by("end-complete");
}

#[test]
fn without_a_party_nothing_is_met_by_there_being_nobody() {
    told(vec![case_opened(), evidence_attached(), made("evidence-list")])
        .when(submits("investigation-report"))
        .then_refused_by("rights-before-report");
    told(vec![case_opened()]).when(submits("decision-approval")).then_refused_by("notice-before-decision");
}
