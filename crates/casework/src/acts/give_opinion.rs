//! 审批 (Art. 12, 20): the approver has seen the whole paper, gives the password again, and binds
//! the opinion to its digest. Approve, approve with changes, return with reasons, refuse.

use crate::acts::submit_paper::{approved, effects};
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Opened, Receipt};
use crate::{forms, papers_digest};
use procedure::case::Paper;
use procedure::checks::Act;
use procedure::decide::About;
use procedure::event::{Event, Outcome, Span, Step};
use procedure::ids::*;
use procedure::people::Role;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Clone, Deserialize)]
pub struct GiveOpinion {
    pub case: CaseId,
    pub paper: PaperId,
    pub version: u32,
    /// Digest of what was shown to the approver.
    pub digest: String,
    pub outcome: Outcome,
    pub opinion: String,
    /// The approver's password, asked for again.
    pub password: String,
    /// For approval with changes: the fields as the approver wants them.
    #[serde(default)]
    pub fields: Option<Map<String, Value>>,
}

pub async fn give_opinion(office: &Office, caller: &Caller, what: GiveOpinion) -> Result<Receipt, ActError> {
    if !office.password_holds(&caller.person.id, &what.password).await? {
        return Err(ActError::field("password", "口令不正确，意见没有提交"));
    }
    let delegated = office.delegated_roles(&caller.person.id).await?;
    let act = "give-opinion";
    office
        .act_on_case(caller, &what.case, act, |opened| {
            let paper = opened.case.paper(&what.paper).ok_or(ActError::NotFound)?;
            let form = office.book().paper(&paper.kind.0).ok_or(ActError::NotFound)?;
            let version = paper.current().ok_or(ActError::NotFound)?;
            let Some(step) = paper.awaiting() else {
                return Err(ActError::Conflict("这份文书现在不等待审批".into()));
            };
            let on_behalf_of = office.may_give(caller, opened, paper, step, &delegated)?;
            if version.version != what.version || version.digest != what.digest {
                return Err(ActError::Conflict("文书在您查看之后有了新的版本，请重新查看再审批".into()));
            }
            let fields = json!({ "opinion": what.opinion });
            let checked = fields.as_object().cloned().unwrap_or_default();
            let span = Span::at(opened.now);
            let about = About { paper: Some(&paper.id), ..About::subject(&opened.case, &paper.subject) };
            let judged = Act { actor: &caller.person, officers: &[], span, fields: &checked, overlaps: &[], method: None, about };
            office.judged(opened, &format!("give-opinion({})", form.kind), &judged)?;
            let stream = StreamId::case(&what.case);
            let mut envelope = office.envelope(caller);
            envelope.matter = form.title.clone();
            let (digest, number) = (version.digest.clone(), version.version);
            if what.outcome == Outcome::ApproveWithChanges {
                let Some(changed) = &what.fields else {
                    return Err(ActError::field("fields", "修改后同意的，请写明修改后的内容"));
                };
                let changed = forms::settle(form, changed.clone());
                let problems = forms::problems(form, &changed);
                if !problems.is_empty() {
                    return Err(ActError::Invalid(problems));
                }
                return with_changes(office, opened, caller, paper, form, changed, step, number + 1, &what, on_behalf_of);
            }
            let mut decision = Decision::event(
                stream.clone(),
                span,
                envelope.clone(),
                Event::OpinionGiven {
                    paper: paper.id.clone(),
                    paper_version: number,
                    step: step.step.clone(),
                    outcome: what.outcome,
                    opinion: what.opinion.clone(),
                    digest: digest.clone(),
                    on_behalf_of,
                },
            );
            let last = version.opinions.len() + 1 == version.steps.len();
            match what.outcome {
                Outcome::Approve if last => {
                    let act = Act { actor: &caller.person, officers: &[], span, fields: &version.fields, overlaps: &[], method: None, about };
                    office.judged(opened, &format!("issue({})", form.kind), &act)?;
                    decision = approved(office, opened, caller, decision, form, &paper.id, number, &digest)?;
                }
                Outcome::Refuse => {
                    let on = format!("refused({})", form.kind);
                    decision = effects(office, opened, caller, decision, &on, &version.fields, span)?;
                }
                _ => {}
            }
            Ok(decision.made(paper.id.0.clone()))
        })
        .await
        .inspect(|_| office.wake_jobs())
}

/// Approval with changes makes the next version and gives every opinion so far again to it:
/// the changed text goes back to the start of the chain, the approver's change standing in it.
#[allow(clippy::too_many_arguments)]
fn with_changes(
    office: &Office,
    opened: &Opened,
    caller: &Caller,
    paper: &Paper,
    form: &procedure::papers::PaperForm,
    fields: Map<String, Value>,
    step: &Step,
    number: u32,
    what: &GiveOpinion,
    on_behalf_of: Option<PersonId>,
) -> Result<Decision, ActError> {
    let digest = papers_digest::of(office, form, &fields)?;
    let span = Span::at(opened.now);
    let stream = StreamId::case(&what.case);
    let mut envelope = office.envelope(caller);
    envelope.matter = form.title.clone();
    let opinion = Event::OpinionGiven {
        paper: paper.id.clone(),
        paper_version: number - 1,
        step: step.step.clone(),
        outcome: what.outcome,
        opinion: what.opinion.clone(),
        digest: what.digest.clone(),
        on_behalf_of,
    };
    let version = Event::PaperSubmitted {
        paper: paper.id.clone(),
        paper_kind: paper.kind.clone(),
        title: paper.title.clone(),
        paper_version: number,
        subject: paper.subject.clone(),
        fields,
        fields_digest: digest.fields,
        digest: digest.whole,
        steps: form.approval.clone(),
    };
    Ok(Decision::event(stream.clone(), span, envelope.clone(), opinion)
        .and(stream, span, envelope, version)
        .made(paper.id.0.clone()))
}

impl Office {
    /// Whether this person may give the opinion of a step, as the rules of `take-step` say: by the
    /// relation to the case or by a role, held or delegated. Gives whom the person stands in for.
    pub(crate) fn may_give(
        &self,
        caller: &Caller,
        opened: &Opened,
        paper: &Paper,
        step: &Step,
        delegated: &[(Role, PersonId)],
    ) -> Result<Option<PersonId>, ActError> {
        let person = &caller.person;
        let role = Role::parse(&step.role);
        let for_other = delegated.iter().find(|(r, _)| Some(*r) == role).map(|(_, from)| from.clone());
        let fields = json!({ "step_role": step.role, "step_title": step.title, "delegated": for_other.is_some() });
        let fields = fields.as_object().cloned().unwrap_or_default();
        let about = About { paper: Some(&paper.id), ..About::subject(&opened.case, &paper.subject) };
        let span = Span::at(opened.now);
        let act = Act { actor: person, officers: &[], span, fields: &fields, overlaps: &[], method: None, about };
        self.judged(opened, &format!("take-step({})", paper.kind), &act)?;
        Ok(if role.is_some_and(|role| person.holds(role)) { None } else { for_other })
    }
}
