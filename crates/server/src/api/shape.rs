//! The shapes of bodies, written once: OpenAPI shows them, and what comes in is checked against
//! them, all problems at once and in Chinese. Times come with an offset and go in as local time.

use casework::FieldProblem;
use casework::clock::parse_rfc3339;
use serde_json::{Map, Value, json};

/// One member of an object.
pub struct Member {
    name: &'static str,
    shape: Value,
    required: bool,
}

pub fn need(name: &'static str, shape: Value) -> Member {
    Member { name, shape, required: true }
}

pub fn may(name: &'static str, shape: Value) -> Member {
    Member { name, shape, required: false }
}

/// An object of these members and no others.
pub fn object(members: impl IntoIterator<Item = Member>) -> Value {
    let (mut properties, mut required) = (Map::new(), vec![]);
    for member in members {
        if member.required {
            required.push(member.name);
        }
        properties.insert(member.name.to_owned(), member.shape);
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

pub fn text() -> Value {
    json!({ "type": "string" })
}
pub fn integer() -> Value {
    json!({ "type": "integer" })
}
pub fn natural() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}
pub fn boolean() -> Value {
    json!({ "type": "boolean" })
}
/// RFC 3339 with its offset.
pub fn moment() -> Value {
    json!({ "type": "string", "format": "date-time", "example": "2026-02-12T09:30:00+08:00" })
}
pub fn day() -> Value {
    json!({ "type": "string", "format": "date", "example": "2026-02-12" })
}
pub fn choice<T: Into<Value>>(codes: impl IntoIterator<Item = T>) -> Value {
    json!({ "type": "string", "enum": codes.into_iter().map(Into::into).collect::<Vec<Value>>() })
}
pub fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}
/// An object whose members another register or form describes.
pub fn open_object() -> Value {
    json!({ "type": "object" })
}
/// Any value there is; which one, the thing it stands for decides.
pub fn any() -> Value {
    json!({ "type": ["string", "number", "boolean", "object", "array"] })
}
/// A shape named under `components`.
pub fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
/// The shape, or null where there is none.
pub fn or_null(shape: Value) -> Value {
    json!({ "anyOf": [shape, { "type": "null" }] })
}
pub fn described(mut shape: Value, words: &str) -> Value {
    if let Some(object) = shape.as_object_mut() {
        object.insert("description".into(), words.into());
    }
    shape
}

/// Checks `value` against `shape`, turns times into the agency's local time, and lists what is
/// wrong by dotted name. A null where a member may be absent counts as absent.
pub fn check(value: &mut Value, shape: &Value, named: &Map<String, Value>) -> Vec<FieldProblem> {
    let mut problems = vec![];
    walk(value, shape, named, "", &mut problems);
    problems
}

fn walk(value: &mut Value, shape: &Value, known: &Map<String, Value>, path: &str, problems: &mut Vec<FieldProblem>) {
    if let Some(name) = shape.get("$ref").and_then(Value::as_str) {
        let inner = name.rsplit('/').next().and_then(|n| known.get(n));
        return walk(value, inner.unwrap_or(&Value::Null), known, path, problems);
    }
    let mut wrong = |message: String| problems.push(FieldProblem { field: path.to_owned(), message });
    match shape.get("type").and_then(Value::as_str) {
        Some("object") => match value {
            Value::Object(members) => members_of(members, shape, known, path, problems),
            _ => wrong("应当是对象".into()),
        },
        Some("array") => match value {
            Value::Array(items) => {
                let of = shape.get("items").unwrap_or(&Value::Null);
                for (i, item) in items.iter_mut().enumerate() {
                    walk(item, of, known, &joined(path, &i.to_string()), problems);
                }
            }
            _ => wrong("应当是列表".into()),
        },
        Some("string") => match value.as_str() {
            None => wrong("应当是文字".into()),
            Some(found) => match string(found, shape) {
                Ok(Some(local)) => *value = local,
                Ok(None) => {}
                Err(message) => wrong(message),
            },
        },
        Some("integer") if shape.get("minimum").is_some() && value.as_u64().is_none() => wrong("应当是不小于 0 的整数".into()),
        Some("integer") if !value.is_i64() && !value.is_u64() => wrong("应当是整数".into()),
        Some("boolean") if !value.is_boolean() => wrong("应当是 true 或者 false".into()),
        _ => {}
    }
}

fn members_of(members: &mut Map<String, Value>, shape: &Value, known: &Map<String, Value>, path: &str, problems: &mut Vec<FieldProblem>) {
    let Some(properties) = shape.get("properties").and_then(Value::as_object) else { return };
    let required: Vec<&str> = shape.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    members.retain(|name, value| !value.is_null() || required.contains(&name.as_str()));
    for name in required.iter().filter(|name| members.get(**name).is_none_or(Value::is_null)) {
        problems.push(FieldProblem { field: joined(path, name), message: "缺少这一项".into() });
    }
    for (name, value) in members.iter_mut() {
        match properties.get(name) {
            None => problems.push(FieldProblem { field: joined(path, name), message: "没有这一项".into() }),
            Some(_) if value.is_null() => {}
            Some(inner) => walk(value, inner, known, &joined(path, name), problems),
        }
    }
}

/// The local form of a time; nothing where the text stays as it is.
fn string(found: &str, shape: &Value) -> Result<Option<Value>, String> {
    if let Some(codes) = shape.get("enum").and_then(Value::as_array) {
        if codes.iter().all(|c| c.as_str() != Some(found)) {
            let codes: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
            return Err(format!("只能是：{}", codes.join("、")));
        }
    }
    match shape.get("format").and_then(Value::as_str) {
        Some("date-time") => match parse_rfc3339(found) {
            Some(local) => Ok(Some(local.to_string().into())),
            None => Err("应当是带时区的时间，如 2026-02-12T09:30:00+08:00".into()),
        },
        Some("date") if found.len() != 10 || found.parse::<jiff::civil::Date>().is_err() => {
            Err("应当是日期，如 2026-02-12".into())
        }
        _ => Ok(None),
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said_at_once_and_beside_its_field() {
        let shape = object([need("at", moment()), need("who", list(text())), may("how", choice(["direct", "post"])), may("fen", natural())]);
        let mut value = json!({ "at": "2026-02-12T09:30:00", "who": ["甲", 2], "how": "pigeon", "fen": -1, "more": true });
        let fields: Vec<String> = check(&mut value, &shape, &Map::new()).into_iter().map(|p| p.field).collect();
        for field in ["at", "who.1", "how", "fen", "more"] {
            assert!(fields.contains(&field.to_owned()), "{field} in {fields:?}");
        }
        assert_eq!(fields.len(), 5);
    }

    #[test]
    fn a_time_of_another_zone_becomes_local_time_and_a_null_counts_as_absent() {
        let shape = object([need("at", moment()), may("to", moment())]);
        let mut value = json!({ "at": "2026-02-12T01:30:00Z", "to": null });
        assert_eq!(check(&mut value, &shape, &Map::new()), vec![]);
        assert_eq!(value, json!({ "at": "2026-02-12T09:30:00" }));
    }

    #[test]
    fn a_required_member_is_missed_also_when_it_is_null() {
        let mut value = json!({ "at": null });
        let found = check(&mut value, &object([need("at", moment())]), &Map::new());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "缺少这一项");
    }
}
