//! Who may see footage (Art. 26): grants, by the standing rule for a case's own people or by
//! request, and what every opening is checked against. No byte of footage leaves without a valid
//! grant and a durable entry.

mod doors;
mod files;
mod register;
mod serving;
#[cfg(test)]
mod tests;

pub use files::FileBytes;
pub use register::{After, GrantLine, ViewingFilter, ViewingLine};
pub(crate) use serving::Served;
pub use serving::ViewingBytes;

use crate::clock::micros;
use crate::codec::ToRecord;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Opened, Receipt};
use crate::permissions::{Power, holds};
use crate::projections::screened;
use database::{Change, GrantRow, Guard};
use jiff::civil::DateTime;
use procedure::Case;
use procedure::case::Stage;
use procedure::event::{Envelope, Event, Recorded, Seconds, Span};
use procedure::ids::*;
use procedure::people::Role;
use serde_json::Value;

/// The article every refusal of footage cites.
pub(crate) const ARTICLE: &str = "本制度26";
/// Standing grants end with the case file's archiving.
const ARTICLE_ARCHIVED: &str = "本制度26, 30";
/// How often decide runs again when another process was faster.
const ATTEMPTS_MAX: u32 = 3;

/// What a grant or an opening is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    View,
    Copy,
}

impl Mode {
    pub fn code(self) -> &'static str {
        match self {
            Mode::View => "view",
            Mode::Copy => "copy",
        }
    }
    pub fn title(self) -> &'static str {
        match self {
            Mode::View => "查看",
            Mode::Copy => "复制",
        }
    }
    pub(crate) fn of(copy: bool) -> Self {
        if copy { Mode::Copy } else { Mode::View }
    }
}

/// What became of a grant; only an open one may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrantState {
    Asked,
    Open,
    Denied,
    Returned,
}

impl GrantState {
    pub fn code(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Open => "open",
            Self::Denied => "denied",
            Self::Returned => "returned",
        }
    }
    pub fn title(self) -> &'static str {
        match self {
            Self::Asked => "待批准",
            Self::Open => "已批准",
            Self::Denied => "未批准",
            Self::Returned => "已归还",
        }
    }
    pub(crate) fn parse(code: &str) -> Option<Self> {
        [Self::Asked, Self::Open, Self::Denied, Self::Returned].into_iter().find(|s| s.code() == code)
    }
}

/// The standing rule as it was last signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRule {
    pub text: String,
    pub signer: PersonId,
    pub signer_name: String,
    pub signed_at: DateTime,
    pub(crate) version: u64,
}

/// A grant as its stream tells it.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub id: GrantId,
    pub case: CaseId,
    /// Empty: every recording of the case.
    pub evidence: Vec<EvidenceId>,
    pub person: PersonId,
    pub person_name: String,
    pub reason: String,
    pub approver: Option<PersonId>,
    pub from: DateTime,
    pub to: Option<DateTime>,
    pub copy: bool,
    pub standing: bool,
    /// The part of its one recording; none is the whole.
    pub seconds: Option<Seconds>,
    pub state: GrantState,
    /// Version of its stream, for the guard; 0 while it is only about to be written.
    pub version: u64,
}

impl Grant {
    pub fn fold(records: &[Recorded]) -> Option<Grant> {
        let mut grant: Option<Grant> = None;
        for r in records {
            match &r.event {
                Event::GrantRequested { grant: id, case, evidence, person, person_name, reason, copy, to, seconds } => {
                    grant = Some(Grant {
                        id: id.clone(),
                        case: case.clone(),
                        evidence: evidence.clone(),
                        person: person.clone(),
                        person_name: person_name.clone(),
                        reason: reason.clone(),
                        approver: None,
                        from: r.recorded_at,
                        to: Some(*to),
                        copy: *copy,
                        standing: false,
                        seconds: *seconds,
                        state: GrantState::Asked,
                        version: 0,
                    });
                }
                Event::GrantGiven { grant: id, case, evidence, person, person_name, reason, approver, from, to, copy, standing, seconds } => {
                    grant = Some(Grant {
                        id: id.clone(),
                        case: case.clone(),
                        evidence: evidence.clone(),
                        person: person.clone(),
                        person_name: person_name.clone(),
                        reason: reason.clone(),
                        approver: Some(approver.clone()),
                        from: *from,
                        to: *to,
                        copy: *copy,
                        standing: *standing,
                        seconds: *seconds,
                        state: GrantState::Open,
                        version: 0,
                    });
                }
                Event::GrantDenied { .. } => set_state(&mut grant, GrantState::Denied),
                Event::GrantReturned { .. } => set_state(&mut grant, GrantState::Returned),
                _ => {}
            }
        }
        if let Some(grant) = &mut grant {
            grant.version = records.last().map_or(0, |r| r.version);
        }
        grant
    }

