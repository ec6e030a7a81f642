//! Rows of a register as a page shows them: every cell in words.

use super::fields::{self, Column, RegisterName};
use database::RegisterRow;
use jiff::civil::Date;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A register, or the history of one thing in it.
#[derive(Clone, Debug)]
pub struct RegisterView {
    pub register: RegisterName,
    /// The columns beside name and validity; a line has one cell for each.
    pub columns: &'static [Column],
    pub lines: Vec<RegisterLine>,
}

/// One state of one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct RegisterLine {
    pub id: String,
    pub name: String,
    pub valid_from: Option<Date>,
    pub valid_to: Option<Date>,
    pub cells: Vec<String>,
    /// Not read in the statute's own text: shown as 未核实.
    pub unverified: bool,
    /// Whether it is valid on the day asked for.
    pub in_force: bool,
    /// Whether it is the latest state.
    pub is_current: bool,
    /// Entry that brought it; 0 for a row of the rulebook that was never changed.
    pub sequence: u64,
    pub data: Map<String, Value>,
}

pub(super) fn view(register: RegisterName, rows: Vec<RegisterRow>, departments: &BTreeMap<String, String>, day: Date) -> RegisterView {
    let mut view = view_in_order(register, rows, departments, day);
    view.lines.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    view
}

pub(super) fn view_in_order(
    register: RegisterName,
    rows: Vec<RegisterRow>,
    departments: &BTreeMap<String, String>,
    day: Date,
) -> RegisterView {
    let lines = rows.into_iter().map(|row| line(register, row, departments, day)).collect();
    RegisterView { register, columns: register.columns(), lines }
}

fn line(register: RegisterName, row: RegisterRow, departments: &BTreeMap<String, String>, day: Date) -> RegisterLine {
    let data: Map<String, Value> = serde_json::from_str(&row.data).unwrap_or_default();
    let cells = register.columns().iter().map(|c| cell(register, c.key, data.get(c.key), departments)).collect();
    let date = |text: &Option<String>| text.as_deref().and_then(|d| d.parse::<Date>().ok());
    let (valid_from, valid_to) = (date(&row.valid_from), date(&row.valid_to));
    RegisterLine {
        id: row.id,
        name: row.name,
        valid_from,
        valid_to,
        cells,
        unverified: data.get("verified") == Some(&Value::Bool(false)),
        in_force: valid_from.is_none_or(|from| from <= day) && valid_to.is_none_or(|to| day <= to),
        is_current: row.is_current,
        sequence: u64::try_from(row.sequence).unwrap_or_default(),
        data,
    }
}

fn cell(register: RegisterName, key: &str, value: Option<&Value>, departments: &BTreeMap<String, String>) -> String {
    let word = |text: &str| -> String {
        if matches!(key, "parent" | "department" | "departments") {
            return departments.get(text).cloned().unwrap_or_else(|| text.to_owned());
        }
        fields::shown(register, key, text).map_or_else(|| text.to_owned(), str::to_owned)
    };
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Bool(yes)) if key == "verified" => if *yes { "已核实" } else { "未核实" }.into(),
        Some(Value::Bool(yes)) => if *yes { "是" } else { "否" }.into(),
        Some(Value::String(text)) => word(text),
        Some(Value::Array(items)) => items.iter().map(|i| item(i, &word)).collect::<Vec<_>>().join("；"),
        Some(other) => other.to_string(),
    }
}

/// A certificate or a version of a law: its number and its days.
fn item(value: &Value, word: &dyn Fn(&str) -> String) -> String {
    let Value::Object(map) = value else {
        return value.as_str().map_or_else(|| value.to_string(), word);
    };
    let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default();
    let days = match (text("from"), text("to")) {
        ("", "") => String::new(),
        (from, "") => format!("{from}起"),
        (from, to) => format!("{from}至{to}"),
    };
    let number = text("number");
    if number.is_empty() { days } else { format!("{number}（{days}）") }
}
