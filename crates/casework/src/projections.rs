//! Registers (read models) that follow an act, in the same transaction: the case's row, its
//! papers and evidence, its open duties, and what search may find. Only ordinary values.

use crate::clock::micros;
use crate::codec::ToRecord;
use crate::error::ActError;
use crate::office::{Caller, Office, Opened};
use database::{Change, CaseRow, DutyRow, EvidenceRow, PaperRow};
use jiff::civil::DateTime;
use procedure::case::{Evidence, Paper, PaperState};
use procedure::duties::{self, Responsible};
use procedure::event::{Event, FileRef, Recorded};
use procedure::ids::*;
use procedure::rulebook::Rulebook;
use procedure::{Case, decide};
use serde_json::Value;
use std::collections::BTreeSet;

/// The changes that follow `events` on an opened case.
pub(crate) fn after(office: &Office, opened: &Opened, events: &[ToRecord], caller: &Caller) -> Result<Vec<Change>, ActError> {
    let home = opened.case.records.iter().find_map(|r| match &r.event {
        Event::CaseOpened { .. } => Some(r.stream.clone()),
        _ => None,
    });
    let Some(home) = home.or_else(|| {
        events.iter().find(|e| matches!(e.event, Event::CaseOpened { .. })).map(|e| e.stream.clone())
    }) else {
        return Ok(vec![]);
    };
    let last = opened.case.records.last().map_or(0, |r| r.sequence);
    // An act may write into other streams too; a case is folded of its own.
    let own: Vec<ToRecord> =
        events.iter().filter(|e| e.stream == home || opened.case.versions.contains_key(&e.stream)).cloned().collect();
    let case = opened.case.clone().and(provisional(&own, last, opened.now, caller, &opened.case));
    let mut words = opened.words.clone();
    words.extend(events.iter().flat_map(|e| crate::codec::protected_words(&e.event, office.book())));
    let mut changes = case_rows(office.book(), &case, &home, opened.now, &words);
    for (index, event) in events.iter().enumerate() {
        if let Event::EvidenceAttached { evidence, .. } = &event.event {
            if let Some(e) = case.evidence(evidence) {
                changes.push(Change::PutEvidence { row: evidence_row(&case, e, &words), entry: Some(index) });
            }
        }
    }
    let touched: BTreeSet<&PaperId> = events.iter().filter_map(|e| paper_of(&e.event)).collect();
    let raised: BTreeSet<u64> = events.iter().filter_map(|e| raised_in(&e.event)).collect();
    let sealed: BTreeSet<&str> = events.iter().filter_map(|e| sealed_in(&e.event)).collect();
    let is_sealed = |file: &FileRef| sealed.contains(file.sha256.as_str());
    for evidence in case.evidence.iter().filter(|e| raised.contains(&e.sequence) || e.file.as_ref().is_some_and(is_sealed)) {
        let row = EvidenceRow { sequence: evidence.sequence as i64, ..evidence_row(&case, evidence, &words) };
        changes.push(Change::PutEvidence { row, entry: None });
    }
    let holds_raised = |p: &&Paper| p.versions.iter().any(|v| raised.contains(&v.sequence));
    let is_shown_sealed = |p: &&Paper| p.issued.as_ref().is_some_and(|i| is_sealed(&i.file));
    for paper in case.papers.iter().filter(|p| touched.contains(&p.id) || holds_raised(p) || is_shown_sealed(p)) {
        changes.push(Change::PutPaper(paper_row(office.book(), &case, paper, opened.now)));
        changes.push(paper_search(office.book(), &case, paper, &words));
    }
    Ok(changes)
}

/// Entries as they will be, with sequences that only order them: their real ones come with the commit.
fn provisional(events: &[ToRecord], last: u64, now: DateTime, caller: &Caller, case: &Case) -> Vec<Recorded> {
    let mut versions = case.versions.clone();
    events
        .iter()
        .enumerate()
        .map(|(i, e)| {
            let version = versions.entry(e.stream.clone()).or_default();
            *version += 1;
            Recorded {
                sequence: last + 1 + i as u64,
                stream: e.stream.clone(),
                version: *version,
                happened: e.happened,
                recorded_at: now,
                actor: caller.person.id.clone(),
                envelope: e.envelope.clone(),
                event: e.event.clone(),
            }
        })
        .collect()
}

