//! 立卷归档 (Art. 27): the volume is bound from what the ledger holds; bytes first, then the entry
//! that names them, with the next archive number (year and four digits) of a gapless series.

use crate::acts::issue_paper::claim;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use crate::volume::{Made, Wording};
use database::{Change, Guard};
use procedure::checks::Act;
use procedure::decide::About;
use procedure::event::{Event, Span};
use procedure::ids::*;
use serde::Deserialize;
use serde_json::Map;

#[derive(Clone, Debug, Deserialize)]
pub struct ArchiveCase {
    pub case: CaseId,
    /// 立卷人; empty means the person who archives.
    #[serde(default)]
    pub compiler: String,
    /// 检查人: not the one who compiled.
    pub checker: String,
    /// 缺件、破损情况; empty is printed as 无.
    #[serde(default)]
    pub missing: String,
    /// 修改、补充、移出情况; empty is printed as 无.
    #[serde(default)]
    pub changes: String,
}

/// The series archive numbers are taken from.
pub fn series(year: i16) -> String {
    format!("归档/{year}")
}

/// Binds the volume and archives the case. The receipt's id is the archive number.
pub async fn archive_case(office: &Office, caller: &Caller, what: ArchiveCase) -> Result<Receipt, ActError> {
    let wording = wording(caller, &what)?;
    let stream = StreamId::case(&what.case);
    let year = office.now().year();
    let series = series(year);
    let _turns = office.inner().locks.lock(&[&stream.0, &series]).await;
    let ordinal = office.database().next_number(&series).await?;
    let number = format!("{year:04}{ordinal:04}");
    let fields = Map::new();
    let judged = |opened: &crate::office::Opened| {
        office.allow(caller, Power::BindVolume, Some(&opened.case))?;
        if opened.case.archived_at.is_some() {
            return Err(ActError::Conflict("案件已经归档".into()));
        }
        let span = Span::at(opened.now);
        let act = Act { actor: &caller.person, officers: &[], span, fields: &fields, overlaps: &[], method: None, about: About::default() };
        office.judged(opened, "archive-case", &act)
    };
    let opened = office.open_case(&what.case).await?;
    // Nothing is bound for an act that will be refused; the refusal is recorded below.
    let made: Option<Made> = match judged(&opened) {
        Ok(_) => Some(office.make_volume(&opened, &number, &wording).await?),
        Err(_) => None,
    };
    office
        .decide_in_turn(caller, &what.case, "archive-case", |now_opened| {
            let flaws = judged(now_opened)?;
            let Some(made) = &made else { return Err(ActError::Conflict("案件刚有变动，请重试".into())) };
            if now_opened.case.versions != opened.case.versions {
                return Err(ActError::Conflict("装订期间案件有新的记录，请重新立卷".into()));
            }
            let mut envelope = office.envelope(caller);
            envelope.matter = opened.case.title.clone();
            envelope.flaws = flaws;
            let event = Event::CaseArchived {
                on: now_opened.now.date(),
                volume: made.volume.clone(),
                pages_count: made.pages_count,
                archive_number: number.clone(),
                sealed_annex: made.sealed_annex.clone(),
            };
            let mut decision =
                Decision::event(stream.clone(), Span::at(now_opened.now), envelope, event).made(number.clone());
            decision.guards.push(Guard::NumberNext { series: series.clone(), number: ordinal });
            decision.changes.push(Change::TakeNumber {
                series: series.clone(),
                number: ordinal,
                paper: stream.0.clone(),
                state: "taken".into(),
                entry: 0,
            });
            decision.changes.push(claim(&made.volume, &stream, false));
            decision.changes.extend(made.sealed_annex.as_ref().map(|annex| claim(annex, &stream, true)));
            Ok(decision)
        })
        .await
}

fn wording(caller: &Caller, what: &ArchiveCase) -> Result<Wording, ActError> {
    let compiler = if what.compiler.trim().is_empty() { caller.person.name.as_str() } else { what.compiler.trim() };
    let checker = what.checker.trim();
    if checker.is_empty() {
        return Err(ActError::field("checker", "请填写检查人"));
    }
    if checker == compiler {
        return Err(ActError::field("checker", "检查人不能是立卷人本人"));
    }
    Ok(Wording {
        compiler: compiler.to_owned(),
        checker: checker.to_owned(),
        missing: what.missing.clone(),
        changes: what.changes.clone(),
    })
}
