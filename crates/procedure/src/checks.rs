//! The closed registry of checks: conditions on an act's own fields and the facts around it.
//! A check answers with the sentences of what is wrong; none means it is met.

use crate::causes::FineFacts;
use crate::decide::About;
use crate::event::{OfficerOverlap, Party, PartyKind, ServiceMethod, Span};
use crate::facts::Ask;
use crate::money::Fen;
use crate::people::{OfficerSeen, Person, Role};
use crate::rulebook::split_call;
use serde_json::{Map, Value};

/// The act as its checks see it, before it is recorded.
pub struct Act<'a> {
    pub actor: &'a Person,
    pub officers: &'a [OfficerSeen],
    pub span: Span,
    pub fields: &'a Map<String, Value>,
    /// Other acts in which an officer stands at the same time, in any stream.
    pub overlaps: &'a [OfficerOverlap],
    pub method: Option<ServiceMethod>,
    /// The party or the paper it is done to.
    pub about: About<'a>,
}

pub struct CheckDef {
    pub name: &'static str,
    pub find: fn(&Ask, &Act, &[&str]) -> Vec<String>,
}

/// Looks a check up by its name.
pub fn find(name: &str) -> Option<&'static CheckDef> {
    ALL.iter().find(|c| c.name == name)
}

/// What is wrong with the act by one check expression.
pub fn problems(ask: &Ask, act: &Act, expression: &str) -> Vec<String> {
    let (name, args) = split_call(expression);
    find(name).map(|c| (c.find)(ask, act, &args)).unwrap_or_default()
}

pub static ALL: &[CheckDef] = &[
    CheckDef { name: "two-officers", find: two_officers },
    CheckDef { name: "certificates-valid", find: certificates_valid },
    CheckDef { name: "officers-not-elsewhere", find: officers_not_elsewhere },
    CheckDef { name: "certificates-shown", find: certificates_shown },
    CheckDef { name: "on-working-day", find: on_working_day },
    CheckDef { name: "not-a-handler", find: not_a_handler },
    CheckDef { name: "reviewer-qualified", find: reviewer_qualified },
    CheckDef { name: "amount-in-range", find: amount_in_range },
    CheckDef { name: "not-heavier-than-notified", find: not_heavier_than_notified },
    CheckDef { name: "facts-equal-notice", find: facts_equal_notice },
    CheckDef { name: "facts-rest-on-evidence", find: facts_rest_on_evidence },
    CheckDef { name: "every-point-found", find: every_point_found },
    CheckDef { name: "service-proven", find: service_proven },
    CheckDef { name: "method-not-electronic", find: method_not_electronic },
    CheckDef { name: "direct-first", find: direct_first },
    CheckDef { name: "refusal-witnessed", find: refusal_witnessed },
    CheckDef { name: "guardian-present", find: guardian_present },
    CheckDef { name: "pages-complete", find: pages_complete },
    CheckDef { name: "competent", find: competent },
    CheckDef { name: "opinion-written", find: opinion_written },
    CheckDef { name: "paper-issued", find: paper_issued },
    CheckDef { name: "states", find: states },
    CheckDef { name: "lateness-mended-by-head", find: lateness_mended_by_head },
    CheckDef { name: "step-is-ones-own", find: step_is_ones_own },
    CheckDef { name: "not-ones-own-paper", find: not_ones_own_paper },
    CheckDef { name: "decider-did-not-review", find: decider_did_not_review },
];

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What stands in a field; a blank struck out with "/" is none.
fn written<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    said(text(fields, name))
}

fn said(text: &str) -> Option<&str> {
    let text = text.trim();
    (!matches!(text, "" | "/" | "／")).then_some(text)
}

fn one(problem: bool, sentence: impl FnOnce() -> String) -> Vec<String> {
    if problem { vec![sentence()] } else { vec![] }
}

