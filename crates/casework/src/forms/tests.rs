//! Forms against the papers of the regulation: their samples, their faults, their round trip
//! through a browser.

use super::*;
use crate::error::FieldProblem;
use jiff::civil::date;
use procedure::Rulebook;
use procedure::event::{Party, PartyKind};
use procedure::papers::PaperForm;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

mod filling;
mod main_line;

fn book() -> &'static Rulebook {
    static BOOK: OnceLock<Rulebook> = OnceLock::new();
    BOOK.get_or_init(|| crate::regulation::load(None).expect("the regulation loads"))
}

fn form(kind: &str) -> &'static PaperForm {
    book().paper(kind).expect("a kind of paper")
}

fn sample(kind: &str) -> Map<String, Value> {
    let text = &book().files[&format!("papers/{kind}/sample.json")];
    serde_json::from_str(text).expect("a sample is JSON")
}

/// Complaints of a sample in which one thing was changed.
fn complaints(kind: &str, change: impl FnOnce(&mut Value)) -> Vec<(String, String)> {
    let mut fields = Value::Object(sample(kind));
    change(&mut fields);
    let Value::Object(fields) = fields else { panic!("still an object") };
    let form = form(kind);
    problems(form, &settle(form, fields)).into_iter().map(|p| (p.field, p.message)).collect()
}

fn one(field: &str, message: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), message.to_owned())]
}

#[test]
fn every_sample_has_no_problems() {
    assert!(book().papers.len() >= 20);
    for (kind, form) in &book().papers {
        assert_eq!(problems(form, &settle(form, sample(kind))), vec![], "{kind}");
    }
}

#[test]
fn settling_twice_changes_nothing() {
    for (kind, form) in &book().papers {
        let once = settle(form, sample(kind));
        assert_eq!(settle(form, once.clone()), once, "{kind}");
    }
}

#[test]
fn what_a_browser_sends_is_settled() {
    let form = form("investigation-report");
    let sent = json!({
        "case_number": "  案1 ",
        "course": "一\r\n二\r",
        "correction": "  ",
        "cause": null,
        "illegal_gains_fen": "3,500.00",
        "hearing_right": "true",
        "major": "否",
        "measures": [
            { "kind": "", "content": "", "amount_fen": "" },
            { "kind": "罚款", "content": "罚款", "amount_fen": "2万元" },
            { "kind": "罚款", "content": "罚款", "amount_fen": "2000000" },
        ],
        "facts": [{ "text": "甲", "evidence": [{ "evidence_number": "" }] }, { "text": "" }],
        "party": { "kind": "organisation", "name": "某店", "id_number": "91420112ma4k0a1b61", "phone": "" },
        "number": "手写的文号",
        "opinions": [{ "step": "x" }],
        "surprise": "",
    });
    let Value::Object(sent) = sent else { unreachable!() };
    assert_eq!(
        Value::Object(settle(form, sent)),
        json!({
            "case_number": "案1",
            "course": "一\n二",
            "illegal_gains_fen": 350_000,
            "hearing_right": true,
            "major": false,
            "measures": [
                { "kind": "罚款", "content": "罚款", "amount_fen": 2_000_000 },
                { "kind": "罚款", "content": "罚款", "amount_fen": 2_000_000 },
            ],
            "facts": [{ "text": "甲", "evidence": [] }],
            "party": { "kind": "organisation", "name": "某店", "id_number": "91420112MA4K0A1B61" },
            "surprise": "",
            "discretion": {},
        })
    );
}

#[test]
fn a_stroke_stays_where_a_text_may_stand() {
    let form = form("order-to-correct");
    let mut fields = sample("order-to-correct");
    fields.insert("deadline".into(), "/".into());
    fields.insert("remedies_review".into(), "/".into());
    let settled = settle(form, fields);
    assert_eq!(settled.get("deadline"), None);
    assert_eq!(settled["remedies_review"], "/");
    assert_eq!(problems(form, &settled), vec![]);
}

#[test]
fn a_blank_that_is_required() {
    let blank = complaints("filing-approval", |f| f["case_summary"] = " ".into());
    assert_eq!(blank, one("case_summary", "请填写“案情摘要”"));
    let unnamed = complaints("filing-approval", |f| f["party"]["name"] = "".into());
    assert_eq!(unnamed, one("party.name", "请填写“当事人”的“名称（姓名）”"));
    let unanswered = complaints("inquiry-record", |f| f["questions"][1]["a"] = "".into());
    assert_eq!(unanswered, one("questions.1.a", "请填写“问答”第2项的“答”"));
    let unchosen = complaints("filing-approval", |f| f["source"] = "".into());
    assert_eq!(unchosen, one("source", "请选择“启动原因（案件来源）”"));
    let undecided = complaints("inquiry-record", |f| f["minor"] = "".into());
    assert_eq!(undecided, one("minor", "请选择“被询问人是否未成年人”"));
}

