//! 签署常设调阅规则 (Art. 26): the archivist signs once under which rule a case's own people see
//! its footage from filing to archiving. Signing again replaces the text.

use crate::error::{ActError, FieldProblem};
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use database::Guard;
use procedure::event::{Event, Span};
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Clone, Deserialize)]
pub struct SignStandingRule {
    pub text: String,
    /// The archivist's password, asked for again.
    pub password: String,
}

pub async fn sign_standing_rule(office: &Office, caller: &Caller, what: SignStandingRule) -> Result<Receipt, ActError> {
    office.allow(caller, Power::GrantViewing, None)?;
    let mut problems = vec![];
    if what.text.trim().is_empty() {
        problems.push(FieldProblem { field: "text".into(), message: "请填写规则内容".into() });
    }
    if !office.password_holds(&caller.person.id, &what.password).await? {
        problems.push(FieldProblem { field: "password".into(), message: "口令不正确，规则没有签署".into() });
    }
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    let stream = Office::rule_stream();
    let _turn = office.inner().locks.lock(&[&stream.0]).await;
    let version = office.database().stream_version(&stream.0).await?;
    let event = Event::StandingRuleSigned { rule: "viewing".into(), text: what.text };
    let mut decision = Decision::event(stream.clone(), Span::at(office.now()), office.envelope(caller), event).made("viewing");
    decision.guards.push(Guard::StreamAt { stream: stream.0, version });
    let receipt = office.commit(caller, decision, &BTreeSet::new(), vec![], None).await?;
    office.standing_viewing_rule().await?;
    Ok(receipt)
}
