//! Registers against the entries they were computed from: cases, duties, papers, evidence, versions
//! of streams, and number series without gap or repeat. A row edited by hand is named.

use super::{Gathered, Store, VerifyReport};
use crate::{codec, projections};
use database::{CaseRow, Change, DutyRow, EvidenceRow, PaperRow};
use jiff::civil::DateTime;
use procedure::Case;
use procedure::event::{Event, Recorded};
use procedure::ids::*;
use std::collections::{BTreeMap, BTreeSet};

/// How often a case is looked at again because somebody wrote in it.
const ATTEMPTS_MAX: u32 = 5;

pub(super) async fn check(store: &Store, gathered: &Gathered, now: DateTime, report: &mut VerifyReport) -> anyhow::Result<()> {
    for (stream, version) in &gathered.versions {
        let kept = store.database.stream_version(stream).await?;
        if kept < *version {
            report.find(None, format!("流“{stream}”登记的版次为{kept}，实有{version}，登记行被改动。"));
        }
    }
    series(store, gathered, report).await?;
    if store.keys.is_none() {
        report.notes.push("没有密钥，登记簿没有与账本重算比对。".into());
        return Ok(());
    }
    for (stream, clue) in &gathered.cases {
        if gathered.unreadable.contains(stream) || gathered.unreadable.contains(clue) {
            continue;
        }
        // A server may write meanwhile: what is found counts when the case stood still.
        for _ in 0..ATTEMPTS_MAX {
            let before = store.database.stream_version(stream).await?;
            let mut found = VerifyReport::default();
            case(store, stream, clue, now, &mut found).await?;
            if store.database.stream_version(stream).await? == before {
                report.findings.extend(found.findings);
                report.cases_checked += 1;
                break;
            }
        }
    }
    Ok(())
}

async fn case(store: &Store, stream: &str, clue: &str, now: DateTime, report: &mut VerifyReport) -> anyhow::Result<()> {
    let stored = store.database.entries_of_many(&[stream.to_owned(), clue.to_owned()]).await?;
    let records = stored.iter().map(|s| codec::decode(s, store.keys.as_ref())).collect::<Result<Vec<_>, _>>()?;
    let own: Vec<&Recorded> = records.iter().filter(|r| r.stream.0 == stream).collect();
    let last = own.last().map_or(0, |r| r.sequence);
    let written = own.last().map_or(now, |r| r.recorded_at);
    let words: BTreeSet<String> = records.iter().flat_map(|r| codec::protected_words(&r.event, &store.book)).collect();
    let case = Case::fold(records);
    let home = StreamId(stream.to_owned());
    let Some(kept) = store.database.case_row(&case.id).await? else {
        report.find(Some(last), format!("案件{stream}的登记行不在了。"));
        return Ok(());
    };
    let computed = |at: DateTime| projections::case_rows(&store.book, &case, &home, at, &words);
    let changes = computed(written);
    for change in &changes {
        if let Change::PutCase(row) = change {
            for column in case_columns(row, &kept) {
                report.find(Some(last), format!("案件{stream}的登记行：{column}与账本重算的结果不符，登记行被改动。"));
            }
        }
    }
    let filter = database::DutyFilter { stream: Some(stream.to_owned()), ..Default::default() };
    let duties = store.database.duties(&filter, 10_000).await?;
    let difference = |changes: &[Change]| {
        changes.iter().find_map(|c| match c {
            Change::ReplaceDuties { rows, .. } => duty_difference(rows, &duties),
            _ => None,
        })
    };
    // A job may have computed the duties again since: then they are those of today.
    if let Some(text) = difference(&changes) {
        if difference(&computed(now)).is_some() {
            report.find(Some(last), format!("案件{stream}的应办事项：{text}，登记行被改动。"));
        }
    }
    papers(store, &case, stream, written, report).await?;
    evidence(store, &case, stream, report).await
}

fn case_columns(want: &CaseRow, kept: &CaseRow) -> Vec<&'static str> {
    let columns = [
        ("案号", want.number != kept.number),
        ("案件名称", want.title != kept.title),
        ("程序", want.procedure != kept.procedure),
        ("案由", want.cause != kept.cause),
        ("阶段", want.stage != kept.stage),
        ("当事人", want.parties != kept.parties),
        ("承办机构", want.department != kept.department),
        ("承办人", want.handlers != kept.handlers),
        ("受案时间", want.opened_us != kept.opened_us),
        ("立案日期", want.filed_on != kept.filed_on),
        ("终结日期", want.concluded_on != kept.concluded_on),
        ("归档日期", want.archived_on != kept.archived_on),
    ];
    columns.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// The first duty that differs in what does not change with the day.
fn duty_difference(want: &[DutyRow], kept: &[DutyRow]) -> Option<String> {
    let key = |d: &DutyRow| (d.rule.clone(), d.subject.clone());
    let fixed = |d: &DutyRow| (d.article.clone(), d.owed.clone(), d.who.clone(), d.trigger_on.clone(), d.due_earliest_us, d.due_latest_us, d.title.clone());
    let kept: BTreeMap<_, _> = kept.iter().map(|d| (key(d), d)).collect();
    for duty in want {
        match kept.get(&key(duty)) {
            None => return Some(format!("“{}”不在了", duty.title)),
            Some(found) if fixed(found) != fixed(duty) => return Some(format!("“{}”与重算的结果不符", duty.title)),
            Some(_) => {}
        }
    }
    let want: BTreeSet<_> = want.iter().map(key).collect();
    kept.iter().find(|(k, _)| !want.contains(k)).map(|(_, d)| format!("“{}”不是账本所生", d.title))
}

