//! 第四条、第十四条、第十七条: what cannot be true is complained of beside its field; what happened is
//! recorded with its flaw; what is made here waits, and is told everything it lacks.

mod support;

use casework::acts::*;
use casework::drafts::{DraftBody, DraftKept, DraftPlace};
use casework::{ActError, Caller, forms};
use procedure::event::{Event, Party, PartyKind, Severity};
use procedure::ids::*;
use procedure::people::Role;
use serde_json::{Value, json};
use support::desk::*;
use tempfile::tempdir;

fn submission(docket: &casework::demo::vocabulary::Docket<'_>, kind: &str, caller: &Caller, case: &procedure::Case, own: Value) -> submit_paper::SubmitPaper {
    let office = docket.desk.office();
    let form = office.book().paper(kind).unwrap();
    let mut fields = forms::prefill(form, case, office.book(), office.agency(), &caller.person, &docket.party.0, office.now());
    for (name, value) in own.as_object().unwrap() {
        match value {
            Value::Null => fields.remove(name),
            value => fields.insert(name.clone(), value.clone()),
        };
    }
    submit_paper::SubmitPaper {
        case: docket.case.clone(),
        kind: PaperKind(kind.into()),
        paper: None,
        base_version: 0,
        subject: docket.party.0.clone(),
        fields,
        opinion: "请审批。".into(),
    }
}

