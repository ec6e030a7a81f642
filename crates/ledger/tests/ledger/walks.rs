//! What `verify` finds when someone with full rights has been at the store,
//! with every hash recomputed that such a person can recompute.

use ed25519_dalek::SigningKey;
use ledger::checkpoint::{Checkpoint, VerifierKey, sign};
use ledger::disclosure::Disclosure;
use ledger::entry::Entry;
use ledger::tree::{Hash, leaf_hash, root_of};
use ledger::verification::{
    DisclosureState, Finding, FindingKind, HeadRecord, Stored, Tally, Walk, read_checkpoints,
};
use serde_json::json;

use crate::entries::{members, paper_served};

/// A row of the store, open to be tampered with.
#[derive(Clone)]
struct Row {
    sequence: u64,
    stream: String,
    version: u64,
    kind: String,
    leaf: Vec<u8>,
    leaf_hash: Hash,
    disclosures: Vec<Disclosure>,
}

impl Row {
    fn of(entry: &Entry, disclosures: Vec<Disclosure>) -> Self {
        let leaf = entry.leaf().unwrap();
        Self {
            sequence: entry.sequence,
            stream: entry.stream.clone(),
            version: entry.version,
            kind: entry.kind.clone(),
            leaf_hash: leaf_hash(&leaf),
            leaf,
            disclosures,
        }
    }

    /// Rewrites the entry as one who can recompute its leaf and hash.
    fn rewrite(&mut self, change: impl FnOnce(&mut Entry)) {
        let mut entry = Entry::from_leaf(&self.leaf).unwrap();
        change(&mut entry);
        *self = Row::of(&entry, std::mem::take(&mut self.disclosures));
    }
}

/// Ten entries of two cases, the head kept apart, checkpoints at 4 and 8.
struct Store {
    rows: Vec<Row>,
    head: HeadRecord,
    checkpoints: Vec<Checkpoint>,
}

fn root_over(rows: &[Row]) -> Hash {
    root_of(&rows.iter().map(|row| row.leaf_hash).collect::<Vec<_>>())
}

fn checkpoint(rows: &[Row]) -> Checkpoint {
    Checkpoint {
        origin: "bureau.example".into(),
        size: rows.len() as u64,
        root: root_over(rows),
    }
}

impl Store {
    fn of_ten() -> Self {
        let rows: Vec<Row> = (1..=10)
            .map(|sequence| {
                let stream = if sequence % 2 == 1 {
                    "case/a"
                } else {
                    "case/b"
                };
                let entry = paper_served(sequence, stream, sequence.div_ceil(2));
                let (entry, disclosures) = entry.conceal(&members(sequence as u8)).unwrap();
                Row::of(&entry, disclosures)
            })
            .collect();
        let head = HeadRecord {
            size: 10,
            root: root_over(&rows),
        };
        let checkpoints = vec![checkpoint(&rows[..8]), checkpoint(&rows[..4])];
        Self {
            rows,
            head,
            checkpoints,
        }
    }

    fn verify_as(&self, state: impl Fn(&Disclosure) -> DisclosureState) -> (Vec<Finding>, Tally) {
        let mut walk = Walk::new(Some(self.head), &self.checkpoints);
        let mut findings = Vec::new();
        for row in &self.rows {
            findings.extend(walk.feed(&Stored {
                sequence: row.sequence,
                stream: &row.stream,
                version: row.version,
                kind: &row.kind,
                leaf: &row.leaf,
                leaf_hash: row.leaf_hash,
                disclosures: row.disclosures.iter().map(&state).collect(),
            }));
        }
        let (last, tally) = walk.finish();
        findings.extend(last);
        (findings, tally)
    }

    fn verify(&self) -> Vec<Finding> {
        self.verify_as(|disclosure| DisclosureState::Open(disclosure.clone()))
            .0
    }

    /// Kind and place of every finding.
    fn found(&self) -> Vec<(FindingKind, Option<u64>)> {
        self.verify()
            .iter()
            .map(|finding| (finding.kind, finding.sequence))
            .collect()
    }
}

