//! What several subjects' pages share: tables, the once-key of a form, wrong fields in place, the
//! tabs of a case, and the headers of files that go out.

use crate::desk::Visitor;
use crate::errors::Problem;
use crate::look::form::{Field, Filled, Form};
use crate::look::{Empty, NextAct, Note, Pager};
use crate::pages::cases::head::CaseHead;
use casework::handles::request_digest;
use casework::permissions::{Power, reach};
use casework::views::After;
use casework::{FieldProblem, Office};
use jiff::civil::{Date, DateTime};
use serde::Deserialize;

/// A table as `templates/shared.html` draws it; on a telephone each row becomes a card.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    pub empty: Empty,
}

#[derive(Clone, Debug, Default)]
pub struct Column {
    pub title: String,
    pub numeric: bool,
}

/// A cell: its words, where they lead, small words below, chips behind.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub text: String,
    pub href: String,
    pub small: String,
    pub chips: Vec<Chip>,
    /// Class of the whole cell: `num`, `late-text`, `muted`.
    pub class: &'static str,
    pub code: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Chip {
    pub text: String,
    /// `late`, `soon`, `met` or nothing.
    pub tone: &'static str,
}

impl Table {
    /// Columns by their titles; one that ends in `#` holds numbers.
    pub fn new(columns: &[&str]) -> Table {
        let column = |title: &&str| match title.strip_suffix('#') {
            Some(title) => Column { title: title.to_owned(), numeric: true },
            None => Column { title: (*title).to_owned(), numeric: false },
        };
        Table { columns: columns.iter().map(column).collect(), ..Table::default() }
    }

    pub fn empty(mut self, what: &str, how: &str) -> Table {
        self.empty = Empty { what: what.to_owned(), how: how.to_owned(), link: None };
        self
    }

    /// The title of the column a cell stands in, for the card's label; the first has none.
    pub fn label(&self, index: &usize) -> &str {
        if *index == 0 {
            return "";
        }
        self.columns.get(*index).map_or("", |c| c.title.as_str())
    }
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Cell {
        Cell { text: text.into(), href: href.into(), ..Cell::default() }
    }

    pub fn small(mut self, small: impl Into<String>) -> Cell {
        self.small = small.into();
        self
    }

    pub fn class(mut self, class: &'static str) -> Cell {
        self.class = class;
        self
    }

    pub fn chip(mut self, text: impl Into<String>, tone: &'static str) -> Cell {
        self.chips.push(Chip { text: text.into(), tone });
        self
    }

    pub fn code(mut self) -> Cell {
        self.code = true;
        self
    }
}

/// Where the page after the last row begins, and what a page says of itself after an act.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    pub after: String,
    #[serde(default)]
    pub done: String,
}

/// The place of a row as an address carries it: `1712-01ab`.
pub fn place_of(after: &After) -> String {
    format!("{}-{}", after.place, after.id)
}

pub fn after_of(text: &str) -> Option<After> {
    let (place, id) = text.split_once('-')?;
    Some(After { place: place.parse().ok()?, id: id.to_owned() })
}

/// First and next page of a list under `path` with its filters; `last` is there when more may follow.
pub fn pager(path: &str, filters: &[(&str, &str)], shown: usize, unit: &str, on_first: bool, last: Option<&After>) -> Pager {
    let query = |extra: Option<(&str, &str)>| {
        let pairs: Vec<String> = filters
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .copied()
            .chain(extra)
            .map(|(name, value)| format!("{name}={}", percent_encoded(value)))
            .collect();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    };
    Pager {
        shown: format!("本页 {shown} {unit}"),
        first_href: if on_first { String::new() } else { query(None) },
        next_href: last.map(|after| query(Some(("after", &place_of(after))))).unwrap_or_default(),
    }
}

/// The caller with the form's once-key: the same form sent twice is done once.
pub fn once(visitor: &mut Visitor, filled: &Filled) {
    let key = filled.one("once");
    if !key.is_empty() {
        let told = filled.pairs().iter().filter(|(name, _)| name != "password");
        let digest = request_digest(told.map(|(name, value)| (name.as_str(), value.as_str())));
        visitor.caller.once = Some((key.to_owned(), digest));
    }
}

