//! The job after a value was raised to a secret: the clear copies of its files go, and the texts are
//! taken out of what the database no longer uses.

use crate::error::ActError;
use crate::office::Office;
use database::Change;
use procedure::ids::*;
use serde::{Deserialize, Serialize};

pub const KIND: &str = "forget";

/// The texts themselves are not written down once more: they are read from the case.
#[derive(Serialize, Deserialize)]
struct Payload {
    case: CaseId,
    files: Vec<String>,
}

pub(crate) fn job(case: &CaseId, files: &[String], now_us: i64) -> Change {
    let payload = serde_json::json!({ "case": case, "files": files }).to_string();
    Change::Job { kind: KIND.into(), key: Office::new_id(), payload, run_after_us: now_us }
}

/// Runs the job; running it twice does nothing twice.
pub(crate) async fn run(office: &Office, payload: &str) -> Result<(), ActError> {
    let Payload { case, files } = serde_json::from_str(payload)?;
    office.remove_clear(&files).await?;
    let words: Vec<String> = office.open_case(&case).await?.words.into_iter().collect();
    match office.database().scrub(words).await? {
        true => Ok(()),
        false => Err(ActError::Failure(anyhow::anyhow!("a reader held the database's log"))),
    }
}
