use super::*;
use crate::look::StepState;
use crate::pages::cases::testing::{self, book, case_opened, directory, record};
use casework::views::Sight;
use jiff::civil::{DateTime, date};
use procedure::event::{Envelope, Event, Flaw, Missing, Party, PartyKind, Recorded, Severity};
use procedure::ids::{CauseId, PersonId, StreamId, VisitId};
use serde_json::json;

fn at(day: i8, hour: i8) -> DateTime {
    date(2026, 3, day).at(hour, 0, 0, 0)
}

/// A case accepted on Monday 2 March, work begun before filing on the 3rd, written down on the 4th.
fn records() -> Vec<Recorded> {
    let opened = record(1, at(2, 9), case_opened());
    let started = Event::StartedBeforeFiling { reason: "正在营业".into(), allowed_by: "丁".into(), allowed_at: at(3, 8) };
    let started = Recorded { recorded_at: at(4, 8), ..record(2, at(3, 8), started) };
    let party = Party { id: "p1".into(), kind: PartyKind::IndividualBusiness, name: "某某网吧".into(), id_number: "92420112MA4K00001X".into(), ..Party::default() };
    let party = record(3, at(4, 9), Event::PartyRecorded { party });
    let visit = Event::VisitStarted { visit: VisitId("s1".into()), purpose: String::new(), certificates_shown: true, present: String::new() };
    let mut visit = record(4, at(4, 10), visit);
    visit.envelope = Envelope { by: "甲".into(), place: "某某路128号".into(), flaws: vec![flaw()], ..Envelope::default() };
    let slip = Event::Corrected {
        target: 3,
        member: "party.name".into(),
        original: json!("某某网吧"),
        effective: json!("某某网咖"),
        reason: "笔误".into(),
                sealed: String::new(),
    };
    vec![opened, started, party, visit, record(5, at(4, 11), slip)]
}

fn flaw() -> Flaw {
    Flaw {
        rule: "two-officers".into(),
        article: "行政处罚法42".into(),
        severity: Severity::Grave,
        text: "执法人员1人，不足两人".into(),
        mend: "由两名以上执法人员重新制作，或者由负责人决定是否采信".into(),
        subject: String::new(),
    }
}

fn lack(sentence: &str, mend: &str) -> Missing {
    Missing {
        rule: "filing-form-complete".into(),
        predicate: String::new(),
        article: "本制度12".into(),
        sentence: sentence.into(),
        mend: mend.into(),
    }
}

fn refused() -> Recorded {
    let event = Event::ActRefused { act: "submit(filing-approval)".into(), missing: vec![lack("尚未确定案由", "choose-cause")], stream: None };
    Recorded { stream: StreamId::person(&PersonId("id-甲".into())), ..record(6, at(4, 12), event) }
}

fn file(records: Vec<Recorded>) -> CaseFile {
    let next = |act: &str, title: &str, missing: Vec<Missing>| views::NextAct { act: act.into(), title: title.into(), missing };
    CaseFile {
        missing: vec![lack("尚未确定案由", "choose-cause")],
        next: vec![
            next("submit(filing-approval)", "制作立案审批表", vec![lack("尚未确定案由", "choose-cause")]),
            next("submit(non-filing-approval)", "制作不予立案审批表", vec![]),
            next("choose-cause", "确定案由", vec![]),
        ],
        beside: vec![refused()],
        ..testing::file(records, Sight { protected: true, informant: true, may_act: true })
    }
}

fn drawn(file: &CaseFile, show: Show) -> CasePage {
    let directory = directory();
    Drawing { book: book(), directory: &directory, decides: true, reviews: false, show }.page(file, Frame::bare(), vec![])
}

