//! Import of registers from CSV, with a preview: headers in Chinese or English, UTF-8 with or
//! without a mark, or GB18030 as spreadsheets here write it. A row with a problem stops the
//! whole file unless bad rows are to be skipped.

use crate::error::ActError;
use crate::office::{Caller, Office, Receipt};
use crate::permissions::edits_register;
use crate::registers::{Column, RegisterName, Registered};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportName {
    Departments,
    /// One row a certificate; several rows of one account are one officer.
    Officers,
    /// Certificates of officers already registered.
    Certificates,
    Powers,
    Laws,
    Causes,
    Parties,
}

impl ImportName {
    pub const ALL: [ImportName; 7] = [
        Self::Departments,
        Self::Officers,
        Self::Certificates,
        Self::Powers,
        Self::Laws,
        Self::Causes,
        Self::Parties,
    ];

    pub fn register(self) -> RegisterName {
        match self {
            Self::Departments => RegisterName::Departments,
            Self::Officers | Self::Certificates => RegisterName::Officers,
            Self::Powers => RegisterName::Powers,
            Self::Laws => RegisterName::Laws,
            Self::Causes => RegisterName::Causes,
            Self::Parties => RegisterName::Parties,
        }
    }

    pub fn code(self) -> &'static str {
        if self == Self::Certificates { "certificates" } else { self.register().code() }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|n| n.code() == code)
    }

    pub fn title(self) -> &'static str {
        if self == Self::Certificates { "执法证件" } else { self.register().title() }
    }

    /// The columns a file may have, name and validity among them.
    pub fn columns(self) -> Vec<Column> {
        let plain = |key, title, also, required| Column { key, title, also, required };
        let from = plain("valid_from", "有效期起", &["起始日期", "发证日期"], false);
        let to = plain("valid_to", "有效期止", &["截止日期", "有效期至"], false);
        let certificate = |required| plain("certificate", "执法证号", &["执法证件编号", "证号"], required);
        if self == Self::Certificates {
            let named = |c: Column, required| Column { required, ..c };
            return vec![
                plain("account", "账号", &["工号"], true),
                certificate(true),
                named(from, true),
                named(to, true),
            ];
        }
        let register = self.register();
        let mut columns = vec![plain("name", register.name_title(), &["名称", "姓名"], true)];
        if self == Self::Powers {
            columns = vec![plain("title", register.name_title(), &["名称"], true)];
        }
        for column in register.columns() {
            match (register, column.key) {
                (RegisterName::Officers, "certificates") => columns.extend([certificate(false), plain("roles", "岗位", &[], false)]),
                (_, "versions") => {}
                _ => columns.push(*column),
            }
        }
        columns.extend([from, to]);
        columns
    }
}

/// What would become of a file.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The columns found in the file, in its order.
    pub columns: Vec<Column>,
    pub rows: Vec<ImportRow>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ImportRow {
    /// Line of the file, the header being the first.
    pub line: u64,
    /// One value for each column of the preview.
    pub values: Vec<String>,
    pub problems: Vec<String>,
    pub action: ImportAction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportAction {
    New,
    Change,
    Same,
}

/// What was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// None where nothing was to be changed.
    pub receipt: Option<Receipt>,
    pub new_count: usize,
    pub changed_count: usize,
    pub same_count: usize,
    pub skipped_count: usize,
}

impl Preview {
    pub fn has_problems(&self) -> bool {
        self.rows.iter().any(|r| !r.problems.is_empty())
    }
}

impl Office {
    /// Reads a file and says of each row what is wrong with it and what it would do.
    ///
    /// # Errors
    /// `Invalid` where the file itself cannot be read: encoding, missing or unknown columns.
    pub async fn import_preview(&self, caller: &Caller, name: ImportName, file: &[u8]) -> Result<Preview, ActError> {
        self.allow(caller, edits_register(name.register()), None)?;
        Ok(self.plan(name, file).await?.0)
    }

    /// Imports a file. Nothing is imported when a row has a problem, unless bad rows are skipped.
    ///
    /// # Errors
    /// `Invalid` with one problem for each bad row, its field `line.N`.
    pub async fn import(&self, caller: &Caller, name: ImportName, file: &[u8], skip_bad: bool) -> Result<Imported, ActError> {
        self.allow(caller, edits_register(name.register()), None)?;
        let key = format!("import/{}", name.register().code());
        let _turn = self.inner().locks.lock(&[&key]).await;
        let (preview, wanted) = self.plan(name, file).await?;
        if preview.has_problems() && !skip_bad {
            let bad = preview.rows.iter().filter(|r| !r.problems.is_empty());
            return Err(ActError::Invalid(
                bad.map(|r| crate::FieldProblem {
                    field: format!("line.{}", r.line),
                    message: format!("第{}行：{}", r.line, r.problems.join("；")),
                })
                .collect(),
            ));
        }
        let count = |action| preview.rows.iter().filter(|r| r.problems.is_empty() && r.action == action).count();
        let mut imported = Imported {
            receipt: None,
            new_count: count(ImportAction::New),
            changed_count: count(ImportAction::Change),
            same_count: count(ImportAction::Same),
            skipped_count: preview.rows.iter().filter(|r| !r.problems.is_empty()).count(),
        };
        if !wanted.is_empty() {
            let decision = self.put_all(caller, wanted).await?;
            imported.receipt = Some(self.commit(caller, decision, &Default::default(), vec![], None).await?);
            if name.register() == RegisterName::Officers {
                self.load_directory().await?;
            }
        }
        Ok(imported)
    }

