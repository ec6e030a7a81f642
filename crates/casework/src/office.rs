//! The office: the only place that changes anything. Every act makes the same four moves:
//! open the subject, decide, commit with guards, follow up.

use crate::case_cache::CaseCache;
use crate::clock::{self, Clock};
use crate::codec::{self, Hand, ToRecord};
use crate::error::ActError;
use crate::locks::Locks;
use crate::people::Directory;
use crate::projections;
use crate::settings::{Agency, Settings};
use database::{Change, Commit, Database, DatabaseError, EntryReceipt, Guard, Idempotency, StoredEntry};
use jiff::civil::DateTime;
use procedure::event::{Envelope, Event, Missing, Recorded, Span};
use procedure::ids::*;
use procedure::people::Person;
use procedure::{Case, Refusal, Rulebook};
use seal::KeyStore;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A running office over one data directory: one agency, one ledger.
#[derive(Clone)]
pub struct Office {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub database: Database,
    pub vault: vault::Vault,
    pub keys: Arc<KeyStore>,
    pub press: papers::Press,
    pub book: Arc<Rulebook>,
    pub agency: Agency,
    pub clock: Clock,
    pub settings: Settings,
    pub locks: Locks,
    pub cases: CaseCache,
    pub notes: Vec<OfficeNote>,
    pub demonstration: std::sync::atomic::AtomicBool,
    pub directory: std::sync::RwLock<Arc<Directory>>,
    /// Two passwords are hashed at once, no more.
    pub hashing: tokio::sync::Semaphore,
    pub decoy_hash: String,
    pub jobs: tokio::sync::Notify,
    pub viewings: crate::viewing::Served,
    pub duties_counted: crate::readiness::DutiesCounted,
}

/// Something every page must say of the office's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfficeNote {
    /// The head lies on the same file system as the database: it proves less there.
    HeadBesideData,
    /// The database is not the one whose head was kept.
    RolledBack(String),
}

/// Who acts, from which machine, with which key for doing it once.
#[derive(Clone, Debug)]
pub struct Caller {
    pub person: Person,
    pub station: String,
    /// Key and digest of the request, from the API or a form.
    pub once: Option<(String, String)>,
}

impl Caller {
    pub fn new(person: Person, station: impl Into<String>) -> Self {
        Self { person, station: station.into(), once: None }
    }
}

/// What the caller keeps: sequence and hash of each entry written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    pub entries: Vec<ReceiptEntry>,
    /// What was made, where something was: its id.
    pub id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ReceiptEntry {
    pub sequence: u64,
    pub entry_hash: String,
}

/// A case as opened for one act: its fold, its protected words, and the moment.
#[derive(Clone)]
pub struct Opened {
    pub case: Case,
    pub words: BTreeSet<String>,
    pub now: DateTime,
    /// The number a case filed by this act would bear; read only where an act may file.
    pub next_case_number: Option<i64>,
}

/// What decide wants recorded.
#[derive(Default)]
pub struct Decision {
    pub events: Vec<ToRecord>,
    pub guards: Vec<Guard>,
    pub changes: Vec<Change>,
    /// Id of what was made, for the receipt.
    pub id: String,
}

impl Decision {
    pub fn event(stream: StreamId, happened: Span, envelope: Envelope, event: Event) -> Self {
        Self { events: vec![ToRecord { stream, happened, envelope, event }], ..Self::default() }
    }
    pub fn made(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }
    pub fn and(mut self, stream: StreamId, happened: Span, envelope: Envelope, event: Event) -> Self {
        self.events.push(ToRecord { stream, happened, envelope, event });
        self
    }
}

/// How often decide runs again when a guard fails because somebody else was faster.
pub(crate) const ATTEMPTS_MAX: u32 = 3;

impl Office {
    /// Opens database, vault, keys and head, and loads the rulebook as an entry.
    pub async fn open(settings: Settings, clock: Clock) -> anyhow::Result<Office> {
        crate::opening::open(settings, clock).await
    }