    pub fn stream(&self) -> StreamId {
        StreamId::grant(&self.id)
    }

    pub fn covers(&self, evidence: &EvidenceId) -> bool {
        self.evidence.is_empty() || self.evidence.contains(evidence)
    }

    /// In time; an end that is reached is over.
    pub fn in_term(&self, now: DateTime) -> bool {
        self.from <= now && self.to.is_none_or(|to| now < to)
    }

    pub fn guard(&self) -> Guard {
        Guard::StreamAt { stream: self.stream().0, version: self.version }
    }

    pub fn given(&self) -> Event {
        Event::GrantGiven {
            grant: self.id.clone(),
            case: self.case.clone(),
            evidence: self.evidence.clone(),
            person: self.person.clone(),
            person_name: self.person_name.clone(),
            reason: self.reason.clone(),
            approver: self.approver.clone().unwrap_or_else(|| PersonId(String::new())),
            from: self.from,
            to: self.to,
            copy: self.copy,
            standing: self.standing,
            seconds: self.seconds,
        }
    }

    /// The register's row; a protected name in the reason stands in no register.
    pub fn row(&self, opened: &Opened) -> Change {
        // A part is written behind the recording, as `id#from-to`.
        let part = self.seconds.map(|s| format!("#{}-{}", s.from, s.to)).unwrap_or_default();
        let evidence: Vec<String> = self.evidence.iter().map(|e| format!("{}{part}", e.0)).collect();
        Change::PutGrant(GrantRow {
            id: self.id.0.clone(),
            stream: self.stream().0,
            case_id: Some(self.case.0.clone()),
            evidence: Value::from(evidence).to_string(),
            person: self.person.0.clone(),
            reason: screened(&self.reason, &opened.words),
            approver: self.approver.as_ref().map(|a| a.0.clone()),
            from_us: micros(self.from),
            to_us: self.to.map(micros),
            mode: Mode::of(self.copy).code().into(),
            standing: self.standing,
            state: self.state.code().into(),
        })
    }
}

fn set_state(grant: &mut Option<Grant>, state: GrantState) {
    if let Some(grant) = grant {
        grant.state = state;
    }
}

/// What an act on grants sees: the case, the grants asked for, the signed rule.
pub(crate) struct GrantsOpened {
    pub opened: Opened,
    pub grants: Vec<Grant>,
    pub rule: Option<SignedRule>,
    /// Roles the caller holds for somebody else now.
    pub delegated: Vec<(Role, PersonId)>,
}

impl GrantsOpened {
    pub fn grant(&self, id: &GrantId) -> Result<&Grant, ActError> {
        self.grants.iter().find(|g| g.id == *id).ok_or(ActError::NotFound)
    }
}

/// Links an entry of a grant's stream to its case, where the timeline finds it.
pub(crate) fn link(case: &CaseId, grant: &StreamId, kind: &str, entry: usize) -> Change {
    Change::Link { from_stream: StreamId::case(case).0, to_stream: grant.0.clone(), kind: kind.into(), entry }
}

impl Office {
    /// The stream the standing rule is signed in.
    pub(crate) fn rule_stream() -> StreamId {
        StreamId::register("standing-rules", "viewing")
    }

