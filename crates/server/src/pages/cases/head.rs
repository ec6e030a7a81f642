//! What stands on top of every page of a case: its facts, the rail of its stages, and the tabs.

use crate::look::{Fact, Step, StepState, Tab, words};
use crate::pages::cases::sight::Hidden;
use casework::views::CaseFile;
use jiff::civil::{Date, DateTime};
use procedure::case::Stage;
use procedure::deadline;
use procedure::event::Party;
use procedure::{Case, Rulebook};

/// The head of a case's pages.
#[derive(Clone, Debug, Default)]
pub struct CaseHead {
    pub title: String,
    pub facts: Vec<Fact>,
    pub rail: Vec<Step>,
    pub tabs: Vec<Tab>,
}

/// The pages of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Record,
    Papers,
    Evidence,
    People,
    Volume,
    Ledger,
}

impl CaseHead {
    pub fn of(file: &CaseFile, book: &Rulebook, current: Section) -> CaseHead {
        let hidden = Hidden::of(file, book);
        CaseHead {
            title: hidden.screen(&file.case.title),
            facts: facts(&file.case, book, &hidden),
            rail: rail(&file.case, book, file.now),
            tabs: tabs(&file.case, current),
        }
    }
}

fn facts(case: &Case, book: &Rulebook, hidden: &Hidden) -> Vec<Fact> {
    let procedure = book.procedures.get(&case.procedure).map_or(case.procedure.as_str(), |p| p.title.as_str());
    let parties: Vec<String> = case.parties.iter().map(|p| party_zh(p, hidden)).collect();
    let handlers: Vec<String> = case.handlers.iter().map(|h| format!("{}（{}）", h.name, h.certificate)).collect();
    let or = |text: String, empty: &str| if text.is_empty() { empty.to_owned() } else { text };
    let mut facts = vec![
        Fact::new("案号", case.number.clone().unwrap_or_else(|| "尚未立案".into())),
        Fact::new("程序", procedure),
        Fact::new("当事人", or(parties.join("、"), "尚未登记")),
        Fact::new("案由", or(cause_zh(case), "尚未确定")),
        Fact::new("承办人", or(handlers.join("、"), "尚未指定")),
        Fact::new("适用版本", case.edition.clone()),
    ];
    if let Some(source) = case.source {
        facts.insert(4, Fact::new("案源", source.title()));
    }
    facts
}

fn cause_zh(case: &Case) -> String {
    match (&case.cause, case.cause_verified) {
        (Some(_), false) => format!("{}（条款未核实）", case.cause_title),
        _ => case.cause_title.clone(),
    }
}

fn party_zh(party: &Party, hidden: &Hidden) -> String {
    let name = hidden.party_name(party);
    let number = party.id_number.trim();
    if number.chars().count() < 9 || party.minor {
        return name;
    }
    let kind = if party.kind == procedure::event::PartyKind::Person { "证件" } else { "统一社会信用代码" };
    format!("{name}（{kind} {}）", words::short_hex(number))
}

/// A station of the rail: what it is called, and since when the case is past it or in it.
struct Station {
    label: String,
    /// When the case came to it.
    begun: Option<DateTime>,
    /// The day under it once it is passed.
    passed: Option<DateTime>,
}

/// The stages of the procedure with the day each was reached; a case not filed ends sooner. 立案 stands
/// between acceptance and investigation: it is what an accepted case is on its way to.
fn rail(case: &Case, book: &Rulebook, now: DateTime) -> Vec<Step> {
    let declined = [Stage::Accepted, Stage::Declined, Stage::Concluded, Stage::Archived];
    let stages: Vec<(Stage, String)> = if case.declined_at.is_some() {
        declined.into_iter().map(|s| (s, s.title().to_owned())).collect()
    } else {
        let procedure = book.procedures.get(&case.procedure);
        let known = procedure.into_iter().flat_map(|p| &p.stages).filter(|s| !s.aside);
        known.filter_map(|s| Some((Stage::parse(&s.code)?, s.title.clone()))).collect()
    };
    let standing = case.stage();
    let mut stations: Vec<Station> = vec![];
    let mut place = 0;
    for (stage, label) in stages {
        if stage == standing {
            place = stations.len();
        }
        let at = reached(case, stage);
        stations.push(Station { label, begun: at, passed: at });
        if stage == Stage::Accepted && case.declined_at.is_none() {
            place += usize::from(standing == Stage::Accepted);
            stations.push(Station { label: "立案".into(), begun: case.opened_at, passed: case.filed_at });
        }
    }
    let last = stations.len().saturating_sub(1);
    stations
        .into_iter()
        .enumerate()
        .map(|(at, station)| {
            // The last station is a state, not work: a bound case is done.
            let state = match at.cmp(&place) {
                std::cmp::Ordering::Less => StepState::Done,
                std::cmp::Ordering::Equal if at == last => StepState::Done,
                std::cmp::Ordering::Equal => StepState::Now,
                std::cmp::Ordering::Greater => StepState::Ahead,
            };
            let small = match (state, station.begun, station.passed) {
                (StepState::Now, Some(since), _) => days_in(since.date(), now.date(), book),
                (StepState::Done, _, Some(since)) => words::near_date_zh(since.date(), now.date()),
                _ => String::new(),
            };
            Step { label: station.label, small, state }
        })
        .collect()
}

fn days_in(since: Date, today: Date, book: &Rulebook) -> String {
    let count = deadline::working_days_between(since, today, &book.calendars);
    let about = if count.certain { "" } else { "约" };
    format!("{}起 · {about}第{}个工作日", words::near_date_zh(since, today), count.most + 1)
}

/// When a stage was reached.
fn reached(case: &Case, stage: Stage) -> Option<DateTime> {
    let issued = |kind: &str| case.of_kind(kind).filter_map(|p| p.issued.as_ref().map(|i| i.at)).min();
    let made = |kind: &str| case.of_kind(kind).filter_map(|p| p.made_at()).min();
    match stage {
        Stage::Accepted => case.opened_at,
        Stage::Investigation => case.filed_at,
        Stage::Review => made("investigation-report"),
        Stage::Decision => [issued("prior-notice"), made("decision-approval")].into_iter().flatten().min(),
        Stage::Service => issued("penalty-decision"),
        Stage::Performance => case.of_kind("penalty-decision").flat_map(|p| p.services.iter().map(|s| s.at)).min(),
        Stage::Concluded => case.concluded_at,
        Stage::Archived => case.archived_at,
        Stage::Declined => case.declined_at,
    }
}

fn tabs(case: &Case, current: Section) -> Vec<Tab> {
    let path = format!("/cases/{}", case.id);
    let papers = case.papers.iter().filter(|p| !p.is_void()).count();
    let evidence = case.evidence.iter().filter(|e| !e.withdrawn).count();
    let volume = case.archived.as_ref().map_or_else(|| "案卷".to_owned(), |(_, pages, _)| format!("案卷 {pages} 页"));
    let entries = [
        (Section::Record, "全过程".to_owned(), String::new()),
        (Section::Papers, format!("文书 {papers}"), "/papers".into()),
        (Section::Evidence, format!("证据与音像 {evidence}"), "/evidence".into()),
        (Section::People, "人员与权限".into(), "/people".into()),
        (Section::Volume, volume, "/volume".into()),
        (Section::Ledger, format!("存证 {}", case.records.len()), "/ledger".into()),
    ];
    entries
        .into_iter()
        .map(|(section, label, end)| Tab { label, href: format!("{path}{end}"), current: section == current })
        .collect()
}
