//! Rules without machinery: `given` what happened, `when` an act comes, `then` the rulebook's
//! answer; or what is owed on a day. Only `procedure` and the files of `regulation/` take part.

use crate::happened::{Happened, PARTY, What, moment, object, officer};
use crate::source;
use jiff::civil::DateTime;
use procedure::checks::Act;
use procedure::decide::{self, About, Judgement};
use procedure::duties::{self, DutyState, Owed};
use procedure::event::*;
use procedure::facts::{self, Ask, Subject};
use procedure::ids::*;
use procedure::people::{OfficerSeen, Person, Role};
use procedure::{Case, Recorded, Rulebook};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// The rulebook of this repository, as the binary embeds it.
pub fn book() -> &'static Rulebook {
    static BOOK: OnceLock<Rulebook> = OnceLock::new();
    BOOK.get_or_init(|| Rulebook::parse(source::texts("regulation")).expect("the regulation parses"))
}

/// A case so far.
pub struct Given {
    case: Case,
    now: DateTime,
}

/// Tells a story, each event after the one before it.
pub fn given<const N: usize>(story: [Happened; N]) -> Given {
    told(story.to_vec())
}

/// A story put together from parts.
pub fn told(story: Vec<Happened>) -> Given {
    let mut records: Vec<Recorded> = vec![];
    let mut now = moment("2026-03-02");
    for happened in story {
        now = happened.at.unwrap_or_else(|| now.saturating_add(jiff::Span::new().minutes(1)));
        let sequence = records.len() as u64 + 1;
        let event = match happened.event {
            What::Event(event) => settled(*event, now),
            What::FlawDecided { rule, rely } => decision(&records, rule, rely),
        };
        records.push(Recorded {
            sequence,
            stream: StreamId("case/case-1".into()),
            version: sequence,
            happened: Span { from: now, to: happened.until },
            recorded_at: happened.recorded.unwrap_or(now),
            actor: PersonId(happened.by.clone()),
            envelope: Envelope { by: happened.by, flaws: happened.flaws, ..Envelope::default() },
            event,
        });
        now = happened.until.unwrap_or(now);
    }
    Given { case: Case::fold(records), now }
}

/// Direct service takes effect on its day.
fn settled(mut event: Event, at: DateTime) -> Event {
    if let Event::PaperServed { effective_on, method: ServiceMethod::Direct, .. } = &mut event {
        *effective_on = at.date();
    }
    event
}

fn decision(records: &[Recorded], rule: String, rely: bool) -> Event {
    let flawed = records.iter().rfind(|r| r.envelope.flaws.iter().any(|f| f.rule == rule));
    let target = flawed.expect("something carries this flaw").sequence;
    Event::FlawDecided { target, rule, rely, reason: "与其他证据相互印证".into() }
}

impl Given {
    /// The day or moment from which it is looked at; else when the last thing happened.
    pub fn on(mut self, when: &str) -> Self {
        self.now = moment(when);
        self
    }

    /// As `on`, at the end of the day.
    pub fn at_the_end_of(mut self, day: &str) -> Self {
        self.now = moment(day).date().at(23, 59, 59, 0);
        self
    }

    /// An act comes, now unless it says when it happened.
    pub fn when(self, act: Doing) -> Then {
        let span = act.span.unwrap_or(Span::at(self.now));
        let seen = Act {
            actor: &act.actor,
            officers: &act.officers,
            span,
            fields: &act.fields,
            overlaps: &act.overlaps,
            method: act.method,
            about: About { party: act.party.as_deref(), paper: act.paper.as_ref() },
        };
        let judgement = decide::judge(&self.case, book(), self.now.max(span.end()), &act.name, &seen);
        Then { judgement }
    }

    /// The fact holds for the case.
    pub fn holds(&self, fact: &str) -> &Self {
        assert!(self.since(fact, &Subject::Case).is_some(), "{fact} should hold");
        self
    }

    pub fn lacks(&self, fact: &str) -> &Self {
        assert_eq!(self.since(fact, &Subject::Case), None, "{fact} should not hold");
        self
    }

    /// The fact holds for one subject of the case.
    pub fn holds_for(&self, fact: &str, subject: Subject) -> &Self {
        assert!(self.since(fact, &subject).is_some(), "{fact} should hold for {subject:?}");
        self
    }

    pub fn lacks_for(&self, fact: &str, subject: Subject) -> &Self {
        assert_eq!(self.since(fact, &subject), None, "{fact} should not hold for {subject:?}");
        self
    }

    fn since(&self, fact: &str, subject: &Subject) -> Option<DateTime> {
        facts::since(&Ask { case: &self.case, book: book(), now: self.now, subject }, fact)
    }

    /// The duty is owed towards one subject of the case.
    pub fn owes_for(&self, rule: &str, subject: Subject) -> &Self {
        self.state_for(rule, &subject, true)
    }

    pub fn has_met_for(&self, rule: &str, subject: Subject) -> &Self {
        self.state_for(rule, &subject, false)
    }

