-- The head of the ledger: size, root and the frontier from which the next leaf continues.
-- Its one row is what every writing transaction locks first.
CREATE TABLE head (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    frontier TEXT NOT NULL
);

-- Entries, never changed. The leaf holds digests only; values stand beside it.
CREATE TABLE entries (
    sequence BIGINT NOT NULL PRIMARY KEY,
    stream TEXT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    recorded_us BIGINT NOT NULL,
    leaf TEXT NOT NULL,
    leaf_hash BYTEA NOT NULL,
    UNIQUE (stream, version)
);

CREATE TABLE entry_values (
    sequence BIGINT NOT NULL PRIMARY KEY REFERENCES entries (sequence),
    ordinary TEXT NOT NULL
);

CREATE TABLE entry_sealed (
    sequence BIGINT NOT NULL REFERENCES entries (sequence),
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (sequence, name)
);
CREATE INDEX entry_sealed_key ON entry_sealed (key);

-- Roots of complete subtrees of 2^8, 2^16 and 2^24 leaves; lower ones are hashed from the leaves.
CREATE TABLE tree_nodes (
    level BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (level, idx)
);

CREATE TABLE streams (
    stream TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    updated_sequence BIGINT NOT NULL
);

CREATE TABLE idempotency (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    receipt TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (account, key)
);

CREATE TABLE uniques (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE TABLE number_series (
    series TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE numbers (
    series TEXT NOT NULL,
    number BIGINT NOT NULL,
    paper TEXT NOT NULL,
    state TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (series, number)
);

CREATE TABLE occupations (
    officer TEXT NOT NULL,
    stream TEXT NOT NULL,
    from_us BIGINT NOT NULL,
    to_us BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (officer, stream, from_us)
);
CREATE INDEX occupations_span ON occupations (officer, to_us);

CREATE TABLE holds (
    id TEXT NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL,
    stream TEXT NOT NULL,
    reason TEXT NOT NULL,
    placed_us BIGINT NOT NULL,
    lifted_us BIGINT
);
CREATE INDEX holds_sha256 ON holds (sha256);

CREATE TABLE blobs (
    sha256 TEXT NOT NULL,
    sm3 TEXT NOT NULL,
    len_bytes BIGINT NOT NULL,
    class TEXT NOT NULL,
    media_type TEXT NOT NULL,
    stream TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (sha256, stream)
);

CREATE TABLE links (
    from_stream TEXT NOT NULL,
    to_stream TEXT NOT NULL,
    kind TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (sequence, from_stream, to_stream, kind)
);
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
    opened_us BIGINT NOT NULL,
    filed_on TEXT,
    concluded_on TEXT,
    archived_on TEXT,
    flaws_count BIGINT NOT NULL,
    missing_count BIGINT NOT NULL,
    version BIGINT NOT NULL,
    updated_sequence BIGINT NOT NULL
);
CREATE INDEX cases_updated ON cases (updated_sequence);
CREATE INDEX cases_stage ON cases (stage, updated_sequence);
CREATE INDEX cases_department ON cases (department, updated_sequence);

CREATE TABLE clues (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT,
    source TEXT NOT NULL,
    channel TEXT NOT NULL,
    received_us BIGINT NOT NULL,
    registered_us BIGINT NOT NULL,
    state TEXT NOT NULL,
    summary TEXT NOT NULL,
    department TEXT NOT NULL,
    officers TEXT NOT NULL,
    case_id TEXT,
    updated_sequence BIGINT NOT NULL
);
CREATE INDEX clues_updated ON clues (updated_sequence);
CREATE INDEX clues_case ON clues (case_id);

-- Who a case or clue is in the hands of: drawn from handlers and officers, so that lists use an index.
CREATE TABLE people (
    who TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (who, kind, id)
);
CREATE INDEX people_id ON people (kind, id);

CREATE TABLE papers (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT,
    clue_id TEXT,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    number TEXT,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    subject TEXT,
    submitted_by TEXT,
    awaiting_step TEXT,
    awaiting_role TEXT,
    awaiting_person TEXT,
    department TEXT NOT NULL,
    fields_digest TEXT,
    sha256 TEXT,
    pages_count BIGINT,
    updated_us BIGINT NOT NULL,
    issued_us BIGINT,
    needs_scan BOOLEAN NOT NULL,
    updated_sequence BIGINT NOT NULL
);
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
    len_bytes BIGINT NOT NULL,
    footage BOOLEAN NOT NULL,
    from_us BIGINT,
    to_us BIGINT,
    attached_us BIGINT NOT NULL,
    attached_by TEXT NOT NULL,
    sequence BIGINT NOT NULL
);
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
    due_earliest_us BIGINT,
    due_latest_us BIGINT,
    met_us BIGINT,
    derivation TEXT NOT NULL,
    title TEXT NOT NULL,
    case_title TEXT NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (stream, rule, subject)
);
CREATE INDEX duties_due ON duties (due_earliest_us);

