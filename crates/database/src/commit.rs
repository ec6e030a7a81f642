//! What an act hands to the writer: entries, the guards that say what decide saw, and the changes
//! of registers that follow. All of it is written, or nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use ledger::digest::Sha256Digest;
use ledger::disclosure::{Disclosure, Salt};
use ledger::entry::Entry;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::entries::SealedMember;
use crate::error::DatabaseError;
use crate::rows::{
    AccountRow, BlobRow, CaseRow, ClueRow, DelegationRow, DutyRow, EvidenceRow, GrantRow, HoldRow,
    PaperRow, RegisterRow, TokenRow, ViewingRow,
};

/// One act, to be written whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// The entries, in order. The writer gives them sequence and version.
    pub entries: Vec<NewEntry>,
    /// What decide saw; checked inside the transaction, before anything is written.
    pub guards: Vec<Guard>,
    /// What follows in registers and working tables, applied in order.
    pub changes: Vec<Change>,
    /// The request's own key, so that a retry is done once.
    pub idempotency: Option<Idempotency>,
}

/// An entry before it has its place.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// The stream at home, `kind/id`.
    pub stream: String,
    /// The event (`paper-served`).
    pub kind: String,
    /// RFC 3339, or a date alone.
    pub happened_from: String,
    /// Where it lasted.
    pub happened_to: Option<String>,
    /// RFC 3339 with `+08:00`.
    pub recorded_at: String,
    /// A meaningless id of who recorded it.
    pub actor: String,
    /// The station it was recorded at.
    pub station: String,
    /// The edition of the regulation it was decided under.
    pub edition: String,
    /// The members that stand in clear in the leaf.
    pub clear: Map<String, Value>,
    /// The members that stand in the leaf as salted digests.
    pub members: Vec<NewMember>,
}

/// A member of an entry that stands in the leaf as a digest.
#[derive(Clone)]
pub enum NewMember {
    /// Kept as a plain row.
    Ordinary {
        /// The field's name.
        name: String,
        /// Sixteen random bytes.
        salt: Salt,
        /// The value; whole numbers only.
        value: Value,
    },
    /// Kept sealed; this crate never sees the value.
    Protected {
        /// The field's name.
        name: String,
        /// Digest of the disclosure, as [`Disclosure::digest`] gives it.
        digest: String,
        /// Id of the sealing key.
        key: String,
        /// The sealed disclosure.
        sealed: Vec<u8>,
    },
}

impl std::fmt::Debug for NewMember {
    // A value must not reach a log by way of a struct that is printed.
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Ordinary { name, .. } => write!(f, "Ordinary({name})"),
            Self::Protected { name, .. } => write!(f, "Protected({name})"),
        }
    }
}

/// The key under which a request is done once.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The account that asks.
    pub account: String,
    /// The key it gave.
    pub key: String,
    /// Digest of the request, so that a key used twice for different things is noticed.
    pub digest: String,
    /// When it was asked.
    pub created_us: i64,
}

/// What decide saw. A guard that no longer holds fails its commit alone.
#[derive(Debug, Clone)]
pub enum Guard {
    /// The stream is at this version; 0: it does not exist.
    StreamAt {
        /// The stream.
        stream: String,
        /// Its version.
        version: u64,
    },
    /// This number is the next of its series. Numbers begin at 1.
    NumberNext {
        /// The series.
        series: String,
        /// The number.
        number: i64,
    },
    /// The key is free. The commit takes it; [`Change::Release`] gives it back.
    Unique {
        /// What keys are unique within.
        scope: String,
        /// The key.
        key: String,
    },
    /// Between `from_us` and `to_us` (not included) the officer is occupied by nothing but `seen`.
    Occupied {
        /// The officer.
        officer: String,
        /// From when.
        from_us: i64,
        /// Until when, not included.
        to_us: i64,
        /// What decide saw: stream, from, to.
        seen: Vec<(String, i64, i64)>,
    },
    /// No hold stands on the bytes.
    NotHeld {
        /// Their digest.
        sha256: String,
    },
    /// The request was not carried out before. Implied by [`Commit::idempotency`].
    IdempotencyFree {
        /// The account that asks.
        account: String,
        /// The key it gave.
        key: String,
    },
}