#[test]
fn an_untouched_ledger_has_no_finding_and_is_counted() {
    let (findings, tally) =
        Store::of_ten().verify_as(|disclosure| DisclosureState::Open(disclosure.clone()));
    assert_eq!(findings, []);
    assert_eq!(
        tally,
        Tally {
            entries: 10,
            members_opened: 20,
            members_sealed: 0,
            members_erased: 0,
            checkpoints_agreed: 2
        }
    );
}

#[test]
fn an_empty_ledger_agrees_with_an_empty_head() {
    let empty = Store {
        rows: vec![],
        head: HeadRecord {
            size: 0,
            root: root_of(&[]),
        },
        checkpoints: vec![],
    };
    assert_eq!(empty.verify(), []);
    let wrong = Store {
        head: HeadRecord {
            size: 0,
            root: [0; 32],
        },
        ..empty
    };
    assert_eq!(wrong.found(), [(FindingKind::HeadRootDiffers, None)]);
}

#[test]
fn members_without_keys_or_erased_are_counted_not_accused() {
    let (findings, tally) = Store::of_ten().verify_as(|disclosure| match disclosure.name() {
        "informant" => DisclosureState::SealedUnopened,
        _ => DisclosureState::Erased,
    });
    assert_eq!(findings, []);
    assert_eq!(
        (
            tally.members_opened,
            tally.members_sealed,
            tally.members_erased
        ),
        (0, 10, 10)
    );
}

#[test]
fn an_edited_row_is_named() {
    let mut store = Store::of_ten();
    store.rows[4].kind = "paper-issued".into();
    let findings = store.verify();
    assert_eq!(store.found(), [(FindingKind::ColumnDiffers, Some(5))]);
    assert_eq!(findings[0].stream.as_deref(), Some("case/a"));
    assert_eq!(
        findings[0].text_zh,
        "第5项(case/a):数据行的事项种类为“paper-issued”,叶子中为“paper-served”,数据行被改动。"
    );
}

#[test]
fn a_row_moved_to_another_case_is_named_and_both_streams_break_after_it() {
    let mut store = Store::of_ten();
    store.rows[4].stream = "case/b".into();
    let found = store.found();
    assert_eq!(found[0], (FindingKind::ColumnDiffers, Some(5)));
    assert!(
        found[1..]
            .iter()
            .all(|(kind, _)| *kind == FindingKind::StreamVersionBroken)
    );
    assert_eq!(
        found[1..]
            .iter()
            .map(|(_, at)| at.unwrap())
            .collect::<Vec<_>>(),
        [6, 7]
    );
}

#[test]
fn a_rewritten_row_and_leaf_is_found_between_two_checkpoints() {
    let mut store = Store::of_ten();
    store.rows[5].rewrite(|entry| {
        entry.clear.insert("fine_fen".into(), json!(100));
    });
    let findings = store.verify();
    assert_eq!(
        store.found(),
        [
            (FindingKind::CheckpointRootDiffers, None),
            (FindingKind::HeadRootDiffers, None)
        ]
    );
    assert!(
        findings[0].text_zh.contains("第5项至第8项之间"),
        "{}",
        findings[0].text_zh
    );
}

#[test]
fn a_rewritten_last_entry_is_found_by_the_head() {
    let mut store = Store::of_ten();
    store.rows[9].rewrite(|entry| entry.recorded_at = "2026-02-12T08:00:00+08:00".into());
    assert_eq!(store.found(), [(FindingKind::HeadRootDiffers, None)]);
    assert!(store.verify()[0].text_zh.contains("第9项至第10项之间"));
}

#[test]
fn a_leaf_that_is_not_canonical_is_named_even_with_its_hash_recomputed() {
    let mut store = Store::of_ten();
    let row = &mut store.rows[1];
    row.leaf.push(b' ');
    assert_eq!(store.found()[0], (FindingKind::LeafHashDiffers, Some(2)));
    let row = &mut store.rows[1];
    row.leaf_hash = leaf_hash(&row.leaf);
    assert_eq!(store.found()[0], (FindingKind::LeafNotCanonical, Some(2)));
}

