//! The rows only this crate writes: the ledger's own tables and the indexes drawn from registers.

use ledger::entry::Entry;
use ledger::tree::leaf_hash;

use crate::record::{hexadecimal, record};

record! {
    pub struct HeadRow in "head" key(id) {
        pub id: i64,
        pub size: i64,
        #[serde(with = "hexadecimal")]
        pub root: Vec<u8>,
        pub frontier: String,
    }
}

record! {
    pub struct EntryRow in "entries" key(sequence) {
        pub sequence: i64,
        pub stream: String,
        pub version: i64,
        pub kind: String,
        pub recorded_us: i64,
        pub leaf: String,
        #[serde(with = "hexadecimal")]
        pub leaf_hash: Vec<u8>,
    }
}

impl EntryRow {
    /// Whether hash and columns say what the leaf says. A column nobody hashes could otherwise be
    /// changed without the tree noticing.
    pub fn is_what_its_leaf_says(&self) -> bool {
        let Ok(entry) = Entry::from_leaf(self.leaf.as_bytes()) else {
            return false;
        };
        let recorded = entry.recorded_at.parse::<jiff::Timestamp>();
        leaf_hash(self.leaf.as_bytes())[..] == self.leaf_hash
            && entry.sequence == self.sequence as u64
            && entry.stream == self.stream
            && entry.version == self.version as u64
            && entry.kind == self.kind
            && recorded.is_ok_and(|recorded| recorded.as_microsecond() == self.recorded_us)
    }
}

record! {
    pub struct ValuesRow in "entry_values" key(sequence) {
        pub sequence: i64,
        pub ordinary: String,
    }
}

record! {
    pub struct SealedRow in "entry_sealed" key(sequence, name) {
        pub sequence: i64,
        pub name: String,
        pub key: String,
        pub digest: String,
        #[serde(with = "hexadecimal")]
        pub sealed: Vec<u8>,
    }
}

record! {
    pub struct NodeRow in "tree_nodes" key(level, idx) {
        pub level: i64,
        pub idx: i64,
        #[serde(with = "hexadecimal")]
        pub hash: Vec<u8>,
    }
}

record! {
    pub struct StreamRow in "streams" key(stream) {
        pub stream: String,
        pub version: i64,
        pub updated_sequence: i64,
    }
}

record! {
    pub struct IdempotencyRow in "idempotency" key(account, key) {
        pub account: String,
        pub key: String,
        pub digest: String,
        pub receipt: String,
        pub created_us: i64,
    }
}

record! {
    pub struct UniqueRow in "uniques" key(scope, key) {
        pub scope: String,
        pub key: String,
        pub sequence: i64,
    }
}

record! {
    pub struct SeriesRow in "number_series" key(series) {
        pub series: String,
        pub last: i64,
    }
}

record! {
    pub struct PersonRow in "people" key(who, kind, id) {
        pub who: String,
        pub kind: String,
        pub id: String,
    }
}

record! {
    pub struct DutyPersonRow in "duty_people" key(who, stream, rule, subject) {
        pub who: String,
        pub stream: String,
        pub rule: String,
        pub subject: String,
    }
}

record! {
    pub struct SearchRow in "search_docs" key(id) {
        pub id: i64,
        pub doc: String,
        pub scope: String,
        pub part: i64,
        pub text: String,
    }
}

record! {
    pub struct FailureRow in "sign_in_failures" key(account, ip, at_us) {
        pub account: String,
        pub ip: String,
        pub at_us: i64,
    }
}
