//! 申请调阅 (Art. 26): whoever has no standing grant asks the archivist, with a reason, to see or
//! to copy recordings until a moment.

use crate::error::{ActError, FieldProblem};
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use crate::viewing::{Grant, GrantState, Mode, link};
use jiff::civil::DateTime;
use procedure::event::{Event, Seconds, Span};
use procedure::ids::*;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct RequestGrant {
    pub case: CaseId,
    /// The recordings asked for; all of them footage of the case.
    pub evidence: Vec<EvidenceId>,
    pub reason: String,
    pub mode: Mode,
    pub until: DateTime,
    /// A part of one recording, in seconds from its beginning; none asks for the whole.
    #[serde(default)]
    pub seconds: Option<Seconds>,
}

/// Asks for a grant. The receipt's id is the grant's.
pub async fn request_grant(office: &Office, caller: &Caller, what: RequestGrant) -> Result<Receipt, ActError> {
    let mut problems = vec![];
    if what.reason.trim().is_empty() {
        problems.push(FieldProblem { field: "reason".into(), message: "请填写调阅事由".into() });
    }
    if what.evidence.is_empty() {
        problems.push(FieldProblem { field: "evidence".into(), message: "请选择要调阅的音像资料".into() });
    }
    if what.until <= office.now() {
        problems.push(FieldProblem { field: "until".into(), message: "截止时间须晚于现在".into() });
    }
    if let Some(part) = what.seconds {
        let mut wrong = |message: &str| problems.push(FieldProblem { field: "seconds".into(), message: message.into() });
        if part.to <= part.from {
            wrong("片段的结束秒须晚于开始秒");
        }
        if what.evidence.len() != 1 {
            wrong("只申请片段的，一次选择一份音像资料");
        }
        if what.mode == Mode::Copy {
            wrong("片段只能查看；需要复制的，请申请整件");
        }
    }
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    let id = GrantId(Office::new_id());
    office
        .act_on_grants(caller, &what.case, "request-grant", |_| false, |sight| {
            let opened = &sight.opened;
            office.allow(caller, Power::SeeCases, Some(&opened.case))?;
            if !what.evidence.iter().all(|e| opened.case.evidence(e).is_some_and(|e| e.footage)) {
                return Err(ActError::field("evidence", "只有本案的音像资料需要申请调阅"));
            }
            let grant = Grant {
                id: id.clone(),
                case: what.case.clone(),
                evidence: what.evidence.clone(),
                person: caller.person.id.clone(),
                person_name: caller.person.name.clone(),
                reason: what.reason.clone(),
                approver: None,
                from: opened.now,
                to: Some(what.until),
                copy: what.mode == Mode::Copy,
                standing: false,
                seconds: what.seconds,
                state: GrantState::Asked,
                version: 0,
            };
            let event = Event::GrantRequested {
                grant: id.clone(),
                case: grant.case.clone(),
                evidence: grant.evidence.clone(),
                person: grant.person.clone(),
                person_name: grant.person_name.clone(),
                reason: grant.reason.clone(),
                copy: grant.copy,
                to: what.until,
                seconds: what.seconds,
            };
            let mut envelope = office.envelope(caller);
            envelope.matter = opened.case.title.clone();
            let mut decision = Decision::event(grant.stream(), Span::at(opened.now), envelope, event).made(id.0.clone());
            decision.guards.push(grant.guard());
            decision.changes = vec![grant.row(opened), link(&grant.case, &grant.stream(), "grant", 0)];
            Ok(decision)
        })
        .await
}

/// The case of a grant, as the register finds it.
pub(crate) async fn case_of(office: &Office, grant: &GrantId) -> Result<CaseId, ActError> {
    let row = office.database().grant(&grant.0).await?.ok_or(ActError::NotFound)?;
    row.case_id.map(CaseId).ok_or(ActError::NotFound)
}

/// What still waits for an answer.
pub(crate) fn still_asked(grant: &Grant) -> Result<(), ActError> {
    match grant.state {
        GrantState::Asked => Ok(()),
        state => Err(ActError::Conflict(format!("这份调阅申请{}，不能再答复", state.title()))),
    }
}
