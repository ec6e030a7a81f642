//! A derivation in Chinese sentences, and dates as the pages write them.

use jiff::civil::{Date, DateTime};

use super::{Derivation, Rolls, Skipped, Term, next};
use crate::calendar::days_from_to;

impl Derivation {
    /// Sentences for the page: how it was counted, pauses, a moved last day,
    /// the calendar or its absence, the article.
    pub fn lines_zh(&self) -> Vec<String> {
        let year = self.trigger.year();
        let one_year = [self.earliest, self.latest]
            .iter()
            .all(|end| end.year() == year);
        // The year is said once it could be mistaken.
        let known = one_year.then_some(year);
        let mut lines = vec![self.counting_zh(known)];
        if let Some(first) = self.corrected_from {
            lines.push(format!("起算日原记为{}，已更正为{}。", day_zh(first.date(), known), day_zh(self.trigger.date(), known)));
        }
        for pause in &self.pauses {
            lines.push(match pause.to {
                Some(to) => format!("{}{}，不计入。", range_zh(pause.from, to, known), pause.why),
                None => format!(
                    "{}起{}，尚未恢复，不计入。",
                    day_zh(pause.from, known),
                    pause.why
                ),
            });
        }
        if let Some(from) = self.rolled_from {
            let from = day_zh(from, known);
            lines.push(match self.rolls {
                Rolls::Forward => format!(
                    "最后一日{from}休息，顺延至{}。",
                    range_zh(self.earliest.date(), self.latest.date(), known)
                ),
                Rolls::ShowBoth | Rolls::Never => {
                    format!("最后一日{from}休息，不顺延；机关自身的期限以该日为准。")
                }
            });
        }
        if !self.calendar_notices.is_empty() {
            lines.push(format!("日历：{}。", self.calendar_notices.join("、")));
        }
        if !self.missing_years.is_empty() {
            let years: Vec<String> = self
                .missing_years
                .iter()
                .map(|year| format!("{year}年"))
                .collect();
            lines.push(format!(
                "{}日历尚未载入，只能推算：{}。",
                years.join("、"),
                range_zh(self.earliest.date(), self.latest.date(), known)
            ));
        }
        if !self.article.is_empty() {
            lines.push(format!("依据：{}。", self.article));
        }
        lines
    }

    fn counting_zh(&self, known: Option<i16>) -> String {
        let trigger = match self.term {
            Term::Hours(_) => moment_zh(self.trigger, known),
            _ => day_zh(self.trigger.date(), known),
        };
        let mut line = format!(
            "{trigger}{}，{}，{}",
            self.trigger_name,
            self.rule_zh,
            self.term.zh_spaced()
        );
        let off = skipped_zh(&self.skipped, known);
        if !off.is_empty() {
            line.push('；');
            line.push_str(&off);
        }
        if !self.made_up.is_empty() {
            let days: Vec<String> = self.made_up.iter().map(|&day| day_zh(day, known)).collect();
            line.push_str(&format!("；{}调休上班", days.join("、")));
        }
        line.push('。');
        line
    }
}

/// `11月17日`; with its year unless that is `known`.
pub(super) fn day_zh(date: Date, known: Option<i16>) -> String {
    let day = format!("{}月{}日", date.month(), date.day());
    if known == Some(date.year()) {
        day
    } else {
        format!("{}年{day}", date.year())
    }
}

pub(super) fn moment_zh(moment: DateTime, known: Option<i16>) -> String {
    let day = day_zh(moment.date(), known);
    format!("{day}{}时{:02}分", moment.hour(), moment.minute())
}

/// Days next to each other: `11月21、22日`, `10月1日至7日`.
fn days_zh(first: Date, last: Date, known: Option<i16>) -> String {
    if first.month() == last.month() && first != last && next(first) == last {
        let start = day_zh(first, known);
        format!("{}、{}日", start.trim_end_matches('日'), last.day())
    } else {
        range_zh(first, last, known)
    }
}

/// `10月1日至7日`, `9月29日至10月6日`, `11月21日`.
pub(super) fn range_zh(first: Date, last: Date, known: Option<i16>) -> String {
    let start = day_zh(first, known);
    let same_month = (first.year(), first.month()) == (last.year(), last.month());
    if first == last {
        start
    } else if same_month {
        format!("{start}至{}日", last.day())
    } else {
        format!("{start}至{}", day_zh(last, known.or(Some(first.year()))))
    }
}

/// `11月21、22日休息`, `10月1日至7日国庆节放假`; many week-ends are only counted.
fn skipped_zh(skipped: &[Skipped], known: Option<i16>) -> String {
    let mut runs: Vec<(Date, Date, Option<&str>)> = Vec::new();
    for day in skipped {
        match runs.last_mut() {
            Some((_, last, festival)) if next(*last) == day.date => {
                *last = day.date;
                *festival = festival.or(day.festival.as_deref());
            }
            _ => runs.push((day.date, day.date, day.festival.as_deref())),
        }
    }
    let week_ends: Vec<&(Date, Date, Option<&str>)> =
        runs.iter().filter(|(_, _, name)| name.is_none()).collect();
    let mut parts = Vec::new();
    if week_ends.len() > 3 {
        let days: usize = week_ends
            .iter()
            .map(|&&(first, last, _)| days_from_to(first, last).count())
            .sum();
        parts.push(format!("其间周末休息 {days} 日"));
    } else if !week_ends.is_empty() {
        let days: Vec<String> = week_ends
            .iter()
            .map(|&&(first, last, _)| days_zh(first, last, known))
            .collect();
        parts.push(format!("{}休息", days.join("，")));
    }
    for (first, last, name) in &runs {
        if let Some(name) = name {
            parts.push(format!("{}{name}放假", days_zh(*first, *last, known)));
        }
    }
    parts.join("；")
}
