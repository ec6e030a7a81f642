//! The main line, paper by paper: what an officer still has to write by hand. Of each paper the
//! list below was read with one question: does any of it stand in the case already?

use super::{book, form};
use crate::forms::sources::Known;
use crate::forms::{evidence_unmeasured, measure_evidence, prefill, problems, schema, settle};
use crate::settings::Agency;
use jiff::civil::{DateTime, date};
use procedure::case::Case;
use procedure::event::*;
use procedure::ids::*;
use procedure::people::{Certificate, OfficerSeen, Person, Role};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn at(text: &str) -> DateTime {
    text.parse().expect("a moment")
}

/// A case as it comes along, with what was typed into each of its papers.
struct Line {
    records: Vec<Recorded>,
    typed: Vec<(String, Vec<String>)>,
    /// Sources of the schemas that have given something.
    spoke: BTreeSet<String>,
}

impl Line {
    fn open() -> Line {
        Line { records: vec![], typed: vec![], spoke: BTreeSet::new() }
    }

    fn happens(&mut self, when: &str, event: Event) {
        self.lasts(when, when, event);
    }

    fn lasts(&mut self, from: &str, to: &str, event: Event) {
        let sequence = self.records.len() as u64;
        let handlers = vec![officer("p1", "赵某甲", "17011200101"), officer("p2", "钱某乙", "17011200102")];
        self.records.push(Recorded {
            sequence,
            stream: StreamId("case/c1".into()),
            version: sequence,
            happened: if from == to { Span::at(at(from)) } else { Span::between(at(from), at(to)) },
            recorded_at: at(to),
            actor: "p1".into(),
            envelope: Envelope { place: "武汉市某某路18号二楼".into(), officers: handlers, ..Envelope::default() },
            event,
        });
    }

    fn case(&self) -> Case {
        Case::fold(self.records.clone())
    }

    /// Fills a paper in by hand where it is blank, hands it in, and issues it with a number.
    fn paper(&mut self, when: &str, kind: &str, subject: &str, typed: Value) -> Map<String, Value> {
        let (case, form) = (self.case(), form(kind));
        let (agency, person) = (agency(), person());
        let mut fields = prefill(form, &case, book(), &agency, &person, subject, at(when));
        // What the office counts in the attached files.
        let pages = evidence_unmeasured(&fields).into_iter().map(|number| (number, 2)).collect();
        measure_evidence(&mut fields, &pages);
        self.listen(&Known::new(form, &case, book(), &agency, &person, subject, at(when)), &form.schema);
        let prefilled = Value::Object(fields.clone());
        let earlier = texts_of(&case);
        let mut leaves = vec![];
        each_leaf("", &typed, &mut |path, value| {
            assert_ne!(prefilled.pointer(&path.replace('.', "/")), Some(value), "{kind}: {path} is filled in already");
            let known = value.as_str().is_some_and(|text| text.chars().count() > 8 && earlier.contains(text));
            assert!(!known, "{kind}: {path} stands in the case already: {value}");
            leaves.push(general(path));
        });
        leaves.sort();
        leaves.dedup();
        self.typed.push((kind.to_owned(), leaves));
        let Value::Object(typed) = typed else { panic!("fields are an object") };
        lay_over(&mut fields, typed);
        let fields = settle(form, fields);
        assert_eq!(problems(form, &fields), vec![], "{kind}");
        let paper = PaperId(format!("{kind}-{}", self.records.len()));
        let read = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let (from, to) = (read("from").unwrap_or_else(|| when.into()), read("to").unwrap_or_else(|| when.into()));
        let event = Event::PaperSubmitted {
            paper: paper.clone(),
            paper_kind: kind.into(),
            title: form.title.clone(),
            paper_version: 1,
            subject: subject.into(),
            fields: fields.clone(),
            fields_digest: String::new(),
            digest: String::new(),
            steps: vec![],
        };
        self.lasts(&from, &to, event);
        self.happens(when, Event::PaperApproved { paper: paper.clone(), paper_version: 1, digest: String::new() });
        let number = format!("（演示）{kind}〔2025〕1号");
        self.happens(
            when,
            Event::PaperNumbered { paper: paper.clone(), series: kind.into(), ordinal: 1, number, digest: String::new() },
        );
        self.happens(when, Event::PaperIssued { paper, file: file("application/pdf"), pages_count: 1 });
        fields
    }

