//! The closed registry of facts. A fact is a moment or nothing: rules ask whether it came
//! true, and since when. A new one is written only for a new relation, never for a new paper.

use crate::case::{Case, Paper};
use crate::event::Outcome;
use crate::ids::*;
use crate::rulebook::{Rulebook, split_call};
use jiff::civil::{Date, DateTime};
use serde_json::Value;

/// What a rule is asked about, and with which knowledge.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub case: &'a Case,
    pub book: &'a Rulebook,
    pub now: DateTime,
    pub subject: &'a Subject,
}

/// Whom or what a rule is asked over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Case,
    Party(String),
    /// Someone to be informed of a refusal to file: its label.
    Inform(String),
    Paper(PaperId),
    Evidence(EvidenceId),
}

impl Subject {
    /// A short key that tells duties of one rule apart.
    pub fn key(&self) -> String {
        match self {
            Subject::Case => String::new(),
            Subject::Party(id) => format!("party/{id}"),
            Subject::Inform(label) => format!("inform/{label}"),
            Subject::Paper(id) => format!("paper/{id}"),
            Subject::Evidence(id) => format!("evidence/{id}"),
        }
    }

    /// The subjects a rule's `over` or `per` names.
    pub fn all(over: &str, case: &Case) -> Vec<Subject> {
        let (name, args) = split_call(over);
        match (name, args.first()) {
            ("" | "case", _) => vec![Subject::Case],
            ("each party" | "party", _) => case.parties.iter().map(|p| Subject::Party(p.id.clone())).collect(),
            ("each to inform" | "inform", _) => {
                case.to_inform.iter().map(|i| Subject::Inform(i.label.clone())).collect()
            }
            ("each paper" | "paper", Some(kind)) => {
                case.of_kind(kind).map(|p| Subject::Paper(p.id.clone())).collect()
            }
            ("each paper" | "paper", None) => {
                case.papers.iter().filter(|p| !p.is_void()).map(|p| Subject::Paper(p.id.clone())).collect()
            }
            ("each footage" | "footage", _) => case
                .evidence
                .iter()
                .filter(|e| e.footage && !e.withdrawn)
                .map(|e| Subject::Evidence(e.id.clone()))
                .collect(),
            _ => vec![],
        }
    }
}

/// One fact: how it is found, what is said while it is not there, and what mends it.
pub struct Fact {
    pub name: &'static str,
    pub find: fn(&Ask, &[&str]) -> Option<DateTime>,
    pub says: fn(&Ask, &[&str]) -> String,
    pub mend: fn(&[&str]) -> String,
}

/// Looks a fact up by its name.
pub fn find(name: &str) -> Option<&'static Fact> {
    ALL.iter().find(|f| f.name == name)
}

/// Since when a fact expression such as `served(prior-notice)` holds.
pub fn since(ask: &Ask, expression: &str) -> Option<DateTime> {
    let (name, args) = split_call(expression);
    find(name).and_then(|f| (f.find)(ask, &args))
}

/// The sentence for a fact that is missing, and what mends it.
pub fn missing(ask: &Ask, expression: &str) -> (String, String) {
    let (name, args) = split_call(expression);
    match find(name) {
        Some(f) => ((f.says)(ask, &args), (f.mend)(&args)),
        None => (expression.to_owned(), String::new()),
    }
}

