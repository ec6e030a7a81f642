//! What an operator asks: may this office go on taking records? The last durable entry, the head,
//! free space against the reserve, the clock against the ledger, and how much waits. Also what a
//! caller asks afterwards of something recorded: the receipt of a repeated request, a leaf with
//! its proof.

use crate::clock::from_micros;
use crate::error::ActError;
use crate::office::{Caller, Office, Receipt, ReceiptEntry};
use crate::permissions::Power;
use database::{DutyFilter, Standing};
use jiff::civil::DateTime;
use procedure::event::{Event, Recorded};
use std::sync::{Mutex, PoisonError};

/// A clock this far behind the last entry is wrong, not merely read by two threads at once.
const CLOCK_BEHIND_US_MAX: i64 = 2_000_000;

/// Whether the office takes records, with all it rests on.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// Sequence and time of the last entry acknowledged; none in an empty ledger.
    pub last_append: Option<(u64, DateTime)>,
    pub head_size: u64,
    /// Hexadecimal.
    pub head_root: String,
    /// `serving`, `read-only`, `rolled-back`, `damaged` or `degraded`.
    pub standing: &'static str,
    pub free_bytes: u64,
    /// Kept back for the ledger: uploads that would touch it are refused.
    pub reserve_bytes: u64,
    /// The vault's durable step that failed, until restart.
    pub vault_degraded: Option<String>,
    /// How far the clock stands behind the last entry; 0 when it does not.
    pub clock_behind_us: i64,
    /// Counted to 10 000 and no further, like the messages.
    pub jobs_waiting: u64,
    pub outbox_waiting: u64,
}

/// Open duties as they were counted last.
#[derive(Default)]
pub(crate) struct DutiesCounted(Mutex<Option<(i64, u64)>>);

/// Counting every duty takes longer the more cases there are: once a minute is enough.
const COUNTED_US: i64 = 60_000_000;

impl Readiness {
    /// The database takes writes and agrees with its head.
    pub fn head_agrees(&self) -> bool {
        self.standing == "serving"
    }
    pub fn has_space(&self) -> bool {
        self.free_bytes > self.reserve_bytes
    }
    pub fn clock_agrees(&self) -> bool {
        self.clock_behind_us <= CLOCK_BEHIND_US_MAX
    }
    pub fn ready(&self) -> bool {
        self.head_agrees() && self.has_space() && self.clock_agrees() && self.vault_degraded.is_none()
    }
}

/// One entry as a stranger can check it: the leaf, its hash, its way to the root.
#[derive(Clone, Debug)]
pub struct LedgerLeaf {
    pub sequence: u64,
    pub kind: String,
    pub recorded_at: DateTime,
    /// Canonical JSON (RFC 8785), byte for byte what was hashed.
    pub leaf: String,
    /// Hexadecimal, like the root and the proof.
    pub entry_hash: String,
    pub tree_size: u64,
    pub root: String,
    /// RFC 6962 §2.1.1, from the leaf upwards.
    pub inclusion: Vec<String>,
}

impl Office {
    /// What `/readyz` and `/metrics` say. Names no person and no case.
    pub async fn readiness(&self) -> Result<Readiness, ActError> {
        let database = self.database();
        let head = database.head();
        let last = database.entries_after(head.size.saturating_sub(1), 1).await?.pop();
        let now_us = self.clock().now_us();
        let waiting = database.waiting(now_us).await?;
        let vault = &self.inner().vault;
        Ok(Readiness {
            clock_behind_us: last.as_ref().map_or(0, |e| (e.recorded_us - now_us).max(0)),
            last_append: last.map(|e| (e.sequence, from_micros(e.recorded_us))),
            head_size: head.size,
            head_root: hex::encode(head.root),
            standing: match database.standing() {
                Standing::Serving => "serving",
                Standing::ReadOnly => "read-only",
                Standing::RolledBack(_) => "rolled-back",
                Standing::Damaged(_) => "damaged",
                Standing::Degraded(_) => "degraded",
            },
            free_bytes: vault.free_bytes()?,
            reserve_bytes: vault.reserve_bytes()?,
            vault_degraded: vault.degraded().map(|step| format!("{step:?}")),
            jobs_waiting: waiting.jobs,
            outbox_waiting: waiting.outbox,
        })
    }

