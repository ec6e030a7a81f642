//! A case and its papers as one person may see them: nothing that is sealed for the reader.

use super::{Answer, join};
use crate::api::caller::ApiCaller;
use crate::api::problem::missing;
use crate::desk::{Desk, article_zh};
use axum::Json;
use axum::extract::{Path, State};
use casework::clock::rfc3339;
use casework::paper_file::OpinionAsked;
use casework::sight::shown_text;
use casework::views::CaseFile;
use procedure::case::{Evidence, FlawState, Paper};
use procedure::duties::{Owed, Responsible};
use procedure::event::{FileRef, Missing, Severity, Span};
use procedure::ids::{CaseId, PaperId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub async fn case(State(desk): State<Desk>, caller: ApiCaller, Path(id): Path<String>) -> Answer {
    let file = desk.office.case_file(&caller.caller, &CaseId(id)).await?;
    let words = file.hidden_words(desk.office.book());
    let case = &file.case;
    let text = |t: &str| shown_text(t, &words);
    let lacks = |all: &[Missing]| -> Vec<Value> {
        all.iter().map(|m| missing(&Missing { sentence: text(&m.sentence), ..m.clone() })).collect()
    };
    let next: Vec<Value> = file
        .next
        .iter()
        .map(|act| json!({ "act": act.act, "title": act.title, "missing": lacks(&act.missing) }))
        .collect();
    Ok(Json(json!({
        "id": case.id,
        "number": case.number,
        "title": text(&case.title),
        "procedure": case.procedure,
        "edition": case.edition,
        "department": case.department,
        "stage": case.stage().code(),
        "clue": case.clue,
        "source": case.source.map(|s| s.code()),
        "cause": case.cause.as_ref().map(|cause| json!({ "id": cause, "title": case.cause_title, "verified": case.cause_verified })),
        "handlers": case.handlers.iter().map(|h| json!({ "id": h.id, "name": h.name })).collect::<Vec<_>>(),
        "received_at": case.received_at.map(rfc3339),
        "opened_at": case.opened_at.map(rfc3339),
        "filed_on": case.filed_on,
        "declined_at": case.declined_at.map(rfc3339),
        "concluded_on": case.concluded_on,
        "outcome": text(&case.outcome),
        "archived_at": case.archived_at.map(rfc3339),
        "archive_number": case.archived.as_ref().map(|(_, _, number)| number),
        "parties": case.parties.iter().map(|p| file.shown_party(p)).collect::<Vec<_>>(),
        "papers": case.papers.iter().map(|p| paper_line(p, &words)).collect::<Vec<_>>(),
        "evidence": case.evidence.iter().map(|e| evidence(e, &words)).collect::<Vec<_>>(),
        "visits": case.visits.iter().map(|v| json!({
            "id": v.id, "place": text(&v.place), "purpose": text(&v.purpose), "from": rfc3339(v.started),
            "to": v.ended.map(rfc3339), "officers": v.officers.iter().map(|o| o.name.clone()).collect::<Vec<_>>(),
            "certificates_shown": v.certificates_shown,
        })).collect::<Vec<_>>(),
        "duties": file.duties.iter().map(|d| duty(d, &words)).collect::<Vec<_>>(),
        "flaws": file.flaws.iter().map(|f| flaw(f, &words)).collect::<Vec<_>>(),
        "next_act": file.next_act,
        "missing": lacks(&file.missing),
        "next": next,
        "entries": entries(&file),
        "sees": { "protected": file.sight.protected, "informant": file.sight.informant, "may_act": file.sight.may_act },
        "now": rfc3339(file.now),
    })))
}

pub async fn paper(State(desk): State<Desk>, caller: ApiCaller, Path((case, paper)): Path<(String, String)>) -> Answer {
    let seen = desk.office.paper_file(&caller.caller, &CaseId(case), &PaperId(paper)).await?;
    let mine = matches!(seen.opinion, Some(OpinionAsked::Mine { .. }));
    // Whoever decides on a paper sees all of it.
    let words = if mine { BTreeSet::new() } else { seen.file.hidden_words(desk.office.book()) };
    let paper = &seen.paper;
    let mut answer = paper_line(paper, &words);
    let versions: Vec<Value> = paper
        .versions
        .iter()
        .map(|v| {
            let opinions: Vec<Value> = v
                .opinions
                .iter()
                .map(|o| json!({
                    "step": o.step, "title": o.title, "by": o.by, "name": o.name, "outcome": o.outcome,
                    "opinion": shown_text(&o.opinion, &words), "at": rfc3339(o.at), "on_behalf_of": o.on_behalf_of,
                }))
                .collect();
            json!({
                "version": v.version, "sequence": v.sequence, "digest": v.digest, "by": v.by, "by_name": v.by_name,
                "happened": span(v.happened), "recorded_at": rfc3339(v.recorded_at),
                "steps": v.steps.iter().map(|s| json!({ "step": s.step, "role": s.role, "title": s.title })).collect::<Vec<_>>(),
                "opinions": opinions,
                "fields": if mine { v.fields.clone() } else { seen.file.shown_fields(v, &words) },
            })
        })
        .collect();
    let scans: Vec<Value> = paper
        .scans
        .iter()
        .map(|s| json!({
            "at": rfc3339(s.at), "file": file_ref(&s.file), "pages_count": s.pages_count,
            "pages_expected": s.pages_expected, "located": shown_text(&s.located, &words), "sequence": s.sequence,
        }))
        .collect();
    let services: Vec<Value> = paper
        .services
        .iter()
        .map(|s| json!({
            "at": rfc3339(s.at), "to": shown_text(&s.to, &words), "method": s.method.code(),
            "recipient": shown_text(&s.recipient, &words), "relation": s.relation, "voucher": s.voucher,
            "effective_on": s.effective_on, "sequence": s.sequence,
        }))
        .collect();
    let refusal = paper.signature_refused.as_ref().map(|r| json!({
        "at": rfc3339(r.at), "who": shown_text(&r.who, &words), "reason": shown_text(&r.reason, &words),
        "witness": shown_text(&r.witness, &words), "no_witness_reason": shown_text(&r.no_witness_reason, &words),
    }));
    join(&mut answer, json!({
        "versions": versions, "scans": scans, "services": services, "signature_refused": refusal,
        "file": paper.issued.as_ref().map(|i| file_ref(&i.file)), "opinion_is_mine": mine,
    }));
    Ok(Json(answer))
}

fn paper_line(paper: &Paper, words: &BTreeSet<String>) -> Value {
    json!({
        "id": paper.id,
        "kind": paper.kind,
        "title": shown_text(&paper.title, words),
        "subject": shown_text(&paper.subject, words),
        "state": paper.state.code(),
        "version": paper.current().map(|v| v.version),
        "number": paper.number,
        "made_at": paper.made_at().map(rfc3339),
        "approved_at": paper.approved_at.map(rfc3339),
        "issued_at": paper.issued.as_ref().map(|i| rfc3339(i.at)),
        "pages_count": paper.issued.as_ref().map(|i| i.pages_count),
        "awaiting": paper.awaiting().map(|s| json!({ "step": s.step, "role": s.role, "title": s.title })),
        "signed_at": paper.signed_at().map(rfc3339),
        "served_count": paper.services.len(),
    })
}

fn evidence(evidence: &Evidence, words: &BTreeSet<String>) -> Value {
    json!({
        "id": evidence.id,
        "number": evidence.number,
        "kind": evidence.kind,
        "name": shown_text(&evidence.name, words),
        "source": shown_text(&evidence.source, words),
        "proves": shown_text(&evidence.proves, words),
        "footage": evidence.footage,
        "located": shown_text(&evidence.located, words),
        "happened": span(evidence.happened),
        "attached_at": rfc3339(evidence.attached_at),
        "sequence": evidence.sequence,
        "withdrawn": evidence.withdrawn,
        "file": evidence.file.as_ref().map(file_ref),
    })
}

fn duty(owed: &Owed, words: &BTreeSet<String>) -> Value {
    let who: Vec<String> = match &owed.who {
        Responsible::Persons(persons) => persons.iter().map(|p| p.0.clone()).collect(),
        Responsible::Role(role) => vec![format!("role:{role}")],
    };
    json!({
        "rule": owed.rule,
        "subject": shown_text(&owed.subject.key(), words),
        "title": shown_text(&owed.title, words),
        "article": article_zh(&owed.article),
        "who": who,
        "from": rfc3339(owed.from),
        "due": owed.binding().map(rfc3339),
        "earliest": owed.due.as_ref().map(|d| rfc3339(d.earliest)),
        "latest": owed.due.as_ref().map(|d| rfc3339(d.latest)),
        "met_at": owed.met.map(rfc3339),
        "state": owed.state.code(),
        "mend": owed.mend,
        "derivation": owed.due.as_ref().map(|d| json!({
            "trigger": rfc3339(d.derivation.trigger),
            "trigger_name": d.derivation.trigger_name,
            "article": article_zh(&d.derivation.article),
            "term": d.derivation.term.to_string(),
            "lines": d.derivation.lines_zh(),
            "missing_years": d.derivation.missing_years,
        })),
    })
}

fn flaw(state: &FlawState, words: &BTreeSet<String>) -> Value {
    json!({
        "sequence": state.sequence,
        "rule": state.flaw.rule,
        "article": article_zh(&state.flaw.article),
        "severity": match state.flaw.severity { Severity::Note => "note", Severity::Grave => "grave" },
        "text": shown_text(&state.flaw.text, words),
        "mend": shown_text(&state.flaw.mend, words),
        "at": rfc3339(state.at),
        "cured": state.cured.as_deref().map(|how| shown_text(how, words)),
        "decided": state.decided.as_ref().map(|(rely, reason, by)| json!({
            "rely": rely, "reason": shown_text(reason, words), "by": by,
        })),
        "open": state.open(),
    })
}

/// The case's entries by kind and time: what a correction names by its sequence.
fn entries(file: &CaseFile) -> Vec<Value> {
    let line = |r: &procedure::event::Recorded| json!({
        "sequence": r.sequence, "kind": r.event.kind(), "happened": span(r.happened),
        "recorded_at": rfc3339(r.recorded_at), "by": r.envelope.by,
    });
    file.case.records.iter().map(|r| line(r)).collect()
}

fn span(span: Span) -> Value {
    json!({ "from": rfc3339(span.from), "to": span.to.map(rfc3339) })
}

fn file_ref(file: &FileRef) -> Value {
    json!({ "sha256": file.sha256, "sm3": file.sm3, "len_bytes": file.len_bytes, "media_type": file.media_type })
}
