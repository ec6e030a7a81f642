use super::*;
use crate::pages::cases::testing::{book, case_opened, directory, file as file_of, officer, record};
use casework::views::Sight;
use jiff::civil::date;
use procedure::event::*;
use procedure::ids::*;
use procedure::people::OfficerSeen;
use serde_json::{Map, Value, json};

fn file() -> FileRef {
    FileRef { sha256: "9f2c00ff71ae".repeat(5), sm3: String::new(), len_bytes: 46_100_000, media_type: "video/mp4".into(), original_name: String::new(), plain_sha256: String::new() }
}

fn party() -> Party {
    Party { id: "p1".into(), name: "某某网咖".into(), address: "某某路128号".into(), ..Party::default() }
}

fn paper() -> PaperId {
    PaperId("d1".into())
}

fn at() -> jiff::civil::DateTime {
    date(2026, 3, 5).at(9, 0, 0, 0)
}

/// One of each kind of event, with the words its sentence begins with. A new kind does not compile
/// until `place` below knows it, and then lacks its line here.
fn every() -> Vec<(Event, &'static str)> {
    let grant = || GrantId("g1".into());
    let case = || CaseId("7".into());
    let evidence = || EvidenceId("v1".into());
    let person = || PersonId("id-丙".into());
    vec![
        (
            Event::ClueRegistered {
                number: "线索〔2026〕3号".into(),
                source: ClueSource::Complaint,
                channel: "12345热线".into(),
                received_at: at(),
                category: "互联网上网服务营业场所".into(),
                target: "某某网咖".into(),
                content: "夜间接纳未成年人".into(),
                informant: Some(Informant { name: "举报某".into(), contact: "13900000000".into(), reachable: true }),
                transferring_body: None,
                reply_wanted: true,
                department: DepartmentId("yizd".into()),
            },
            "登记线索",
        ),
        (Event::ClueAccepted { case: case(), opinion: "受理".into() }, "受案"),
        (case_opened(), "建立案件"),
        (Event::HandlersAssigned { handlers: vec![officer("丙", "17011200188")], reason: "轮岗".into() }, "变更承办人"),
        (Event::PartyRecorded { party: party() }, "登记当事人"),
        (
            Event::CauseChosen { cause: CauseId("x".into()), title: "接纳未成年人".into(), case_title: "某某网咖案".into(), verified: false },
            "确定案由",
        ),
        (Event::StartedBeforeFiling { reason: "正在营业".into(), allowed_by: "丁".into(), allowed_at: at() }, "先行启动调查"),
        (Event::CaseFiled { number: "东文综立字〔2026〕8号".into(), on: date(2026, 3, 5) }, "立案"),
        (Event::FilingDeclined { reason: "没有违法事实".into(), on: date(2026, 3, 5) }, "决定不予立案"),
        (Event::InformImpossible { whom: "举报人（信息已封存）".into(), reason: "匿名".into() }, "记录无法告知"),
        (
            Event::VisitStarted { visit: VisitId("s1".into()), purpose: "日常检查".into(), certificates_shown: true, present: "经营者".into() },
            "到达现场",
        ),
        (Event::VisitEnded { visit: VisitId("s1".into()), note: String::new() }, "离开现场"),
        (
            Event::EvidenceAttached {
                evidence: evidence(),
                number: 1,
                evidence_kind: "documentary".into(),
                name: "上网登记表".into(),
                source: "当事人提供".into(),
                proves: "登记情况".into(),
                file: Some(file()),
                footage: false,
                located: String::new(),
                extraction: None,
            },
            "收集证据",
        ),
        (
            Event::PaperSubmitted {
                paper: paper(),
                paper_kind: PaperKind("inquiry-record".into()),
                title: "询问笔录".into(),
                paper_version: 2,
                subject: String::new(),
                fields: Map::new(),
                fields_digest: String::new(),
                digest: String::new(),
                steps: vec![Step { step: "head".into(), role: "agency-head".into(), title: "行政机关负责人".into() }],
            },
            "送审询问笔录",
        ),
        (
            Event::OpinionGiven {
                paper: paper(),
                paper_version: 2,
                step: "head".into(),
                outcome: Outcome::Return,
                opinion: "补充事实".into(),
                digest: String::new(),
                on_behalf_of: Some(person()),
            },
            "行政机关负责人：退回修改",
        ),
        (Event::PaperApproved { paper: paper(), paper_version: 2, digest: String::new() }, "批准询问笔录"),
        (
            Event::PaperNumbered { paper: paper(), series: "询笔/2026".into(), ordinal: 11, number: "东文综询字〔2026〕11号".into(), digest: String::new() },
            "询问笔录编号",
        ),
        (Event::PaperIssued { paper: paper(), file: file(), pages_count: 3 }, "询问笔录成文"),
        (Event::NumberVoided { paper: paper(), series: "询笔/2026".into(), ordinal: 11, reason: "成文失败".into() }, "作废询问笔录的文号"),
        (
            Event::PaperScanned { paper: paper(), file: file(), pages_count: 2, pages_expected: 3, located: "档案室".into() },
            "归入询问笔录的签名扫描件",
        ),
        (
            Event::SignatureRefused {
                paper: paper(),
                who: "经营者".into(),
                reason: "拒绝".into(),
                witness: String::new(),
                no_witness_reason: "无人愿意见证".into(),
            },
            "询问笔录被拒绝签名",
        ),
        (
            Event::PaperServed {
                paper: paper(),
                to: "p1".into(),
                method: ServiceMethod::Direct,
                recipient: "经营者".into(),
                relation: "本人".into(),
                refusal: String::new(),
                witness: String::new(),
                voucher: String::new(),
                why_not_direct: String::new(),
                proof: None,
                effective_on: date(2026, 3, 6),
            },
            "送达询问笔录",
        ),
        (
            Event::StatementMade {
                party: PartyId("p1".into()),
                how: "书面".into(),
                points: vec![Point { id: PointId("q".into()), kind: "事实".into(), text: "没有接纳".into() }],
            },
            "陈述申辩",
        ),
        (Event::StatementWaived { party: PartyId("p1".into()), how: "书面".into() }, "放弃陈述申辩"),
        (Event::CaseConcluded { on: date(2026, 3, 5), outcome: "给予行政处罚，已经履行".into() }, "终结案件"),
        (
            Event::CaseArchived { on: date(2026, 3, 5), volume: file(), pages_count: 46, archive_number: "演示-2026-8".into(), sealed_annex: None },
            "立卷归档",
        ),
        (
            Event::Corrected {
                target: 5,
                member: "party.name".into(),
                original: json!("某某网吧"),
                effective: json!("某某网咖"),
                reason: "笔误".into(),
                sealed: String::new(),
            },
            "更正",
        ),
        (Event::FlawDecided { target: 11, rule: "two-officers".into(), rely: true, reason: "另有录像".into() }, "决定采信有瑕疵的记录"),
        (Event::ProtectionRaised { target: 13, member: "source".into(), reason: "涉及举报人".into(), value: json!("当事人提供"), salt: String::new() }, "提高保密"),
        (Event::ActRefused { act: "submit(legal-review)".into(), missing: vec![lack()], stream: None }, "制作"),
        (
            Event::GrantGiven {
                grant: grant(),
                case: case(),
                evidence: vec![],
                person: person(),
                person_name: "丙".into(),
                reason: "复核".into(),
                approver: person(),
                from: at(),
                to: None,
                copy: false,
                standing: true,
                seconds: None,
            },
            "开通办案人员常设调阅",
        ),
        (
            Event::GrantRequested {
                grant: grant(),
                case: case(),
                evidence: vec![evidence()],
                person: person(),
                person_name: "丙".into(),
                reason: "复核".into(),
                copy: true,
                to: at(),
                seconds: None,
            },
            "申请调阅音像资料",
        ),
        (Event::GrantDenied { grant: grant(), reason: "与职责无关".into() }, "不予批准调阅"),
        (Event::GrantReturned { grant: grant(), reason: "补充事由".into() }, "收回调阅授权"),
        (
            Event::ViewingOpened {
                viewing: "w".into(),
                grant: grant(),
                case: case(),
                evidence: evidence(),
                sha256: String::new(),
                mode: "view".into(),
                reason: "核对笔录".into(),
            },
            "查看音像资料",
        ),
        (Event::ViewingClosed { viewing: "w".into(), bytes_served: 3_800_000_000 }, "结束查看音像资料"),
        (
            Event::RegisterChanged {
                register: "officers".into(),
                id: "o1".into(),
                name: "甲".into(),
                valid_from: date(2026, 1, 1),
                valid_to: None,
                data: Map::new(),
            },
            "变更登记",
        ),
        (Event::StandingRuleSigned { rule: "viewing".into(), text: "办案人员可以查看".into() }, "签署常设调阅规则"),
        (
            Event::DelegationGiven { from: person(), to: PersonId("id-甲".into()), scope: "全部".into(), starts: at(), ends: at() },
            "授权代行职权",
        ),
        (Event::AccountChanged { person: person(), what: "新建".into(), roles: vec![] }, "变更账号"),
        (Event::RulebookLoaded { digest: String::new(), edition: "2019-09-30".into() }, "载入规则"),
        (Event::DemonstrationBegun {}, "开始演示"),
        (Event::Restored { head_size: 48_213, head_root: String::new(), from: "/backup".into() }, "从备份恢复"),
        (Event::OverlapNoticed { person: person(), elsewhere: StreamId("case/8".into()) }, "执法人员同一时间另有记录"),
        (Event::FileSealed { sha256: String::new(), file: file() }, "文件改为密封保存"),
        (
            Event::CopyTaken { what: "package".into(), case: Some(case()), sha256: String::new(), len_bytes: 5, purpose: "移交上级".into() },
            "取走案卷包",
        ),
    ]
}