    /// The preview, and the states that would be put.
    async fn plan(&self, name: ImportName, file: &[u8]) -> Result<(Preview, Vec<Registered>), ActError> {
        let (columns, rows) = read(name, file)?;
        let register = name.register();
        let stored = self.stored(register).await?;
        let mut known = self.known().await?;
        if name == ImportName::Departments {
            // A parent may stand in the same file, before or after.
            known.departments.extend(rows.iter().map(|r| (r.text("code"), r.text("name"))));
        }
        let mut wanted: BTreeMap<String, Registered> = BTreeMap::new();
        let mut lines: BTreeMap<String, u64> = BTreeMap::new();
        let mut numbers: BTreeSet<String> = BTreeSet::new();
        let mut out = vec![];
        for row in rows {
            let mut problems = row.problems.clone();
            let several = matches!(name, ImportName::Officers | ImportName::Certificates);
            let certificate = row.text("certificate");
            if !certificate.is_empty() && !numbers.insert(certificate.clone()) {
                problems.push(format!("执法证号{certificate}在文件中重复"));
            }
            let mut action = ImportAction::Same;
            if problems.is_empty() {
                let next = self.state(name, &row, &stored, &wanted, &mut problems);
                if let Some(next) = next {
                    if let Some(first) = lines.get(&next.id).filter(|_| !several) {
                        problems.push(format!("与第{first}行重复"));
                    }
                    problems.extend(self.register_problems(&next, &known).into_iter().map(|p| p.message));
                    action = match stored.get(&next.id) {
                        None => ImportAction::New,
                        Some(same) if *same == next => ImportAction::Same,
                        Some(_) => ImportAction::Change,
                    };
                    if problems.is_empty() {
                        lines.entry(next.id.clone()).or_insert(row.line);
                        wanted.insert(next.id.clone(), next);
                    }
                }
            }
            let values = columns.iter().map(|c| row.text(c.key)).collect();
            out.push(ImportRow { line: row.line, values, problems, action });
        }
        let changed = wanted.into_values().filter(|w| stored.get(&w.id) != Some(w)).collect();
        Ok((Preview { columns, rows: out }, changed))
    }

    /// The state a row asks for: what stands now, with the columns of the file laid over it.
    fn state(
        &self,
        name: ImportName,
        row: &Row,
        stored: &BTreeMap<String, Registered>,
        wanted: &BTreeMap<String, Registered>,
        problems: &mut Vec<String>,
    ) -> Option<Registered> {
        let register = name.register();
        let mut own = Map::new();
        for column in register.columns().iter().filter(|c| row.values.contains_key(c.key) && c.key != "certificates") {
            let text = row.text(column.key);
            let value = match (register, column.key) {
                _ if text.is_empty() => Value::Null,
                (RegisterName::Powers, "departments") | (RegisterName::Causes, "articles_violated" | "articles_penalty") => {
                    text.split([';', '；', '、']).map(str::trim).filter(|t| !t.is_empty()).collect()
                }
                (RegisterName::Parties, "kind") => {
                    crate::registers::party_kind(&text).map_or(Value::from(text), |kind| json!(kind))
                }
                (RegisterName::Parties, "id_number") => Value::from(text.to_ascii_uppercase()),
                (_, "verified") => Value::Bool(matches!(text.as_str(), "是" | "已核实" | "true")),
                _ => Value::from(text),
            };
            own.insert(column.key.to_owned(), value);
        }
        let called = if name == ImportName::Powers { row.text("title") } else { row.text("name") };
        let id = self.register_id(register, &called, &own, stored);
        let before = wanted.get(&id).or_else(|| stored.get(&id));
        if name == ImportName::Certificates && before.is_none() {
            problems.push(format!("没有登记账号为“{}”的执法人员", row.text("account")));
            return None;
        }
        let mut data = before.map(|b| b.data.clone()).unwrap_or_default();
        for (key, value) in own {
            if value.is_null() {
                data.remove(&key);
            } else {
                data.insert(key, value);
            }
        }
        let (from, to) = (row.date("valid_from", problems), row.date("valid_to", problems));
        let today = self.now().date();
        let (mut valid_from, mut valid_to) = (from.or(before.map(|b| b.valid_from)).unwrap_or(today), to);
        if register == RegisterName::Officers {
            // The dates of an officer's row are those of the certificate.
            valid_from = before.map_or(today, |b| b.valid_from);
            valid_to = before.and_then(|b| b.valid_to);
            let certificate = row.text("certificate");
            if !certificate.is_empty() {
                let (Some(from), Some(to)) = (from, to) else {
                    problems.push("执法证件应写明有效期起止".into());
                    return None;
                };
                let certificates = data.entry("certificates").or_insert_with(|| Value::Array(vec![]));
                if let Value::Array(rows) = certificates {
                    rows.retain(|c| c.get("number").and_then(Value::as_str) != Some(&certificate));
                    rows.push(json!({ "number": certificate, "from": from, "to": to }));
                    rows.sort_by_key(|c| c.get("from").and_then(Value::as_str).unwrap_or_default().to_owned());
                }
            }
        }
        let called = if called.is_empty() { before.map(|b| b.name.clone()).unwrap_or_default() } else { called };
        Some(Registered { register, id, name: called, valid_from, valid_to, data })
    }
}

