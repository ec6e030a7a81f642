//! What a batch will write. Commits are placed one after the other against what the database holds
//! and what earlier commits of the batch will add; only then is anything written, in a few
//! statements for the whole batch. No SQL here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use ledger::digest::Sha256Digest;
use ledger::tree::{Frontier, Hash, leaf_hash};

use crate::commit::{Change, EntryReceipt, Guard, Prepared, Receipt};
use crate::entries::SealedMember;
use crate::error::{DatabaseError, GuardFailed};
use crate::record::Record;
use crate::rows::{
    AccountRow, BlobRow, CaseRow, ClueRow, DelegationRow, DutyRow, EvidenceRow, GrantRow, HoldRow,
    JobRow, LinkRow, NumberRow, OccupationRow, OutboxRow, PaperRow, RegisterRow, TokenRow,
    ViewingRow,
};
use crate::tables::{EntryRow, IdempotencyRow, NodeRow, SealedRow, StreamRow, ValuesRow};

/// What the guards of a batch ask about, as the database answers, kept up to date as commits are
/// placed.
#[derive(Default)]
pub(crate) struct Seen {
    pub versions: HashMap<String, i64>,
    pub last_numbers: HashMap<String, i64>,
    pub taken: HashSet<(String, String)>,
    pub occupied: HashMap<String, Vec<(String, i64, i64)>>,
    pub held: HashSet<String>,
    pub done: HashSet<(String, String)>,
}

/// What a batch needs to know before it is placed.
#[derive(Default)]
pub(crate) struct Questions {
    pub streams: BTreeSet<String>,
    pub series: BTreeSet<String>,
    pub keys: BTreeSet<(String, String)>,
    /// Officer, and the span that covers all his guards.
    pub officers: BTreeMap<String, (i64, i64)>,
    pub bytes: BTreeSet<String>,
    pub requests: BTreeSet<(String, String)>,
}

impl Questions {
    /// The questions of all guards and entries of a batch.
    pub fn of(commits: &[Prepared]) -> Self {
        let mut all = Self::default();
        for commit in commits {
            all.streams.extend(
                commit
                    .entries
                    .iter()
                    .map(|entry| entry.entry.stream.clone()),
            );
            for change in &commit.changes {
                if let Change::TakeNumber { series, .. } = change {
                    all.series.insert(series.clone());
                }
            }
            for guard in &commit.guards {
                match guard.clone() {
                    Guard::StreamAt { stream, .. } => drop(all.streams.insert(stream)),
                    Guard::NumberNext { series, .. } => drop(all.series.insert(series)),
                    Guard::Unique { scope, key } => drop(all.keys.insert((scope, key))),
                    Guard::Occupied {
                        officer,
                        from_us,
                        to_us,
                        ..
                    } => {
                        let span = all.officers.entry(officer).or_insert((from_us, to_us));
                        *span = (span.0.min(from_us), span.1.max(to_us));
                    }
                    Guard::NotHeld { sha256 } => drop(all.bytes.insert(sha256)),
                    Guard::IdempotencyFree { account, key } => {
                        all.requests.insert((account, key));
                    }
                }
            }
        }
        all
    }
}

/// Whole rows to be written; of rows with one key the last counts.
pub(crate) struct Rows<R> {
    pub rows: Vec<R>,
    places: HashMap<String, usize>,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl<R: Record> Rows<R> {
    fn put(&mut self, row: R) {
        match self.places.entry(row.key()) {
            std::collections::hash_map::Entry::Occupied(place) => self.rows[*place.get()] = row,
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(self.rows.len());
                self.rows.push(row);
            }
        }
    }

    fn retain(&mut self, keep: impl Fn(&R) -> bool) {
        self.rows.retain(keep);
        self.places = self
            .rows
            .iter()
            .enumerate()
            .map(|(at, row)| (row.key(), at))
            .collect();
    }
}

/// A change that is one statement of its own.
pub(crate) enum Step {
    NumberState {
        series: String,
        number: i64,
        state: String,
    },
    DropDraft {
        id: String,
    },
    Seal {
        sequence: i64,
        members: Vec<SealedMember>,
    },
    DropRegister {
        register: String,
        id: String,
    },
    DropOutbox {
        kind: String,
        key: String,
    },
    MoveBlob {
        sha256: String,
        stream: String,
    },
}

