//! Forms: fields with label, hint, article and error in place, and what a person filled in.
//! `templates/macros.html` draws a [`Field`]; [`Filled`] reads a posted body back, rows included.

use super::{Fact, Frame, Link, Stop};
use askama::Template;
use std::collections::BTreeMap;

/// Which control a field shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Text,
    Password,
    Tel,
    Search,
    /// A whole or decimal number typed as text, with its unit behind it.
    Number,
    Date,
    DateTime,
    /// Several lines.
    Area,
    Select,
    Radios,
    Checks,
    /// Officers with their certificates, several may be chosen.
    Officers,
    File,
    Hidden,
    /// Shown, not to be changed; travels with the form.
    Fixed,
    /// Repeating rows of other fields.
    Rows,
}

/// How wide a field stands; on a telephone all are full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    #[default]
    Full,
    Half,
    Third,
}

/// One choice of a select, of radios, of check boxes or of the officers' list.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// Small words behind the label, such as a certificate's number.
    pub note: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Choice {
        Choice {
            value: value.into(),
            label: label.into(),
            note: String::new(),
        }
    }

    pub fn note(mut self, note: impl Into<String>) -> Choice {
        self.note = note.into();
        self
    }
}

/// One field of a form. Build it with the function of its kind and the setters below.
#[derive(Clone, Debug, Default)]
pub struct Field {
    pub name: String,
    pub label: String,
    pub kind: Kind,
    /// What stands in it; for several choices see `chosen`.
    pub value: String,
    /// The values chosen among `choices`.
    pub chosen: Vec<String>,
    pub choices: Vec<Choice>,
    /// What a select says while nothing is chosen; empty says 请选择. Filters say 全部.
    pub unset: String,
    pub hint: String,
    /// The article behind the field, beside its label.
    pub article: String,
    /// What is wrong with it, in Chinese.
    pub error: String,
    pub required: bool,
    /// Must be filled in once anything of its group or row is; said in words beside the label, for
    /// a mark alone would ask for what may be left out.
    pub required_in_group: bool,
    /// Never kept on the device (informants, minors, secrets' pointers).
    pub protected: bool,
    pub width: Width,
    /// Behind the control: 元, 日.
    pub unit: String,
    /// `autocomplete` of the control; empty means off.
    pub autocomplete: &'static str,
    /// For files: accepted types, several or one, and the address that takes the bytes first.
    pub accept: String,
    pub many: bool,
    pub upload: String,
    /// For rows: what one row is called, the filled rows, and a blank one named `__n__`.
    pub row_word: String,
    pub rows: Vec<Vec<Field>>,
    pub blank: Vec<Field>,
}

