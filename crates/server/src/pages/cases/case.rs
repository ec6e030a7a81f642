//! The page of a case: where it stands, what is missing, what happened, what is owed.

use crate::desk::{self, Desk, Visitor, act_path, article_zh};
use crate::errors::Problem;
use crate::look::{Duty, DutyState, Frame, Link, NextAct, Stop, Tab, page, words};
use crate::pages::cases::head::{CaseHead, Section};
use crate::pages::cases::sight::Hidden;
use crate::pages::cases::timeline::{self, Day, Show};
use crate::pages::cases::wording::Teller;
use crate::pages::workbench::due_words;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use casework::people::Directory;
use casework::permissions::{self, Power};
use casework::views::{self, CaseFile, act_title};
use procedure::case::{FlawState, Paper, PaperState};
use procedure::decide;
use procedure::duties::{self, Owed, Responsible};
use procedure::facts::Subject;
use procedure::ids::CaseId;
use procedure::people::Role;
use procedure::rulebook::split_call;
use procedure::{Case, Rulebook};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "cases/case.html")]
pub struct CasePage {
    pub frame: Frame,
    pub title: String,
    pub head: CaseHead,
    /// What cannot be done yet; the most pressing first.
    pub stops: Vec<Stop>,
    /// "38 项行为 · 最新在前"
    pub acts_small: String,
    /// 全部, 只看文书, 只看审批.
    pub filters: Vec<Tab>,
    pub days: Vec<Day>,
    /// "1 瑕疵 · 3 临近 · 9 已办"
    pub duties_small: String,
    pub duties: Vec<Duty>,
    pub flaws: Vec<FlawLine>,
    /// Acts that can be done now.
    pub next: Vec<NextAct>,
    /// Acts the stage knows that still lack something.
    pub waiting: Vec<WaitingAct>,
    pub people: Vec<PersonLine>,
}

/// An act of the stage that cannot be done yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingAct {
    pub label: String,
    pub href: String,
    /// "尚未登记当事人；尚未确定案由"
    pub lacks: String,
}

/// A flaw of the file, and how it can be mended.
#[derive(Clone, Debug, Default)]
pub struct FlawLine {
    pub what: String,
    pub article: String,
    /// "未补正", "已补正", "负责人决定采信"
    pub state: String,
    /// Class of the chip: `late`, `soon` or `met`.
    pub state_class: &'static str,
    /// How it is mended, in words.
    pub how: String,
    pub mend: Option<Link>,
}

/// A person of the case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonLine {
    pub name: String,
    pub role: String,
    pub certificate: String,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    done: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let back = || Link::new("返回案件", "/cases");
    let id = CaseId(id);
    let file = desk.office.case_file(&visitor.caller, &id).await.map_err(|e| desk.problem(e, "查看案件", back()))?;
    let mut frame = desk.frame(&visitor, "cases").await;
    frame.notes.extend(done_words(&asked.done, desk.office.book()).map(desk::recorded));
    let path = format!("/cases/{id}");
    let title = act_title(desk.office.book(), file.next_act);
    let stops = if file.missing.is_empty() { vec![] } else { vec![desk.stop(&title, &file.missing, &path)] };
    let decides = permissions::holds(&visitor.caller.person, Power::DecideFlaw, &file.case);
    let reviews = permissions::holds(&visitor.caller.person, Power::Review, &file.case) && !file.case.ever_handlers.contains(&visitor.caller.person.id);
    let drawing = Drawing { book: desk.office.book(), directory: &desk.office.directory(), decides, reviews, show: Show::parse(&asked.show) };
    Ok(page(drawing.page(&file, frame, stops)))
}

/// "已记录：登记当事人。" for an act the office knows; nothing for anything else an address may say.
pub fn done_words(act: &str, book: &Rulebook) -> Option<String> {
    let title = act_title(book, act);
    (!act.is_empty() && title != act).then(|| format!("已记录：{title}。"))
}

