//! Art. 28, 29: what is kept with the file is kept ten years from the year after archiving.

use crate::stories::*;
use tests::given::*;
use tests::happened::*;

#[test]
fn nobody_destroys_a_recording_inside_the_term() {
    let archived = || told(with(performed(), [concluded(), archived().on("2026-04-30")]));
    archived().when(destroys_recording()).then_refused_by("keep-recordings");
    archived().at_the_end_of("2037-01-01").when(destroys_recording()).then_refused_by("keep-recordings");
    archived().on("2037-01-02").when(destroys_recording()).then_met("keep-recordings");
}

#[test]
fn a_case_not_archived_has_no_end_of_its_term() {
    told(performed()).on("2099-01-01").when(destroys_recording()).then_refused_by("keep-recordings");
}
