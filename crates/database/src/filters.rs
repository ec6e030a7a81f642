//! What lists are narrowed by, and where a page of a list ends.

/// Where the next page of a list begins: after this row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct After {
    /// The last row's `updated_sequence` (cases, clues) or `opened_us` (viewings).
    pub place: i64,
    /// The last row's id.
    pub id: String,
}

/// Narrows the list of cases. What is `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Exactly this stage.
    pub stage: Option<String>,
    /// Exactly this cause.
    pub cause: Option<String>,
    /// Exactly this department.
    pub department: Option<String>,
    /// In the hands of this officer.
    pub handler: Option<String>,
    /// Found by these words in the search index, under the case's id as scope.
    pub text: Option<String>,
    /// With an open duty whose latest date was before this instant.
    pub overdue_at_us: Option<i64>,
}

/// Narrows the list of clues.
#[derive(Debug, Clone, Default)]
pub struct ClueFilter {
    /// Exactly this state.
    pub state: Option<String>,
    /// Exactly this department.
    pub department: Option<String>,
    /// In the hands of this officer.
    pub officer: Option<String>,
    /// Found by these words in the search index, under the clue's id as scope.
    pub text: Option<String>,
}

/// Whose approval a paper may wait for: any of these.
#[derive(Debug, Clone, Default)]
pub struct Awaited {
    /// These persons by name.
    pub persons: Vec<String>,
    /// Holders of these roles, where no person is named; with a department, only its papers.
    pub roles: Vec<(String, Option<String>)>,
}

/// Narrows the list of duties.
#[derive(Debug, Clone, Default)]
pub struct DutyFilter {
    /// Owed by any of these; empty does not narrow.
    pub who: Vec<String>,
    /// Exactly this department.
    pub department: Option<String>,
    /// Exactly this stream.
    pub stream: Option<String>,
    /// Any of these streams; empty does not narrow.
    pub streams: Vec<String>,
    /// Due before this instant, by the earliest possible date.
    pub due_before_us: Option<i64>,
    /// Neither met, nor void.
    pub open: bool,
}

/// Narrows the list of viewings.
#[derive(Debug, Clone, Default)]
pub struct ViewingFilter {
    /// By this person.
    pub person: Option<String>,
    /// Of this evidence.
    pub evidence: Option<String>,
    /// In this case.
    pub case_id: Option<String>,
}

/// What a reader may find.
#[derive(Debug, Clone)]
pub struct SearchReach {
    /// Of cases and their papers.
    pub cases: Within,
    /// Of clues.
    pub clues: Within,
}

/// Part of a register a reader may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    Nothing,
    /// What is in this person's hands.
    Person(String),
    /// What belongs to this department.
    Department(String),
    /// What belongs to this department, and what is in this person's hands.
    DepartmentOrPerson(String, String),
    Everything,
}

/// A document found by its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `case/<id>`, `paper/<id>` …
    pub doc: String,
    /// The case it belongs to.
    pub scope: String,
}

/// What waits. Each number is counted no further than [`WAITING_MAX`]: beyond it somebody has been
/// alarmed long ago.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Jobs that are due and not finished.
    pub jobs: u64,
    /// Messages to outside systems not yet sent.
    pub outbox: u64,
}

/// Where counting what waits ends.
pub const WAITING_MAX: u64 = 10_000;
