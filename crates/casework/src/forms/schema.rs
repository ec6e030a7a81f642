//! Reading a paper's `fields.schema.json`: its shapes and the keywords the papers add to it
//! (`x-order`, `x-system`, `x-widget`, `x-source`, `x-partial`, `x-protected`, `x-article`).

use serde_json::Value;

/// 日期 as the schemas write it.
pub const DATE_PATTERN: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
/// 时间 to the minute, as the schemas write it.
pub const MOMENT_PATTERN: &str =
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$";

/// What a value of a schema looks like in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    Date,
    Moment,
    Integer,
    /// An integer of fen, shown and typed in yuan.
    Money,
    Boolean,
    Array,
    Object,
}

pub fn shape(schema: &Value) -> Shape {
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or("string"),
        _ => "string",
    };
    match kind {
        "object" => Shape::Object,
        "array" => Shape::Array,
        "boolean" => Shape::Boolean,
        "integer" | "number" if word(schema, "x-widget") == "money" => Shape::Money,
        "integer" | "number" => Shape::Integer,
        _ => match word(schema, "pattern") {
            DATE_PATTERN => Shape::Date,
            MOMENT_PATTERN => Shape::Moment,
            _ => Shape::Text,
        },
    }
}

/// A keyword that is a text; empty where it is absent.
pub fn word<'a>(schema: &'a Value, keyword: &str) -> &'a str {
    schema.get(keyword).and_then(Value::as_str).unwrap_or_default()
}

pub fn member<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

/// Members in the order of the paper.
pub fn members(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let order = schema.get("x-order").and_then(Value::as_array);
    order.into_iter().flatten().filter_map(move |name| {
        let name = name.as_str()?;
        Some((name, member(schema, name)?))
    })
}

/// Where a member stands in its object; unknown ones come last.
pub fn place(schema: &Value, name: &str) -> usize {
    members(schema).position(|(known, _)| known == name).unwrap_or(usize::MAX)
}

pub fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|n| n.as_str() == Some(name)))
}

/// Written by the office itself, never typed.
pub fn is_system(schema: &Value) -> bool {
    schema.get("x-system").and_then(Value::as_bool).unwrap_or(false)
}

/// Texts to choose from; empty where anything may be written.
pub fn options(schema: &Value) -> Vec<&str> {
    let options = schema.get("enum").and_then(Value::as_array);
    options.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Where a value comes from, in the order in which the sources are asked: one, or a list.
pub fn sources(schema: &Value) -> impl Iterator<Item = &str> {
    let named = schema.get("x-source");
    let list = named.and_then(Value::as_array).into_iter().flatten();
    named.into_iter().filter(|s| s.is_string()).chain(list).filter_map(Value::as_str)
}

/// An optional object that is opened though half of it is still to be filled in.
pub fn is_partial(schema: &Value) -> bool {
    schema.get("x-partial").and_then(Value::as_bool).unwrap_or(false)
}

/// In characters.
pub fn max_length(schema: &Value) -> Option<u64> {
    schema.get("maxLength").and_then(Value::as_u64)
}

pub fn min_items(schema: &Value) -> u64 {
    schema.get("minItems").and_then(Value::as_u64).unwrap_or(0)
}

/// An object that names a party: 当事人类型 and 名称.
pub fn is_party(schema: &Value) -> bool {
    let kinds = member(schema, "kind").map(options).unwrap_or_default();
    kinds.contains(&"organisation") && member(schema, "name").is_some()
}

/// A text anything may be written in, a stroke too: no date, no list of options, no pattern.
pub fn is_free_text(schema: &Value) -> bool {
    shape(schema) == Shape::Text && options(schema).is_empty() && schema.get("pattern").is_none()
}
