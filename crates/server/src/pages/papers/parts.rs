//! A paper's form as parts that draw themselves: controls, groups, and lists with rows inside
//! rows. Works by posting without scripts; a list of the first level also grows in place.

use crate::desk::article_zh;
use crate::look::form::{Choice, Field, Width};
use askama::Template;
use casework::FieldProblem;
use casework::forms::{FormField, Widget};
use procedure::Case;
use procedure::case::Evidence;
use std::collections::BTreeMap;

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Control,
    Group,
    List,
}

/// One part of the form.
#[derive(Clone, Debug, Template)]
#[template(path = "papers/part.html")]
pub struct Part {
    pub shape: Shape,
    /// The control, or the words of a group or list.
    pub field: Field,
    pub members: Vec<Part>,
    pub rows: Vec<Row>,
    pub blank: Option<Row>,
    /// What one row is called on its buttons.
    pub row_word: &'static str,
    /// A list of the first level, which the browser can grow in place.
    pub outer: bool,
}

/// One row of a list.
#[derive(Clone, Debug)]
pub struct Row {
    pub index: String,
    pub parts: Vec<Part>,
}

/// What fills the selects of a form.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// By number, for facts.
    pub evidence: Vec<Choice>,
    /// By number: what can be heard or played.
    pub recordings: Vec<Choice>,
    /// By name, for the pictures attached to a record.
    pub pictures: Vec<Choice>,
}

impl Sources {
    pub fn of(case: &Case) -> Sources {
        let relied_on = || case.evidence.iter().filter(|e| !e.withdrawn);
        let is_of = |e: &Evidence, types: &[&str]| {
            e.file.as_ref().is_some_and(|f| types.iter().any(|kind| f.media_type.starts_with(kind)))
        };
        let label = |e: &Evidence| format!("证{} {}", e.number, e.name);
        let numbered = |e: &Evidence| Choice::new(format!("证{}", e.number), label(e));
        Sources {
            evidence: relied_on().map(numbered).collect(),
            // A disc that lies in a drawer has no bytes, but can be cited all the same.
            recordings: relied_on()
                .filter(|e| is_of(e, &["video/", "audio/"]) || (e.footage && e.file.is_none()))
                .map(numbered)
                .collect(),
            pictures: relied_on().filter(|e| is_of(e, &["image/"])).map(|e| Choice::new(&e.name, label(e))).collect(),
        }
    }
}

/// Draws the fields of a form; messages go beside the fields they name. The names of those that no
/// field takes are returned.
pub fn parts(fields: Vec<FormField>, sources: &Sources, problems: &[FieldProblem]) -> (Vec<Part>, Vec<String>) {
    let mut drawing = Drawing {
        sources,
        errors: problems.iter().map(|p| (p.field.clone(), p.message.clone())).collect(),
    };
    let parts = fields.into_iter().map(|f| drawing.part(f, 0, None, true)).collect();
    (parts, drawing.errors.into_keys().collect())
}

/// Widths chosen by what a text may hold.
const HALF_CHARACTERS_MAX: u64 = 60;
/// A longer article stands below the field: the margin does not break lines.
const ARTICLE_CHARACTERS_MAX: usize = 22;
/// So few choices are laid open.
const RADIOS_MAX: usize = 3;

struct Drawing<'a> {
    sources: &'a Sources,
    errors: BTreeMap<String, String>,
}

