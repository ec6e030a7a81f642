//! 制作文书: fields become a version of a paper. A record of what happened is taken as it was,
//! with its flaws; a form or notice made here can be refused. Submitting freezes its digest.

use crate::clock::micros;
use crate::error::{ActError, FieldProblem};
use crate::follow_ups::issue;
use crate::office::{ATTEMPTS_MAX, Caller, Decision, Office, Opened, Receipt};
use crate::people::Overlaps;
use crate::permissions::Power;
use crate::{forms, papers_digest};
use database::Change;
use jiff::civil::DateTime;
use procedure::case::PaperState;
use procedure::checks::Act;
use procedure::decide::About;
use procedure::event::{Event, OfficerOverlap, Outcome, Point, Span};
use procedure::ids::*;
use procedure::papers::PaperForm;
use procedure::people::OfficerSeen;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Deserialize)]
pub struct SubmitPaper {
    pub case: CaseId,
    pub kind: PaperKind,
    /// A further version of this paper; none makes a new one.
    #[serde(default)]
    pub paper: Option<PaperId>,
    /// The version this one was written over: somebody else's newer one is a conflict.
    #[serde(default)]
    pub base_version: u32,
    /// Party, informant label or paper the paper is for, where it is not the whole case.
    #[serde(default)]
    pub subject: String,
    pub fields: Map<String, Value>,
    /// The submitter's own opinion, where the first step of the chain is the handler's.
    #[serde(default)]
    pub opinion: String,
}

/// Submits a paper. The receipt's id is the paper's.
pub async fn submit_paper(office: &Office, caller: &Caller, what: SubmitPaper) -> Result<Receipt, ActError> {
    let Some(form) = office.book().paper(&what.kind.0) else { return Err(ActError::NotFound) };
    let fields = forms::settle(form, what.fields.clone());
    let mut problems = forms::problems(form, &fields);
    let span = happened(office, form, &fields, &mut problems);
    let officers = officers(office, form, &fields, span, &mut problems);
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    office.try_render(form, &fields).await?;
    let digest = papers_digest::of(office, form, &fields)?;
    let stream = StreamId::case(&what.case);
    let occupies = form.nature.happened() && span.to.is_some() && form.kind != "proof-of-service";
    let paper = what.paper.clone().unwrap_or_else(|| PaperId(Office::new_id()));
    let ready = Ready { form, what: &what, fields, digest, span, officers, paper, occupies };
    // Whoever recorded one of the officers meanwhile is seen the next time, and the overlap recorded.
    for _ in 1..ATTEMPTS_MAX {
        let overlaps = if occupies { office.overlaps(&ready.officers, span, &stream).await? } else { Overlaps::default() };
        match submitted(office, caller, &ready, &overlaps).await {
            Err(ActError::Conflict(_)) if occupies => {}
            done => return done,
        }
    }
    let overlaps = office.overlaps(&ready.officers, span, &stream).await?;
    submitted(office, caller, &ready, &overlaps).await
}

/// A paper whose fields are in order, on its way into the case.
struct Ready<'a> {
    form: &'a PaperForm,
    what: &'a SubmitPaper,
    fields: Map<String, Value>,
    digest: papers_digest::PaperDigest,
    span: Span,
    officers: Vec<OfficerSeen>,
    paper: PaperId,
    /// Takes the officers' time.
    occupies: bool,
}

