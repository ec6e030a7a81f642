//! 成文: two entries and a job between, because the number stands in the PDF and the entry names
//! the PDF. `PaperNumbered` → render into the vault → `PaperIssued`. Never rendered again.

use crate::clock::micros;
use crate::error::ActError;
use crate::follow_ups::issue;
use crate::office::{Caller, Decision, Office};
use database::{BlobRow, Change, Guard};
use procedure::case::PaperState;
use procedure::event::{Event, FileRef, Span};
use procedure::ids::*;
use serde_json::{Map, Value};

/// Numbers, renders and issues an approved paper; does again only what is not yet done.
pub(crate) async fn issue_paper(office: &Office, caller: &Caller, case: &CaseId, paper: &PaperId) -> Result<(), ActError> {
    number(office, caller, case, paper).await?;
    let opened = office.open_case(case).await?;
    let Some(found) = opened.case.paper(paper) else { return Err(ActError::NotFound) };
    if found.issued.is_some() || found.is_void() {
        return Ok(());
    }
    let Some(form) = office.book().paper(&found.kind.0) else { return Err(ActError::NotFound) };
    let Some(version) = found.current() else { return Err(ActError::NotFound) };
    let mut fields = version.fields.clone();
    complete(form, &mut fields, found.number.as_deref(), version);
    let made_at = found.numbered_at.or(found.approved_at).unwrap_or(opened.now);
    let sheet = office.render(form.kind.clone(), fields, paper.0.clone(), made_at, vec![]).await?;
    let secrecy = crate::intake::secrecy_among(form, &version.fields, &opened.words);
    let protected = secrecy.is_some();
    let stream = StreamId::case(case);
    let stored = office.keep_bytes(&stream, secrecy, "application/pdf", &format!("{}.pdf", found.title), &sheet.pdf).await?;
    let pages_count = sheet.pages_count;
    office
        .act_on_case(caller, case, "issue-paper", |opened| {
            let Some(found) = opened.case.paper(paper) else { return Err(ActError::NotFound) };
            if found.issued.is_some() {
                return Err(ActError::Conflict("文书已经成文".into()));
            }
            let mut envelope = office.envelope(caller);
            envelope.matter = found.title.clone();
            let event = Event::PaperIssued { paper: paper.clone(), file: stored.clone(), pages_count };
            let mut decision = Decision::event(stream.clone(), Span::at(opened.now), envelope, event);
            decision.changes.push(claim(&stored, &stream, protected));
            decision.changes.push(issue::done(case, paper, micros(opened.now)));
            Ok(decision)
        })
        .await
        .map(|_| ())
}

/// The first entry: the next number of the series, gapless, or none where the kind bears none.
async fn number(office: &Office, caller: &Caller, case: &CaseId, paper: &PaperId) -> Result<(), ActError> {
    let opened = office.open_case(case).await?;
    let Some(found) = opened.case.paper(paper) else { return Err(ActError::NotFound) };
    if found.state != PaperState::Approved {
        return Ok(());
    }
    let Some(form) = office.book().paper(&found.kind.0) else { return Err(ActError::NotFound) };
    let year = found.approved_at.unwrap_or(opened.now).year();
    let Some(series) = form.series_key(year) else { return Ok(()) };
    let stream = StreamId::case(case);
    let _turns = office.inner().locks.lock(&[&stream.0, &series]).await;
    let ordinal = office.database().next_number(&series).await?;
    let Some(printed) = form.number(year, ordinal as u64) else { return Ok(()) };
    let done = office
        .decide_in_turn(caller, case, "number-paper", |opened| {
            let Some(found) = opened.case.paper(paper) else { return Err(ActError::NotFound) };
            if found.state != PaperState::Approved {
                return Err(ActError::Conflict("文书已经编号".into()));
            }
            let digest = found.current().map(|v| v.digest.clone()).unwrap_or_default();
            let mut envelope = office.envelope(caller);
            envelope.matter = found.title.clone();
            let event = Event::PaperNumbered {
                paper: paper.clone(),
                series: series.clone(),
                ordinal: ordinal as u64,
                number: printed.clone(),
                digest,
            };
            let mut decision = Decision::event(stream.clone(), Span::at(opened.now), envelope, event);
            decision.guards.push(Guard::NumberNext { series: series.clone(), number: ordinal });
            decision.changes.push(Change::TakeNumber {
                series: series.clone(),
                number: ordinal,
                paper: paper.0.clone(),
                state: "taken".into(),
                entry: 0,
            });
            Ok(decision)
        })
        .await;
    match done {
        Ok(_) | Err(ActError::Conflict(_)) => Ok(()),
        Err(other) => Err(other),
    }
}

/// What only the system fills: the number and the opinions.
pub(crate) fn complete(
    form: &procedure::papers::PaperForm,
    fields: &mut Map<String, Value>,
    number: Option<&str>,
    version: &procedure::case::PaperVersion,
) {
    let has = |name: &str| form.schema.pointer(&format!("/properties/{name}")).is_some();
    if let Some(number) = number.filter(|_| has("number")) {
        fields.insert("number".into(), Value::from(number));
    }
    if has("opinions") {
        let rows = version.opinions.iter().map(|o| {
            serde_json::json!({
                "step": o.step, "role": o.title, "name": o.name, "opinion": o.opinion,
                "outcome": o.outcome.title(), "at": o.at.strftime("%Y-%m-%dT%H:%M").to_string(),
            })
        });
        fields.insert("opinions".into(), rows.collect());
    }
}

/// Bytes named by the first entry of an act are claimed in its transaction.
pub(crate) fn claim(file: &FileRef, stream: &StreamId, protected: bool) -> Change {
    claim_at(0, file, stream, protected)
}

/// The same for the entry at this place of the act.
pub(crate) fn claim_at(entry: usize, file: &FileRef, stream: &StreamId, protected: bool) -> Change {
    Change::ClaimBlob {
        row: BlobRow {
            sha256: file.sha256.clone(),
            sm3: file.sm3.clone(),
            len_bytes: file.len_bytes as i64,
            class: if protected { "protected" } else { "original" }.into(),
            media_type: file.media_type.clone(),
            stream: stream.0.clone(),
            sequence: 0,
        },
        entry,
    }
}
