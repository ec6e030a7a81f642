//! 更正: a slip on one member of one entry, filled in with the control of what it replaces. The original
//! stays and is shown beside what is effective.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Field, Filled, Form};
use crate::look::{Fact, page, words};
use crate::pages::cases::act::{ActDesk, ActPage, Choosing, ChoosingItem};
use crate::pages::cases::control;
use crate::pages::cases::labels::{self, Member};
use crate::pages::cases::sight::Hidden;
use crate::pages::cases::timeline::correctable;
use crate::pages::cases::wording::Teller;
use crate::pages::shared;
use axum::extract::{Form as Body, Path, Query, State};
use axum::response::Response;
use casework::ActError;
use casework::acts::correct::{Correct, correct};
use casework::permissions::Power;
use procedure::event::{Event, Recorded};
use procedure::people::Role;
use serde::Deserialize;
use serde_json::Value;

const ACT: &str = "correct";
/// The member that takes a wrong attachment out.
const WITHDRAWN: &str = "withdrawn";

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    pub target: u64,
    #[serde(default)]
    pub member: String,
}

/// A slip that turns late into met is the head's to write.
fn power(visitor: &Visitor) -> Power {
    if visitor.caller.person.holds(Role::AgencyHead) { Power::DecideFlaw } else { Power::Investigate }
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, power(&visitor)).await?;
    if asked.target == 0 {
        return Ok(page(ActPage { choice: Some(entries(&act, "更正", |r| correctable(&r.event))), ..act.page(None).await }));
    }
    let record = find(&act, asked.target).ok_or(Problem::NotFound)?;
    let facts = facts(&act, record);
    match chosen(&act, record, &asked.member) {
        Some(member) => Ok(act.draw(form(&act, record, &member), facts).await),
        None => Ok(page(ActPage { facts, choice: Some(choices(&act, record)), ..act.page(None).await })),
    }
}

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    shared::once(&mut visitor, &filled);
    let act = ActDesk::open(&desk, &visitor, id, ACT, power(&visitor)).await?;
    let target = filled.one("target").parse().unwrap_or_default();
    let record = find(&act, target).ok_or(Problem::NotFound)?;
    let member = chosen(&act, record, filled.one("member")).ok_or(Problem::NotFound)?;
    let done = match slip(&filled, &act, record, &member) {
        Ok(what) => correct(&desk.office, &visitor.caller, what).await,
        Err(error) => Err(error),
    };
    act.answer(done, form(&act, record, &member), &filled, facts(&act, record)).await
}

pub fn find<'a>(act: &'a ActDesk, target: u64) -> Option<&'a Recorded> {
    act.file.case.records.iter().map(AsRef::as_ref).find(|r| r.sequence == target && correctable(&r.event))
}

/// What was typed as a slip that can be read back as an entry.
fn slip(filled: &Filled, act: &ActDesk, record: &Recorded, member: &Member) -> Result<Correct, ActError> {
    let effective = if member.name == WITHDRAWN {
        Value::Bool(true)
    } else {
        let value = control::typed(act, record, member, filled).map_err(|m| ActError::field("effective", m))?;
        if labels::changed(record, &member.name, value.clone()).is_none() {
            return Err(ActError::field("effective", "这样填写，这项记录就读不出来了，请核对格式"));
        }
        value
    };
    Ok(Correct { case: act.id.clone(), target: record.sequence, member: member.name.clone(), effective, reason: filled.one("reason").to_owned() })
}

/// The member of this name, where this reader may correct it.
fn chosen(act: &ActDesk, record: &Recorded, name: &str) -> Option<Member> {
    members(act, record).into_iter().find(|m| m.name == name)
}

