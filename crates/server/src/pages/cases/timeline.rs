//! The timeline: every entry of the case with the refusals and viewings beside it, newest first,
//! by days; slips and flaws stand with the entry they belong to.

use crate::desk::article_zh;
use crate::look::{Act, Link, words};
use crate::pages::cases::labels;
use crate::pages::cases::wording::Teller;
use casework::views::{CaseFile, is_approval};
use procedure::case::FlawState;
use procedure::event::{Event, Recorded};

/// Which acts are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    All,
    Papers,
    Approvals,
}

impl Show {
    pub fn parse(code: &str) -> Show {
        match code {
            "papers" => Show::Papers,
            "approvals" => Show::Approvals,
            _ => Show::All,
        }
    }

    fn shows(self, event: &Event) -> bool {
        match self {
            Show::All => true,
            Show::Approvals => is_approval(event),
            Show::Papers => matches!(
                event,
                Event::PaperSubmitted { .. }
                    | Event::PaperApproved { .. }
                    | Event::PaperNumbered { .. }
                    | Event::PaperIssued { .. }
                    | Event::NumberVoided { .. }
                    | Event::PaperScanned { .. }
                    | Event::SignatureRefused { .. }
                    | Event::PaperServed { .. }
            ),
        }
    }
}

/// The entries of one day.
#[derive(Clone, Debug, Default)]
pub struct Day {
    pub label: String,
    pub entries: Vec<Entry>,
}

/// One entry: the act, what was corrected in it, and what one can do with it.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    pub act: Act,
    pub slips: Vec<String>,
    pub links: Vec<Link>,
}

/// The days of a file, newest first, and how many acts they hold.
pub fn days(file: &CaseFile, teller: &Teller, show: Show) -> (Vec<Day>, usize) {
    let own = file.case.records.iter().map(|r| (r.as_ref(), true));
    let beside = file.beside.iter().map(|r| (r, false));
    let mut all: Vec<(&Recorded, bool)> = own.chain(beside).filter(|(r, _)| show.shows(&r.event)).collect();
    all.sort_by_key(|(r, _)| (r.happened.from, r.sequence));
    let count = all.len();
    let mut days: Vec<(jiff::civil::Date, Day)> = vec![];
    for (record, own) in all.into_iter().rev() {
        let date = record.happened.from.date();
        if days.last().is_none_or(|(known, _)| *known != date) {
            let label = format!("{} {}", words::near_date_zh(date, teller.today), words::weekday_zh(date.weekday()));
            days.push((date, Day { label, entries: vec![] }));
        }
        if let Some((_, day)) = days.last_mut() {
            day.entries.push(entry(file, teller, record, own));
        }
    }
    (days.into_iter().map(|(_, day)| day).collect(), count)
}

fn entry(file: &CaseFile, teller: &Teller, r: &Recorded, own: bool) -> Entry {
    let told = teller.tell(r);
    let flaws = file.flaws.iter().filter(|f| own && f.sequence == r.sequence).map(flaw_zh).collect::<Vec<_>>();
    let slips = file.case.slips.iter().filter(|s| own && s.target == r.sequence).map(|s| {
        let change = labels::change_zh(teller.label(s.target, &s.member), &s.original, &s.effective);
        teller.hidden.screen(&format!("已更正　{change}（{} {}）", s.by, words::moment_zh(s.at)))
    });
    let mut links = vec![];
    if own && file.sight.may_act && correctable(&r.event) {
        links.push(Link::new("更正", format!("{}/correct?target={}", teller.path, r.sequence)));
    }
    let ended = r.happened.end();
    Entry {
        slips: slips.collect(),
        links,
        act: Act {
            anchor: format!("e{}", r.sequence),
            time: words::time_zh(r.happened.from.time()),
            datetime: words::moment_field(r.happened.from),
            link: told.as_link(),
            gloss: told.gloss(),
            late_entry: late_entry(&r.event, ended, r.recorded_at),
            what: told.what,
            text: told.text,
            chips: told.chips,
            more: told.more.join(" · "),
            flaw: flaws.join("；"),
            refused: told.refused,
        },
    }
}

/// Entered on a later day than it ended: both times are shown. A clue says itself when it was
/// received and when registered.
fn late_entry(event: &Event, ended: jiff::civil::DateTime, recorded_at: jiff::civil::DateTime) -> String {
    if recorded_at.date() <= ended.date() || matches!(event, Event::ClueRegistered { .. }) {
        return String::new();
    }
    format!("{} 补录", words::moment_zh(recorded_at))
}

fn flaw_zh(flaw: &FlawState) -> String {
    format!("{}（{}） · {}", flaw.flaw.text, article_zh(&flaw.flaw.article), flaw_state(flaw).0)
}

/// What became of a flaw, and the class of its chip.
pub fn flaw_state(flaw: &FlawState) -> (&'static str, &'static str) {
    match (&flaw.decided, &flaw.cured) {
        (Some((true, ..)), _) => ("负责人决定采信", "met"),
        (Some((false, ..)), _) => ("负责人决定不采信", "met"),
        (None, Some(_)) => ("已补正", "met"),
        (None, None) if flaw.blocks() => ("未补正", "late"),
        (None, None) => ("提示", "soon"),
    }
}

/// Slips correct what people wrote; a slip itself is corrected by another slip on the same entry.
pub fn correctable(event: &Event) -> bool {
    !matches!(
        event,
        Event::Corrected { .. }
            | Event::FlawDecided { .. }
            | Event::ProtectionRaised { .. }
            | Event::FileSealed { .. }
            | Event::PaperApproved { .. }
            | Event::PaperNumbered { .. }
            | Event::PaperIssued { .. }
            | Event::CaseFiled { .. }
            | Event::CaseArchived { .. }
            | Event::OpinionGiven { .. }
            | Event::ActRefused { .. }
            | Event::OverlapNoticed { .. }
    )
}
