//! What members of an entry are called in Chinese, and their values as people read them: for slips,
//! for the choice of what to correct, and for what is sealed later.

use crate::look::words;
use jiff::civil::{Date, DateTime};
use procedure::Rulebook;
use procedure::event::{ClueSource, Event, Recorded, ServiceMethod};
use serde_json::Value;
use std::sync::LazyLock;

/// A member of an entry that a slip can change.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Dotted: `party.name`, `fields.place`, `happened.from`.
    pub name: String,
    pub label: String,
    pub value: Value,
}

impl Member {
    pub fn value_zh(&self) -> String {
        value_zh(&self.value)
    }
}

/// Names of the last part of a member. What is not listed is machinery and is not corrected here.
const NAMES: [(&str, &str); 46] = [
    ("from", "发生时间"),
    ("to", "结束时间"),
    ("place", "地点"),
    ("channel", "接收方式"),
    ("received_at", "接收时间"),
    ("category", "类别"),
    ("target", "被反映的单位或者场所"),
    ("content", "内容"),
    ("transferring_body", "移送机关"),
    ("reply_wanted", "是否要求答复"),
    ("opinion", "意见"),
    ("title", "名称"),
    ("case_title", "案件名称"),
    ("reason", "理由"),
    ("allowed_by", "准许人"),
    ("allowed_at", "准许时间"),
    ("on", "日期"),
    ("whom", "告知对象"),
    ("purpose", "事由"),
    ("certificates_shown", "是否出示证件"),
    ("present", "在场人员"),
    ("note", "说明"),
    ("minor", "是否未成年人"),
    ("name", "名称（姓名）"),
    ("source", "来源"),
    ("proves", "证明内容"),
    ("located", "存放地点"),
    ("holder", "持有人"),
    ("method", "方式"),
    ("extractor", "提取人"),
    ("at", "时间"),
    ("witness", "见证人"),
    ("id_number", "证件号码"),
    ("legal_representative", "法定代表人（负责人）"),
    ("address", "地址"),
    ("phone", "电话"),
    ("contact", "联系方式"),
    ("reachable", "是否可以告知"),
    ("who", "拒绝签名的人"),
    ("no_witness_reason", "没有见证人的原因"),
    ("recipient", "受送达人"),
    ("relation", "与受送达人的关系"),
    ("refusal", "拒收情况"),
    ("voucher", "凭证"),
    ("why_not_direct", "不直接送达的原因"),
    ("effective_on", "生效日期"),
];

/// Deep machinery that no slip changes.
const SKIPPED: [&str; 8] = ["file", "proof", "volume", "steps", "officers", "handlers", "flaws", "to_inform"];

/// The label of a member of an event.
pub fn label(event: Option<&Event>, member: &str, book: &Rulebook) -> String {
    if member == "withdrawn" {
        return "撤下证据".into();
    }
    if let (Some(field), Some(Event::PaperSubmitted { paper_kind, .. })) = (member.strip_prefix("fields."), event) {
        return field_label(book, &paper_kind.0, field);
    }
    if let Some(text) = member.strip_prefix("points.").and_then(|rest| rest.split_once('.')) {
        let place = text.0.parse::<usize>().map_or_else(|_| text.0.to_owned(), |n| (n + 1).to_string());
        return format!("第{place}点意见");
    }
    let name = |part: &str| NAMES.iter().find(|(known, _)| *known == part).map_or(part, |(_, label)| *label).to_owned();
    match member.split_once('.') {
        Some(("informant", part)) => format!("举报人{}", name(part)),
        Some(("extraction", part)) => format!("提取{}", name(part)),
        _ => name(member.rsplit('.').next().unwrap_or(member)),
    }
}

/// `parties.0.name` of a paper: the titles of its schema along the way.
fn field_label(book: &Rulebook, kind: &str, field: &str) -> String {
    let Some(form) = book.paper(kind) else { return field.to_owned() };
    let mut schema = &form.schema;
    let mut parts: Vec<String> = vec![];
    for part in field.split('.') {
        if let Ok(place) = part.parse::<usize>() {
            schema = schema.get("items").unwrap_or(schema);
            parts.push(format!("第{}项", place + 1));
            continue;
        }
        match schema.get("properties").and_then(|p| p.get(part)) {
            Some(inner) => {
                schema = inner;
                parts.push(inner.get("title").and_then(Value::as_str).unwrap_or(part).to_owned());
            }
            None => parts.push(part.to_owned()),
        }
    }
    parts.join(" · ")
}

/// The value of a member as an entry was written; none where it has no such member.
pub fn value_at(record: &Recorded, member: &str) -> Option<Value> {
    let whole = serde_json::to_value(record).ok()?;
    whole.pointer(&pointer(member)).cloned()
}

