//! The control a member is corrected with: the one it was filled in with, where its kind is known: a
//! date, a moment, money, yes or no, a closed list, an officer of the department; words for the rest.

use crate::look::form::{Choice, Field, Filled};
use crate::look::words;
use crate::pages::cases::act::ActDesk;
use crate::pages::cases::labels::{self, Member};
use casework::forms::{self, FormField, Widget};
use jiff::civil::{Date, DateTime};
use procedure::event::{Event, Recorded};
use procedure::money::Fen;
use procedure::people::Role;
use serde_json::Value;

/// The name of the field in the form.
const NAME: &str = "effective";
const LABEL: &str = "更正后的内容";

/// What a member is, as far as entry, schema and value tell.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Moment,
    Day,
    /// Whole fen, typed in yuan.
    Money,
    Number,
    YesNo,
    /// One of these, as value and words.
    OneOf(Vec<(String, String)>),
    /// The name of an officer.
    Officer,
    Area,
    Words,
}

/// The control with what stands in it now.
pub fn field(act: &ActDesk, record: &Recorded, member: &Member) -> Field {
    let text = plain(&member.value);
    let field = match kind(act, record, member) {
        Kind::Moment => Field::datetime(NAME, LABEL).value(text.parse::<DateTime>().map(words::moment_field).unwrap_or(text)).half(),
        Kind::Day => Field::date(NAME, LABEL).value(text).half(),
        Kind::Money => Field::number(NAME, LABEL).value(yuan(&member.value)).unit("元").half(),
        Kind::Number => Field::number(NAME, LABEL).value(text).half(),
        Kind::YesNo => {
            let now = if member.value == Value::Bool(true) { "是" } else { "否" };
            Field::radios(NAME, LABEL, vec![Choice::new("是", "是"), Choice::new("否", "否")]).value(now)
        }
        Kind::OneOf(all) => Field::select(NAME, LABEL, all.into_iter().map(|(value, title)| Choice::new(value, title)).collect()).value(text).half(),
        Kind::Officer => {
            let mut names: Vec<Choice> = officers(act).into_iter().map(|(name, note)| Choice::new(name.clone(), name).note(note)).collect();
            // Whoever is written down may have left the department, or never have been in it.
            if names.iter().all(|c| c.value != text) {
                names.insert(0, Choice::new(text.clone(), text.clone()));
            }
            Field::select(NAME, LABEL, names).value(text).half()
        }
        Kind::Area => Field::area(NAME, LABEL).value(text),
        Kind::Words => Field::text(NAME, LABEL).value(text),
    };
    if matches!(field.kind, crate::look::form::Kind::Area | crate::look::form::Kind::Text) { field } else { field.required() }
}

/// What was filled in, as a value of the member's kind.
///
/// # Errors
/// The message beside the field.
pub fn typed(act: &ActDesk, record: &Recorded, member: &Member, filled: &Filled) -> Result<Value, String> {
    let text = filled.one(NAME);
    match kind(act, record, member) {
        Kind::Money => text.parse::<Fen>().map(|fen| Value::from(fen.0)).map_err(|error| error.to_string()),
        Kind::OneOf(all) => match all.iter().find(|(value, _)| value == text) {
            Some((value, _)) => Ok(Value::from(value.as_str())),
            None => Err("请选择其中一项".into()),
        },
        _ => labels::typed(&member.value, text),
    }
}

/// The value as people read it: money in yuan.
pub fn value_zh(member: &Member) -> String {
    match &member.value {
        Value::Number(fen) if member.name.ends_with("_fen") => words::yuan(fen.as_i64().unwrap_or_default()),
        _ => member.value_zh(),
    }
}

fn kind(act: &ActDesk, record: &Recorded, member: &Member) -> Kind {
    if let (Event::PaperSubmitted { paper_kind, fields, .. }, Some(name)) = (&record.event, member.name.strip_prefix("fields.")) {
        let form = act.desk.office.book().paper(&paper_kind.0);
        let described = form.map(|form| forms::describe(form, fields)).unwrap_or_default();
        if let Some(kind) = find(&described, name).and_then(of_paper) {
            return kind;
        }
        let in_officers = name.strip_suffix(".name").and_then(|n| n.rsplit_once('.')).map(|(list, _)| list);
        if in_officers.and_then(|list| find(&described, list)).is_some_and(|f| f.widget == Widget::Officers) {
            return Kind::Officer;
        }
    }
    of_value(member)
}