impl Drawing<'_> {
    /// `wanted`: what it stands in is required or used. Inside an optional group nothing is asked
    /// for before the group is used.
    fn part(&mut self, mut f: FormField, depth: usize, choices: Option<&[Choice]>, wanted: bool) -> Part {
        let waits = f.required && !wanted;
        f.required &= wanted;
        let mut part = Part {
            shape: Shape::Control,
            field: Field::default(),
            members: vec![],
            rows: vec![],
            blank: None,
            row_word: "一行",
            outer: false,
        };
        let mut field = match f.widget {
            Widget::Party | Widget::Group => {
                part.shape = Shape::Group;
                let inside = f.required || f.is_used();
                part.members = f.members.iter().cloned().map(|m| self.part(m, depth, None, inside)).collect();
                Field::text(&f.name, &f.label)
            }
            Widget::Rows | Widget::Officers | Widget::EvidenceLinks | Widget::Questions => {
                part.shape = Shape::List;
                part.row_word = match f.widget {
                    Widget::Officers => "一人",
                    Widget::Questions => "一问一答",
                    Widget::EvidenceLinks => "一份",
                    _ => "一行",
                };
                // The browser tells rows apart by the second step of a name: only there it may number them.
                part.outer = depth == 0 && !f.name.contains('.');
                let links = f.widget == Widget::EvidenceLinks;
                let rows: Vec<_> = f.rows.iter().cloned().enumerate().collect();
                let asked_for = if f.required { f.rows_min } else { 0 };
                part.rows = rows
                    .into_iter()
                    .map(|(i, row)| {
                        let wanted = i < asked_for || row.iter().any(FormField::is_used);
                        self.row(i.to_string(), row, depth, links, wanted)
                    })
                    .collect();
                if part.outer {
                    let blank = f.row_template.iter().cloned().map(|m| renamed(m, f.placeholder, "__n__")).collect();
                    part.blank = Some(self.row("__n__".into(), blank, depth, links, true));
                }
                Field::text(&f.name, &f.label)
            }
            _ => control(&f, choices.unwrap_or_default()),
        };
        // The schema counts in fen, the control shows yuan.
        field.hint = if f.widget == Widget::Money { f.hint.replace("（单位：分）", "") } else { f.hint.clone() };
        let article = if f.article.is_empty() { String::new() } else { article_zh(&f.article) };
        if article.chars().count() <= ARTICLE_CHARACTERS_MAX {
            field.article = article;
        } else {
            let stop = if field.hint.is_empty() || field.hint.ends_with(['。', '；']) { "" } else { "。" };
            field.hint.push_str(&format!("{stop}依据：{article}。"));
        }
        // A checklist that may stay empty, and a list without a row, ask for nothing.
        let counted = part.shape == Shape::List || f.widget == Widget::Checklist;
        field.required = f.required && (!counted || f.rows_min > 0);
        field.required_in_group = waits && !counted;
        if choices.is_some_and(<[Choice]>::is_empty) {
            field.hint.push_str("本案的证据里有的，可以在这里选；先在案件的“证据”里加入。");
        }
        field.protected = f.protected;
        field.error = self.errors.remove(&f.name).unwrap_or_default();
        part.field = field;
        part
    }

    fn row(&mut self, index: String, fields: Vec<FormField>, depth: usize, links: bool, wanted: bool) -> Row {
        let sources = self.sources;
        let parts = fields
            .into_iter()
            .map(|f| {
                let column = f.name.rsplit('.').next().unwrap_or_default();
                let choices: Option<&[Choice]> = match column {
                    "evidence_number" if links => Some(&sources.evidence),
                    "recording" if links => Some(&sources.recordings),
                    "name" if links => Some(&sources.pictures),
                    _ => None,
                };
                self.part(f, depth + 1, choices, wanted)
            })
            .collect();
        Row { index, parts }
    }
}

fn control(f: &FormField, choices: &[Choice]) -> Field {
    let options = || f.options.iter().map(|o| Choice::new(&o.value, &o.title)).collect::<Vec<_>>();
    let chosen = || f.options.iter().filter(|o| o.chosen).map(|o| o.value.clone()).collect::<Vec<_>>();
    let short = f.max_length.is_some_and(|length| length <= HALF_CHARACTERS_MAX);
    let mut field = match f.widget {
        Widget::Textarea => Field::area(&f.name, &f.label).value(&f.value),
        Widget::Date => Field::date(&f.name, &f.label).value(&f.value).half(),
        Widget::Moment => Field::datetime(&f.name, &f.label).value(&f.value).half(),
        Widget::Number => Field::number(&f.name, &f.label).value(&f.value).half(),
        Widget::Money => Field::number(&f.name, &f.label).value(&f.value).unit("元").half(),
        Widget::Checklist => Field::checks(&f.name, &f.label, options()).chosen(chosen()),
        // A radio once pressed cannot be taken back: only what must be answered is laid open.
        Widget::Choice | Widget::YesNo if f.required && f.options.len() <= RADIOS_MAX => {
            Field::radios(&f.name, &f.label, options()).chosen(chosen()).half()
        }
        Widget::Choice | Widget::YesNo => Field::select(&f.name, &f.label, options()).chosen(chosen()).half(),
        _ if !choices.is_empty() => {
            let mut choices = choices.to_vec();
            // What stands in the form already is kept, though the case knows no such evidence.
            if !f.value.is_empty() && choices.iter().all(|c| c.value != f.value) {
                choices.push(Choice::new(&f.value, &f.value));
            }
            Field::select(&f.name, &f.label, choices).chosen(Some(&f.value).filter(|v| !v.is_empty()).cloned()).half()
        }
        _ => Field::text(&f.name, &f.label).value(&f.value),
    };
    if short && field.width == Width::Full && f.widget == Widget::Text {
        field = field.half();
    }
    field
}

/// A blank row with the name its place in the browser's template wants.
fn renamed(mut f: FormField, from: &str, to: &str) -> FormField {
    f.name = f.name.replace(from, to);
    f.members = f.members.into_iter().map(|m| renamed(m, from, to)).collect();
    f.rows = f.rows.into_iter().map(|row| row.into_iter().map(|m| renamed(m, from, to)).collect()).collect();
    f.row_template = f.row_template.into_iter().map(|m| renamed(m, from, to)).collect();
    f
}

