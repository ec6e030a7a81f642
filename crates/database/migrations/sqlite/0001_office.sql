-- The head of the ledger: size, root and the frontier from which the next leaf continues.
-- Its one row is what every writing transaction locks first.
CREATE TABLE head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    frontier TEXT NOT NULL
) STRICT;

-- Entries, never changed. The leaf holds digests only; values stand beside it.
CREATE TABLE entries (
    sequence INTEGER NOT NULL PRIMARY KEY,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    recorded_us INTEGER NOT NULL,
    leaf TEXT NOT NULL,
    leaf_hash BLOB NOT NULL,
    UNIQUE (stream, version)
) STRICT;

CREATE TABLE entry_values (
    sequence INTEGER NOT NULL PRIMARY KEY REFERENCES entries (sequence),
    ordinary TEXT NOT NULL
) STRICT;

CREATE TABLE entry_sealed (
    sequence INTEGER NOT NULL REFERENCES entries (sequence),
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (sequence, name)
) STRICT;
CREATE INDEX entry_sealed_key ON entry_sealed (key);

-- Roots of complete subtrees of 2^8, 2^16 and 2^24 leaves; lower ones are hashed from the leaves.
CREATE TABLE tree_nodes (
    level INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (level, idx)
) STRICT;

CREATE TABLE streams (
    stream TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    updated_sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    receipt TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT;

CREATE TABLE uniques (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;

CREATE TABLE number_series (
    series TEXT NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE numbers (
    series TEXT NOT NULL,
    number INTEGER NOT NULL,
    paper TEXT NOT NULL,
    state TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (series, number)
) STRICT;

CREATE TABLE occupations (
    officer TEXT NOT NULL,
    stream TEXT NOT NULL,
    from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (officer, stream, from_us)
) STRICT;
CREATE INDEX occupations_span ON occupations (officer, to_us);

CREATE TABLE holds (
    id TEXT NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL,
    stream TEXT NOT NULL,
    reason TEXT NOT NULL,
    placed_us INTEGER NOT NULL,
    lifted_us INTEGER
) STRICT;
CREATE INDEX holds_sha256 ON holds (sha256);

CREATE TABLE blobs (
    sha256 TEXT NOT NULL,
    sm3 TEXT NOT NULL,
    len_bytes INTEGER NOT NULL,
    class TEXT NOT NULL,
    media_type TEXT NOT NULL,
    stream TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (sha256, stream)
) STRICT;

CREATE TABLE links (
    from_stream TEXT NOT NULL,
    to_stream TEXT NOT NULL,
    kind TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (sequence, from_stream, to_stream, kind)
) STRICT;
CREATE INDEX links_from ON links (from_stream);
CREATE INDEX links_to ON links (to_stream);

CREATE TABLE cases (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT,
    title TEXT NOT NULL,
    procedure TEXT NOT NULL,
    cause TEXT NOT NULL,
    stage TEXT NOT NULL,
    parties TEXT NOT NULL,
    department TEXT NOT NULL,
    handlers TEXT NOT NULL,
    opened_us INTEGER NOT NULL,
    filed_on TEXT,
    concluded_on TEXT,
    archived_on TEXT,
    flaws_count INTEGER NOT NULL,
    missing_count INTEGER NOT NULL,
    version INTEGER NOT NULL,
    updated_sequence INTEGER NOT NULL
) STRICT;
CREATE INDEX cases_updated ON cases (updated_sequence);
CREATE INDEX cases_stage ON cases (stage, updated_sequence);
CREATE INDEX cases_department ON cases (department, updated_sequence);

CREATE TABLE clues (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT,
    source TEXT NOT NULL,
    channel TEXT NOT NULL,
    received_us INTEGER NOT NULL,
    registered_us INTEGER NOT NULL,
    state TEXT NOT NULL,
    summary TEXT NOT NULL,
    department TEXT NOT NULL,
    officers TEXT NOT NULL,
    case_id TEXT,
    updated_sequence INTEGER NOT NULL
) STRICT;
CREATE INDEX clues_updated ON clues (updated_sequence);
CREATE INDEX clues_case ON clues (case_id);

-- Who a case or clue is in the hands of: drawn from handlers and officers, so that lists use an index.
CREATE TABLE people (
    who TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (who, kind, id)
) STRICT;
CREATE INDEX people_id ON people (kind, id);

CREATE TABLE papers (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT,
    clue_id TEXT,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    number TEXT,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    subject TEXT,
    submitted_by TEXT,
    awaiting_step TEXT,
    awaiting_role TEXT,
    awaiting_person TEXT,
    department TEXT NOT NULL,
    fields_digest TEXT,
    sha256 TEXT,
    pages_count INTEGER,
    updated_us INTEGER NOT NULL,
    issued_us INTEGER,
    needs_scan INTEGER NOT NULL,
    updated_sequence INTEGER NOT NULL
) STRICT;
CREATE INDEX papers_case ON papers (case_id);
CREATE INDEX papers_clue ON papers (clue_id);
CREATE INDEX papers_awaiting ON papers (awaiting_step, updated_us);

CREATE TABLE evidence (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT,
    number TEXT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    sm3 TEXT NOT NULL,
    len_bytes INTEGER NOT NULL,
    footage INTEGER NOT NULL,
    from_us INTEGER,
    to_us INTEGER,
    attached_us INTEGER NOT NULL,
    attached_by TEXT NOT NULL,
    sequence INTEGER NOT NULL
) STRICT;
CREATE INDEX evidence_case ON evidence (case_id, sequence);
CREATE INDEX evidence_sha256 ON evidence (sha256);

CREATE TABLE duties (
    stream TEXT NOT NULL,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    owed TEXT NOT NULL,
    article TEXT NOT NULL,
    who TEXT NOT NULL,
    state TEXT NOT NULL,
    trigger_on TEXT,
    due_earliest_us INTEGER,
    due_latest_us INTEGER,
    met_us INTEGER,
    derivation TEXT NOT NULL,
    title TEXT NOT NULL,
    case_title TEXT NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (stream, rule, subject)
) STRICT;
CREATE INDEX duties_due ON duties (due_earliest_us);

CREATE TABLE duty_people (
    who TEXT NOT NULL,
    stream TEXT NOT NULL,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (who, stream, rule, subject)
) STRICT;
CREATE INDEX duty_people_stream ON duty_people (stream);

-- Registers keep their history: one row per change, the latest marked.
CREATE TABLE registers (
    register TEXT NOT NULL,
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    valid_from TEXT,
    valid_to TEXT,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    is_current INTEGER NOT NULL,
    PRIMARY KEY (register, id, sequence)
) STRICT;

CREATE TABLE outbox (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    attempts_count INTEGER NOT NULL,
    last_error TEXT,
    sent_us INTEGER,
    PRIMARY KEY (kind, key)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (created_us) WHERE sent_us IS NULL;

CREATE TABLE jobs (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_after_us INTEGER NOT NULL,
    attempts_count INTEGER NOT NULL,
    leased_by TEXT,
    leased_until_us INTEGER,
    last_error TEXT,
    finished_us INTEGER,
    PRIMARY KEY (kind, key)
) STRICT;
CREATE INDEX jobs_waiting ON jobs (run_after_us) WHERE finished_us IS NULL;

-- What is searched: the text in parts, and beside it the index of its bigrams.
CREATE TABLE search_docs (
    id INTEGER NOT NULL PRIMARY KEY,
    doc TEXT NOT NULL,
    scope TEXT NOT NULL,
    part INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX search_docs_doc ON search_docs (doc);
CREATE VIRTUAL TABLE search_index USING fts5 (
    grams, content = '', contentless_delete = 1, tokenize = 'ascii'
);

CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    stream TEXT NOT NULL,
    case_id TEXT,
    evidence TEXT NOT NULL,
    person TEXT NOT NULL,
    reason TEXT NOT NULL,
    approver TEXT,
    from_us INTEGER NOT NULL,
    to_us INTEGER,
    mode TEXT NOT NULL,
    standing INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE INDEX grants_person ON grants (person, state);
CREATE INDEX grants_case ON grants (case_id);

CREATE TABLE viewings (
    id TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL,
    person TEXT NOT NULL,
    evidence TEXT NOT NULL,
    case_id TEXT,
    opened_us INTEGER NOT NULL,
    closed_us INTEGER,
    reason TEXT NOT NULL,
    approver TEXT,
    mode TEXT NOT NULL,
    bytes_served INTEGER NOT NULL,
    station TEXT NOT NULL
) STRICT;
CREATE INDEX viewings_opened ON viewings (opened_us, id);
CREATE INDEX viewings_person ON viewings (person, opened_us);

CREATE TABLE delegations (
    id TEXT NOT NULL PRIMARY KEY,
    from_officer TEXT NOT NULL,
    to_officer TEXT NOT NULL,
    scope TEXT NOT NULL,
    from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL
) STRICT;
CREATE INDEX delegations_to ON delegations (to_officer);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL UNIQUE,
    officer TEXT,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    roles TEXT NOT NULL,
    department TEXT NOT NULL,
    must_change INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created_us INTEGER NOT NULL
) STRICT;

-- Working tables from here on: no entry stands behind them.
CREATE TABLE drafts (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    case_id TEXT,
    kind TEXT NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    base_version INTEGER NOT NULL,
    saved_us INTEGER NOT NULL
) STRICT;
CREATE INDEX drafts_account ON drafts (account, saved_us);
CREATE INDEX drafts_case ON drafts (case_id);

CREATE TABLE sessions (
    token_digest TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    seen_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    renewed_us INTEGER,
    station TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_account ON sessions (account);

CREATE TABLE tokens (
    token_digest TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER,
    revoked_us INTEGER
) STRICT;
CREATE INDEX tokens_account ON tokens (account);

CREATE TABLE sign_in_failures (
    account TEXT NOT NULL,
    ip TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (account, ip, at_us)
) STRICT;
CREATE INDEX sign_in_failures_ip ON sign_in_failures (ip, at_us);

-- The ledger only grows; whoever reaches past the program meets these first.
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: UPDATE of entries refused'); END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: DELETE of entries refused'); END;
CREATE TRIGGER tree_nodes_no_update BEFORE UPDATE ON tree_nodes
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: UPDATE of tree_nodes refused'); END;
CREATE TRIGGER tree_nodes_no_delete BEFORE DELETE ON tree_nodes
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: DELETE of tree_nodes refused'); END;