pub static ALL: &[Fact] = &[
    Fact { name: "opened", find: |a, _| a.case.opened_at, says: |_, _| "尚未受案".into(), mend: |_| "accept-clue".into() },
    Fact { name: "started-before-filing", find: |a, _| a.case.started_before_filing, says: |_, _| "没有先行调查的记录".into(), mend: |_| "start-before-filing".into() },
    Fact { name: "work-begun", find: work_begun, says: |_, _| "立案前没有执法活动".into(), mend: |_| String::new() },
    Fact { name: "handled-by-two", find: handled_by_two, says: |a, _| format!("承办人{}人，不足两人", a.case.handlers.len()), mend: |_| "assign-handlers".into() },
    Fact { name: "filed", find: |a, _| a.case.filed_at, says: |_, _| "尚未批准立案".into(), mend: |_| "submit(filing-approval)".into() },
    Fact { name: "declined", find: |a, _| a.case.declined_at, says: |_, _| "尚未决定不予立案".into(), mend: |_| "submit(non-filing-approval)".into() },
    Fact { name: "filing-decided", find: |a, _| a.case.filed_at.or(a.case.declined_at), says: |_, _| "尚未决定是否立案".into(), mend: |_| "submit(filing-approval)".into() },
    Fact { name: "parties-recorded", find: |a, _| a.case.opened_at.filter(|_| !a.case.parties.is_empty()), says: |_, _| "尚未登记当事人".into(), mend: |_| "record-party".into() },
    Fact { name: "cause-chosen", find: |a, _| a.case.cause.as_ref().and(a.case.opened_at), says: |_, _| "尚未确定案由".into(), mend: |_| "choose-cause".into() },
    Fact { name: "evidence-attached", find: |a, _| a.case.evidence.iter().find(|e| !e.withdrawn).map(|e| e.attached_at), says: |_, _| "案件还没有任何证据".into(), mend: |_| "attach-evidence".into() },
    Fact { name: "made", find: made, says: |a, k| format!("尚未制作{}", title(a, k)), mend: |k| call("submit", k) },
    Fact { name: "approved", find: approved, says: |a, k| format!("{}尚未经批准", title(a, k)), mend: |k| call("submit", k) },
    Fact { name: "issued", find: issued, says: |a, k| format!("{}尚未成文", title(a, k)), mend: |k| call("submit", k) },
    Fact { name: "served", find: served, says: |a, k| format!("{}尚未送达{}", title(a, k), whom(a)), mend: |k| call("serve", k) },
    Fact { name: "signed", find: signed, says: |a, k| format!("{}尚未归入签名扫描件，也没有拒签记录", title(a, k)), mend: |k| call("scan", k) },
    Fact { name: "informed", find: informed, says: |a, _| format!("尚未告知{}不予立案，也没有无法告知的记录", whom(a)), mend: |_| "submit(non-filing-notice)".into() },
    Fact { name: "statement-closed", find: statement_closed, says: |a, _| format!("{}既未陈述申辩，也未表示放弃", whom(a)), mend: |_| "make-statement".into() },
    Fact { name: "points-examined", find: points_examined, says: |a, _| format!("{}提出的意见尚未逐条复核", whom(a)), mend: |_| "submit(statement-examination)".into() },
    Fact { name: "reviewed", find: reviewed, says: |_, _| "法制审核没有作出同意的意见".into(), mend: |_| "submit(legal-review)".into() },
    Fact { name: "major-case", find: major_case, says: |_, _| "调查终结报告没有认定为重大案件".into(), mend: |_| "submit(investigation-report)".into() },
    Fact { name: "flaws-settled", find: |a, _| flaws_settled(a), says: |a, _| format!("尚有{}项瑕疵未补正，也未经负责人决定", crate::duties::flaws_of_acts(a.case, a.book, a.now).iter().filter(|f| f.blocks()).count()), mend: |_| "decide-flaw".into() },
    Fact { name: "concluded", find: |a, _| a.case.concluded_at, says: |_, _| "案件尚未终结".into(), mend: |_| "conclude-case".into() },
    Fact { name: "retention-starts", find: retention_starts, says: |_, _| "案卷尚未归档，保管期限没有起算".into(), mend: |_| "archive-case".into() },
    Fact { name: "archived", find: |a, _| a.case.archived_at, says: |_, _| "案卷尚未归档".into(), mend: |_| "archive-case".into() },
    Fact { name: "made-again", find: made_again, says: |a, _| format!("{}没有重新制作", this_title(a)), mend: |_| "submit".into() },
    Fact { name: "scanned-whole", find: scanned_whole, says: |a, _| format!("{}的扫描件不完整", this_title(a)), mend: |_| "scan".into() },
    Fact { name: "this-issued", find: |a, _| this(a).and_then(|p| p.issued.as_ref().map(|i| i.at)), says: |a, _| format!("{}尚未成文", this_title(a)), mend: |_| String::new() },
    Fact { name: "this-handsigned-issued", find: |a, _| this(a).filter(|p| a.book.paper(&p.kind.0).is_some_and(|f| f.hand_signed)).and_then(|p| p.issued.as_ref().map(|i| i.at)), says: |a, _| format!("{}尚未成文", this_title(a)), mend: |_| String::new() },
    Fact { name: "this-signed", find: |a, _| this(a).and_then(Paper::signed_at), says: |a, _| format!("{}尚未归入签名扫描件", this_title(a)), mend: |_| "scan".into() },
    Fact { name: "this-field", find: |a, k| this(a).and_then(|p| date_of(p.text(k.first().copied().unwrap_or_default()))), says: |a, _| format!("{}没有写明日期", this_title(a)), mend: |_| String::new() },
    Fact { name: "performance-checked", find: performance_checked, says: |a, _| format!("{}的履行情况尚未检查", whom(a)).trim_start_matches('的').to_owned(), mend: |_| "submit(performance-check)".into() },
    Fact { name: "correction-checked", find: correction_checked, says: |_, _| "尚未核查改正情况".into(), mend: |_| "submit(performance-check)".into() },
    Fact { name: "recording-ended", find: |a, _| footage(a).map(|e| e.happened.end()), says: |_, _| "录制尚未结束".into(), mend: |_| String::new() },
    Fact { name: "recording-stored", find: |a, _| footage(a).filter(|e| e.file.is_some()).map(|e| e.attached_at), says: |_, _| "音像记录尚未入库".into(), mend: |_| "attach-evidence".into() },
    Fact { name: "all-sheets-signed", find: all_sheets_signed, says: |a, _| format!("{}尚未归入签名扫描件，也没有拒签记录", titles(&unsigned(a))), mend: |_| "scan".into() },
    Fact { name: "this-unserved", find: |a, _| this(a).filter(|p| p.services.is_empty()).map(|_| always(a)), says: |a, _| format!("{}已经送达，不能作废，应当另行作出文书更正或者撤销", this_title(a)), mend: |_| String::new() },
    Fact { name: "notices-served", find: |a, _| unserved(a).is_empty().then(|| always(a)), says: |a, _| format!("{}已经成文，尚未送达", titles(&unserved(a))), mend: |_| "serve(*)".into() },
    Fact { name: "duties-met", find: |a, _| unmet(a).is_empty().then(|| always(a)), says: |a, _| format!("应办事项尚未办结：{}", unmet(a).join("、")), mend: |_| String::new() },
    Fact { name: "visit-open", find: |a, _| a.case.visits.iter().find(|v| v.ended.is_none()).map(|v| v.started), says: |_, _| "没有在场的现场检查".into(), mend: |_| "start-visit".into() },
    Fact { name: "someone-uninformed", find: someone_uninformed, says: |_, _| "没有尚待告知的人".into(), mend: |_| String::new() },
    Fact { name: "papers-finished", find: papers_finished, says: |a, _| format!("尚有{}份文书没有办完（待审批、已退回或已编号未成文）", unfinished(a).len()), mend: |_| "papers".into() },
];