fn two_officers(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let mut ids: Vec<_> = act.officers.iter().map(|o| &o.id).collect();
    ids.sort();
    ids.dedup();
    one(ids.len() < 2, || format!("执法人员{}人，不足两人", ids.len()))
}

fn certificates_valid(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    act.officers
        .iter()
        .filter(|o| !o.valid)
        .map(|o| {
            if o.certificate.is_empty() {
                format!("{}没有执法证件", o.name)
            } else {
                format!("{}的执法证件（{}）当日不在有效期内", o.name, o.certificate)
            }
        })
        .collect()
}

fn officers_not_elsewhere(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    act.overlaps
        .iter()
        .map(|o| {
            let name = act.officers.iter().find(|s| s.id == o.officer).map_or("执法人员", |s| s.name.as_str());
            format!("{name}在同一时间还在另一处执法（{}）", o.what)
        })
        .collect()
}

fn certificates_shown(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let shown = match act.fields.get("certificates_shown") {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::Object(statement)) => matches!(
            statement.get("shown"),
            Some(Value::Bool(true)) | Some(Value::String(_))
        ) && statement.get("shown").and_then(Value::as_str) != Some("否"),
        _ => false,
    };
    one(!shown, || "没有出示执法证件的记录".into())
}

/// Nothing forbids serving on a day of rest; it stands in the file as it was.
fn on_working_day(ask: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let day = act.span.from.date();
    let rest = ask.book.calendars.is_working_day(day) == Some(false);
    one(rest, || format!("{}年{}月{}日不是工作日", day.year(), day.month(), day.day()))
}

fn not_a_handler(ask: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    one(ask.case.ever_handlers.contains(&act.actor.id), || {
        format!("{}是（或者曾是）本案承办人，不能审核本案", act.actor.name)
    })
}

fn reviewer_qualified(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    one(act.actor.qualification.as_deref().unwrap_or_default().is_empty(), || {
        format!("{}没有登记国家统一法律职业资格", act.actor.name)
    })
}

/// The measures an act names: kind and amount in fen, where there is one.
fn measures(fields: &Map<String, Value>) -> impl Iterator<Item = (&str, Option<i64>)> {
    fields.get("measures").and_then(Value::as_array).into_iter().flatten().filter_map(|row| {
        let kind = row.get("kind").and_then(Value::as_str)?;
        Some((kind, row.get("amount_fen").and_then(Value::as_i64)))
    })
}

/// Whether the act names a ground for going below the range (减轻处罚).
fn reduced(fields: &Map<String, Value>) -> bool {
    let rows = fields.get("circumstances").and_then(Value::as_array);
    let named = rows.into_iter().flatten().any(|row| row.get("kind").and_then(Value::as_str) == Some("减轻"));
    let tier = fields.get("discretion").and_then(|d| d.get("tier")).and_then(Value::as_str);
    named || tier.is_some_and(|t| t.contains("减轻"))
}

/// Against the tier that the facts choose: what was found of illegal gains, the law the paper
/// rests on, who is punished.
fn amount_in_range(ask: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let Some(cause) = ask.case.cause.as_ref().and_then(|c| ask.book.causes.get(&c.0)) else { return vec![] };
    let report = ask.case.of_kind("investigation-report").next_back();
    let stated = |name: &str| act.fields.get(name).or_else(|| report.and_then(|r| r.field(name))).and_then(Value::as_i64);
    let basis: Vec<&str> = act.fields.get("articles_penalty").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let cites = |title: &str| basis.iter().any(|b| b.contains(title.trim_start_matches("中华人民共和国")));
    let whose = act.about.party.and_then(|id| ask.case.party(id)).or_else(|| party_named(ask, act.fields));
    let facts = FineFacts {
        gains_fen: stated("illegal_gains_fen").unwrap_or(0),
        turnover_fen: stated("illegal_turnover_fen"),
        person: whose.is_some_and(|p| p.kind == PartyKind::Person),
        laws: ask.book.laws.iter().filter(|law| cites(&law.title)).map(|law| law.id.as_str()).collect(),
        discretion: act.fields.get("discretion").and_then(|d| d.get("tier")).and_then(Value::as_str).unwrap_or_default(),
        on: Some(act.span.from.date()),
    };
    let Some(range) = cause.fine_range(&facts) else { return vec![] };
    let least = if reduced(act.fields) { 0 } else { range.min_fen };
    let bounds = match range.max_fen {
        Some(0) => "没有罚款".to_owned(),
        Some(max) => format!("{}至{}", Fen(range.min_fen), Fen(max)),
        None => format!("{}以上", Fen(range.min_fen)),
    };
    measures(act.fields)
        .filter(|(kind, _)| kind.contains("罚款"))
        .filter_map(|(_, amount)| amount)
        .filter(|fine| *fine < least || range.max_fen.is_some_and(|max| *fine > max))
        .map(|fine| format!("罚款{}超出“{}”的法定幅度（{bounds}）", Fen(fine), cause.title))
        .collect()
}