/// What the mapping of a file to its page needs besides the file.
pub struct Drawing<'a> {
    pub book: &'a Rulebook,
    pub directory: &'a Directory,
    /// Whether the reader may decide on flaws.
    pub decides: bool,
    /// Whether the reader may review the case.
    pub reviews: bool,
    pub show: Show,
}

impl Drawing<'_> {
    pub fn page(&self, file: &CaseFile, frame: Frame, stops: Vec<Stop>) -> CasePage {
        let path = format!("/cases/{}", file.case.id);
        let hidden = Hidden::of(file, self.book);
        let teller = Teller {
            case: &file.case,
            book: self.book,
            directory: self.directory,
            hidden: &hidden,
            path: &path,
            today: file.now.date(),
        };
        let head = CaseHead::of(file, self.book, Section::Record);
        let (days, count) = timeline::days(file, &teller, self.show);
        let (next, waiting) = self.next_acts(file, &path);
        CasePage {
            frame,
            title: head.title.clone(),
            head,
            stops,
            acts_small: format!("{count} 项行为 · 最新在前"),
            filters: filters(&path, self.show),
            days,
            duties_small: duties_small(file),
            duties: file.duties.iter().map(|o| self.duty(o, file, &hidden, &path)).collect(),
            flaws: file.flaws.iter().map(|f| self.flaw(f, &hidden, &path)).collect(),
            next,
            waiting,
            people: people(&file.case),
        }
    }

    fn duty(&self, owed: &Owed, file: &CaseFile, hidden: &Hidden, path: &str) -> Duty {
        let state = match owed.state {
            duties::DutyState::Overdue => DutyState::Overdue,
            duties::DutyState::Near => DutyState::Near,
            duties::DutyState::Open => DutyState::Open,
            duties::DutyState::DateUnknown => DutyState::DateUnknown,
            duties::DutyState::Paused => DutyState::Paused,
            duties::DutyState::MetLate => DutyState::MetLate,
            duties::DutyState::Met => DutyState::Met,
            duties::DutyState::Void => DutyState::Void,
        };
        let (due, due_small) = self.due(owed, file);
        let derivation = match (&owed.due, owed.named) {
            (Some(due), _) => due.derivation.lines_zh().concat(),
            (None, Some(day)) => format!("文书载明{}。", words::full_date_zh(day.date())),
            (None, None) => String::new(),
        };
        let open = owed.state.is_open() && file.sight.may_act;
        Duty {
            state,
            what: owed.title.clone(),
            detail: hidden.screen(&subject_zh(&owed.subject, &file.case, hidden)),
            href: if open { act_path(&owed.mend, path).unwrap_or_default() } else { String::new() },
            about: format!("{} · {}", article_zh(&owed.article), self.who(&owed.who)),
            due,
            due_small,
            derivation,
        }
    }

    /// What the date's column says: how far it is, and the day itself.
    fn due(&self, owed: &Owed, file: &CaseFile) -> (String, String) {
        let today = file.now.date();
        let day = |at: jiff::civil::DateTime| words::near_date_zh(at.date(), today);
        match owed.state {
            duties::DutyState::Met => (owed.met.map(|at| format!("{} 已办", day(at))).unwrap_or_default(), String::new()),
            duties::DutyState::MetLate => {
                let limit = owed.binding().map(|at| format!("期限 {}", day(at))).unwrap_or_default();
                (owed.met.map(|at| format!("{} 逾期办理", day(at))).unwrap_or_default(), limit)
            }
            duties::DutyState::Void => ("免除".into(), String::new()),
            _ => {
                let latest = owed.due.as_ref().map(|d| d.latest);
                let (_, said) = due_words(owed.binding(), latest, self.book, file.now);
                match said.split_once(" · ") {
                    Some((day, left)) => (left.to_owned(), day.to_owned()),
                    None => (said, String::new()),
                }
            }
        }
    }

    fn who(&self, who: &Responsible) -> String {
        match who {
            Responsible::Persons(ids) => {
                let names = ids.iter().map(|id| self.directory.persons.get(&id.0).map_or(id.0.as_str(), |p| p.name.as_str()));
                names.collect::<Vec<_>>().join("、")
            }
            Responsible::Role(role) => Role::parse(role).map_or_else(|| role.clone(), |r| r.title().to_owned()),
        }
    }

    fn flaw(&self, flaw: &FlawState, hidden: &Hidden, path: &str) -> FlawLine {
        let (state, state_class) = timeline::flaw_state(flaw);
        // A mend is an act one can go to, or words; what only the head decides leads the head there.
        let act = act_path(&flaw.flaw.mend, path);
        let decide = (self.decides && flaw.sequence > 0 && flaw.open())
            .then(|| Link::new("去决定", format!("{path}/decide-flaw?target={}&rule={}", flaw.sequence, flaw.flaw.rule)));
        FlawLine {
            what: hidden.screen(&flaw.flaw.text),
            article: article_zh(&flaw.flaw.article),
            state: state.to_owned(),
            state_class,
            how: if act.is_none() && flaw.open() { flaw.flaw.mend.clone() } else { String::new() },
            mend: decide.or_else(|| act.filter(|_| flaw.open()).map(|href| Link::new("去补正", href))),
        }
    }

    /// The acts of the stage: what is missing first stands first, then what lacks nothing, as
    /// buttons; the others with what they lack.
    fn next_acts(&self, file: &CaseFile, path: &str) -> (Vec<NextAct>, Vec<WaitingAct>) {
        let (ready, waiting): (Vec<&views::NextAct>, Vec<&views::NextAct>) = file.next.iter().partition(|n| n.missing.is_empty());
        let first = self.first(file, &ready, path);
        let others = ready.iter().map(|n| {
            let href = act_path(&n.act, path).unwrap_or_else(|| format!("{path}/{}", n.act));
            NextAct { label: n.title.clone(), href, primary: false }
        });
        let mut next: Vec<NextAct> = others.filter(|n| first.as_ref().is_none_or(|f| f.href != n.href)).collect();
        if let Some(first) = first {
            next.insert(0, first);
        }
        let waiting = waiting.iter().map(|n| WaitingAct {
            label: n.title.clone(),
            href: act_path(&n.act, path).unwrap_or_default(),
            lacks: n.missing.iter().map(|m| m.sentence.as_str()).collect::<Vec<_>>().join("；"),
        });
        (next, waiting.collect())
    }

    /// The first thing to do: what is missing first, where it is done; with nothing missing the act
    /// the case stands before, else the first act of the stage whose paper is not made yet.
    fn first(&self, file: &CaseFile, ready: &[&views::NextAct], path: &str) -> Option<NextAct> {
        if let Some(missing) = file.missing.iter().find_map(|m| self.mending(file, &m.mend, path)) {
            return Some(missing);
        }
        let named = |act: &str| ready.iter().find(|n| n.act == act);
        // What stands open beside the stage is never the next step of the case.
        let procedure = self.book.procedures.get(&file.case.procedure);
        let of_stage = |n: &&&views::NextAct| procedure.is_none_or(|p| p.standing.iter().all(|s| s.act != n.act));
        let fresh = || {
            ready.iter().filter(of_stage).find(|n| match split_call(&n.act) {
                ("submit", args) => args.first().is_some_and(|kind| file.case.of_kind(kind).next().is_none()),
                _ => true,
            })
        };
        let standing = if file.missing.is_empty() { named(file.next_act) } else { None };
        let act = standing.or_else(fresh).or(ready.iter().find(of_stage))?;
        let href = act_path(&act.act, path).unwrap_or_else(|| format!("{path}/{}", act.act));
        Some(NextAct { label: act.title.clone(), href, primary: true })
    }

    /// Where something missing is done, by this reader. A paper that is on its way is looked at
    /// instead of made anew; an act that lacks something itself gives way to what it lacks.
    fn mending(&self, file: &CaseFile, mend: &str, path: &str) -> Option<NextAct> {
        let mut mend = mend.to_owned();
        // Gates wait for one another in a line, none longer than there are papers.
        for _ in 0..self.book.papers.len() {
            if let Some(paper) = under_way(&file.case, &mend).filter(|_| file.sight.may_act) {
                let label = format!("查看{}（{}）", paper.title, paper.state.title());
                return Some(NextAct { label, href: format!("{path}/papers/{}", paper.id), primary: true });
            }
            let earlier = decide::gates(&file.case, self.book, file.now, &mend, file.now);
            let earlier = earlier.into_iter().map(|f| f.missing.mend).find(|m| act_path(m, path).is_some() && *m != mend);
            match earlier {
                Some(before) => mend = before,
                None => break,
            }
        }
        let own = match (split_call(&mend).0, mend.as_str()) {
            ("decide-flaw", _) => self.decides,
            (_, "submit(legal-review)") => self.reviews,
            _ => file.sight.may_act,
        };
        let href = act_path(&mend, path).filter(|_| own)?;
        Some(NextAct { label: act_title(self.book, &mend), href, primary: true })
    }
}