async fn submitted(office: &Office, caller: &Caller, ready: &Ready<'_>, overlaps: &Overlaps) -> Result<Receipt, ActError> {
    let Ready { form, what, fields, digest, span, officers, paper, occupies } = ready;
    let (form, span) = (*form, *span);
    let stream = StreamId::case(&what.case);
    let name = format!("submit({})", form.kind);
    office
        .act_on_case(caller, &what.case, &name, |opened| {
            let power = if form.kind == "legal-review" { Power::Review } else { Power::Investigate };
            office.allow(caller, power, Some(&opened.case))?;
            let version = next_version(opened, what)?;
            let mut found = overlaps.found.clone();
            found.extend(elsewhere_in_case(opened, form, what, officers, span));
            let subject = subject_of(opened, form, &what.subject, fields);
            let about = About::subject(&opened.case, &subject);
            let act = Act { actor: &caller.person, officers, span, fields, overlaps: &found, method: None, about };
            let mut envelope = office.envelope(caller);
            envelope.flaws = office.judged(opened, &name, &act)?;
            envelope.officers = officers.clone();
            envelope.place = text(fields, "place").to_owned();
            envelope.party = party_of(opened, &subject, fields);
            envelope.matter = form.title.clone();
            let mut decision = Decision::event(
                stream.clone(),
                span,
                envelope,
                Event::PaperSubmitted {
                    paper: paper.clone(),
                    paper_kind: what.kind.clone(),
                    title: form.title.clone(),
                    paper_version: version,
                    subject,
                    fields: fields.clone(),
                    fields_digest: digest.fields.clone(),
                    digest: digest.whole.clone(),
                    steps: form.approval.clone(),
                },
            )
            .made(paper.0.clone());
            let own_step = form.approval.first().filter(|s| s.role == "handler" || s.role == "legal-reviewer");
            if let Some(step) = own_step.filter(|_| !what.opinion.trim().is_empty()) {
                decision = decision.and(
                    stream.clone(),
                    Span::at(opened.now),
                    office.envelope(caller),
                    Event::OpinionGiven {
                        paper: paper.clone(),
                        paper_version: version,
                        step: step.step.clone(),
                        outcome: Outcome::Approve,
                        opinion: what.opinion.clone(),
                        digest: digest.whole.clone(),
                        on_behalf_of: None,
                    },
                );
                if form.approval.len() == 1 {
                    decision = approved(office, opened, caller, decision, form, paper, version, &digest.whole)?;
                }
            }
            if form.approval.is_empty() {
                decision = effects(office, opened, caller, decision, &format!("made({})", form.kind), fields, span)?;
                decision.changes.push(issue::job(&what.case, paper, micros(opened.now)));
            }
            decision.guards.extend(overlaps.guards.clone());
            if *occupies {
                decision.changes.extend(office.occupy(officers, span, &stream));
                decision = office.notice_overlaps(caller, overlaps, officers, &stream, decision)?;
            }
            decision.changes.push(Change::DropDraft { id: forms::draft_id(&caller.person.id, &what.case, &form.kind, &what.subject) });
            Ok(decision)
        })
        .await
        .inspect(|_| office.wake_jobs())
}

/// What follows when the last opinion approves: the approval itself, its effects, the issue job.
#[allow(clippy::too_many_arguments)]
pub(crate) fn approved(
    office: &Office,
    opened: &Opened,
    caller: &Caller,
    decision: Decision,
    form: &PaperForm,
    paper: &PaperId,
    version: u32,
    digest: &str,
) -> Result<Decision, ActError> {
    let span = Span::at(opened.now);
    let stream = StreamId(format!("case/{}", opened.case.id));
    let event = Event::PaperApproved { paper: paper.clone(), paper_version: version, digest: digest.to_owned() };
    let decision = decision.and(stream, span, office.envelope(caller), event);
    let mut decision =
        effects(office, opened, caller, decision, &format!("approved({})", form.kind), &Map::new(), span)?;
    decision.changes.push(issue::job(&CaseId(opened.case.id.clone()), paper, micros(opened.now)));
    Ok(decision)
}

/// The procedure's effects of a paper, in the same act: filing, declining, a statement.
pub(crate) fn effects(
    office: &Office,
    opened: &Opened,
    caller: &Caller,
    mut decision: Decision,
    on: &str,
    fields: &Map<String, Value>,
    span: Span,
) -> Result<Decision, ActError> {
    let Some(procedure) = office.book().procedures.get(&opened.case.procedure) else { return Ok(decision) };
    let stream = StreamId(format!("case/{}", opened.case.id));
    for effect in procedure.effects.iter().filter(|e| e.on == on) {
        let mut envelope = office.envelope(caller);
        envelope.matter = opened.case.title.clone();
        match effect.event.as_str() {
            "case-filed" if opened.case.filed_at.is_none() => {
                decision = office.file_case(opened, decision, stream.clone(), span, envelope)?;
            }
            "filing-declined" => {
                let event = Event::FilingDeclined { reason: on.to_owned(), on: span.from.date() };
                decision = decision.and(stream.clone(), span, envelope, event);
            }
            "statement" => {
                let party = opened.case.parties.first().map(|p| p.id.clone()).unwrap_or_default();
                let party = PartyId(subject_party(opened, fields).unwrap_or(party));
                let how = text(fields, "way").to_owned();
                let event = if how.contains("放弃") {
                    Event::StatementWaived { party, how }
                } else {
                    Event::StatementMade { party, how, points: points(fields) }
                };
                decision = decision.and(stream.clone(), span, envelope, event);
            }
            _ => {}
        }
    }
    Ok(decision)
}

fn points(fields: &Map<String, Value>) -> Vec<Point> {
    let rows = fields.get("points").and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .enumerate()
        .map(|(i, row)| Point {
            id: PointId((i + 1).to_string()),
            kind: row.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned(),
            text: row.get("text").and_then(Value::as_str).unwrap_or_default().to_owned(),
        })
        .filter(|p| !p.text.trim().is_empty() && p.text != "/")
        .collect()
}