    fn served(&mut self, when: &str, kind: &str) -> PaperId {
        let paper = self.case().of_kind(kind).next_back().expect("it was made").id.clone();
        let event = Event::PaperServed {
            paper: paper.clone(),
            to: "a".into(),
            method: ServiceMethod::Direct,
            recipient: "陈某某".into(),
            relation: "委托代理人".into(),
            refusal: String::new(),
            witness: String::new(),
            voucher: String::new(),
            why_not_direct: String::new(),
            proof: None,
            effective_on: at(when).date(),
        };
        self.happens(when, event);
        paper
    }

    fn visited(&mut self, id: &str, from: &str, to: &str) {
        let event = Event::VisitStarted {
            visit: id.into(),
            purpose: "现场核查".into(),
            certificates_shown: true,
            present: "何某某".into(),
        };
        self.happens(from, event);
        self.happens(to, Event::VisitEnded { visit: id.into(), note: String::new() });
    }

    fn evidence(&mut self, number: u32, kind: &str, name: &str, media_type: &str, from: &str, to: &str) {
        let footage = !media_type.ends_with("pdf");
        let event = Event::EvidenceAttached {
            evidence: format!("e{number}").into(),
            number,
            evidence_kind: kind.into(),
            name: name.into(),
            source: format!("{name}的来源"),
            proves: format!("{name}所证明的事实"),
            file: Some(file(media_type)),
            footage,
            located: String::new(),
            extraction: None,
        };
        self.lasts(from, to, event);
    }

    fn listen(&mut self, known: &Known<'_>, schema: &Value) {
        for (_, member) in schema::members(schema) {
            for source in schema::sources(member).flat_map(inner_sources) {
                if known.source(&source, member).is_some_and(|value| value != json!([]) && value != json!("")) {
                    self.spoke.insert(source);
                }
            }
            self.listen(known, member);
            self.listen(known, member.get("items").unwrap_or(&Value::Null));
        }
    }
}

/// A sentence's own sources; a row's are none of the case's.
fn inner_sources(source: &str) -> Vec<String> {
    match source.strip_prefix("words:") {
        Some(words) => words.split('{').skip(1).filter_map(|p| Some(p.split_once('}')?.0.to_owned())).collect(),
        None if source == "row" || source.starts_with("row.") => vec![],
        None => vec![source.to_owned()],
    }
}

fn officer(id: &str, name: &str, certificate: &str) -> OfficerSeen {
    OfficerSeen { id: id.into(), name: name.into(), certificate: certificate.into(), valid: true }
}

fn person() -> Person {
    Person {
        id: "p1".into(),
        name: "赵某甲".into(),
        roles: vec![Role::Officer],
        department: "d1".into(),
        certificates: vec![Certificate { number: "17011200101".into(), from: date(2024, 1, 1), to: date(2029, 1, 1) }],
        qualification: Some("A20204201120001".into()),
    }
}

fn agency() -> Agency {
    toml::from_str(&book().files["bureau.toml"]).expect("the bureau's settings")
}

fn file(media_type: &str) -> FileRef {
    FileRef {
        sha256: "0".repeat(64),
        sm3: String::new(),
        len_bytes: 1,
        media_type: media_type.into(),
        original_name: String::new(),
        plain_sha256: String::new(),
    }
}

fn each_leaf(path: &str, value: &Value, tell: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| each_leaf(&format!("{path}.{name}"), inner, tell)),
        Value::Array(rows) => rows.iter().enumerate().for_each(|(i, inner)| each_leaf(&format!("{path}.{i}"), inner, tell)),
        leaf => tell(path, leaf),
    }
}

/// `.facts.0.text` is `facts[].text`.
fn general(path: &str) -> String {
    let mut said = String::new();
    for step in path.split('.').filter(|s| !s.is_empty()) {
        if step.parse::<usize>().is_ok() {
            said.push_str("[]");
        } else {
            said.push_str(if said.is_empty() { "" } else { "." });
            said.push_str(step);
        }
    }
    said
}

/// Every text the case holds.
fn texts_of(case: &Case) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for record in &case.records {
        let event = serde_json::to_value(&record.event).expect("an event is JSON");
        each_leaf("", &event, &mut |_, value| texts.extend(value.as_str().map(str::to_owned)));
    }
    texts
}

fn lay_over(fields: &mut Map<String, Value>, typed: Map<String, Value>) {
    for (name, value) in typed {
        let known = fields.entry(name).or_insert(Value::Null);
        lay_value(known, value);
    }
}