/// A change of a register or working table. `entry` is the place of an entry in this commit, from
/// 0, whose sequence the row takes. Rows with `updated_sequence` take that of the last entry.
#[derive(Debug, Clone)]
pub enum Change {
    /// Writes the whole row of a case.
    PutCase(CaseRow),
    /// Writes the whole row of a clue.
    PutClue(ClueRow),
    /// Writes the whole row of a paper.
    PutPaper(PaperRow),
    /// Writes the whole row of a piece of evidence; with `entry`, its sequence is set.
    PutEvidence {
        row: EvidenceRow,
        entry: Option<usize>,
    },
    /// Puts these duties in the place of all duties of the stream.
    ReplaceDuties { stream: String, rows: Vec<DutyRow> },
    /// Adds a state to a register and marks it as the latest.
    PutRegister { row: RegisterRow, entry: usize },
    /// Takes a number; with [`Guard::NumberNext`] the series has no gap.
    TakeNumber {
        series: String,
        number: i64,
        paper: String,
        state: String,
        entry: usize,
    },
    /// Changes what became of a number (issued, void).
    SetNumberState {
        series: String,
        number: i64,
        state: String,
    },
    /// Occupies an officer's time.
    Occupy {
        officer: String,
        stream: String,
        from_us: i64,
        to_us: i64,
        entry: usize,
    },
    /// Frees what the stream occupies of the officer's time (a slip corrected the times).
    Vacate { officer: String, stream: String },
    /// Tells an outside system; a key already told stays as it is.
    Outbox {
        kind: String,
        key: String,
        payload: String,
        created_us: i64,
    },
    /// Enqueues work; the same key enqueued again runs again.
    Job {
        kind: String,
        key: String,
        payload: String,
        run_after_us: i64,
    },
    /// Marks work as done in the same transaction as its outcome.
    FinishJob {
        kind: String,
        key: String,
        at_us: i64,
    },
    /// Puts a text into the search index in place of what the document had.
    Search {
        doc: String,
        scope: String,
        text: String,
    },
    /// Takes a document out of the search index.
    Unsearch { doc: String },
    /// Writes the whole row of a grant.
    PutGrant(GrantRow),
    /// Writes the whole row of a viewing.
    PutViewing(ViewingRow),
    /// Names bytes that lie in the vault.
    ClaimBlob { row: BlobRow, entry: usize },
    /// Links one stream to another.
    Link {
        from_stream: String,
        to_stream: String,
        kind: String,
        entry: usize,
    },
    /// Writes the whole row of a delegation.
    PutDelegation(DelegationRow),
    /// Places a hold, or lifts it when `lifted_us` is set.
    PutHold(HoldRow),
    /// Writes the whole row of an account.
    PutAccount(AccountRow),
    /// Writes the whole row of a key to the programming interface.
    PutToken(TokenRow),
    /// Gives a unique key back.
    Release { scope: String, key: String },
    /// Drops a draft that was submitted.
    DropDraft { id: String },
    /// Puts sealed members in the place of the open ones: their digests in the leaf are the same.
    Seal {
        sequence: u64,
        members: Vec<SealedMember>,
    },
    /// Removes every state of one thing from a register; its entries stay.
    DropRegister { register: String, id: String },
    /// Removes a message to an outside system, sent or not.
    DropOutbox { kind: String, key: String },
    /// Says of claimed bytes that they stand sealed under another digest.
    MoveBlob { sha256: String, stream: String },
}

/// What a caller keeps of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Sequence of the first entry; the ledger's size when the commit had none.
    pub first_sequence: u64,
    /// One for each entry, in order.
    pub entries: Vec<EntryReceipt>,
}

