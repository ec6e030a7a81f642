//! What the pages of acts share: opening the case for an act, the page around its form, reading
//! moments, and ending with the case's page, with the form and its errors, or with the problem.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::{Fact, Frame, Link, Stop, page, page_with, words};
use crate::pages::shared;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::permissions::{self, Power};
use casework::views::{CaseFile, act_title};
use casework::{ActError, Receipt};
use jiff::civil::{Date, DateTime};
use procedure::ids::CaseId;
use procedure::people::{Person, Role};

/// A page around the form of an act. Some acts first ask what they are about.
#[derive(Template)]
#[template(path = "cases/act.html")]
pub struct ActPage {
    pub frame: Frame,
    pub title: String,
    pub about: Link,
    pub stops: Vec<Stop>,
    pub facts: Vec<Fact>,
    /// What the act may be about, each leading to its form.
    pub choice: Option<Choosing>,
    pub form: Option<Form>,
}

/// A list of things one of which the act is about.
#[derive(Clone, Debug, Default)]
pub struct Choosing {
    pub heading: String,
    pub items: Vec<ChoosingItem>,
    pub empty: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChoosingItem {
    pub label: String,
    pub small: String,
    pub href: String,
    /// What the link says: "更正".
    pub verb: String,
}

/// A case opened for one act by somebody who may do it.
pub struct ActDesk<'a> {
    pub desk: &'a Desk,
    pub visitor: &'a Visitor,
    pub file: CaseFile,
    pub id: CaseId,
    /// "/cases/7"
    pub path: String,
    /// The act's name, such as `record-party`: its page and its title.
    pub act: &'static str,
}

impl<'a> ActDesk<'a> {
    /// # Errors
    /// Not found where the case may not be seen, forbidden where it may be seen but the act not done.
    pub async fn open(desk: &'a Desk, visitor: &'a Visitor, id: String, act: &'static str, power: Power) -> Result<Self, Problem> {
        let id = CaseId(id);
        let path = format!("/cases/{id}");
        let back = || Link::new("返回案件", path.clone());
        let file = desk.office.case_file(&visitor.caller, &id).await.map_err(|e| desk.problem(e, "查看案件", back()))?;
        if !permissions::holds(&visitor.caller.person, power, &file.case) {
            return Err(Problem::Forbidden { why: "您不是本案的承办人或者没有相应岗位，不能办理这一事项。".into() });
        }
        Ok(ActDesk { desk, visitor, file, id, path, act })
    }

    pub fn title(&self) -> String {
        act_title(self.desk.office.book(), self.act)
    }

    /// A form of this act: its button says the act.
    pub fn form(&self, fields: Vec<Field>) -> Form {
        Form {
            action: format!("{}/{}", self.path, self.act),
            fields,
            act: self.title(),
            once: shared::once_key(),
            back: self.path.clone(),
            ..Form::default()
        }
    }

    pub async fn page(&self, form: Option<Form>) -> ActPage {
        ActPage {
            frame: self.desk.frame(self.visitor, "cases").await,
            title: self.title(),
            about: Link::new(self.file.case.title.clone(), self.path.clone()),
            stops: vec![],
            facts: vec![],
            choice: None,
            form,
        }
    }

    /// The case's page once it is recorded; else the page again, with what was typed and what is
    /// wrong beside it, or the problem.
    pub async fn answer(&self, done: Result<Receipt, ActError>, form: Form, filled: &Filled, facts: Vec<Fact>) -> Result<Response, Problem> {
        match done {
            Ok(_) => Ok(Redirect::to(&format!("{}?done={}", self.path, self.act)).into_response()),
            Err(ActError::Invalid(problems)) => {
                let form = shared::redrawn(form, filled, problems);
                let page = ActPage { facts, ..self.page(Some(form)).await };
                Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page))
            }
            Err(other) => Err(self.desk.problem(other, &self.title(), Link::new("返回案件", self.path.clone()))),
        }
    }

    pub async fn draw(&self, form: Form, facts: Vec<Fact>) -> Response {
        page(ActPage { facts, ..self.page(Some(form)).await })
    }

    /// Whether the case of this act was opened in this department: its officers may be chosen.
    pub fn officers(&self, chosen: &[String]) -> Vec<Choice> {
        let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
        officers(self.desk, &self.file.case.department, &chosen)
    }
}

/// The officers of a department with their certificates, and those already chosen from elsewhere.
/// The chosen come first and in their order, for who is named first leads; the others by certificate.
pub fn officers(desk: &Desk, department: &str, chosen: &[&str]) -> Vec<Choice> {
    let today = desk.office.now().date();
    let directory = desk.office.directory();
    let of = |p: &&Person| p.holds(Role::Officer) && (p.department.0 == department || chosen.contains(&p.id.0.as_str()));
    let mut found: Vec<&Person> = directory.persons.values().filter(of).collect();
    found.sort_by_cached_key(|p| (chosen.iter().position(|id| *id == p.id.0).unwrap_or(usize::MAX), p.seen_on(today).certificate));
    found.into_iter().map(|p| officer(p, today)).collect()
}

/// An officer to choose, with the certificate as it stands on a day.
fn officer(person: &Person, today: Date) -> Choice {
    let seen = person.seen_on(today);
    let note = match (seen.certificate.is_empty(), seen.valid) {
        (true, _) => "没有执法证件".to_owned(),
        (false, true) => seen.certificate,
        (false, false) => format!("{}（已过期）", seen.certificate),
    };
    Choice::new(person.id.0.clone(), person.name.clone()).note(note)
}

/// The moment of a `datetime-local` field, none when it is blank.
///
/// # Errors
/// The message beside the field, for what no such field sends.
pub fn moment(filled: &Filled, name: &str) -> Result<Option<DateTime>, ActError> {
    match filled.one(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| ActError::field(name, "请填写日期和时间")),
    }
}

/// A moment that must be given.
///
/// # Errors
/// The message beside the field, where it is blank or unreadable.
pub fn moment_given(filled: &Filled, name: &str) -> Result<DateTime, ActError> {
    moment(filled, name)?.ok_or_else(|| ActError::field(name, "请填写日期和时间"))
}

/// The field of when it happened, now by default.
pub fn happened_field(now: DateTime) -> Field {
    Field::datetime("at", "发生时间").value(words::moment_field(now)).hint("事后补录的，填写实际发生的时间，系统同时记下录入时间").half()
}

/// The moment an act gives: where it is left as the form offered it, this very minute is meant,
/// and the clock's own seconds count.
pub fn happened(filled: &Filled, now: DateTime) -> Result<Option<DateTime>, ActError> {
    Ok(moment(filled, "at")?.filter(|at| words::moment_field(*at) != words::moment_field(now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn filled(value: &str) -> Filled {
        Filled::from(vec![("at".to_owned(), value.to_owned())])
    }

    #[test]
    fn a_moment_is_read_as_the_browser_sends_it() {
        let now = date(2026, 11, 17).at(10, 30, 12, 0);
        assert_eq!(moment(&filled("2026-11-17T09:12"), "at").expect("readable"), Some(date(2026, 11, 17).at(9, 12, 0, 0)));
        assert_eq!(moment(&filled(""), "at").expect("blank"), None);
        assert!(matches!(moment(&filled("昨天"), "at"), Err(ActError::Invalid(p)) if p[0].field == "at"));
        assert!(matches!(moment_given(&filled(""), "at"), Err(ActError::Invalid(_))));
        assert_eq!(happened(&filled("2026-11-17T10:30"), now).expect("readable"), None, "left as offered means now");
    }
}
