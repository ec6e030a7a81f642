//! The course of an investigation (调查经过) in sentences, as the acts recorded tell it: a draft
//! of what the report says, which its writer completes. It names nobody.

use super::prefill::day_zh;
use jiff::civil::DateTime;
use procedure::case::{Case, Paper};

/// Records and papers that belong to the course, with the words for them.
const STEPS: [(&str, &str); 5] = [
    ("inspection-record", "对当事人进行现场检查"),
    ("inquiry-record", "进行调查询问"),
    ("order-to-correct", "责令当事人改正"),
    ("statement-record", "听取当事人的陈述、申辩"),
    ("performance-check", "核查改正情况"),
];

/// What happened from the clue on, day by day; nothing while nothing has.
pub fn told(case: &Case) -> Option<String> {
    let mut steps: Vec<(DateTime, String)> = vec![];
    if let (Some(at), Some(source)) = (case.received_at, case.source) {
        steps.push((at, format!("获取案件线索（{}）", source.title())));
    }
    if let Some(at) = case.filed_at {
        steps.push((at, "立案".to_owned()));
    }
    for (kind, words) in STEPS {
        steps.extend(case.of_kind(kind).filter_map(|paper| Some((when(paper)?, words.to_owned()))));
    }
    steps.sort_by_key(|(at, _)| *at);
    let mut said = String::new();
    let mut before = None;
    for (at, words) in steps {
        if !said.is_empty() {
            said.push('；');
        }
        let day = day_zh(at.date());
        said.push_str(if before == Some(at.date()) { "同日" } else { &day });
        said.push_str(&words);
        before = Some(at.date());
    }
    (!said.is_empty()).then(|| format!("{said}。"))
}

/// A record when it happened, a notice when it went out.
fn when(paper: &Paper) -> Option<DateTime> {
    if paper.is_void() {
        return None;
    }
    if paper.kind.0 == "order-to-correct" { paper.issued.as_ref().map(|i| i.at) } else { paper.made_at() }
}
