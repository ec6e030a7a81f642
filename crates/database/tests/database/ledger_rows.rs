//! The ledger's rows: entries come back as they went in, prove themselves, only grow, and take
//! values under seal without losing the proof.

use std::collections::BTreeSet;

use database::{Change, NewMember, SealedMember};
use ledger::disclosure::{Disclosure, Salt};
use ledger::entry::Entry;
use ledger::tree::{leaf_hash, root_of};
use serde_json::json;

use crate::office::{Place, act, entry, story, with};

fn report() -> database::Commit {
    let mut reported = entry("clue/1", "clue-registered");
    reported.clear.insert("article".into(), json!("本制度30"));
    reported.members.push(NewMember::Protected {
        name: "informant".into(),
        digest: Disclosure::new(Salt([9; 16]), "informant", json!("某甲"))
            .unwrap()
            .digest(),
        key: "informant/1".into(),
        sealed: vec![0xde, 0xad, 0xbe, 0xef],
    });
    act(reported)
}

story!(an_entry_comes_back_as_it_went_in);
async fn an_entry_comes_back_as_it_went_in(place: Place) {
    let database = place.open().await;
    let receipt = database.commit(report()).await.unwrap();
    let stored = database.entries_of("clue/1").await.unwrap().pop().unwrap();
    assert_eq!(
        (stored.sequence, stored.version, stored.kind.as_str()),
        (1, 1, "clue-registered")
    );
    assert_eq!(stored.leaf_hash, receipt.entries[0].leaf_hash.0);
    assert_eq!(leaf_hash(stored.leaf.as_bytes()), stored.leaf_hash);
    // 10:00 in Shanghai is 02:00 in UTC; `date -u -d 2026-11-23T02:00:00Z +%s`.
    assert_eq!(stored.recorded_us, 1_795_399_200_000_000);
    let leaf = Entry::from_leaf(stored.leaf.as_bytes()).unwrap();
    assert_eq!(leaf.clear.get("article"), Some(&json!("本制度30")));
    assert_eq!(leaf.sd.len(), 2);
    assert_eq!(
        stored.values().get("place"),
        Some(&json!("虚构区演示路1号"))
    );
    assert!(
        stored
            .disclosures()
            .iter()
            .all(|disclosure| leaf.discloses(disclosure))
    );
    assert_eq!(stored.disclosures().len(), 1);
    assert!(leaf.sd.contains(&stored.sealed[0].digest));
    assert_eq!(stored.sealed[0].sealed, [0xde, 0xad, 0xbe, 0xef]);
    assert!(!stored.leaf.contains("演示路") && !stored.leaf.contains("informant"));
}

story!(a_value_sealed_later_stands_sealed_under_the_digest_it_had);
async fn a_value_sealed_later_stands_sealed_under_the_digest_it_had(place: Place) {
    let database = place.open().await;
    database.commit(report()).await.unwrap();
    let before = database.entries_of("clue/1").await.unwrap().pop().unwrap();
    let open = before.disclosures().swap_remove(0);
    assert_eq!(open.name(), "place");
    let member = SealedMember {
        name: "place".into(),
        key: "case:clue/1".into(),
        digest: open.digest(),
        sealed: vec![1, 2, 3],
    };
    let seal = Change::Seal {
        sequence: 1,
        members: vec![member.clone()],
    };
    database
        .commit(with(act(entry("clue/1", "protection-raised")), seal))
        .await
        .unwrap();
    let after = database.entries_of("clue/1").await.unwrap().swap_remove(0);
    assert_eq!(
        (&after.leaf, after.leaf_hash),
        (&before.leaf, before.leaf_hash)
    );
    assert_eq!(after.ordinary, "{}");
    assert_eq!(after.sealed.len(), before.sealed.len() + 1);
    assert!(after.sealed.contains(&member));
    database.close().await;
    assert_eq!(place.open().await.rolled_back(), None);
}

story!(entries_prove_themselves_across_subtrees);
async fn entries_prove_themselves_across_subtrees(place: Place) {
    let database = place.open().await;
    // More than one complete subtree of 256 and a remainder, in batches of many sizes.
    let mut written = 0;
    for size in [1, 7, 120, 200, 256, 29] {
        let acts = (0..size).map(|at| {
            database.commit(act(entry(
                &format!("case/{}", (written + at) % 13),
                "note-added",
            )))
        });
        for outcome in futures_util::future::join_all(acts).await {
            outcome.unwrap();
        }
        written += size;
    }
    assert_eq!(database.head().size, 613);
    let entries = database.entries_after(0, 1_000).await.unwrap();
    let hashes: Vec<_> = entries
        .iter()
        .map(|entry| leaf_hash(entry.leaf.as_bytes()))
        .collect();
    assert_eq!(root_of(&hashes), database.head().root);
    for size in [1, 255, 256, 257, 512, 600, 613] {
        assert_eq!(
            database.root_at(size as u64).await.unwrap(),
            root_of(&hashes[..size]),
            "{size}"
        );
    }
    for sequence in [1, 2, 256, 257, 500, 613] {
        let proof = database.inclusion_proof(sequence, 613).await.unwrap();
        let leaf = &hashes[sequence as usize - 1];
        ledger::proof::verify_inclusion(leaf, sequence - 1, 613, &proof, &database.head().root)
            .unwrap();
    }
    let proof = database.consistency_proof(300, 613).await.unwrap();
    ledger::proof::verify_consistency(
        300,
        &root_of(&hashes[..300]),
        613,
        &database.head().root,
        &proof,
    )
    .unwrap();
    assert!(database.inclusion_proof(614, 613).await.is_err());
    assert!(database.inclusion_proof(0, 613).await.is_err());
    let streams: BTreeSet<_> = entries
        .iter()
        .map(|entry| (&entry.stream, entry.version))
        .collect();
    assert_eq!(streams.len(), 613, "a stream gave one version twice");
    let page = database.entries_after(610, 10).await.unwrap();
    assert_eq!(
        page.iter().map(|entry| entry.sequence).collect::<Vec<_>>(),
        [611, 612, 613]
    );
}

story!(the_ledger_refuses_to_be_edited);
async fn the_ledger_refuses_to_be_edited(place: Place) {
    let database = place.open().await;
    let acts = (0..256).map(|at| database.commit(act(entry(&format!("case/{at}"), "case-filed"))));
    for outcome in futures_util::future::join_all(acts).await {
        outcome.unwrap();
    }
    let mut edits = vec![
        "UPDATE entries SET kind = 'case-closed' WHERE sequence = 1",
        "DELETE FROM entries WHERE sequence = 256",
        "UPDATE tree_nodes SET idx = 7",
        "DELETE FROM tree_nodes",
    ];
    if !place.is_sqlite() {
        edits.push("TRUNCATE entries CASCADE");
        edits.push("TRUNCATE tree_nodes");
    }
    for edit in edits {
        let refusal = place.tamper(edit).await.unwrap_err().to_string();
        assert!(
            refusal.contains("the ledger only grows"),
            "{edit}: {refusal}"
        );
    }
    assert_eq!(database.entries_after(0, 1_000).await.unwrap().len(), 256);
}
