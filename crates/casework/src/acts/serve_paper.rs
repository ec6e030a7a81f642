//! 送达 (Art. 22; 民事诉讼法 87–95): seven ways, each with its fields and proofs; the day service takes
//! effect is computed; the proof of service is made from the act, so that nothing is typed twice.

use crate::acts::issue_paper::claim;
use crate::acts::submit_paper::effects;
use crate::clock::micros;
use crate::error::{ActError, FieldProblem};
use crate::follow_ups::issue;
use crate::intake::Taken;
use crate::office::{Caller, Decision, Office, Opened, Receipt};
use crate::papers_digest;
use crate::permissions::Power;
use jiff::civil::{Date, DateTime};
use procedure::case::Paper;
use procedure::checks::Act;
use procedure::deadline::{self, Rolls};
use procedure::decide::About;
use procedure::event::{Event, ServiceMethod};
use procedure::ids::*;
use procedure::people::OfficerSeen;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, Deserialize)]
pub struct ServePaper {
    pub case: CaseId,
    pub paper: PaperId,
    /// Party id, or the label of whom a refusal to file is told.
    pub to: String,
    pub method: ServiceMethod,
    /// When it was handed over, left, received, or published.
    pub at: DateTime,
    pub place: String,
    pub officers: Vec<PersonId>,
    #[serde(default)]
    pub recipient: String,
    #[serde(default)]
    pub relation: String,
    #[serde(default)]
    pub refusal: String,
    #[serde(default)]
    pub witness: String,
    #[serde(default)]
    pub voucher: String,
    #[serde(default)]
    pub why_not_direct: String,
    #[serde(skip)]
    pub proof: Option<Taken>,
}

/// A public notice takes effect when the days that the law of its day sets have run out.
fn effective_on(office: &Office, method: ServiceMethod, at: DateTime) -> Result<Date, ActError> {
    if method != ServiceMethod::PublicNotice {
        return Ok(at.date());
    }
    let book = office.book();
    let term = book.term("public-notice", at.date()).ok_or_else(|| ActError::field("at", "没有登记当日施行的公告送达期限"))?;
    Ok(deadline::due(at, term.within, Rolls::Never, &[], &book.calendars).latest.date())
}