fn filters(path: &str, show: Show) -> Vec<Tab> {
    let tab = |label: &str, end: &str, of: Show| Tab { label: label.into(), href: format!("{path}{end}"), current: show == of };
    vec![tab("全部", "", Show::All), tab("只看文书", "?show=papers", Show::Papers), tab("只看审批", "?show=approvals", Show::Approvals)]
}

fn duties_small(file: &CaseFile) -> String {
    let count = |states: &[duties::DutyState]| file.duties.iter().filter(|o| states.contains(&o.state)).count();
    let flaws = file.flaws.iter().filter(|f| f.open()).count();
    use duties::DutyState::{Met, MetLate, Near, Overdue};
    let parts = [(flaws, "瑕疵"), (count(&[Overdue]), "超期"), (count(&[Near]), "临近"), (count(&[Met, MetLate]), "已办")];
    let said = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}"));
    said.collect::<Vec<_>>().join(" · ")
}

fn subject_zh(subject: &Subject, case: &Case, hidden: &Hidden) -> String {
    match subject {
        Subject::Case => String::new(),
        Subject::Party(id) => case.party(id).map(|p| hidden.party_name(p)).unwrap_or_default(),
        Subject::Inform(label) => label.clone(),
        Subject::Paper(id) => case.paper(id).map(|p| p.number.clone().unwrap_or_else(|| p.title.clone())).unwrap_or_default(),
        Subject::Evidence(id) => case.evidence(id).map(|e| format!("{}号 {}", e.number, e.name)).unwrap_or_default(),
    }
}

