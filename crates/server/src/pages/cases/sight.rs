//! What one reader may not see of a case, as its pages ask for it: a text that names an informant,
//! a minor or whatever was sealed later is shown as sealed, wherever it stands.

use casework::sight::{SEALED, shown_text};
use casework::views::{CaseFile, ClueFile};
use procedure::Rulebook;
use procedure::event::{Event, Party};
use serde_json::Value;
use std::collections::BTreeSet;

/// The words one reader may not see.
#[derive(Clone, Debug, Default)]
pub struct Hidden {
    words: BTreeSet<String>,
    minors: bool,
}

impl Hidden {
    pub fn of(file: &CaseFile, book: &Rulebook) -> Hidden {
        let mut words = file.hidden_words(book);
        if !file.sight.protected {
            for record in &file.case.records {
                if let Event::ProtectionRaised { value, .. } = &record.event {
                    strings_in(value, &mut words);
                }
            }
        }
        words.retain(|w| w.chars().count() >= 2);
        Hidden { words, minors: !file.sight.protected }
    }

    pub fn of_clue(file: &ClueFile) -> Hidden {
        Hidden { words: file.hidden_words(), minors: false }
    }

    /// The text, or that it is sealed.
    pub fn screen(&self, text: &str) -> String {
        shown_text(text, &self.words)
    }

    /// Whether a text is one this reader may not see.
    pub fn hides(&self, text: &str) -> bool {
        self.words.iter().any(|word| text.contains(word.as_str()))
    }

    pub fn party_name(&self, party: &Party) -> String {
        if party.minor && self.minors { format!("未成年人{SEALED}") } else { party.name.clone() }
    }

    /// A particular of a party.
    pub fn of_party(&self, party: &Party, value: &str) -> String {
        if party.minor && self.minors && !value.is_empty() { SEALED.to_owned() } else { value.to_owned() }
    }
}

fn strings_in(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            words.insert(text.clone());
        }
        Value::Array(all) => all.iter().for_each(|v| strings_in(v, words)),
        Value::Object(map) => map.values().for_each(|v| strings_in(v, words)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::cases::testing::{book, file, record};
    use casework::views::Sight;
    use jiff::civil::date;
    use procedure::event::PartyKind;

    #[test]
    fn a_minors_name_is_sealed_wherever_it_stands_for_whoever_may_not_see_it() {
        let party = Party { id: "m".into(), kind: PartyKind::Person, name: "少年某".into(), minor: true, ..Party::default() };
        let records = || vec![record(1, date(2026, 3, 2).at(9, 0, 0, 0), Event::PartyRecorded { party: party.clone() })];
        let blind = Sight { protected: false, informant: false, may_act: false };
        let hidden = Hidden::of(&file(records(), blind), book());
        assert!(hidden.hides("询问少年某的笔录"));
        assert!(!hidden.screen("询问少年某的笔录").contains("少年某"));
        assert_eq!(hidden.screen("询问经营者的笔录"), "询问经营者的笔录");
        assert!(!hidden.party_name(&party).contains("少年某"));
        let hidden = Hidden::of(&file(records(), Sight { protected: true, ..blind }), book());
        assert_eq!(hidden.party_name(&party), "少年某");
    }
}
