//! Everything that is wrong with the fields of a paper, all at once and in the order of the
//! paper: the schema's complaints in the office's words, numbers whose check fails, dates that
//! do not exist, ends before beginnings.

use super::identity::{identity_problem, resident_problem};
use super::schema::{self, Shape};
use crate::error::FieldProblem;
use jiff::civil::{Date, DateTime};
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::paths::LocationSegment;
use procedure::event::PartyKind;
use procedure::identifiers::CertificateNumber;
use procedure::money::Fen;
use procedure::papers::PaperForm;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Complaints of settled fields; none when the paper can be made of them. Every field is
/// complained of once, with its gravest fault.
pub fn problems(form: &PaperForm, fields: &Map<String, Value>) -> Vec<FieldProblem> {
    let whole = Value::Object(fields.clone());
    let mut found = Found { schema: &form.schema, by_place: BTreeMap::new() };
    match validator(form) {
        Ok(validator) => {
            for error in validator.iter_errors(&whole) {
                let path = steps(error.instance_path().segments());
                found.complaint(path, error.kind(), error.instance());
            }
        }
        Err(message) => found.add(vec![], 0, format!("这份文书的格式定义有误，请联系系统管理员：{message}")),
    }
    found.walk(&form.schema, &whole, &mut vec![], false);
    found.by_place.into_values().map(|(_, problem)| problem).collect()
}

/// Where characters stand that no font can print: each field is named, with those in it.
pub fn unprintable(form: &PaperForm, fields: &Map<String, Value>, chars: &[char]) -> Vec<FieldProblem> {
    let mut found = Found { schema: &form.schema, by_place: BTreeMap::new() };
    found.look_for(chars, &Value::Object(fields.clone()), &mut vec![]);
    found.by_place.into_values().map(|(_, problem)| problem).collect()
}

/// Validators are compiled once per kind; another load of the rulebook replaces them.
fn validator(form: &PaperForm) -> Result<Arc<Validator>, String> {
    type Compiled = HashMap<String, (Value, Arc<Validator>)>;
    static COMPILED: OnceLock<Mutex<Compiled>> = OnceLock::new();
    let mut compiled = COMPILED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, validator)) = compiled.get(&form.kind)
        && *of == form.schema
    {
        return Ok(validator.clone());
    }
    let validator = Arc::new(jsonschema::validator_for(&form.schema).map_err(|e| e.to_string())?);
    compiled.insert(form.kind.clone(), (form.schema.clone(), validator.clone()));
    Ok(validator)
}

/// One step from an object to its member or from a list to its row.
#[derive(Clone, Debug)]
enum Step {
    Member(String),
    Row(usize),
}

fn steps<'a>(segments: impl Iterator<Item = LocationSegment<'a>>) -> Vec<Step> {
    segments
        .map(|segment| match segment {
            LocationSegment::Property(name) => Step::Member(name.into_owned()),
            LocationSegment::Index(row) => Step::Row(row),
        })
        .collect()
}

struct Found<'a> {
    schema: &'a Value,
    /// Place in the paper and dotted name → how grave the worst complaint is (0 first), and it.
    by_place: BTreeMap<(Vec<usize>, String), (u8, FieldProblem)>,
}

impl<'a> Found<'a> {
    fn add(&mut self, path: Vec<Step>, rank: u8, message: String) {
        let mut place = vec![];
        let mut schema = Some(self.schema);
        let mut names = vec![];
        for step in &path {
            match step {
                Step::Member(name) => {
                    place.push(schema.map_or(usize::MAX, |s| schema::place(s, name)));
                    schema = schema.and_then(|s| schema::member(s, name));
                    names.push(name.clone());
                }
                Step::Row(row) => {
                    place.push(*row);
                    schema = schema.and_then(|s| s.get("items"));
                    names.push(row.to_string());
                }
            }
        }
        let field = names.join(".");
        let problem = FieldProblem { field: field.clone(), message };
        match self.by_place.get(&(place.clone(), field.clone())) {
            Some((known, _)) if *known <= rank => {}
            _ => {
                self.by_place.insert((place, field), (rank, problem));
            }
        }
    }

    fn complaint(&mut self, mut path: Vec<Step>, kind: &Kind, value: &Value) {
        match kind {
            Kind::Required { property } => {
                path.push(Step::Member(property.as_str().unwrap_or_default().to_owned()));
                let schema = self.schema_at(&path);
                // What the office writes itself is not there yet when the fields are judged.
                if !schema.is_some_and(schema::is_system) {
                    let message = missing(schema, &self.label(&path));
                    self.add(path, 0, message);
                }
            }
            Kind::AdditionalProperties { unexpected } => {
                for name in unexpected {
                    let mut path = path.clone();
                    path.push(Step::Member(name.clone()));
                    self.add(path, 0, format!("没有“{name}”这一项"));
                }
            }
            _ => {
                let schema = self.schema_at(&path).unwrap_or(&Value::Null);
                let (rank, message) = fault(schema, &self.label(&path), kind, value);
                self.add(path, rank, message);
            }
        }
    }