fn inspection(from: &str, to: &str) -> Value {
    json!({
        "place": "武汉市东西湖区某某路18号", "from": from, "to": to, "findings": "场所正在营业。",
        "site_person": { "name": "何某某", "duty": "店长" }, "recusal": { "told": true, "answer": "不申请回避" },
        "notified_on_camera": true, "party_opinion": "属实。",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn article_08_what_is_missing_or_wrong_is_said_beside_its_field_and_nothing_is_recorded() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = filed(&desk, 17, FIRST).await;
    let office = desk.office();
    let zhao = docket.writer().await.unwrap();
    let case = docket.file().await.unwrap();
    let entries = case.records.len();
    let record = |own: Value| submission(&docket, "inspection-record", &zhao, &case, own);
    let with = |from: &str, to: &str, name: &str, value: Value| {
        let mut own = inspection(from, to);
        own[name] = value;
        own
    };
    let (from, to) = ("2026-08-17T08:45", "2026-08-17T09:10");
    desk.reach(at(17, 9, 30)).await;

    let missing = complaints(submit_paper::submit_paper(office, &zhao, record(with(from, to, "findings", Value::Null))).await);
    assert!(missing.iter().any(|(field, message)| field == "findings" && message.starts_with("请填写")), "{missing:?}");
    let late = complaints(submit_paper::submit_paper(office, &zhao, record(inspection("2026-08-17T10:45", "2026-08-17T11:10"))).await);
    assert!(late.iter().any(|(field, message)| field == "from" && message.contains("还没有发生的事不能记录")), "{late:?}");
    let turned = complaints(submit_paper::submit_paper(office, &zhao, record(inspection(to, from))).await);
    assert!(turned.iter().any(|(field, message)| field == "to" && message.contains("早于")), "{turned:?}");
    let unknown = json!([{ "name": "不认识", "certificate": "17019999999" }]);
    let unknown = complaints(submit_paper::submit_paper(office, &zhao, record(with(from, to, "officers", unknown))).await);
    assert!(unknown.iter().any(|(field, message)| field == "officers.0.name" && message.contains("不是登记的执法人员")), "{unknown:?}");
    let unprintable = complaints(submit_paper::submit_paper(office, &zhao, record(with(from, to, "findings", json!("现场发现\u{10fffd}一台。")))).await);
    assert!(unprintable.iter().any(|(_, message)| message.contains("没有字体能够印出") && message.contains("U+10FFFD")), "{unprintable:?}");

    let visit = start_visit::StartVisit {
        case: docket.case.clone(),
        place: "某某路18号".into(),
        purpose: "现场检查".into(),
        officers: vec![zhao.person.id.clone()],
        certificates_shown: true,
        present: String::new(),
        arrived_at: at(17, 9, 0),
        left_at: Some(at(17, 8, 0)),
    };
    let ended = complaints(start_visit::start_visit(office, &zhao, visit.clone()).await);
    assert_eq!(ended, [("arrived_at".into(), "结束时间早于开始时间".into())]);
    let coming = start_visit::StartVisit { arrived_at: at(18, 9, 0), left_at: None, ..visit };
    assert_eq!(complaints(start_visit::start_visit(office, &zhao, coming).await)[0].1, "时间晚于现在，还没有发生的事不能记录");

    // 第18位 of the code should be A; the last digit of the number 3.
    let wrong = Party { id_number: "91420112MA4K0C3D0B".into(), ..party() };
    let wrong = complaints(record_party::record_party(office, &zhao, record_party::RecordParty { case: docket.case.clone(), party: wrong }).await);
    assert_eq!(wrong, [("party.id_number".into(), "统一社会信用代码有误：第18位校验码不符，应为“A”".into())]);
    let person = Party { kind: PartyKind::Person, name: "许某某".into(), id_number: "420112198806209994".into(), ..Party::default() };
    let wrong = complaints(record_party::record_party(office, &zhao, record_party::RecordParty { case: docket.case.clone(), party: person }).await);
    assert_eq!(wrong, [("party.id_number".into(), "公民身份号码校验位不符，第18位应为“3”".into())]);

    let after = docket.file().await.unwrap();
    assert_eq!(after.records.len(), entries, "what cannot be true is no entry");
    office.close().await;
}

/// Asks for the decision with every field filled, whatever the file holds: why it is refused, if it is.
async fn refused_to_decide(docket: &casework::demo::vocabulary::Docket<'_>) -> String {
    let own = json!({
        "case_summary": "允许未成年人进入。", "hearing": "当事人不要求听证", "notice_number": "/",
        "articles_violated": ["《中华人民共和国未成年人保护法》第五十八条"],
        "articles_penalty": ["《中华人民共和国未成年人保护法》第一百二十三条"],
        "circumstances": [{ "kind": "从轻", "text": "初次违法。" }],
        "discretion": { "standard": "裁量基准（演示）", "tier": "一般", "reason": "初次违法。", "range": "五万元以下罚款" },
        "measures": [{ "kind": "警告", "content": "警告" }], "statement_result": "尚未告知", "review_opinion": "尚未审核",
    });
    let asked = docket.submits(&docket.handlers[0], "decision-approval", &docket.party.0, own, "建议处罚。").await;
    asked.err().map(|e| e.to_string()).unwrap_or_default()
}

/// Whether the decision's approval waits for flaws, by what it says.
async fn waits_for_flaws(docket: &casework::demo::vocabulary::Docket<'_>, hour: i8) -> bool {
    let day = docket.desk.office().now().date();
    docket.desk.reach(day.at(hour, 0, 0, 0)).await;
    refused_to_decide(docket).await.contains("瑕疵未补正，也未经负责人决定")
}

#[tokio::test(flavor = "multi_thread")]
async fn article_14_one_officer_is_recorded_flawed_and_cured_by_two_or_decided_by_the_head() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = filed(&desk, 17, FIRST).await;
    let alone = json!({ "officers": [{ "name": "赵建国", "certificate": "17011200101" }] });
    docket.inspects(at(17, 10, 0), at(17, 10, 30), "独自检查。", alone.clone()).await.unwrap();
    assert_eq!(open_flaws(&docket).await, ["two-officers"]);
    let case = docket.file().await.unwrap();
    let flaw = &case.flaws[0].flaw;
    assert_eq!((flaw.text.as_str(), flaw.severity), ("执法人员1人，不足两人", Severity::Grave));
    assert!(flaw.article.contains("本制度14") && !flaw.mend.is_empty());
    assert!(waits_for_flaws(&docket, 12).await, "what rests on it waits");

    docket.inspects(at(17, 14, 0), at(17, 14, 30), "两人重新检查。", json!({})).await.unwrap();
    assert!(open_flaws(&docket).await.is_empty(), "made again by two");
    assert!(!waits_for_flaws(&docket, 15).await);

    // A second time alone: this time the head decides, and only the head may.
    docket.inquires(at(17, 16, 0), at(17, 16, 20), alone).await.unwrap();
    let case = docket.file().await.unwrap();
    let target = case.flaws.last().unwrap().sequence;
    let what = decide_flaw::DecideFlaw {
        case: docket.case.clone(),
        target,
        rule: "two-officers".into(),
        rely: true,
        reason: "全程录像，内容与其他证据一致。".into(),
    };
    let zhao = docket.writer().await.unwrap();
    assert!(matches!(decide_flaw::decide_flaw(desk.office(), &zhao, what.clone()).await, Err(ActError::NotAllowed(_))));
    assert_eq!(open_flaws(&docket).await, ["two-officers"]);
    let head = who(desk.office(), Role::AgencyHead);
    let silent = decide_flaw::DecideFlaw { reason: " ".into(), ..what.clone() };
    assert_eq!(complaints(decide_flaw::decide_flaw(desk.office(), &head, silent).await)[0].0, "reason");
    decide_flaw::decide_flaw(desk.office(), &head, what).await.unwrap();
    assert!(open_flaws(&docket).await.is_empty());
    desk.office().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_14_an_expired_certificate_is_recorded_and_closes_what_rests_on_it() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = filed(&desk, 17, ["zhengwenbo", "chuyan"]).await;
    docket.inquires(at(17, 10, 0), at(17, 10, 40), json!({})).await.unwrap();
    assert_eq!(open_flaws(&docket).await, ["certificates-valid"]);
    let case = docket.file().await.unwrap();
    assert!(case.flaws[0].flaw.text.contains("褚岩的执法证件（R200400178）当日不在有效期内"), "{:?}", case.flaws[0].flaw);
    assert!(waits_for_flaws(&docket, 12).await);
    desk.office().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_04_an_officer_in_two_places_is_a_flaw_in_both_cases() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let one = filed(&desk, 17, FIRST).await;
    let other = filed(&desk, 18, FIRST).await;
    one.inspects(at(18, 14, 0), at(18, 15, 0), "检查甲处。", json!({})).await.unwrap();
    assert!(open_flaws(&one).await.is_empty());
    other.inspects(at(18, 14, 30), at(18, 15, 30), "检查乙处。", json!({})).await.unwrap();
    for docket in [&one, &other] {
        assert_eq!(open_flaws(docket).await, ["officers-not-elsewhere", "officers-not-elsewhere"], "two officers in two places");
        let case = docket.file().await.unwrap();
        let told: Vec<&str> = case.flaws.iter().map(|f| f.flaw.text.as_str()).collect();
        assert!(told.iter().any(|t| t.contains("赵建国在同一时间还在另一处执法")), "{told:?}");
        assert!(told.iter().any(|t| t.contains("钱晓梅在同一时间还在另一处执法")), "{told:?}");
        assert!(waits_for_flaws(docket, 17).await);
        let row = desk.office().cases(&who(desk.office(), Role::AgencyHead), Default::default(), None, 100).await.unwrap();
        let row = row.into_iter().find(|r| r.id == docket.case.0).unwrap();
        assert!(row.flaws_count >= 2, "the list of cases counts them too");
    }
    let earlier = one.file().await.unwrap();
    let noticed = earlier.records.iter().filter(|r| matches!(r.event, Event::OverlapNoticed { .. })).count();
    assert_eq!(noticed, 2, "the earlier record is told of the later one");
    // Made again at another hour: the earlier case is whole, the other still waits.
    one.inspects(at(19, 9, 0), at(19, 10, 0), "重新检查甲处。", json!({})).await.unwrap();
    assert!(open_flaws(&one).await.is_empty());
    assert_eq!(open_flaws(&other).await.len(), 2);
    let report = casework::verify::verify(&support::settings(place.path()), desk.office().now(), &mut |_| {}).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    desk.office().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_04_two_records_written_at_once_see_each_other() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let one = filed(&desk, 17, FIRST).await;
    let other = filed(&desk, 18, FIRST).await;
    desk.reach(at(18, 16, 0)).await;
    let zhao = one.writer().await.unwrap();
    let visit = |case: &CaseId| start_visit::StartVisit {
        case: case.clone(),
        place: "某某路18号".into(),
        purpose: "现场检查".into(),
        officers: vec![zhao.person.id.clone()],
        certificates_shown: true,
        present: String::new(),
        arrived_at: at(18, 14, 0),
        left_at: Some(at(18, 15, 0)),
    };
    let office = desk.office();
    let (a, b) = tokio::join!(
        start_visit::start_visit(office, &zhao, visit(&one.case)),
        start_visit::start_visit(office, &zhao, visit(&other.case))
    );
    a.unwrap();
    b.unwrap();
    for docket in [&one, &other] {
        assert!(open_flaws(docket).await.contains(&"officers-not-elsewhere".to_owned()), "whoever came first is told");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_17_a_decision_before_notice_or_inside_the_statement_period_is_refused_with_all_it_lacks() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let early = filed(&desk, 17, THIRD).await;
    let refused = refused_to_decide(&early).await;
    for lacking in ["事先告知书", "询问笔录", "陈述申辩期限未满，当事人也没有放弃", "本制度17", "行政处罚法45"] {
        assert!(refused.contains(lacking), "{lacking} is missing in: {refused}");
    }
    let own = early.file().await.unwrap();
    assert!(!own.records.iter().any(|r| matches!(&r.event, Event::PaperSubmitted { paper_kind, .. } if paper_kind.0 == "decision-approval")));

    let (docket, notice) = notified(&desk, 18, FIRST).await;
    docket.serves(at(20, 10, 0), at(20, 10, 20), &notice, docket.by_hand(&docket.matter.site)).await.unwrap();
    desk.reach(at(24, 10, 0)).await;
    let refused = refused_to_decide(&docket).await;
    assert!(refused.contains("陈述申辩期限未满，当事人也没有放弃（2026年8月27日期满）"), "{refused}");
    assert!(!refused.contains("询问笔录"), "only what is lacking: {refused}");
    // The fifth working day after the 20th is Thursday the 27th; on the 28th nobody need wait.
    desk.reach(at(28, 9, 0)).await;
    assert_eq!(refused_to_decide(&docket).await, "");
    desk.office().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_17_a_waiver_ends_the_waiting() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let (docket, notice) = notified(&desk, 17, FIRST).await;
    docket.serves(at(19, 10, 0), at(19, 10, 20), &notice, docket.by_hand(&docket.matter.site)).await.unwrap();
    docket.waives(at(19, 11, 0), at(19, 11, 20)).await.unwrap();
    docket.asks_to_decide(at(19, 15, 0)).await.unwrap();
    desk.office().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_21_an_amount_outside_the_range_is_refused_with_the_range() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = reported(&desk, 17, FIRST).await;
    let zhao = docket.writer().await.unwrap();
    let cause = choose_cause::ChooseCause { case: docket.case.clone(), cause: "internet-cafe-minors".into() };
    choose_cause::choose_cause(desk.office(), &zhao, cause).await.unwrap();
    // 条例第三十一条: up to 15 000 yuan; 未成年人保护法第一百二十三条: up to 500 000.
    let own = json!({ "measures": [{ "kind": "罚款", "content": "罚款人民币500001元", "amount_fen": 50_000_100 }] });
    desk.reach(at(19, 9, 0)).await;
    let refused = docket.submits(FIRST[0], "prior-notice", &docket.party.0, laid(own), "请审阅。").await.unwrap_err().to_string();
    assert!(refused.contains("超出") && refused.contains("法定幅度") && refused.contains("行政处罚法4, 34"), "{refused}");
    let own = json!({ "measures": [{ "kind": "罚款", "content": "罚款人民币15000元", "amount_fen": 1_500_000 }] });
    docket.submits(FIRST[0], "prior-notice", &docket.party.0, laid(own), "请审阅。").await.unwrap();
    desk.office().close().await;
}

/// What a prior notice says besides its measures.
fn laid(mut own: Value) -> Value {
    own["reasons"] = json!("违反上述规定。");
    own["articles_violated"] = json!(["《互联网上网服务营业场所管理条例》第二十一条第一款"]);
    own["articles_penalty"] = json!(["《互联网上网服务营业场所管理条例》第三十一条第（二）项"]);
    own
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_editing_one_paper_keep_both_versions() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = accepted(&desk, 17, FIRST).await;
    let office = desk.office();
    let paper = docket.asks_to_file(at(17, 9, 0)).await.unwrap();
    let (zhao, qian) = (desk.caller(FIRST[0]).await.unwrap(), desk.caller(FIRST[1]).await.unwrap());
    let first = docket.file().await.unwrap().paper(&paper).unwrap().current().unwrap().fields.clone();
    let next = |summary: &str| {
        let mut fields = first.clone();
        fields.insert("case_summary".into(), json!(summary));
        submit_paper::SubmitPaper {
            case: docket.case.clone(),
            kind: "filing-approval".into(),
            paper: Some(paper.clone()),
            base_version: 1,
            subject: docket.party.0.clone(),
            fields,
            opinion: "符合立案条件。".into(),
        }
    };
    let at_place = DraftPlace { case: &docket.case, kind: "filing-approval", subject: &paper.0 };
    let typed = DraftBody { editor: "钱的页面".into(), pairs: vec![("case_summary".into(), "钱晓梅写的案情。".into())], opinion: String::new() };
    assert!(matches!(office.save_draft(&qian, at_place, 1, None, &typed).await.unwrap(), DraftKept::Saved { .. }));
    submit_paper::submit_paper(office, &zhao, next("赵建国改的案情。")).await.unwrap();
    let conflict = submit_paper::submit_paper(office, &qian, next("钱晓梅写的案情。")).await;
    assert!(matches!(&conflict, Err(ActError::Conflict(why)) if why.contains("已有第2版，您依据的是第1版")), "{conflict:?}");
    let kept = docket.file().await.unwrap();
    let versions: Vec<String> = kept.paper(&paper).unwrap().versions.iter().map(|v| v.fields["case_summary"].as_str().unwrap().to_owned()).collect();
    assert_eq!(versions, [first["case_summary"].as_str().unwrap(), "赵建国改的案情。"]);
    let draft = office.draft(&qian, at_place).await.unwrap().unwrap();
    assert_eq!((draft.body.pairs, draft.base_version), (typed.pairs, 1), "and what the other typed is not lost");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_twice_is_done_once_and_answers_the_same() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = filed(&desk, 17, FIRST).await;
    let office = desk.office();
    let once = |caller: &Caller, digest: &str| Caller { once: Some(("表单-1".into(), digest.into())), ..caller.clone() };
    let zhao = docket.writer().await.unwrap();
    let what = record_party::RecordParty { case: docket.case.clone(), party: Party { name: "另一当事人".into(), ..Party::default() } };
    let first = record_party::record_party(office, &once(&zhao, "甲"), what.clone()).await.unwrap();
    let again = record_party::record_party(office, &once(&zhao, "甲"), what.clone()).await.unwrap();
    assert_eq!(first, again);
    assert!(matches!(record_party::record_party(office, &once(&zhao, "乙"), what).await, Err(ActError::KeyReused)));
    assert_eq!(docket.file().await.unwrap().parties.len(), 2);

    let key = |key: &str| Caller { once: Some((key.into(), "甲".into())), ..zhao.clone() };
    let case = docket.file().await.unwrap();
    let paper = submission(&docket, "evidence-list", &zhao, &case, json!({}));
    docket.attaches(at(17, 11, 0), document(at(17, 10, 0))).await.unwrap();
    let case = docket.file().await.unwrap();
    let paper = submit_paper::SubmitPaper { fields: submission(&docket, "evidence-list", &zhao, &case, json!({})).fields, ..paper };
    let mut paper = paper;
    for row in paper.fields["evidence"].as_array_mut().unwrap() {
        row["pages_or_seconds"] = json!("共1页");
    }
    let first = submit_paper::submit_paper(office, &key("2"), paper.clone()).await.unwrap();
    let again = submit_paper::submit_paper(office, &key("2"), paper).await.unwrap();
    assert_eq!((&first.id, &first.entries), (&again.id, &again.entries));
    assert_eq!(docket.file().await.unwrap().of_kind("evidence-list").count(), 1);

    // What no longer fits because it is done already is still the same request.
    let head = who(office, Role::AgencyHead);
    let asked = docket.submits(FIRST[0], "order-to-correct", &docket.party.0, json!({
        "violation": "允许未成年人进入。", "articles_violated": ["《中华人民共和国未成年人保护法》第五十八条"],
        "basis": ["《中华人民共和国行政处罚法》第二十八条第一款"], "mode": "限期改正", "deadline": "2026-08-24",
        "requirements": ["停止允许未成年人进入"], "recheck_on": "2026-08-25",
    }), "建议责令改正。").await.unwrap();
    docket.opinion(at(17, 13, 0), &asked, procedure::event::Outcome::Approve, "同意。").await.unwrap();
    let version = docket.file().await.unwrap().paper(&asked).unwrap().current().unwrap().clone();
    let opinion = give_opinion::GiveOpinion {
        case: docket.case.clone(),
        paper: asked.clone(),
        version: version.version,
        digest: version.digest,
        outcome: procedure::event::Outcome::Approve,
        opinion: "同意。".into(),
        password: casework::demo::password_of("zhoumingyuan"),
        fields: None,
    };
    let head = Caller { once: Some(("3".into(), "甲".into())), ..head };
    let first = give_opinion::give_opinion(office, &head, opinion.clone()).await.unwrap();
    let again = give_opinion::give_opinion(office, &head, opinion).await.unwrap();
    assert_eq!(first, again);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_09_an_empty_file_is_not_taken_and_a_name_is_data() {
    let place = tempdir().unwrap();
    let office = support::open(place.path()).await;
    let empty = office.take_in("空.jpg", Some(0)).await.unwrap();
    assert_eq!(complaints(empty.seal().await), [("file".into(), "文件是空的，没有收下".into())]);
    let mut broken = office.take_in("断.jpg", Some(10_000)).await.unwrap();
    broken.write(&support::picture(8)).await.unwrap();
    assert_eq!(complaints(broken.seal().await), [("file".into(), "文件没有收全，请重新上传".into())]);

    let long = "长".repeat(300);
    let names = ["../../../etc/passwd", "现场\0照片.jpg", "照片\u{202e}gpj.exe", long.as_str(), "..", "a\\b.html"];
    for (i, name) in names.iter().enumerate() {
        let mut intake = office.take_in(name, None).await.unwrap();
        intake.write(format!("<svg onload=alert({i})>").as_bytes()).await.unwrap();
        let taken = intake.seal().await.unwrap();
        assert_eq!(taken.file.media_type, "application/octet-stream", "the type is what the bytes are");
        let kept = &taken.file.original_name;
        assert!(!kept.contains(['/', '\\', '\0', '\u{202e}']) && kept.chars().count() <= 200, "{kept:?}");
        let lies = place.path().join("data/vault/originals");
        assert!(found(&lies, &taken.file.sha256), "the name on the disk is the digest");
    }
    assert!(!place.path().join("etc").exists());
    office.close().await;
}

fn found(dir: &std::path::Path, name: &str) -> bool {
    std::fs::read_dir(dir).into_iter().flatten().flatten().any(|e| {
        let path = e.path();
        if path.is_dir() { found(&path, name) } else { path.file_name().is_some_and(|n| n.to_string_lossy().contains(name)) }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn article_26_a_grant_given_back_under_a_key_closes_each_viewing_in_an_entry_of_its_own() {
    let place = tempdir().unwrap();
    let office = support::open(place.path()).await;
    let people = support::people(&office).await;
    let case = support::case_with_evidence(&office, &people).await;
    let film = office.case_file(&people.zhao, &case).await.unwrap().case.evidence.iter().find(|e| e.footage).unwrap().id.clone();
    let asked = request_grant::RequestGrant {
        case: case.clone(),
        evidence: vec![film.clone()],
        reason: "核对笔录".into(),
        mode: casework::viewing::Mode::View,
        until: at(18, 18, 0),
        seconds: None,
    };
    let grant = GrantId(request_grant::request_grant(&office, &people.zhao, asked).await.unwrap().id);
    give_grant::give_grant(&office, &people.feng, give_grant::GiveGrant { grant: grant.clone(), until: None, view_only: false }).await.unwrap();
    let mut opened = vec![];
    for reason in ["核对第一段", "核对第二段"] {
        let what = open_viewing::OpenViewing { case: case.clone(), evidence: film.clone(), reason: reason.into(), mode: casework::viewing::Mode::View };
        opened.push(open_viewing::open_viewing(&office, &people.zhao, what).await.unwrap().id);
    }
    let once = Caller { once: Some(("归还".into(), "一次".into())), ..people.zhao.clone() };
    let what = return_grant::ReturnGrant { grant, reason: "看完了".into() };
    return_grant::return_grant(&office, &once, what).await.unwrap();
    for viewing in opened {
        let done = office.viewing_range(&people.zhao, &viewing, 0, 10).await;
        assert!(matches!(done, Err(ActError::Refused(refusal)) if refusal.missing[0].sentence.contains("已经结束")));
    }
    let lines = office.viewings(&people.feng, &Default::default(), None, 10).await.unwrap();
    assert_eq!(lines.iter().filter(|l| l.closed_at.is_some()).count(), 2);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_30_nobody_is_no_secret() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let anonymous = procedure::event::Informant { name: "匿名".into(), contact: "未留".into(), reachable: false };
    let mut what = clue_of(at(17, 8, 0), Some(anonymous));
    what.content = "匿名来电反映该场所允许未成年人进入。".into();
    desk.clue(at(17, 8, 10), FIRST[0], what).await.unwrap();
    let zhao = desk.caller(FIRST[0]).await.unwrap();
    let rows = desk.office().clues(&zhao, Default::default(), None, 10).await.unwrap();
    assert!(rows[0].summary.contains("匿名来电反映"), "{}", rows[0].summary);
    assert!(!desk.office().search(&zhao, "来电").await.unwrap().is_empty());
    // A name is one.
    let named = procedure::event::Informant { name: "郑测试甲".into(), contact: "027-80000003".into(), reachable: true };
    let mut what = clue_of(at(17, 8, 0), Some(named));
    what.content = "郑测试甲来电反映。".into();
    desk.clue(at(17, 8, 20), FIRST[0], what).await.unwrap();
    assert!(desk.office().search(&zhao, "郑测").await.unwrap().is_empty());
    desk.office().close().await;
}
