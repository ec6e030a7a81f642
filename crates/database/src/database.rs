//! The one type the rest of the program knows: every method goes to the engine behind the address.

use std::path::Path;
use std::sync::Arc;

use ledger::proof::{self, HashRange, ProveError, StoredLevels};
use ledger::tree::Hash;
use tokio::sync::watch;

use crate::commit::{Commit, Receipt};
use crate::desk::{DraftSaved, SignInFailures};
use crate::entries::StoredEntry;
use crate::error::{DatabaseError, Head, RolledBack};
use crate::filters::{
    After, Awaited, CaseFilter, ClueFilter, DutyFilter, Found, SearchReach, ViewingFilter, Waiting,
};
use crate::options::OpenOptions;
use crate::rows::*;
use crate::standing::Standing;
use crate::{lite, pg};

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Database {
    engine: Arc<Engine>,
}

enum Engine {
    Sqlite(lite::opening::Engine),
    Postgres(pg::opening::Engine),
}

/// The answer of whichever engine it is.
macro_rules! either {
    ($engine:expr, $each:ident => $answer:expr) => {
        match $engine {
            Engine::Sqlite($each) => $answer,
            Engine::Postgres($each) => $answer,
        }
    };
}

impl Database {
    /// Opens a database, creating it where it does not exist, after checking settings, schema,
    /// tail and head. A database that was rolled back opens read-only; see [`Self::standing`].
    ///
    /// # Errors
    ///
    /// `UnsafeSetting`, `NewerSchema`, `InUse`, `Address`, `Unavailable`, `Head`, `Migrate`.
    pub async fn open(options: OpenOptions) -> Result<Self, DatabaseError> {
        let engine = match engine_of(&options.url)? {
            Kind::Sqlite => Engine::Sqlite(lite::opening::Engine::open(options).await?),
            Kind::Postgres => Engine::Postgres(pg::opening::Engine::open(options).await?),
        };
        Ok(Self {
            engine: Arc::new(engine),
        })
    }

    /// Brings the schema up to date under an owner's address; nothing is served meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub async fn migrate(owner_url: &str) -> Result<(), DatabaseError> {
        match engine_of(owner_url)? {
            Kind::Sqlite => lite::opening::migrate_at(owner_url).await,
            Kind::Postgres => pg::opening::migrate_at(owner_url).await,
        }
    }

    /// Fills an empty database from a backup of either engine, keeps its head in an empty place,
    /// and opens it. Sessions are not restored: everybody signs in again.
    ///
    /// # Errors
    ///
    /// `NotEmpty`, `BackupBroken` when its entries do not give its root or lines are missing.
    pub async fn restore_from(options: OpenOptions, path: &Path) -> Result<Self, DatabaseError> {
        let engine = match engine_of(&options.url)? {
            Kind::Sqlite => Engine::Sqlite(lite::dump::restore_from(options, path).await?),
            Kind::Postgres => Engine::Postgres(pg::dump::restore_from(options, path).await?),
        };
        Ok(Self {
            engine: Arc::new(engine),
        })
    }

    /// The head as last acknowledged.
    pub fn head(&self) -> Head {
        *either!(&*self.engine, engine => &engine.shared)
            .head
            .borrow()
    }

    /// Tells every new head, after it is durable: what may be signed as a checkpoint.
    pub fn watch_head(&self) -> watch::Receiver<Head> {
        either!(&*self.engine, engine => &engine.shared)
            .head
            .subscribe()
    }

    /// Whether writes are taken, and why not.
    pub fn standing(&self) -> Standing {
        either!(&*self.engine, engine => &engine.shared).standing()
    }

    /// The gap, when the database is not the one whose head was kept.
    pub fn rolled_back(&self) -> Option<RolledBack> {
        match self.standing() {
            Standing::RolledBack(found) => Some(found),
            _ => None,
        }
    }

    /// The entries of one stream, in order.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn entries_of(&self, stream: &str) -> Result<Vec<StoredEntry>, DatabaseError> {
        self.entries_of_many(&[stream.to_owned()]).await
    }

    /// The proof that the entry stands in the tree of `size` entries.
    ///
    /// # Errors
    ///
    /// The entry is not inside that tree, or the database cannot be read.
    pub async fn inclusion_proof(
        &self,
        sequence: u64,
        size: u64,
    ) -> Result<Vec<Hash>, DatabaseError> {
        let outside = || DatabaseError::Malformed("the entry is not inside the tree");
        // Entries count from 1, leaves from 0.
        let index = sequence.checked_sub(1).ok_or_else(outside)?;
        let ranges = proof::ranges_for_inclusion(index, size).map_err(|_| outside())?;
        let read = self.read_ranges(ranges).await?;
        proof::inclusion_proof(
            index,
            size,
            &StoredLevels::new(|range| {
                Ok::<_, std::convert::Infallible>(read.get(&range).cloned().unwrap_or_default())
            }),
        )
        .map_err(unproven)
    }

    /// The proof that the tree of `new` entries continues that of `old`.
    ///
    /// # Errors
    ///
    /// `old` is above `new`, or the database cannot be read.
    pub async fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, DatabaseError> {
        let ranges = proof::ranges_for_consistency(old, new)
            .map_err(|_| DatabaseError::Malformed("the older tree is larger"))?;
        let read = self.read_ranges(ranges).await?;
        proof::consistency_proof(
            old,
            new,
            &StoredLevels::new(|range| {
                Ok::<_, std::convert::Infallible>(read.get(&range).cloned().unwrap_or_default())
            }),
        )
        .map_err(unproven)
    }

    async fn read_ranges(
        &self,
        ranges: impl IntoIterator<Item = HashRange>,
    ) -> Result<std::collections::BTreeMap<HashRange, Vec<Hash>>, DatabaseError> {
        let mut read = std::collections::BTreeMap::new();
        for range in ranges {
            read.insert(range, self.hashes(range).await?);
        }
        Ok(read)
    }

    /// Ends writer and readers after what is waiting.
    pub async fn close(&self) {
        either!(&*self.engine, engine => engine.close().await);
    }
}

