//! What a case fills into its papers.

use super::{book, form};
use crate::forms::{prefill, problems, settle};
use crate::settings::Agency;
use jiff::civil::{DateTime, date};
use procedure::case::Case;
use procedure::event::*;
use procedure::ids::*;
use procedure::people::{Certificate, OfficerSeen, Person, Role};
use serde_json::{Map, Value, json};

fn at(text: &str) -> DateTime {
    text.parse().expect("a moment")
}

fn officer(id: &str, name: &str, certificate: &str) -> OfficerSeen {
    OfficerSeen { id: id.into(), name: name.into(), certificate: certificate.into(), valid: true }
}

fn submitted(kind: &str, id: &str, subject: &str, fields: Value) -> Event {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    Event::PaperSubmitted {
        paper: id.into(),
        paper_kind: kind.into(),
        title: form(kind).title.clone(),
        paper_version: 1,
        subject: subject.into(),
        fields,
        fields_digest: String::new(),
        digest: String::new(),
        steps: vec![],
    }
}

fn fold(events: Vec<Event>) -> Case {
    let records = (0u64..).zip(events).map(|(sequence, event)| Recorded {
        sequence,
        stream: StreamId("case/c1".into()),
        version: sequence,
        happened: Span::at(at("2026-09-08T20:15")),
        recorded_at: at("2026-09-08T20:16"),
        actor: "p1".into(),
        envelope: Envelope::default(),
        event,
    });
    Case::fold(records)
}

fn opening() -> Vec<Event> {
    let cause = &book().causes["entertainment-minors"];
    vec![
        Event::ClueRegistered {
            number: "线1".into(),
            source: ClueSource::Complaint,
            channel: "电话".into(),
            received_at: at("2026-09-07T21:03"),
            category: "歌舞娱乐".into(),
            target: "某某歌厅".into(),
            content: "某某歌厅有未成年人唱歌".into(),
            informant: None,
            transferring_body: None,
            reply_wanted: true,
            department: "d1".into(),
        },
        Event::CaseOpened {
            clue: "l1".into(),
            title: "某某歌厅案".into(),
            procedure: "ordinary-penalty".into(),
            edition: "2019-09-30".into(),
            department: "d1".into(),
            source: ClueSource::Complaint,
            received_at: at("2026-09-07T21:03"),
            to_inform: vec![],
            handlers: vec![officer("p1", "赵某甲", "17011200101"), officer("p2", "钱某乙", "17011200102")],
        },
        Event::PartyRecorded {
            party: Party {
                id: "a".into(),
                kind: PartyKind::Organisation,
                name: "武汉某某歌厅有限公司".into(),
                id_number: "91420112MA4K0A1B61".into(),
                ..Party::default()
            },
        },
        Event::PartyRecorded { party: Party { id: "b".into(), name: "某某物业公司".into(), ..Party::default() } },
        Event::CauseChosen {
            cause: cause.id.as_str().into(),
            title: cause.title.clone(),
            case_title: "武汉某某歌厅有限公司允许未成年人进入案".into(),
            verified: true,
        },
    ]
}

fn opened_with(kind: &str, subject: &str, more: Vec<Event>) -> Map<String, Value> {
    let mut events = opening();
    events.extend(more);
    let person = Person {
        id: "p2".into(),
        name: "钱某乙".into(),
        roles: vec![Role::Officer],
        department: "d1".into(),
        certificates: vec![Certificate { number: "17011200102".into(), from: date(2024, 1, 1), to: date(2029, 1, 1) }],
        qualification: None,
    };
    let agency: Agency = toml::from_str(&book().files["bureau.toml"]).expect("the bureau's settings");
    prefill(form(kind), &fold(events), book(), &agency, &person, subject, at("2026-09-09T08:30"))
}

#[test]
fn a_filing_approval_opens_with_what_the_clue_told() {
    let fields = opened_with("filing-approval", "", vec![]);
    assert_eq!(fields["agency"], "武汉市东西湖区文化和旅游局（演示）");
    assert_eq!(fields["source"], "投诉、举报");
    assert_eq!(fields["received_at"], "2026-09-07T21:03");
    assert_eq!(fields["case_summary"], "某某歌厅有未成年人唱歌");
    assert_eq!(fields["cause"], "歌舞娱乐场所允许未成年人进入");
    assert_eq!(fields["articles_violated"][0], "《娱乐场所管理条例》第二十三条");
    assert_eq!(fields["date"], "2026-09-09");
    assert_eq!(
        fields["officers"],
        json!([
            { "name": "赵某甲", "certificate": "17011200101" },
            { "name": "钱某乙", "certificate": "17011200102" },
        ])
    );
    assert_eq!(
        fields["party"],
        json!({ "kind": "organisation", "name": "武汉某某歌厅有限公司", "id_number": "91420112MA4K0A1B61" })
    );
    assert_eq!(fields.get("case_number"), None);
    assert_eq!(fields.get("late_approval"), None);
    let ticks = problems(form("filing-approval"), &settle(form("filing-approval"), fields));
    assert_eq!(ticks.len(), 1, "only the grounds are left to tick: {ticks:?}");
    assert_eq!(ticks[0].field, "grounds");
}

