//! The pairs an HTML form posts, put back into the nested fields their dotted names stand for.

use super::schema::{self, Shape};
use super::settle::settle;
use procedure::papers::PaperForm;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// No schema of a paper is nested deeper; a longer name is no field of it.
const DEEPEST: usize = 12;

/// Settled fields of posted pairs. Only pairs of the paper belong in `pairs`: tokens and the
/// opinion are taken out by the caller, since unknown names are kept to be complained of.
///
/// Lists: a name that is repeated (ticks), or names with a row number; gaps close up, and
/// blank rows fall away. Amounts are read as yuan, since the form shows yuan.
pub fn from_form(form: &PaperForm, pairs: &[(String, String)]) -> Map<String, Value> {
    let mut root = Node::default();
    let mut unknown = Map::new();
    for (name, value) in pairs {
        let steps: Vec<&str> = name.split('.').collect();
        if steps.len() > DEEPEST {
            unknown.insert(name.clone(), Value::String(value.clone()));
            continue;
        }
        let mut node = &mut root;
        for step in steps {
            node = node.inside.entry(step.to_owned()).or_default();
        }
        node.values.push(value.clone());
    }
    let mut fields = root.object(&form.schema);
    fields.extend(unknown);
    settle(form, fields)
}

#[derive(Default)]
struct Node {
    values: Vec<String>,
    inside: BTreeMap<String, Node>,
}

impl Node {
    fn object(self, schema: &Value) -> Map<String, Value> {
        let nothing = Value::Null;
        self.inside
            .into_iter()
            .map(|(name, node)| {
                let value = node.value(schema::member(schema, &name).unwrap_or(&nothing));
                (name, value)
            })
            .collect()
    }

    fn value(self, schema: &Value) -> Value {
        match schema::shape(schema) {
            Shape::Object if self.values.is_empty() => Value::Object(self.object(schema)),
            Shape::Array => Value::Array(self.rows(schema)),
            // Something below a field that has no parts: kept as an object, to be complained of.
            _ if self.values.is_empty() => Value::Object(self.object(schema)),
            Shape::Money => Value::String(in_yuan(self.values.last())),
            _ => Value::String(self.values.last().cloned().unwrap_or_default()),
        }
    }

    fn rows(self, schema: &Value) -> Vec<Value> {
        let nothing = Value::Null;
        let items = schema.get("items").unwrap_or(&nothing);
        let ticks = self.values.into_iter().map(Value::String);
        // Rows stand in the order of their numbers; a name that is no number is no row.
        let numbered: BTreeMap<u32, Node> =
            self.inside.into_iter().filter_map(|(name, node)| Some((name.parse().ok()?, node))).collect();
        ticks.chain(numbered.into_values().map(|node| node.value(items))).collect()
    }
}

fn in_yuan(text: Option<&String>) -> String {
    let text = text.map(|t| t.trim()).unwrap_or_default();
    if text.is_empty() || text == "/" || text.ends_with('元') { text.to_owned() } else { format!("{text}元") }
}