/// The place of each kind in `every`: a new kind of event stops the compiler here.
fn place(event: &Event) -> usize {
    match event {
        Event::ClueRegistered { .. } => 0,
        Event::ClueAccepted { .. } => 1,
        Event::CaseOpened { .. } => 2,
        Event::HandlersAssigned { .. } => 3,
        Event::PartyRecorded { .. } => 4,
        Event::CauseChosen { .. } => 5,
        Event::StartedBeforeFiling { .. } => 6,
        Event::CaseFiled { .. } => 7,
        Event::FilingDeclined { .. } => 8,
        Event::InformImpossible { .. } => 9,
        Event::VisitStarted { .. } => 10,
        Event::VisitEnded { .. } => 11,
        Event::EvidenceAttached { .. } => 12,
        Event::PaperSubmitted { .. } => 13,
        Event::OpinionGiven { .. } => 14,
        Event::PaperApproved { .. } => 15,
        Event::PaperNumbered { .. } => 16,
        Event::PaperIssued { .. } => 17,
        Event::NumberVoided { .. } => 18,
        Event::PaperScanned { .. } => 19,
        Event::SignatureRefused { .. } => 20,
        Event::PaperServed { .. } => 21,
        Event::StatementMade { .. } => 22,
        Event::StatementWaived { .. } => 23,
        Event::CaseConcluded { .. } => 24,
        Event::CaseArchived { .. } => 25,
        Event::Corrected { .. } => 26,
        Event::FlawDecided { .. } => 27,
        Event::ProtectionRaised { .. } => 28,
        Event::ActRefused { .. } => 29,
        Event::GrantGiven { .. } => 30,
        Event::GrantRequested { .. } => 31,
        Event::GrantDenied { .. } => 32,
        Event::GrantReturned { .. } => 33,
        Event::ViewingOpened { .. } => 34,
        Event::ViewingClosed { .. } => 35,
        Event::RegisterChanged { .. } => 36,
        Event::StandingRuleSigned { .. } => 37,
        Event::DelegationGiven { .. } => 38,
        Event::AccountChanged { .. } => 39,
        Event::RulebookLoaded { .. } => 40,
        Event::DemonstrationBegun {} => 41,
        Event::Restored { .. } => 42,
        Event::OverlapNoticed { .. } => 43,
        Event::FileSealed { .. } => 44,
        Event::CopyTaken { .. } => 45,
    }
}