    fn schema_at(&self, path: &[Step]) -> Option<&'a Value> {
        path.iter().try_fold(self.schema, |schema, step| match step {
            Step::Member(name) => schema::member(schema, name),
            Step::Row(_) => schema.get("items"),
        })
    }

    /// The field as an officer would point at it: “问答”第2项的“答”.
    fn label(&self, path: &[Step]) -> String {
        let mut label = String::new();
        for (depth, step) in path.iter().enumerate() {
            match step {
                Step::Member(name) => {
                    let title = self.schema_at(path.get(..=depth).unwrap_or_default());
                    let title = title.map(|s| schema::word(s, "title")).filter(|t| !t.is_empty());
                    if !label.is_empty() {
                        label.push('的');
                    }
                    label.push_str(&format!("“{}”", title.unwrap_or(name)));
                }
                Step::Row(row) => label.push_str(&format!("第{}项", row + 1)),
            }
        }
        label
    }

    /// What a schema cannot say: identities, days of the calendar, ends before beginnings.
    fn walk(&mut self, schema: &Value, value: &Value, path: &mut Vec<Step>, required: bool) {
        match value {
            Value::Object(fields) => {
                self.order_of_time(schema, fields, path);
                for (name, member) in fields {
                    let Some(inner) = schema::member(schema, name) else { continue };
                    path.push(Step::Member(name.clone()));
                    if name == "id_number" {
                        let required = required && schema::is_required(schema, name);
                        self.identity(schema, fields, member, path, required);
                    }
                    // What an optional object requires may be struck out with it.
                    let outer = path.len() == 1 || required;
                    self.walk(inner, member, path, outer && schema::is_required(schema, name));
                    path.pop();
                }
            }
            Value::Array(rows) => {
                let Some(items) = schema.get("items") else { return };
                for (row, inside) in rows.iter().enumerate() {
                    path.push(Step::Row(row));
                    self.walk(items, inside, path, required);
                    path.pop();
                }
            }
            Value::String(text) => {
                let exists = match schema::shape(schema) {
                    Shape::Date => text.parse::<Date>().is_ok(),
                    Shape::Moment => text.parse::<DateTime>().is_ok(),
                    _ => true,
                };
                if !exists {
                    let message = format!("{}：没有{text}这个日期", self.label(path));
                    self.add(path.clone(), 9, message);
                }
            }
            _ => {}
        }
    }

    fn look_for(&mut self, chars: &[char], value: &Value, path: &mut Vec<Step>) {
        match value {
            Value::Object(fields) => {
                for (name, member) in fields {
                    path.push(Step::Member(name.clone()));
                    self.look_for(chars, member, path);
                    path.pop();
                }
            }
            Value::Array(rows) => {
                for (row, inside) in rows.iter().enumerate() {
                    path.push(Step::Row(row));
                    self.look_for(chars, inside, path);
                    path.pop();
                }
            }
            Value::String(text) => {
                let held: Vec<String> =
                    chars.iter().filter(|c| text.contains(**c)).map(|c| format!("“{c}”（U+{:04X}）", u32::from(*c))).collect();
                if !held.is_empty() {
                    let message = format!("{}里的{}没有字体能够印出，请改用其他写法", self.label(path), held.join("、"));
                    self.add(path.clone(), 9, message);
                }
            }
            _ => {}
        }
    }

    fn identity(&mut self, schema: &Value, fields: &Map<String, Value>, number: &Value, path: &[Step], required: bool) {
        let number = number.as_str().unwrap_or_default();
        let kind = fields.get("kind").and_then(|k| serde_json::from_value::<PartyKind>(k.clone()).ok());
        let problem = match kind {
            Some(kind) if schema::is_party(schema) => identity_problem("", kind, number),
            _ => resident_problem("", number),
        };
        if number == "/" && required {
            let message = format!("{}不能划去；没有证件或者不肯出示的，请写明", self.label(path));
            self.add(path.to_vec(), 8, message);
        } else if let Some(problem) = problem {
            self.add(path.to_vec(), 8, problem.message);
        }
    }

    fn order_of_time(&mut self, schema: &Value, fields: &Map<String, Value>, path: &[Step]) {
        let title = |name: &str| schema::member(schema, name).map_or("", |m| schema::word(m, "title"));
        let moment = |name: &str| fields.get(name)?.as_str()?.parse::<DateTime>().ok();
        let second = |name: &str| fields.get(name)?.as_i64();
        let mut complain = |to: &str, message: String| {
            let mut path = path.to_vec();
            path.push(Step::Member(to.to_owned()));
            self.add(path, 9, message);
        };
        if let (Some(from), Some(to)) = (moment("from"), moment("to"))
            && to < from
        {
            complain("to", format!("{}早于{}", title("to"), title("from")));
        }
        if let (Some(from), Some(to)) = (second("from_second"), second("to_second"))
            && to < from
        {
            complain("to_second", format!("{}小于{}", title("to_second"), title("from_second")));
        }
    }
}

