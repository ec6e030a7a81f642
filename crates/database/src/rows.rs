//! The rows of the registers (read models) and of the working tables, as casework writes them and
//! the pages read them. Ids are text; instants are microseconds since 1970 in UTC (`_us`); days
//! are `YYYY-MM-DD`; lists and objects are JSON text.

use crate::record::record;

record! {
    /// A case (案件) as lists and its own page show it.
    pub struct CaseRow in "cases" key(id) {
        pub id: String,
        /// The number of the case (案号), once filed.
        pub number: Option<String>,
        pub title: String,
        /// The procedure it runs under (简易 or 普通, as the rulebook names it).
        pub procedure: String,
        pub cause: String,
        pub stage: String,
        /// The parties' names, for reading; protected parties never stand here.
        pub parties: String,
        pub department: String,
        /// JSON array of officer ids; the filter by handler reads it.
        pub handlers: String,
        pub opened_us: i64,
        pub filed_on: Option<String>,
        pub concluded_on: Option<String>,
        pub archived_on: Option<String>,
        pub flaws_count: i64,
        pub missing_count: i64,
        pub version: i64,
        /// Sequence of the last entry that touched it; set by the writer.
        pub updated_sequence: i64,
    }
}

record! {
    /// A clue (线索).
    pub struct ClueRow in "clues" key(id) {
        pub id: String,
        pub number: Option<String>,
        pub source: String,
        pub channel: String,
        pub received_us: i64,
        pub registered_us: i64,
        pub state: String,
        pub summary: String,
        pub department: String,
        /// JSON array of officer ids.
        pub officers: String,
        pub case_id: Option<String>,
        /// Sequence of the last entry that touched it; set by the writer.
        pub updated_sequence: i64,
    }
}

record! {
    /// A paper (文书), from its first submission on.
    pub struct PaperRow in "papers" key(id) {
        pub id: String,
        pub case_id: Option<String>,
        pub clue_id: Option<String>,
        pub kind: String,
        pub title: String,
        pub number: Option<String>,
        pub state: String,
        pub version: i64,
        pub subject: Option<String>,
        pub submitted_by: Option<String>,
        /// The step of approval it waits at; empty once nobody is awaited.
        pub awaiting_step: Option<String>,
        pub awaiting_role: Option<String>,
        pub awaiting_person: Option<String>,
        pub department: String,
        pub fields_digest: Option<String>,
        /// Digest of the issued PDF.
        pub sha256: Option<String>,
        pub pages_count: Option<i64>,
        pub updated_us: i64,
        pub issued_us: Option<i64>,
        pub needs_scan: bool,
        /// Sequence of the last entry that touched it; set by the writer.
        pub updated_sequence: i64,
    }
}

record! {
    /// A piece of evidence (证据).
    pub struct EvidenceRow in "evidence" key(id) {
        pub id: String,
        pub case_id: Option<String>,
        pub number: Option<String>,
        pub kind: String,
        pub name: String,
        pub media_type: String,
        pub sha256: String,
        pub sm3: String,
        pub len_bytes: i64,
        /// On-site photographs, audio and video: seeing it needs a grant.
        pub footage: bool,
        pub from_us: Option<i64>,
        pub to_us: Option<i64>,
        pub attached_us: i64,
        pub attached_by: String,
        /// Sequence of the entry that attached it.
        pub sequence: i64,
    }
}

record! {
    /// A duty (应办事项) as computed when its stream was last recomputed.
    pub struct DutyRow in "duties" key(stream, rule, subject) {
        pub stream: String,
        pub rule: String,
        pub subject: String,
        pub owed: String,
        pub article: String,
        /// JSON: every text in it is somebody the duty is found under.
        pub who: String,
        pub state: String,
        pub trigger_on: Option<String>,
        pub due_earliest_us: Option<i64>,
        pub due_latest_us: Option<i64>,
        pub met_us: Option<i64>,
        pub derivation: String,
        pub title: String,
        pub case_title: String,
        pub department: String,
    }
}

record! {
    /// One state of one thing in a register (officers, holidays, devices …).
    pub struct RegisterRow in "registers" key(register, id, sequence) {
        pub register: String,
        pub id: String,
        /// Sequence of the entry that brought this state; set by the writer.
        pub sequence: i64,
        pub valid_from: Option<String>,
        /// The last day of validity.
        pub valid_to: Option<String>,
        pub name: String,
        pub data: String,
        /// Whether it is the latest state; set by the writer.
        pub is_current: bool,
    }
}

record! {
    /// A number taken in a series of papers.
    pub struct NumberRow in "numbers" key(series, number) {
        pub series: String,
        pub number: i64,
        pub paper: String,
        pub state: String,
        pub sequence: i64,
    }
}

