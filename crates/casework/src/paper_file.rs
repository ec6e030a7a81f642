//! A paper as one person may see it: its versions, who is awaited, its pages as pictures, and
//! the pages of a scan counted before it is filed.

use crate::acts::issue_paper::complete;
use crate::error::ActError;
use crate::intake::Taken;
use crate::office::{Caller, Office};
use crate::permissions::{self, Power};
use crate::viewing::FileBytes;
use crate::views::{CaseFile, PaperRow};
use procedure::case::{Case, Paper};
use procedure::event::{FileRef, Missing};
use procedure::ids::*;
use procedure::papers::PaperForm;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A paper with the case around it. Values this person may not see are already masked.
pub struct PaperFile {
    pub file: CaseFile,
    pub paper: Paper,
    pub form: PaperForm,
    /// Set while an opinion is awaited.
    pub opinion: Option<OpinionAsked>,
    pub may_void: bool,
}

/// Whether the opinion that is awaited is this person's to give.
pub enum OpinionAsked {
    /// In one's own right, or for whoever delegated it.
    Mine { on_behalf_of: Option<PersonId> },
    NotMine { why: Vec<Missing> },
}

/// A paper that waits for one's opinion, with its case.
pub struct AwaitedPaper {
    pub paper: PaperRow,
    pub case_title: String,
    pub submitted_by: String,
}

/// What stands for a value that is sealed for this reader.
pub const MASK: &str = "（信息已封存）";

/// A scan is read whole to count its pages; a larger one is footage by mistake.
const SCAN_BYTES_MAX: u64 = 512 << 20;
/// The largest PDF whose pages are counted to fill a form.
const COUNTED_BYTES_MAX: u64 = 32 << 20;

impl Office {
    /// A paper as this person may see it.
    ///
    /// # Errors
    /// `NotFound`, or `NotAllowed` for a paper that names an informant.
    pub async fn paper_file(&self, caller: &Caller, case: &CaseId, paper: &PaperId) -> Result<PaperFile, ActError> {
        let file = self.case_file(caller, case).await?;
        let opened = self.open_case(case).await?;
        let found = opened.case.paper(paper).ok_or(ActError::NotFound)?;
        self.allow_paper(caller, &opened, found).await?;
        let form = self.book().paper(&found.kind.0).ok_or(ActError::NotFound)?.clone();
        let delegated = self.delegated_roles(&caller.person.id).await?;
        let opinion = match found.awaiting() {
            None => None,
            Some(step) => Some(match self.may_give(caller, &opened, found, step, &delegated) {
                Ok(on_behalf_of) => OpinionAsked::Mine { on_behalf_of },
                Err(ActError::Refused(refusal)) => OpinionAsked::NotMine { why: refusal.missing },
                Err(other) => return Err(other),
            }),
        };
        let mut paper = found.clone();
        let words = file.hidden_words(self.book());
        // Whoever decides on a paper sees all of it.
        let decides = matches!(opinion, Some(OpinionAsked::Mine { .. }));
        for version in paper.versions.iter_mut().filter(|_| !decides) {
            let (informant, others) = (!file.sight.informant, !file.sight.protected);
            version.fields = masked(&form.schema, &version.fields, &|whose| if whose == "informant" { informant } else { others });
            version.fields = file.shown_fields(version, &words);
        }
        let may_void = permissions::holds(&caller.person, Power::DecideFlaw, &opened.case);
        Ok(PaperFile { file, paper, form, opinion, may_void })
    }

    /// The pages of a paper as they are, or will be, issued: one SVG a page.
    pub async fn paper_pages(&self, seen: &PaperFile) -> Result<Vec<String>, ActError> {
        let version = seen.paper.current().ok_or(ActError::NotFound)?;
        let mut fields = version.fields.clone();
        complete(&seen.form, &mut fields, seen.paper.number.as_deref(), version);
        self.preview(&seen.form.kind, fields).await
    }

    /// The voucher that came with a service, by its place among the paper's services, from 0.
    ///
    /// # Errors
    /// As [`Office::paper_file`].
    pub async fn open_service_proof(&self, caller: &Caller, case: &CaseId, paper: &PaperId, index: usize) -> Result<FileBytes, ActError> {
        let seen = self.paper_file(caller, case, paper).await?;
        let proof = seen.paper.services.get(index).and_then(|s| s.proof.as_ref()).ok_or(ActError::NotFound)?;
        let bytes = self.read_bytes(&StreamId::case(case), proof).await?;
        Ok(FileBytes { bytes, media_type: proof.media_type.clone(), name: proof.original_name.clone() })
    }

    /// What waits for one's opinion, with the titles of the cases.
    pub async fn awaited_papers(&self, caller: &Caller) -> Result<Vec<AwaitedPaper>, ActError> {
        let mut awaited = vec![];
        for paper in self.awaiting(caller).await? {
            let case = match &paper.case_id {
                Some(case) => self.database().case_row(case).await?,
                None => None,
            };
            let by = paper.submitted_by.clone().and_then(|id| self.person(&PersonId(id)));
            awaited.push(AwaitedPaper {
                case_title: case.map(|c| c.title).unwrap_or_default(),
                submitted_by: by.map(|p| p.name).unwrap_or_default(),
                paper,
            });
        }
        Ok(awaited)
    }

