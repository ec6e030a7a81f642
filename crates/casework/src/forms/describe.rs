//! A paper's schema as the pages draw it: fields in the order of the paper with label, hint,
//! article, options and the value that stands in them now.

use super::schema::{self, Shape};
use procedure::event::PartyKind;
use procedure::money::Fen;
use procedure::papers::PaperForm;
use serde::Serialize;
use serde_json::{Map, Value};

/// One field of a form, with what stands inside it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormField {
    /// Dotted name, such as `party.name` or `measures.0.kind`: what `from_form` reads.
    pub name: String,
    pub label: String,
    pub hint: String,
    pub article: String,
    pub widget: Widget,
    /// Must be filled in once the object or row it stands in is used.
    pub required: bool,
    /// Its value is sealed, or everything inside it.
    pub protected: bool,
    /// In characters.
    pub max_length: Option<u64>,
    /// To choose from; for a checklist, to tick.
    pub options: Vec<FieldOption>,
    /// Text in the control; an amount in yuan. Empty for lists and groups.
    pub value: String,
    /// Rows there are, or one blank row.
    pub rows: Vec<Vec<FormField>>,
    /// How many rows a list must have once the object it stands in is used.
    pub rows_min: usize,
    /// Fields of an object.
    pub members: Vec<FormField>,
    /// A blank row whose names hold `placeholder` for the row's number.
    pub row_template: Vec<FormField>,
    /// `__i__` for a list, `__j__` for a list in a row, `__k__` below that: adding an outer row
    /// must not fill in the numbers of inner ones.
    pub placeholder: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldOption {
    pub value: String,
    pub title: String,
    pub chosen: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Widget {
    Text,
    Textarea,
    Date,
    /// To the minute.
    Moment,
    /// A whole number.
    Number,
    /// Yuan.
    Money,
    Choice,
    /// 是 or 否, with options `true` and `false`.
    YesNo,
    Checklist,
    Rows,
    /// Rows of name and certificate.
    Officers,
    /// Rows of evidence with page or second.
    EvidenceLinks,
    /// Rows of question and answer.
    Questions,
    Party,
    /// Any other object.
    Group,
}

impl FormField {
    /// Whether anything stands in it or below it.
    pub fn is_used(&self) -> bool {
        !self.value.trim().is_empty()
            || self.options.iter().any(|o| o.chosen)
            || self.members.iter().any(FormField::is_used)
            || self.rows.iter().flatten().any(FormField::is_used)
    }
}

/// The form of a paper, filled with `fields`. Members the office writes itself are left out.
pub fn describe(form: &PaperForm, fields: &Map<String, Value>) -> Vec<FormField> {
    members(&form.schema, fields, "", false, 0)
}

const PLACEHOLDERS: [&str; 3] = ["__i__", "__j__", "__k__"];

fn members(schema: &Value, fields: &Map<String, Value>, prefix: &str, protected: bool, depth: usize) -> Vec<FormField> {
    schema::members(schema)
        .filter(|(_, member)| !schema::is_system(member))
        .map(|(name, member)| {
            let mut field = field(member, fields.get(name), &format!("{prefix}{name}"), protected, depth);
            field.required = schema::is_required(schema, name);
            if name == "kind" && schema::is_party(schema) {
                party_kinds(&mut field);
            }
            field
        })
        .collect()
}

fn field(schema: &Value, value: Option<&Value>, name: &str, protected: bool, depth: usize) -> FormField {
    let widget = widget(schema);
    let protected = protected || schema.get("x-protected").is_some();
    let nothing = Map::new();
    let inside = value.and_then(Value::as_object).unwrap_or(&nothing);
    let mut field = FormField {
        name: name.to_owned(),
        label: schema::word(schema, "title").to_owned(),
        hint: schema::word(schema, "description").to_owned(),
        article: schema::word(schema, "x-article").to_owned(),
        widget,
        required: true,
        protected,
        max_length: schema::max_length(schema),
        options: options(schema, widget, value),
        value: value.map(|v| text(widget, v)).unwrap_or_default(),
        rows: vec![],
        rows_min: usize::try_from(schema::min_items(schema)).unwrap_or(usize::MAX),
        members: vec![],
        row_template: vec![],
        placeholder: "",
    };
    match widget {
        Widget::Party | Widget::Group => {
            field.members = members(schema, inside, &format!("{name}."), protected, depth);
        }
        Widget::Rows | Widget::Officers | Widget::EvidenceLinks | Widget::Questions => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let label = field.label.clone();
            let row = |value: Option<&Value>, number: &str| {
                row(items, value, &format!("{name}.{number}"), &label, protected, depth + 1)
            };
            let rows = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            field.rows = rows.iter().enumerate().map(|(i, value)| row(Some(value), &i.to_string())).collect();
            if field.rows.is_empty() {
                field.rows.push(row(None, "0"));
            }
            field.placeholder = PLACEHOLDERS.get(depth).copied().unwrap_or("__n__");
            field.row_template = row(None, field.placeholder);
        }
        _ => {}
    }
    field
}