macro_rules! of_kind {
    ($($(#[$doc:meta])* $name:ident => $kind:ident),* $(,)?) => {
        $($(#[$doc])* pub fn $name(name: impl Into<String>, label: impl Into<String>) -> Field {
            Field { name: name.into(), label: label.into(), kind: Kind::$kind, ..Field::default() }
        })*
    };
}

impl Field {
    of_kind! {
        text => Text,
        password => Password,
        tel => Tel,
        search => Search,
        number => Number,
        date => Date,
        /// Minutes; the value is "2026-11-17T09:12".
        datetime => DateTime,
        area => Area,
        file => File,
    }

    pub fn hidden(name: impl Into<String>, value: impl Into<String>) -> Field {
        Field {
            name: name.into(),
            kind: Kind::Hidden,
            value: value.into(),
            ..Field::default()
        }
    }

    pub fn fixed(
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
    ) -> Field {
        Field {
            name: name.into(),
            label: label.into(),
            kind: Kind::Fixed,
            value: value.into(),
            ..Field::default()
        }
    }

    pub fn select(
        name: impl Into<String>,
        label: impl Into<String>,
        choices: Vec<Choice>,
    ) -> Field {
        Field {
            name: name.into(),
            label: label.into(),
            kind: Kind::Select,
            choices,
            ..Field::default()
        }
    }

    pub fn radios(
        name: impl Into<String>,
        label: impl Into<String>,
        choices: Vec<Choice>,
    ) -> Field {
        Field {
            name: name.into(),
            label: label.into(),
            kind: Kind::Radios,
            choices,
            ..Field::default()
        }
    }

    pub fn checks(
        name: impl Into<String>,
        label: impl Into<String>,
        choices: Vec<Choice>,
    ) -> Field {
        Field {
            name: name.into(),
            label: label.into(),
            kind: Kind::Checks,
            choices,
            ..Field::default()
        }
    }

    pub fn officers(
        name: impl Into<String>,
        label: impl Into<String>,
        choices: Vec<Choice>,
    ) -> Field {
        Field {
            name: name.into(),
            label: label.into(),
            kind: Kind::Officers,
            choices,
            ..Field::default()
        }
    }

    /// Repeating rows. `columns` are the fields of one row by their bare names; they travel as
    /// `name.0.column`. `filled` is what [`Filled::rows`] read, or the case's values.
    pub fn rows(
        name: impl Into<String>,
        label: impl Into<String>,
        row_word: impl Into<String>,
        columns: Vec<Field>,
        filled: &[BTreeMap<String, String>],
    ) -> Field {
        let name = name.into();
        let row = |index: &str, values: Option<&BTreeMap<String, String>>| -> Vec<Field> {
            columns
                .iter()
                .map(|column| {
                    let value = values
                        .and_then(|row| row.get(&column.name))
                        .cloned()
                        .unwrap_or_default();
                    Field {
                        name: format!("{name}.{index}.{}", column.name),
                        ..column.clone()
                    }
                    .value(value)
                })
                .collect()
        };
        Field {
            rows: filled
                .iter()
                .enumerate()
                .map(|(index, values)| row(&index.to_string(), Some(values)))
                .collect(),
            blank: row("__n__", None),
            label: label.into(),
            row_word: row_word.into(),
            kind: Kind::Rows,
            name,
            ..Field::default()
        }
    }

    pub fn value(mut self, value: impl Into<String>) -> Field {
        self.value = value.into();
        if !self.choices.is_empty() {
            self.chosen = vec![self.value.clone()];
        }
        self
    }

    pub fn chosen(mut self, chosen: impl IntoIterator<Item = impl Into<String>>) -> Field {
        self.chosen = chosen.into_iter().map(Into::into).collect();
        self
    }

    /// Puts what was typed back, whatever it was; nothing when the field was not posted.
    pub fn refill(self, filled: &Filled) -> Field {
        let values = filled.many(&self.name);
        match (self.kind, values.first()) {
            (Kind::Checks | Kind::Officers, _) if !filled.is_empty() => self.chosen(values),
            (Kind::Password | Kind::File | Kind::Rows, _) | (_, None) => self,
            (_, Some(value)) => self.value(*value),
        }
    }

    pub fn unset(mut self, words: impl Into<String>) -> Field {
        self.unset = words.into();
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Field {
        self.hint = hint.into();
        self
    }

    pub fn article(mut self, article: impl Into<String>) -> Field {
        self.article = article.into();
        self
    }

    pub fn error(mut self, error: impl Into<String>) -> Field {
        self.error = error.into();
        self
    }

    pub fn required(mut self) -> Field {
        self.required = true;
        self
    }

    /// Required as soon as anything of its optional group or row is filled in.
    pub fn required_in_group(mut self) -> Field {
        self.required_in_group = true;
        self
    }

    pub fn protected(mut self) -> Field {
        self.protected = true;
        self
    }

    pub fn half(mut self) -> Field {
        self.width = Width::Half;
        self
    }

    pub fn third(mut self) -> Field {
        self.width = Width::Third;
        self
    }

    pub fn unit(mut self, unit: impl Into<String>) -> Field {
        self.unit = unit.into();
        self
    }

    pub fn autocomplete(mut self, token: &'static str) -> Field {
        self.autocomplete = token;
        self
    }

    pub fn accept(mut self, accept: impl Into<String>) -> Field {
        self.accept = accept.into();
        self
    }

    /// Several files.
    pub fn many(mut self) -> Field {
        self.many = true;
        self
    }

    /// With scripts, the bytes go to this address first (see `assets/islands/upload.ts`).
    pub fn upload(mut self, address: impl Into<String>) -> Field {
        self.upload = address.into();
        self
    }

    pub fn id(&self) -> String {
        format!("f-{}", self.name)
    }

    pub fn class(&self) -> String {
        let width = match self.width {
            Width::Full => "",
            Width::Half => " half",
            Width::Third => " third",
        };
        let wrong = if self.error.is_empty() { "" } else { " wrong" };
        format!("field{width}{wrong}")
    }

    /// A set of controls is a `fieldset` with a `legend`, a single control a `label`.
    pub fn is_group(&self) -> bool {
        matches!(
            self.kind,
            Kind::Radios | Kind::Checks | Kind::Officers | Kind::Rows
        )
    }

    /// Whether nothing is chosen yet: an empty posted value is no choice.
    pub fn unchosen(&self) -> bool {
        self.chosen.iter().all(|value| value.is_empty())
    }

    pub fn is_chosen(&self, value: &str) -> bool {
        self.chosen.iter().any(|chosen| chosen == value)
    }

    /// The `type` of an `<input>`.
    pub fn input_type(&self) -> &'static str {
        match self.kind {
            Kind::Password => "password",
            Kind::Tel => "tel",
            Kind::Search => "search",
            Kind::Date => "date",
            Kind::DateTime => "datetime-local",
            Kind::File => "file",
            _ => "text",
        }
    }

    /// The ids of hint and error, for `aria-describedby`.
    pub fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.id()));
        let error = (!self.error.is_empty()).then(|| format!("{}-error", self.id()));
        hint.into_iter().chain(error).collect::<Vec<_>>().join(" ")
    }
}

