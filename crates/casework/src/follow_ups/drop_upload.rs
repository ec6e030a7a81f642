//! The job every upload leaves behind: bytes that no act has named by its time are taken away again.

use crate::error::ActError;
use crate::office::Office;
use crate::reseal::upload_turn;
use database::Change;
use serde::{Deserialize, Serialize};
use vault::Class;

pub const KIND: &str = "drop-upload";
/// Behind the end of the handle, for an act that was under way.
const GRACE_US: i64 = 600_000_000;

#[derive(Serialize, Deserialize)]
struct Payload {
    protected: bool,
}

/// `ends_us` is when the upload's handle ends.
pub(crate) fn job(sha256: &str, protected: bool, ends_us: i64) -> Change {
    let payload = serde_json::json!({ "protected": protected }).to_string();
    Change::Job { kind: KIND.into(), key: sha256.to_owned(), payload, run_after_us: ends_us + GRACE_US }
}

/// Runs the job; running it twice does nothing twice.
pub(crate) async fn run(office: &Office, sha256: &str, payload: &str) -> Result<(), ActError> {
    let Payload { protected } = serde_json::from_str(payload)?;
    // In the turn of the digest: the same bytes may be coming in again at this moment.
    let _turn = office.inner().locks.lock(&[&upload_turn(sha256)]).await;
    let waits = office.database().job(KIND, sha256).await?;
    let again = waits.is_some_and(|j| j.run_after_us > office.clock().now_us());
    if again || !office.database().blob_claims(sha256).await?.is_empty() {
        return Ok(());
    }
    let digest: vault::Sha256 = sha256.parse().map_err(|_| ActError::NotFound)?;
    let class = if protected { Class::Protected } else { Class::Original };
    if office.inner().vault.remove(class, &digest).await? {
        tracing::info!(%sha256, "an upload nobody named was taken away");
    }
    Ok(())
}