/// All a batch will write.
#[derive(Default)]
pub(crate) struct Plan {
    pub frontier: Frontier,
    pub entries: Vec<EntryRow>,
    pub values: Vec<ValuesRow>,
    pub sealed: Vec<SealedRow>,
    pub nodes: Vec<NodeRow>,
    pub streams: Rows<StreamRow>,
    pub requests: Vec<IdempotencyRow>,
    pub cases: Rows<CaseRow>,
    pub clues: Rows<ClueRow>,
    pub papers: Rows<PaperRow>,
    pub evidence: Rows<EvidenceRow>,
    pub grants: Rows<GrantRow>,
    pub viewings: Rows<ViewingRow>,
    pub delegations: Rows<DelegationRow>,
    pub holds: Rows<HoldRow>,
    pub accounts: Rows<AccountRow>,
    pub tokens: Rows<TokenRow>,
    pub registers: Rows<RegisterRow>,
    pub blobs: Rows<BlobRow>,
    pub outbox: Rows<OutboxRow>,
    pub links: Vec<LinkRow>,
    pub numbers: Vec<NumberRow>,
    pub duties: BTreeMap<String, Vec<DutyRow>>,
    /// Document, and its scope and text; none: out of the index.
    pub search: BTreeMap<String, Option<(String, String)>>,
    pub released: Vec<(String, String)>,
    pub claimed: BTreeMap<(String, String), i64>,
    pub vacated: Vec<(String, String)>,
    pub occupied: Rows<OccupationRow>,
    pub finished: Vec<(String, String, i64)>,
    pub jobs: Rows<JobRow>,
    pub steps: Vec<Step>,
    /// Whether any commit was placed.
    pub touched: bool,
}

impl Plan {
    /// A plan that continues the ledger from its frontier.
    pub fn from(frontier: Frontier) -> Self {
        Self {
            frontier,
            ..Self::default()
        }
    }

    /// Checks a commit's guards and, if all hold, adds it to the batch. A failed commit leaves no
    /// trace.
    pub fn place(&mut self, commit: &Prepared, seen: &mut Seen) -> Result<Receipt, DatabaseError> {
        for guard in &commit.guards {
            check(guard, seen)?;
        }
        let first = self.frontier.size() + 1;
        let leaves = leaves_of(commit, first, seen)?;
        self.touched = true;
        let mut receipt = Receipt {
            first_sequence: if leaves.is_empty() { first - 1 } else { first },
            entries: Vec::with_capacity(leaves.len()),
        };
        for (leaf, prepared) in leaves.into_iter().zip(&commit.entries) {
            receipt.entries.push(EntryReceipt {
                sequence: leaf.sequence as u64,
                version: leaf.version as u64,
                leaf_hash: Sha256Digest(leaf.hash),
            });
            seen.versions
                .insert(prepared.entry.stream.clone(), leaf.version);
            self.add_entry(leaf, prepared);
        }
        for guard in &commit.guards {
            match guard {
                Guard::Unique { scope, key } => {
                    seen.taken.insert((scope.clone(), key.clone()));
                    self.claimed
                        .insert((scope.clone(), key.clone()), first as i64);
                }
                Guard::IdempotencyFree { account, key } if commit.idempotency.is_some() => {
                    seen.done.insert((account.clone(), key.clone()));
                }
                _ => {}
            }
        }
        for change in &commit.changes {
            self.add_change(change.clone(), first as i64, commit.entries.len(), seen);
        }
        if let Some(request) = &commit.idempotency {
            self.requests.push(IdempotencyRow {
                account: request.account.clone(),
                key: request.key.clone(),
                digest: request.digest.clone(),
                receipt: serde_json::to_string(&receipt)
                    .map_err(|_| DatabaseError::Malformed("the receipt cannot be written"))?,
                created_us: request.created_us,
            });
        }
        Ok(receipt)
    }

    fn add_entry(&mut self, leaf: Leaf, prepared: &crate::commit::PreparedEntry) {
        let Leaf {
            sequence,
            version,
            text,
            hash,
        } = leaf;
        append(&mut self.frontier, &hash, &mut self.nodes);
        let stream = prepared.entry.stream.clone();
        self.streams.put(StreamRow {
            stream: stream.clone(),
            version,
            updated_sequence: sequence,
        });
        self.entries.push(EntryRow {
            sequence,
            stream,
            version,
            kind: prepared.entry.kind.clone(),
            recorded_us: prepared.recorded_us,
            leaf: text,
            leaf_hash: hash.to_vec(),
        });
        self.values.push(ValuesRow {
            sequence,
            ordinary: prepared.ordinary.clone(),
        });
        self.sealed.extend(
            prepared
                .sealed
                .iter()
                .cloned()
                .map(|(name, key, digest, sealed)| SealedRow {
                    sequence,
                    name,
                    key,
                    digest,
                    sealed,
                }),
        );
    }