const KINDS_COUNT: usize = 46;

fn lack() -> Missing {
    Missing {
        rule: "report-before-review".into(),
        predicate: String::new(),
        article: "本制度20".into(),
        sentence: "尚未制作调查终结报告".into(),
        mend: String::new(),
    }
}

/// All of them as the entries 1… of one case, so that papers, parties and evidence are known.
fn records() -> Vec<Recorded> {
    let mut records: Vec<Recorded> =
        every().into_iter().enumerate().map(|(i, (event, _))| record(i as u64 + 1, at(), event)).collect();
    records[10].envelope.officers = vec![officer("甲", "1"), OfficerSeen { valid: false, ..officer("乙", "2") }];
    records[10].envelope.place = "某某路128号".into();
    records
}

fn told(sight: Sight) -> Vec<Told> {
    let records = records();
    let file = file_of(records.clone(), sight);
    let case = &file.case;
    let hidden = Hidden::of(&file, book());
    let directory = directory();
    let teller = Teller { case, book: book(), directory: &directory, hidden: &hidden, path: "/cases/7", today: at().date() };
    records.iter().map(|r| teller.tell(r)).collect()
}

const ALL: Sight = Sight { protected: true, informant: true, may_act: true };

#[test]
fn every_kind_of_event_has_its_sentence() {
    let every = every();
    assert_eq!(every.len(), KINDS_COUNT);
    for (index, ((event, words), told)) in every.iter().zip(told(ALL)).enumerate() {
        assert_eq!(place(event), index, "{} stands at its place", event.kind());
        assert!(told.what.starts_with(words), "{}: {:?}", event.kind(), told.what);
        assert!(!told.what.is_ascii(), "{} speaks Chinese", event.kind());
    }
}