#[test]
fn too_few_rows_and_ticks() {
    let unwritten = complaints("filing-approval", |f| f["articles_violated"] = json!(["", " "]));
    assert_eq!(unwritten, one("articles_violated", "“违反的规定”至少写一项"));
    let unticked = complaints("filing-approval", |f| f["grounds"] = json!([]));
    assert_eq!(unticked, one("grounds", "“立案条件”至少选一项"));
    let six = complaints("legal-review", |f| {
        f["conclusions"].as_array_mut().expect("rows").pop();
    });
    assert_eq!(six, one("conclusions", "“七项审核结论”至少写7项，现在有6项"));
}

#[test]
fn too_many_and_twice() {
    let many = complaints("filing-approval", |f| f["articles_violated"] = vec!["甲"; 51].into());
    assert_eq!(many, one("articles_violated", "“违反的规定”最多50项，现在有51项"));
    let twice = complaints("filing-approval", |f| f["grounds"] = json!(["属于本机关管辖", "属于本机关管辖"]));
    assert_eq!(twice, one("grounds", "“立案条件”中有重复的选项"));
}

#[test]
fn dates_and_times() {
    let words = complaints("filing-approval", |f| f["date"] = "十一月十七日".into());
    assert_eq!(words, one("date", "“日期”应写成2026-11-17的形式"));
    let moment = complaints("filing-approval", |f| f["received_at"] = "昨天".into());
    assert_eq!(moment, one("received_at", "“线索接收时间”应写成2026-11-17 09:30的形式"));
    let nowhere = complaints("filing-approval", |f| f["date"] = "2026-02-30".into());
    assert_eq!(nowhere, one("date", "“日期”：没有2026-02-30这个日期"));
    assert_eq!(complaints("filing-approval", |f| f["received_at"] = "2026-09-08 9:05:30".into()), vec![]);
    let backwards = complaints("inquiry-record", |f| f["to"] = "2026-09-11T14:29".into());
    assert_eq!(backwards, one("to", "结束时间早于开始时间"));
    let seconds = complaints("inquiry-record", |f| f["recordings"][0]["from_second"] = 5000.into());
    assert_eq!(seconds, one("recordings.0.to_second", "结束秒小于起始秒"));
}

#[test]
fn lengths_are_counted_in_characters() {
    let long = complaints("filing-approval", |f| f["cause"] = "案".repeat(213).into());
    assert_eq!(long, one("cause", "“案由”最多200字，现在有213字"));
    let row = complaints("filing-approval", |f| f["articles_violated"] = json!(["甲", "乙".repeat(301)]));
    assert_eq!(row, one("articles_violated.1", "“违反的规定”第2项最多300字，现在有301字"));
}

#[test]
fn what_is_not_on_the_list_and_not_on_the_form() {
    let foreign = complaints("filing-approval", |f| f["source"] = "听说".into());
    assert_eq!(foreign, one("source", "“启动原因（案件来源）”：请在所列选项中选择"));
    let unknown = complaints("filing-approval", |f| f["party"]["mood"] = "好".into());
    assert_eq!(unknown, one("party.mood", "没有“mood”这一项"));
}

#[test]
fn numbers_and_amounts() {
    let session = complaints("inquiry-record", |f| f["session"] = "第一次".into());
    assert_eq!(session, one("session", "“第几次询问”应填整数"));
    let none = complaints("inquiry-record", |f| f["session"] = "0".into());
    assert_eq!(none, one("session", "“第几次询问”不能小于1"));
    let days = complaints("prior-notice", |f| f["statement_days"] = 31.into());
    assert_eq!(days, one("statement_days", "“陈述、申辩期限（工作日）”不能大于30"));
    let fine = |amount: &str| complaints("prior-notice", |f| f["measures"][1]["amount_fen"] = amount.into());
    let at = "measures.1.amount_fen";
    assert_eq!(fine("-5元"), one(at, "“拟作出的处罚”第2项的“金额”不能是负数"));
    assert_eq!(
        fine("两万元"),
        one(at, "“拟作出的处罚”第2项的“金额”：“两万元”不是金额，请写成35000、35,000.50或3.5万")
    );
    assert_eq!(fine("20亿元"), one(at, "“拟作出的处罚”第2项的“金额”不能超过1,000,000,000.00元"));
}