#[test]
fn the_head_says_the_facts_and_where_the_case_stands() {
    let page = drawn(&file(records()), Show::All);
    let fact = |label: &str| page.head.facts.iter().find(|f| f.label == label).map(|f| f.value.as_str());
    assert_eq!(fact("案号"), Some("尚未立案"));
    assert_eq!(fact("承办人"), Some("甲（17011200123）、乙（17011200145）"));
    assert_eq!(fact("当事人"), Some("某某网咖（统一社会信用代码 9242…001X）"), "what is effective, not what was corrected");
    assert_eq!(page.head.rail[0].label, "受案");
    assert_eq!((page.head.rail[0].state, page.head.rail[0].small.as_str()), (StepState::Done, "3月2日"));
    assert_eq!(page.head.rail[1].label, "立案");
    assert_eq!((page.head.rail[1].state, page.head.rail[1].small.as_str()), (StepState::Now, "3月2日起 · 第3个工作日"));
    assert!(page.head.rail[2..].iter().all(|s| s.state == StepState::Ahead));
    assert_eq!(page.head.tabs.iter().filter(|t| t.current).map(|t| t.href.as_str()).collect::<Vec<_>>(), ["/cases/7"]);
}

#[test]
fn a_filed_case_shows_the_day_of_its_filing() {
    let mut filed = records();
    filed.push(record(7, at(4, 14), Event::CaseFiled { number: "文综案〔2026〕1号".into(), on: date(2026, 3, 4) }));
    let rail = drawn(&file(filed), Show::All).head.rail;
    let said: Vec<_> = rail.iter().take(3).map(|s| (s.label.as_str(), s.state)).collect();
    assert_eq!(said, [("受案", StepState::Done), ("立案", StepState::Done), ("调查取证", StepState::Now)]);
    assert_eq!(rail[1].small, "3月4日");
}

#[test]
fn the_timeline_is_newest_first_with_refusals_slips_flaws_and_late_entries() {
    let page = drawn(&file(records()), Show::All);
    let labels: Vec<&str> = page.days.iter().map(|d| d.label.as_str()).collect();
    assert_eq!(labels, ["3月4日 星期三", "3月3日 星期二", "3月2日 星期一"]);
    let today = &page.days[0].entries;
    assert!(today[0].act.refused);
    assert_eq!(today[0].act.what, "制作立案审批表");
    assert_eq!(today[1].act.what, "更正");
    assert_eq!(today[2].act.flaw, "执法人员1人，不足两人（行政处罚法第四十二条） · 未补正");
    let party = &today[3];
    assert_eq!(party.act.text, "某某网吧", "the entry stays as it was written");
    assert_eq!(party.slips, ["已更正　名称（姓名）：原“某某网吧”，更正为“某某网咖”（甲 3月4日 11:00）"]);
    assert_eq!(party.links[0].href, "/cases/7/correct?target=3");
    assert_eq!(page.days[1].entries[0].act.late_entry, "3月4日 08:00 补录");
    assert_eq!(page.acts_small, "6 项行为 · 最新在前");
    assert!(drawn(&file(records()), Show::Approvals).days.is_empty());
}

#[test]
fn a_duty_shows_its_day_and_where_it_comes_from() {
    let page = drawn(&file(records()), Show::All);
    let late = page.duties.iter().find(|d| d.what == "补办立案审批").expect("owed since work began before filing");
    // 3 March is the day it happened; two working days later is Thursday the 5th.
    assert_eq!(late.due_small, "3月5日");
    assert_eq!(late.due, "还有 1 个工作日");
    assert_eq!(late.state, DutyState::Near);
    assert_eq!(late.about, "本制度第十二条 · 甲、乙");
    assert_eq!(late.href, "/cases/7/papers/new/filing-approval");
    assert!(late.derivation.contains("工作日"), "{}", late.derivation);
}

#[test]
fn what_mends_the_gap_is_the_first_thing_to_do() {
    let page = drawn(&file(records()), Show::All);
    let primary: Vec<&str> = page.next.iter().filter(|n| n.primary).map(|n| n.label.as_str()).collect();
    assert_eq!(primary, ["确定案由"]);
    let waiting = WaitingAct { label: "制作立案审批表".into(), href: "/cases/7/papers/new/filing-approval".into(), lacks: "尚未确定案由".into() };
    assert_eq!(page.waiting, [waiting]);
}

