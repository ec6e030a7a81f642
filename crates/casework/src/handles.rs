//! What a form carries from one request to the next: the handle of bytes already taken in, which
//! ends after a while with the bytes themselves, and the digest by which a request sent twice is
//! known to be the same.

use crate::error::ActError;
use crate::intake::Taken;
use crate::office::{Caller, Office};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use procedure::event::FileRef;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// The index key signs handles under a field of its own.
const FIELD: &str = "upload-handle";

#[derive(Serialize, Deserialize)]
struct Held {
    person: String,
    protected: bool,
    taken_us: i64,
    file: FileRef,
}

impl Office {
    /// A handle for bytes that lie sealed in the vault, good for this person alone. It holds all
    /// that is known of them, signed, so that it outlives a restart and needs no table.
    pub fn handle_of(&self, caller: &Caller, taken: &Taken) -> Result<String, ActError> {
        let held = Held {
            person: caller.person.id.0.clone(),
            protected: taken.protected,
            taken_us: taken.taken_us,
            file: taken.file.clone(),
        };
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&held)?);
        let mark = self.handle_mark(&body);
        Ok(format!("{body}.{mark}"))
    }

    /// The bytes behind a handle.
    ///
    /// # Errors
    /// `Invalid` (field `file`) for a handle that is not ours, not this person's, or past its time.
    pub fn taken_behind(&self, caller: &Caller, handle: &str) -> Result<Taken, ActError> {
        let foreign = || ActError::field("file", "收到的文件对不上，请重新选择文件上传");
        let (body, mark) = handle.split_once('.').ok_or_else(foreign)?;
        if !bool::from(self.handle_mark(body).as_bytes().ct_eq(mark.as_bytes())) {
            return Err(foreign());
        }
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| foreign())?;
        let held: Held = serde_json::from_slice(&bytes)?;
        if held.person != caller.person.id.0 {
            return Err(foreign());
        }
        if self.clock().now_us() >= self.upload_ends_us(held.taken_us) {
            return Err(ActError::field("file", "上传的文件搁置过久，已经清除，请重新选择文件上传"));
        }
        Ok(Taken { file: held.file, protected: held.protected, taken_us: held.taken_us })
    }

    /// When an upload taken in at that moment ends unless an act has named it.
    pub(crate) fn upload_ends_us(&self, taken_us: i64) -> i64 {
        taken_us + i64::from(self.settings().upload_idle_minutes) * 60_000_000
    }

    fn handle_mark(&self, body: &str) -> String {
        hex::encode(self.inner().keys.index_token(FIELD, body))
    }
}

/// The digest of a posted form: equal forms are the same request. What must not be kept, such as
/// a password, is left out by the caller.
pub fn request_digest<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        for part in [name, value] {
            text.push_str(&format!("{}:{part}", part.len()));
        }
    }
    ledger::digest::sha256(text.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::request_digest;

    #[test]
    fn moving_a_letter_from_name_to_value_makes_another_request() {
        assert_ne!(request_digest([("ab", "c")]), request_digest([("a", "bc")]));
        assert_eq!(request_digest([("a", "1"), ("b", "2")]), request_digest([("a", "1"), ("b", "2")]));
    }
}
