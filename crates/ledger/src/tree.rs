//! The Merkle tree (RFC 6962, 2.1; RFC 9162, 2.1): hashes of leaves and
//! nodes, and the frontier from which a writer appends without reading back.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The hash of a leaf or a node (SHA-256, prefixed as RFC 6962 says).
pub type Hash = [u8; 32];

/// The largest tree, in leaves: sizes stay exact as JSON numbers.
pub const SIZE_MAX: u64 = (1 << 53) - 1;

/// The root of the empty tree: SHA-256 of no bytes.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
    0x24, //
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The hash of a leaf: SHA-256 of 0x00 and its bytes.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(leaf)
        .finalize()
        .into()
}

/// The hash of a node: SHA-256 of 0x01 and its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    Sha256::digest(bytes).into()
}

/// The root of a tree of these leaf hashes.
pub fn root_of(leaf_hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    frontier.append_many(leaf_hashes, |_, _, _| ());
    frontier.root()
}

/// The right border of a tree: one hash for each complete subtree, the
/// largest first. It is all a writer needs to append and to know the root.
///
/// As text: the size, a colon, the hashes in hex.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

/// A text that is no frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a frontier: the size, a colon, and one hash in hex for each complete subtree")]
pub struct FrontierTextError;

impl Frontier {
    /// Appends one leaf. `completed` is told every node that this leaf
    /// completes, from the leaf itself upwards: its level (a node of level
    /// `l` stands over 2^l leaves), its index in the level, and its hash.
    /// A writer that keeps tiles stores levels that are multiples of 8.
    pub fn append(&mut self, leaf_hash: Hash, mut completed: impl FnMut(u8, u64, &Hash)) {
        let mut hash = leaf_hash;
        let mut index = self.size;
        let mut level = 0;
        completed(level, index, &hash);
        while index % 2 == 1 {
            // An odd index has a complete left sibling, the last of the list.
            let Some(left) = self.subtrees.pop() else {
                break;
            };
            hash = node_hash(&left, &hash);
            index /= 2;
            level += 1;
            completed(level, index, &hash);
        }
        self.subtrees.push(hash);
        self.size += 1;
    }

    /// Appends leaves in order; see [`Self::append`].
    pub fn append_many<'a>(
        &mut self,
        leaf_hashes: impl IntoIterator<Item = &'a Hash>,
        mut completed: impl FnMut(u8, u64, &Hash),
    ) {
        for leaf_hash in leaf_hashes {
            self.append(*leaf_hash, &mut completed);
        }
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Hash {
        let mut subtrees = self.subtrees.iter().rev();
        match subtrees.next() {
            None => EMPTY_ROOT,
            Some(last) => subtrees.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl fmt::Display for Frontier {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:", self.size)?;
        f.write_str(&hex::encode(self.subtrees.as_flattened()))
    }
}

impl FromStr for Frontier {
    type Err = FrontierTextError;

    fn from_str(text: &str) -> Result<Self, FrontierTextError> {
        let (size, hashes) = text.split_once(':').ok_or(FrontierTextError)?;
        let size: u64 = size.parse().map_err(|_| FrontierTextError)?;
        let bytes = hex::decode(hashes).map_err(|_| FrontierTextError)?;
        let (subtrees, rest) = bytes.as_chunks::<32>();
        if size > SIZE_MAX || !rest.is_empty() || subtrees.len() != size.count_ones() as usize {
            return Err(FrontierTextError);
        }
        let frontier = Self {
            size,
            subtrees: subtrees.to_vec(),
        };
        // One frontier has one text: heads are compared and authenticated.
        if frontier.to_string() == text {
            Ok(frontier)
        } else {
            Err(FrontierTextError)
        }
    }
}

impl Serialize for Frontier {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Frontier {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        String::deserialize(reader)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