    fn add_change(&mut self, change: Change, first: i64, count: usize, seen: &mut Seen) {
        let sequence_of = |entry: usize| first + entry as i64;
        let last = (count > 0).then(|| sequence_of(count - 1));
        match change {
            Change::PutCase(mut row) => {
                row.updated_sequence = last.unwrap_or(row.updated_sequence);
                self.cases.put(row);
            }
            Change::PutClue(mut row) => {
                row.updated_sequence = last.unwrap_or(row.updated_sequence);
                self.clues.put(row);
            }
            Change::PutPaper(mut row) => {
                row.updated_sequence = last.unwrap_or(row.updated_sequence);
                self.papers.put(row);
            }
            Change::PutEvidence { mut row, entry } => {
                row.sequence = entry.map_or(row.sequence, sequence_of);
                self.evidence.put(row);
            }
            Change::ReplaceDuties { stream, mut rows } => {
                for row in &mut rows {
                    row.stream.clone_from(&stream);
                }
                self.duties.insert(stream, rows);
            }
            Change::PutRegister { mut row, entry } => {
                for earlier in &mut self.registers.rows {
                    if earlier.register == row.register && earlier.id == row.id {
                        earlier.is_current = false;
                    }
                }
                row.sequence = sequence_of(entry);
                row.is_current = true;
                self.registers.put(row);
            }
            Change::TakeNumber {
                series,
                number,
                paper,
                state,
                entry,
            } => {
                let known = seen.last_numbers.entry(series.clone()).or_insert(0);
                *known = number.max(*known);
                let sequence = sequence_of(entry);
                self.numbers.push(NumberRow {
                    series,
                    number,
                    paper,
                    state,
                    sequence,
                });
            }
            Change::SetNumberState {
                series,
                number,
                state,
            } => {
                self.steps.push(Step::NumberState {
                    series,
                    number,
                    state,
                });
            }
            Change::Occupy {
                officer,
                stream,
                from_us,
                to_us,
                entry,
            } => {
                let spans = seen.occupied.entry(officer.clone()).or_default();
                spans.push((stream.clone(), from_us, to_us));
                let sequence = sequence_of(entry);
                self.occupied.put(OccupationRow {
                    officer,
                    stream,
                    from_us,
                    to_us,
                    sequence,
                });
            }
            Change::Vacate { officer, stream } => {
                if let Some(spans) = seen.occupied.get_mut(&officer) {
                    spans.retain(|span| span.0 != stream);
                }
                self.occupied
                    .retain(|row| row.officer != officer || row.stream != stream);
                self.vacated.push((officer, stream));
            }
            Change::Outbox {
                kind,
                key,
                payload,
                created_us,
            } => self.outbox.put(OutboxRow {
                kind,
                key,
                payload,
                created_us,
                attempts_count: 0,
                last_error: None,
                sent_us: None,
            }),
            Change::Job {
                kind,
                key,
                payload,
                run_after_us,
            } => self.jobs.put(JobRow {
                kind,
                key,
                payload,
                run_after_us,
                attempts_count: 0,
                leased_by: None,
                leased_until_us: None,
                last_error: None,
                finished_us: None,
            }),
            Change::FinishJob { kind, key, at_us } => {
                let waiting = self
                    .jobs
                    .rows
                    .iter_mut()
                    .find(|job| job.kind == kind && job.key == key);
                if let Some(job) = waiting {
                    job.finished_us = Some(at_us);
                }
                self.finished.push((kind, key, at_us));
            }
            Change::Search { doc, scope, text } => {
                self.search.insert(doc, Some((scope, text)));
            }
            Change::Unsearch { doc } => {
                self.search.insert(doc, None);
            }
            Change::PutGrant(row) => self.grants.put(row),
            Change::PutViewing(row) => self.viewings.put(row),
            Change::ClaimBlob { mut row, entry } => {
                row.sequence = sequence_of(entry);
                self.blobs.put(row);
            }
            Change::Link {
                from_stream,
                to_stream,
                kind,
                entry,
            } => {
                let sequence = sequence_of(entry);
                self.links.push(LinkRow {
                    from_stream,
                    to_stream,
                    kind,
                    sequence,
                });
            }
            Change::PutDelegation(row) => self.delegations.put(row),
            Change::PutHold(row) => {
                if row.lifted_us.is_none() {
                    seen.held.insert(row.sha256.clone());
                }
                self.holds.put(row);
            }
            Change::PutAccount(row) => self.accounts.put(row),
            Change::PutToken(row) => self.tokens.put(row),
            Change::Release { scope, key } => {
                let pair = (scope, key);
                seen.taken.remove(&pair);
                self.claimed.remove(&pair);
                self.released.push(pair);
            }
            Change::DropDraft { id } => self.steps.push(Step::DropDraft { id }),
            Change::Seal { sequence, members } => {
                self.steps.push(Step::Seal {
                    sequence: sequence as i64,
                    members,
                });
            }
            Change::DropRegister { register, id } => {
                self.registers
                    .retain(|row| row.register != register || row.id != id);
                self.steps.push(Step::DropRegister { register, id });
            }
            Change::DropOutbox { kind, key } => {
                self.outbox.retain(|row| row.kind != kind || row.key != key);
                self.steps.push(Step::DropOutbox { kind, key });
            }
            Change::MoveBlob { sha256, stream } => {
                self.steps.push(Step::MoveBlob { sha256, stream });
            }
        }
    }
}