    /// Pages of a scan that was taken in: counted for a PDF, none for a picture.
    ///
    /// # Errors
    /// `Invalid` at `file` for a PDF that cannot be read.
    pub async fn scan_pages_count(&self, case: &CaseId, taken: &Taken) -> Result<Option<u32>, ActError> {
        match taken.file.media_type.as_str() {
            "image/jpeg" | "image/png" => Ok(None),
            "application/pdf" if taken.file.len_bytes <= SCAN_BYTES_MAX => {
                let bytes = self.read_bytes(&StreamId::case(case), &taken.file).await?;
                let counted = tokio::task::spawn_blocking(move || archive::pages_count(&bytes)).await;
                match counted.map_err(|e| ActError::Failure(e.into()))? {
                    Ok(count) => Ok(Some(count)),
                    Err(archive::PdfError::Encrypted { .. }) => Err(ActError::field("file", "这个PDF设有密码，请去掉密码后再上传")),
                    Err(_) => Err(ActError::field("file", "这个PDF已损坏，读不出页数，请重新扫描")),
                }
            }
            "application/pdf" => Err(ActError::field("file", "扫描件过大（超过512MB），请分开或者降低分辨率后再上传")),
            _ => Err(ActError::field("file", "扫描件应当是PDF、JPEG或者PNG文件；这个文件的内容不是其中任何一种")),
        }
    }

    /// Pages of attached PDFs, by the number of the evidence (`证3`): what a list of evidence would
    /// otherwise ask to be counted by hand. Footage is opened under a grant only and is not looked
    /// at; a file that cannot be read is left out.
    pub async fn evidence_pages(&self, case: &Case, numbers: &[String]) -> BTreeMap<String, u32> {
        let mut counted = BTreeMap::new();
        let stream = StreamId::case(&CaseId(case.id.clone()));
        for evidence in case.evidence.iter().filter(|e| !e.withdrawn && !e.footage) {
            let number = format!("证{}", evidence.number);
            let Some(file) = evidence.file.as_ref().filter(|f| numbers.contains(&number) && is_small_pdf(f)) else { continue };
            let Ok(bytes) = self.read_bytes(&stream, file).await else { continue };
            if let Ok(Ok(pages)) = tokio::task::spawn_blocking(move || archive::pages_count(&bytes)).await {
                counted.insert(number, pages);
            }
        }
        counted
    }
}

/// Counted while somebody waits for a form: not what would keep them waiting.
fn is_small_pdf(file: &FileRef) -> bool {
    file.media_type == "application/pdf" && file.len_bytes <= COUNTED_BYTES_MAX
}

/// Fields with the values of those protected members replaced that `hidden` names by whose secret it is.
fn masked(schema: &Value, fields: &Map<String, Value>, hidden: &dyn Fn(&str) -> bool) -> Map<String, Value> {
    let properties = schema.get("properties");
    let mut seen = Map::new();
    for (name, value) in fields {
        let member = properties.and_then(|p| p.get(name)).unwrap_or(&Value::Null);
        if let Some(value) = masked_value(member, value, hidden) {
            seen.insert(name.clone(), value);
        }
    }
    seen
}

fn masked_value(member: &Value, value: &Value, hidden: &dyn Fn(&str) -> bool) -> Option<Value> {
    if member.get("x-protected").and_then(Value::as_str).is_some_and(hidden) {
        return blank(member, value);
    }
    match value {
        Value::Object(inner) => Some(Value::Object(masked(member, inner, hidden))),
        Value::Array(rows) => {
            let items = member.get("items").unwrap_or(&Value::Null);
            Some(rows.iter().filter_map(|row| masked_value(items, row, hidden)).collect())
        }
        other => Some(other.clone()),
    }
}

/// Free words are masked; a date or a number, which a template computes with, is left out.
fn blank(member: &Value, value: &Value) -> Option<Value> {
    match value {
        Value::Object(inner) => {
            let properties = member.get("properties");
            let part = |name: &str| properties.and_then(|p| p.get(name)).unwrap_or(&Value::Null);
            Some(Value::Object(inner.iter().filter_map(|(name, v)| Some((name.clone(), blank(part(name), v)?))).collect()))
        }
        Value::Array(rows) => {
            let items = member.get("items").unwrap_or(&Value::Null);
            Some(rows.iter().filter_map(|row| blank(items, row)).collect())
        }
        Value::String(_) if member.get("pattern").is_none() && member.get("enum").is_none() => Some(Value::from(MASK)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_third_party_is_masked_for_who_may_not_see_and_stays_for_who_may() {
        let schema = json!({ "properties": {
            "place": { "type": "string" },
            "person": { "type": "object", "x-protected": "third-party", "properties": {
                "name": { "type": "string" }, "birth": { "type": "string", "pattern": "^[0-9-]+$" } } },
            "minors": { "type": "array", "items": { "type": "object", "properties": {
                "name": { "type": "string", "x-protected": "minor" }, "age": { "type": "integer" } } } },
        } });
        let fields = json!({ "place": "某某路", "person": { "name": "某甲", "birth": "1990-01-01" },
            "minors": [{ "name": "某乙", "age": 15 }] });
        let fields = fields.as_object().expect("fields");
        let hidden = Value::Object(masked(&schema, fields, &|_| true));
        assert_eq!(hidden, json!({ "place": "某某路", "person": { "name": MASK }, "minors": [{ "name": MASK, "age": 15 }] }));
        assert_eq!(&masked(&schema, fields, &|_| false), fields);
        let informants_only = masked(&schema, fields, &|whose| whose == "informant");
        assert_eq!(&informants_only, fields, "a reader kept from informants alone sees the rest");
    }
}