#[test]
fn a_forged_stored_hash_is_named_though_the_leaf_is_whole() {
    let mut store = Store::of_ten();
    store.rows[2].leaf_hash[0] ^= 1;
    assert_eq!(store.found(), [(FindingKind::LeafHashDiffers, Some(3))]);
}

#[test]
fn an_edited_value_is_named_and_never_quoted() {
    let mut store = Store::of_ten();
    let true_one = &store.rows[6].disclosures[0];
    store.rows[6].disclosures[0] =
        Disclosure::new(true_one.salt(), "recipient", json!("李某某")).unwrap();
    let findings = store.verify();
    assert_eq!(store.found(), [(FindingKind::DisclosureDiffers, Some(7))]);
    assert!(findings[0].text_zh.contains("recipient") && !findings[0].text_zh.contains("李某某"));
}

#[test]
fn values_swapped_between_two_entries_are_both_named() {
    let mut store = Store::of_ten();
    let (left, right) = store.rows.split_at_mut(7);
    std::mem::swap(&mut left[2].disclosures[0], &mut right[0].disclosures[0]);
    assert_eq!(
        store.found(),
        [
            (FindingKind::DisclosureDiffers, Some(3)),
            (FindingKind::DisclosureDiffers, Some(8))
        ]
    );
}

#[test]
fn a_value_deleted_added_or_doubled_is_named() {
    let mut store = Store::of_ten();
    store.rows[0].disclosures.pop();
    let extra = store.rows[3].disclosures[0].clone();
    store.rows[1].disclosures.push(extra);
    let doubled = store.rows[2].disclosures[0].clone();
    store.rows[2].disclosures[1] = doubled;
    assert_eq!(
        store.found(),
        [
            (FindingKind::DisclosuresMissing, Some(1)),
            (FindingKind::DisclosureDiffers, Some(2)),
            (FindingKind::DisclosuresExtra, Some(2)),
            (FindingKind::DisclosureDiffers, Some(3)),
        ]
    );
}

#[test]
fn a_value_that_cannot_be_read_is_named() {
    let (findings, _) = Store::of_ten().verify_as(|_| DisclosureState::Unreadable);
    assert_eq!(findings.len(), 20);
    assert!(
        findings
            .iter()
            .all(|finding| finding.kind == FindingKind::DisclosureUnreadable)
    );
}

#[test]
fn an_entry_taken_out_of_the_middle_is_named() {
    let mut store = Store::of_ten();
    store.rows.remove(4);
    let found = store.found();
    assert_eq!(found[0], (FindingKind::SequenceGap, Some(6)));
    assert!(store.verify()[0].text_zh.contains("缺第5项"));
    assert!(found.contains(&(FindingKind::StreamVersionBroken, Some(7))));
    assert_eq!(found.last(), Some(&(FindingKind::RootUnknown, None)));
}

#[test]
fn an_entry_taken_out_and_the_rest_renumbered_is_found_by_the_roots() {
    let mut store = Store::of_ten();
    store.rows.remove(4);
    for row in &mut store.rows[4..] {
        row.rewrite(|entry| {
            entry.sequence -= 1;
            entry.version -= u64::from(entry.stream == "case/a");
        });
    }
    assert_eq!(
        store.found(),
        [
            (FindingKind::CheckpointRootDiffers, None),
            (FindingKind::TailCut, None)
        ]
    );
}

#[test]
fn two_entries_exchanged_are_found() {
    let mut store = Store::of_ten();
    store.rows.swap(4, 6);
    let found = store.found();
    assert_eq!(found[0], (FindingKind::SequenceGap, Some(7)));
    assert!(found.contains(&(FindingKind::SequenceRepeated, Some(6))));
    assert!(found.contains(&(FindingKind::SequenceRepeated, Some(5))));
}