fn lay_value(known: &mut Value, typed: Value) {
    match (known, typed) {
        (Value::Object(known), Value::Object(typed)) => lay_over(known, typed),
        (Value::Array(known), Value::Array(typed)) => {
            for (i, value) in typed.into_iter().enumerate() {
                match known.get_mut(i) {
                    Some(row) => lay_value(row, value),
                    None => known.push(value),
                }
            }
        }
        (known, typed) => *known = typed,
    }
}

fn accepted(line: &mut Line, source: ClueSource, informant: Option<Informant>) {
    let cause = &book().causes["entertainment-minors"];
    let body = (source == ClueSource::Transferred).then(|| "某某区公安分局（演示）".to_owned());
    let whom = match &body {
        Some(name) => Inform { whom: "transferring-body".into(), label: name.clone(), reachable: true },
        None => Inform { whom: "informant".into(), label: "举报人1".into(), reachable: true },
    };
    line.happens(
        "2025-11-04T09:30",
        Event::ClueRegistered {
            number: "线1".into(),
            source,
            channel: "公函".into(),
            received_at: at("2025-11-04T09:10"),
            category: "歌舞娱乐".into(),
            target: "武汉某某歌舞娱乐有限公司".into(),
            content: "2025年10月29日晚该场所内有一名未成年人。".into(),
            informant,
            transferring_body: body,
            reply_wanted: true,
            department: "d1".into(),
        },
    );
    line.happens("2025-11-04T10:00", Event::ClueAccepted { case: "c1".into(), opinion: "属本机关管辖，受理核查。".into() });
    line.happens(
        "2025-11-04T10:00",
        Event::CaseOpened {
            clue: "l1".into(),
            title: "武汉某某歌舞娱乐有限公司涉嫌违法案".into(),
            procedure: "ordinary-penalty".into(),
            edition: "2019-09-30".into(),
            department: "d1".into(),
            source,
            received_at: at("2025-11-04T09:10"),
            to_inform: vec![whom],
            handlers: vec![officer("p1", "赵某甲", "17011200101"), officer("p2", "钱某乙", "17011200102")],
        },
    );
    let party = Party {
        id: "a".into(),
        kind: PartyKind::Organisation,
        name: "武汉某某歌舞娱乐有限公司".into(),
        id_number: "91420112MA4K0C3D0A".into(),
        legal_representative: "张某某".into(),
        address: "武汉市东西湖区某某路18号".into(),
        phone: "027-80010001".into(),
        ..Party::default()
    };
    line.happens("2025-11-04T10:10", Event::PartyRecorded { party });
    line.happens(
        "2025-11-04T10:10",
        Event::CauseChosen {
            cause: cause.id.as_str().into(),
            title: cause.title.clone(),
            case_title: "武汉某某歌舞娱乐有限公司允许未成年人进入案".into(),
            verified: true,
        },
    );
}

