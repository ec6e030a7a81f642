//! 委托授权 (Art. 20): the head of the agency or of a section lets somebody act in the own role, for
//! named days; never oneself, never an administrator.

use crate::error::{ActError, FieldProblem};
use crate::office::{Caller, Decision, Office, Receipt};
use crate::{clock::micros, permissions};
use database::{Change, DelegationRow, Guard};
use jiff::civil::DateTime;
use procedure::event::{Event, Span};
use procedure::ids::*;
use procedure::people::Role;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct GiveDelegation {
    pub to: PersonId,
    /// The role to act in; one that the delegating person holds.
    pub role: Role,
    pub starts: DateTime,
    /// Not included.
    pub ends: DateTime,
}

/// Gives a delegation. The receipt's id is the delegation's.
pub async fn give_delegation(office: &Office, caller: &Caller, what: GiveDelegation) -> Result<Receipt, ActError> {
    let heads = matches!(what.role, Role::AgencyHead | Role::SectionHead);
    if !heads || !caller.person.holds(what.role) || permissions::reach(&caller.person, permissions::Power::Approve).is_none() {
        return Err(ActError::NotAllowed("只有行政机关负责人和承办机构负责人可以委托自己的审批权限".into()));
    }
    let mut problems = vec![];
    let mut wrong = |field: &str, message: &str| problems.push(FieldProblem { field: field.into(), message: message.into() });
    if what.to == caller.person.id {
        wrong("to", "不能委托给自己");
    }
    match office.person(&what.to) {
        None => wrong("to", "没有这个人员"),
        Some(person) if person.roles.is_empty() || person.roles.iter().any(|r| r.is_administrator() || *r == Role::SuperiorBody) => {
            wrong("to", "不能委托给没有办案岗位的人员");
        }
        Some(_) => {}
    }
    if what.starts.date() < office.now().date() {
        wrong("starts", "委托不能追溯到今天以前");
    }
    if what.ends <= what.starts {
        wrong("ends", "结束时间应当晚于开始时间");
    }
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    let from = caller.person.id.clone();
    let stream = StreamId::person(&from);
    let _turn = office.inner().locks.lock(&[&stream.0]).await;
    let version = office.database().stream_version(&stream.0).await?;
    let id = Office::new_id();
    let event = Event::DelegationGiven {
        from: from.clone(),
        to: what.to.clone(),
        scope: what.role.code().to_owned(),
        starts: what.starts,
        ends: what.ends,
    };
    let mut decision = Decision::event(stream.clone(), Span::at(office.now()), office.envelope(caller), event).made(id.clone());
    decision.guards.push(Guard::StreamAt { stream: stream.0, version });
    decision.changes.push(Change::PutDelegation(DelegationRow {
        id,
        from_officer: from.0,
        to_officer: what.to.0,
        scope: what.role.code().to_owned(),
        from_us: micros(what.starts),
        to_us: micros(what.ends),
    }));
    office.commit(caller, decision, &Default::default(), vec![], None).await
}
