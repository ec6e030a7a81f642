//! 到达、离开现场 (Art. 14, 18): place, officers, certificates shown; overlaps are recorded.

use crate::error::ActError;
use crate::office::{ATTEMPTS_MAX, Caller, Decision, Office, Receipt};
use crate::people::Overlaps;
use crate::permissions::Power;
use database::Change;
use jiff::civil::DateTime;
use procedure::checks::Act;
use procedure::decide::About;
use procedure::event::{Event, Span};
use procedure::ids::*;
use procedure::people::OfficerSeen;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Deserialize)]
pub struct StartVisit {
    pub case: CaseId,
    pub place: String,
    pub purpose: String,
    pub officers: Vec<PersonId>,
    #[serde(default)]
    pub certificates_shown: bool,
    #[serde(default)]
    pub present: String,
    pub arrived_at: DateTime,
    /// Given when the visit is entered afterwards.
    #[serde(default)]
    pub left_at: Option<DateTime>,
}

/// Records a visit. The receipt's id is the visit's.
pub async fn start_visit(office: &Office, caller: &Caller, what: StartVisit) -> Result<Receipt, ActError> {
    let happened = office.happened("arrived_at", what.arrived_at, what.left_at)?;
    if what.place.trim().is_empty() {
        return Err(ActError::field("place", "请填写地点"));
    }
    let officers = office.officers_seen(&what.officers, happened.from.date())?;
    let stream = StreamId::case(&what.case);
    let visit = VisitId(Office::new_id());
    // Whoever recorded one of the officers meanwhile is seen the next time, and the overlap recorded.
    for _ in 1..ATTEMPTS_MAX {
        let overlaps = office.overlaps(&officers, happened, &stream).await?;
        match begun(office, caller, &what, happened, &officers, &visit, &overlaps).await {
            Err(ActError::Conflict(_)) => {}
            done => return done,
        }
    }
    let overlaps = office.overlaps(&officers, happened, &stream).await?;
    begun(office, caller, &what, happened, &officers, &visit, &overlaps).await
}

async fn begun(
    office: &Office,
    caller: &Caller,
    what: &StartVisit,
    happened: Span,
    officers: &[OfficerSeen],
    visit: &VisitId,
    overlaps: &Overlaps,
) -> Result<Receipt, ActError> {
    let stream = StreamId::case(&what.case);
    office
        .act_on_case(caller, &what.case, "start-visit", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            let fields = Map::from_iter([("certificates_shown".to_owned(), Value::Bool(what.certificates_shown))]);
            let act = Act { actor: &caller.person, officers, span: happened, fields: &fields, overlaps: &overlaps.found, method: None, about: About::default() };
            let mut envelope = office.envelope(caller);
            envelope.flaws = office.judged(opened, "start-visit", &act)?;
            envelope.officers = officers.to_vec();
            envelope.place = what.place.clone();
            let started = Event::VisitStarted {
                visit: visit.clone(),
                purpose: what.purpose.clone(),
                certificates_shown: what.certificates_shown,
                present: what.present.clone(),
            };
            let mut decision = Decision::event(stream.clone(), happened, envelope, started).made(visit.0.clone());
            if happened.to.is_some() {
                let ended = Event::VisitEnded { visit: visit.clone(), note: String::new() };
                decision = decision.and(stream.clone(), happened, office.envelope(caller), ended);
            }
            decision.guards.extend(overlaps.guards.clone());
            decision.changes.extend(office.occupy(officers, happened, &stream));
            office.notice_overlaps(caller, overlaps, officers, &stream, decision)
        })
        .await
}

#[derive(Clone, Debug, Deserialize)]
pub struct EndVisit {
    pub case: CaseId,
    pub visit: VisitId,
    pub left_at: DateTime,
    #[serde(default)]
    pub note: String,
}

/// Ends a visit; the officers' time is taken until then.
pub async fn end_visit(office: &Office, caller: &Caller, what: EndVisit) -> Result<Receipt, ActError> {
    office.happened("left_at", what.left_at, None)?;
    let stream = StreamId::case(&what.case);
    office
        .act_on_case(caller, &what.case, "end-visit", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            let Some(visit) = opened.case.visits.iter().find(|v| v.id == what.visit) else { return Err(ActError::NotFound) };
            let happened = office.happened("left_at", visit.started, Some(what.left_at))?;
            let mut decision = Decision::event(
                stream.clone(),
                happened,
                office.envelope(caller),
                Event::VisitEnded { visit: what.visit.clone(), note: what.note.clone() },
            );
            let changes: Vec<Change> = office.occupy(&visit.officers, happened, &stream);
            decision.changes.extend(changes);
            Ok(decision)
        })
        .await
}