fn call(act: &str, args: &[&str]) -> String {
    match args.first() {
        Some(kind) => format!("{act}({kind})"),
        None => act.to_owned(),
    }
}

fn title(ask: &Ask, args: &[&str]) -> String {
    args.first().map(|k| format!("《{}》", ask.book.paper_title(k))).unwrap_or_default()
}

/// The subject in words: the party's name, or nothing for the whole case.
fn whom(ask: &Ask) -> String {
    match ask.subject {
        Subject::Party(id) => ask.case.party(id).map(|p| p.name.clone()).unwrap_or_default(),
        Subject::Inform(label) => label.clone(),
        _ => String::new(),
    }
}

fn papers<'a>(ask: &Ask<'a>, args: &[&str]) -> Vec<&'a Paper> {
    let kind = args.first().copied().unwrap_or_default();
    let of_party = |p: &&Paper| match ask.subject {
        Subject::Party(id) => is_of_party(ask.case, p, id),
        Subject::Inform(label) => p.subject.is_empty() || p.subject == *label,
        Subject::Paper(id) => p.id == *id || p.kind.0 == kind,
        _ => true,
    };
    ask.case.papers.iter().filter(|p| p.kind.0 == kind && !p.is_void() && !set_aside(ask.case, p)).filter(of_party).collect()
}

/// The head decided that an irregular record is not relied on: for every gate it is as if not made.
fn set_aside(case: &Case, paper: &Paper) -> bool {
    case.flaws.iter().any(|f| {
        f.decided.as_ref().is_some_and(|(rely, ..)| !rely) && paper.versions.iter().any(|v| v.sequence == f.sequence)
    })
}

