//! Art. 21: every fact of the decision rests on evidence.

use crate::stories::*;
use serde_json::json;
use tests::given::*;

#[test]
fn each_fact_names_its_evidence() {
    let facts = |evidence: serde_json::Value| json!({ "facts": [{ "text": "允许未成年人进入", "evidence": evidence }] });
    let shown = facts(json!([{ "evidence_number": "1", "page_or_second": "00:12:31" }]));
    told(notified()).when(submits("penalty-decision").with(shown)).then_met("facts-rest-on-evidence");
    told(notified()).when(submits("penalty-decision").with(facts(json!([])))).then_refused_by("facts-rest-on-evidence");
    told(notified()).when(submits("penalty-decision")).then_refused_by("facts-rest-on-evidence");
}