/// A whole form, drawn by the macro `form`; a page with its own arrangement uses `field` alone.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub action: String,
    pub fields: Vec<Field>,
    /// The act on the primary button: "送达权利告知", never "提交".
    pub act: String,
    /// Asked before it leaves, for what cannot be taken back.
    pub confirm: String,
    /// Wrong about the form as a whole.
    pub error: String,
    /// Where drafts go; empty keeps none.
    pub autosave: String,
    /// Where the live preview comes from, and the id of its place.
    pub preview: String,
    pub preview_into: String,
    /// Makes the same request twice be done once.
    pub once: String,
    /// The version of what is edited, so that two people cannot overwrite one another.
    pub version: String,
    pub back: String,
}

impl Form {
    /// Files need the multipart encoding where scripts are off.
    pub fn has_files(&self) -> bool {
        self.fields.iter().any(|field| field.kind == Kind::File)
    }

    /// How many fields are wrong, for the sentence above the form.
    pub fn wrong_count(&self) -> usize {
        let rows = self
            .fields
            .iter()
            .flat_map(|field| field.rows.iter().flatten());
        self.fields
            .iter()
            .chain(rows)
            .filter(|field| !field.error.is_empty())
            .count()
    }

    /// Puts what was typed back into every field.
    pub fn refill(mut self, filled: &Filled) -> Form {
        self.fields = self
            .fields
            .into_iter()
            .map(|field| field.refill(filled))
            .collect();
        self
    }

    /// Sets the message beside the field `name`; one that no field has goes above the form.
    pub fn put_error(&mut self, name: &str, message: impl Into<String>) {
        let rows_and_fields = self.fields.iter_mut().flat_map(|field| {
            let Field {
                name, error, rows, ..
            } = field;
            let own = std::iter::once((name, error));
            own.chain(
                rows.iter_mut()
                    .flatten()
                    .map(|column| (&mut column.name, &mut column.error)),
            )
        });
        match rows_and_fields
            .into_iter()
            .find(|(known, _)| known.as_str() == name)
        {
            Some((_, error)) => *error = message.into(),
            None => self.error = message.into(),
        }
    }
}

/// A page that is one form, as most acts are.
#[derive(Template)]
#[template(path = "form.html")]
pub struct FormPage {
    pub frame: Frame,
    pub title: String,
    /// The case or clue the act belongs to.
    pub about: Option<Link>,
    /// What the act would lack if done now.
    pub stops: Vec<Stop>,
    pub facts: Vec<Fact>,
    pub form: Form,
}

/// What was posted, in order, as `axum::Form<Vec<(String, String)>>` gives it.
#[derive(Clone, Debug, Default)]
pub struct Filled(Vec<(String, String)>);

impl From<Vec<(String, String)>> for Filled {
    fn from(pairs: Vec<(String, String)>) -> Filled {
        Filled(pairs)
    }
}