fn missing(schema: Option<&Value>, label: &str) -> String {
    let Some(schema) = schema else { return format!("请填写{label}") };
    match schema::shape(schema) {
        Shape::Array => too_few(schema, label, schema::min_items(schema).max(1), 0),
        Shape::Boolean => format!("请选择{label}"),
        _ if !schema::options(schema).is_empty() => format!("请选择{label}"),
        _ => format!("请填写{label}"),
    }
}

fn too_few(schema: &Value, label: &str, limit: u64, found: usize) -> String {
    let verb = if schema::word(schema, "x-widget") == "checklist" { "选" } else { "写" };
    match limit {
        1 => format!("{label}至少{verb}一项"),
        _ => format!("{label}至少{verb}{limit}项，现在有{found}项"),
    }
}

/// How grave a complaint is, and its words.
fn fault(schema: &Value, label: &str, kind: &Kind, value: &Value) -> (u8, String) {
    let count = value.as_array().map_or(0, Vec::len);
    match kind {
        Kind::Type { .. } => (0, wrong_type(schema, label, value)),
        Kind::MinLength { .. } => (1, format!("请填写{label}")),
        Kind::Enum { .. } => (2, format!("{label}：请在所列选项中选择")),
        Kind::Pattern { pattern } => (3, wrong_pattern(schema, label, pattern, value)),
        Kind::MaxLength { limit } => {
            let length = value.as_str().unwrap_or_default().chars().count();
            (4, format!("{label}最多{limit}字，现在有{length}字"))
        }
        Kind::MinItems { limit } => (4, too_few(schema, label, *limit, count)),
        Kind::MaxItems { limit } => (4, format!("{label}最多{limit}项，现在有{count}项")),
        Kind::Minimum { limit } if schema::shape(schema) == Shape::Money => match limit.as_i64() {
            Some(0) | None => (4, format!("{label}不能是负数")),
            Some(limit) => (4, format!("{label}不能少于{}", Fen(limit))),
        },
        Kind::Minimum { limit } => (4, format!("{label}不能小于{limit}")),
        Kind::Maximum { limit } => match (schema::shape(schema), limit.as_i64()) {
            (Shape::Money, Some(limit)) => (4, format!("{label}不能超过{}", Fen(limit))),
            _ => (4, format!("{label}不能大于{limit}")),
        },
        Kind::UniqueItems => (5, format!("{label}中有重复的选项")),
        _ => (7, format!("{label}的写法不对")),
    }
}

fn wrong_type(schema: &Value, label: &str, value: &Value) -> String {
    match schema::shape(schema) {
        Shape::Integer => format!("{label}应填整数"),
        Shape::Boolean => format!("{label}：请选择是或者否"),
        Shape::Money => match value.as_str().map(str::parse::<Fen>) {
            Some(Err(error)) => format!("{label}：{error}"),
            _ => format!("{label}应填金额"),
        },
        Shape::Array => format!("{label}应当逐项填写"),
        Shape::Object => format!("{label}应当分项填写"),
        Shape::Text | Shape::Date | Shape::Moment => format!("{label}应填文字"),
    }
}

fn wrong_pattern(schema: &Value, label: &str, pattern: &str, value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let digits = pattern.strip_prefix("^[0-9]{").and_then(|p| p.strip_suffix("}$"));
    let certificate = schema::word(schema, "title").contains("执法证");
    match (schema::shape(schema), digits, CertificateNumber::parse(text)) {
        (Shape::Date, ..) => format!("{label}应写成2026-11-17的形式"),
        (Shape::Moment, ..) => format!("{label}应写成2026-11-17 09:30的形式"),
        (_, Some(count), _) => format!("{label}应为{count}位数字"),
        (.., Err(error)) if certificate => format!("{label}：{error}"),
        _ if pattern.starts_with("^[0-9a-f]{64}") => format!("{label}应为64位的小写十六进制摘要"),
        _ => format!("{label}的写法不对：{}", schema::word(schema, "description")),
    }
}
