//! Art. 15: refusal to cooperate is recorded and signed by officers and witnesses.

use crate::stories::*;
use serde_json::json;
use tests::given::*;

#[test]
fn a_refusal_to_sign_has_a_witness() {
    told(opened()).when(notes_refusal_to_sign().with(json!({ "witness": "居委会工作人员" }))).then_met("refusal-witnessed");
    told(opened()).when(notes_refusal_to_sign()).then_flawed_by("refusal-witnessed");
    told(opened()).when(notes_refusal_to_sign().with(json!({ "witness": "/" }))).then_flawed_by("refusal-witnessed");
}

#[test]
fn without_a_witness_the_reason_is_noted_and_the_flaw_stays() {
    let alone = json!({ "witness": "", "no_witness_reason": "凌晨，附近没有其他人，有录像" });
    told(opened()).when(notes_refusal_to_sign().with(alone)).then_flawed_by("refusal-witnessed").then_allowed();
}
