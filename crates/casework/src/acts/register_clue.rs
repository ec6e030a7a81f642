//! 线索登记 (Art. 13): five sources, registered in time, informants sealed apart.

use crate::codec::names_somebody;
use crate::contacts::contact_problem;
use crate::error::{ActError, FieldProblem};
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use crate::{clock::micros, numbers};
use database::{Change, ClueRow, Guard};
use jiff::civil::DateTime;
use procedure::event::{ClueSource, Event, Informant};
use procedure::ids::*;
use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, Debug, Deserialize)]
pub struct RegisterClue {
    pub source: ClueSource,
    pub channel: String,
    pub received_at: DateTime,
    pub category: String,
    pub target: String,
    pub content: String,
    #[serde(default)]
    pub informant: Option<Informant>,
    #[serde(default)]
    pub transferring_body: Option<String>,
    #[serde(default)]
    pub reply_wanted: bool,
}

/// Registers a clue and gives it its number. The receipt's id is the clue's.
pub async fn register_clue(office: &Office, caller: &Caller, what: RegisterClue) -> Result<Receipt, ActError> {
    office.allow(caller, Power::RegisterClue, None)?;
    let problems = problems(office, &what);
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    let happened = office.happened("received_at", what.received_at, None)?;
    let now = office.now();
    let series = format!("线索/{}", now.year());
    let _turn = office.inner().locks.lock(&[&series]).await;
    let ordinal = office.database().next_number(&series).await?;
    let number = numbers::fill(&office.book().clue_number_format, now.year(), ordinal);
    let id = ClueId(Office::new_id());
    let stream = StreamId::clue(&id);
    let words = what.informant.iter().flat_map(|i| [i.name.clone(), i.contact.clone()]).filter(|w| names_somebody(w)).collect();
    let mut envelope = office.envelope(caller);
    envelope.officers = vec![caller.person.seen_on(now.date())];
    envelope.matter = format!("{}线索", what.category);
    let row = ClueRow {
        id: id.0.clone(),
        number: Some(number.clone()),
        source: what.source.code().into(),
        channel: what.channel.clone(),
        received_us: micros(what.received_at),
        registered_us: micros(now),
        state: "registered".into(),
        summary: crate::projections::screened(&format!("{}：{}", what.target, what.content), &words),
        department: caller.person.department.0.clone(),
        officers: Value::from(vec![caller.person.id.0.clone()]).to_string(),
        case_id: None,
        updated_sequence: 0,
    };
    let search = Change::Search {
        doc: stream.0.clone(),
        scope: id.0.clone(),
        text: format!("{number}\n{}", row.summary),
    };
    let mut decision = Decision::event(
        stream.clone(),
        happened,
        envelope,
        Event::ClueRegistered {
            number,
            source: what.source,
            channel: what.channel,
            received_at: what.received_at,
            category: what.category,
            target: what.target,
            content: what.content,
            informant: what.informant,
            transferring_body: what.transferring_body,
            reply_wanted: what.reply_wanted,
            department: caller.person.department.clone(),
        },
    )
    .made(id.0.clone());
    decision.guards = vec![
        Guard::StreamAt { stream: stream.0, version: 0 },
        Guard::NumberNext { series: series.clone(), number: ordinal },
    ];
    decision.changes = vec![
        Change::TakeNumber { series, number: ordinal, paper: id.0.clone(), state: "taken".into(), entry: 0 },
        Change::PutClue(row),
        search,
    ];
    office.commit(caller, decision, &words, vec![], None).await
}

/// Everything wrong with a clue as it is about to be registered, each beside its field.
pub fn problems(office: &Office, what: &RegisterClue) -> Vec<FieldProblem> {
    let mut problems = match office.happened("received_at", what.received_at, None) {
        Err(ActError::Invalid(problems)) => problems,
        _ => vec![],
    };
    let mut ask = |field: &str, empty: bool, message: &str| {
        if empty {
            problems.push(FieldProblem { field: field.into(), message: message.into() });
        }
    };
    ask("channel", what.channel.trim().is_empty(), "请填写接收方式");
    ask("category", what.category.trim().is_empty(), "请选择类别");
    ask("target", what.target.trim().is_empty(), "请填写被反映的单位或者场所");
    ask("content", what.content.trim().is_empty(), "请填写线索内容");
    ask(
        "transferring_body",
        what.source == ClueSource::Transferred && what.transferring_body.as_deref().unwrap_or_default().trim().is_empty(),
        "其他机关移送的，请填写移送机关",
    );
    for (field, text, most) in [
        ("channel", &what.channel, 40),
        ("category", &what.category, 40),
        ("target", &what.target, 200),
        ("content", &what.content, 4_000),
    ] {
        let count = text.chars().count();
        if count > most {
            problems.push(FieldProblem { field: field.into(), message: format!("最多{most}字，现在有{count}字") });
        }
        if text.chars().any(crate::intake::is_unsafe_mark) {
            problems.push(FieldProblem { field: field.into(), message: "含有不可见的控制字符，请删去".into() });
        }
    }
    problems.extend(what.informant.as_ref().and_then(|i| contact_problem("informant.contact", &i.contact)));
    problems
}