/// Appends a leaf to the tree and notes the nodes to be stored: levels between them are computed,
/// level 0 stands with the entries.
pub(crate) fn append(frontier: &mut Frontier, leaf_hash: &Hash, nodes: &mut Vec<NodeRow>) {
    frontier.append(*leaf_hash, |level, index, hash| {
        if level > 0 && level % 8 == 0 {
            nodes.push(NodeRow {
                level: level.into(),
                idx: index as i64,
                hash: hash.to_vec(),
            });
        }
    });
}

struct Leaf {
    sequence: i64,
    version: i64,
    text: String,
    hash: Hash,
}

/// The leaves a commit would add, if every one can be written.
fn leaves_of(commit: &Prepared, first: u64, seen: &Seen) -> Result<Vec<Leaf>, DatabaseError> {
    let mut versions: HashMap<&str, u64> = HashMap::new();
    let mut leaves = Vec::with_capacity(commit.entries.len());
    for (sequence, prepared) in (first..).zip(&commit.entries) {
        let stream = prepared.entry.stream.as_str();
        let stored = seen
            .versions
            .get(stream)
            .map_or(0, |version| *version as u64);
        let version = versions.entry(stream).or_insert(stored);
        *version += 1;
        let mut entry = prepared.entry.clone();
        entry.sequence = sequence;
        entry.version = *version;
        let bytes = entry
            .leaf()
            .map_err(|error| DatabaseError::Entry(Arc::new(error)))?;
        let hash = leaf_hash(&bytes);
        let text = String::from_utf8(bytes)
            .map_err(|_| DatabaseError::Malformed("a leaf is not UTF-8"))?;
        leaves.push(Leaf {
            sequence: sequence as i64,
            version: *version as i64,
            text,
            hash,
        });
    }
    Ok(leaves)
}

fn check(guard: &Guard, seen: &Seen) -> Result<(), GuardFailed> {
    match guard {
        Guard::StreamAt { stream, version } => {
            let found = seen.versions.get(stream).map_or(0, |found| *found as u64);
            if found == *version {
                return Ok(());
            }
            Err(GuardFailed::StreamAt {
                stream: stream.clone(),
                expected: *version,
                found,
            })
        }
        Guard::NumberNext { series, number } => {
            let next = seen.last_numbers.get(series).copied().unwrap_or(0) + 1;
            if next == *number {
                return Ok(());
            }
            Err(GuardFailed::NumberNext {
                series: series.clone(),
                wanted: *number,
                next,
            })
        }
        Guard::Unique { scope, key } => {
            if !seen.taken.contains(&(scope.clone(), key.clone())) {
                return Ok(());
            }
            Err(GuardFailed::Unique {
                scope: scope.clone(),
                key: key.clone(),
            })
        }
        Guard::Occupied {
            officer,
            from_us,
            to_us,
            seen: known,
        } => {
            let unseen = seen
                .occupied
                .get(officer)
                .into_iter()
                .flatten()
                .find(|span| span.1 < *to_us && span.2 > *from_us && !known.contains(span));
            match unseen.cloned() {
                None => Ok(()),
                Some((stream, from_us, to_us)) => Err(GuardFailed::Occupied {
                    officer: officer.clone(),
                    stream,
                    from_us,
                    to_us,
                }),
            }
        }
        Guard::NotHeld { sha256 } => {
            if !seen.held.contains(sha256) {
                return Ok(());
            }
            Err(GuardFailed::NotHeld {
                sha256: sha256.clone(),
            })
        }
        Guard::IdempotencyFree { account, key } => {
            if !seen.done.contains(&(account.clone(), key.clone())) {
                return Ok(());
            }
            Err(GuardFailed::IdempotencyFree {
                account: account.clone(),
                key: key.clone(),
            })
        }
    }
}