/// Whether a paper is this party's: its own, the whole case's, or the proof that one of these was
/// served.
fn is_of_party(case: &Case, paper: &Paper, party: &str) -> bool {
    let of = |subject: &str| subject.is_empty() || subject == party;
    of(&paper.subject) || case.papers.iter().find(|p| p.id.0 == paper.subject).is_some_and(|p| of(&p.subject))
}

fn titles(papers: &[&Paper]) -> String {
    let mut named: Vec<String> = papers.iter().map(|p| format!("《{}》", p.title)).collect();
    named.dedup();
    named.concat()
}

/// The moment of a fact that says how things stand, not when they came to stand so: it holds for any
/// act of the case, however late it is entered.
fn always(ask: &Ask) -> DateTime {
    ask.case.opened_at.unwrap_or(DateTime::MIN)
}

/// The first act of enforcement by when it happened, whenever it was entered: declared as a start
/// before filing, or told by a visit or by a record of the investigation. None where the decision
/// on filing came first.
fn work_begun(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let case = ask.case;
    let investigates = |p: &&Paper| ask.book.paper(&p.kind.0).is_some_and(|f| f.nature.happened() && f.stage == "investigation");
    let records = case.papers.iter().filter(|p| !p.is_void()).filter(investigates).filter_map(Paper::made_at);
    let first = case.visits.iter().map(|v| v.started).chain(records).chain(case.started_before_filing).min()?;
    let decided = case.filed_at.or(case.declined_at);
    decided.is_none_or(|at| first < at).then_some(first)
}

fn handled_by_two(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let mut ids: Vec<&PersonId> = ask.case.handlers.iter().map(|h| &h.id).collect();
    ids.sort();
    ids.dedup();
    ask.case.opened_at.filter(|_| ids.len() >= 2)
}

/// The approved report calls the case major: its review comes after hearing and statement.
fn major_case(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let report = ask.case.of_kind("investigation-report").rfind(|p| p.approved_at.is_some())?;
    report.approved_at.filter(|_| report.field("major").and_then(Value::as_bool) == Some(true))
}

/// Somebody to be told of a refusal to file, for whom it is not yet noted that it cannot be done.
fn someone_uninformed(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let told = |label: &String| {
        let subject = Subject::Inform(label.clone());
        informed(&Ask { subject: &subject, ..*ask }, &[]).is_some()
    };
    ask.case.declined_at.filter(|_| ask.case.to_inform.iter().any(|i| !told(&i.label)))
}

/// Papers that are to be served, issued and handed to nobody.
fn unserved<'a>(ask: &Ask<'a>) -> Vec<&'a Paper> {
    let to_serve = |p: &&Paper| ask.book.paper(&p.kind.0).is_some_and(|f| f.served);
    ask.case.papers.iter().filter(|p| !p.is_void() && p.issued.is_some() && p.services.is_empty()).filter(to_serve).collect()
}

/// What is still owed besides the volume itself.
fn unmet(ask: &Ask) -> Vec<String> {
    let archiving = |rule: &str| ask.book.rules.duties.iter().any(|d| d.id == rule && d.owed == "archived");
    let open = crate::duties::owed(ask.case, ask.book, ask.now).into_iter().filter(|o| o.state.is_open() && !archiving(&o.rule));
    open.map(|o| o.title).collect()
}

fn made(ask: &Ask, args: &[&str]) -> Option<DateTime> {
    papers(ask, args).iter().filter_map(|p| p.made_at()).next_back()
}

/// The same kind of record, of the same person or party, made later and without a grave flaw:
/// a new inquiry cures an irregular one, an inspection does not.
fn made_again(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let flawed = this(ask)?;
    let before = flawed.made_at()?;
    let grave = |p: &Paper| {
        ask.case.flaws.iter().any(|f| {
            p.versions.iter().any(|v| v.sequence == f.sequence) && f.flaw.severity == crate::event::Severity::Grave
        })
    };
    let heard = |p: &Paper| p.field("person").and_then(|who| who.get("name")).cloned();
    ask.case
        .of_kind(&flawed.kind.0)
        .filter(|p| p.id != flawed.id && same_subject(p, flawed) && heard(p) == heard(flawed) && !grave(p))
        .filter_map(Paper::made_at)
        .find(|at| *at > before)
}