#[test]
fn certificates_postcodes_and_yes_or_no() {
    let certificate = complaints("filing-approval", |f| f["officers"][0]["certificate"] = "鄂17".into());
    assert_eq!(
        certificate,
        one(
            "officers.0.certificate",
            "“拟定承办人”第1项的“执法证件编号”：“鄂17”不是执法证号，应为8至12位数字，前面可有一个大写字母"
        )
    );
    let postcode = complaints("rights-notice", |f| f["address_confirmation"]["postcode"] = "4300".into());
    assert_eq!(postcode, one("address_confirmation.postcode", "“送达地址确认”的“邮政编码”应为6位数字"));
    let perhaps = complaints("inquiry-record", |f| f["minor"] = "也许".into());
    assert_eq!(perhaps, one("minor", "“被询问人是否未成年人”：请选择是或者否"));
}

#[test]
fn credit_codes_are_checked() {
    let code = |code: &str| complaints("filing-approval", |f| f["party"]["id_number"] = code.into());
    let check = "统一社会信用代码有误：第18位校验码不符，应为“1”";
    assert_eq!(code("91420112MA4K0A1B62"), one("party.id_number", check));
    assert_eq!(
        code("91420112MA4K0A1B6"),
        one("party.id_number", "统一社会信用代码有误：应为18位，现为17位")
    );
    assert_eq!(
        code("92420112MA4K0B2C3J"),
        one("party.id_number", "统一社会信用代码以92开头的是个体工商户，请核对当事人类型")
    );
    assert_eq!(code("/"), vec![]);
    assert_eq!(code(""), vec![]);
}

#[test]
fn identity_numbers_are_checked() {
    let person = |number: &str| complaints("inquiry-record", |f| f["person"]["id_number"] = number.into());
    let at = "person.id_number";
    assert_eq!(person("420112198502149988"), one(at, "公民身份号码校验位不符，第18位应为“7”"));
    assert_eq!(person("420112198502309987"), one(at, "公民身份号码中的出生日期“19850230”不存在"));
    // Other documents have no check.
    assert_eq!(person("护照E12345678"), vec![]);
    assert_eq!(
        person("/"),
        one(at, "“被询问人”的“身份证件号码”不能划去；没有证件或者不肯出示的，请写明")
    );
    let problem = identity_problem("party.id_number", PartyKind::Person, "4201121985021499");
    let expected = FieldProblem {
        field: "party.id_number".into(),
        message: "公民身份号码应为18位（旧证15位），现为16位".into(),
    };
    assert_eq!(problem, Some(expected));
    assert_eq!(identity_problem("x", PartyKind::Person, "H12345678"), None);
}

#[test]
fn the_day_after_the_eighteenth_birthday_is_of_age() {
    // GB 11643-1999, appendix: 11010519491231002X is its example number.
    let party = |id_number: &str, kind| Party { id_number: id_number.into(), kind, ..Party::default() };
    let person = party("11010519491231002X", PartyKind::Person);
    assert!(is_minor(&person, date(1967, 12, 31)));
    assert!(!is_minor(&person, date(1968, 1, 1)));
    assert!(!is_minor(&party("91420112MA4K0A1B61", PartyKind::Organisation), date(2026, 1, 1)));
    assert!(!is_minor(&party("/", PartyKind::Person), date(2026, 1, 1)));
}

#[test]
fn a_character_no_font_has_is_told_with_its_place() {
    let mut fields = sample("filing-approval");
    fields["party"]["name"] = "武汉\u{e000}歌厅".into();
    fields["articles_violated"][1] = "第\u{e001}条".into();
    let found = unprintable(form("filing-approval"), &fields, &['\u{e000}', '\u{e001}']);
    let found: Vec<_> = found.into_iter().map(|p| (p.field, p.message)).collect();
    let said = |field: &str, message: &str| (field.to_owned(), message.to_owned());
    assert_eq!(
        found,
        [
            said("party.name", "“当事人”的“名称（姓名）”里的“\u{e000}”（U+E000）没有字体能够印出，请改用其他写法"),
            said("articles_violated.1", "“违反的规定”第2项里的“\u{e001}”（U+E001）没有字体能够印出，请改用其他写法"),
        ]
    );
}

