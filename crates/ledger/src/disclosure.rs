//! Salted members and what opens them (the way of RFC 9901).
//!
//! An entry names each of its members only by the digest of a disclosure.
//! A value thus stands beside the ledger, can be shown to one reader and kept
//! from another, and can be erased without breaking the proof. Members are
//! salted by default because nobody knows on the day of writing who will turn
//! out to be a minor or an informant.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::canonical::{self, CanonicalError};
use crate::digest::sha256;

/// A member of an act, before it is concealed in an entry.
#[derive(Clone, PartialEq)]
pub struct Member {
    /// The field's name, as in the schema of its kind.
    pub name: String,
    /// The value; whole numbers only.
    pub value: Value,
    /// How the value is kept beside the entry. The leaf does not tell.
    pub secrecy: Secrecy,
}

/// How a member's value is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secrecy {
    /// A plain row, free for registers and search.
    Ordinary,
    /// Sealed under a key and in clear nowhere (informants, minors, third
    /// parties; 本制度30).
    Protected {
        /// The id of the sealing key.
        key: String,
    },
}

/// Sixteen random bytes that keep a short value from being guessed from its
/// digest. As secret as the value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

/// What opens one digest of an entry: salt, name and value.
#[derive(Clone, PartialEq)]
pub struct Disclosure {
    salt: Salt,
    name: String,
    value: Value,
    // Kept, because the digest covers this exact text.
    encoded: String,
}

/// Why a disclosure cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum DisclosureError {
    /// Not base64url without padding.
    #[error("disclosure is not base64url")]
    Base64(#[source] base64::DecodeError),
    /// Not JSON, or a value the ledger does not take.
    #[error("disclosure holds no acceptable JSON")]
    Json(#[source] CanonicalError),
    /// JSON, but not `[salt, name, value]` with a salt of 16 bytes, or not in
    /// its canonical spelling.
    #[error("disclosure is not the canonical [salt, name, value]")]
    Form,
    /// A name the format keeps for itself (RFC 9901, 4.2.1) or an empty one.
    #[error("a member cannot be named {0:?}")]
    Name(String),
}

impl Disclosure {
    /// Makes the disclosure of a member.
    ///
    /// # Errors
    ///
    /// An empty or reserved name (`_sd`, `...`), a fraction or a number
    /// beyond 2^53 - 1 in the value.
    pub fn new(salt: Salt, name: impl Into<String>, value: Value) -> Result<Self, DisclosureError> {
        let name = name.into();
        if name.is_empty() || name == "_sd" || name == "..." {
            return Err(DisclosureError::Name(name));
        }
        canonical::demand_whole_numbers(&value).map_err(DisclosureError::Json)?;
        let text = serde_json_canonicalizer::to_vec(&(salt.to_string(), &name, &value))
            .map_err(|error| DisclosureError::Json(CanonicalError::Unwritable(error)))?;
        let encoded = URL_SAFE_NO_PAD.encode(text);
        Ok(Self {
            salt,
            name,
            value,
            encoded,
        })
    }

    /// Reads an encoded disclosure, accepting exactly what [`Self::encode`]
    /// gives.
    ///
    /// # Errors
    ///
    /// [`DisclosureError`], without quoting the value.
    pub fn decode(encoded: &str) -> Result<Self, DisclosureError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(encoded)
            .map_err(DisclosureError::Base64)?;
        let Value::Array(parts) = canonical::parse_strict(&bytes).map_err(DisclosureError::Json)?
        else {
            return Err(DisclosureError::Form);
        };
        let Ok([Value::String(salt), Value::String(name), value]) = <[Value; 3]>::try_from(parts)
        else {
            return Err(DisclosureError::Form);
        };
        let salt = salt.parse().map_err(|_| DisclosureError::Form)?;
        let disclosure = Self::new(salt, name, value)?;
        if disclosure.encoded == encoded {
            Ok(disclosure)
        } else {
            Err(DisclosureError::Form)
        }
    }

    /// Base64url without padding of the canonical JSON `[salt, name, value]`
    /// (RFC 9901, 4.2.1).
    pub fn encode(&self) -> &str {
        &self.encoded
    }

    /// The digest an entry names (RFC 9901, 4.2.3).
    pub fn digest(&self) -> String {
        digest_of_encoded(&self.encoded)
    }

    /// The salt.
    pub fn salt(&self) -> Salt {
        self.salt
    }

    /// The member's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The member's value.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// Base64url without padding of the SHA-256 of an encoded disclosure's
/// characters (RFC 9901, 4.2.3).
pub fn digest_of_encoded(encoded: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(encoded.as_bytes()).0)
}

