//! What the editor of a paper posts: the paper's own fields, and beside them, under names no paper
//! uses, what the editor needs of itself.

use casework::Office;
use casework::drafts::DraftBody;
use casework::forms::{self, FormField};
use jiff::civil::Date;
use procedure::papers::PaperForm;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A posted editor, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// The paper's fields as they were typed.
    pub pairs: Vec<(String, String)>,
    /// Which page wrote them; its own draft is no conflict.
    pub editor: String,
    /// The draft's version the page knows, if there was one.
    pub draft: Option<i64>,
    /// The version of the paper this is written over; 0 for a new paper.
    pub base_version: u32,
    pub subject: String,
    pub opinion: String,
    pub pressed: Pressed,
    /// Of an approval with changes.
    pub password: String,
    pub digest: String,
}

/// Which button sent the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Pressed {
    /// The act's own.
    #[default]
    Act,
    /// One more row of this list.
    Add(String),
    /// This row goes, as `facts.0`.
    Drop(String),
    /// Show the pages.
    Look,
    /// Keep the draft.
    Keep,
}

impl Posted {
    pub fn read(all: Vec<(String, String)>) -> Posted {
        let mut posted = Posted::default();
        for (name, value) in all {
            match name.as_str() {
                "add" | "add-in" => posted.pressed = Pressed::Add(value),
                "drop" | "drop-in" => posted.pressed = Pressed::Drop(value),
                "_look" => posted.pressed = Pressed::Look,
                "_keep" => posted.pressed = Pressed::Keep,
                "_editor" => posted.editor = value,
                "_draft" => posted.draft = value.parse().ok(),
                "_base" => posted.base_version = value.parse().unwrap_or_default(),
                "_subject" => posted.subject = value,
                "_opinion" => posted.opinion = value.trim().to_owned(),
                "_password" => posted.password = value,
                "_digest" => posted.digest = value,
                // The once-key, and whatever else is none of the paper's.
                "once" | "_outcome" => {}
                _ => posted.pairs.push((name, value)),
            }
        }
        if let Pressed::Drop(row) = &posted.pressed {
            let inside = format!("{row}.");
            posted.pairs.retain(|(name, _)| name != row && !name.starts_with(&inside));
        }
        posted
    }

    /// The paper's fields, with an officer's certificate put in where the name alone was typed.
    pub fn fields(&self, form: &PaperForm, office: &Office, on: Date) -> Map<String, Value> {
        let mut fields = forms::from_form(form, &self.pairs);
        let rows = fields.get_mut("officers").and_then(Value::as_array_mut);
        for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
            let named = row.get("name").and_then(Value::as_str).unwrap_or_default();
            if row.contains_key("certificate") || named.is_empty() {
                continue;
            }
            let directory = office.directory();
            let mut known = directory.persons.values().filter(|p| p.name == named && !p.certificates.is_empty());
            // Of two officers with one name, the certificate must say which.
            if let (Some(only), None) = (known.next(), known.next()) {
                row.insert("certificate".into(), only.seen_on(on).certificate.into());
            }
        }
        fields
    }

    /// The form described, with a blank row where one was asked for.
    pub fn described(&self, form: &PaperForm, fields: &Map<String, Value>) -> Vec<FormField> {
        let mut described = forms::describe(form, fields);
        if let Pressed::Add(list) = &self.pressed {
            super::parts::grow(&mut described, list, self.rows_of(list) + 1);
        }
        described
    }

    fn rows_of(&self, list: &str) -> usize {
        let inside = format!("{list}.");
        let rows = self.pairs.iter().filter_map(|(name, _)| name.strip_prefix(&inside)?.split('.').next());
        rows.collect::<BTreeSet<_>>().len()
    }

    /// As a draft keeps it.
    pub fn as_draft(&self) -> DraftBody {
        DraftBody { editor: self.editor.clone(), pairs: self.pairs.clone(), opinion: self.opinion.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Posted {
        Posted::read(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_the_editor_needs_of_itself_never_becomes_a_field() {
        let posted = read(&[("once", "k"), ("_draft", "17"), ("_base", "2"), ("_opinion", " 同意 "), ("place", "某某路"), ("_keep", "1")]);
        assert_eq!(posted.pairs, [("place".to_owned(), "某某路".to_owned())]);
        assert_eq!((posted.draft, posted.base_version, posted.opinion.as_str()), (Some(17), 2, "同意"));
        assert_eq!(posted.pressed, Pressed::Keep);
    }

    #[test]
    fn dropping_a_row_takes_its_inner_rows_and_no_other() {
        let posted = read(&[("facts.1.fact", "一"), ("facts.1.evidence.0.n", "证1"), ("facts.10.fact", "十"), ("drop", "facts.1")]);
        assert_eq!(posted.pairs, [("facts.10.fact".to_owned(), "十".to_owned())]);
        let texts = read(&[("basis.0", "甲"), ("basis.1", "乙"), ("drop", "basis.0")]);
        assert_eq!(texts.pairs, [("basis.1".to_owned(), "乙".to_owned())]);
        assert_eq!(texts.rows_of("basis"), 1);
    }
}