#[test]
fn all_at_once_in_the_order_of_the_paper() {
    let found = complaints("filing-approval", |f| {
        f["date"] = "".into();
        f["party"]["id_number"] = "91420112MA4K0A1B62".into();
        f["cause"] = "".into();
        f["surprise"] = 1.into();
        f["officers"][1]["name"] = "".into();
    });
    let fields: Vec<_> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["cause", "party.id_number", "officers.1.name", "date", "surprise"]);
}

/// What a browser posts of a form as it stands.
fn posted(fields: &[FormField], pairs: &mut Vec<(String, String)>) {
    for field in fields {
        match field.widget {
            Widget::Checklist => {
                let ticked = field.options.iter().filter(|o| o.chosen);
                pairs.extend(ticked.map(|o| (field.name.clone(), o.value.clone())));
            }
            Widget::Party | Widget::Group => posted(&field.members, pairs),
            Widget::Rows | Widget::Officers | Widget::EvidenceLinks | Widget::Questions => {
                field.rows.iter().for_each(|row| posted(row, pairs));
            }
            _ => pairs.push((field.name.clone(), field.value.clone())),
        }
    }
}

#[test]
fn every_sample_comes_back_from_the_browser_as_it_went() {
    for (kind, form) in &book().papers {
        let settled = settle(form, sample(kind));
        let mut pairs = vec![];
        posted(&describe(form, &settled), &mut pairs);
        assert_eq!(Value::Object(from_form(form, &pairs)), Value::Object(settled), "{kind}");
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

#[test]
fn gaps_between_rows_close_up_and_amounts_are_yuan() {
    let deep = "a.".repeat(50_000);
    let sent = pairs(&[
        ("articles_violated.7", "乙"),
        ("articles_violated.2", "甲"),
        ("articles_violated.10", "丙"),
        ("articles_violated.__i__", "模板"),
        ("measures.3.kind", "罚款"),
        ("measures.3.amount_fen", "3500"),
        ("measures.1.kind", ""),
        (&deep, "深"),
    ]);
    let fields = from_form(form("prior-notice"), &sent);
    assert_eq!(fields["articles_violated"], json!(["甲", "乙", "丙"]));
    assert_eq!(fields["measures"], json!([{ "kind": "罚款", "amount_fen": 350_000 }]));
    assert_eq!(fields[&deep], "深");
}

#[test]
fn a_form_is_described_for_the_pages() {
    let fields = describe(form("prior-notice"), &sample("prior-notice"));
    let find = |name: &str| fields.iter().find(|f| f.name == name).expect("a field");
    assert!(fields.iter().all(|f| f.name != "number" && f.name != "opinions"));
    assert_eq!(fields[0].name, "agency");
    let party = find("party");
    assert_eq!((party.widget, party.required), (Widget::Party, true));
    let kind = &party.members[0];
    assert_eq!((kind.name.as_str(), kind.widget), ("party.kind", Widget::Choice));
    let titles: Vec<_> = kind.options.iter().map(|o| (o.title.as_str(), o.chosen)).collect();
    assert_eq!(titles, [("自然人", false), ("法人或者其他组织", true), ("个体工商户", false)]);
    let measures = find("measures");
    assert_eq!(measures.rows[1][2].name, "measures.1.amount_fen");
    assert_eq!(measures.rows[1][2].value, "20,000.00");
    assert_eq!(measures.row_template[0].name, "measures.__i__.kind");
    let facts = find("facts");
    let links = &facts.row_template[1];
    assert_eq!((links.widget, links.placeholder), (Widget::EvidenceLinks, "__j__"));
    assert_eq!(links.row_template[0].name, "facts.__i__.evidence.__j__.evidence_number");
    assert_eq!(facts.rows[0][1].row_template[0].name, "facts.0.evidence.__j__.evidence_number");
    let blank = describe(form("inquiry-record"), &Map::new());
    let person = blank.iter().find(|f| f.name == "person").expect("a field");
    assert!(person.protected && person.members.iter().all(|m| m.protected));
    let questions = blank.iter().find(|f| f.name == "questions").expect("a field");
    assert_eq!((questions.widget, questions.rows.len()), (Widget::Questions, 1));
}

#[test]
fn drafts_of_different_papers_never_share_an_id() {
    let (person, case) = (PersonId::from("p1"), CaseId::from("c1"));
    let plain = draft_id(&person, &case, "filing-approval", "");
    assert_eq!(plain, draft_id(&person, &case, "filing-approval", ""));
    assert_ne!(plain, draft_id(&person, &case, "filing-approval", "party-1"));
    assert_ne!(plain, draft_id(&PersonId::from("p2"), &case, "filing-approval", ""));
}
