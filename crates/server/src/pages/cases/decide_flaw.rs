//! 瑕疵的处理: the head decides, flaw by flaw, whether an irregular record may be relied on.

use crate::desk::{Desk, Visitor, article_zh};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::{Fact, page, words};
use crate::pages::cases::act::{ActDesk, ActPage, Choosing, ChoosingItem};
use crate::pages::cases::sight::Hidden;
use crate::pages::shared;
use axum::extract::{Form as Body, Path, Query, State};
use axum::response::Response;
use casework::ActError;
use casework::acts::decide_flaw::{DecideFlaw, decide_flaw};
use casework::permissions::Power;
use procedure::case::FlawState;
use serde::Deserialize;

const ACT: &str = "decide-flaw";

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    target: u64,
    #[serde(default)]
    rule: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::DecideFlaw).await?;
    let hidden = Hidden::of(&act.file, desk.office.book());
    if asked.target == 0 {
        return Ok(page(ActPage { choice: Some(open_flaws(&act, &hidden)), ..act.page(None).await }));
    }
    let flaw = find(&act, asked.target, &asked.rule).ok_or(Problem::NotFound)?;
    Ok(act.draw(form(&act, flaw), facts(flaw, &hidden)).await)
}

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    shared::once(&mut visitor, &filled);
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::DecideFlaw).await?;
    let hidden = Hidden::of(&act.file, desk.office.book());
    let target = filled.one("target").parse().unwrap_or_default();
    let flaw = find(&act, target, filled.one("rule")).ok_or(Problem::NotFound)?;
    let done = match filled.one("rely") {
        rely @ ("yes" | "no") => {
            let (rule, reason) = (flaw.flaw.rule.clone(), filled.one("reason").to_owned());
            let what = DecideFlaw { case: act.id.clone(), target, rule, rely: rely == "yes", reason };
            decide_flaw(&desk.office, &visitor.caller, what).await
        }
        _ => Err(ActError::field("rely", "请选择是否采信")),
    };
    act.answer(done, form(&act, flaw), &filled, facts(flaw, &hidden)).await
}

/// A flaw that sticks to an entry; lateness of a duty is no record to rely on.
fn find<'a>(act: &'a ActDesk, target: u64, rule: &str) -> Option<&'a FlawState> {
    act.file.flaws.iter().find(|f| f.sequence > 0 && f.sequence == target && f.flaw.rule == rule)
}

fn open_flaws(act: &ActDesk, hidden: &Hidden) -> Choosing {
    let open = act.file.flaws.iter().filter(|f| f.sequence > 0 && f.open());
    let items = open.map(|f| ChoosingItem {
        label: hidden.screen(&f.flaw.text),
        small: format!("{} · {}", article_zh(&f.flaw.article), words::full_moment_zh(f.at)),
        href: format!("{}/{ACT}?target={}&rule={}", act.path, f.sequence, f.flaw.rule),
        verb: "决定".into(),
    });
    Choosing { heading: "尚未处理的瑕疵".into(), items: items.collect(), empty: "没有需要决定的瑕疵。".into() }
}

fn facts(flaw: &FlawState, hidden: &Hidden) -> Vec<Fact> {
    let mut facts = vec![
        Fact::new("瑕疵", hidden.screen(&flaw.flaw.text)),
        Fact::new("依据", article_zh(&flaw.flaw.article)),
        Fact::new("发生", words::full_moment_zh(flaw.at)),
    ];
    if crate::desk::act_path(&flaw.flaw.mend, "").is_none() && !flaw.flaw.mend.is_empty() {
        facts.push(Fact::new("可以怎样补正", flaw.flaw.mend.clone()));
    }
    facts
}

fn form(act: &ActDesk, flaw: &FlawState) -> Form {
    let rely = vec![
        Choice::new("yes", "采信").note("这份记录可以作为依据"),
        Choice::new("no", "不采信").note("这份记录不作为依据"),
    ];
    act.form(vec![
        Field::hidden("target", flaw.sequence.to_string()),
        Field::hidden("rule", flaw.flaw.rule.clone()),
        Field::radios("rely", "决定", rely).required(),
        Field::area("reason", "理由").required(),
    ])
}