    fn state_for(&self, rule: &str, subject: &Subject, open: bool) -> &Self {
        let owed = duties::owed(&self.case, book(), self.now).into_iter().find(|o| o.rule == rule && o.subject == *subject);
        let owed = owed.unwrap_or_else(|| panic!("{rule} should be owed for {subject:?}"));
        assert_eq!(owed.met.is_none(), open, "{rule} of {subject:?} is {}", owed.state.code());
        self
    }

    fn duty(&self, rule: &str) -> Option<Owed> {
        duties::owed(&self.case, book(), self.now).into_iter().find(|o| o.rule == rule)
    }

    /// The duty is owed and not met.
    pub fn owes(&self, rule: &str) -> Owing {
        let owed = self.duty(rule).unwrap_or_else(|| panic!("{rule} should be owed"));
        assert!(owed.met.is_none() && owed.state != DutyState::Void, "{rule} is {}", owed.state.code());
        assert!(!owed.article.is_empty(), "{rule} cites no article");
        Owing(owed)
    }

    pub fn owes_nothing_by(&self, rule: &str) -> &Self {
        assert!(self.duty(rule).is_none(), "{rule} should not be owed");
        self
    }

    /// The duty was met, in time or without a term.
    pub fn has_met(&self, rule: &str) -> &Self {
        self.in_state(rule, DutyState::Met)
    }

    pub fn has_met_late(&self, rule: &str) -> &Self {
        self.in_state(rule, DutyState::MetLate)
    }

    pub fn is_freed_of(&self, rule: &str) -> &Self {
        self.in_state(rule, DutyState::Void)
    }

    fn in_state(&self, rule: &str, state: DutyState) -> &Self {
        let owed = self.duty(rule).unwrap_or_else(|| panic!("{rule} should be owed"));
        assert_eq!(owed.state, state, "{rule}");
        self
    }

    /// A flaw under this rule stands open in the file.
    pub fn carries(&self, rule: &str) -> &Self {
        assert!(self.open_flaws().contains(&rule.to_owned()), "{rule} should stand as a flaw");
        self
    }

    pub fn is_clear_of(&self, rule: &str) -> &Self {
        assert!(!self.open_flaws().contains(&rule.to_owned()), "{rule} should be no open flaw");
        self
    }

    fn open_flaws(&self) -> Vec<String> {
        let all = duties::flaws(&self.case, book(), self.now);
        all.into_iter().filter(|f| f.open()).map(|f| f.flaw.rule).collect()
    }
}

/// A duty that is owed.
pub struct Owing(Owed);

impl Owing {
    /// The day after which it is late.
    pub fn due(self, day: &str) -> Self {
        let end = self.0.binding().expect("a duty with a date");
        assert_eq!(end.date(), moment(day).date(), "{}", self.0.rule);
        self
    }

    pub fn without_a_date(self) -> Self {
        assert_eq!(self.0.binding(), None, "{}", self.0.rule);
        self
    }

    pub fn overdue(self) -> Self {
        assert_eq!(self.0.state, DutyState::Overdue, "{}", self.0.rule);
        self
    }

    pub fn not_late(self) -> Self {
        assert_ne!(self.0.state, DutyState::Overdue, "{}", self.0.rule);
        self
    }

    /// The bureau's own date stands; the one moved over a holiday is shown beside it.
    pub fn shown_also_as(self, day: &str) -> Self {
        let rolled = self.0.due.as_ref().and_then(|d| d.rolled).expect("a moved date");
        assert_eq!(rolled.date(), moment(day).date(), "{}", self.0.rule);
        self
    }
}

/// An act about to be recorded.
pub struct Doing {
    name: String,
    actor: Person,
    officers: Vec<OfficerSeen>,
    fields: Map<String, Value>,
    span: Option<Span>,
    overlaps: Vec<OfficerOverlap>,
    method: Option<ServiceMethod>,
    party: Option<String>,
    paper: Option<PaperId>,
}

fn doing(name: String) -> Doing {
    Doing {
        name,
        actor: person("wang"),
        officers: vec![officer("wang", true), officer("li", true)],
        fields: object(json!({ "certificates_shown": { "shown": true, "statement": "出示执法证件" } })),
        span: None,
        overlaps: vec![],
        method: None,
        party: None,
        paper: None,
    }
}

fn person(id: &str) -> Person {
    Person {
        id: id.into(),
        name: officer(id, true).name,
        roles: vec![Role::Officer],
        department: "first".into(),
        certificates: vec![],
        qualification: Some("A20100001".into()),
    }
}