/// The party of the case whom the fields name.
fn party_named<'a>(ask: &Ask<'a>, fields: &Map<String, Value>) -> Option<&'a Party> {
    let name = party_name(fields)?;
    ask.case.parties.iter().find(|p| p.name == name)
}

fn party_name(fields: &Map<String, Value>) -> Option<&str> {
    fields.get("party").and_then(|p| p.get("name")).and_then(Value::as_str).and_then(said)
}

/// The notice last served on the party whom the act names; of all parties, where it names none.
fn notice<'a>(ask: &Ask<'a>, fields: &Map<String, Value>) -> Option<&'a Map<String, Value>> {
    let whose = party_name(fields);
    ask.case
        .of_kind("prior-notice")
        .filter(|p| !p.services.is_empty())
        .filter_map(|p| p.current())
        .map(|v| &v.fields)
        .rfind(|told| whose.is_none() || party_name(told).is_none() || party_name(told) == whose)
}

/// Kind by kind: each was notified, and none has a greater amount than notified.
fn not_heavier_than_notified(ask: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let Some(notified) = notice(ask, act.fields) else { return vec![] };
    let sum = |fields, kind: &str| measures(fields).filter(|(k, _)| *k == kind).filter_map(|(_, fen)| fen).sum::<i64>();
    let mut kinds: Vec<&str> = measures(act.fields).map(|(kind, _)| kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
        .into_iter()
        .filter_map(|kind| {
            let (told, now) = (sum(notified, kind), sum(act.fields, kind));
            if !measures(notified).any(|(k, _)| k == kind) {
                Some(format!("“{kind}”没有事先告知，应当重新告知"))
            } else if now > told {
                let (now, told) = (Fen(now), Fen(told));
                Some(format!("{kind}{now}重于事先告知的{told}，应当重新告知"))
            } else {
                None
            }
        })
        .collect()
}

fn facts_equal_notice(ask: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let Some(notified) = notice(ask, act.fields) else { return vec![] };
    let words = |fields: &Map<String, Value>, names: &[&str]| -> String {
        names
            .iter()
            .filter_map(|n| fields.get(*n))
            .map(|v| match v {
                Value::String(s) => s.clone(),
                Value::Array(rows) => rows
                    .iter()
                    .filter_map(|r| r.as_str().or_else(|| r.get("text").and_then(Value::as_str)))
                    .collect::<Vec<_>>()
                    .join(""),
                _ => String::new(),
            })
            .flat_map(|s| s.chars().filter(|c| !c.is_whitespace()).collect::<Vec<_>>())
            .collect()
    };
    let mut problems = vec![];
    for (names, what) in [(["articles_penalty"], "法律依据"), (["facts"], "违法事实")] {
        let (told, now) = (words(notified, &names), words(act.fields, &names));
        if !told.is_empty() && !now.is_empty() && told != now {
            problems.push(format!("决定的{what}与事先告知书不一致，应当改正或者重新告知"));
        }
    }
    problems
}

fn facts_rest_on_evidence(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let Some(facts) = act.fields.get("facts").and_then(Value::as_array) else {
        return vec!["没有写明违法事实".into()];
    };
    facts
        .iter()
        .enumerate()
        .filter(|(_, f)| f.get("evidence").and_then(Value::as_array).is_none_or(Vec::is_empty))
        .map(|(i, _)| format!("第{}项事实没有证据支持", i + 1))
        .collect()
}

fn every_point_found(ask: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let findings = act.fields.get("findings").and_then(Value::as_array).cloned().unwrap_or_default();
    let whose = act.about.party.and_then(|id| ask.case.party(id)).or_else(|| party_named(ask, act.fields));
    ask.case
        .statements
        .iter()
        .filter(|s| whose.is_none_or(|p| p.id == s.party.0))
        .flat_map(|s| &s.points)
        .filter(|point| {
            !findings.iter().any(|row| {
                let names = row.get("point").and_then(Value::as_str).unwrap_or_default();
                (names == point.text || names == point.id.0)
                    && row.get("reason").and_then(Value::as_str).and_then(said).is_some()
                    && row.get("adopted").and_then(Value::as_str).and_then(said).is_some()
            })
        })
        .map(|point| format!("意见“{}”没有复核结论或者理由", point.text))
        .collect()
}

/// Each way of service has its own proof (Art. 22; 民事诉讼法 87–95).
fn service_proven(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let has = |name: &str| written(act.fields, name).is_some();
    let proof = act.fields.get("proof").is_some_and(|p| !p.is_null());
    let mut problems = vec![];
    match act.method {
        Some(ServiceMethod::Direct) => {
            problems.extend(one(!has("recipient"), || "直接送达没有受送达人签收".into()));
        }
        Some(ServiceMethod::Leaving) => {
            problems.extend(one(!has("refusal"), || "留置送达没有注明拒收事由".into()));
            problems.extend(one(!has("witness") && !proof, || {
                "留置送达既没有见证人，也没有拍照、录像".into()
            }));
        }
        Some(ServiceMethod::Post) => {
            problems.extend(one(!has("voucher"), || "邮寄送达没有邮寄凭证号".into()));
            problems.extend(one(!proof, || "邮寄送达没有回执".into()));
        }
        Some(ServiceMethod::Electronic) => {
            problems.extend(one(!has("voucher"), || "电子送达没有注明时间和受送达人的号码或者地址".into()));
            problems.extend(one(!proof, || "电子送达没有截图、录屏等记录".into()));
        }
        Some(ServiceMethod::Entrusted | ServiceMethod::HandedOn) => {
            problems.extend(one(!has("relation"), || "没有注明受托或者转交的单位".into()));
        }
        Some(ServiceMethod::PublicNotice) => {
            problems.extend(one(!has("why_not_direct"), || "公告送达没有记明原因和经过".into()));
            problems.extend(one(!proof, || "公告送达没有留存公告和截图".into()));
        }
        None => problems.push("没有写明送达方式".into()),
    }
    problems
}

fn method_not_electronic(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    one(act.method == Some(ServiceMethod::Electronic), || {
        "行政处罚决定书不得以传真、电子邮件等方式送达".into()
    })
}

fn direct_first(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let other = act.method.is_some_and(|m| m != ServiceMethod::Direct);
    one(other && written(act.fields, "why_not_direct").is_none(), || "没有写明不直接送达的原因".into())
}

fn refusal_witnessed(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    one(written(act.fields, "witness").is_none(), || {
        if written(act.fields, "no_witness_reason").is_none() {
            "拒绝签名没有见证人，也没有说明原因".into()
        } else {
            "拒绝签名没有见证人".into()
        }
    })
}

/// A minor is heard with the guardian present.
fn guardian_present(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let minor = match act.fields.get("minor") {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(word)) => word == "是",
        _ => false,
    };
    let guardian = act.fields.get("guardian").and_then(|g| g.get("name")).and_then(Value::as_str);
    one(minor && guardian.and_then(said).is_none(), || "询问未成年人时没有监护人到场".into())
}

