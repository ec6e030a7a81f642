//! The tree against the vectors of the Certificate Transparency reference
//! implementation and against the port of Go's `sumdb/tlog`.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use ledger::proof::{
    BrokenProof, HashRange, NodeSource, ProveError, StoredError, StoredLevels, consistency_proof,
    inclusion_proof, ranges_for_consistency, ranges_for_inclusion, verify_consistency,
    verify_inclusion,
};
use ledger::tree::{EMPTY_ROOT, Frontier, Hash, leaf_hash, root_of};
use proptest::prelude::*;
use tlog_tiles::HashReader;

const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hash(hex: &str) -> Hash {
    hex::decode(hex).unwrap().try_into().unwrap()
}

fn published_leaf_hashes() -> Vec<Hash> {
    LEAVES
        .iter()
        .map(|leaf| leaf_hash(&hex::decode(leaf).unwrap()))
        .collect()
}

/// Every complete node of a tree, as `append` reported it.
struct AllNodes {
    nodes: HashMap<(u8, u64), Hash>,
    frontier: Frontier,
}

impl AllNodes {
    fn over(leaf_hashes: &[Hash]) -> Self {
        let mut nodes = HashMap::new();
        let mut frontier = Frontier::default();
        frontier.append_many(leaf_hashes, |level, index, hash| {
            assert_eq!(
                nodes.insert((level, index), *hash),
                None,
                "a node is reported once"
            );
        });
        Self { nodes, frontier }
    }

    /// What a store of every eighth level holds.
    fn stored(&self, range: HashRange) -> Result<Vec<Hash>, Infallible> {
        assert_eq!(range.level % 8, 0, "only every eighth level is stored");
        assert!((1..=128).contains(&range.count));
        assert_eq!(
            range.first / 256,
            (range.first + range.count - 1) / 256,
            "one range lies in one tile"
        );
        Ok((range.first..range.first + range.count)
            .filter_map(|index| self.nodes.get(&(range.level, index)).copied())
            .collect())
    }
}

impl NodeSource for AllNodes {
    type Error = (u8, u64);

    fn node(&self, level: u8, index: u64) -> Result<Hash, (u8, u64)> {
        self.nodes
            .get(&(level, index))
            .copied()
            .ok_or((level, index))
    }
}

/// The same nodes for the other implementation.
impl HashReader for AllNodes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes
            .iter()
            .map(|index| {
                let (level, n) = tlog_tiles::split_stored_hash_index(*index);
                tlog_tiles::Hash(self.nodes[&(level, n)])
            })
            .collect())
    }
}

fn theirs(proof: &[Hash]) -> Vec<tlog_tiles::Hash> {
    proof.iter().map(|hash| tlog_tiles::Hash(*hash)).collect()
}

fn numbered(count: u64) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

#[test]
fn roots_are_the_published_ones() {
    let leaf_hashes = published_leaf_hashes();
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(root_of(&leaf_hashes[..size]), hash(root), "size {size}");
    }
    assert_eq!(EMPTY_ROOT, hash(ROOTS[0]));
}

#[test]
fn proofs_are_the_published_ones() {
    let nodes = AllNodes::over(&published_leaf_hashes());
    let proof_of_first = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    .map(hash);
    let proof_of_sixth = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    .map(hash);
    let from_six_to_eight = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    .map(hash);
    let from_two_to_five = [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]
    .map(hash);
    assert_eq!(inclusion_proof(0, 8, &nodes).unwrap(), proof_of_first);
    assert_eq!(inclusion_proof(5, 8, &nodes).unwrap(), proof_of_sixth);
    assert_eq!(consistency_proof(1, 8, &nodes).unwrap(), proof_of_first);
    assert_eq!(consistency_proof(6, 8, &nodes).unwrap(), from_six_to_eight);
    assert_eq!(consistency_proof(2, 5, &nodes).unwrap(), from_two_to_five);
    verify_inclusion(&leaf_hash(b"@ABC"), 5, 8, &proof_of_sixth, &hash(ROOTS[8])).unwrap();
    verify_consistency(6, &hash(ROOTS[6]), 8, &hash(ROOTS[8]), &from_six_to_eight).unwrap();
    verify_consistency(2, &hash(ROOTS[2]), 5, &hash(ROOTS[5]), &from_two_to_five).unwrap();
}

