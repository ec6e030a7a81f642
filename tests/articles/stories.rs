//! How far a case has come: the parts of a regular case that the article tests begin with.

use serde_json::json;
use tests::happened::*;

/// Opened on Monday, 2 March 2026, with its party and cause.
pub fn opened() -> Vec<Happened> {
    vec![case_opened().on("2026-03-02"), party_recorded(), cause_chosen("internet-cafe-registration")]
}

/// What the form of filing approval says.
pub fn filing_fields() -> serde_json::Value {
    json!({
        "source": "投诉、举报",
        "party": { "name": PARTY },
        "case_summary": "接纳未成年人",
        "officers": [{ "name": "王建国" }, { "name": "李秀英" }],
    })
}

/// Filed on 3 March; the party asked on the 4th, sheet scanned; rights told; evidence listed.
pub fn investigated() -> Vec<Happened> {
    let mut story = opened();
    story.extend([
        filed().on("2026-03-03"),
        made("rights-notice"),
        issued("rights-notice"),
        served("rights-notice"),
        scanned("rights-notice"),
        made("inquiry-record").on("2026-03-04"),
        issued("inquiry-record"),
        scanned("inquiry-record"),
        evidence_attached(),
        made("evidence-list"),
        issued("evidence-list"),
        scanned("evidence-list"),
    ]);
    story
}

/// Report approved, reviewed by 陈 with consent, notice served on Tuesday, 10 March 2026.
pub fn notified() -> Vec<Happened> {
    let mut story = investigated();
    story.extend([
        submitted("investigation-report").on("2026-03-05"),
        approved("investigation-report"),
        issued("investigation-report"),
        submitted("legal-review").by("chen").with(json!({ "opinion": "同意" })).on("2026-03-06"),
        approved("legal-review"),
        issued("legal-review"),
        submitted("prior-notice").on("2026-03-09").with(notice_fields()),
        approved("prior-notice"),
        issued("prior-notice"),
        served("prior-notice").on("2026-03-10"),
    ]);
    story
}

/// What the prior notice says: a fine of 1 000 yuan and a warning, on one fact.
pub fn notice_fields() -> serde_json::Value {
    json!({
        "party": { "name": PARTY },
        "facts": [{ "text": "2026年3月1日未核对两名消费者的身份证件。", "evidence": [{ "evidence_number": "1" }] }],
        "articles_penalty": ["《互联网上网服务营业场所管理条例》第三十三条"],
        "measures": [
            { "kind": "警告", "content": "警告" },
            { "kind": "罚款", "content": "罚款人民币1000元", "amount_fen": 100_000 },
        ],
    })
}

/// The party waived on 11 March; the decision was approved and issued on Thursday, 12 March 2026.
pub fn decided() -> Vec<Happened> {
    let mut story = notified();
    story.extend([
        statement_waived().on("2026-03-11"),
        submitted("decision-approval").on("2026-03-12"),
        approved("decision-approval"),
        issued("decision-approval"),
        submitted("penalty-decision").with(notice_fields()),
        approved("penalty-decision"),
        issued("penalty-decision").on("2026-03-12T11:00"),
    ]);
    story
}

/// Served on 13 March, performance looked at on 30 March, closing report approved.
pub fn performed() -> Vec<Happened> {
    let mut story = decided();
    story.extend([
        served("penalty-decision").on("2026-03-13"),
        made("performance-check").on("2026-03-30"),
        issued("performance-check"),
        scanned("performance-check"),
        submitted("closing-report"),
        approved("closing-report"),
        issued("closing-report"),
    ]);
    story
}

pub fn with(mut story: Vec<Happened>, more: impl IntoIterator<Item = Happened>) -> Vec<Happened> {
    story.extend(more);
    story
}