/// The KTV, from the police's letter to the closing report.
fn main_line() -> Line {
    let mut line = Line::open();
    accepted(&mut line, ClueSource::Transferred, None);
    line.paper("2025-11-04T11:00", "clue-sheet", "", json!({}));
    line.visited("v1", "2025-11-04T15:00", "2025-11-04T16:10");
    line.evidence(1, "documentary", "公安机关商请函", "application/pdf", "2025-11-04T09:10", "2025-11-04T09:10");
    line.evidence(2, "audio-visual", "现场录像", "video/mp4", "2025-11-04T15:00", "2025-11-04T16:10");
    line.evidence(3, "audio-visual", "现场照片", "image/jpeg", "2025-11-04T15:20", "2025-11-04T15:20");
    let told = json!({
        "told_at": "2025-11-04T15:05", "recusal": { "answer": "不申请回避" },
        "address_confirmation": { "electronic_consent": false }, "party_reply": "以上权利义务已经知悉。",
    });
    line.paper("2025-11-04T16:20", "rights-notice", "a", told);
    let inspected = json!({
        "site_person": { "duty": "店长" }, "recusal": { "answer": "不申请回避" }, "notified_on_camera": true,
        "findings": "监控录像显示，一名未成年人进入3号包房，没有查验身份证件。",
        "measures_taken": "调取2025年10月29日的监控录像。", "party_opinion": "以上笔录已阅，属实。",
    });
    let fields = line.paper("2025-11-04T16:30", "inspection-record", "a", inspected);
    assert_eq!((&fields["from"], &fields["to"]), (&json!("2025-11-04T15:00"), &json!("2025-11-04T16:10")));
    assert_eq!(fields["place"], "武汉市某某路18号二楼");
    assert_eq!(
        fields["recordings"],
        json!([{ "recording": "证2", "from_second": 0, "to_second": 4200, "shows": "现场录像" }])
    );
    assert_eq!(fields["photos"], json!([{ "name": "现场照片", "caption": "现场照片所证明的事实" }]));
    line.paper("2025-11-06T09:00", "filing-approval", "", json!({ "grounds": ["有明确的违法嫌疑人", "属于本机关管辖"] }));
    line.happens("2025-11-06T09:00", Event::CaseFiled { number: "（演示）文综案〔2025〕1号".into(), on: date(2025, 11, 6) });
    line.paper("2025-11-07T09:00", "inquiry-notice", "a", json!({ "appear_at": "2025-11-11T10:00" }));
    let order = json!({
        "mode": "限期改正", "deadline": "2025-11-14", "recheck_on": "2025-11-17",
        "requirements": ["停止允许未成年人进入", "对难以判明是否成年的，要求出示身份证件"],
    });
    line.paper("2025-11-07T14:00", "order-to-correct", "a", order);
    let answers: Vec<Value> =
        book().causes["entertainment-minors"].questions.iter().map(|_| json!({ "a": "情况属实。" })).collect();
    let asked = json!({
        "from": "2025-11-11T10:02", "to": "2025-11-11T11:05", "minor": false, "recusal": { "answer": "不申请回避" },
        "person": { "id_number": "420112198502149987", "relation": "法定代表人（负责人）" }, "questions": answers,
        "party_opinion": "以上笔录已阅，与我所说一致。",
    });
    line.paper("2025-11-11T11:10", "inquiry-record", "", asked);
    line.visited("v2", "2025-11-17T09:00", "2025-11-17T09:30");
    let recheck = json!({
        "occasion": "核查责令改正情况", "conclusion": "违法行为已改正。", "next_step": "无需后续措施",
        "corrections": [{ "corrected": "已改正", "found": "入口有人查验。" }, { "corrected": "已改正", "found": "有登记记录。" }],
    });
    let fields = line.paper("2025-11-17T09:40", "performance-check", "a", recheck);
    assert_eq!(fields["corrections"][1]["requirement"], "对难以判明是否成年的，要求出示身份证件");
    assert_eq!((&fields["from"], &fields["performance"]), (&json!("2025-11-17T09:00"), &json!([])));
    let fields = line.paper("2025-11-17T10:00", "evidence-list", "", json!({}));
    let extents: Vec<_> = fields["evidence"].as_array().expect("rows").iter().map(|e| &e["pages_or_seconds"]).collect();
    assert_eq!(extents, ["共2页", "共4200秒", "共1张"]);
    let report = json!({
        "facts": [{
            "text": "2025年10月29日晚，当事人允许一名未成年人进入其营业性歌舞娱乐场所。",
            "evidence": [{ "evidence_number": "证2", "page_or_second": "00:03:15" }],
        }],
        "circumstances": [{ "kind": "从轻", "text": "当事人主动整改，如实陈述。" }],
        "discretion": { "standard": "本机关公布的裁量基准（演示）", "tier": "一般", "reason": "初次被查处。" },
        "illegal_gains_fen": 0, "proposal": "给予行政处罚", "hearing_right": false, "major": false,
        "measures": [{ "kind": "警告", "content": "警告" }, { "kind": "罚款", "content": "罚款人民币10000元", "amount_fen": 1_000_000 }],
    });
    let fields = line.paper("2025-11-17T10:30", "investigation-report", "", report);
    assert_eq!(
        fields["course"],
        "2025年11月4日获取案件线索（其他机关移送）；同日对当事人进行现场检查；2025年11月6日立案；2025年11月7日责令当事人改正；2025年11月11日进行调查询问；2025年11月17日核查改正情况。"
    );
    assert_eq!(
        fields["correction"],
        "2025年11月7日发出责令改正通知书，文号（演示）order-to-correct〔2025〕1号；2025年11月17日核查，违法行为已改正。"
    );
    let concluded: Vec<Value> = (0..7).map(|_| json!({ "conclusion": "符合要求", "note": "未发现问题。" })).collect();
    let review = json!({
        "grounds": ["本机关规定普通程序案件应当审核"], "conclusions": concluded, "opinion": "同意",
        "opinion_text": "同意处理建议。", "reviewer": { "first_time": false },
    });
    line.paper("2025-11-17T16:00", "legal-review", "", review);
    let fields = line.paper("2025-11-18T09:00", "prior-notice", "a", json!({}));
    assert_eq!(fields["reasons"], "当事人主动整改，如实陈述。");
    line.served("2025-11-19T10:00", "prior-notice");
    let statement = json!({
        "way": "当面陈述申辩", "from": "2025-11-20T10:00", "to": "2025-11-20T10:30", "party_opinion": "笔录属实。",
        "points": [{ "kind": "事实", "text": "该未成年人没有消费。" }, { "kind": "理由", "text": "已经培训全体员工。" }],
    });
    let fields = line.paper("2025-11-20T10:40", "statement-record", "a", statement);
    let points = fields["points"].as_array().expect("rows");
    let point = |(i, row): (usize, &Value)| Point {
        id: i.to_string().into(),
        kind: row["kind"].as_str().unwrap_or_default().into(),
        text: row["text"].as_str().unwrap_or_default().into(),
    };
    let points = points.iter().enumerate().map(point).collect();
    line.happens("2025-11-20T10:40", Event::StatementMade { party: "a".into(), how: "当面陈述申辩".into(), points });
    let examined = json!({
        "course": "核对监控录像和消费记录。", "conclusion": "没有违法所得；培训作为从轻情节。",
        "findings": [{ "adopted": "采纳", "reason": "没有消费记录。" }, { "adopted": "部分采纳", "reason": "培训属实。" }],
    });
    let fields = line.paper("2025-11-20T14:00", "statement-examination", "a", examined);
    assert_eq!(fields["findings"][1]["point"], "已经培训全体员工。");
    let fields = line.paper("2025-11-21T09:00", "decision-approval", "a", json!({}));
    assert_eq!(fields["hearing"], "无听证权利");
    assert_eq!(fields["case_summary"], "2025年10月29日晚，当事人允许一名未成年人进入其营业性歌舞娱乐场所。");
    let fields = line.paper("2025-11-21T11:00", "penalty-decision", "a", json!({}));
    assert_eq!(fields["measures"][1]["amount_fen"], 1_000_000);
    assert_eq!(fields["notice"]["served_on"], "2025-11-19");
    assert_eq!(fields["statement_findings"][0]["adopted"], "采纳");
    let decision = line.served("2025-11-24T10:00", "penalty-decision");
    let fields = line.paper("2025-11-24T10:30", "proof-of-service", &decision.0, json!({}));
    assert_eq!(fields["received_by"], json!({ "name": "陈某某", "relation": "委托代理人" }));
    line.visited("v3", "2025-12-10T10:00", "2025-12-10T10:30");
    let performed = json!({
        "occasion": "一并检查", "conclusion": "决定已全部履行。", "next_step": "无需后续措施",
        "performance": [
            { "state": "已履行" },
            { "state": "已履行", "performed_on": "2025-12-08", "amount_fen": 1_000_000, "voucher": "演示00000012" },
        ],
        "corrections": [{ "corrected": "已改正", "found": "抽查属实。" }, { "corrected": "已改正", "found": "抽查属实。" }],
    });
    let fields = line.paper("2025-12-10T10:40", "performance-check", "a", performed);
    // 行政处罚法 67: fifteen days from 24 November, a Tuesday.
    assert_eq!(fields["performance"][1]["due_on"], "2025-12-09");
    assert_eq!(fields["performance"][0].get("due_on"), None);
    let fields = line.paper("2025-12-11T09:00", "closing-report", "", json!({ "execution": "自动履行" }));
    assert_eq!(
        fields["receipts"],
        json!([{ "number": "演示00000012", "amount_fen": 1_000_000, "date": "2025-12-08" }])
    );
    line
}