#[test]
fn a_doubled_row_is_named() {
    let mut store = Store::of_ten();
    store.rows.insert(3, store.rows[2].clone());
    assert_eq!(store.found(), [(FindingKind::SequenceRepeated, Some(3))]);
}

#[test]
fn a_tail_cut_off_is_named_with_what_is_gone() {
    let mut store = Store::of_ten();
    store.rows.truncate(7);
    assert_eq!(store.found(), [(FindingKind::TailCut, None)]);
    assert!(store.verify()[0].text_zh.contains("第8项至第10项已不在"));
    // With the head taken back as well, the published checkpoint still tells.
    store.head = HeadRecord {
        size: 7,
        root: root_over(&store.rows),
    };
    assert_eq!(store.found(), [(FindingKind::TailCut, None)]);
    assert!(store.verify()[0].text_zh.contains("已签名的检查点记有8项"));
}

#[test]
fn everything_deleted_is_named() {
    let mut store = Store::of_ten();
    store.rows.clear();
    assert_eq!(store.found(), [(FindingKind::TailCut, None)]);
}

#[test]
fn entries_beyond_the_head_are_told_apart_from_a_rewriting() {
    let mut store = Store::of_ten();
    store.head = HeadRecord {
        size: 9,
        root: root_over(&store.rows[..9]),
    };
    assert_eq!(store.found(), [(FindingKind::BeyondHead, None)]);
    store.rows[8].rewrite(|entry| entry.actor = "a8".into());
    assert_eq!(
        store.found(),
        [
            (FindingKind::HeadRootDiffers, None),
            (FindingKind::BeyondHead, None)
        ]
    );
}

#[test]
fn findings_come_in_ledger_order() {
    let mut store = Store::of_ten();
    store.rows[8].kind = "case-filed".into();
    store.rows[1].disclosures.pop();
    store.rows[5].version = 9;
    let places: Vec<_> = store.found().into_iter().filter_map(|(_, at)| at).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!([2, 6, 9].iter().all(|place| places.contains(place)));
}

#[test]
fn rows_at_the_end_of_the_numbers_do_not_crash_the_walk() {
    let mut store = Store::of_ten();
    store.rows[3].sequence = u64::MAX;
    store.rows[3].version = u64::MAX;
    store.rows[5].sequence = 0;
    assert!(
        store
            .found()
            .contains(&(FindingKind::SequenceGap, Some(u64::MAX)))
    );
}

#[test]
fn a_checkpoint_not_ours_or_altered_is_named() {
    let store = Store::of_ten();
    let key = SigningKey::from_bytes(&[3; 32]);
    let verifier = VerifierKey::new("bureau.example", key.verifying_key()).unwrap();
    let whole = sign(&store.checkpoints[0], "bureau.example", &key)
        .unwrap()
        .to_string();
    let elsewhere = Checkpoint {
        origin: "other.example".into(),
        ..store.checkpoints[0].clone()
    };
    let foreign = sign(&elsewhere, "bureau.example", &key)
        .unwrap()
        .to_string();
    let impostor = sign(
        &store.checkpoints[0],
        "bureau.example",
        &SigningKey::from_bytes(&[4; 32]),
    )
    .unwrap()
    .to_string();
    let altered = whole.replace("\n8\n", "\n7\n");
    let notes = [whole.as_str(), &foreign, &impostor, &altered, "nothing"];
    let (checkpoints, findings) = read_checkpoints(notes, "bureau.example", &verifier);
    assert_eq!(checkpoints, [store.checkpoints[0].clone()]);
    assert!(
        findings
            .iter()
            .all(|finding| finding.kind == FindingKind::CheckpointBroken)
    );
    let texts: Vec<_> = findings
        .iter()
        .map(|finding| finding.text_zh.as_str())
        .collect();
    assert_eq!(
        texts,
        [
            "第2个检查点属于另一账本“other.example”。",
            "第3个检查点没有本单位密钥的签名。",
            "第4个检查点签名不成立,内容被改动过。",
            "第5个检查点内容不成格式。",
        ]
    );
}