/// Papers of one party; one that names none is the whole case's, every party among them.
fn same_subject(one: &Paper, other: &Paper) -> bool {
    one.subject.is_empty() || other.subject.is_empty() || one.subject == other.subject
}

/// The last scan of this paper has every page.
fn scanned_whole(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let last = this(ask)?.scans.last()?;
    (last.pages_count >= last.pages_expected).then_some(last.at)
}

/// Terms of a file run from the first day of the year after archiving (Art. 28).
fn retention_starts(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let archived = ask.case.archived_at?;
    Some(Date::new(archived.year().checked_add(1)?, 1, 1).ok()?.at(0, 0, 0, 0))
}

/// The party's performance, looked at after the decision was served: an earlier re-check of an
/// order to correct is no performance check.
fn performance_checked(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let decided = served(ask, &["penalty-decision"])?;
    papers(ask, &["performance-check"]).iter().filter_map(|p| p.made_at()).rfind(|at| *at >= decided)
}

fn approved(ask: &Ask, args: &[&str]) -> Option<DateTime> {
    papers(ask, args).iter().filter_map(|p| p.approved_at).next_back()
}

fn issued(ask: &Ask, args: &[&str]) -> Option<DateTime> {
    papers(ask, args).iter().filter_map(|p| p.issued.as_ref().map(|i| i.at)).next_back()
}

/// For a party: served on that party. For the case: the last of all parties, once all are served.
/// A public notice is not service before its days have run out.
fn served(ask: &Ask, args: &[&str]) -> Option<DateTime> {
    served_at_all(ask, args).filter(|at| *at <= ask.now)
}

fn served_at_all(ask: &Ask, args: &[&str]) -> Option<DateTime> {
    let effective = |day: Date, at: DateTime| if at.date() == day { at } else { day.to_datetime(at.time()) };
    let to = |whom: &str| {
        papers(ask, args)
            .iter()
            .rev()
            .find_map(|p| p.served_to(whom))
            .map(|s| effective(s.effective_on, s.at))
    };
    match ask.subject {
        Subject::Party(id) => to(id),
        Subject::Inform(label) => to(label),
        Subject::Paper(id) => {
            let paper = ask.case.paper(id)?;
            paper.services.iter().map(|s| effective(s.effective_on, s.at)).max()
        }
        _ if ask.case.parties.is_empty() => None,
        _ => {
            let days: Option<Vec<DateTime>> = ask.case.parties.iter().map(|p| to(&p.id)).collect();
            days.and_then(|d| d.into_iter().max())
        }
    }
}

fn signed(ask: &Ask, args: &[&str]) -> Option<DateTime> {
    let all = papers(ask, args);
    if all.is_empty() {
        return None;
    }
    let moments: Option<Vec<DateTime>> = all.iter().map(|p| p.signed_at()).collect();
    moments.and_then(|m| m.into_iter().max())
}

/// A date that a paper itself names, such as the day by which something is to be corrected.
fn date_of(text: &str) -> Option<DateTime> {
    // A day alone also parses as its midnight, but it lasts until its end.
    match text.parse::<Date>() {
        Ok(day) if !text.contains([':', 'T']) => Some(day.at(23, 59, 59, 0)),
        _ => text.parse::<DateTime>().ok(),
    }
}

fn informed(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let Subject::Inform(label) = ask.subject else { return None };
    let impossible = ask.case.inform_impossible.iter().find(|(whom, _)| whom == label).map(|(_, at)| *at);
    served(ask, &["non-filing-notice"]).or(impossible)
}

/// The parties a question is about: the one, or all of the case.
fn parties_asked(ask: &Ask) -> Vec<String> {
    match ask.subject {
        Subject::Party(id) => vec![id.clone()],
        _ => ask.case.parties.iter().map(|p| p.id.clone()).collect(),
    }
}

/// Heard or waived after the notice that counts was served: what was said before, or to an earlier
/// notice, does not close the period. For the case: of every party.
fn statement_closed(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let parties = parties_asked(ask);
    let closed: Option<Vec<DateTime>> = parties.iter().map(|party| closed_by(ask, party)).collect();
    closed.and_then(|all| all.into_iter().max())
}