/// The entry with another value, where that can be read at all: what a slip would make of it.
pub fn changed(record: &Recorded, member: &str, value: Value) -> Option<Recorded> {
    let mut whole = serde_json::to_value(record).ok()?;
    *whole.pointer_mut(&pointer(member))? = value;
    serde_json::from_value(whole).ok()
}

fn pointer(member: &str) -> String {
    match member.split_once('.') {
        Some(("happened" | "envelope", _)) => format!("/{}", member.replace('.', "/")),
        _ => format!("/event/{}", member.replace('.', "/")),
    }
}

/// The members that can be sealed later: whole fields of a paper, whole parties, and the words of
/// clues and evidence.
pub fn sealable(record: &Recorded, book: &Rulebook) -> Vec<Member> {
    let mut found: Vec<Member> = vec![];
    let names: &[&str] = match &record.event {
        Event::PartyRecorded { .. } => &["party"],
        Event::ClueRegistered { .. } => &["content", "target"],
        Event::EvidenceAttached { .. } => &["name", "source", "proves"],
        Event::PaperSubmitted { fields, paper_kind, .. } => {
            for (name, value) in fields.iter().filter(|(_, v)| !v.is_null()) {
                let label = field_label(book, &paper_kind.0, name);
                found.push(Member { name: format!("fields.{name}"), label, value: value.clone() });
            }
            &[]
        }
        _ => &[],
    };
    for name in names {
        if let Some(value) = value_at(record, name) {
            let label = if *name == "party" { "当事人全部信息".to_owned() } else { label(Some(&record.event), name, book) };
            found.push(Member { name: (*name).to_owned(), label, value });
        }
    }
    found
}

/// Every member of an entry that people wrote, with what stands in it.
pub fn members(record: &Recorded, book: &Rulebook) -> Vec<Member> {
    let Ok(whole) = serde_json::to_value(record) else { return vec![] };
    let mut found = vec![];
    let mut add = |name: &str, value: Option<&Value>| {
        if let Some(value) = value.filter(|v| !v.is_null()) {
            found.push((name.to_owned(), value.clone()));
        }
    };
    add("happened.from", whole.pointer("/happened/from"));
    add("happened.to", whole.pointer("/happened/to"));
    add("envelope.place", whole.pointer("/envelope/place"));
    if let Some(Value::Object(event)) = whole.get("event") {
        for (name, value) in event.iter().filter(|(name, _)| *name != "kind") {
            walk(name, value, &mut found);
        }
    }
    let paper = matches!(record.event, Event::PaperSubmitted { .. });
    let clue = matches!(record.event, Event::ClueRegistered { .. });
    found
        .into_iter()
        .map(|(name, value)| Member { label: label(Some(&record.event), &name, book), name, value })
        .filter(|m| m.label != m.name.rsplit('.').next().unwrap_or_default())
        // A service's addressee and a term's ends are ids or parts of another entry.
        .filter(|m| !matches!(m.name.as_str(), "to" | "from") && (m.name != "target" || clue))
        // The title of a paper is its kind's, not something people wrote.
        .filter(|m| !paper || m.name.starts_with("fields.") || m.name.starts_with("happened."))
        .collect()
}

fn walk(name: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    let last = name.rsplit('.').next().unwrap_or(name);
    if SKIPPED.contains(&last) {
        return;
    }
    match value {
        Value::Object(map) => map.iter().for_each(|(part, inner)| walk(&format!("{name}.{part}"), inner, found)),
        Value::Array(rows) => rows.iter().enumerate().for_each(|(place, inner)| walk(&format!("{name}.{place}"), inner, found)),
        Value::Null => {}
        scalar => found.push((name.to_owned(), scalar.clone())),
    }
}