#[test]
fn every_proof_of_a_small_tree_is_the_one_the_go_port_makes() {
    let leaf_hashes = numbered(40);
    let nodes = AllNodes::over(&leaf_hashes);
    for size in 1..=40 {
        let root = root_of(&leaf_hashes[..size as usize]);
        assert_eq!(tlog_tiles::tree_hash(size, &nodes).unwrap().0, root);
        for index in 0..size {
            let proof = inclusion_proof(index, size, &nodes).unwrap();
            assert!(theirs(&proof) == tlog_tiles::prove_record(size, index, &nodes).unwrap());
            verify_inclusion(&leaf_hashes[index as usize], index, size, &proof, &root).unwrap();
        }
        for old in 1..=size {
            let old_root = root_of(&leaf_hashes[..old as usize]);
            let proof = consistency_proof(old, size, &nodes).unwrap();
            assert!(
                theirs(&proof) == tlog_tiles::prove_tree(size, old, &nodes).unwrap(),
                "{old} {size}"
            );
            verify_consistency(old, &old_root, size, &root, &proof).unwrap();
        }
    }
}

#[test]
fn a_store_of_every_eighth_level_proves_the_same_over_many_tiles() {
    let leaf_hashes = numbered(70_000);
    let nodes = AllNodes::over(&leaf_hashes);
    let size = 70_000;
    let root = nodes.frontier.root();
    assert_eq!(tlog_tiles::tree_hash(size, &nodes).unwrap().0, root);
    for index in [0, 1, 255, 256, 4_095, 65_535, 65_536, 69_887, 69_999] {
        // What is announced beforehand is all that is read.
        let fetched: BTreeMap<_, _> = ranges_for_inclusion(index, size)
            .unwrap()
            .into_iter()
            .map(|range| (range, nodes.stored(range).unwrap()))
            .collect();
        let read = RefCell::new(0);
        let source = StoredLevels::new(|range: HashRange| {
            *read.borrow_mut() += 1;
            fetched.get(&range).cloned().ok_or("not announced")
        });
        let proof = inclusion_proof(index, size, &source).unwrap();
        assert!(read.into_inner() >= fetched.len());
        assert!(theirs(&proof) == tlog_tiles::prove_record(size, index, &nodes).unwrap());
    }
    for old in [1, 255, 256, 257, 65_536, 65_537, 69_999] {
        let fetched: BTreeMap<_, _> = ranges_for_consistency(old, size)
            .unwrap()
            .into_iter()
            .map(|range| (range, nodes.stored(range).unwrap()))
            .collect();
        let source = StoredLevels::new(|range: HashRange| {
            fetched.get(&range).cloned().ok_or("not announced")
        });
        let proof = consistency_proof(old, size, &source).unwrap();
        assert!(theirs(&proof) == tlog_tiles::prove_tree(size, old, &nodes).unwrap());
    }
}

#[test]
fn a_store_that_lacks_hashes_gives_no_proof() {
    let nodes = AllNodes::over(&numbered(300));
    let lacking = StoredLevels::new(|range: HashRange| {
        nodes.stored(range).map(|hashes| hashes[1..].to_vec())
    });
    assert!(matches!(
        inclusion_proof(3, 300, &lacking),
        Err(ProveError::Source(StoredError::Missing(_)))
    ));
    assert_eq!(
        inclusion_proof(300, 300, &nodes),
        Err(ProveError::OutOfRange)
    );
    assert_eq!(
        consistency_proof(301, 300, &nodes),
        Err(ProveError::OutOfRange)
    );
}

