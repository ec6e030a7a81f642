//! 结束调阅 (Art. 26): adds to the register what was served. Closing again changes nothing.

use crate::error::ActError;
use crate::office::{Caller, Office, Receipt};

/// Closes one's own viewing; the receipt of one already closed has no entries.
pub async fn close_viewing(office: &Office, caller: &Caller, viewing: &str) -> Result<Receipt, ActError> {
    let row = office.own_viewing(caller, viewing).await?;
    office.close_row(caller, &row).await
}