#[test]
fn a_corrected_clue_is_told_as_corrected() {
    let slip = Event::Corrected {
        target: 0,
        member: "content".into(),
        original: "某某歌厅有未成年人唱歌".into(),
        effective: "某某歌厅三号包房有未成年人唱歌".into(),
        sealed: String::new(),
        reason: "听错".into(),
    };
    let fields = opened_with("filing-approval", "", vec![slip]);
    assert_eq!(fields["source_detail"], "某某歌厅三号包房有未成年人唱歌");
}

#[test]
fn a_late_approval_is_filled_whole_where_there_was_an_early_start() {
    let started = Event::StartedBeforeFiling {
        reason: "现场正在发生".into(),
        allowed_by: "周某丁".into(),
        allowed_at: at("2026-09-08T20:00"),
    };
    let fields = opened_with("filing-approval", "", vec![started]);
    assert_eq!(
        fields["late_approval"],
        json!({ "started_at": "2026-09-08T20:15", "allowed_by": "周某丁", "reason": "现场正在发生" })
    );
}

#[test]
fn an_inquiry_opens_with_the_questions_of_its_cause() {
    let fields = opened_with("inquiry-record", "", vec![]);
    let questions = fields["questions"].as_array().expect("rows");
    assert_eq!(questions.len(), 13);
    assert_eq!(questions[3], json!({ "q": "发现的消费者何时进入、在哪个包房或者机台、由谁接待？" }));
    assert_eq!(fields["session"], 1);
    assert_eq!(fields["recorder"], "钱某乙");
    assert_eq!(fields["certificates_shown"]["shown"], true);
    let shown = fields["certificates_shown"]["statement"].as_str().expect("a sentence");
    assert!(shown.contains("赵某甲（执法证号17011200101）、钱某乙（执法证号17011200102）"), "{shown}");
    // What the party answers and when it began is not the office's to say.
    assert_eq!(fields["recusal"], json!({ "told": true }));
    assert_eq!((fields.get("from"), fields.get("to")), (None, None));
}

#[test]
fn a_rights_notice_has_every_right_ticked_and_its_own_party() {
    let fields = opened_with("rights-notice", "b", vec![]);
    assert_eq!(fields["party"]["name"], "某某物业公司");
    assert_eq!(fields["rights"].as_array().map(Vec::len), Some(9));
    assert_eq!(fields["duties"].as_array().map(Vec::len), Some(5));
}

fn evidence(number: u32, kind: &str) -> Event {
    Event::EvidenceAttached {
        evidence: format!("e{number}").into(),
        number,
        evidence_kind: kind.into(),
        name: "收银记录".into(),
        source: "当事人提供".into(),
        proves: "消费金额".into(),
        file: None,
        footage: false,
        located: String::new(),
        extraction: None,
    }
}

fn report(id: &str, fine: i64, subject: &str) -> Event {
    let fields = json!({
        "facts": [{ "text": "三名未成年人入场", "evidence": [] }],
        "measures": [{ "kind": "罚款", "content": "罚款", "amount_fen": fine }],
        "discretion": { "standard": "基准", "tier": "一般", "range": "一万元以上", "reason": "初次" },
        "hearing_right": true,
        "evidence": [{ "number": "证1", "pages_or_seconds": "共3页" }],
    });
    submitted("investigation-report", id, subject, fields)
}

#[test]
fn a_notice_takes_over_the_last_report() {
    let void = Event::NumberVoided { paper: "r3".into(), series: "s".into(), ordinal: 1, reason: "错".into() };
    let more = vec![report("r1", 100, ""), report("r2", 2_000_000, ""), report("r3", 300, ""), void];
    let fields = opened_with("prior-notice", "a", more);
    assert_eq!(fields["measures"][0]["amount_fen"], 2_000_000);
    assert_eq!(fields["facts"][0]["text"], "三名未成年人入场");
    assert_eq!(fields["discretion"]["tier"], "一般");
    assert_eq!((&fields["statement_days"], &fields["hearing_days"]), (&json!(5), &json!(5)));
    assert_eq!(fields["contact"]["phone"], "027-00000000");
}

#[test]
fn a_void_paper_tells_nothing_any_more() {
    let summed = |id: &str, text: &str| submitted("filing-approval", id, "", json!({ "case_summary": text }));
    let void = Event::NumberVoided { paper: "f2".into(), series: "s".into(), ordinal: 1, reason: "错".into() };
    let more = vec![summed("f1", "当晚三人在场"), summed("f2", "写错的"), void];
    assert_eq!(opened_with("decision-approval", "", more)["case_summary"], "当晚三人在场");
    let void = Event::NumberVoided { paper: "r1".into(), series: "s".into(), ordinal: 1, reason: "错".into() };
    let more = vec![evidence(1, "documentary"), report("r1", 100, ""), void];
    assert_eq!(opened_with("evidence-list", "", more)["evidence"][0].get("pages_or_seconds"), None);
}

