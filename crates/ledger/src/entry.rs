//! An entry of the ledger and its leaf, the canonical bytes the tree hashes.
//!
//! In clear stand only a short list: kind, times, meaningless ids, articles,
//! digests of bytes. Every other member is a salted digest (see
//! [`crate::disclosure`]).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::canonical::{self, CanonicalError};
use crate::disclosure::{self, Disclosure, DisclosureError, Member, Salt};

/// The largest leaf, in bytes: an entry bundle counts it in 16 bits
/// (C2SP tlog-tiles).
pub const LEAF_SIZE_BYTES_MAX: usize = 65_535;

const FORMAT: u8 = 1;
const DIGEST_ALGORITHM: &str = "sha-256";
const NUMBER_MAX: u64 = (1 << 53) - 1;

/// An entry: what stands in clear, and the digests of what is concealed.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Place in the ledger, from 1.
    pub sequence: u64,
    /// The stream at home, `kind/id` (`case/<uuid>`).
    pub stream: String,
    /// Place in the stream, from 1.
    pub version: u64,
    /// The event, past tense with hyphens (`paper-served`).
    pub kind: String,
    /// When it happened outside, or began to: RFC 3339, or a date alone.
    pub happened_from: String,
    /// When it ended, where it lasted.
    pub happened_to: Option<String>,
    /// When it was recorded: RFC 3339 with `+08:00`, seconds or finer.
    pub recorded_at: String,
    /// A meaningless id of who recorded it.
    pub actor: String,
    /// The station it was recorded at.
    pub station: String,
    /// The edition of the regulation it was decided under.
    pub edition: String,
    /// The members that stand in clear.
    pub clear: Map<String, Value>,
    /// The digests of the concealed members, sorted, so that their order
    /// tells nothing.
    pub sd: Vec<String>,
}

