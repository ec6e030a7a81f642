//! 证据入案 (行政处罚法 46): photos, audio, video, documents; bytes are durable before this act names them.

use crate::acts::issue_paper::claim;
use crate::error::{ActError, FieldProblem};
use crate::intake::Taken;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use jiff::civil::DateTime;
use procedure::checks::Act;
use procedure::decide::About;
use procedure::event::{Event, Extraction};
use procedure::ids::*;
use serde::Deserialize;
use serde_json::Map;

#[derive(Clone, Debug, Deserialize)]
pub struct AttachEvidence {
    pub case: CaseId,
    /// Code of one of the eight kinds.
    pub kind: String,
    pub name: String,
    pub source: String,
    #[serde(default)]
    pub proves: String,
    /// Taken on the scene by photograph, sound or film: seen only under a grant.
    #[serde(default)]
    pub footage: bool,
    #[serde(default)]
    pub place: String,
    pub from: DateTime,
    #[serde(default)]
    pub to: Option<DateTime>,
    #[serde(default)]
    pub located: String,
    #[serde(default)]
    pub extraction: Option<Extraction>,
    /// Shows minors or others who are protected: kept sealed.
    #[serde(default)]
    pub protected: bool,
    #[serde(skip)]
    pub taken: Option<Taken>,
}

/// Attaches evidence. The receipt's id is the evidence's.
pub async fn attach_evidence(office: &Office, caller: &Caller, what: AttachEvidence) -> Result<Receipt, ActError> {
    let happened = office.happened("from", what.from, what.to)?;
    let mut problems = vec![];
    if what.name.trim().is_empty() {
        problems.push(FieldProblem { field: "name".into(), message: "请填写证据名称".into() });
    }
    if !office.book().evidence_kinds.iter().any(|k| k.code == what.kind) {
        problems.push(FieldProblem { field: "kind".into(), message: "请选择证据种类".into() });
    }
    if what.taken.is_none() && what.located.trim().is_empty() {
        problems.push(FieldProblem { field: "located".into(), message: "没有文件的证据，请注明原物存放在哪里".into() });
    }
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    let opened = office.open_case(&what.case).await?;
    office.allow(caller, Power::Investigate, Some(&opened.case))?;
    let taken = match &what.taken {
        // Chosen after the file had come in, in clear.
        Some(taken) if what.protected && !taken.protected => Some(office.sealed_upload(&what.case, taken).await?),
        taken => taken.clone(),
    };
    let id = EvidenceId(Office::new_id());
    let stream = StreamId::case(&what.case);
    office
        .act_on_case(caller, &what.case, "attach-evidence", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            let officers = vec![caller.person.seen_on(happened.from.date())];
            let fields = Map::new();
            let act = Act { actor: &caller.person, officers: &officers, span: happened, fields: &fields, overlaps: &[], method: None, about: About::default() };
            let mut envelope = office.envelope(caller);
            envelope.flaws = office.judged(opened, "attach-evidence", &act)?;
            envelope.officers = officers;
            envelope.place = what.place.clone();
            envelope.matter = what.name.clone();
            let number = opened.case.evidence.iter().map(|e| e.number).max().unwrap_or(0) + 1;
            let event = Event::EvidenceAttached {
                evidence: id.clone(),
                number,
                evidence_kind: what.kind.clone(),
                name: what.name.clone(),
                source: what.source.clone(),
                proves: what.proves.clone(),
                file: taken.as_ref().map(|t| t.file.clone()),
                footage: what.footage,
                located: what.located.clone(),
                extraction: what.extraction.clone(),
            };
            let mut decision = Decision::event(stream.clone(), happened, envelope, event).made(id.0.clone());
            if let Some(taken) = &taken {
                decision.changes.push(claim(&taken.file, &stream, taken.protected));
            }
            Ok(decision)
        })
        .await
}
