//! Between events and ledger entries. What stands in clear in a leaf is a short list;
//! every other member is a salted digest, and protected ones are sealed as well.

use crate::clock;
use database::{NewEntry, NewMember, SealedMember, StoredEntry};
use ledger::disclosure::{Disclosure, Salt};
use procedure::event::{Envelope, Event, Recorded, Span};
use procedure::ids::{PersonId, StreamId};
use procedure::rulebook::Rulebook;
use seal::{KeyClass, KeyStore};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Members that stand in clear: kinds, meaningless ids, digests of bytes, ordinals.
const CLEAR: &[&str] = &[
    "case", "clue", "paper", "paper_kind", "paper_version", "evidence", "visit", "grant", "viewing", "cause", "procedure",
    "step", "outcome", "series", "ordinal", "pages_count", "pages_expected", "target", "rule", "method", "footage", "sha256",
    "person", "approver", "bytes_served", "standing", "copy", "register", "len_bytes", "head_size", "head_root", "edition", "number_ordinal",
];

/// Members of a file that are salted while the digests of its bytes stand in clear.
const SALTED_OF_FILES: &[&str] = &["original_name", "plain_sha256"];

/// Why an entry could not be made or read back.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    #[error("cannot write event {kind}")]
    Encode {
        kind: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("cannot read entry {sequence} ({kind})")]
    Decode {
        sequence: u64,
        kind: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("entry {sequence} is damaged: {what}")]
    Damaged { sequence: u64, what: String },
    #[error("cannot seal a protected member")]
    Seal(#[source] seal::SealError),
    #[error("a member cannot be disclosed")]
    Disclosure(#[source] ledger::disclosure::DisclosureError),
    #[error("no randomness")]
    Random,
}

/// An event about to be recorded in a stream.
#[derive(Clone, Debug)]
pub struct ToRecord {
    pub stream: StreamId,
    pub happened: Span,
    pub envelope: Envelope,
    pub event: Event,
}

/// Who writes, from where, when, under which edition.
#[derive(Clone, Copy, Debug)]
pub struct Hand<'a> {
    pub actor: &'a PersonId,
    pub station: &'a str,
    pub recorded_at: jiff::civil::DateTime,
    pub edition: &'a str,
}

/// Makes the entry. `words` are protected strings of this stream (names of informants and
/// minors): a member that contains one is sealed, whatever its schema says.
pub fn encode(
    what: &ToRecord,
    hand: Hand,
    book: &Rulebook,
    keys: &KeyStore,
    words: &BTreeSet<String>,
) -> Result<NewEntry, CodecError> {
    let kind = what.event.kind();
    let wrong = |source| CodecError::Encode { kind: kind.clone(), source };
    let Value::Object(mut fields) = serde_json::to_value(&what.event).map_err(wrong)? else {
        return Err(CodecError::Damaged { sequence: 0, what: "event is no object".into() });
    };
    fields.remove("kind");
    let mut clear = Map::new();
    let mut open: Vec<(String, Value)> = vec![];
    for (name, value) in fields {
        // The target of a slip is the number of an entry, that of a clue a name.
        if CLEAR.contains(&name.as_str()) && (name != "target" || value.is_number()) {
            clear.insert(name, value);
        } else if name == "fields" {
            if let Value::Object(inner) = value {
                open.extend(inner.into_iter().map(|(field, v)| (format!("fields.{field}"), v)));
            }
        } else if matches!(name.as_str(), "file" | "volume" | "proof") {
            if let Value::Object(mut file) = value {
                for salted in SALTED_OF_FILES {
                    if let Some(value) = file.remove(*salted) {
                        open.push((format!("{name}.{salted}"), value));
                    }
                }
                clear.insert(name, Value::Object(file));
            }
        } else {
            open.push((name, value));
        }
    }
    if let Value::Object(envelope) = serde_json::to_value(&what.envelope).map_err(wrong)? {
        open.extend(envelope.into_iter().map(|(name, v)| (format!("@{name}"), v)));
    }
    let class_of = |name: &str, value: &Value| -> Option<KeyClass> {
        if let Some(class) = protection(&what.event, name, book) {
            return Some(class);
        }
        let tainted = !words.is_empty() && {
            let text = value.to_string();
            words.iter().any(|w| text.contains(w.as_str()))
        };
        tainted.then_some(KeyClass::Case)
    };
    let mut members = vec![];
    for (name, value) in open {
        let mut salt = [0u8; 16];
        getrandom::fill(&mut salt).map_err(|_| CodecError::Random)?;
        let salt = Salt(salt);
        members.push(match class_of(&name, &value) {
            None => NewMember::Ordinary { name, salt, value },
            Some(class) => {
                let disclosure = Disclosure::new(salt, &name, value).map_err(CodecError::Disclosure)?;
                let sealed = keys
                    .seal_member(class, &what.stream.0, name.as_bytes(), disclosure.encode().as_bytes())
                    .map_err(CodecError::Seal)?;
                NewMember::Protected { digest: disclosure.digest(), key: key_name(class, &what.stream), name, sealed }
            }
        });
    }
    Ok(NewEntry {
        stream: what.stream.0.clone(),
        kind,
        happened_from: clock::rfc3339(what.happened.from),
        happened_to: what.happened.to.map(clock::rfc3339),
        recorded_at: clock::rfc3339(hand.recorded_at),
        actor: hand.actor.0.clone(),
        station: hand.station.to_owned(),
        edition: hand.edition.to_owned(),
        clear,
        members,
    })
}

