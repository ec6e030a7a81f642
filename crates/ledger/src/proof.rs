//! Proofs over the tree (RFC 6962, 2.1.1 and 2.1.2; RFC 9162, 2.1.3 and
//! 2.1.4): that a leaf stands in a tree, and that one tree continues another.
//!
//! Provers read complete nodes from a [`NodeSource`]; verifiers need nothing
//! but the proof.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::convert::Infallible;

use crate::tree::{EMPTY_ROOT, Hash, node_hash};

/// Where a prover finds the complete nodes of the tree.
pub trait NodeSource {
    /// Why a node cannot be had.
    type Error;

    /// The hash of the node over leaves `index * 2^level` up to, not
    /// including, `(index + 1) * 2^level`. Asked only for complete nodes.
    ///
    /// # Errors
    ///
    /// The source's own.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// Why a proof cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// The leaf or the older tree is not inside the tree.
    #[error("the tree is too small for the proof asked for")]
    OutOfRange,
    /// The source failed.
    #[error("a node of the tree cannot be read")]
    Source(#[source] E),
}

/// A proof that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct BrokenProof;

/// The proof that the leaf at `index` (from 0) stands in the tree of `size`
/// leaves, lowest sibling first.
///
/// # Errors
///
/// `index` not below `size`, or the source's.
pub fn inclusion_proof<S: NodeSource>(
    index: u64,
    size: u64,
    source: &S,
) -> Result<Vec<Hash>, ProveError<S::Error>> {
    if index >= size {
        return Err(ProveError::OutOfRange);
    }
    // Walk down from the root; siblings come out highest first.
    let mut proof = Vec::new();
    let (mut first, mut count) = (0, size);
    while count > 1 {
        let left = split(count);
        if index - first < left {
            proof.push(range_hash(first + left, count - left, source)?);
            count = left;
        } else {
            proof.push(range_hash(first, left, source)?);
            (first, count) = (first + left, count - left);
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `new` leaves continues the tree of `old`
/// leaves; empty when `old` is 0 or equal to `new`.
///
/// # Errors
///
/// `old` above `new`, or the source's.
pub fn consistency_proof<S: NodeSource>(
    old: u64,
    new: u64,
    source: &S,
) -> Result<Vec<Hash>, ProveError<S::Error>> {
    if old > new {
        return Err(ProveError::OutOfRange);
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut proof = Vec::new();
    let (mut first, mut count) = (0, new);
    // Down to the subtree in which the older tree ends.
    while first + count != old {
        let left = split(count);
        if old - first <= left {
            proof.push(range_hash(first + left, count - left, source)?);
            count = left;
        } else {
            proof.push(range_hash(first, left, source)?);
            (first, count) = (first + left, count - left);
        }
    }
    if first > 0 {
        // The older root is known to the verifier; a part of it is not.
        proof.push(range_hash(first, count, source)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks an inclusion proof (RFC 9162, 2.1.3.2).
///
/// # Errors
///
/// [`BrokenProof`].
pub fn verify_inclusion(
    leaf_hash: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), BrokenProof> {
    if index >= size {
        return Err(BrokenProof);
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf_hash);
    for sibling in proof {
        if last == 0 {
            return Err(BrokenProof);
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node % 2 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last == 0 && hash == *root {
        Ok(())
    } else {
        Err(BrokenProof)
    }
}

/// Checks a consistency proof (RFC 9162, 2.1.4.2). Every tree continues the
/// empty one, with an empty proof.
///
/// # Errors
///
/// [`BrokenProof`].
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), BrokenProof> {
    let holds = |holds: bool| if holds { Ok(()) } else { Err(BrokenProof) };
    if old == new {
        return holds(proof.is_empty() && old_root == new_root);
    }
    if old == 0 {
        return holds(proof.is_empty() && *old_root == EMPTY_ROOT);
    }
    if old > new {
        return Err(BrokenProof);
    }
    let (start, rest) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(BrokenProof)?
    };
    let shift = (old - 1).trailing_ones();
    let (mut node, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    let (mut old_hash, mut new_hash) = (*start, *start);
    for sibling in rest {
        if last == 0 {
            return Err(BrokenProof);
        }
        if node % 2 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node % 2 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    holds(last == 0 && old_hash == *old_root && new_hash == *new_root)
}

/// Neighbouring hashes of a stored level (0, 8, 16 …), as a store reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashRange {
    /// The level, a multiple of 8; 0 are the leaf hashes.
    pub level: u8,
    /// The index of the first hash in its level.
    pub first: u64,
    /// How many hashes, from 1 to 128.
    pub count: u64,
}

/// A source over a store that keeps only the levels that are multiples of 8,
/// as tiles do; the nodes between are computed.
pub struct StoredLevels<F> {
    read: F,
}

/// Why a stored level gives no node.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredError<E> {
    /// The store failed.
    #[error("stored hashes cannot be read")]
    Read(#[source] E),
    /// The store holds another number of hashes than asked for.
    #[error("stored hashes are missing: {0:?}")]
    Missing(HashRange),
}

impl<E, F: Fn(HashRange) -> Result<Vec<Hash>, E>> StoredLevels<F> {
    /// A source that reads ranges of stored hashes with `read`.
    pub fn new(read: F) -> Self {
        Self { read }
    }
}

impl<E, F: Fn(HashRange) -> Result<Vec<Hash>, E>> NodeSource for StoredLevels<F> {
    type Error = StoredError<E>;

    fn node(&self, level: u8, index: u64) -> Result<Hash, StoredError<E>> {
        let range = stored_range(level, index);
        let mut hashes = (self.read)(range).map_err(StoredError::Read)?;
        if hashes.len() as u64 != range.count {
            return Err(StoredError::Missing(range));
        }
        while hashes.len() > 1 {
            hashes = hashes
                .as_chunks::<2>()
                .0
                .iter()
                .map(|[left, right]| node_hash(left, right))
                .collect();
        }
        hashes.first().copied().ok_or(StoredError::Missing(range))
    }
}

/// What [`StoredLevels`] will read for an inclusion proof, so that a caller
/// can fetch it beforehand.
///
/// # Errors
///
/// As [`inclusion_proof`].
pub fn ranges_for_inclusion(
    index: u64,
    size: u64,
) -> Result<BTreeSet<HashRange>, ProveError<Infallible>> {
    let noted = NotedRanges::default();
    inclusion_proof(index, size, &noted)?;
    Ok(noted.0.into_inner())
}

/// What [`StoredLevels`] will read for a consistency proof.
///
/// # Errors
///
/// As [`consistency_proof`].
pub fn ranges_for_consistency(
    old: u64,
    new: u64,
) -> Result<BTreeSet<HashRange>, ProveError<Infallible>> {
    let noted = NotedRanges::default();
    consistency_proof(old, new, &noted)?;
    Ok(noted.0.into_inner())
}

/// Notes what is asked for; which nodes a proof needs does not depend on
/// their hashes.
#[derive(Default)]
struct NotedRanges(RefCell<BTreeSet<HashRange>>);

impl NodeSource for NotedRanges {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        self.0.borrow_mut().insert(stored_range(level, index));
        Ok(EMPTY_ROOT)
    }
}

fn stored_range(level: u8, index: u64) -> HashRange {
    let above = level % 8;
    HashRange {
        level: level - above,
        first: index << above,
        count: 1 << above,
    }
}

/// The largest power of two below `count` (RFC 6962, 2.1); `count` is above 1.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The root of the leaves from `first`, a subtree of the tree or its right
/// border: complete subtrees from left to right, folded from the right.
fn range_hash<S: NodeSource>(
    first: u64,
    count: u64,
    source: &S,
) -> Result<Hash, ProveError<S::Error>> {
    if count.is_power_of_two() {
        let level = count.trailing_zeros() as u8;
        return source
            .node(level, first >> level)
            .map_err(ProveError::Source);
    }
    let left = split(count);
    Ok(node_hash(
        &range_hash(first, left, source)?,
        &range_hash(first + left, count - left, source)?,
    ))
}