fn next_version(opened: &Opened, what: &SubmitPaper) -> Result<u32, ActError> {
    let Some(id) = &what.paper else { return Ok(1) };
    let paper = opened.case.paper(id).ok_or(ActError::NotFound)?;
    let current = paper.current().map_or(0, |v| v.version);
    if current != what.base_version {
        return Err(ActError::Conflict(format!("这份文书已有第{current}版，您依据的是第{}版", what.base_version)));
    }
    match paper.state {
        PaperState::Awaiting { .. } | PaperState::Returned => Ok(current + 1),
        _ => Err(ActError::Conflict("这份文书已经批准或者成文，不能再改；需要更正的，请出具更正单".into())),
    }
}

/// When it happened: what the record itself says, else now.
fn happened(office: &Office, form: &PaperForm, fields: &Map<String, Value>, problems: &mut Vec<FieldProblem>) -> Span {
    let now = office.now();
    let read = |name: &str| text(fields, name).parse::<DateTime>().ok();
    let (field, from) = ["from", "served_at", "told_at"]
        .iter()
        .find_map(|f| read(f).map(|at| (*f, at)))
        .unwrap_or(("", now));
    let to = read("to").filter(|_| field == "from");
    let named = if form.nature.happened() || field == "told_at" { field } else { "" };
    if named.is_empty() {
        return Span::at(now);
    }
    match office.happened(named, from, to) {
        Ok(span) => span,
        Err(ActError::Invalid(more)) => {
            problems.extend(more);
            Span::at(now)
        }
        Err(_) => Span::at(now),
    }
}

/// The officers named in the paper, by certificate, else by name; an unknown one is invalid.
fn officers(
    office: &Office,
    form: &PaperForm,
    fields: &Map<String, Value>,
    span: Span,
    problems: &mut Vec<FieldProblem>,
) -> Vec<OfficerSeen> {
    let mut seen = vec![];
    for (i, row) in fields.get("officers").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let certificate = row.get("certificate").and_then(Value::as_str).unwrap_or_default();
        let name = row.get("name").and_then(Value::as_str).unwrap_or_default();
        match office.officer_named(name, certificate) {
            Some(person) => {
                let mut officer = person.seen_on(span.from.date());
                if let Some(shown) = person.certificates.iter().find(|c| c.number == certificate) {
                    officer.certificate = certificate.to_owned();
                    officer.valid = shown.valid_on(span.from.date());
                }
                seen.push(officer);
            }
            None if form.nature.happened() => problems.push(FieldProblem {
                field: format!("officers.{i}.name"),
                message: format!("{name}（{certificate}）不是登记的执法人员"),
            }),
            None => {}
        }
    }
    seen
}

/// The same officer in two inquiries of one case at the same time.
fn elsewhere_in_case(opened: &Opened, form: &PaperForm, what: &SubmitPaper, officers: &[OfficerSeen], span: Span) -> Vec<OfficerOverlap> {
    if form.kind != "inquiry-record" {
        return vec![];
    }
    let others = opened.case.of_kind("inquiry-record").filter(|p| Some(&p.id) != what.paper.as_ref());
    let mut found = vec![];
    for paper in others {
        let Some(version) = paper.current().filter(|v| v.happened.overlaps(&span)) else { continue };
        for row in version.fields.get("officers").and_then(Value::as_array).into_iter().flatten() {
            let certificate = row.get("certificate").and_then(Value::as_str).unwrap_or_default();
            if let Some(officer) = officers.iter().find(|o| o.certificate == certificate) {
                found.push(OfficerOverlap {
                    officer: officer.id.clone(),
                    stream: StreamId(format!("case/{}", opened.case.id)),
                    span: version.happened,
                    what: "本案另一份询问笔录".into(),
                });
            }
        }
    }
    found
}

fn party_of(opened: &Opened, subject: &str, fields: &Map<String, Value>) -> String {
    if let Some(party) = opened.case.party(subject) {
        return if party.minor { "未成年人（信息已封存）".into() } else { party.name.clone() };
    }
    let named = fields.get("party").and_then(|p| p.get("name")).and_then(Value::as_str).unwrap_or_default();
    named.to_owned()
}

/// The subject kept with the paper: what was given, else the only party, or the one its fields name.
fn subject_of(opened: &Opened, form: &PaperForm, given: &str, fields: &Map<String, Value>) -> String {
    if !given.is_empty() || !form.per_party {
        return given.to_owned();
    }
    match opened.case.parties.as_slice() {
        [only] => only.id.clone(),
        _ => subject_party(opened, fields).unwrap_or_default(),
    }
}

fn subject_party(opened: &Opened, fields: &Map<String, Value>) -> Option<String> {
    let name = fields.get("party").and_then(|p| p.get("name")).and_then(Value::as_str)?;
    opened.case.parties.iter().find(|p| p.name == name).map(|p| p.id.clone())
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}