    /// The standing rule in force, if an archivist has signed one.
    pub async fn standing_viewing_rule(&self) -> Result<Option<SignedRule>, ActError> {
        let records = self.records(&[Self::rule_stream().0]).await?;
        let signed = records.iter().rev().find_map(|r| match &r.event {
            Event::StandingRuleSigned { text, .. } => Some(SignedRule {
                text: text.clone(),
                signer: r.actor.clone(),
                signer_name: r.envelope.by.clone(),
                signed_at: r.recorded_at,
                version: r.version,
            }),
            _ => None,
        });
        self.inner().viewings.remember_rule(signed.clone());
        Ok(signed)
    }

    /// Adds the standing grants of the handlers to the decision that files their case. Whoever
    /// is not among them, or comes later, gets his with the first opening.
    pub(crate) fn with_standing_grants(&self, opened: &Opened, by: &str, mut decision: Decision) -> Decision {
        let Some(rule) = self.inner().viewings.rule() else { return decision };
        for handler in &opened.case.handlers {
            let grant = standing_grant(opened, &rule, &handler.id, &handler.name, "承办人");
            add_given(opened, &grant, by, &mut decision);
        }
        decision
    }

    /// An act on the grants of a case, in the case's turn: open, decide, commit.
    pub(crate) async fn act_on_grants<F>(
        &self,
        caller: &Caller,
        case: &CaseId,
        act: &str,
        wanted: impl Fn(&GrantRow) -> bool + Send + Sync,
        decide: F,
    ) -> Result<Receipt, ActError>
    where
        F: Fn(&GrantsOpened) -> Result<Decision, ActError> + Send + Sync,
    {
        let home = StreamId::case(case);
        let _turn = self.inner().locks.lock(&[&home.0]).await;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let sight = self.open_grants(caller, case, &wanted).await?;
            let decision = match decide(&sight) {
                Ok(decision) => decision,
                Err(ActError::Refused(refusal)) => {
                    self.record_refusal(caller, Some(home), act, &refusal).await?;
                    return Err(ActError::Refused(refusal));
                }
                Err(other) => return Err(other),
            };
            match self.commit(caller, decision, &sight.opened.words, vec![], Some(&sight.opened.case)).await {
                Err(ActError::Conflict(_)) if attempt < ATTEMPTS_MAX => continue,
                done => return done,
            }
        }
    }

    async fn open_grants(&self, caller: &Caller, case: &CaseId, wanted: &(impl Fn(&GrantRow) -> bool + Sync)) -> Result<GrantsOpened, ActError> {
        let opened = self.open_case(case).await?;
        let rows = self.database().grants_of_case(&case.0).await?;
        let mut grants = vec![];
        for row in rows.iter().filter(|r| wanted(r)) {
            // The row only finds the stream; what the grant says is read from the ledger.
            let records = self.records(std::slice::from_ref(&row.stream)).await?;
            grants.extend(Grant::fold(&records).filter(|g| g.case == *case));
        }
        let rule = self.standing_viewing_rule().await?;
        let delegated = self.delegated_roles(&caller.person.id).await?;
        Ok(GrantsOpened { opened, grants, rule, delegated })
    }

    /// The grant under which this person opens this recording now: one on hand, or the one the
    /// standing rule gives with this opening. Else the refusal says what is missing.
    pub(crate) fn grant_to_open(&self, caller: &Caller, sight: &GrantsOpened, evidence: &EvidenceId, mode: Mode) -> Result<Grant, ActError> {
        let case = &sight.opened.case;
        let person = &caller.person;
        let relation = self.relation(caller, sight);
        let own: Vec<&Grant> = sight
            .grants
            .iter()
            .filter(|g| g.person == person.id && g.state == GrantState::Open && g.covers(evidence))
            .collect();
        if relation.is_none() && own.is_empty() && !holds(person, Power::SeeCases, case) {
            return Err(ActError::NotFound);
        }
        let recording = case.evidence(evidence).ok_or(ActError::NotFound)?;
        if !recording.footage || recording.file.is_none() {
            return Err(ActError::field("evidence", "这件证据不是系统保存的音像资料，不经调阅登记查看"));
        }
        let allows = |g: &Grant| {
            g.in_term(sight.opened.now)
                && (mode == Mode::View || g.copy)
                && (!g.standing || (case.archived_at.is_none() && relation.is_some()))
        };
        // The whole before a part of it.
        let usable = own.iter().filter(|g| allows(g));
        if let Some(found) = usable.min_by_key(|g| g.seconds.is_some()) {
            return Ok((*found).clone());
        }
        let lacking = match (&sight.rule, relation) {
            (Some(rule), Some(relation)) if mode == Mode::View && case.filed_at.is_some() && case.archived_at.is_none() => {
                return Ok(standing_grant(&sight.opened, rule, &person.id, &person.name, relation));
            }
            (_, Some(_)) if case.archived_at.is_some() => "案件已经归档，常设许可随之终止；需要调阅的，请向档案管理员申请",
            _ if mode == Mode::Copy && own.iter().any(|g| g.in_term(sight.opened.now)) => "现有许可只准查看，复制须另行申请",
            _ if own.iter().any(|g| !g.in_term(sight.opened.now)) => "调阅许可不在期限内，请重新申请",
            (_, Some(_)) if case.filed_at.is_none() => "案件还没有立案，常设许可自立案起生效；现在需要调阅的，请申请",
            (None, Some(_)) => "档案管理员还没有签署常设调阅规则，请申请调阅",
            _ => "没有调阅这份音像资料的许可，请向档案管理员申请",
        };
        let article = if case.archived_at.is_some() { ARTICLE_ARCHIVED } else { ARTICLE };
        Err(Office::refuse("open-viewing", article, lacking, "request-grant"))
    }

    /// What makes the caller one of the case's own people: handler, reviewer or approver, by what
    /// was done or is awaited of him now.
    fn relation(&self, caller: &Caller, sight: &GrantsOpened) -> Option<&'static str> {
        let case = &sight.opened.case;
        let person = &caller.person;
        if case.handles(&person.id) {
            return Some("承办人");
        }
        let reviewed = case.of_kind("legal-review").any(|p| p.versions.iter().any(|v| v.by == person.id));
        let may_review = person.holds(Role::LegalReviewer)
            && !case.ever_handlers.contains(&person.id)
            && case.stage() == Stage::Review;
        if reviewed || may_review {
            return Some("审核人员");
        }
        let gave = case.papers.iter().flat_map(|p| &p.versions).flat_map(|v| &v.opinions).any(|o| o.by == person.id);
        let awaited = case.papers.iter().any(|p| {
            p.awaiting()
                .is_some_and(|step| self.may_give(caller, &sight.opened, p, step, &sight.delegated).is_ok())
        });
        (gave || awaited).then_some("审批人员")
    }
}

