//! What a schema requires stands in the paper: every required member is given a value of its own
//! that occurs nowhere else, and each of these is looked for in the finished file.

mod support;

use serde_json::{Map, Value, json};
use std::fs;
use support::*;

/// Members that choose a wording, or that only the list of evidence prints whole.
const NOT_PRINTED: [&str; 3] = ["kind", "digest", "mode"];

#[test]
fn every_required_member_of_a_schema_stands_in_its_paper() {
    let press = press();
    let common: Value = serde_json::from_slice(&fs::read(regulation().join("common.schema.json")).unwrap()).unwrap();
    let (mut missing, mut looked_for) = (vec![], 0);
    for kind in kinds() {
        let mut schema: Value = serde_json::from_slice(&fs::read(regulation().join(&kind).join("fields.schema.json")).unwrap()).unwrap();
        open_references(&mut schema, &common);
        let mut fields = sample(&kind);
        let mut marking = Marking { count: 0, marks: vec![] };
        marking.object(&schema, fields.as_object_mut().unwrap(), "");
        let pictures = pictures_named_in(&fields);
        let sheet = press.render(&order(&kind, &fields, &pictures)).unwrap_or_else(|error| panic!("{kind}: {error}"));
        let printed: String = copied_text(&sheet, "-raw").split_whitespace().collect();
        looked_for += marking.marks.len();
        missing.extend(marking.marks.iter().filter(|(_, words)| !words.iter().any(|w| printed.contains(w))).map(|(path, words)| format!("{kind} {path}: {words:?}")));
    }
    assert!(looked_for > 300, "only {looked_for} members");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Puts the shared fields where the schema names them; what stands beside a name goes before.
fn open_references(schema: &mut Value, common: &Value) {
    if let Some(name) = schema["$ref"].as_str() {
        let shared = common.pointer(name.strip_prefix("/common.schema.json#").unwrap()).unwrap_or_else(|| panic!("{name}"));
        let mut whole = shared.as_object().unwrap().clone();
        whole.extend(schema.as_object().unwrap().clone());
        whole.remove("$ref");
        *schema = Value::Object(whole);
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(|m| open_references(m, common)),
        Value::Array(rows) => rows.iter_mut().for_each(|r| open_references(r, common)),
        _ => {}
    }
}

struct Marking {
    count: u32,
    /// Path and the words it may be printed in.
    marks: Vec<(String, Vec<String>)>,
}

impl Marking {
    fn object(&mut self, schema: &Value, fields: &mut Map<String, Value>, path: &str) {
        let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, value) in fields.iter_mut() {
            let member = &schema["properties"][name];
            let own = NOT_PRINTED.contains(&name.as_str()) || member["x-system"] == true;
            if required.contains(&name.as_str()) && !own {
                self.value(member, value, &format!("{path}{name}"));
            }
        }
    }

    fn value(&mut self, schema: &Value, value: &mut Value, path: &str) {
        match value {
            Value::Object(fields) => self.object(schema, fields, &format!("{path}.")),
            Value::Array(rows) => {
                for (i, row) in rows.iter_mut().enumerate() {
                    self.value(&schema["items"], row, &format!("{path}.{i}"));
                }
            }
            leaf => {
                self.count += 1;
                if let Some((mark, words)) = marked(schema, leaf, self.count) {
                    *leaf = mark;
                    self.marks.push((path.to_owned(), words));
                }
            }
        }
    }
}

/// A value of the member's kind that stands nowhere else, and the words for it.
fn marked(schema: &Value, leaf: &Value, n: u32) -> Option<(Value, Vec<String>)> {
    if schema["enum"].is_array() {
        return None;
    }
    let (year, month, day) = (2031 + n / 300, 1 + n / 25 % 12, 1 + n % 25);
    match leaf {
        Value::String(text) if text.trim() == "/" => None,
        Value::String(text) if schema["pattern"].is_string() => Some(match (text.len(), text.contains('-')) {
            (10, true) => {
                let words = vec![format!("{year}年{month}月{day}日"), format!("{year}.{month}.{day}")];
                (json!(format!("{year}-{month:02}-{day:02}")), words)
            }
            (16, true) => {
                let minute = n % 60;
                let words = vec![format!("{year}年{month}月{day}日7时{minute:02}分")];
                (json!(format!("{year}-{month:02}-{day:02}T07:{minute:02}")), words)
            }
            _ => (json!(format!("17{n:09}")), vec![format!("17{n:09}")]),
        }),
        Value::String(_) => Some((json!(format!("第{n}号记")), vec![format!("第{n}号记")])),
        Value::Number(_) if schema["x-widget"] == "money" => {
            let fen = 700_000 + n;
            Some((json!(fen), vec![format!("{}.{:02}元", fen / 100, fen % 100)]))
        }
        Value::Number(_) => {
            let number = 700 + n;
            let clock = format!("{:02}:{:02}:{:02}", number / 3600, number / 60 % 60, number % 60);
            Some((json!(number), vec![number.to_string(), clock]))
        }
        _ => None,
    }
}