pub fn submits(kind: &str) -> Doing {
    doing(format!("submit({kind})"))
}
/// A record of what happened, signed by hand: a paper like any other, which is never refused.
pub fn records(kind: &str) -> Doing {
    submits(kind)
}
/// The last opinion approves, and the paper goes out.
pub fn issues(kind: &str) -> Doing {
    doing(format!("issue({kind})"))
}
pub fn gives_opinion(kind: &str, opinion: &str) -> Doing {
    doing(format!("give-opinion({kind})")).with(json!({ "opinion": opinion }))
}
pub fn starts_visit() -> Doing {
    doing("start-visit".into())
}
pub fn serves(kind: &str, method: ServiceMethod) -> Doing {
    let mut act = doing(format!("serve({kind})"));
    act.method = Some(method);
    act
}
pub fn scans(pages_count: u32, pages_expected: u32) -> Doing {
    doing("scan".into()).with(json!({ "pages_count": pages_count, "pages_expected": pages_expected }))
}
pub fn notes_refusal_to_sign() -> Doing {
    doing("refuse-signature".into())
}
pub fn accepts() -> Doing {
    doing("accept-clue".into())
}
/// Stands at a step of the approval of a paper of the story.
pub fn takes_step(kind: &str, role: &str) -> Doing {
    let step = json!({ "step_role": role, "step_title": "意见", "delegated": false });
    doing(format!("take-step({kind})")).with(step).to(kind)
}
pub fn voids_number(paper: &str) -> Doing {
    doing("void-number".into()).to(paper)
}
pub fn corrects() -> Doing {
    doing("correct".into())
}
pub fn concludes() -> Doing {
    doing("conclude-case".into())
}
pub fn archives() -> Doing {
    doing("archive-case".into())
}
pub fn destroys_recording() -> Doing {
    doing("destroy-recording".into())
}

impl Doing {
    pub fn with(mut self, fields: Value) -> Self {
        self.fields.extend(object(fields));
        self
    }
    /// For this party of the case, whom the paper names.
    pub fn of(mut self, party: &str) -> Self {
        self.party = Some(party.to_owned());
        self.with(json!({ "party": { "name": party } }))
    }
    /// Done to this paper of the story.
    pub fn to(mut self, paper: &str) -> Self {
        self.paper = Some(PaperId(paper.to_owned()));
        self
    }
    pub fn by(mut self, id: &str) -> Self {
        self.actor = person(id);
        self
    }
    pub fn by_officers(mut self, ids: &[&str]) -> Self {
        self.officers = ids.iter().map(|id| officer(id, true)).collect();
        self
    }
    pub fn as_role(mut self, role: Role) -> Self {
        self.actor.roles = vec![role];
        self
    }
    /// The second officer's certificate had run out on that day.
    pub fn with_an_expired_certificate(mut self) -> Self {
        self.officers = vec![officer("wang", true), officer("li", false)];
        self
    }
    pub fn without_qualification(mut self) -> Self {
        self.actor.qualification = None;
        self
    }
    pub fn while_also(mut self, id: &str, what: &str) -> Self {
        let span = Span::at(moment("2026-03-02"));
        self.overlaps.push(OfficerOverlap { officer: id.into(), stream: StreamId("case/case-2".into()), span, what: what.into() });
        self
    }
    /// It happened then, and is entered now.
    pub fn happened(mut self, when: &str) -> Self {
        self.span = Some(Span::at(moment(when)));
        self
    }
}

/// The rulebook's answer to an act.
pub struct Then {
    judgement: Judgement,
}

impl Then {
    pub fn then_refused_by(self, rule: &str) -> Self {
        let found = self.judgement.missing.iter().find(|m| m.rule == rule);
        let missing = found.unwrap_or_else(|| panic!("should be refused by {rule}, but {}", self.told()));
        assert!(!missing.article.is_empty() && !missing.sentence.is_empty(), "{rule} must cite and say why");
        self
    }

    /// Recorded as it happened, with a flaw.
    pub fn then_flawed_by(self, rule: &str) -> Self {
        let found = self.judgement.flaws.iter().find(|f| f.rule == rule);
        let flaw = found.unwrap_or_else(|| panic!("should be flawed by {rule}, but {}", self.told()));
        assert!(!flaw.article.is_empty() && !flaw.text.is_empty(), "{rule} must cite and say why");
        assert!(!self.judgement.missing.iter().any(|m| m.rule == rule), "what happened is never refused");
        self
    }

    /// This rule has nothing against it.
    pub fn then_met(self, rule: &str) -> Self {
        let named = |id: &String| id == rule;
        let missing = self.judgement.missing.iter().any(|m| named(&m.rule));
        let flawed = self.judgement.flaws.iter().any(|f| named(&f.rule));
        assert!(!missing && !flawed, "{rule} should be met, but {}", self.told());
        self
    }

    pub fn then_allowed(self) -> Self {
        assert!(self.judgement.missing.is_empty(), "should be allowed, but {}", self.told());
        self
    }

    fn told(&self) -> String {
        let missing = self.judgement.missing.iter().map(|m| format!("{}: {}", m.rule, m.sentence));
        let flaws = self.judgement.flaws.iter().map(|f| format!("{} (flaw): {}", f.rule, f.text));
        format!("{:?}", missing.chain(flaws).collect::<Vec<_>>())
    }
}

/// The party of the story as a subject.
pub fn the_party() -> Subject {
    party(PARTY)
}

/// A party as a subject, by its name.
pub fn party(name: &str) -> Subject {
    Subject::Party(name.into())
}

/// A paper of the story as a subject, by its name.
pub fn the_paper(name: &str) -> Subject {
    Subject::Paper(name.into())
}