/// A fresh once-key.
pub fn once_key() -> String {
    Office::new_id()
}

/// Puts what was typed back with the messages beside their fields.
pub fn redrawn(form: Form, filled: &Filled, problems: Vec<FieldProblem>) -> Form {
    let mut form = form.refill(filled);
    for problem in problems {
        form.put_error(&problem.field, problem.message);
    }
    form
}

/// A moment typed into a `datetime-local` field, seconds or not.
pub fn moment(text: &str) -> Option<DateTime> {
    text.parse().ok()
}

pub fn date(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// A field that must hold a moment.
pub fn required_moment(filled: &Filled, name: &str, problems: &mut Vec<FieldProblem>) -> Option<DateTime> {
    let found = moment(filled.one(name));
    if found.is_none() {
        problems.push(FieldProblem { field: name.to_owned(), message: "请填写日期和时间".into() });
    }
    found
}

/// Only who holds the power anywhere comes further.
pub fn require(visitor: &Visitor, power: Power) -> Result<(), Problem> {
    match may(visitor, power) {
        true => Ok(()),
        false => Err(Problem::Forbidden { why: "您的岗位没有这项权限。".into() }),
    }
}

pub fn may(visitor: &Visitor, power: Power) -> bool {
    reach(&visitor.caller.person, power).is_some()
}

/// The note after an act, when the address carries one of ours.
pub fn done_note(done: &str, known: &[(&str, &str)]) -> Option<Note> {
    known.iter().find(|(key, _)| *key == done).map(|(_, text)| crate::desk::recorded(*text))
}

/// A table with its page: lists and reports that need no other arrangement.
#[derive(Clone, Debug, Default)]
pub struct TableSheet {
    pub heading: String,
    pub small: String,
    pub table: Table,
    pub pager: Option<Pager>,
}

/// Filters above a list.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    pub action: String,
    pub label: String,
    pub fields: Vec<Field>,
    pub set: bool,
}

/// A page of sheets with tables, the commonest page there is.
#[derive(askama::Template)]
#[template(path = "shared/sheets.html")]
pub struct SheetsPage {
    pub frame: crate::look::Frame,
    pub title: String,
    /// Over a page of a case: its facts, rail and tabs in the place of the title.
    pub head: Option<CaseHead>,
    pub intro: String,
    pub next: Vec<NextAct>,
    pub filters: Option<Filters>,
    pub sheets: Vec<TableSheet>,
    /// A form below, with its heading.
    pub form: Option<(String, Form)>,
}

impl SheetsPage {
    pub fn new(frame: crate::look::Frame, title: impl Into<String>) -> SheetsPage {
        SheetsPage {
            frame,
            title: title.into(),
            head: None,
            intro: String::new(),
            next: vec![],
            filters: None,
            sheets: vec![],
            form: None,
        }
    }
}

/// `Content-Disposition` with the name in both forms, so that every browser keeps the Chinese.
pub fn disposition(kind: &str, name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_ ".contains(c) { c } else { '_' }).collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", percent_encoded(name))
}

/// Every byte but the unreserved ones, as in RFC 3986.
pub fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The reverse, for the file name an upload announces; what is not encoded stays as it is.
pub fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = text.get(at + 1..at + 3).filter(|_| *byte == b'%');
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_travel_in_headers_and_come_back() {
        let name = "现场 照片\"1\".jpg";
        assert_eq!(percent_decoded(&percent_encoded(name)), name);
        assert_eq!(percent_decoded("100%"), "100%");
        let header = disposition("attachment", name);
        assert!(header.is_ascii() && header.starts_with("attachment; filename=\"__ ___1_.jpg\""), "{header}");
        assert!(disposition("inline", "a\r\nSet-Cookie: x").lines().count() == 1);
    }

    #[test]
    fn a_place_in_a_list_survives_the_address() {
        let after = After { place: 17, id: "0198-ab".into() };
        assert_eq!(after_of(&place_of(&after)), Some(after));
        assert_eq!(after_of("x"), None);
    }
}