record! {
    /// An officer's time, taken by a stream: one person is at one place.
    pub struct OccupationRow in "occupations" key(officer, stream, from_us) {
        pub officer: String,
        pub stream: String,
        pub from_us: i64,
        pub to_us: i64,
        pub sequence: i64,
    }
}

record! {
    /// A hold (冻结) on bytes: while it stands they are not disposed of.
    pub struct HoldRow in "holds" key(id) {
        pub id: String,
        pub sha256: String,
        pub stream: String,
        pub reason: String,
        pub placed_us: i64,
        pub lifted_us: Option<i64>,
    }
}

record! {
    /// Bytes in the vault, as a stream claimed them; one row per claiming stream.
    pub struct BlobRow in "blobs" key(sha256, stream) {
        pub sha256: String,
        pub sm3: String,
        pub len_bytes: i64,
        pub class: String,
        pub media_type: String,
        pub stream: String,
        /// Sequence of the entry that names the bytes; set by the writer.
        pub sequence: i64,
    }
}

record! {
    /// A link between streams; an unlinking is another row, so that it stays visible.
    pub struct LinkRow in "links" key(sequence, from_stream, to_stream, kind) {
        pub from_stream: String,
        pub to_stream: String,
        pub kind: String,
        pub sequence: i64,
    }
}

record! {
    /// Leave to see or copy footage (查看许可).
    pub struct GrantRow in "grants" key(id) {
        pub id: String,
        pub stream: String,
        pub case_id: Option<String>,
        /// JSON array of evidence ids or digests, with seconds where limited.
        pub evidence: String,
        pub person: String,
        pub reason: String,
        pub approver: Option<String>,
        pub from_us: i64,
        pub to_us: Option<i64>,
        /// `view` or `copy`.
        pub mode: String,
        pub standing: bool,
        /// `open` is the one state in which it may be used.
        pub state: String,
    }
}

record! {
    /// One opening of footage.
    pub struct ViewingRow in "viewings" key(id) {
        pub id: String,
        pub grant_id: String,
        pub person: String,
        pub evidence: String,
        pub case_id: Option<String>,
        pub opened_us: i64,
        pub closed_us: Option<i64>,
        pub reason: String,
        pub approver: Option<String>,
        pub mode: String,
        pub bytes_served: i64,
        pub station: String,
    }
}

record! {
    /// Somebody acting for somebody else between two instants (委托).
    pub struct DelegationRow in "delegations" key(id) {
        pub id: String,
        pub from_officer: String,
        pub to_officer: String,
        pub scope: String,
        pub from_us: i64,
        pub to_us: i64,
    }
}

record! {
    /// An account; changed only together with an entry.
    pub struct AccountRow in "accounts" key(id) {
        pub id: String,
        pub account: String,
        pub officer: Option<String>,
        pub name: String,
        pub password_hash: String,
        /// JSON array of role names.
        pub roles: String,
        pub department: String,
        pub must_change: bool,
        pub disabled: bool,
        pub created_us: i64,
    }
}

record! {
    /// Something to tell an outside system.
    pub struct OutboxRow in "outbox" key(kind, key) {
        pub kind: String,
        pub key: String,
        pub payload: String,
        pub created_us: i64,
        pub attempts_count: i64,
        pub last_error: Option<String>,
        pub sent_us: Option<i64>,
    }
}

record! {
    /// Work that follows an act.
    pub struct JobRow in "jobs" key(kind, key) {
        pub kind: String,
        pub key: String,
        pub payload: String,
        pub run_after_us: i64,
        pub attempts_count: i64,
        pub leased_by: Option<String>,
        pub leased_until_us: Option<i64>,
        pub last_error: Option<String>,
        pub finished_us: Option<i64>,
    }
}

record! {
    /// A draft of a form or paper.
    pub struct DraftRow in "drafts" key(id) {
        pub id: String,
        pub account: String,
        pub case_id: Option<String>,
        pub kind: String,
        pub subject: Option<String>,
        pub body: String,
        /// Version of the stream the draft was begun on.
        pub base_version: i64,
        pub saved_us: i64,
    }
}

record! {
    /// A signed-in browser.
    pub struct SessionRow in "sessions" key(token_digest) {
        pub token_digest: String,
        pub account: String,
        pub created_us: i64,
        pub seen_us: i64,
        pub expires_us: i64,
        /// When the password was last given again in place.
        pub renewed_us: Option<i64>,
        pub station: String,
    }
}

record! {
    /// A key to the programming interface.
    pub struct TokenRow in "tokens" key(token_digest) {
        pub token_digest: String,
        pub id: String,
        pub account: String,
        pub name: String,
        pub scopes: String,
        pub created_us: i64,
        pub expires_us: Option<i64>,
        pub revoked_us: Option<i64>,
    }
}