async fn papers(store: &Store, case: &Case, stream: &str, at: DateTime, report: &mut VerifyReport) -> anyhow::Result<()> {
    let kept: BTreeMap<String, PaperRow> = store.database.papers_of_case(&case.id).await?.into_iter().map(|p| (p.id.clone(), p)).collect();
    for paper in &case.papers {
        let sequence = paper.issued.as_ref().map(|i| i.sequence).or(paper.current().map(|v| v.sequence));
        let want = projections::paper_row(&store.book, case, paper, at);
        let what = format!("案件{stream}的文书《{}》登记行", paper.title);
        let Some(row) = kept.get(&paper.id.0) else {
            report.find(sequence, format!("{what}不在了。"));
            continue;
        };
        let fixed = |p: &PaperRow| (p.kind.clone(), p.title.clone(), p.number.clone(), p.state.clone(), p.version, p.sha256.clone(), p.pages_count, p.subject.clone());
        if fixed(&want) != fixed(row) {
            report.find(sequence, format!("{what}与账本重算的结果不符，被改动。"));
        }
    }
    for (id, row) in &kept {
        if case.papers.iter().all(|p| p.id.0 != *id) {
            report.find(None, format!("案件{stream}的文书《{}》登记行不是账本所生，是添入的。", row.title));
        }
    }
    Ok(())
}

async fn evidence(store: &Store, case: &Case, stream: &str, report: &mut VerifyReport) -> anyhow::Result<()> {
    let kept: BTreeMap<String, EvidenceRow> = store.database.evidence_of_case(&case.id).await?.into_iter().map(|e| (e.id.clone(), e)).collect();
    // As it was attached: a slip changes what is effective, not the row.
    for record in &case.records {
        let Event::EvidenceAttached { evidence: id, number, evidence_kind, file, footage, .. } = &record.event else { continue };
        let what = format!("案件{stream}的证{number}登记行");
        let Some(row) = kept.get(&id.0) else {
            report.find(Some(record.sequence), format!("{what}不在了。"));
            continue;
        };
        // Sealed since: the row names the digest it is kept under.
        let file = file.as_ref().map(|f| case.as_kept(f));
        let same = row.sha256 == file.map(|f| f.sha256).unwrap_or_default()
            && row.kind == *evidence_kind
            && row.footage == *footage
            && row.number.as_deref() == Some(number.to_string().as_str())
            && row.sequence.unsigned_abs() == record.sequence;
        if !same {
            report.find(Some(record.sequence), format!("{what}与账本不符，被改动。"));
        }
    }
    if kept.len() > case.evidence.len() {
        report.find(None, format!("案件{stream}的证据登记行多于账本所记，有添入的。"));
    }
    Ok(())
}

/// Numbers given by entries, by series, against the rows of the series.
async fn series(store: &Store, gathered: &Gathered, report: &mut VerifyReport) -> anyhow::Result<()> {
    let mut given: BTreeMap<String, BTreeMap<i64, u64>> = BTreeMap::new();
    let mut counted: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for number in &gathered.numbers {
        let Some(ordinal) = number.ordinal else {
            counted.entry(number.series.clone()).or_default().push(number.sequence);
            continue;
        };
        if let Some(first) = given.entry(number.series.clone()).or_default().insert(ordinal, number.sequence) {
            let text = format!("第{}项：{}的第{ordinal}号已由第{first}项取用，重号。", number.sequence, number.series);
            report.find(Some(number.sequence), text);
        }
    }
    let names: BTreeSet<&String> = given.keys().chain(counted.keys()).collect();
    for name in names {
        let rows = store.database.numbers(name).await?;
        for (row, expected) in rows.iter().zip(1i64..) {
            if row.number != expected {
                report.find(None, format!("编号{name}缺第{expected}号，登记行被改动。"));
                break;
            }
        }
        if let Some(numbers) = given.get(name) {
            for (expected, (number, sequence)) in (1i64..).zip(numbers) {
                if *number != expected {
                    report.find(Some(*sequence), format!("编号{name}在第{number}号之前缺第{expected}号。"));
                    break;
                }
            }
            for (number, sequence) in numbers {
                let kept = rows.iter().find(|r| r.number == *number);
                if kept.is_none_or(|r| r.sequence.unsigned_abs() != *sequence) {
                    report.find(Some(*sequence), format!("编号{name}第{number}号的登记行不在或者被改动。"));
                }
            }
        }
        let sequences: BTreeSet<u64> = counted.get(name).into_iter().flatten().copied().collect();
        for sequence in &sequences {
            if rows.iter().all(|r| r.sequence.unsigned_abs() != *sequence) {
                report.find(Some(*sequence), format!("编号{name}没有第{sequence}项所取的号，登记行被改动。"));
            }
        }
        let known = given.get(name).map_or(0, BTreeMap::len) + sequences.len();
        let in_ledger = rows.iter().filter(|r| r.sequence.unsigned_abs() <= gathered.size).count();
        if in_ledger > known {
            report.find(None, format!("编号{name}登记了{in_ledger}个号，账本只给出{known}个，有添入的。"));
        }
    }
    Ok(())
}