struct Row {
    line: u64,
    values: BTreeMap<&'static str, String>,
    problems: Vec<String>,
}

impl Row {
    fn text(&self, key: &str) -> String {
        self.values.get(key).cloned().unwrap_or_default()
    }

    fn date(&self, key: &str, problems: &mut Vec<String>) -> Option<Date> {
        let text = self.text(key);
        if text.is_empty() || text == "/" || text == "长期" {
            return None;
        }
        let date = date(&text);
        if date.is_none() {
            problems.push(format!("日期“{text}”应写成2026-11-17的形式"));
        }
        date
    }
}

/// 2026-11-17, 2026/11/17, 2026.11.17, 20261117 or 2026年11月17日.
fn date(text: &str) -> Option<Date> {
    let parts: Vec<i16> = match text.len() {
        8 if text.bytes().all(|b| b.is_ascii_digit()) => {
            [text.get(..4)?, text.get(4..6)?, text.get(6..)?].iter().map(|p| p.parse().ok()).collect::<Option<_>>()?
        }
        _ => text
            .trim_end_matches('日')
            .split(['-', '/', '.', '年', '月'])
            .map(|p| p.trim().parse().ok())
            .collect::<Option<_>>()?,
    };
    let [year, month, day] = parts[..] else { return None };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The text of a file in whichever of the usual encodings it is.
pub fn text_of(file: &[u8]) -> Result<String, ActError> {
    let text = match std::str::from_utf8(file) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => {
            let (text, _, damaged) = encoding_rs::GB18030.decode(file);
            if damaged {
                return Err(ActError::field("file", "文件的编码无法识别，请另存为UTF-8或者GB18030编码的CSV"));
            }
            text.into_owned()
        }
    };
    // One kind of line end, so that the lines told are the lines of the file.
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn read(name: ImportName, file: &[u8]) -> Result<(Vec<Column>, Vec<Row>), ActError> {
    let text = text_of(file)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let unreadable = |e: csv::Error| ActError::field("file", format!("文件不是可以读取的CSV：{e}"));
    let headers = reader.headers().map_err(unreadable)?.clone();
    let columns = columns(name, &headers)?;
    let mut rows = vec![];
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let mut problems = vec![];
        if record.len() != columns.len() {
            problems.push(format!("有{}栏，表头有{}栏", record.len(), columns.len()));
        }
        let values: BTreeMap<_, _> = columns.iter().zip(record.iter()).map(|(c, v)| (c.key, v.to_owned())).collect();
        for column in columns.iter().filter(|c| c.required) {
            if values.get(column.key).is_none_or(String::is_empty) {
                problems.push(format!("缺少{}", column.title));
            }
        }
        rows.push(Row { line, values, problems });
    }
    if rows.is_empty() {
        return Err(ActError::field("file", "文件里没有数据"));
    }
    Ok((columns, rows))
}

fn columns(name: ImportName, headers: &csv::StringRecord) -> Result<Vec<Column>, ActError> {
    let known = name.columns();
    let mut found: Vec<Column> = vec![];
    let mut problems = vec![];
    for header in headers {
        let header = header.trim();
        let column = known.iter().find(|c| c.key == header || c.title == header || c.also.contains(&header));
        match column {
            Some(column) if found.iter().any(|f| f.key == column.key) => problems.push(format!("“{header}”一栏重复")),
            Some(column) => found.push(*column),
            None => problems.push(format!("没有“{header}”这一栏")),
        }
    }
    for column in known.iter().filter(|c| c.required && found.iter().all(|f| f.key != c.key)) {
        problems.push(format!("缺少“{}”一栏（{}）", column.title, column.key));
    }
    if problems.is_empty() { Ok(found) } else { Err(ActError::field("file", problems.join("；"))) }
}
