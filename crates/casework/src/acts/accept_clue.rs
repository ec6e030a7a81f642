//! 受案 (Art. 6, 13): a clue becomes a case; handlers are named; filing is decided next.

use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Opened, Receipt};
use crate::permissions::Power;
use crate::projections;
use database::{Change, Guard};
use jiff::civil::DateTime;
use procedure::Case;
use procedure::checks::Act;
use procedure::decide::About;
use procedure::event::{Event, Inform, Span};
use procedure::ids::*;
use serde::Deserialize;
use serde_json::Map;

#[derive(Clone, Debug, Deserialize)]
pub struct AcceptClue {
    pub clue: ClueId,
    pub opinion: String,
    /// Two officers or more.
    pub handlers: Vec<PersonId>,
    #[serde(default)]
    pub at: Option<DateTime>,
}

/// Opens the case of a clue. The receipt's id is the case's.
pub async fn accept_clue(office: &Office, caller: &Caller, what: AcceptClue) -> Result<Receipt, ActError> {
    let clue_stream = StreamId::clue(&what.clue);
    let _turn = office.inner().locks.lock(&[&clue_stream.0]).await;
    let records = office.records(std::slice::from_ref(&clue_stream.0)).await?;
    let Some((registered, Event::ClueRegistered { source, received_at, target, category, informant, transferring_body, department, .. })) =
        records.first().map(|r| (r, &r.event))
    else {
        return Err(ActError::NotFound);
    };
    office.allow_department(caller, Power::AcceptClue, department)?;
    if records.iter().any(|r| matches!(r.event, Event::ClueAccepted { .. })) {
        return Err(ActError::Conflict("这条线索已经受案".into()));
    }
    if what.handlers.is_empty() {
        return Err(ActError::field("handlers", "请指定承办人"));
    }
    if what.opinion.trim().is_empty() {
        return Err(ActError::field("opinion", "请填写受案意见"));
    }
    let now = office.now();
    let happened = office.happened("at", what.at.unwrap_or(now), None)?;
    if happened.from < *received_at {
        return Err(ActError::field("at", "受案时间早于收到线索的时间"));
    }
    let handlers = office.officers_seen(&what.handlers, happened.from.date())?;
    let mut to_inform = vec![];
    if let Some(informant) = informant {
        to_inform.push(Inform {
            whom: "informant".into(),
            label: "投诉人、举报人（信息已封存）".into(),
            reachable: informant.reachable,
        });
    }
    if let Some(body) = transferring_body.as_ref().filter(|b| !b.trim().is_empty()) {
        to_inform.push(Inform { whom: "transferring-body".into(), label: body.clone(), reachable: true });
    }
    let opened = Opened { case: Case::fold(records.clone()), words: Default::default(), now, next_case_number: None };
    let fields = Map::new();
    let act = Act { actor: &caller.person, officers: &handlers, span: happened, fields: &fields, overlaps: &[], method: None, about: About::default() };
    if let Err(why) = office.judged(&opened, "accept-clue", &act) {
        if let ActError::Refused(refusal) = &why {
            office.record_refusal(caller, Some(clue_stream), "accept-clue", refusal).await?;
        }
        return Err(why);
    }
    let id = CaseId(Office::new_id());
    let stream = StreamId::case(&id);
    let mut envelope = office.envelope(caller);
    envelope.officers = handlers.clone();
    envelope.matter = format!("{target}（{category}）");
    let words = records.iter().flat_map(|r| crate::codec::protected_words(&r.event, office.book())).collect();
    let title = projections::screened(&format!("{target}涉嫌违法案"), &words);
    let mut decision = Decision::event(
        stream.clone(),
        happened,
        envelope.clone(),
        Event::CaseOpened {
            clue: what.clue.clone(),
            title,
            procedure: "ordinary-penalty".into(),
            edition: office.book().edition.edition.clone(),
            department: department.clone(),
            source: *source,
            received_at: *received_at,
            to_inform,
            handlers,
        },
    )
    .and(clue_stream.clone(), happened, office.envelope(caller), Event::ClueAccepted { case: id.clone(), opinion: what.opinion.clone() })
    .made(id.0.clone());
    decision.guards = vec![
        Guard::StreamAt { stream: stream.0.clone(), version: 0 },
        Guard::StreamAt { stream: clue_stream.0.clone(), version: registered.version },
    ];
    let mut row = office.database().clue_row(&what.clue.0).await?.ok_or(ActError::NotFound)?;
    row.state = "accepted".into();
    row.case_id = Some(id.0.clone());
    decision.changes = vec![
        Change::PutClue(row),
        Change::Link { from_stream: stream.0.clone(), to_stream: clue_stream.0, kind: "clue".into(), entry: 0 },
    ];
    let opened = Opened { case: Case::fold(records), words, now, next_case_number: None };
    let changes = projections::after(office, &opened, &decision.events, caller)?;
    let words = opened.words;
    office.commit(caller, decision, &words, changes, None).await
}

/// The moment given, or now.
pub(crate) fn moment(office: &Office, at: Option<DateTime>) -> Result<Span, ActError> {
    office.happened("at", at.unwrap_or_else(|| office.now()), None)
}
