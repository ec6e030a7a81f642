//! What a browser or a program sent, brought to what the schema wants: blanks away, texts
//! trimmed, numbers and truth values as such. What cannot be understood stays as it was typed,
//! so that the complaint can show it.

use super::schema::{self, Shape};
use procedure::money::Fen;
use procedure::papers::PaperForm;
use serde_json::{Map, Value};

/// Settles fields. Members the office writes itself are removed, unknown members kept (they are
/// complained of later). A required list that may be empty and a required object are always
/// there, so that a form without rows is whole and a blank object names its own members.
/// Settling twice changes nothing more.
///
/// An amount is a count of fen; a text with 元, a dot or a comma is an amount in yuan.
pub fn settle(form: &PaperForm, fields: Map<String, Value>) -> Map<String, Value> {
    let mut kept = written(&form.schema, fields);
    complete(&form.schema, &mut kept);
    kept
}

fn written(object: &Value, fields: Map<String, Value>) -> Map<String, Value> {
    let mut kept = Map::new();
    for (name, value) in fields {
        match schema::member(object, &name) {
            Some(member) if schema::is_system(member) => {}
            Some(member) => {
                let optional = !schema::is_required(object, &name);
                if let Some(value) = settled(&name, member, optional, value) {
                    kept.insert(name, value);
                }
            }
            None => {
                kept.insert(name, value);
            }
        }
    }
    kept
}

fn complete(object: &Value, kept: &mut Map<String, Value>) {
    for (name, member) in schema::members(object) {
        if kept.contains_key(name) || !schema::is_required(object, name) || schema::is_system(member) {
            continue;
        }
        match schema::shape(member) {
            Shape::Array if schema::min_items(member) == 0 => {
                kept.insert(name.to_owned(), Value::Array(vec![]));
            }
            Shape::Object => {
                let mut blank = Map::new();
                complete(member, &mut blank);
                kept.insert(name.to_owned(), Value::Object(blank));
            }
            _ => {}
        }
    }
}

/// The value, or nothing where it is blank.
fn settled(name: &str, member: &Value, optional: bool, value: Value) -> Option<Value> {
    if value.is_null() {
        return None;
    }
    match (schema::shape(member), value) {
        (Shape::Object, Value::Object(fields)) => {
            let mut kept = written(member, fields);
            if kept.is_empty() {
                return None;
            }
            complete(member, &mut kept);
            Some(Value::Object(kept))
        }
        (Shape::Array, Value::Array(rows)) => array(name, member, rows),
        // A single tick of a list arrives as one text.
        (Shape::Array, Value::String(one)) => array(name, member, vec![Value::String(one)]),
        (shape, Value::String(text)) => {
            let text = text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
            // A stroke through a blank that cannot hold a text says that nothing is there.
            let struck = text == "/" && optional && !schema::is_free_text(member);
            if text.is_empty() || struck { None } else { Some(typed(name, shape, text)) }
        }
        (_, other) => Some(other),
    }
}

fn array(name: &str, member: &Value, rows: Vec<Value>) -> Option<Value> {
    let nothing = Value::Null;
    let items = member.get("items").unwrap_or(&nothing);
    let rows: Vec<_> = rows.into_iter().filter_map(|row| settled(name, items, false, row)).collect();
    if rows.is_empty() { None } else { Some(Value::Array(rows)) }
}

fn typed(name: &str, shape: Shape, text: String) -> Value {
    let value = match shape {
        Shape::Boolean => match text.as_str() {
            "true" | "on" | "是" => Some(Value::Bool(true)),
            "false" | "否" => Some(Value::Bool(false)),
            _ => None,
        },
        Shape::Integer => text.parse::<i64>().ok().map(Value::from),
        Shape::Money => fen(&text).map(Value::from),
        Shape::Moment => Some(Value::String(moment(&text))),
        Shape::Text if name == "id_number" => Some(Value::String(text.to_ascii_uppercase())),
        _ => None,
    };
    value.unwrap_or(Value::String(text))
}

/// Fen of a text: a bare whole number is fen already, anything else is written in yuan.
fn fen(text: &str) -> Option<i64> {
    if let Ok(fen) = text.parse::<i64>() {
        return Some(fen);
    }
    // A negative amount is read, so that it is refused for what it is.
    match text.strip_prefix(['-', '−', '－']) {
        Some(rest) => rest.parse::<Fen>().ok().map(|f| -f.0),
        None => text.parse::<Fen>().ok().map(|f| f.0),
    }
}

/// `2026-11-17 09:30:00` as the schemas write it: `2026-11-17T09:30`.
fn moment(text: &str) -> String {
    let Some((date, time)) = text.split_once(['T', ' ']) else { return text.to_owned() };
    let minutes = match time.trim().split(':').collect::<Vec<_>>()[..] {
        [hour, minute] | [hour, minute, _] => format!("{hour:0>2}:{minute}"),
        _ => return text.to_owned(),
    };
    format!("{date}T{minutes}")
}