/// Adds blank rows to the list `name` until it has `count`, wherever it lies.
pub fn grow(fields: &mut [FormField], name: &str, count: usize) {
    for f in fields.iter_mut() {
        if f.name == name && !f.row_template.is_empty() {
            while f.rows.len() < count {
                let index = f.rows.len().to_string();
                let row = f.row_template.iter().cloned().map(|m| renamed(m, f.placeholder, &index)).collect();
                f.rows.push(row);
            }
            return;
        }
        if name.starts_with(&format!("{}.", f.name)) {
            grow(&mut f.members, name, count);
            for row in &mut f.rows {
                grow(row, name, count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use procedure::papers::PaperForm;
    use serde_json::{Map, json};

    fn form() -> PaperForm {
        let schema = json!({ "type": "object", "x-order": ["place", "facts", "person"], "required": ["place", "facts"], "properties": {
            "place": { "type": "string", "title": "地点", "description": "写明门牌", "maxLength": 200, "x-widget": "text", "x-article": "本制度8" },
            "facts": { "type": "array", "title": "违法事实", "items": { "type": "object", "x-order": ["fact", "evidence"], "properties": {
                "fact": { "type": "string", "title": "事实", "x-widget": "textarea" },
                "evidence": { "type": "array", "title": "证据", "x-widget": "evidence-links", "items": { "type": "object",
                    "x-order": ["evidence_number"], "properties": { "evidence_number": { "type": "string", "title": "证据编号" } } } } } } },
            "person": { "type": "object", "title": "被询问人", "x-protected": "third-party", "x-order": ["name", "phone"], "required": ["name"], "properties": {
                "name": { "type": "string", "title": "姓名", "maxLength": 40 }, "phone": { "type": "string", "title": "电话" } } },
        } });
        let head = json!({ "kind": "x", "title": "样例", "nature": "record", "article": "", "volume": { "part": "main", "order": 1 } });
        let mut form: PaperForm = serde_json::from_value(head).expect("form");
        form.schema = schema;
        form
    }

    fn drawn(fields: serde_json::Value, problems: &[FieldProblem]) -> (String, Vec<String>) {
        let fields: Map<_, _> = serde_json::from_value(fields).expect("fields");
        let sources = Sources { evidence: vec![Choice::new("证1", "证1 照片")], ..Sources::default() };
        let (parts, rest) = parts(casework::forms::describe(&form(), &fields), &sources, problems);
        (parts.iter().map(|p| p.render().expect("drawn")).collect(), rest)
    }

    #[test]
    fn rows_within_rows_are_drawn_and_only_the_outer_list_grows_in_the_browser() {
        let (html, _) = drawn(json!({ "facts": [{ "fact": "一", "evidence": [{ "evidence_number": "证1" }] }] }), &[]);
        assert_eq!(html.matches("data-rows=").count(), 1, "{html}");
        assert!(html.contains("name=\"facts.0.evidence.0.evidence_number\""));
        assert!(html.contains("name=\"facts.__n__.evidence.0.evidence_number\""));
        assert!(html.contains("name=\"add-in\" value=\"facts.0.evidence\""));
        assert!(html.contains("<option value=\"证1\" selected>证1 照片</option>"), "{html}");
        assert!(!html.contains("__i__") && !html.contains("__j__"), "no name is left that nobody fills in");
    }

    #[test]
    fn messages_stand_beside_their_fields_and_protected_fields_stay_off_the_device() {
        let problem = |field: &str, message: &str| FieldProblem { field: field.into(), message: message.into() };
        let (html, rest) = drawn(json!({}), &[problem("place", "请填写地点"), problem("nowhere", "缺字体")]);
        assert!(html.contains("请填写地点") && html.contains("本制度第八条") && html.contains("写明门牌"));
        assert_eq!(rest, ["nowhere"]);
        assert!(html.contains("data-protected"));
    }

    #[test]
    fn an_optional_group_asks_for_nothing_before_it_is_used() {
        let must = |fields: serde_json::Value| {
            let (html, _) = drawn(fields, &[]);
            let person = html.split("id=\"f-person\"").nth(1).expect("the group").to_owned();
            person.matches("class=\"must\"").count()
        };
        assert_eq!(must(json!({})), 0);
        assert_eq!(must(json!({ "person": { "phone": "027-80000000" } })), 1);
    }

    #[test]
    fn a_list_grows_by_posting_wherever_it_lies() {
        let fields: Map<_, _> = serde_json::from_value(json!({ "facts": [{ "fact": "一" }, { "fact": "二" }] })).expect("fields");
        let mut described = casework::forms::describe(&form(), &fields);
        grow(&mut described, "facts.1.evidence", 3);
        grow(&mut described, "facts", 4);
        let facts = described.iter().find(|f| f.name == "facts").expect("facts");
        assert_eq!(facts.rows.len(), 4);
        let names: Vec<_> = facts.rows[1][1].rows.iter().map(|row| row[0].name.as_str()).collect();
        assert_eq!(names, ["facts.1.evidence.0.evidence_number", "facts.1.evidence.1.evidence_number", "facts.1.evidence.2.evidence_number"]);
    }
}
