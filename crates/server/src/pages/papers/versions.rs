//! Versions of a paper side by side, field by field, in the words of the form.

use casework::forms::{self, FormField, Widget};
use procedure::papers::PaperForm;
use serde_json::{Map, Value};

/// One field of a paper as a reader sees it: its place in words, and what stands in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    pub label: String,
    pub value: String,
    pub protected: bool,
}

/// A field that two versions tell differently.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub label: String,
    pub before: String,
    pub after: String,
}

/// Every field that holds something, in the order of the paper.
pub fn lines(form: &PaperForm, fields: &Map<String, Value>) -> Vec<Line> {
    let mut lines = vec![];
    for field in forms::describe(form, fields) {
        collect(&field, "", &mut lines);
    }
    lines.retain(|line| !line.value.is_empty());
    lines
}

/// What the later fields say otherwise.
pub fn changes(form: &PaperForm, before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let (before, after) = (lines(form, before), lines(form, after));
    let value = |lines: &[Line], name: &str| lines.iter().find(|l| l.name == name).map(|l| l.value.clone()).unwrap_or_default();
    let gone = before.iter().filter(|b| after.iter().all(|a| a.name != b.name));
    let all = after.iter().chain(gone);
    all.map(|line| Change { label: line.label.clone(), before: value(&before, &line.name), after: value(&after, &line.name) })
        .filter(|change| change.before != change.after)
        .collect()
}

fn collect(field: &FormField, prefix: &str, lines: &mut Vec<Line>) {
    let label = if prefix.is_empty() { field.label.clone() } else { format!("{prefix} · {}", field.label) };
    match field.widget {
        Widget::Party | Widget::Group => field.members.iter().for_each(|m| collect(m, &label, lines)),
        Widget::Rows | Widget::Officers | Widget::EvidenceLinks | Widget::Questions => {
            for (index, row) in field.rows.iter().enumerate() {
                let place = format!("{label} {}", index + 1);
                for member in row {
                    // A row that is a mere text bears the list's own label: once is enough.
                    if member.label == field.label { line(member, &place, lines) } else { collect(member, &place, lines) }
                }
            }
        }
        _ => line(field, &label, lines),
    }
}

fn line(field: &FormField, label: &str, lines: &mut Vec<Line>) {
    let value = match field.widget {
        Widget::Checklist | Widget::Choice | Widget::YesNo => {
            field.options.iter().filter(|o| o.chosen).map(|o| o.title.as_str()).collect::<Vec<_>>().join("、")
        }
        Widget::Money if !field.value.is_empty() => format!("{}元", field.value),
        Widget::Moment => field.value.replace('T', " "),
        _ => field.value.clone(),
    };
    lines.push(Line { name: field.name.clone(), label: label.to_owned(), value, protected: field.protected });
}