/// The case's own row, its duties and its search text.
pub(crate) fn case_rows(book: &Rulebook, case: &Case, home: &StreamId, now: DateTime, words: &BTreeSet<String>) -> Vec<Change> {
    let owed = duties::owed(case, book, now);
    let flaws = duties::flaws_beside(&owed, case, book, now);
    let next = decide::ahead(case, book, now, next_gate(case));
    let row = CaseRow {
        id: case.id.clone(),
        number: case.number.clone(),
        title: screened(&case.title, words),
        procedure: case.procedure.clone(),
        cause: case.cause.as_ref().map(|c| c.0.clone()).unwrap_or_default(),
        stage: case.stage().code().into(),
        parties: screened(&party_names(case), words),
        department: case.department.clone(),
        handlers: json_list(case.handlers.iter().map(|h| h.id.0.as_str())),
        opened_us: case.opened_at.map_or(0, micros),
        filed_on: case.filed_on.map(|d| d.to_string()),
        concluded_on: case.concluded_on.map(|d| d.to_string()),
        archived_on: case.archived_at.map(|d| d.date().to_string()),
        flaws_count: flaws.iter().filter(|f| f.open()).count() as i64,
        missing_count: next.len() as i64,
        version: 0,
        updated_sequence: 0,
    };
    let rows = owed.iter().filter(|o| o.state.is_open()).map(|o| duty_row(case, &row.title, home, o)).collect();
    let text = [row.title.as_str(), row.number.as_deref().unwrap_or_default(), &row.parties, &case.cause_title].join("\n");
    vec![
        Change::PutCase(row),
        Change::ReplaceDuties { stream: home.0.clone(), rows },
        Change::Search { doc: home.0.clone(), scope: case.id.clone(), text },
    ]
}

/// The act whose gate the case stands before: what the stop box explains.
pub fn next_gate(case: &Case) -> &'static str {
    use procedure::case::Stage;
    match case.stage() {
        Stage::Accepted => "submit(filing-approval)",
        Stage::Investigation => "submit(investigation-report)",
        Stage::Review => "submit(legal-review)",
        Stage::Decision => "submit(decision-approval)",
        Stage::Service | Stage::Performance => "conclude-case",
        Stage::Concluded => "archive-case",
        Stage::Archived | Stage::Declined => "",
    }
}

fn duty_row(case: &Case, title: &str, home: &StreamId, owed: &duties::Owed) -> DutyRow {
    let who: Vec<String> = match &owed.who {
        Responsible::Persons(ids) => ids.iter().map(|p| p.0.clone()).collect(),
        Responsible::Role(role) => vec![format!("role:{role}")],
    };
    let derivation = owed.due.as_ref().map(|d| d.derivation.lines_zh()).unwrap_or_default();
    DutyRow {
        stream: home.0.clone(),
        rule: owed.rule.clone(),
        subject: owed.subject.key(),
        owed: owed.mend.clone(),
        article: owed.article.clone(),
        who: json_list(who.iter().map(String::as_str)),
        state: owed.state.code().into(),
        trigger_on: Some(owed.from.date().to_string()),
        due_earliest_us: owed.due.as_ref().map(|d| micros(d.earliest)).or(owed.named.map(micros)),
        due_latest_us: owed.due.as_ref().map(|d| micros(d.latest)).or(owed.named.map(micros)),
        met_us: owed.met.map(micros),
        derivation: Value::from(derivation).to_string(),
        title: owed.title.clone(),
        case_title: title.to_owned(),
        department: case.department.clone(),
    }
}

pub(crate) fn paper_row(book: &Rulebook, case: &Case, paper: &Paper, now: DateTime) -> PaperRow {
    let form = book.paper(&paper.kind.0);
    let awaiting = paper.awaiting();
    PaperRow {
        id: paper.id.0.clone(),
        case_id: Some(case.id.clone()),
        clue_id: case.clue.as_ref().map(|c| c.0.clone()),
        kind: paper.kind.0.clone(),
        title: paper.title.clone(),
        number: paper.number.clone(),
        state: paper.state.code().into(),
        version: paper.current().map_or(0, |v| i64::from(v.version)),
        subject: (!paper.subject.is_empty() && case.party(&paper.subject).is_some()).then(|| paper.subject.clone()),
        submitted_by: paper.current().map(|v| v.by.0.clone()),
        awaiting_step: awaiting.map(|s| s.step.clone()),
        awaiting_role: awaiting.map(|s| s.role.clone()),
        awaiting_person: awaiting
            .filter(|s| s.role == "handler")
            .and_then(|_| case.handlers.first().map(|h| h.id.0.clone())),
        department: case.department.clone(),
        fields_digest: None,
        sha256: paper.issued.as_ref().map(|i| i.file.sha256.clone()),
        pages_count: paper.issued.as_ref().map(|i| i64::from(i.pages_count)),
        updated_us: micros(now),
        issued_us: paper.issued.as_ref().map(|i| micros(i.at)),
        needs_scan: form.is_some_and(|f| f.hand_signed)
            && paper.state == PaperState::Issued
            && paper.signed_at().is_none(),
        updated_sequence: 0,
    }
}