/// Adds a grant's entry with its row and its link to the case; `by` is who records it.
pub(crate) fn add_given(opened: &Opened, grant: &Grant, by: &str, decision: &mut Decision) {
    let envelope = Envelope { by: by.to_owned(), matter: opened.case.title.clone(), ..Envelope::default() };
    decision.changes.push(link(&grant.case, &grant.stream(), "grant", decision.events.len()));
    decision.changes.push(grant.row(opened));
    decision.guards.push(grant.guard());
    decision.events.push(ToRecord { stream: grant.stream(), happened: Span::at(opened.now), envelope, event: grant.given() });
}

fn standing_grant(opened: &Opened, rule: &SignedRule, person: &PersonId, name: &str, relation: &str) -> Grant {
    Grant {
        id: GrantId(Office::new_id()),
        case: case_id(&opened.case),
        evidence: vec![],
        person: person.clone(),
        person_name: name.to_owned(),
        reason: format!("常设调阅规则：本案{relation}"),
        approver: Some(rule.signer.clone()),
        from: opened.now,
        to: None,
        copy: false,
        standing: true,
        seconds: None,
        state: GrantState::Open,
        version: 0,
    }
}

pub(crate) fn case_id(case: &Case) -> CaseId {
    CaseId(case.id.clone())
}