/// What was typed as a value of the same kind as the one it replaces.
///
/// # Errors
/// The message beside the field.
pub fn typed(original: &Value, text: &str) -> Result<Value, String> {
    let text = text.trim();
    match original {
        Value::Bool(_) => match text {
            "是" => Ok(Value::Bool(true)),
            "否" => Ok(Value::Bool(false)),
            _ => Err("请填写“是”或者“否”".into()),
        },
        Value::Number(_) => text.parse::<i64>().map(Value::from).map_err(|_| "请填写整数".into()),
        Value::String(known) if known.parse::<DateTime>().is_ok() && known.contains('T') => match text.replace(' ', "T").parse::<DateTime>() {
            Ok(moment) => Ok(Value::String(moment.to_string())),
            Err(_) => Err("请按“2026-11-17 09:12”填写时间".into()),
        },
        Value::String(known) if known.parse::<Date>().is_ok() => match text.parse::<Date>() {
            Ok(day) => Ok(Value::String(day.to_string())),
            Err(_) => Err("请按“2026-11-17”填写日期".into()),
        },
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// A value as people read it.
pub fn value_zh(value: &Value) -> String {
    match value {
        Value::Null => "（空）".into(),
        Value::Bool(true) => "是".into(),
        Value::Bool(false) => "否".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => "（空）".into(),
        Value::String(text) => match (text.contains('T'), text.parse::<DateTime>(), text.parse::<Date>()) {
            (true, Ok(moment), _) => words::full_moment_zh(moment),
            (false, _, Ok(day)) => words::full_date_zh(day),
            _ => coded_zh(text).unwrap_or(text).to_owned(),
        },
        Value::Array(rows) => rows.iter().map(value_zh).collect::<Vec<_>>().join("、"),
        Value::Object(map) => map.values().map(value_zh).collect::<Vec<_>>().join("、"),
    }
}

/// Codes of closed lists and their words, list by list.
static LISTS: LazyLock<[Vec<(&'static str, &'static str)>; 3]> = LazyLock::new(|| {
    [
        vec![("person", "自然人"), ("organisation", "法人或者其他组织"), ("individual-business", "个体工商户")],
        ClueSource::ALL.map(|s| (s.code(), s.title())).to_vec(),
        ServiceMethod::ALL.map(|m| (m.code(), m.title())).to_vec(),
    ]
});

/// The closed list a code is of, with the words of each.
pub fn codes_beside(code: &str) -> Option<&'static [(&'static str, &'static str)]> {
    LISTS.iter().map(Vec::as_slice).find(|list| list.iter().any(|(known, _)| *known == code))
}

fn coded_zh(code: &str) -> Option<&'static str> {
    let (_, title) = codes_beside(code)?.iter().find(|(known, _)| *known == code)?;
    Some(title)
}

/// "地点：原“甲路”，更正为“乙路”"
pub fn change_zh(label: String, original: &Value, effective: &Value) -> String {
    match (original, effective) {
        (Value::Bool(false), Value::Bool(true)) if label == "撤下证据" => "撤下这份证据，不再作为依据".into(),
        _ => format!("{label}：原“{}”，更正为“{}”", value_zh(original), value_zh(effective)),
    }
}

/// From one moment to another as people say it: "40 分钟", "2 小时", "3 日 4 小时".
pub fn elapsed_zh(from: DateTime, to: DateTime) -> String {
    let minutes = to.duration_since(from).as_mins().max(0);
    let (days, hours, rest) = (minutes / 1440, minutes % 1440 / 60, minutes % 60);
    match (days, hours) {
        (0, 0) => format!(" {rest} 分钟"),
        (0, _) if rest > 0 => format!(" {hours} 小时 {rest} 分"),
        (0, _) => format!(" {hours} 小时"),
        (_, 0) => format!(" {days} 日"),
        _ => format!(" {days} 日 {hours} 小时"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use serde_json::json;

    #[test]
    fn the_time_to_registration_is_said_in_hours() {
        let received = date(2026, 11, 16).at(9, 0, 0, 0);
        assert_eq!(elapsed_zh(received, date(2026, 11, 16).at(9, 40, 0, 0)), " 40 分钟");
        assert_eq!(elapsed_zh(received, date(2026, 11, 16).at(11, 0, 0, 0)), " 2 小时");
        assert_eq!(elapsed_zh(received, date(2026, 11, 19).at(13, 0, 0, 0)), " 3 日 4 小时");
    }

    #[test]
    fn what_is_typed_keeps_the_kind_of_what_it_replaces() {
        let moment = typed(&json!("2026-11-17T09:12:00"), "2026-11-18 10:00");
        assert_eq!(moment, Ok(json!("2026-11-18T10:00:00")));
        assert_eq!(typed(&json!("2026-11-17"), "明天"), Err("请按“2026-11-17”填写日期".into()));
        assert_eq!(typed(&json!(false), "是"), Ok(json!(true)));
        assert_eq!(typed(&json!("某某网咖"), " 某某网吧 "), Ok(json!("某某网吧")));
    }

    #[test]
    fn a_slip_shows_both_values() {
        let said = change_zh("发生时间".into(), &json!("2026-11-17T09:12:00"), &json!("2026-11-17T09:21:00"));
        assert_eq!(said, "发生时间：原“2026年11月17日 09:12”，更正为“2026年11月17日 09:21”");
        assert_eq!(change_zh("撤下证据".into(), &json!(false), &json!(true)), "撤下这份证据，不再作为依据");
    }
}