/// Whose key a member of a recorded event is sealed under, as `informant` or `case`; a dotted path
/// counts by the member it lies in.
pub fn secrecy_of_member(event: &Event, path: &str, book: &Rulebook, words: &BTreeSet<String>) -> &'static str {
    let mut parts = path.splitn(3, '.');
    let first = parts.next().unwrap_or_default();
    let member = match (first, parts.next()) {
        ("fields", Some(field)) => format!("fields.{field}"),
        _ => first.to_owned(),
    };
    let tainted = || {
        let value = serde_json::to_value(event).ok();
        let text = value.as_ref().and_then(|v| v.pointer(&format!("/{}", path.replace('.', "/")))).map(Value::to_string);
        text.is_some_and(|text| words.iter().any(|w| text.contains(w.as_str())))
    };
    match protection(event, &member, book) {
        Some(KeyClass::Informant) => "informant",
        Some(KeyClass::Case) => "case",
        None if tainted() => "case",
        None => "",
    }
}

/// Which key a member is sealed under, by its schema or by what it is.
fn protection(event: &Event, member: &str, book: &Rulebook) -> Option<KeyClass> {
    match event {
        Event::ClueRegistered { .. } if member == "informant" => Some(KeyClass::Informant),
        Event::Corrected { sealed, .. } if member == "original" || member == "effective" => match sealed.as_str() {
            "informant" => Some(KeyClass::Informant),
            "case" => Some(KeyClass::Case),
            _ => None,
        },
        Event::ProtectionRaised { .. } if member == "value" || member == "salt" => Some(KeyClass::Case),
        Event::PartyRecorded { party } if member == "party" && party.minor => Some(KeyClass::Case),
        Event::PaperSubmitted { paper_kind, .. } => {
            let field = member.strip_prefix("fields.")?;
            let form = book.paper(&paper_kind.0)?;
            let (_, whose) = form.protected_fields().find(|(name, _)| *name == field)?;
            Some(if whose == "informant" { KeyClass::Informant } else { KeyClass::Case })
        }
        _ => None,
    }
}

/// A member that stood open, sealed with the salt it had: the leaf's digest is its digest still.
pub(crate) fn sealed_member(keys: &KeyStore, stream: &StreamId, disclosure: &Disclosure) -> Result<SealedMember, CodecError> {
    let name = disclosure.name().to_owned();
    let sealed = keys.seal_member(KeyClass::Case, &stream.0, name.as_bytes(), disclosure.encode().as_bytes());
    Ok(SealedMember {
        digest: disclosure.digest(),
        key: key_name(KeyClass::Case, stream),
        sealed: sealed.map_err(CodecError::Seal)?,
        name,
    })
}

fn key_name(class: KeyClass, stream: &StreamId) -> String {
    match class {
        KeyClass::Informant => format!("informant:{stream}"),
        KeyClass::Case => format!("case:{stream}"),
    }
}

