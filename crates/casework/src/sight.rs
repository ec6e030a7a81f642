//! What a reader may not see, taken out of what is shown: informants for all but those who work
//! with them, minors and third parties likewise, wherever their names occur.

use crate::codec::{names_somebody, protected_words};
use crate::paper_file::MASK;
/// Shown in the place of a sealed value.
pub use crate::paper_file::MASK as SEALED;
use crate::projections::screened;
use crate::views::{CaseFile, ClueFile};
use procedure::Rulebook;
use procedure::case::PaperVersion;
use procedure::event::{Event, Party};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Members that name somebody inside a protected field.
const NAMING: [&str; 6] = ["name", "id_number", "phone", "guardian_phone", "contact", "address"];

impl CaseFile {
    /// Strings this reader may meet nowhere in the case.
    pub fn hidden_words(&self, book: &Rulebook) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for record in &self.case.records {
            match &record.event {
                Event::ClueRegistered { informant: Some(informant), .. } if !self.sight.informant => {
                    words.extend([informant.name.clone(), informant.contact.clone()]);
                }
                Event::PartyRecorded { party } if party.minor && !self.sight.protected => {
                    words.extend([party.name.clone(), party.id_number.clone(), party.phone.clone()]);
                }
                // What was found out later to name somebody.
                Event::ProtectionRaised { .. } if !self.sight.protected => {
                    words.extend(protected_words(&record.event, book));
                }
                Event::PaperSubmitted { paper_kind, fields, .. } => {
                    let form = book.paper(&paper_kind.0);
                    for (name, whose) in form.into_iter().flat_map(|f| f.protected_fields()) {
                        if !self.sees(whose) {
                            naming(fields.get(name), &mut words);
                        }
                    }
                }
                _ => {}
            }
        }
        words.retain(|w| names_somebody(w));
        words
    }

    /// A party as this reader may see it: of a minor only that there is one.
    pub fn shown_party(&self, party: &Party) -> Party {
        if !party.minor || self.sight.protected {
            return party.clone();
        }
        Party { id: party.id.clone(), kind: party.kind, name: MASK.into(), minor: true, ..Party::default() }
    }

    /// Fields of a version of a paper (masked as `Office::paper_file` does) without what was
    /// protected later and without the hidden words.
    pub fn shown_fields(&self, version: &PaperVersion, words: &BTreeSet<String>) -> Map<String, Value> {
        let raised = |name: &str| {
            let member = format!("fields.{name}");
            !self.sight.protected
                && self.case.protected.iter().any(|(target, m)| *target == version.sequence && (*m == member || m == name))
        };
        let shown = |name: &String, value: &Value| if raised(name) { Value::from(MASK) } else { shown_value(value, words) };
        version.fields.iter().map(|(name, value)| (name.clone(), shown(name, value))).collect()
    }

    fn sees(&self, whose: &str) -> bool {
        if whose == "informant" { self.sight.informant } else { self.sight.protected }
    }
}

impl ClueFile {
    /// Strings this reader may meet nowhere in the clue.
    pub fn hidden_words(&self) -> BTreeSet<String> {
        let informants = self.records.iter().filter(|_| !self.sees_informant).filter_map(|r| match &r.event {
            Event::ClueRegistered { informant, .. } => informant.as_ref(),
            _ => None,
        });
        let mut words: BTreeSet<String> = informants.flat_map(|i| [i.name.clone(), i.contact.clone()]).filter(|w| names_somebody(w)).collect();
        words.extend(self.raised.iter().cloned());
        words
    }
}

/// A text without what its reader may not see: as a whole, for what stands around a name tells it.
pub fn shown_text(text: &str, words: &BTreeSet<String>) -> String {
    screened(text, words)
}

fn shown_value(value: &Value, words: &BTreeSet<String>) -> Value {
    match value {
        Value::String(text) => Value::from(screened(text, words)),
        Value::Array(rows) => rows.iter().map(|row| shown_value(row, words)).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), shown_value(v, words))).collect()),
        other => other.clone(),
    }
}

/// Names, numbers and phones inside a protected field; relations and choices are no secrets.
fn naming(value: Option<&Value>, words: &mut BTreeSet<String>) {
    match value {
        Some(Value::Array(rows)) => rows.iter().for_each(|row| naming(Some(row), words)),
        Some(Value::Object(map)) => {
            let texts = map.iter().filter(|(key, _)| NAMING.contains(&key.as_str())).filter_map(|(_, inner)| inner.as_str());
            words.extend(texts.map(str::to_owned));
        }
        _ => {}
    }
}
