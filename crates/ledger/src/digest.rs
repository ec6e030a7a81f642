//! Digests of bytes, SHA-256 (FIPS 180-4) and SM3 (GB/T 32905-2016), each
//! its own type so that one is never taken for the other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 lower-case hexadecimal digits")]
pub struct DigestTextError;

macro_rules! digest_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                let mut text = [0; 64];
                hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
                f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = DigestTextError;

            fn from_str(text: &str) -> Result<Self, DigestTextError> {
                read_hex(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
                writer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                String::deserialize(reader)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

digest_type! {
    /// A SHA-256 digest (FIPS 180-4); as text, 64 lower-case hex digits.
    Sha256Digest
}
digest_type! {
    /// An SM3 digest (GB/T 32905-2016); as text, 64 lower-case hex digits.
    Sm3Digest
}

/// The SHA-256 digest of the bytes.
pub fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest(sha2::Sha256::digest(bytes).into())
}

/// The SM3 digest of the bytes.
pub fn sm3(bytes: &[u8]) -> Sm3Digest {
    Sm3Digest(sm3::Sm3::digest(bytes).into())
}

fn read_hex(text: &str) -> Result<[u8; 32], DigestTextError> {
    // One digest has one spelling: names of stored bytes are compared as text.
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(DigestTextError);
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| DigestTextError)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_gives_the_published_digest_of_abc() {
        assert_eq!(
            sha256(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn sm3_gives_the_published_digest_of_abc() {
        assert_eq!(
            sm3(b"abc").to_string(),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
    }

    #[test]
    fn a_digest_is_one_text_and_back() {
        let text = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        let digest: Sm3Digest = text.parse().unwrap();
        assert_eq!(digest, sm3(b"abc"));
        assert_eq!(
            serde_json::to_string(&digest).unwrap(),
            format!("\"{text}\"")
        );
        assert_eq!(
            serde_json::from_str::<Sm3Digest>(&format!("\"{text}\"")).unwrap(),
            digest
        );
        for wrong in [
            &text[1..],
            &format!("{text}0"),
            &text.to_uppercase(),
            &text.replace('6', "g"),
            "",
        ] {
            assert_eq!(wrong.parse::<Sm3Digest>(), Err(DigestTextError), "{wrong}");
        }
    }
}