#[test]
fn the_first_thing_missing_is_done_first_though_the_stage_does_not_list_it() {
    let mut file = file(records());
    file.missing = vec![lack("《权利义务告知书》尚未送达某某网咖", "serve(rights-notice)"), lack("尚未确定案由", "choose-cause")];
    let first = &drawn(&file, Show::All).next[0];
    assert!(first.label.starts_with("送达权利义务告知书") && first.primary, "{}", first.label);
    assert_eq!(first.href, "/cases/7/papers");
    // The form waits for party and cause: what it lacks comes before it.
    file.missing = vec![lack("尚未批准立案", "submit(filing-approval)")];
    let page = drawn(&file, Show::All);
    assert_eq!(page.next[0].label, "确定案由");
    assert_eq!(page.next.iter().filter(|n| n.label == "确定案由").count(), 1, "not twice");
    // What only the reviewer or the head can do is not offered to the handler.
    file.missing = vec![lack("法制审核没有作出同意的意见", "submit(legal-review)"), lack("尚未确定案由", "choose-cause")];
    assert!(drawn(&file, Show::All).next.iter().all(|n| !n.href.ends_with("/legal-review")));
}

#[test]
fn what_stands_open_can_be_ended() {
    let labels = |page: CasePage| page.next.into_iter().map(|n| (n.label, n.href)).collect::<Vec<_>>();
    // What the procedure offers, as the office hands it to the page.
    let file = |records| {
        let file = file(records);
        let next = views::next_acts(&file.case, book(), file.now, file.sight, true);
        CaseFile { next, ..file }
    };
    let page = labels(drawn(&file(records()), Show::All));
    assert!(page.contains(&("记录离开现场".into(), "/cases/7/end-visit".into())));
    assert!(page.contains(&("提高保密".into(), "/cases/7/raise-protection".into())));
    assert!(!page.iter().any(|(label, _)| label == "终结案件"));
    let mut declined = records();
    declined.push(record(7, at(4, 14), Event::FilingDeclined { reason: "没有违法事实".into(), on: date(2026, 3, 4) }));
    let page = drawn(&file(declined), Show::All);
    assert_eq!(page.head.rail.iter().map(|s| s.label.as_str()).collect::<Vec<_>>(), ["受案", "不予立案", "终结", "归档"]);
    assert!(labels(page).contains(&("终结案件".into(), "/cases/7/conclude-case".into())));
}

#[test]
fn a_flaw_waits_for_the_head_until_it_is_decided() {
    let page = drawn(&file(records()), Show::All);
    let open = &page.flaws[0];
    assert_eq!((open.state.as_str(), open.state_class), ("未补正", "late"));
    assert_eq!(open.mend.as_ref().map(|m| m.href.as_str()), Some("/cases/7/decide-flaw?target=4&rule=two-officers"));
    assert!(open.how.contains("由负责人决定是否采信"));
    let mut more = records();
    let decided = Event::FlawDecided { target: 4, rule: "two-officers".into(), rely: true, reason: "另有录像".into() };
    more.push(record(7, at(4, 14), decided));
    let page = drawn(&file(more), Show::All);
    assert_eq!((page.flaws[0].state.as_str(), page.flaws[0].state_class), ("负责人决定采信", "met"));
    assert!(page.flaws[0].mend.is_none());
}

#[test]
fn a_reader_who_may_not_act_is_offered_nothing() {
    let mut file = file(records());
    file.sight.may_act = false;
    file.next = vec![];
    let page = drawn(&file, Show::All);
    assert!(page.days.iter().flat_map(|d| &d.entries).all(|e| e.links.is_empty()));
    assert!(page.next.is_empty() && page.waiting.is_empty());
    assert!(page.duties.iter().all(|d| d.href.is_empty()));
}

#[test]
fn a_cause_not_read_in_the_statute_says_so_in_the_head() {
    let mut records = records();
    let chosen = Event::CauseChosen { cause: CauseId("x".into()), title: "某案由".into(), case_title: "某某网咖某案由案".into(), verified: false };
    records.push(record(8, at(4, 13), chosen));
    let page = drawn(&file(records), Show::All);
    assert!(page.head.facts.iter().any(|f| f.value == "某案由（条款未核实）"));
}

#[test]
fn only_acts_the_office_knows_are_said_to_be_recorded() {
    assert_eq!(done_words("record-party", book()).as_deref(), Some("已记录：登记当事人。"));
    assert_eq!(done_words("请致电 10086", book()), None);
    assert_eq!(done_words("", book()), None);
}

#[test]
fn the_page_renders_whole() {
    let html = drawn(&file(records()), Show::All).render().expect("the template renders");
    assert!(html.contains("id=\"e3\"") && html.contains("补办立案审批") && html.contains("缺：尚未确定案由"));
}
