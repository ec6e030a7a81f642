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

#[test]
fn a_decision_has_its_six_contents() {
    let whole = || {
        json!({
            "party": { "name": "星河歌城" }, "course": "依法检查、询问。", "facts": [{ "text": "允许未成年人进入" }],
            "evidence": [{ "name": "现场照片" }], "circumstances": [{ "kind": "无", "text": "没有法定情形" }],
            "articles_violated": ["条例第二十三条"], "articles_penalty": ["条例第四十八条"], "discretion": { "tier": "一般" },
            "measures": [{ "kind": "警告", "content": "警告" }], "performance": { "term": "十五日内" }, "remedies": { "review": "六十日内" },
        })
    };
    told(notified()).when(submits("penalty-decision").with(whole())).then_met("six-contents");
    for name in ["party", "course", "facts", "evidence", "circumstances", "articles_penalty", "discretion", "measures", "performance", "remedies"] {
        let struck = json!({ name: "/" });
        told(notified()).when(submits("penalty-decision").with(whole()).with(struck)).then_refused_by("six-contents");
    }
}
