//! What the rulebook says of a kind of paper: who approves it, whether it is served,
//! signed by hand, sealed, and where it stands in the volume.

use crate::event::Step;
use serde::Deserialize;
use serde_json::{Map, Value};

/// One `[[paper]]` of `regulation/papers/INDEX.toml` with its schema.
#[derive(Clone, Debug, Deserialize)]
pub struct PaperForm {
    pub kind: String,
    pub title: String,
    pub nature: Nature,
    /// 文种 code of its number; absent where the paper bears none.
    #[serde(default)]
    pub series: Option<String>,
    #[serde(default)]
    pub approval: Vec<Step>,
    #[serde(default)]
    pub served: bool,
    #[serde(default)]
    pub sealed: bool,
    /// Gates that rest on it wait for its scan or for the note of refusal.
    #[serde(default)]
    pub hand_signed: bool,
    #[serde(default)]
    pub per_party: bool,
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub signers: Vec<String>,
    #[serde(default)]
    pub stage: String,
    pub article: String,
    pub volume: VolumePlace,
    #[serde(skip)]
    pub schema: Value,
    #[serde(skip)]
    pub number_format: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// An internal form that a chain of persons approves.
    Approval,
    /// A record of what happened, signed by hand.
    Record,
    /// Issued to someone under the seal.
    Notice,
    Report,
    /// Cover, catalogue and note, made when the volume is bound.
    Volume,
}

impl Nature {
    /// What happened is recorded with its flaws; what is made here can be refused.
    pub fn happened(self) -> bool {
        matches!(self, Nature::Record)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct VolumePlace {
    /// `main` 正卷, `annex` 副卷, `sealed` for what names informants.
    pub part: String,
    pub order: u32,
}

impl PaperForm {
    /// The number as printed: GB/T 9704, brackets 〔〕, no padding.
    pub fn number(&self, year: i16, ordinal: u64) -> Option<String> {
        let word = self.series.as_deref()?;
        Some(
            self.number_format
                .replace("{word}", word)
                .replace("{year}", &year.to_string())
                .replace("{seq}", &ordinal.to_string()),
        )
    }

    /// Numbers run per kind and year.
    pub fn series_key(&self, year: i16) -> Option<String> {
        self.series.as_ref().map(|word| format!("{word}/{year}"))
    }

    fn properties(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.schema.get("properties").and_then(Value::as_object).into_iter().flatten()
    }

    /// Fields whose values are sealed: name and whose secret it is.
    pub fn protected_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.properties()
            .filter_map(|(name, p)| Some((name.as_str(), p.get("x-protected")?.as_str()?)))
    }

    /// What a field may be chosen from, as its schema lists it.
    pub fn choices(&self, field: &str) -> impl Iterator<Item = &str> {
        let listed = self.schema.get("properties").and_then(|p| p.get(field)).and_then(|p| p.get("enum")).and_then(Value::as_array);
        listed.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The label of a field, as the form shows it.
    pub fn label<'a>(&'a self, field: &'a str) -> &'a str {
        self.schema
            .get("properties")
            .and_then(|p| p.get(field))
            .and_then(|p| p.get("title"))
            .and_then(Value::as_str)
            .unwrap_or(field)
    }
}

/// The fields several papers share; a schema names one as `/common.schema.json#/$defs/<name>`.
pub const COMMON_SCHEMA: &str = "papers/common.schema.json";

/// A schema with every reference to a shared field replaced by that field. What stands beside the
/// reference goes before what the shared field says. The error names a field that is not shared.
pub fn with_common(schema: Value, common: &Value) -> Result<Value, String> {
    match schema {
        Value::Object(mut own) => {
            let mut whole = match own.remove("$ref") {
                None => Map::new(),
                Some(Value::String(name)) => {
                    let shared = name.strip_prefix("/common.schema.json#").and_then(|pointer| common.pointer(pointer));
                    match with_common(shared.cloned().ok_or(name)?, common)? {
                        Value::Object(shared) => shared,
                        other => return Err(other.to_string()),
                    }
                }
                Some(other) => return Err(other.to_string()),
            };
            for (key, value) in own {
                whole.insert(key, with_common(value, common)?);
            }
            Ok(Value::Object(whole))
        }
        Value::Array(rows) => rows.into_iter().map(|row| with_common(row, common)).collect(),
        leaf => Ok(leaf),
    }
}