/// The kind by what stands in the entry.
fn of_value(member: &Member) -> Kind {
    match &member.value {
        Value::Bool(_) => Kind::YesNo,
        Value::Number(_) if member.name.ends_with("_fen") => Kind::Money,
        Value::Number(_) => Kind::Number,
        Value::String(text) if text.contains('T') && text.parse::<DateTime>().is_ok() => Kind::Moment,
        Value::String(text) if text.parse::<Date>().is_ok() => Kind::Day,
        Value::String(text) => match labels::codes_beside(text) {
            Some(all) => Kind::OneOf(all.iter().map(|(code, title)| ((*code).to_owned(), (*title).to_owned())).collect()),
            None if LONG.contains(&member.name.rsplit('.').next().unwrap_or_default()) || text.chars().count() > 40 => Kind::Area,
            None if member.name == "allowed_by" => Kind::Officer,
            None => Kind::Words,
        },
        _ => Kind::Words,
    }
}

/// Members that are running text.
const LONG: [&str; 7] = ["content", "opinion", "reason", "proves", "note", "refusal", "purpose"];

/// The kind by the paper's schema; none where only the value tells.
fn of_paper(field: &FormField) -> Option<Kind> {
    Some(match field.widget {
        Widget::Textarea => Kind::Area,
        Widget::Date => Kind::Day,
        Widget::Moment => Kind::Moment,
        Widget::Number => Kind::Number,
        Widget::Money => Kind::Money,
        Widget::Choice => Kind::OneOf(field.options.iter().map(|o| (o.value.clone(), o.title.clone())).collect()),
        Widget::YesNo => Kind::YesNo,
        Widget::Text if !field.options.is_empty() => return None,
        Widget::Text => Kind::Words,
        _ => return None,
    })
}

/// A field by its dotted name, whatever it stands in.
fn find<'a>(fields: &'a [FormField], name: &str) -> Option<&'a FormField> {
    fields.iter().find_map(|f| match f.name == name {
        true => Some(f),
        false => find(&f.members, name).or_else(|| f.rows.iter().find_map(|row| find(row, name))),
    })
}

/// Officers and heads by name, with their certificates of today.
fn officers(act: &ActDesk) -> Vec<(String, String)> {
    let today = act.file.now.date();
    let directory = act.desk.office.directory();
    let known = directory.persons.values().filter(|p| p.holds(Role::Officer) || p.holds(Role::SectionHead) || p.holds(Role::AgencyHead));
    let mut all: Vec<(String, String)> = known.map(|p| (p.name.clone(), p.seen_on(today).certificate)).collect();
    all.sort();
    all
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Fen as the control of an amount shows them: "10000.50".
fn yuan(value: &Value) -> String {
    let fen = value.as_i64().unwrap_or_default();
    if fen % 100 == 0 { (fen / 100).to_string() } else { format!("{}.{:02}", fen / 100, fen.abs() % 100) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(name: &str, value: Value) -> Kind {
        of_value(&Member { name: name.into(), label: "某项".into(), value })
    }

    #[test]
    fn a_member_is_corrected_with_the_control_of_its_kind() {
        assert_eq!(of("happened.from", json!("2026-11-17T09:12:00")), Kind::Moment);
        assert_eq!(of("effective_on", json!("2026-11-17")), Kind::Day);
        assert_eq!(of("certificates_shown", json!(true)), Kind::YesNo);
        assert_eq!(of("fields.fine_fen", json!(1_000_000)), Kind::Money);
        assert_eq!(of("allowed_by", json!("周某丁")), Kind::Officer);
        assert_eq!(of("envelope.place", json!("某某路128号")), Kind::Words);
        assert_eq!(of("reason", json!("笔误")), Kind::Area);
        let Kind::OneOf(sources) = of("source", json!("complaint")) else { panic!("the sources are a closed list") };
        assert_eq!(sources.len(), 5);
        assert!(sources.contains(&("complaint".into(), "投诉、举报".into())));
    }

    #[test]
    fn money_is_shown_in_yuan() {
        assert_eq!(yuan(&json!(1_000_050)), "10000.50");
        assert_eq!(yuan(&json!(800_000)), "8000");
        let fine = Member { name: "fields.fine_fen".into(), label: "罚款".into(), value: json!(800_000) };
        assert_eq!(value_zh(&fine), "8\u{a0}000 元");
    }
}
