//! The people of a case: who handled it and when, who gave opinions, who looked at its footage.

use crate::desk::{Desk, Visitor, act_path};
use crate::errors::Problem;
use crate::look::{Frame, Link, NextAct, page, words};
use crate::pages::cases::head::{CaseHead, Section};
use crate::pages::cases::sight::Hidden;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use casework::permissions::{self, Power};
use casework::views::CaseFile;
use jiff::civil::Date;
use procedure::event::{Event, Recorded};
use procedure::ids::CaseId;
use procedure::people::OfficerSeen;

#[derive(Template)]
#[template(path = "cases/people.html")]
pub struct CasePeople {
    pub frame: Frame,
    pub title: String,
    pub head: CaseHead,
    pub next: Vec<NextAct>,
    pub handlers: Vec<HandlerTerm>,
    pub opinions: Vec<OpinionLine>,
    pub viewings: Vec<SeenLine>,
    /// Said where viewings are not shown to this reader.
    pub viewings_href: String,
}

/// Who handled the case from when to when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandlerTerm {
    pub names: String,
    pub from: String,
    /// "至今" while it lasts.
    pub to: String,
    pub reason: String,
    /// "证件已过期：甲" where a certificate was not valid that day.
    pub invalid: String,
}

/// An opinion on a paper.
#[derive(Clone, Debug, Default)]
pub struct OpinionLine {
    pub paper: Link,
    pub step: String,
    pub person: String,
    pub outcome: String,
    pub opinion: String,
    pub at: String,
}

/// An opening of footage.
#[derive(Clone, Debug, Default)]
pub struct SeenLine {
    pub person: String,
    pub what: String,
    pub mode: String,
    pub reason: String,
    pub at: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = CaseId(id);
    let back = Link::new("返回案件", "/cases");
    let file = desk.office.case_file(&visitor.caller, &id).await.map_err(|e| desk.problem(e, "查看案件", back))?;
    let path = format!("/cases/{id}");
    let assigns = permissions::holds(&visitor.caller.person, Power::AssignHandlers, &file.case);
    let next = act_path("assign-handlers", &path).filter(|_| assigns).map(|href| NextAct { label: "变更承办人".into(), href, primary: false });
    let sees_register = permissions::reach(&visitor.caller.person, Power::SeeViewings).is_some();
    let head = CaseHead::of(&file, desk.office.book(), Section::People);
    let hidden = Hidden::of(&file, desk.office.book());
    let template = CasePeople {
        frame: desk.frame(&visitor, "cases").await,
        title: head.title.clone(),
        head,
        next: next.into_iter().collect(),
        handlers: terms(file.case.records.iter().map(AsRef::as_ref), file.now.date()),
        opinions: opinions(&file, &hidden, &path),
        viewings: viewings(&file, &hidden),
        viewings_href: if sees_register { format!("/viewings?case={id}") } else { String::new() },
    };
    Ok(page(template))
}

/// Handlers over time: each assignment ends the one before.
pub fn terms<'a>(records: impl Iterator<Item = &'a Recorded>, today: Date) -> Vec<HandlerTerm> {
    let mut terms: Vec<HandlerTerm> = vec![];
    for record in records {
        let (handlers, reason) = match &record.event {
            Event::CaseOpened { handlers, .. } => (handlers, "受案时指定"),
            Event::HandlersAssigned { handlers, reason } => (handlers, reason.as_str()),
            _ => continue,
        };
        let from = words::near_date_zh(record.happened.from.date(), today);
        if let Some(last) = terms.last_mut() {
            last.to.clone_from(&from);
        }
        let named = |o: &OfficerSeen| if o.certificate.is_empty() { o.name.clone() } else { format!("{}（{}）", o.name, o.certificate) };
        let invalid: Vec<&str> = handlers.iter().filter(|o| !o.valid).map(|o| o.name.as_str()).collect();
        terms.push(HandlerTerm {
            names: handlers.iter().map(named).collect::<Vec<_>>().join("、"),
            from,
            to: "至今".into(),
            reason: reason.to_owned(),
            invalid: if invalid.is_empty() { String::new() } else { format!("当日没有有效证件：{}", invalid.join("、")) },
        });
    }
    terms
}

fn opinions(file: &CaseFile, hidden: &Hidden, path: &str) -> Vec<OpinionLine> {
    let mut lines = vec![];
    for paper in &file.case.papers {
        for opinion in paper.versions.iter().flat_map(|v| &v.opinions) {
            let name = paper.number.clone().unwrap_or_else(|| paper.title.clone());
            lines.push((
                opinion.at,
                OpinionLine {
                    paper: Link::new(hidden.screen(&name), format!("{path}/papers/{}", paper.id)),
                    step: opinion.title.clone(),
                    person: opinion.name.clone(),
                    outcome: opinion.outcome.title().into(),
                    opinion: hidden.screen(&opinion.opinion),
                    at: words::full_moment_zh(opinion.at),
                },
            ));
        }
    }
    lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    lines.into_iter().map(|(_, line)| line).collect()
}

fn viewings(file: &CaseFile, hidden: &Hidden) -> Vec<SeenLine> {
    let opened = file.beside.iter().rev().filter_map(|r| match &r.event {
        Event::ViewingOpened { evidence, mode, reason, .. } => {
            let name = file.case.evidence(evidence).map_or_else(|| "音像资料".to_owned(), |e| format!("{}号 {}", e.number, e.name));
            Some(SeenLine {
                person: r.envelope.by.clone(),
                what: hidden.screen(&name),
                mode: if mode == "copy" { "复制".into() } else { "查看".into() },
                reason: hidden.screen(reason),
                at: words::full_moment_zh(r.happened.from),
            })
        }
        _ => None,
    });
    opened.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::cases::testing::{case_opened, officer, record};
    use jiff::civil::date;

    #[test]
    fn an_assignment_ends_the_term_before_and_shows_who_had_no_certificate() {
        let opened = record(1, date(2026, 3, 2).at(9, 0, 0, 0), case_opened());
        let mut late = officer("丙", "17011200188");
        late.valid = false;
        let assigned = Event::HandlersAssigned { handlers: vec![officer("甲", "17011200123"), late], reason: "乙调离".into() };
        let assigned = record(2, date(2026, 3, 9).at(9, 0, 0, 0), assigned);
        let terms = terms([&opened, &assigned].into_iter(), date(2026, 3, 10));
        assert_eq!(terms.len(), 2);
        assert_eq!((terms[0].from.as_str(), terms[0].to.as_str()), ("3月2日", "3月9日"));
        assert_eq!(terms[0].names, "甲（17011200123）、乙（17011200145）");
        assert_eq!(terms[1].to, "至今");
        assert_eq!(terms[1].invalid, "当日没有有效证件：丙");
    }
}