/// Not filed: who reported is told.
fn declined() -> Line {
    let mut line = Line::open();
    let informant = Informant { name: "周某壬".into(), contact: "027-80000010".into(), reachable: true };
    accepted(&mut line, ClueSource::Complaint, Some(informant));
    line.paper("2025-11-04T11:00", "clue-sheet", "", json!({}));
    let declined = json!({
        "verification": "现场核查，没有发现未成年人。", "reason": "没有违法事实", "reason_text": "经核查，反映的情况不存在。",
        "basis": ["《中华人民共和国行政处罚法》第五十四条"], "to_inform": [{ "way": "书面" }],
    });
    line.paper("2025-11-06T09:00", "non-filing-approval", "", declined);
    let notice = json!({ "recipient": { "address": "武汉市某某路2号" } });
    let fields = line.paper("2025-11-06T11:00", "non-filing-notice", "举报人1", notice);
    assert_eq!(fields["recipient"]["name"], "周某壬");
    line
}

const BY_HAND: [(&str, &[&str]); 20] = [
    ("clue-sheet", &[]),
    ("rights-notice", &["address_confirmation.electronic_consent", "party_reply", "recusal.answer", "told_at"]),
    (
        "inspection-record",
        &["findings", "measures_taken", "notified_on_camera", "party_opinion", "recusal.answer", "site_person.duty"],
    ),
    ("filing-approval", &["grounds[]"]),
    ("inquiry-notice", &["appear_at"]),
    ("order-to-correct", &["deadline", "mode", "recheck_on", "requirements[]"]),
    (
        "inquiry-record",
        &[
            "from", "minor", "party_opinion", "person.id_number", "person.relation", "questions[].a", "recusal.answer",
            "to",
        ],
    ),
    ("performance-check", &["conclusion", "corrections[].corrected", "corrections[].found", "next_step", "occasion"]),
    ("evidence-list", &[]),
    (
        "investigation-report",
        &[
            "circumstances[].kind", "circumstances[].text", "discretion.reason", "discretion.standard",
            "discretion.tier", "facts[].evidence[].evidence_number", "facts[].evidence[].page_or_second",
            "facts[].text", "hearing_right", "illegal_gains_fen", "major", "measures[].amount_fen",
            "measures[].content", "measures[].kind", "proposal",
        ],
    ),
    (
        "legal-review",
        &["conclusions[].conclusion", "conclusions[].note", "grounds[]", "opinion", "opinion_text", "reviewer.first_time"],
    ),
    ("prior-notice", &[]),
    ("statement-record", &["from", "party_opinion", "points[].kind", "points[].text", "to", "way"]),
    ("statement-examination", &["conclusion", "course", "findings[].adopted", "findings[].reason"]),
    ("decision-approval", &[]),
    ("penalty-decision", &[]),
    ("proof-of-service", &[]),
    (
        "performance-check",
        &[
            "conclusion", "corrections[].corrected", "corrections[].found", "next_step", "occasion",
            "performance[].amount_fen", "performance[].performed_on", "performance[].state", "performance[].voucher",
        ],
    ),
    ("closing-report", &["execution"]),
    ("non-filing-approval", &["basis[]", "reason", "reason_text", "to_inform[].way", "verification"]),
];

