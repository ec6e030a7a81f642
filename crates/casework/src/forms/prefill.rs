//! A form opens with everything the file already knows, so that nothing is typed twice. Where a
//! member's value comes from stands in its schema (`x-source`); the words for the sources are in
//! `sources.rs`. Here a schema is walked and what a source gives is fitted to its member.

use super::schema::{self, Shape};
use super::sources::Known;
use crate::settings::Agency;
use jiff::civil::{Date, DateTime};
use procedure::case::Case;
use procedure::papers::PaperForm;
use procedure::people::Person;
use procedure::rulebook::Rulebook;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a paper's fields start with. `subject` is the party's id, the paper's id for a proof of
/// service, or whom a notice informs; empty for the whole case. Only values of the members'
/// own types are filled in; an optional object is filled whole or not at all, unless its schema
/// says `x-partial`.
///
/// A record says what was done: what the party answered, and when it began and ended, is taken
/// from nothing but what was recorded of the visit itself.
pub fn prefill(
    form: &PaperForm,
    case: &Case,
    book: &Rulebook,
    agency: &Agency,
    person: &Person,
    subject: &str,
    now: DateTime,
) -> Map<String, Value> {
    let known = Known::new(form, case, book, agency, person, subject, now);
    Filling { known: &known, row: None }.object(&form.schema)
}

/// Numbers of the pieces of evidence in a form whose extent nobody has told yet.
pub fn evidence_unmeasured(fields: &Map<String, Value>) -> Vec<String> {
    let rows = fields.get("evidence").and_then(Value::as_array).into_iter().flatten();
    rows.filter(|row| row.get("pages_or_seconds").is_none())
        .filter_map(|row| row.get("number")?.as_str().map(str::to_owned))
        .collect()
}

/// Puts in the pages counted, by number of the evidence.
pub fn measure_evidence(fields: &mut Map<String, Value>, pages: &BTreeMap<String, u32>) {
    let rows = fields.get_mut("evidence").and_then(Value::as_array_mut).into_iter().flatten();
    for row in rows.filter_map(Value::as_object_mut) {
        let number = row.get("number").and_then(Value::as_str).unwrap_or_default();
        if let Some(pages) = pages.get(number) {
            row.entry("pages_or_seconds").or_insert_with(|| format!("共{pages}页").into());
        }
    }
}

struct Filling<'a> {
    known: &'a Known<'a>,
    /// The row of the source that the row being filled comes from.
    row: Option<&'a Value>,
}

impl Filling<'_> {
    fn object(&self, schema: &Value) -> Map<String, Value> {
        schema::members(schema)
            .filter(|(_, member)| !schema::is_system(member))
            .filter_map(|(name, member)| {
                let required = schema::is_required(schema, name);
                Some((name.to_owned(), self.value(member, required)?))
            })
            .collect()
    }

    /// The first source that gives what fits; then the member's default, then its own members.
    fn value(&self, member: &Value, required: bool) -> Option<Value> {
        let sourced = schema::sources(member).find_map(|source| {
            let found = self.source(source, member)?;
            if takes_rows(member) { self.rows(member, &found) } else { fit(member, &found) }
        });
        if sourced.is_some() {
            return sourced;
        }
        if let Some(default) = member.get("default") {
            return fit(member, default);
        }
        match schema::shape(member) {
            Shape::Object => {
                // Half of an optional object would only be complained of.
                let filled = self.object(member);
                let whole = schema::is_partial(member)
                    || schema::members(member)
                        .all(|(inner, _)| !schema::is_required(member, inner) || filled.contains_key(inner));
                (!filled.is_empty() && (required || whole)).then_some(Value::Object(filled))
            }
            Shape::Text => match schema::options(member)[..] {
                [only] => Some(Value::from(only)),
                _ => None,
            },
            _ => None,
        }
    }

    fn source(&self, source: &str, member: &Value) -> Option<Value> {
        if let Some(path) = source.strip_prefix("row") {
            return at_path(self.row?, path.trim_start_matches('.'));
        }
        match source.strip_prefix("words:") {
            Some(words) => self.words(words),
            None => self.known.source(source, member),
        }
    }

    /// A sentence with the sources in its braces; none while one of them is unknown.
    fn words(&self, sentence: &str) -> Option<Value> {
        let plain = Value::Object(Map::new());
        let (mut said, mut rest) = (String::new(), sentence);
        while let Some((before, more)) = rest.split_once('{') {
            let (source, after) = more.split_once('}')?;
            said.push_str(before);
            said.push_str(&in_words(&self.source(source, &plain)?)?);
            rest = after;
        }
        said.push_str(rest);
        Some(Value::from(said))
    }

    /// A row for each row of the source; one that lacks what it must take over is left out.
    fn rows(&self, list: &Value, from: &Value) -> Option<Value> {
        let items = list.get("items")?;
        let rows: Vec<Value> = from
            .as_array()?
            .iter()
            .filter_map(|row| {
                let made = Filling { known: self.known, row: Some(row) }.object(items);
                let whole = schema::members(items)
                    .filter(|(name, member)| schema::is_required(items, name) && of_row(member))
                    .all(|(name, _)| made.contains_key(name));
                (whole && !made.is_empty()).then_some(Value::Object(made))
            })
            .collect();
        (!rows.is_empty()).then_some(Value::Array(rows))
    }
}

