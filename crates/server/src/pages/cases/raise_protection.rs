//! 提高保密: a value that turns out to name an informant or a minor is taken out of every register
//! and index, and sealed from now on.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::page;
use crate::pages::cases::act::{ActDesk, ActPage};
use crate::pages::cases::labels::{self, Member};
use crate::pages::cases::correct::{Asked, entries, facts, find, open};
use crate::pages::shared;
use axum::extract::{Form as Body, Path, Query, State};
use axum::response::Response;
use casework::ActError;
use casework::acts::raise_protection::{RaiseProtection, raise_protection};
use casework::permissions::Power;
use procedure::event::Recorded;

const ACT: &str = "raise-protection";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    if asked.target == 0 {
        return Ok(page(ActPage { choice: Some(entries(&act, "选择", |r| !members(&act, r).is_empty())), ..act.page(None).await }));
    }
    let record = find(&act, asked.target).ok_or(Problem::NotFound)?;
    Ok(act.draw(form(&act, record), facts(&act, record)).await)
}

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    shared::once(&mut visitor, &filled);
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    let target = filled.one("target").parse().unwrap_or_default();
    let record = find(&act, target).ok_or(Problem::NotFound)?;
    let member = filled.one("member").to_owned();
    let done = if members(&act, record).iter().any(|m| m.name == member) {
        let what = RaiseProtection { case: act.id.clone(), target, member, reason: filled.one("reason").to_owned() };
        raise_protection(&desk.office, &visitor.caller, what).await
    } else {
        Err(ActError::field("member", "请选择要封存的内容"))
    };
    act.answer(done, form(&act, record), &filled, facts(&act, record)).await
}

/// What of this entry can be sealed and is not yet.
fn members(act: &ActDesk, record: &Recorded) -> Vec<Member> {
    let sealed = &act.file.case.protected;
    let sealable = labels::sealable(record, act.desk.office.book());
    let fresh = sealable.into_iter().filter(|m| !sealed.contains(&(record.sequence, m.name.clone())));
    open(act, record, fresh.collect())
}

fn form(act: &ActDesk, record: &Recorded) -> Form {
    let choices = members(act, record).into_iter().map(|m| Choice::new(m.name.clone(), m.label.clone()).note(m.value_zh()));
    act.form(vec![
        Field::hidden("target", record.sequence.to_string()),
        Field::radios("member", "要封存的内容", choices.collect()).required().article("本制度第三十条"),
        Field::area("reason", "理由").required().hint("从登记簿和检索中移出，没有权限的人看不到"),
    ])
}