CREATE TABLE duty_people (
    who TEXT NOT NULL,
    stream TEXT NOT NULL,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (who, stream, rule, subject)
);
CREATE INDEX duty_people_stream ON duty_people (stream);

-- Registers keep their history: one row per change, the latest marked.
CREATE TABLE registers (
    register TEXT NOT NULL,
    id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    valid_from TEXT,
    valid_to TEXT,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    is_current BOOLEAN NOT NULL,
    PRIMARY KEY (register, id, sequence)
);

CREATE TABLE outbox (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    attempts_count BIGINT NOT NULL,
    last_error TEXT,
    sent_us BIGINT,
    PRIMARY KEY (kind, key)
);
CREATE INDEX outbox_waiting ON outbox (created_us) WHERE sent_us IS NULL;

CREATE TABLE jobs (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_after_us BIGINT NOT NULL,
    attempts_count BIGINT NOT NULL,
    leased_by TEXT,
    leased_until_us BIGINT,
    last_error TEXT,
    finished_us BIGINT,
    PRIMARY KEY (kind, key)
);
CREATE INDEX jobs_waiting ON jobs (run_after_us) WHERE finished_us IS NULL;

-- What is searched: the text in parts, and beside it the index of its bigrams.
CREATE TABLE search_docs (
    id BIGINT NOT NULL PRIMARY KEY,
    doc TEXT NOT NULL,
    scope TEXT NOT NULL,
    part BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX search_docs_doc ON search_docs (doc);
CREATE TABLE search_index (
    id BIGINT NOT NULL PRIMARY KEY,
    grams TSVECTOR NOT NULL
);
CREATE INDEX search_index_grams ON search_index USING gin (grams);

CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    stream TEXT NOT NULL,
    case_id TEXT,
    evidence TEXT NOT NULL,
    person TEXT NOT NULL,
    reason TEXT NOT NULL,
    approver TEXT,
    from_us BIGINT NOT NULL,
    to_us BIGINT,
    mode TEXT NOT NULL,
    standing BOOLEAN NOT NULL,
    state TEXT NOT NULL
);
CREATE INDEX grants_person ON grants (person, state);
CREATE INDEX grants_case ON grants (case_id);

CREATE TABLE viewings (
    id TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL,
    person TEXT NOT NULL,
    evidence TEXT NOT NULL,
    case_id TEXT,
    opened_us BIGINT NOT NULL,
    closed_us BIGINT,
    reason TEXT NOT NULL,
    approver TEXT,
    mode TEXT NOT NULL,
    bytes_served BIGINT NOT NULL,
    station TEXT NOT NULL
);
CREATE INDEX viewings_opened ON viewings (opened_us, id);
CREATE INDEX viewings_person ON viewings (person, opened_us);

CREATE TABLE delegations (
    id TEXT NOT NULL PRIMARY KEY,
    from_officer TEXT NOT NULL,
    to_officer TEXT NOT NULL,
    scope TEXT NOT NULL,
    from_us BIGINT NOT NULL,
    to_us BIGINT NOT NULL
);
CREATE INDEX delegations_to ON delegations (to_officer);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL UNIQUE,
    officer TEXT,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    roles TEXT NOT NULL,
    department TEXT NOT NULL,
    must_change BOOLEAN NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_us BIGINT NOT NULL
);

-- Working tables from here on: no entry stands behind them.
CREATE TABLE drafts (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    case_id TEXT,
    kind TEXT NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    base_version BIGINT NOT NULL,
    saved_us BIGINT NOT NULL
);
CREATE INDEX drafts_account ON drafts (account, saved_us);
CREATE INDEX drafts_case ON drafts (case_id);

CREATE TABLE sessions (
    token_digest TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    seen_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    renewed_us BIGINT,
    station TEXT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account);

CREATE TABLE tokens (
    token_digest TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    expires_us BIGINT,
    revoked_us BIGINT
);
CREATE INDEX tokens_account ON tokens (account);

CREATE TABLE sign_in_failures (
    account TEXT NOT NULL,
    ip TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (account, ip, at_us)
);
CREATE INDEX sign_in_failures_ip ON sign_in_failures (ip, at_us);

-- The ledger only grows; whoever reaches past the program meets these first.
CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger only grows: % of % refused', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER entries_only_grow BEFORE UPDATE OR DELETE ON entries
FOR EACH ROW EXECUTE FUNCTION ledger_only_grows();
CREATE TRIGGER entries_never_emptied BEFORE TRUNCATE ON entries
FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows();
CREATE TRIGGER tree_nodes_only_grow BEFORE UPDATE OR DELETE ON tree_nodes
FOR EACH ROW EXECUTE FUNCTION ledger_only_grows();
CREATE TRIGGER tree_nodes_never_emptied BEFORE TRUNCATE ON tree_nodes
FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows();