/// Reads an entry back. Sealed members whose key is gone are left out.
pub fn decode(stored: &StoredEntry, keys: Option<&KeyStore>) -> Result<Recorded, CodecError> {
    let sequence = stored.sequence;
    let damaged = |what: &str| CodecError::Damaged { sequence, what: what.to_owned() };
    let entry = ledger::entry::Entry::from_leaf(stored.leaf.as_ref()).map_err(|e| damaged(&e.to_string()))?;
    let ordinary: Map<String, Value> = serde_json::from_str(&stored.ordinary)
        .map_err(|source| CodecError::Decode { sequence, kind: entry.kind.clone(), source })?;
    let mut body = Map::new();
    let mut fields = Map::new();
    let mut envelope = Map::new();
    let mut files: Vec<(String, String, Value)> = vec![];
    let mut place = |name: &str, value: Value| {
        if let Some(field) = name.strip_prefix("fields.") {
            fields.insert(field.to_owned(), value);
        } else if let Some(part) = name.strip_prefix('@') {
            envelope.insert(part.to_owned(), value);
        } else if let Some((file, salted)) = name.split_once('.').filter(|(_, s)| SALTED_OF_FILES.contains(s)) {
            files.push((file.to_owned(), salted.to_owned(), value));
        } else {
            body.insert(name.to_owned(), value);
        }
    };
    for (name, pair) in ordinary {
        if let Value::Array(mut pair) = pair {
            place(&name, pair.pop().unwrap_or_default());
        }
    }
    for member in &stored.sealed {
        let class = if member.key.starts_with("informant:") { KeyClass::Informant } else { KeyClass::Case };
        let opened = keys.and_then(|k| k.open_member(class, &entry.stream, member.name.as_bytes(), &member.sealed).ok());
        match opened.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).and_then(|text| Disclosure::decode(&text).ok()) {
            Some(disclosure) => place(&member.name, disclosure.value().clone()),
            None if member.name == "party" => place("party", erased_party()),
            None => {}
        }
    }
    body.extend(entry.clear.clone());
    for (file, salted, value) in files {
        if let Some(Value::Object(object)) = body.get_mut(&file) {
            object.insert(salted, value);
        }
    }
    if entry.kind == "party-recorded" && !body.contains_key("party") {
        body.insert("party".into(), erased_party());
    }
    if entry.kind == "paper-submitted" {
        body.insert("fields".into(), Value::Object(fields));
    }
    body.insert("kind".into(), Value::String(entry.kind.clone()));
    let wrong = |source| CodecError::Decode { sequence, kind: entry.kind.clone(), source };
    let moment = |text: &str| clock::parse_rfc3339(text).ok_or_else(|| damaged("a time cannot be read"));
    Ok(Recorded {
        sequence,
        stream: StreamId(entry.stream.clone()),
        version: entry.version,
        happened: Span {
            from: moment(&entry.happened_from)?,
            to: entry.happened_to.as_deref().map(moment).transpose()?,
        },
        recorded_at: moment(&entry.recorded_at)?,
        actor: PersonId(entry.actor.clone()),
        envelope: serde_json::from_value(Value::Object(envelope)).map_err(wrong)?,
        event: serde_json::from_value(Value::Object(body)).map_err(wrong)?,
    })
}

/// A minor's record after its key was destroyed: the proof stands, the person is gone.
fn erased_party() -> Value {
    serde_json::json!({ "id": "", "kind": "person", "name": "（已销毁）", "minor": true })
}

/// Protected strings named by an event: later members that contain them are sealed too.
pub fn protected_words(event: &Event, book: &Rulebook) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    match event {
        Event::ClueRegistered { informant: Some(informant), .. } => {
            words.insert(informant.name.clone());
            words.insert(informant.contact.clone());
        }
        // What was found out later to name somebody is not written again either.
        Event::ProtectionRaised { value: Value::String(text), .. } => {
            words.insert(text.clone());
        }
        Event::ProtectionRaised { value, .. } => collect_names(Some(value), &mut words),
        Event::Corrected { sealed, effective, .. } if !sealed.is_empty() => match effective {
            Value::String(text) => {
                words.insert(text.clone());
            }
            other => collect_names(Some(other), &mut words),
        },
        Event::PartyRecorded { party } if party.minor => {
            words.extend([party.name.clone(), party.id_number.clone(), party.phone.clone()]);
        }
        Event::PaperSubmitted { paper_kind, fields, .. } => {
            if let Some(form) = book.paper(&paper_kind.0) {
                for (name, whose) in form.protected_fields() {
                    if whose != "third-party" {
                        collect_names(fields.get(name), &mut words);
                    }
                }
            }
        }
        _ => {}
    }
    words.retain(|w| names_somebody(w));
    words
}

/// What people write where they have no name: it names nobody, and is no secret.
const NO_NAMES: &[&str] = &["匿名", "匿名举报人", "匿名投诉人", "不详", "未知", "未留", "没有留下", "本人", "（已销毁）"];

/// Whether a string can tell who somebody is.
pub(crate) fn names_somebody(word: &str) -> bool {
    let word = word.trim();
    word.chars().count() >= 2 && !NO_NAMES.contains(&word)
}

/// Names, numbers and phones inside a protected field; relations and choices are no secrets.
fn collect_names(value: Option<&Value>, words: &mut BTreeSet<String>) {
    match value {
        Some(Value::Object(map)) => {
            for (key, inner) in map {
                if matches!(key.as_str(), "name" | "id_number" | "phone" | "guardian_phone" | "contact" | "address") {
                    if let Value::String(text) = inner {
                        words.insert(text.clone());
                    }
                }
            }
        }
        Some(Value::Array(rows)) => rows.iter().for_each(|row| collect_names(Some(row), words)),
        _ => {}
    }
}