pub async fn serve_paper(office: &Office, caller: &Caller, what: ServePaper) -> Result<Receipt, ActError> {
    let happened = office.happened("at", what.at, None)?;
    let officers = office.officers_seen(&what.officers, what.at.date())?;
    let mut problems = vec![];
    if officers.is_empty() {
        problems.push(FieldProblem { field: "officers".into(), message: "请填写送达人".into() });
    }
    if what.place.trim().is_empty() {
        problems.push(FieldProblem { field: "place".into(), message: "请填写送达地点".into() });
    }
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    let fields = json!({
        "recipient": what.recipient, "relation": what.relation, "refusal": what.refusal, "witness": what.witness,
        "voucher": what.voucher, "why_not_direct": what.why_not_direct,
        "proof": what.proof.as_ref().map(|p| p.file.sha256.clone()),
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    let stream = StreamId::case(&what.case);
    office
        .act_on_case(caller, &what.case, "serve-paper", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            let paper = opened.case.paper(&what.paper).ok_or(ActError::NotFound)?;
            let whom = recipient_name(opened, &what.to)?;
            let name = format!("serve({})", paper.kind);
            let about = About { party: opened.case.party(&what.to).map(|p| p.id.as_str()), paper: Some(&what.paper) };
            let method = Some(what.method);
            let act = Act { actor: &caller.person, officers: &officers, span: happened, fields: &fields, overlaps: &[], method, about };
            let mut envelope = office.envelope(caller);
            envelope.flaws = office.judged(opened, &name, &act)?;
            envelope.officers = officers.clone();
            envelope.place = what.place.clone();
            envelope.party = whom;
            envelope.matter = paper.title.clone();
            let event = Event::PaperServed {
                paper: what.paper.clone(),
                to: what.to.clone(),
                method: what.method,
                recipient: what.recipient.clone(),
                relation: what.relation.clone(),
                refusal: what.refusal.clone(),
                witness: what.witness.clone(),
                voucher: what.voucher.clone(),
                why_not_direct: what.why_not_direct.clone(),
                proof: what.proof.as_ref().map(|p| p.file.clone()),
                effective_on: effective_on(office, what.method, what.at)?,
            };
            let mut decision = Decision::event(stream.clone(), happened, envelope, event).made(what.paper.0.clone());
            if let Some(proof) = &what.proof {
                decision.changes.push(claim(&proof.file, &stream, proof.protected));
            }
            if opened.case.party(&what.to).is_some() {
                decision = proof_of_service(office, opened, caller, decision, paper, &officers, &what)?;
            }
            let on = format!("served({})", paper.kind);
            effects(office, opened, caller, decision, &on, &Map::new(), happened)
        })
        .await
        .inspect(|_| office.wake_jobs())
}

fn recipient_name(opened: &Opened, to: &str) -> Result<String, ActError> {
    if let Some(party) = opened.case.party(to) {
        return Ok(if party.minor { "未成年人（信息已封存）".into() } else { party.name.clone() });
    }
    if opened.case.to_inform.iter().any(|i| i.label == to) {
        return Ok(to.to_owned());
    }
    Err(ActError::field("to", "请选择受送达人"))
}

/// The proof of service as a record, filled from the act; its signed sheet is scanned later.
fn proof_of_service(
    office: &Office,
    opened: &Opened,
    caller: &Caller,
    decision: Decision,
    paper: &Paper,
    officers: &[OfficerSeen],
    what: &ServePaper,
) -> Result<Decision, ActError> {
    let Some(form) = office.book().paper("proof-of-service") else { return Ok(decision) };
    let Some(party) = opened.case.party(&what.to) else { return Ok(decision) };
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        let empty = value.as_str().is_some_and(|s| s.trim().is_empty()) || value.is_null();
        if !empty {
            fields.insert(name.to_owned(), value);
        }
    };
    let mut recipient = json!({ "kind": party.kind, "name": party.name });
    for (name, text) in [
        ("id_number", &party.id_number),
        ("legal_representative", &party.legal_representative),
        ("address", &party.address),
        ("phone", &party.phone),
    ] {
        if let Some(object) = recipient.as_object_mut().filter(|_| !text.trim().is_empty()) {
            object.insert(name.into(), Value::from(text.as_str()));
        }
    }
    put("agency", Value::from(office.agency().name.as_str()));
    put("case_number", opened.case.number.clone().map_or(Value::Null, Value::from));
    put("cause", Value::from(opened.case.cause_title.as_str()));
    put("documents", json!([{ "title": paper.title, "number": paper.number.clone().unwrap_or_else(|| "/".into()), "copies": 1 }]));
    put("recipient", recipient);
    put("method", Value::from(what.method.title()));
    put("why_not_direct", Value::from(what.why_not_direct.as_str()));
    put("served_at", Value::from(what.at.strftime("%Y-%m-%dT%H:%M").to_string()));
    put("place", Value::from(what.place.as_str()));
    if !what.recipient.trim().is_empty() {
        let relation = if what.relation.trim().is_empty() { "本人" } else { what.relation.as_str() };
        put("received_by", json!({ "name": what.recipient, "relation": relation }));
    }
    put("refusal_reason", Value::from(what.refusal.as_str()));
    put("voucher_number", Value::from(what.voucher.as_str()));
    let rows = officers.iter().map(|o| json!({ "name": o.name, "certificate": o.certificate }));
    put("officers", rows.collect());
    let digest = papers_digest::of(office, form, &fields)?;
    let id = PaperId(Office::new_id());
    let mut envelope = office.envelope(caller);
    envelope.matter = form.title.clone();
    envelope.officers = officers.to_vec();
    let stream = StreamId::case(&what.case);
    let event = Event::PaperSubmitted {
        paper: id.clone(),
        paper_kind: PaperKind(form.kind.clone()),
        title: form.title.clone(),
        paper_version: 1,
        subject: what.paper.0.clone(),
        fields,
        fields_digest: digest.fields,
        digest: digest.whole,
        steps: vec![],
    };
    let mut decision = decision.and(stream, procedure::event::Span::at(what.at), envelope, event);
    decision.changes.push(issue::job(&what.case, &id, micros(opened.now)));
    Ok(decision)
}