enum Kind {
    Sqlite,
    Postgres,
}

fn engine_of(url: &str) -> Result<Kind, DatabaseError> {
    if url.starts_with("sqlite:") {
        Ok(Kind::Sqlite)
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Ok(Kind::Postgres)
    } else {
        Err(DatabaseError::Address)
    }
}

fn unproven<E: std::error::Error>(error: ProveError<E>) -> DatabaseError {
    DatabaseError::Damaged {
        what: error.to_string().into(),
    }
}

/// Writes one method for each line: it asks the engine.
macro_rules! delegate {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Database {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                ///
                /// The database cannot be reached, or refuses writes; see [`DatabaseError`].
                pub async fn $name(&self, $($arg: $type),*) -> Result<$answer, DatabaseError> {
                    either!(&*self.engine, engine => engine.$name($($arg),*).await)
                }
            )*
        }
    };
}

delegate! {
    /// Writes an act whole or not at all. The receipt comes after the head is kept.
    fn commit(commit: Commit) -> Receipt;
    /// Takes texts that were sealed or dropped out of the space they left behind: pages no longer
    /// used, the write-ahead log, tombstones of the search index. False where a long reader kept
    /// the log; then it is to be asked for again. On PostgreSQL the rows are vacuumed, and what
    /// the server's own log and its archive keep is the administrator's.
    fn scrub(texts: Vec<String>) -> bool;
    /// Writes a consistent backup while acts go on, and gives the head it holds.
    fn backup_to(path: &Path) -> Head;

    /// The entries of these streams, in the order of the ledger.
    fn entries_of_many(streams: &[String]) -> Vec<StoredEntry>;
    /// Entries after a sequence (0: from the first), in order.
    fn entries_after(sequence: u64, limit: u32) -> Vec<StoredEntry>;
    /// The entries with these sequences, in order.
    fn entries_at(sequences: &[u64]) -> Vec<StoredEntry>;
    /// The version of a stream as the database holds it; 0 where it does not exist.
    fn stream_version(stream: &str) -> u64;
    /// The same, from memory where this process wrote the stream not long ago.
    fn latest_version(stream: &str) -> u64;
    /// Neighbouring hashes of a stored level (0, 8, 16 …), as tiles hold them.
    fn hashes(range: HashRange) -> Vec<Hash>;
    /// The root of the first `size` entries.
    fn root_at(size: u64) -> Hash;
    /// Digest and receipt (JSON) of a request carried out before.
    fn done_before(account: &str, key: &str) -> Option<(String, String)>;

    /// One case.
    fn case_row(id: &str) -> Option<CaseRow>;
    /// Cases, newest first.
    fn cases(filter: &CaseFilter, after: Option<&After>, limit: u32) -> Vec<CaseRow>;
    /// One clue.
    fn clue_row(id: &str) -> Option<ClueRow>;
    /// Clues, newest first.
    fn clues(filter: &ClueFilter, after: Option<&After>, limit: u32) -> Vec<ClueRow>;
    /// The clues a case came from.
    fn clues_of_case(case_id: &str) -> Vec<ClueRow>;
    /// One paper.
    fn paper_row(id: &str) -> Option<PaperRow>;
    /// The papers of a case, oldest first.
    fn papers_of_case(case_id: &str) -> Vec<PaperRow>;
    /// The papers of a clue, oldest first.
    fn papers_of_clue(clue_id: &str) -> Vec<PaperRow>;
    /// Papers that wait for any of these, longest waiting first.
    fn papers_awaiting(awaited: &Awaited, limit: u32) -> Vec<PaperRow>;
    /// One piece of evidence.
    fn evidence_row(id: &str) -> Option<EvidenceRow>;
    /// The evidence of a case, in the order it was attached.
    fn evidence_of_case(case_id: &str) -> Vec<EvidenceRow>;
    /// Evidence with these bytes.
    fn evidence_with(sha256: &str) -> Vec<EvidenceRow>;
    /// Duties, earliest due first, those without a date last.
    fn duties(filter: &DutyFilter, limit: u32) -> Vec<DutyRow>;
    /// How many duties the filter leaves.
    fn duties_count(filter: &DutyFilter) -> u64;
    /// A register: the latest state of each thing, or the one begun last by a day and still valid on it.
    fn register(register: &str, on_date: Option<&str>) -> Vec<RegisterRow>;
    /// All states of one thing in a register, oldest first.
    fn register_history(register: &str, id: &str) -> Vec<RegisterRow>;
    /// Documents in which every blank-separated part of the text stands, the last indexed first.
    fn search(text: &str, limit: u32, reach: &SearchReach) -> Vec<Found>;
    /// These cases, in no order.
    fn cases_of(ids: &[String]) -> Vec<CaseRow>;
    /// These clues, in no order.
    fn clues_of(ids: &[String]) -> Vec<ClueRow>;
    /// These papers, in no order.
    fn papers_of(ids: &[String]) -> Vec<PaperRow>;
    /// The number a series will give next.
    fn next_number(series: &str) -> i64;
    /// All numbers of a series.
    fn numbers(series: &str) -> Vec<NumberRow>;
    /// What occupies an officer between two instants.
    fn occupations(officer: &str, from_us: i64, to_us: i64) -> Vec<OccupationRow>;
    /// One grant.
    fn grant(id: &str) -> Option<GrantRow>;
    /// The grants a person may use at this instant.
    fn grants_for(person: &str, now_us: i64) -> Vec<GrantRow>;
    /// All grants of a case.
    fn grants_of_case(case_id: &str) -> Vec<GrantRow>;
    /// Grants in a state (`asked`, `open` …), oldest first.
    fn grants_in_state(state: &str, limit: u32) -> Vec<GrantRow>;
    /// One viewing.
    fn viewing(id: &str) -> Option<ViewingRow>;
    /// Viewings, newest first.
    fn viewings(filter: &ViewingFilter, after: Option<&After>, limit: u32) -> Vec<ViewingRow>;
    /// Links from and to a stream, in order.
    fn links_of(stream: &str) -> Vec<LinkRow>;
    /// Holds ever placed on bytes.
    fn holds_on(sha256: &str) -> Vec<HoldRow>;
    /// Claims of bytes in the order of digest and stream, after the pair given.
    fn blobs(after: Option<(&str, &str)>, limit: u32) -> Vec<BlobRow>;
    /// Who claims these bytes.
    fn blob_claims(sha256: &str) -> Vec<BlobRow>;
    /// Delegations to an officer in force at this instant.
    fn delegations_to(officer: &str, now_us: i64) -> Vec<DelegationRow>;
    /// All delegations.
    fn delegations() -> Vec<DelegationRow>;
    /// An account by its name.
    fn account(account: &str) -> Option<AccountRow>;
    /// An account by its id.
    fn account_by_id(id: &str) -> Option<AccountRow>;
    /// All accounts.
    fn accounts() -> Vec<AccountRow>;
    /// Messages to outside systems not yet sent, oldest first.
    fn outbox_oldest(limit: u32) -> Vec<OutboxRow>;
    /// How much waits: what an operator asks every few seconds, by indexes alone.
    fn waiting(now_us: i64) -> Waiting;

    /// Opens a session.
    fn open_session(row: SessionRow) -> ();
    /// A session by the digest of its token; the caller checks its dates.
    fn session(token_digest: &str) -> Option<SessionRow>;
    /// The sessions of an account.
    fn sessions_of(account: &str) -> Vec<SessionRow>;
    /// Notes that a session was used; never moves back.
    fn touch_session(token_digest: String, seen_us: i64) -> ();
    /// Renews a session in place after the password was given again.
    fn renew_session(token_digest: String, renewed_us: i64, expires_us: i64) -> ();
    /// Ends a session.
    fn close_session(token_digest: String) -> ();
    /// Ends all sessions of an account; gives their number.
    fn close_sessions_of(account: String) -> u64;
    /// Removes sessions that have expired; gives their number.
    fn drop_expired_sessions(now_us: i64) -> u64;
    /// A key to the programming interface, by its digest.
    fn token(token_digest: &str) -> Option<TokenRow>;
    /// The keys of an account.
    fn tokens_of(account: &str) -> Vec<TokenRow>;
    /// One draft.
    fn draft(id: &str) -> Option<DraftRow>;
    /// The drafts of an account, last saved first.
    fn drafts_of(account: &str) -> Vec<DraftRow>;
    /// The drafts in a case, last saved first.
    fn drafts_of_case(case_id: &str) -> Vec<DraftRow>;
    /// Saves a draft if it is still as the caller saw it (`None`: not there yet).
    fn save_draft(draft: DraftRow, expect_saved_us: Option<i64>) -> DraftSaved;
    /// Drops a draft.
    fn drop_draft(id: String) -> ();
    /// Counts a failed attempt to sign in.
    fn note_failed_sign_in(account: String, ip: String, now_us: i64) -> SignInFailures;
    /// The failures counted so far.
    fn sign_in_failures(account: &str, ip: &str, now_us: i64) -> SignInFailures;
    /// Forgets the failures of an address at an account, after it signed in.
    fn clear_failed_sign_ins(account: String, ip: String) -> ();
    /// Takes jobs that are due, for `lease_us`; whoever stays away longer loses them.
    fn take_jobs(by: String, now_us: i64, lease_us: i64, limit: u32) -> Vec<JobRow>;
    /// Marks a job as done; false when the lease went to somebody else.
    fn finish_job(kind: String, key: String, by: String, at_us: i64) -> bool;
    /// Gives a failed job back, to be tried again later; false when the lease went elsewhere.
    fn put_off_job(kind: String, key: String, by: String, error: String, run_after_us: i64) -> bool;
    /// One job.
    fn job(kind: &str, key: &str) -> Option<JobRow>;
    /// Marks a message as sent.
    fn outbox_sent(kind: String, key: String, at_us: i64) -> ();
    /// Counts a failed attempt to send a message.
    fn outbox_failed(kind: String, key: String, error: String) -> ();
}