#[test]
fn evidence_is_listed_with_the_pages_known_of_it() {
    let more = vec![evidence(1, "documentary"), evidence(2, "electronic-data"), report("r1", 100, "")];
    let fields = opened_with("evidence-list", "", more);
    assert_eq!(
        fields["evidence"],
        json!([
            {
                "number": "证1", "name": "收银记录", "kind": "书证", "source": "当事人提供",
                "pages_or_seconds": "共3页", "proves": "消费金额",
            },
            { "number": "证2", "name": "收银记录", "kind": "电子数据", "source": "当事人提供", "proves": "消费金额" },
        ])
    );
}

#[test]
fn every_point_raised_is_examined_in_its_own_words() {
    let points = |text: &str| vec![Point { id: "1".into(), kind: "事实".into(), text: text.into() }];
    let said = |party: &str, text: &str| Event::StatementMade {
        party: party.into(),
        how: "当面陈述申辩".into(),
        points: points(text),
    };
    let fields = opened_with("statement-examination", "a", vec![said("b", "别人的"), said("a", "已经退款")]);
    assert_eq!(fields["findings"], json!([{ "point": "已经退款", "examined_by": "钱某乙" }]));
}

#[test]
fn a_decision_rests_on_the_approved_measures_and_the_issued_notice() {
    let file = FileRef {
        sha256: "0".repeat(64),
        sm3: String::new(),
        len_bytes: 1,
        media_type: "application/pdf".into(),
        original_name: String::new(),
        plain_sha256: String::new(),
    };
    let notice = |id: &str, subject: &str| submitted("prior-notice", id, subject, json!({ "facts": [] }));
    let numbered = |id: &str, number: &str| Event::PaperNumbered {
        paper: id.into(),
        series: "告".into(),
        ordinal: 1,
        number: number.into(),
        digest: String::new(),
    };
    let issued = Event::PaperIssued { paper: "n1".into(), file, pages_count: 2 };
    let served = Event::PaperServed {
        paper: "n1".into(),
        to: "a".into(),
        method: ServiceMethod::Direct,
        recipient: "李某某".into(),
        relation: String::new(),
        refusal: String::new(),
        witness: String::new(),
        voucher: String::new(),
        why_not_direct: String::new(),
        proof: None,
        effective_on: date(2026, 9, 18),
    };
    let approval = submitted(
        "decision-approval",
        "d1",
        "a",
        json!({ "measures": [{ "kind": "罚款", "content": "罚款", "amount_fen": 1_000_000 }] }),
    );
    let waived = Event::StatementWaived { party: "a".into(), how: "明确放弃".into() };
    let more = vec![
        report("r1", 2_000_000, ""),
        notice("n1", "a"),
        numbered("n1", "告字1号"),
        issued,
        served,
        // Numbered, but not issued; and another party's.
        notice("n2", "a"),
        numbered("n2", "告字2号"),
        notice("n3", "b"),
        numbered("n3", "告字3号"),
        waived,
        approval,
    ];
    let fields = opened_with("penalty-decision", "a", more);
    assert_eq!(fields["notice"], json!({ "number": "告字1号", "served_on": "2026-09-18" }));
    assert_eq!(fields["measures"][0]["amount_fen"], 1_000_000);
    assert_eq!(fields["statement_findings"][0]["adopted"], "放弃");
    assert_eq!(fields["performance"]["account"], "某某银行东西湖支行 非税收入专户（虚构）");
    assert_eq!(fields["performance"]["term"], "自收到本决定书之日起十五日内");
    assert_eq!(
        fields["remedies"]["review"],
        "如不服本决定，可以自收到之日起六十日内向武汉市东西湖区人民政府申请行政复议"
    );
}

#[test]
fn a_review_has_its_seven_rows() {
    let fields = opened_with("legal-review", "", vec![report("r1", 100, "")]);
    let items: Vec<_> = fields["conclusions"].as_array().expect("rows").iter().map(|r| &r["item"]).collect();
    assert_eq!(items, ["主体", "事实", "证据", "依据", "程序", "裁量", "文书"]);
    assert_eq!(fields["proposed"][0]["amount_fen"], 100);
}

#[test]
fn whatever_is_filled_in_is_of_the_right_type() {
    for (kind, form) in &book().papers {
        let fields = opened_with(kind, "", vec![evidence(1, "documentary"), report("r1", 100, "")]);
        for problem in problems(form, &settle(form, fields)) {
            let open = ["请填写", "请选择", "至少"].iter().any(|word| problem.message.contains(word));
            assert!(open, "{kind}: {problem:?}");
        }
    }
}