#[test]
fn nothing_is_typed_twice_from_the_clue_to_the_closing_report() {
    let typed: Vec<(String, Vec<String>)> = main_line().typed;
    let refused = declined().typed;
    assert_eq!(refused[0], ("clue-sheet".to_owned(), vec![]), "who reported stands in the clue");
    assert_eq!(refused[2], ("non-filing-notice".to_owned(), vec!["recipient.address".to_owned()]));
    let typed = typed.iter().chain(&refused[1..2]).map(|(kind, names)| (kind.as_str(), names.clone()));
    let by_hand = BY_HAND.iter().map(|(kind, names)| (*kind, names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()));
    assert_eq!(typed.collect::<Vec<_>>(), by_hand.collect::<Vec<_>>());
}

/// What only another course of things gives: a natural person as the party, a start before the
/// filing, a right to a hearing, a waiver, service by post, a volume.
const ELSEWHERE: [&str; 16] = [
    "agency.fonds_number",
    "facts.closing-report.closed_on",
    "facts.closing-report.result",
    "hearing.days",
    "hearing.reason",
    "paper.number",
    "party.person.address",
    "party.person.id_number",
    "party.person.name",
    "party.person.phone",
    "party.person.role",
    "service.voucher",
    "start",
    "statement.waived",
    "statement.waived_finding",
    "visit.open_place",
];

#[test]
fn every_source_a_schema_names_gives_something() {
    let mut spoke = main_line().spoke;
    spoke.extend(declined().spoke);
    let mut named = BTreeMap::new();
    for (kind, form) in &book().papers {
        named_in(&form.schema, kind, &mut named);
    }
    let silent: Vec<_> = named.keys().filter(|source| !spoke.contains(*source)).map(String::as_str).collect();
    assert_eq!(silent, ELSEWHERE);
}

fn named_in(schema: &Value, kind: &str, named: &mut BTreeMap<String, String>) {
    for (_, member) in schema::members(schema) {
        named.extend(schema::sources(member).flat_map(inner_sources).map(|source| (source, kind.to_owned())));
        named_in(member, kind, named);
        named_in(member.get("items").unwrap_or(&Value::Null), kind, named);
    }
}