/// Whether the text can be a digest of [`digest_of_encoded`].
pub(crate) fn is_digest(text: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(text)
        .is_ok_and(|bytes| bytes.len() == 32)
}

impl fmt::Display for Salt {
    /// Base64url without padding.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl std::str::FromStr for Salt {
    type Err = DisclosureError;

    fn from_str(text: &str) -> Result<Self, DisclosureError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(DisclosureError::Base64)?;
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| DisclosureError::Form)
    }
}

// Values and salts must not reach a log by way of `{:?}`.

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Member")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Disclosure")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 9901, section 5: "given_name" of the first example.
    const RFC_SALT: &str = "2GLC42sKQveCfGfryNRN9w";
    const RFC_ENCODED: &str = "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd";
    const RFC_DIGEST: &str = "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4";

    #[test]
    fn digests_are_those_printed_in_rfc_9901() {
        assert_eq!(digest_of_encoded(RFC_ENCODED), RFC_DIGEST);
        assert_eq!(
            digest_of_encoded("WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"),
            "uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY"
        );
    }

    #[test]
    fn the_encoding_is_the_compact_one_other_implementations_give() {
        // The same claim without the optional white space, as JSON.stringify
        // spells it; the digest was computed with Python's hashlib.
        let disclosure =
            Disclosure::new(RFC_SALT.parse().unwrap(), "given_name", Value::from("John")).unwrap();
        assert_eq!(
            disclosure.encode(),
            "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwiZ2l2ZW5fbmFtZSIsIkpvaG4iXQ"
        );
        assert_eq!(
            disclosure.digest(),
            "8VHiz7qTXavxvpiTYDCSr_shkUO6qRcVXjkhEnt1os4"
        );
        assert_eq!(Disclosure::decode(disclosure.encode()).unwrap(), disclosure);
    }

    #[test]
    fn only_the_canonical_spelling_is_read() {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        for text in [
            r#"["2GLC42sKQveCfGfryNRN9w", "given_name", "John"]"#,
            r#"["2GLC42sKQveCfGfryNRN9w","given_name"]"#,
            r#"["2GLC42sKQveCfGfryNRN9w","given_name","John",1]"#,
            r#"["2GLC42sKQveCfGfryNRN","given_name","John"]"#,
            r#"["2GLC42sKQveCfGfryNRN9w","given_name",0.5]"#,
            r#"["2GLC42sKQveCfGfryNRN9w","given_name",1.0]"#,
            r#"["2GLC42sKQveCfGfryNRN9w","given_name",{"a":1,"a":2}]"#,
            r#"["2GLC42sKQveCfGfryNRN9w","_sd","John"]"#,
            r#"["2GLC42sKQveCfGfryNRN9w","","John"]"#,
            r#"{"salt":"2GLC42sKQveCfGfryNRN9w"}"#,
        ] {
            assert!(Disclosure::decode(&encode(text)).is_err(), "{text}");
        }
        assert!(Disclosure::decode("not base64!").is_err());
        assert!(
            Disclosure::decode(&format!(
                "{}==",
                encode(r#"["2GLC42sKQveCfGfryNRN9w","a",1]"#)
            ))
            .is_err()
        );
    }

    #[test]
    fn nothing_secret_is_printed_for_debugging() {
        let member = Member {
            name: "informant".into(),
            value: Value::from("周某某"),
            secrecy: Secrecy::Protected { key: "k1".into() },
        };
        let disclosure =
            Disclosure::new(Salt([7; 16]), "informant", Value::from("周某某")).unwrap();
        let printed = format!("{member:?} {disclosure:?} {:?}", disclosure.salt());
        assert!(
            !printed.contains("周某某") && !printed.contains('7'),
            "{printed}"
        );
    }
}