/// The members to choose among, each with what stands in it now.
fn choices(act: &ActDesk, record: &Recorded) -> Choosing {
    let items = members(act, record).into_iter().map(|m| ChoosingItem {
        small: if m.name == WITHDRAWN { "附错了，不再作为依据；证据本身仍保存".into() } else { format!("现在是：{}", control::value_zh(&m)) },
        href: format!("{}/{ACT}?target={}&member={}", act.path, record.sequence, shared::percent_encoded(&m.name)),
        label: m.label,
        verb: "更正".into(),
    });
    Choosing { heading: "要更正哪一项内容".into(), items: items.collect(), empty: "这项记录没有可以更正的内容。".into() }
}

/// The members one can correct.
fn members(act: &ActDesk, record: &Recorded) -> Vec<Member> {
    let mut all = open(act, record, labels::members(record, act.desk.office.book()));
    if matches!(record.event, Event::EvidenceAttached { .. }) {
        all.push(Member { name: WITHDRAWN.into(), label: "撤下这份证据".into(), value: Value::Bool(false) });
    }
    all
}

/// Of some members those this reader may see; who informed and who is a minor stand sealed.
pub fn open(act: &ActDesk, record: &Recorded, members: Vec<Member>) -> Vec<Member> {
    let book = act.desk.office.book();
    let hidden = Hidden::of(&act.file, book);
    let sealed = |m: &Member| {
        let informant = m.name.starts_with("informant.") && !act.file.sight.informant;
        let minor = matches!(&record.event, Event::PartyRecorded { party } if party.minor) && !act.file.sight.protected;
        informant || minor || hidden.hides(&m.value_zh())
    };
    members.into_iter().filter(|m| !sealed(m)).collect()
}

/// The entries one can choose among, newest first.
pub fn entries(act: &ActDesk, verb: &str, chosen: impl Fn(&Recorded) -> bool) -> Choosing {
    let book = act.desk.office.book();
    let hidden = Hidden::of(&act.file, book);
    let directory = act.desk.office.directory();
    let teller = Teller { case: &act.file.case, book, directory: &directory, hidden: &hidden, path: &act.path, today: act.file.now.date() };
    let records = act.file.case.records.iter().rev().filter(|r| chosen(r));
    let items = records.map(|r| {
        let told = teller.tell(r);
        ChoosingItem {
            label: format!("{} {}", told.what, told.text).trim().to_owned(),
            small: format!("{} · {}", words::full_moment_zh(r.happened.from), told.more.join(" · ")),
            href: format!("{}/{}?target={}", act.path, act.act, r.sequence),
            verb: verb.to_owned(),
        }
    });
    Choosing { heading: "选择一项记录".into(), items: items.collect(), empty: "还没有可以选择的记录。".into() }
}

pub fn facts(act: &ActDesk, record: &Recorded) -> Vec<Fact> {
    let book = act.desk.office.book();
    let hidden = Hidden::of(&act.file, book);
    let directory = act.desk.office.directory();
    let teller = Teller { case: &act.file.case, book, directory: &directory, hidden: &hidden, path: &act.path, today: act.file.now.date() };
    let told = teller.tell(record);
    vec![
        Fact::new("记录", format!("{} {}", told.what, told.text).trim()),
        Fact::new("发生", words::full_moment_zh(record.happened.from)),
        Fact::new("账本", format!("第 {} 项", words::grouped(record.sequence))),
    ]
}

fn form(act: &ActDesk, record: &Recorded, member: &Member) -> Form {
    let mut fields = vec![Field::hidden("target", record.sequence.to_string()), Field::hidden("member", member.name.clone())];
    if member.name == WITHDRAWN {
        fields.push(Field::fixed("", "更正的内容", "撤下这份证据，不再作为依据；证据本身仍保存"));
    } else {
        fields.push(Field::fixed("", format!("{}（现在的值）", member.label), control::value_zh(member)));
        fields.push(control::field(act, record, member));
    }
    fields.push(Field::area("reason", "更正理由").required().article("本制度第四条").hint("原来的内容不会消失，与更正后的内容并列显示"));
    Form { back: format!("{}/{ACT}?target={}", act.path, record.sequence), ..act.form(fields) }
}