#[test]
fn a_frontier_is_a_short_text_and_goes_on_from_it() {
    let leaf_hashes = published_leaf_hashes();
    let mut frontier = Frontier::default();
    assert_eq!(frontier.to_string(), "0:");
    for (index, leaf_hash) in leaf_hashes.iter().enumerate() {
        let text = serde_json::to_string(&frontier).unwrap();
        frontier = serde_json::from_str(&text).unwrap();
        frontier.append(*leaf_hash, |_, _, _| ());
        assert_eq!(frontier.root(), hash(ROOTS[index + 1]));
        assert_eq!(frontier.size(), index as u64 + 1);
    }
    assert_eq!(frontier.to_string(), format!("8:{}", ROOTS[8]));
    for text in [
        "",
        "8",
        "8:",
        "7:00",
        &format!("3:{}", ROOTS[1]),
        &format!("08:{}", ROOTS[8]),
        &format!("+8:{}", ROOTS[8]),
        &format!("8:{}", ROOTS[8].to_uppercase()),
        &format!("8:{}0", ROOTS[8]),
        &format!("{}:{}", u64::MAX, ROOTS[1].repeat(64)),
    ] {
        assert!(text.parse::<Frontier>().is_err(), "{text}");
    }
}

#[test]
fn each_completed_node_stands_over_its_leaves() {
    let leaf_hashes = numbered(300);
    let nodes = AllNodes::over(&leaf_hashes);
    assert_eq!(
        nodes.nodes.keys().filter(|(level, _)| *level == 8).count(),
        1
    );
    for ((level, index), node) in &nodes.nodes {
        let first = (index << level) as usize;
        assert_eq!(root_of(&leaf_hashes[first..first + (1 << level)]), *node);
    }
}

proptest! {
    #[test]
    fn proofs_hold_for_the_other_implementation_and_for_nothing_else(
        size in 1_u64..600, index_seed: u64, old_seed: u64, flipped: usize, other_seed: u64,
    ) {
        let (index, old) = (index_seed % size, 1 + old_seed % size);
        let leaf_hashes = numbered(size);
        let nodes = AllNodes::over(&leaf_hashes);
        let (root, old_root) = (nodes.frontier.root(), root_of(&leaf_hashes[..old as usize]));
        let leaf = leaf_hashes[index as usize];
        let proof = inclusion_proof(index, size, &StoredLevels::new(|range| nodes.stored(range))).unwrap();
        tlog_tiles::check_record(&theirs(&proof), size, tlog_tiles::Hash(root), index, tlog_tiles::Hash(leaf)).unwrap();
        let other = other_seed % size;
        prop_assert_eq!(verify_inclusion(&leaf, other, size, &proof, &root).is_ok(), other == index);
        prop_assert_eq!(verify_inclusion(&old_root, index, size, &proof, &root).is_ok(), old_root == leaf);
        let mut longer = proof.clone();
        longer.push(root);
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &longer, &root), Err(BrokenProof));
        if !proof.is_empty() {
            let mut broken = proof.clone();
            broken[flipped % proof.len()][flipped % 32] ^= 1;
            prop_assert_eq!(verify_inclusion(&leaf, index, size, &broken, &root), Err(BrokenProof));
            prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof[1..], &root), Err(BrokenProof));
        }
        let proof = consistency_proof(old, size, &StoredLevels::new(|range| nodes.stored(range))).unwrap();
        tlog_tiles::check_tree(&theirs(&proof), size, tlog_tiles::Hash(root), old, tlog_tiles::Hash(old_root)).unwrap();
        verify_consistency(old, &old_root, size, &root, &proof).unwrap();
        if old < size {
            prop_assert_eq!(verify_consistency(old, &root, size, &root, &proof), Err(BrokenProof));
            prop_assert_eq!(verify_consistency(old, &old_root, size, &old_root, &proof), Err(BrokenProof));
            prop_assert_eq!(verify_consistency(size, &root, old, &old_root, &proof), Err(BrokenProof));
            let mut broken = proof.clone();
            broken[flipped % proof.len()][flipped % 32] ^= 1;
            prop_assert_eq!(verify_consistency(old, &old_root, size, &root, &broken), Err(BrokenProof));
        }
        prop_assert!(verify_consistency(0, &EMPTY_ROOT, size, &root, &[]).is_ok());
        prop_assert!(verify_consistency(0, &root, size, &root, &[]).is_err());
    }

    #[test]
    fn no_proof_of_any_shape_makes_a_verifier_crash(
        index: u64, size: u64, new: u64, proof in prop::collection::vec(any::<[u8; 32]>(), 0..70), root: [u8; 32],
    ) {
        prop_assert!(verify_inclusion(&root, index, size, &proof, &root).is_err() || size == 1);
        prop_assert!(verify_consistency(size, &root, new, &root, &proof).is_err() || size == new);
    }
}