    /// How many duties are open in the whole house, at most a minute old.
    pub async fn duties_open(&self) -> Result<u64, ActError> {
        let now_us = self.clock().now_us();
        let counted = &self.inner().duties_counted.0;
        let known = *counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = known.filter(|(at, _)| (0..COUNTED_US).contains(&(now_us - at))) {
            return Ok(count);
        }
        let count = self.database().duties_count(&DutyFilter { open: true, ..DutyFilter::default() }).await?;
        *counted.lock().unwrap_or_else(PoisonError::into_inner) = Some((now_us, count));
        Ok(count)
    }

    /// Whether `declared_bytes` more fit without touching the reserve.
    pub fn has_space_for(&self, declared_bytes: u64) -> Result<bool, ActError> {
        let vault = &self.inner().vault;
        Ok(vault.free_bytes()?.saturating_sub(vault.reserve_bytes()?) > declared_bytes)
    }

    /// The receipt of the request with this caller's key, if it was carried out before. An act that
    /// can be done only once would otherwise answer the repetition with a conflict.
    ///
    /// # Errors
    /// `KeyReused` when the key came with another request.
    pub async fn done_before(&self, caller: &Caller) -> Result<Option<Receipt>, ActError> {
        let Some((key, digest)) = &caller.once else { return Ok(None) };
        let Some((first_digest, stored)) = self.database().done_before(&caller.person.id.0, key).await? else {
            return Ok(None);
        };
        if first_digest != *digest {
            return Err(ActError::KeyReused);
        }
        let first: database::Receipt = serde_json::from_str(&stored)?;
        let mut id = String::new();
        if let Some(entry) = first.entries.first() {
            let stored = self.database().entries_after(entry.sequence.saturating_sub(1), 1).await?;
            if let Some(record) = self.decoded(&stored)?.first() {
                id = self.made_by(record).await?;
            }
        }
        let entries = first
            .entries
            .iter()
            .map(|e| ReceiptEntry { sequence: e.sequence, entry_hash: e.leaf_hash.to_string() })
            .collect();
        Ok(Some(Receipt { entries, id }))
    }

    /// The id of what an act made, read from its first entry, as the act's own receipt had it.
    async fn made_by(&self, record: &Recorded) -> Result<String, ActError> {
        Ok(match &record.event {
            Event::ClueRegistered { .. } | Event::CaseOpened { .. } => record.stream.subject().to_owned(),
            Event::PartyRecorded { party } => party.id.clone(),
            Event::VisitStarted { visit, .. } => visit.0.clone(),
            Event::EvidenceAttached { evidence, .. } => evidence.0.clone(),
            Event::PaperSubmitted { paper, .. } | Event::OpinionGiven { paper, .. } | Event::PaperServed { paper, .. } => {
                paper.0.clone()
            }
            Event::GrantRequested { grant, .. }
            | Event::GrantGiven { grant, .. }
            | Event::GrantDenied { grant, .. }
            | Event::GrantReturned { grant, .. } => grant.0.clone(),
            Event::ViewingClosed { viewing, .. } => viewing.clone(),
            Event::StandingRuleSigned { rule, .. } => rule.clone(),
            Event::RegisterChanged { id, .. } => id.clone(),
            Event::CaseArchived { archive_number, .. } => archive_number.clone(),
            Event::DelegationGiven { from, to, scope, starts, ends } => {
                let (from_us, to_us) = (crate::clock::micros(*starts), crate::clock::micros(*ends));
                let rows = self.database().delegations().await?;
                let same = rows.into_iter().find(|r| {
                    r.from_officer == from.0 && r.to_officer == to.0 && r.scope == *scope && r.from_us == from_us && r.to_us == to_us
                });
                same.map(|r| r.id).unwrap_or_default()
            }
            _ => String::new(),
        })
    }

    /// An entry's leaf with its proof against the head of this moment.
    ///
    /// # Errors
    /// `NotAllowed` for those who may not see the ledger, `NotFound` beyond its end.
    pub async fn ledger_leaf(&self, caller: &Caller, sequence: u64) -> Result<LedgerLeaf, ActError> {
        self.allow(caller, Power::SeeLedger, None)?;
        let head = self.database().head();
        if sequence == 0 || sequence > head.size {
            return Err(ActError::NotFound);
        }
        let entry = self.database().entries_at(&[sequence]).await?.pop().ok_or(ActError::NotFound)?;
        let inclusion = self.database().inclusion_proof(sequence, head.size).await?;
        Ok(LedgerLeaf {
            sequence: entry.sequence,
            kind: entry.kind,
            recorded_at: from_micros(entry.recorded_us),
            leaf: entry.leaf,
            entry_hash: hex::encode(entry.leaf_hash),
            tree_size: head.size,
            root: hex::encode(head.root),
            inclusion: inclusion.iter().map(hex::encode).collect(),
        })
    }
}