    pub(crate) fn from_inner(inner: Inner) -> Office {
        Office { inner: Arc::new(inner) }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
    pub fn book(&self) -> &Rulebook {
        &self.inner.book
    }
    pub fn agency(&self) -> &Agency {
        &self.inner.agency
    }
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }
    pub fn now(&self) -> DateTime {
        self.inner.clock.now()
    }
    pub fn notes(&self) -> &[OfficeNote] {
        &self.inner.notes
    }
    pub fn is_demonstration(&self) -> bool {
        self.inner.demonstration.load(std::sync::atomic::Ordering::Relaxed)
    }
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }
    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    /// Entries of a stream, opened and read as events.
    pub(crate) async fn records(&self, streams: &[String]) -> Result<Vec<Recorded>, ActError> {
        let stored = self.database().entries_of_many(streams).await?;
        self.decoded(&stored)
    }

    pub(crate) fn decoded(&self, stored: &[StoredEntry]) -> Result<Vec<Recorded>, ActError> {
        let mut records = stored
            .iter()
            .map(|s| codec::decode(s, Some(&self.inner.keys)))
            .collect::<Result<Vec<_>, _>>()?;
        records.sort_by_key(|r| r.sequence);
        Ok(records)
    }

    /// Opens a case to be read: its own stream and the clue it came from.
    pub(crate) async fn open_case(&self, id: &CaseId) -> Result<Opened, ActError> {
        if let Some(kept) = self.inner.cases.copy(&id.0)
            && let Some(opened) = self.still_true(kept).await?
        {
            return Ok(opened);
        }
        let opened = self.load_case(id).await?;
        self.put_back(opened.case.clone(), opened.words.clone());
        Ok(opened)
    }

    /// Reads and folds a case from its entries.
    pub(crate) async fn load_case(&self, id: &CaseId) -> Result<Opened, ActError> {
        let home = StreamId::case(id);
        let mut records = self.records(std::slice::from_ref(&home.0)).await?;
        let clue = records.iter().find_map(|r| match &r.event {
            Event::CaseOpened { clue, .. } => Some(StreamId::clue(clue)),
            _ => None,
        });
        let Some(clue) = clue else { return Err(ActError::NotFound) };
        records.extend(self.records(std::slice::from_ref(&clue.0)).await?);
        records.sort_by_key(|r| r.sequence);
        let words = records.iter().flat_map(|r| codec::protected_words(&r.event, self.book())).collect();
        Ok(Opened { case: Case::fold(records), words, now: self.now(), next_case_number: None })
    }

    /// An act on a case: open, decide, commit under the versions decide saw, follow up.
    pub(crate) async fn act_on_case<F>(&self, caller: &Caller, id: &CaseId, act: &str, decide: F) -> Result<Receipt, ActError>
    where
        F: Fn(&Opened) -> Result<Decision, ActError> + Send + Sync,
    {
        let stream = StreamId::case(id);
        let series = crate::numbers::case_series(self.now().year());
        // Both turns are taken at once: one after the other could wait for itself.
        let keys: &[&str] = if may_file(act) { &[&stream.0, &series] } else { &[&stream.0] };
        let _turn = self.inner.locks.lock(keys).await;
        self.decide_in_turn(caller, id, act, decide).await
    }

    /// The same for a caller that already holds the turn of the case's stream.
    pub(crate) async fn decide_in_turn<F>(&self, caller: &Caller, id: &CaseId, act: &str, decide: F) -> Result<Receipt, ActError>
    where
        F: Fn(&Opened) -> Result<Decision, ActError> + Send + Sync,
    {
        let series = crate::numbers::case_series(self.now().year());
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut opened = self.take_case(id).await?;
            if may_file(act) {
                opened.next_case_number = Some(self.database().next_number(&series).await?);
            }
            let decision = match decide(&opened) {
                Ok(decision) => decision,
                Err(why) => {
                    // The same request again no longer fits what it made the first time.
                    if let Some(first) = self.done_before(caller).await? {
                        return Ok(first);
                    }
                    if let ActError::Refused(refusal) = &why {
                        self.record_refusal(caller, Some(StreamId::case(id)), act, refusal).await?;
                    }
                    return Err(why);
                }
            };
            let changes = projections::after(self, &opened, &decision.events, caller)?;
            let seals = decision.changes.iter().any(|c| matches!(c, Change::Seal { .. }));
            match self.commit_and_read(caller, decision, &opened.words, changes, Some(&opened.case)).await {
                // What was seen is not kept: the next turn reads the case as it is.
                Err(ActError::Conflict(_)) if attempt < ATTEMPTS_MAX => continue,
                Ok((receipt, recorded)) => {
                    if !seals && !recorded.is_empty() {
                        self.keep_after(opened, recorded);
                    }
                    return Ok(receipt);
                }
                Err(failed) => return Err(failed),
            }
        }
    }

    /// Writes the entries of a decision with their guards and register changes.
    pub(crate) async fn commit(
        &self,
        caller: &Caller,
        decision: Decision,
        words: &BTreeSet<String>,
        changes: Vec<Change>,
        seen: Option<&Case>,
    ) -> Result<Receipt, ActError> {
        self.commit_and_read(caller, decision, words, changes, seen).await.map(|(receipt, _)| receipt)
    }

    /// The same, and the entries as they would be read; none for a request carried out before.
    async fn commit_and_read(
        &self,
        caller: &Caller,
        decision: Decision,
        words: &BTreeSet<String>,
        changes: Vec<Change>,
        seen: Option<&Case>,
    ) -> Result<(Receipt, Vec<Recorded>), ActError> {
        let hand = Hand {
            actor: &caller.person.id,
            station: &caller.station,
            recorded_at: self.now(),
            edition: &self.book().edition.edition,
        };
        let entries = decision
            .events
            .iter()
            .map(|e| codec::encode(e, hand, self.book(), &self.inner.keys, words))
            .collect::<Result<Vec<_>, _>>()?;
        let mut guards = decision.guards;
        if let Some(case) = seen {
            guards.extend(case.versions.iter().map(|(stream, version)| Guard::StreamAt {
                stream: stream.0.clone(),
                version: *version,
            }));
        }
        let mut all = decision.changes;
        all.extend(changes);
        let commit = Commit {
            entries,
            guards,
            changes: all,
            idempotency: caller.once.as_ref().map(|(key, digest)| Idempotency {
                account: caller.person.id.0.clone(),
                key: key.clone(),
                digest: digest.clone(),
                created_us: self.clock().now_us(),
            }),
        };
        match self.database().commit(commit).await {
            Ok(receipt) => {
                let recorded = decision.events.into_iter().zip(&receipt.entries).map(|(e, written)| Recorded {
                    sequence: written.sequence,
                    stream: e.stream,
                    version: written.version,
                    happened: e.happened,
                    recorded_at: hand.recorded_at,
                    actor: caller.person.id.clone(),
                    envelope: e.envelope,
                    event: e.event,
                });
                let recorded = recorded.collect();
                Ok((Receipt { entries: receipt.entries.iter().map(receipt_entry).collect(), id: decision.id }, recorded))
            }
            Err(DatabaseError::Guard(failed)) => Ok((self.guard_failed(caller, failed).await?, vec![])),
            Err(other) => Err(other.into()),
        }
    }

    /// A repeated request gets the receipt of the first; anything else is a conflict.
    async fn guard_failed(&self, caller: &Caller, failed: database::GuardFailed) -> Result<Receipt, ActError> {
        if let (database::GuardFailed::IdempotencyFree { .. }, Some(_)) = (&failed, &caller.once) {
            if let Some(first) = self.done_before(caller).await? {
                return Ok(first);
            }
        }
        Err(ActError::Conflict(failed.to_string()))
    }

    /// A refusal of a submitted act is an entry of its own, at home in the actor's stream.
    pub(crate) async fn record_refusal(
        &self,
        caller: &Caller,
        stream: Option<StreamId>,
        act: &str,
        refusal: &Refusal,
    ) -> Result<(), ActError> {
        let mut decision = Decision::event(
            StreamId::person(&caller.person.id),
            Span::at(self.now()),
            self.envelope(caller),
            Event::ActRefused { act: act.to_owned(), missing: refusal.missing.clone(), stream: stream.clone() },
        );
        if let Some(stream) = stream {
            decision.changes.push(Change::Link {
                from_stream: stream.0,
                to_stream: StreamId::person(&caller.person.id).0,
                kind: "refusal".into(),
                entry: 0,
            });
        }
        let mut alone = caller.clone();
        alone.once = None;
        self.commit(&alone, decision, &BTreeSet::new(), vec![], None).await.map(|_| ())
    }

    /// The envelope every act of this caller begins with.
    pub(crate) fn envelope(&self, caller: &Caller) -> Envelope {
        Envelope { by: caller.person.name.clone(), ..Envelope::default() }
    }

    /// The law's judgement as a refusal, or the flaws to be recorded.
    pub(crate) fn judged(
        &self,
        opened: &Opened,
        name: &str,
        act: &procedure::checks::Act,
    ) -> Result<Vec<procedure::event::Flaw>, ActError> {
        let judgement = procedure::decide::judge(&opened.case, self.book(), opened.now, name, act);
        if judgement.missing.is_empty() {
            Ok(judgement.flaws)
        } else {
            Err(ActError::Refused(Refusal { act: name.to_owned(), missing: judgement.missing }))
        }
    }

    /// Refuses with one reason that no rule file states: footage without its grant.
    pub(crate) fn refuse(act: &str, article: &str, sentence: impl Into<String>, mend: &str) -> ActError {
        ActError::Refused(Refusal {
            act: act.to_owned(),
            missing: vec![Missing {
                rule: act.to_owned(),
                predicate: String::new(),
                article: article.to_owned(),
                sentence: sentence.into(),
                mend: mend.to_owned(),
            }],
        })
    }

    pub fn new_id() -> String {
        uuid::Uuid::now_v7().to_string()
    }

    /// A time in the future cannot have happened; an end is not before its start.
    pub(crate) fn happened(&self, field: &str, from: DateTime, to: Option<DateTime>) -> Result<Span, ActError> {
        // A phone's clock may run a little ahead of the server's.
        let limit = clock::from_micros(self.clock().now_us() + 120_000_000);
        if from > limit || to.is_some_and(|t| t > limit) {
            return Err(ActError::field(field, "时间晚于现在，还没有发生的事不能记录"));
        }
        if to.is_some_and(|t| t < from) {
            return Err(ActError::field(field, "结束时间早于开始时间"));
        }
        Ok(Span { from, to })
    }
}

/// Acts in which the last opinion may file the case and take its number.
fn may_file(act: &str) -> bool {
    act == "give-opinion" || act == "submit(filing-approval)"
}

fn receipt_entry(entry: &EntryReceipt) -> ReceiptEntry {
    ReceiptEntry { sequence: entry.sequence, entry_hash: entry.leaf_hash.to_string() }
}