#[test]
fn every_kind_of_event_has_its_chinese_name_in_the_ledger() {
    for (event, _) in every() {
        let name = crate::look::kinds::kind_zh(&event.kind());
        assert!(name.is_some_and(|name| !name.is_ascii()), "{} has no Chinese name", event.kind());
    }
}

#[test]
fn what_happened_is_said_with_who_and_the_article() {
    let told = told(ALL);
    let visit = &told[10];
    assert_eq!(visit.text, "某某路128号");
    assert_eq!(visit.chips, ["已出示证件"]);
    assert_eq!(visit.more, ["甲、乙", "事由：日常检查", "在场：经营者"]);
    assert_eq!(visit.gloss(), "本制度第十四条、第十八条");
    let served = &told[21];
    assert_eq!(served.text, "直接送达 某某网咖");
    assert!(served.more.contains(&"3月6日生效".to_owned()));
    assert_eq!(served.link, Some(("东文综询字〔2026〕11号".into(), "/cases/7/papers/d1".into())));
    assert_eq!(told[14].more, ["甲", "意见：补充事实", "代行：丙"]);
    assert_eq!(told[19].chips, ["页数不符"]);
}

#[test]
fn a_refusal_lists_what_was_missing_and_a_slip_both_values() {
    let told = told(ALL);
    assert!(told[29].refused);
    assert_eq!(told[29].more, ["甲", "尚未制作调查终结报告"]);
    assert_eq!(told[29].gloss(), "本制度第二十条");
    assert_eq!(told[26].text, "名称（姓名）：原“某某网吧”，更正为“某某网咖”");
    assert_eq!(told[26].link, Some(("登记当事人（3月5日 09:00）".into(), "#e5".into())));
    assert_eq!(told[5].chips, ["案由条款未核实"]);
}

#[test]
fn the_informant_is_never_in_the_words_of_whoever_may_not_know() {
    let blind = Sight { protected: false, informant: false, may_act: false };
    let everything = format!("{:?}", told(blind));
    assert!(!everything.contains("举报某") && !everything.contains("13900000000"));
    assert!(!everything.contains("当事人提供"), "what was sealed later is left out");
    assert!(format!("{:?}", told(ALL)).contains("当事人提供"));
}

#[test]
fn every_article_in_the_margin_is_one_of_the_rule() {
    let known: Vec<u32> = book().edition.articles.iter().map(|a| a.number).collect();
    for told in told(ALL) {
        let own = told.article.split(';').map(str::trim).find_map(|law| law.strip_prefix("本制度"));
        for number in own.unwrap_or_default().split(',') {
            let digits: String = number.trim().chars().take_while(char::is_ascii_digit).collect();
            if let Ok(number) = digits.parse() {
                assert!(known.contains(&number), "{}: 第{number}条", told.what);
            }
        }
    }
}

#[test]
fn members_have_chinese_names_and_machinery_is_no_member() {
    use crate::pages::cases::labels::members;
    for r in records() {
        for member in members(&r, book()) {
            assert!(!member.label.is_ascii(), "{} {}", r.event.kind(), member.name);
        }
    }
    let party = members(&records()[4], book());
    assert!(party.iter().any(|m| m.name == "party.name" && m.value == Value::from("某某网咖")));
    assert!(party.iter().all(|m| m.name != "party.id"));
}