/// The fields of a row; a row that is a mere text is one field with the list's own label.
fn row(items: &Value, value: Option<&Value>, name: &str, label: &str, protected: bool, depth: usize) -> Vec<FormField> {
    if schema::shape(items) == Shape::Object {
        let nothing = Map::new();
        let inside = value.and_then(Value::as_object).unwrap_or(&nothing);
        return members(items, inside, &format!("{name}."), protected, depth);
    }
    let mut field = field(items, value, name, protected, depth);
    if field.label.is_empty() {
        field.label = label.to_owned();
    }
    vec![field]
}

fn widget(schema: &Value) -> Widget {
    let named = schema::word(schema, "x-widget");
    match schema::shape(schema) {
        Shape::Object if schema::is_party(schema) => Widget::Party,
        Shape::Object => Widget::Group,
        Shape::Array => match named {
            "checklist" => Widget::Checklist,
            "officers" => Widget::Officers,
            "evidence-links" => Widget::EvidenceLinks,
            "qa" => Widget::Questions,
            _ => Widget::Rows,
        },
        Shape::Boolean => Widget::YesNo,
        Shape::Money => Widget::Money,
        Shape::Integer => Widget::Number,
        Shape::Date => Widget::Date,
        Shape::Moment => Widget::Moment,
        Shape::Text if !schema::options(schema).is_empty() => Widget::Choice,
        Shape::Text if named == "textarea" => Widget::Textarea,
        Shape::Text => Widget::Text,
    }
}

fn options(schema: &Value, widget: Widget, value: Option<&Value>) -> Vec<FieldOption> {
    let option = |value: &str, title: &str, chosen: bool| FieldOption {
        value: value.to_owned(),
        title: title.to_owned(),
        chosen,
    };
    match widget {
        Widget::YesNo => {
            let said = value.map(|v| text(widget, v)).unwrap_or_default();
            vec![option("true", "是", said == "true"), option("false", "否", said == "false")]
        }
        Widget::Choice => {
            let said = value.and_then(Value::as_str).unwrap_or_default();
            schema::options(schema).into_iter().map(|o| option(o, o, o == said)).collect()
        }
        Widget::Checklist => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let ticked = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let is_ticked = |o: &str| ticked.iter().any(|t| t.as_str() == Some(o));
            schema::options(items).into_iter().map(|o| option(o, o, is_ticked(o))).collect()
        }
        _ => vec![],
    }
}

/// Codes are for programs: the form shows 自然人, 法人或者其他组织, 个体工商户.
fn party_kinds(field: &mut FormField) {
    for option in &mut field.options {
        if let Ok(kind) = serde_json::from_value::<PartyKind>(Value::String(option.value.clone())) {
            option.title = kind.title().to_owned();
        }
    }
    field.hint.clear();
}

fn text(widget: Widget, value: &Value) -> String {
    match (widget, value) {
        (Widget::Money, Value::Number(fen)) => match fen.as_i64() {
            Some(fen) => Fen(fen).to_string().trim_end_matches('元').to_owned(),
            None => fen.to_string(),
        },
        (Widget::Money, Value::String(typed)) => typed.trim_end_matches('元').to_owned(),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::Bool(yes)) => yes.to_string(),
        _ => String::new(),
    }
}