impl Filled {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value without blanks at its ends; empty when absent.
    pub fn one(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.trim())
    }

    pub fn many(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
            .collect()
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The rows `name.N.column` in document order, whole blank rows left out.
    pub fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut rows: Vec<(&str, BTreeMap<String, String>)> = Vec::new();
        for (key, value) in &self.0 {
            let mut parts = key.splitn(3, '.');
            let (Some(group), Some(index), Some(column)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            if group != name {
                continue;
            }
            let place = match rows.iter().position(|(known, _)| *known == index) {
                Some(place) => place,
                None => {
                    rows.push((index, BTreeMap::new()));
                    rows.len() - 1
                }
            };
            rows[place]
                .1
                .insert(column.to_owned(), value.trim().to_owned());
        }
        rows.into_iter()
            .map(|(_, row)| row)
            .filter(|row| row.values().any(|value| !value.is_empty()))
            .collect()
    }

    /// Without scripts, a press on 增加 or 删除 of the rows `name` posts the form: the rows it
    /// asks to see, or nothing when the form was sent in earnest.
    pub fn rows_rearranged(&self, name: &str) -> Option<Vec<BTreeMap<String, String>>> {
        if self.one("add") == name {
            let mut rows = self.rows(name);
            rows.push(BTreeMap::new());
            return Some(rows);
        }
        let (group, index) = self.one("drop").split_once('.')?;
        if group != name {
            return None;
        }
        let dropped = format!("{name}.{index}.");
        let kept = self
            .0
            .iter()
            .filter(|(key, _)| !key.starts_with(&dropped))
            .cloned()
            .collect::<Vec<_>>();
        Some(Filled(kept).rows(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(pairs: &[(&str, &str)]) -> Filled {
        Filled(
            pairs
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        )
    }

    #[test]
    fn rows_come_back_in_document_order_without_blank_ones() {
        let posted = filled(&[
            ("qa.4.question", "您的姓名？"),
            ("qa.4.answer", " 某甲 "),
            ("qa.0.question", ""),
            ("qa.0.answer", ""),
            ("qa.2.question", "几点到店？"),
            ("other.1.question", "不相干"),
        ]);
        let rows = posted.rows("qa");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["answer"], "某甲");
        assert_eq!(rows[1]["question"], "几点到店？");
    }

    #[test]
    fn buttons_without_scripts_add_and_drop_a_row() {
        let rows = [("qa.0.question", "一"), ("qa.1.question", "二")];
        let add = filled(&[rows[0], rows[1], ("add", "qa")])
            .rows_rearranged("qa")
            .expect("asked for a row");
        assert_eq!(add.len(), 3);
        let drop = filled(&[rows[0], rows[1], ("drop", "qa.0")])
            .rows_rearranged("qa")
            .expect("asked to drop");
        assert_eq!(drop.len(), 1);
        assert_eq!(drop[0]["question"], "二");
        assert!(filled(&rows).rows_rearranged("qa").is_none());
    }

    #[test]
    fn what_was_typed_is_kept_and_the_error_stands_beside_its_field() {
        let columns = vec![Field::area("question", "问")];
        let posted = filled(&[
            ("place", "某某路"),
            ("how", "a"),
            ("how", "b"),
            ("secret", "旧口令"),
            ("qa.0.question", "问一"),
        ]);
        let mut form = Form {
            fields: vec![
                Field::text("place", "地点"),
                Field::checks(
                    "how",
                    "方式",
                    vec![Choice::new("a", "甲"), Choice::new("b", "乙")],
                ),
                Field::password("secret", "口令"),
                Field::rows("qa", "问答", "一问一答", columns, &posted.rows("qa")),
            ],
            ..Form::default()
        }
        .refill(&posted);
        form.put_error("qa.0.question", "缺答");
        form.put_error("nowhere", "整体有误");
        assert_eq!(form.fields[0].value, "某某路");
        assert!(form.fields[1].is_chosen("b"));
        assert_eq!(form.fields[2].value, "", "a password is never sent back");
        assert_eq!(form.fields[3].rows[0][0].value, "问一");
        assert_eq!(form.fields[3].rows[0][0].error, "缺答");
        assert_eq!(form.error, "整体有误");
        assert_eq!(form.wrong_count(), 1);
    }
}
