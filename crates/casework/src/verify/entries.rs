//! The walk along the entries: leaves, members, versions, root, head and checkpoints.

use super::{Gathered, Given, Named, Progress, SealedFile, Store, VerifyReport};
use crate::acts::archive_case;
use crate::{codec, numbers};
use database::{SealedMember, StoredEntry};
use ledger::checkpoint::Checkpoint;
use ledger::disclosure::{Disclosure, Salt};
use ledger::entry::Entry;
use ledger::tree::Frontier;
use ledger::verification::{DisclosureState, FindingKind, HeadRecord, Stored, Walk};
use procedure::event::Event;
use procedure::ids::StreamId;
use seal::{KeyClass, SealError};
use serde_json::{Map, Value};

const PAGE: u32 = 1_000;

pub(super) async fn walk(
    store: &Store,
    head: Option<HeadRecord>,
    checkpoints: &[Checkpoint],
    report: &mut VerifyReport,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> anyhow::Result<Gathered> {
    let own = store.database.head();
    let mut gathered = Gathered::default();
    let mut walk = Walk::new(head, checkpoints);
    let mut frontier = Frontier::default();
    let mut last = 0;
    loop {
        let page = store.database.entries_after(last, PAGE).await?;
        let Some(end) = page.last() else { break };
        last = end.sequence;
        for stored in &page {
            let row = Stored {
                sequence: stored.sequence,
                stream: &stored.stream,
                version: stored.version,
                kind: &stored.kind,
                leaf: stored.leaf.as_bytes(),
                leaf_hash: stored.leaf_hash,
                disclosures: disclosures(store, stored, report),
            };
            for finding in walk.feed(&row) {
                report.find(finding.sequence, finding.text_zh);
            }
            frontier.append(ledger::tree::leaf_hash(stored.leaf.as_bytes()), |_, _, _| ());
            if frontier.size() == own.size && frontier.root() != own.root {
                report.find(None, format!("数据库自记的存证首（共{}项）与逐条重算的根值不符，被改动。", own.size));
            }
            take(store, stored, &mut gathered, report);
        }
        progress(Progress::Entries(last, own.size.max(last)));
    }
    if own.size > frontier.size() {
        report.find(None, format!("数据库自记有{}项，实存{}项。", own.size, frontier.size()));
    }
    let (findings, tally) = walk.finish();
    for finding in findings {
        match finding.kind {
            // A server that writes meanwhile, or a crash that heals at the next start.
            FindingKind::BeyondHead => report.notes.push(finding.text_zh),
            _ => report.find(finding.sequence, finding.text_zh),
        }
    }
    if let Ok(root) = store.database.root_at(own.size.min(frontier.size())).await {
        if own.size == frontier.size() && root != frontier.root() {
            report.find(None, "所存的树节点与逐条重算的根值不符，被改动。");
        }
    } else {
        report.find(None, "所存的树节点不完整，不能给出根值。");
    }
    report.entries_checked = tally.entries;
    report.members_opened = tally.members_opened;
    report.members_sealed = tally.members_sealed;
    report.checkpoints_agreed = tally.checkpoints_agreed;
    report.root = hex::encode(frontier.root());
    gathered.size = last;
    Ok(gathered)
}

/// The state of each member beside the leaf.
fn disclosures(store: &Store, stored: &StoredEntry, report: &mut VerifyReport) -> Vec<DisclosureState> {
    let mut states = vec![];
    match serde_json::from_str::<Map<String, Value>>(&stored.ordinary) {
        Ok(members) => states.extend(members.into_iter().map(|(name, pair)| ordinary(name, pair))),
        Err(_) => report.find(Some(stored.sequence), format!("第{}项（{}）：所存的内容不能读出，已被改动或损坏。", stored.sequence, stored.stream)),
    }
    let leaf = Entry::from_leaf(stored.leaf.as_bytes()).ok();
    for member in &stored.sealed {
        if leaf.as_ref().is_some_and(|e| e.sd.binary_search(&member.digest).is_err()) {
            let text = format!("第{}项（{}）：密封字段“{}”的摘要与叶子不符，已被改动。", stored.sequence, stored.stream, member.name);
            report.find(Some(stored.sequence), text);
        }
        states.push(sealed(store, stored, member));
    }
    states
}

fn ordinary(name: String, pair: Value) -> DisclosureState {
    let Value::Array(pair) = pair else { return DisclosureState::Unreadable };
    let Ok([salt, value]) = <[Value; 2]>::try_from(pair) else { return DisclosureState::Unreadable };
    let salt: Option<Salt> = salt.as_str().and_then(|s| s.parse().ok());
    match salt.and_then(|salt| Disclosure::new(salt, name, value).ok()) {
        Some(disclosure) => DisclosureState::Open(disclosure),
        None => DisclosureState::Unreadable,
    }
}

fn sealed(store: &Store, stored: &StoredEntry, member: &SealedMember) -> DisclosureState {
    let Some(keys) = &store.keys else { return DisclosureState::SealedUnopened };
    let class = if member.key.starts_with("informant:") { KeyClass::Informant } else { KeyClass::Case };
    match keys.open_member(class, &stored.stream, member.name.as_bytes(), &member.sealed) {
        Ok(bytes) => {
            let text = String::from_utf8(bytes.to_vec()).ok();
            match text.and_then(|t| Disclosure::decode(&t).ok()).filter(|d| d.name() == member.name) {
                Some(disclosure) => DisclosureState::Open(disclosure),
                None => DisclosureState::Unreadable,
            }
        }
        // Destroyed after its term, or of another folder of keys.
        Err(SealError::Missing { .. }) => DisclosureState::SealedUnopened,
        Err(_) => DisclosureState::Unreadable,
    }
}

/// Gathers what the later checks need of an entry.
fn take(
    store: &Store,
    stored: &StoredEntry,
    gathered: &mut Gathered,
    report: &mut VerifyReport,
) {
    gathered.versions.insert(stored.stream.clone(), stored.version);
    let mut files = vec![];
    if let Ok(entry) = Entry::from_leaf(stored.leaf.as_bytes()) {
        entry.clear.values().for_each(|v| files_in(v, &mut files));
        let recorded = entry.recorded_at.parse::<jiff::Timestamp>().map(|t| t.as_microsecond());
        if recorded.is_ok_and(|us| us != stored.recorded_us) {
            let text = format!("第{}项（{}）：数据行的记录时间与叶子不符，数据行被改动。", stored.sequence, stored.stream);
            report.find(Some(stored.sequence), text);
        }
    }
    stored.values().values().for_each(|v| files_in(v, &mut files));
    for (sha256, sm3, len_bytes) in files {
        gathered.files.entry(sha256).or_insert(Named { sequence: stored.sequence, sm3, len_bytes });
    }
    match codec::decode(stored, store.keys.as_ref()) {
        Ok(record) => {
            let sequence = record.sequence;
            let mut give = |series: String, ordinal: Option<u64>| {
                gathered.numbers.push(Given { series, ordinal: ordinal.map(|o| o as i64), sequence });
            };
            match record.event {
                Event::FileSealed { sha256, file } => {
                    let kept = SealedFile { sequence, stream: stored.stream.clone(), sha256: file.sha256 };
                    gathered.sealed_files.insert(sha256, kept);
                }
                Event::CaseOpened { clue, .. } => {
                    gathered.cases.insert(stored.stream.clone(), StreamId::clue(&clue).0);
                }
                Event::PaperNumbered { series, ordinal, .. } => give(series, Some(ordinal)),
                Event::CaseFiled { on, .. } => give(numbers::case_series(on.year()), None),
                Event::CaseArchived { on, .. } => give(archive_case::series(on.year()), None),
                Event::ClueRegistered { .. } => give(format!("线索/{}", record.recorded_at.year()), None),
                _ => {}
            }
        }
        Err(error) => {
            gathered.unreadable.insert(stored.stream.clone());
            // Without keys a protected member may be missing that the event cannot do without.
            if store.keys.is_some() || stored.sealed.is_empty() {
                tracing::warn!(sequence = stored.sequence, %error, "an entry cannot be read as an event");
                report.find(Some(stored.sequence), format!("第{}项（{}）：内容不能读作事项，已被改动或损坏。", stored.sequence, stored.stream));
            }
        }
    }
}

/// Files named anywhere inside a value: SHA-256, SM3 and length.
fn files_in(value: &Value, found: &mut Vec<(String, String, u64)>) {
    match value {
        Value::Object(map) => {
            let text = |name: &str| map.get(name).and_then(Value::as_str).map(str::to_owned);
            if let (Some(sha256), Some(sm3), Some(len)) = (text("sha256"), text("sm3"), map.get("len_bytes").and_then(Value::as_u64)) {
                found.push((sha256, sm3, len));
            }
            map.values().for_each(|inner| files_in(inner, found));
        }
        Value::Array(rows) => rows.iter().for_each(|row| files_in(row, found)),
        _ => {}
    }
}
