//! The job between `PaperNumbered` and `PaperIssued`.

use crate::error::ActError;
use crate::office::{Caller, Office};
use database::Change;
use procedure::ids::*;
use serde::{Deserialize, Serialize};

pub const KIND: &str = "issue-paper";

#[derive(Serialize, Deserialize)]
struct Payload {
    case: CaseId,
    paper: PaperId,
}

pub(crate) fn job(case: &CaseId, paper: &PaperId, now_us: i64) -> Change {
    let payload = serde_json::json!({ "case": case, "paper": paper }).to_string();
    Change::Job { kind: KIND.into(), key: paper.0.clone(), payload, run_after_us: now_us }
}

pub(crate) fn done(_case: &CaseId, paper: &PaperId, now_us: i64) -> Change {
    Change::FinishJob { kind: KIND.into(), key: paper.0.clone(), at_us: now_us }
}

/// Runs the job; running it twice does nothing twice.
pub(crate) async fn run(office: &Office, caller: &Caller, payload: &str) -> Result<(), ActError> {
    let Payload { case, paper } = serde_json::from_str(payload)?;
    match crate::acts::issue_paper::issue_paper(office, caller, &case, &paper).await {
        Err(ActError::Conflict(_)) => Ok(()),
        other => other,
    }
}