fn of_row(member: &Value) -> bool {
    schema::sources(member).any(|source| source == "row" || source.starts_with("row."))
}

/// Whether the rows of a list are made of a source's rows, member by member.
fn takes_rows(list: &Value) -> bool {
    list.get("items").is_some_and(|items| schema::members(items).any(|(_, member)| of_row(member)))
}

/// What stands at a dotted path; `facts[].text` gathers a member of every row.
pub(super) fn at_path(value: &Value, path: &str) -> Option<Value> {
    if path.is_empty() {
        return Some(value.clone());
    }
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    match step.strip_suffix("[]") {
        Some(list) => {
            let rows = value.get(list)?.as_array()?.iter();
            Some(rows.filter_map(|row| at_path(row, rest)).collect())
        }
        None => at_path(value.get(step)?, rest),
    }
}

/// A value inside a sentence: days as they are said, a list with its marks.
fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let text = text.trim().trim_end_matches('。');
            // Of a moment, too, a sentence says the day.
            let said = text.parse::<Date>().map_or_else(|_| text.to_owned(), day_zh);
            (!said.is_empty() && said != "/").then_some(said)
        }
        Value::Array(rows) => {
            let said: Vec<String> = rows.iter().filter_map(in_words).collect();
            (!said.is_empty()).then(|| said.join("；"))
        }
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// 2026年9月8日.
pub(super) fn day_zh(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

pub(super) fn day(date: Date) -> Value {
    Value::String(date.strftime("%Y-%m-%d").to_string())
}

pub(super) fn moment(at: DateTime) -> Value {
    Value::String(at.strftime("%Y-%m-%dT%H:%M").to_string())
}

/// A moment as the member wants it.
pub(super) fn time_of(member: &Value, at: DateTime) -> Value {
    if schema::shape(member) == Shape::Date { day(at.date()) } else { moment(at) }
}

/// The part of a value that is of the member's type and size; blanks, strokes and unknown members
/// fall away. Several sentences become one text.
fn fit(member: &Value, value: &Value) -> Option<Value> {
    match (schema::shape(member), value) {
        (Shape::Object, Value::Object(fields)) => {
            let kept: Map<String, Value> = schema::members(member)
                .filter_map(|(name, inner)| Some((name.to_owned(), fit(inner, fields.get(name)?)?)))
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        (Shape::Array, Value::Array(rows)) => {
            let items = member.get("items")?;
            let kept: Vec<_> = rows.iter().filter_map(|row| fit(items, row)).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        (Shape::Text, Value::Array(_)) if schema::is_free_text(member) => {
            fit(member, &Value::from(format!("{}。", in_words(value)?)))
        }
        (Shape::Text, Value::String(text)) => {
            let options = schema::options(member);
            let allowed = options.is_empty() || options.contains(&text.as_str());
            let fits = schema::max_length(member).is_none_or(|max| text.chars().count() as u64 <= max);
            (!matches!(text.trim(), "" | "/") && allowed && fits).then(|| value.clone())
        }
        (Shape::Date, Value::String(text)) => text.parse::<Date>().is_ok().then(|| value.clone()),
        (Shape::Moment, Value::String(text)) => text.parse::<DateTime>().is_ok().then(|| value.clone()),
        (Shape::Integer | Shape::Money, Value::Number(_)) | (Shape::Boolean, Value::Bool(_)) => Some(value.clone()),
        _ => None,
    }
}