fn evidence_row(case: &Case, e: &Evidence, words: &BTreeSet<String>) -> EvidenceRow {
    let file = e.file.clone();
    EvidenceRow {
        id: e.id.0.clone(),
        case_id: Some(case.id.clone()),
        number: Some(e.number.to_string()),
        kind: e.kind.clone(),
        name: screened(&e.name, words),
        media_type: file.as_ref().map(|f| f.media_type.clone()).unwrap_or_default(),
        sha256: file.as_ref().map(|f| f.sha256.clone()).unwrap_or_default(),
        sm3: file.as_ref().map(|f| f.sm3.clone()).unwrap_or_default(),
        len_bytes: file.as_ref().map_or(0, |f| f.len_bytes as i64),
        footage: e.footage,
        from_us: Some(micros(e.happened.from)),
        to_us: e.happened.to.map(micros),
        attached_us: micros(e.attached_at),
        attached_by: e.by.clone(),
        sequence: 0,
    }
}

/// What search may find of a paper: title, number, and the texts of its open fields.
fn paper_search(book: &Rulebook, case: &Case, paper: &Paper, words: &BTreeSet<String>) -> Change {
    let doc = format!("paper/{}", paper.id);
    let protected: BTreeSet<&str> =
        book.paper(&paper.kind.0).into_iter().flat_map(|f| f.protected_fields().map(|(name, _)| name)).collect();
    let mut text = format!("{}\n{}", paper.title, paper.number.as_deref().unwrap_or_default());
    if let Some(version) = paper.current() {
        let raised = |name: &str| case.protected.iter().any(|(at, m)| *at == version.sequence && m.strip_prefix("fields.") == Some(name));
        for (name, value) in version.fields.iter().filter(|(name, _)| !protected.contains(name.as_str()) && !raised(name)) {
            let mut found = String::new();
            texts(value, &mut found);
            if name != "agency" && screened(&found, words) == found {
                text.push('\n');
                text.push_str(&found);
            }
        }
    }
    Change::Search { doc, scope: case.id.clone(), text }
}

fn texts(value: &Value, into: &mut String) {
    match value {
        Value::String(s) => {
            into.push_str(s);
            into.push('\n');
        }
        Value::Array(rows) => rows.iter().for_each(|r| texts(r, into)),
        Value::Object(map) => map.values().for_each(|v| texts(v, into)),
        _ => {}
    }
}

/// What stands in the place of a text that names a protected person.
pub(crate) const SEALED_TEXT: &str = "（内容已封存）";

/// Text that names a protected person stands in no register.
pub(crate) fn screened(text: &str, words: &BTreeSet<String>) -> String {
    if words.iter().any(|w| text.contains(w.as_str())) { SEALED_TEXT.into() } else { text.into() }
}

/// Names of the parties; a minor's is sealed.
pub(crate) fn party_names(case: &Case) -> String {
    let names: Vec<&str> =
        case.parties.iter().map(|p| if p.minor { "未成年人（信息已封存）" } else { p.name.as_str() }).collect();
    names.join("、")
}

fn json_list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    Value::from(items.map(str::to_owned).collect::<Vec<_>>()).to_string()
}

/// The entry out of which an event took a value.
fn raised_in(event: &Event) -> Option<u64> {
    match event {
        Event::ProtectionRaised { target, .. } => Some(*target),
        _ => None,
    }
}

/// The digest under which an event says a file is kept sealed.
fn sealed_in(event: &Event) -> Option<&str> {
    match event {
        Event::FileSealed { file, .. } => Some(&file.sha256),
        _ => None,
    }
}

pub(crate) fn paper_of(event: &Event) -> Option<&PaperId> {
    match event {
        Event::PaperSubmitted { paper, .. }
        | Event::OpinionGiven { paper, .. }
        | Event::PaperApproved { paper, .. }
        | Event::PaperNumbered { paper, .. }
        | Event::PaperIssued { paper, .. }
        | Event::NumberVoided { paper, .. }
        | Event::PaperScanned { paper, .. }
        | Event::SignatureRefused { paper, .. }
        | Event::PaperServed { paper, .. } => Some(paper),
        _ => None,
    }
}
