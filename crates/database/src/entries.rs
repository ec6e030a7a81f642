//! Entries as they are read back, and what opens them.

use ledger::disclosure::{Disclosure, Salt};
use serde_json::{Map, Value};

/// An entry with everything stored beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEntry {
    /// Place in the ledger, from 1.
    pub sequence: u64,
    /// The stream at home.
    pub stream: String,
    /// Place in the stream, from 1.
    pub version: u64,
    /// The event.
    pub kind: String,
    /// When it was recorded.
    pub recorded_us: i64,
    /// The canonical leaf; [`ledger::entry::Entry::from_leaf`] reads it.
    pub leaf: String,
    /// Its hash in the tree.
    pub leaf_hash: [u8; 32],
    /// JSON `{name: [salt, value]}` of the ordinary members still there.
    pub ordinary: String,
    /// The protected members still there.
    pub sealed: Vec<SealedMember>,
}

/// A protected member, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedMember {
    /// The field's name.
    pub name: String,
    /// Id of the sealing key.
    pub key: String,
    /// Digest of the disclosure, as the leaf names it.
    pub digest: String,
    /// The sealed disclosure.
    pub sealed: Vec<u8>,
}

impl StoredEntry {
    /// The ordinary members and their values; those whose row is unreadable are left out, and
    /// verification names them.
    pub fn values(&self) -> Map<String, Value> {
        let members: Map<String, Value> = serde_json::from_str(&self.ordinary).unwrap_or_default();
        members
            .into_iter()
            .filter_map(|(name, pair)| match pair {
                Value::Array(pair) => pair.into_iter().nth(1).map(|value| (name, value)),
                _ => None,
            })
            .collect()
    }

    /// The disclosures of the ordinary members, as verification compares them with the leaf.
    pub fn disclosures(&self) -> Vec<Disclosure> {
        let members: Map<String, Value> = serde_json::from_str(&self.ordinary).unwrap_or_default();
        members
            .into_iter()
            .filter_map(|(name, pair)| {
                let Value::Array(pair) = pair else {
                    return None;
                };
                let [salt, value] = <[Value; 2]>::try_from(pair).ok()?;
                let salt: Salt = salt.as_str()?.parse().ok()?;
                Disclosure::new(salt, name, value).ok()
            })
            .collect()
    }
}