/// Why an entry has no leaf, or bytes are no leaf.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The leaf would not fit an entry bundle.
    #[error("leaf of {size_bytes} bytes is larger than {LEAF_SIZE_BYTES_MAX}")]
    TooLarge {
        /// The size it would have.
        size_bytes: usize,
    },
    /// A field is not of its form.
    #[error("{field} must be {expected}")]
    Field {
        /// The field's name in the leaf.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A clear member has no canonical form.
    #[error("a clear member cannot be written")]
    Clear(#[source] CanonicalError),
    /// Two members, clear or concealed, bear one name.
    #[error("member {0:?} is named twice")]
    MemberTwice(String),
    /// A member cannot be concealed.
    #[error("a member cannot be concealed")]
    Conceal(#[source] DisclosureError),
    /// The bytes are not a leaf of this format.
    #[error("bytes are not a leaf")]
    Unreadable(#[source] serde_json::Error),
    /// The bytes read as a leaf, but are not its one spelling.
    #[error("leaf is not canonical")]
    NotCanonical,
}

impl Entry {
    /// Puts the salted digests of the members into the entry, in place of
    /// whatever digests it had. The disclosures come back in the order of the
    /// members.
    ///
    /// Sequence and version may be set on the entry afterwards, when the
    /// writer knows them; digests do not depend on them.
    ///
    /// # Errors
    ///
    /// A member named twice, a name the format keeps, a fraction in a value.
    pub fn conceal(
        mut self,
        members: &[(Member, Salt)],
    ) -> Result<(Self, Vec<Disclosure>), EntryError> {
        let mut names = BTreeSet::new();
        let mut disclosures = Vec::with_capacity(members.len());
        for (member, salt) in members {
            if self.clear.contains_key(&member.name) || !names.insert(&member.name) {
                return Err(EntryError::MemberTwice(member.name.clone()));
            }
            let disclosure = Disclosure::new(*salt, &member.name, member.value.clone())
                .map_err(EntryError::Conceal)?;
            disclosures.push(disclosure);
        }
        self.sd = disclosures.iter().map(Disclosure::digest).collect();
        self.sd.sort_unstable();
        Ok((self, disclosures))
    }

    /// Whether the disclosure opens one of this entry's digests.
    pub fn discloses(&self, disclosure: &Disclosure) -> bool {
        self.sd.binary_search(&disclosure.digest()).is_ok()
    }

    /// The canonical bytes the tree hashes (see [`crate::tree::leaf_hash`]).
    /// Empty optional fields are left out.
    ///
    /// # Errors
    ///
    /// A field not of its form, a fraction among the clear members, more than
    /// [`LEAF_SIZE_BYTES_MAX`] bytes.
    pub fn leaf(&self) -> Result<Vec<u8>, EntryError> {
        self.check()?;
        let clear = if self.clear.is_empty() {
            None
        } else {
            self.clear
                .values()
                .try_for_each(canonical::demand_whole_numbers)
                .map_err(EntryError::Clear)?;
            let bytes = serde_json_canonicalizer::to_vec(&self.clear)
                .map_err(|error| EntryError::Clear(CanonicalError::Unwritable(error)))?;
            Some(bytes)
        };
        // The names below are in canonical order already, so the frame is
        // written straight, and only `clear` needs sorting.
        let mut leaf = LeafWriter::with_capacity(512 + self.sd.len() * 46);
        if !self.sd.is_empty() {
            leaf.member("_sd", &self.sd)?;
        }
        leaf.member("_sd_alg", DIGEST_ALGORITHM)?;
        leaf.member("actor", &self.actor)?;
        if let Some(clear) = clear {
            leaf.written("clear", &clear);
        }
        leaf.member("edition", &self.edition)?;
        leaf.member("happened_from", &self.happened_from)?;
        if let Some(happened_to) = &self.happened_to {
            leaf.member("happened_to", happened_to)?;
        }
        leaf.member("kind", &self.kind)?;
        leaf.member("recorded_at", &self.recorded_at)?;
        leaf.member("sequence", &self.sequence)?;
        leaf.member("station", &self.station)?;
        leaf.member("stream", &self.stream)?;
        leaf.member("v", &FORMAT)?;
        leaf.member("version", &self.version)?;
        let bytes = leaf.finish();
        if bytes.len() > LEAF_SIZE_BYTES_MAX {
            return Err(EntryError::TooLarge {
                size_bytes: bytes.len(),
            });
        }
        Ok(bytes)
    }

    /// Reads a leaf, accepting exactly what [`Self::leaf`] gives: unknown or
    /// doubled names, another order, white space, fractions are refused.
    ///
    /// # Errors
    ///
    /// [`EntryError`] with the first thing wrong.
    pub fn from_leaf(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > LEAF_SIZE_BYTES_MAX {
            return Err(EntryError::TooLarge {
                size_bytes: bytes.len(),
            });
        }
        let form: LeafForm = serde_json::from_slice(bytes).map_err(EntryError::Unreadable)?;
        if form.v != FORMAT {
            return Err(EntryError::Field {
                field: "v",
                expected: "1",
            });
        }
        if form.sd_alg != DIGEST_ALGORITHM {
            return Err(EntryError::Field {
                field: "_sd_alg",
                expected: DIGEST_ALGORITHM,
            });
        }
        let entry = Self {
            sequence: form.sequence,
            stream: form.stream,
            version: form.version,
            kind: form.kind,
            happened_from: form.happened_from,
            happened_to: form.happened_to,
            recorded_at: form.recorded_at,
            actor: form.actor,
            station: form.station,
            edition: form.edition,
            clear: form.clear,
            sd: form.sd,
        };
        // Equality of bytes catches whatever the reader above forgave, a
        // member named twice inside `clear` among it.
        if entry.leaf()? == bytes {
            Ok(entry)
        } else {
            Err(EntryError::NotCanonical)
        }
    }

    fn check(&self) -> Result<(), EntryError> {
        let demand = |holds: bool, field, expected| {
            if holds {
                Ok(())
            } else {
                Err(EntryError::Field { field, expected })
            }
        };
        demand(
            (1..=NUMBER_MAX).contains(&self.sequence),
            "sequence",
            "a whole number from 1",
        )?;
        demand(
            (1..=NUMBER_MAX).contains(&self.version),
            "version",
            "a whole number from 1",
        )?;
        demand(
            self.stream
                .split_once('/')
                .is_some_and(|(kind, id)| !kind.is_empty() && !id.is_empty()),
            "stream",
            "kind/id",
        )?;
        demand(
            !self.kind.is_empty()
                && self
                    .kind
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')),
            "kind",
            "lower-case words with hyphens",
        )?;
        demand(
            !self.happened_from.is_empty(),
            "happened_from",
            "a time or a date",
        )?;
        demand(
            self.happened_to
                .as_ref()
                .is_none_or(|time| !time.is_empty()),
            "happened_to",
            "a time, a date, or absent",
        )?;
        demand(
            is_beijing_time(&self.recorded_at),
            "recorded_at",
            "RFC 3339 with +08:00, seconds or finer",
        )?;
        demand(!self.actor.is_empty(), "actor", "an id")?;
        demand(
            self.sd.is_sorted_by(|a, b| a < b),
            "_sd",
            "sorted, each digest once",
        )?;
        demand(
            self.sd.iter().all(|digest| disclosure::is_digest(digest)),
            "_sd",
            "SHA-256 digests in base64url",
        )
    }
}

/// The leaf as it is read; as it is written stands in [`Entry::leaf`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafForm {
    #[serde(rename = "_sd", default)]
    sd: Vec<String>,
    #[serde(rename = "_sd_alg")]
    sd_alg: String,
    actor: String,
    #[serde(default)]
    clear: Map<String, Value>,
    edition: String,
    happened_from: String,
    #[serde(default)]
    happened_to: Option<String>,
    kind: String,
    recorded_at: String,
    sequence: u64,
    station: String,
    stream: String,
    v: u8,
    version: u64,
}

/// Writes an object whose names come in canonical order and need no escapes.
/// serde_json spells strings and whole numbers as RFC 8785 does.
struct LeafWriter(Vec<u8>);

impl LeafWriter {
    fn with_capacity(size_bytes: usize) -> Self {
        Self(Vec::with_capacity(size_bytes))
    }

    fn name(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), EntryError> {
        self.name(name);
        serde_json::to_writer(&mut self.0, value)
            .map_err(|error| EntryError::Clear(CanonicalError::Unwritable(error)))
    }

    fn written(&mut self, name: &str, canonical: &[u8]) {
        self.name(name);
        self.0.extend_from_slice(canonical);
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}

/// `2026-02-12T09:30:00+08:00`, with up to nine digits of a second's fraction.
fn is_beijing_time(text: &str) -> bool {
    let Some(local) = text.strip_suffix("+08:00") else {
        return false;
    };
    let (seconds, fraction) = match local.split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (local, None),
    };
    let shaped = seconds.len() == 19
        && seconds
            .bytes()
            .zip(*b"0000-00-00T00:00:00")
            .all(|(byte, shape)| {
                if shape == b'0' {
                    byte.is_ascii_digit()
                } else {
                    byte == shape
                }
            });
    let in_range = |from: usize, bounds: std::ops::RangeInclusive<u8>| {
        seconds
            .get(from..from + 2)
            .and_then(|two| two.parse().ok())
            .is_some_and(|value: u8| bounds.contains(&value))
    };
    shaped
        && in_range(5, 1..=12)
        && in_range(8, 1..=31)
        && in_range(11, 0..=23)
        && in_range(14, 0..=59)
        && in_range(17, 0..=59)
        && fraction.is_none_or(|digits| {
            (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
}