fn pages_complete(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let count = |name: &str| act.fields.get(name).and_then(Value::as_i64).unwrap_or_default();
    let (found, expected) = (count("pages_count"), count("pages_expected"));
    one(found < expected, || format!("扫描件{found}页，文书有{expected}页，缺{}页", expected - found))
}

fn competent(ask: &Ask, _: &Act, _: &[&str]) -> Vec<String> {
    let Some(cause) = ask.case.cause.as_ref().and_then(|c| ask.book.causes.get(&c.0)) else { return vec![] };
    one(!cause.competence.is_empty() && cause.competence != "culture", || {
        format!("“{}”不属于文化和旅游部门管辖", cause.title)
    })
}

fn opinion_written(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    one(written(act.fields, "opinion").is_none(), || "没有写明审批意见".into())
}

/// There is a paper to hand over. It may be entered afterwards that it was handed over on the scene
/// before the system had its own copy: the question is whether there is one now.
fn paper_issued(ask: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let unissued = act.about.paper.and_then(|id| ask.case.paper(id)).filter(|p| p.issued.is_none());
    unissued.map(|p| format!("《{}》还没有成文，不能送达", p.title)).into_iter().collect()
}

/// Every field named, after the kind of paper, says something: what a paper must contain.
fn states(ask: &Ask, act: &Act, args: &[&str]) -> Vec<String> {
    let Some((kind, names)) = args.split_first() else { return vec![] };
    let form = ask.book.paper(kind);
    names
        .iter()
        .filter(|name| !act.fields.get(**name).is_some_and(says_something))
        .map(|name| format!("没有写明{}", form.map_or(*name, |f| f.label(name))))
        .collect()
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => said(text).is_some(),
        Value::Array(rows) => rows.iter().any(says_something),
        Value::Object(members) => members.values().any(says_something),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn yes(act: &Act, name: &str) -> bool {
    act.fields.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// The act says whether its slip turns late into met, and whether its author acts as the head.
fn lateness_mended_by_head(_: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    one(yes(act, "mends_lateness") && !yes(act, "as_head"), || "更正使逾期变为按期，须由行政机关负责人作出".into())
}

/// The step of the chain is the actor's: by the relation to the case, or by a role held or delegated.
fn step_is_ones_own(ask: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let title = text(act.fields, "step_title");
    let person = act.actor;
    if text(act.fields, "step_role") == "handler" {
        return one(!ask.case.handles(&person.id), || format!("“{title}”由承办人填写"));
    }
    let Some(role) = Role::parse(text(act.fields, "step_role")) else { return vec!["审批环节的岗位没有登记".into()] };
    let delegated = yes(act, "delegated");
    if !person.holds(role) && !delegated {
        return vec![format!("“{title}”须由{}作出", role.title())];
    }
    let other_section = role == Role::SectionHead && person.department.0 != ask.case.department && !delegated;
    one(other_section, || "承办机构意见由本案承办机构的负责人作出".into())
}

fn not_ones_own_paper(ask: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let role = text(act.fields, "step_role");
    let paper = act.about.paper.and_then(|id| ask.case.paper(id));
    // Whoever approved with changes wrote a version of somebody else's paper.
    let own = paper.and_then(|p| p.versions.first()).is_some_and(|v| v.by == act.actor.id);
    one(own && role != "handler" && role != Role::LegalReviewer.code(), || "不能审批自己提交的文书".into())
}

fn decider_did_not_review(ask: &Ask, act: &Act, _: &[&str]) -> Vec<String> {
    let reviewed = ask.case.of_kind("legal-review").any(|p| p.current().is_some_and(|v| v.by == act.actor.id));
    let decides = text(act.fields, "step_role") == Role::AgencyHead.code();
    one(reviewed && decides, || "法制审核人员不能同时作出决定".into())
}
