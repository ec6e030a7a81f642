//! What an opinion binds to: the fields, the template and the renderer's version. A change of
//! any of them needs approval again.

use crate::error::ActError;
use crate::office::Office;
use procedure::papers::PaperForm;
use serde_json::{Map, Value};

pub struct PaperDigest {
    /// SHA-256 over the canonical fields.
    pub fields: String,
    /// SHA-256 over fields, template and renderer version.
    pub whole: String,
}

pub fn of(office: &Office, form: &PaperForm, fields: &Map<String, Value>) -> Result<PaperDigest, ActError> {
    let canonical = ledger::canonical::to_canonical(&Value::Object(fields.clone()))
        .map_err(|e| ActError::Failure(anyhow::anyhow!("fields have no canonical form: {e}")))?;
    let fields = ledger::digest::sha256(&canonical).to_string();
    let press = &office.inner().press;
    let template = press.template_digest(&form.kind).map_err(|e| ActError::Failure(e.into()))?;
    let whole = format!("{fields}\n{template}\n{}", press.renderer_version());
    Ok(PaperDigest { fields, whole: ledger::digest::sha256(whole.as_bytes()).to_string() })
}