fn closed_by(ask: &Ask, party: &str) -> Option<DateTime> {
    let subject = Subject::Party(party.to_owned());
    let ask = Ask { subject: &subject, ..*ask };
    let notified = served(&ask, &["prior-notice"])?;
    let waived = ask.case.waivers.iter().rev().find(|(p, at)| p.0 == party && *at >= notified).map(|(_, at)| *at);
    let stated = || ask.case.statements.iter().rfind(|s| s.party.0 == party).is_some_and(|s| s.at >= notified);
    waived.or_else(|| points_examined(&ask, &[]).filter(|_| stated()))
}

/// Every point raised has its finding: adopted or not, why, by whom (Art. 17), in an examination of
/// the same party.
fn points_examined(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let parties = parties_asked(ask);
    let raised: Vec<(&str, &crate::event::Point)> = ask
        .case
        .statements
        .iter()
        .filter(|s| parties.contains(&s.party.0))
        .flat_map(|s| s.points.iter().map(|point| (s.party.0.as_str(), point)))
        .collect();
    if raised.is_empty() {
        return Some(always(ask));
    }
    let examinations: Vec<&Paper> =
        ask.case.of_kind("statement-examination").filter(|p| p.approved_at.is_some()).collect();
    let found = |(party, point): &(&str, &crate::event::Point)| {
        examinations.iter().filter(|p| is_of_party(ask.case, p, party)).any(|p| {
            p.field("findings").and_then(Value::as_array).is_some_and(|rows| {
                rows.iter().any(|row| {
                    row.get("point").and_then(Value::as_str).is_some_and(|t| t == point.text || t == point.id.0)
                        && row.get("reason").and_then(Value::as_str).is_some_and(|r| !r.trim().is_empty())
                })
            })
        })
    };
    if raised.iter().all(found) { examinations.iter().filter_map(|p| p.approved_at).max() } else { None }
}

/// A legal review that agrees, given by somebody who never handled the case.
fn reviewed(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    ask.case
        .of_kind("legal-review")
        .filter(|p| p.text("opinion").starts_with("同意"))
        .filter(|p| p.current().is_some_and(|v| !ask.case.ever_handlers.contains(&v.by)))
        .filter_map(|p| p.approved_at)
        .next_back()
}

fn flaws_settled(ask: &Ask) -> Option<DateTime> {
    let blocking = crate::duties::flaws_of_acts(ask.case, ask.book, ask.now).iter().any(|f| f.blocks());
    (!blocking).then(|| always(ask))
}

fn this<'a>(ask: &Ask<'a>) -> Option<&'a Paper> {
    match ask.subject {
        Subject::Paper(id) => ask.case.paper(id),
        _ => None,
    }
}

fn this_title(ask: &Ask) -> String {
    this(ask).map(|p| format!("《{}》", p.title)).unwrap_or_default()
}

fn footage<'a>(ask: &Ask<'a>) -> Option<&'a crate::case::Evidence> {
    match ask.subject {
        Subject::Evidence(id) => ask.case.evidence(id),
        _ => None,
    }
}

/// A performance check of the same party, made after the order, says what became of each demand.
fn correction_checked(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    let order = this(ask)?;
    let ordered = order.made_at()?;
    ask.case
        .of_kind("performance-check")
        .filter(|p| same_subject(p, order))
        .filter(|p| p.field("corrections").and_then(Value::as_array).is_some_and(|rows| !rows.is_empty()))
        .filter_map(Paper::made_at)
        .find(|at| *at >= ordered)
}

fn unsigned<'a>(ask: &Ask<'a>) -> Vec<&'a Paper> {
    ask.case
        .papers
        .iter()
        .filter(|p| !p.is_void() && p.signed_at().is_none())
        .filter(|p| ask.book.paper(&p.kind.0).is_some_and(|f| f.hand_signed))
        .filter(|p| match ask.subject {
            Subject::Party(id) => is_of_party(ask.case, p, id),
            _ => true,
        })
        .collect()
}

fn all_sheets_signed(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    unsigned(ask).is_empty().then(|| always(ask))
}

fn unfinished<'a>(ask: &Ask<'a>) -> Vec<&'a Paper> {
    ask.case.papers.iter().filter(|p| !p.is_void() && p.issued.is_none()).collect()
}

fn papers_finished(ask: &Ask, _: &[&str]) -> Option<DateTime> {
    unfinished(ask).is_empty().then(|| always(ask))
}

/// Whether an opinion approves.
pub fn approves(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Approve | Outcome::ApproveWithChanges)
}