/// The paper a mend would make, where it is made already and neither issued nor sent back.
fn under_way<'a>(case: &'a Case, mend: &str) -> Option<&'a Paper> {
    let ("submit", kinds) = split_call(mend) else { return None };
    let waits = |p: &&Paper| matches!(p.state, PaperState::Awaiting { .. } | PaperState::Approved | PaperState::Numbered | PaperState::Returned);
    let kind = kinds.first()?;
    case.papers.iter().filter(|p| p.kind.0 == *kind).filter(waits).next_back()
}

/// Handlers, then whoever gave an opinion, each once a role.
fn people(case: &Case) -> Vec<PersonLine> {
    let mut people: Vec<PersonLine> = case
        .handlers
        .iter()
        .map(|h| PersonLine { name: h.name.clone(), role: "承办人".into(), certificate: h.certificate.clone() })
        .collect();
    for opinion in case.papers.iter().flat_map(|p| &p.versions).flat_map(|v| &v.opinions) {
        let line = PersonLine { name: opinion.name.clone(), role: opinion.title.clone(), certificate: String::new() };
        let handler = case.handlers.iter().any(|h| h.id == opinion.by);
        if !handler && !people.contains(&line) {
            people.push(line);
        }
    }
    people
}

#[cfg(test)]
mod tests;