/// The place of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryReceipt {
    /// Place in the ledger, from 1.
    pub sequence: u64,
    /// Place in the stream, from 1.
    pub version: u64,
    /// Hash of the leaf in the Merkle tree.
    pub leaf_hash: Sha256Digest,
}

/// A commit whose disclosures are made, so that the writer only places and hashes.
pub(crate) struct Prepared {
    pub entries: Vec<PreparedEntry>,
    pub guards: Vec<Guard>,
    pub changes: Vec<Change>,
    pub idempotency: Option<Idempotency>,
}

pub(crate) struct PreparedEntry {
    /// Sequence and version still 0.
    pub entry: Entry,
    pub recorded_us: i64,
    /// JSON `{name: [salt, value]}`.
    pub ordinary: String,
    pub sealed: Vec<(String, String, String, Vec<u8>)>,
}

impl Prepared {
    /// Makes disclosures and checks what can be checked without the database.
    pub fn new(commit: Commit) -> Result<Self, DatabaseError> {
        let Commit {
            entries,
            mut guards,
            changes,
            idempotency,
        } = commit;
        if let Some(Idempotency { account, key, .. }) = &idempotency {
            guards.push(Guard::IdempotencyFree {
                account: account.clone(),
                key: key.clone(),
            });
        }
        let count = entries.len();
        if changes
            .iter()
            .filter_map(Change::entry)
            .any(|entry| entry >= count)
        {
            return Err(DatabaseError::Malformed(
                "a change names an entry the commit does not have",
            ));
        }
        let entries = entries
            .into_iter()
            .map(PreparedEntry::new)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            entries,
            guards,
            changes,
            idempotency,
        })
    }
}

impl PreparedEntry {
    fn new(new: NewEntry) -> Result<Self, DatabaseError> {
        let recorded: jiff::Timestamp = new
            .recorded_at
            .parse()
            .map_err(|_| DatabaseError::Malformed("recorded_at is not RFC 3339 with an offset"))?;
        let mut names = BTreeSet::new();
        let mut sd = Vec::with_capacity(new.members.len());
        let mut ordinary = Map::new();
        let mut sealed = Vec::new();
        for member in new.members {
            let name = match &member {
                NewMember::Ordinary { name, .. } | NewMember::Protected { name, .. } => {
                    name.clone()
                }
            };
            if new.clear.contains_key(&name) || !names.insert(name.clone()) {
                return Err(DatabaseError::Entry(Arc::new(
                    ledger::entry::EntryError::MemberTwice(name),
                )));
            }
            match member {
                NewMember::Ordinary { name, salt, value } => {
                    let disclosure = Disclosure::new(salt, &name, value)
                        .map_err(|error| DatabaseError::Disclosure(Arc::new(error)))?;
                    sd.push(disclosure.digest());
                    let pair = vec![salt.to_string().into(), disclosure.value().clone()];
                    ordinary.insert(name, Value::Array(pair));
                }
                NewMember::Protected {
                    name,
                    digest,
                    key,
                    sealed: bytes,
                } => {
                    sd.push(digest.clone());
                    sealed.push((name, key, digest, bytes));
                }
            }
        }
        sd.sort_unstable();
        Ok(Self {
            entry: Entry {
                sequence: 0,
                stream: new.stream,
                version: 0,
                kind: new.kind,
                happened_from: new.happened_from,
                happened_to: new.happened_to,
                recorded_at: new.recorded_at,
                actor: new.actor,
                station: new.station,
                edition: new.edition,
                clear: new.clear,
                sd,
            },
            recorded_us: recorded.as_microsecond(),
            ordinary: Value::Object(ordinary).to_string(),
            sealed,
        })
    }
}

impl Change {
    fn entry(&self) -> Option<usize> {
        match self {
            Self::PutRegister { entry, .. }
            | Self::TakeNumber { entry, .. }
            | Self::Occupy { entry, .. }
            | Self::ClaimBlob { entry, .. }
            | Self::Link { entry, .. } => Some(*entry),
            Self::PutEvidence { entry, .. } => *entry,
            _ => None,
        }
    }
}
