//! The words in which a case is told: a desk with its people, and a docket for each case. Every
//! word is an act of the office, done when its moment has come; what a paper says beyond what
//! the file already knows is given, or made of the matter.

mod decision;
mod investigation;

use super::bureau::{self, told};
use super::media;
use super::timeline::Timeline;
use crate::acts::accept_clue::{AcceptClue, accept_clue};
use crate::acts::attach_evidence::{AttachEvidence, attach_evidence};
use crate::acts::choose_cause::{ChooseCause, choose_cause};
use crate::acts::give_opinion::{GiveOpinion, give_opinion};
use crate::acts::record_party::{RecordParty, record_party};
use crate::acts::register_clue::{RegisterClue, register_clue};
use crate::acts::scan_paper::{ScanPaper, scan_paper};
use crate::acts::serve_paper::{ServePaper, serve_paper};
use crate::acts::submit_paper::{SubmitPaper, submit_paper};
use crate::office::{Caller, Office};
use crate::{forms, intake};
use anyhow::{Context, ensure};
use database::PaperRow;
use futures_util::future::BoxFuture;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use procedure::event::{Extraction, Outcome, Party, ServiceMethod};
use procedure::ids::*;
use procedure::people::Role;
use serde_json::{Map, Value, json};

/// The office with its people, as a story needs them: by account, with their passwords.
pub struct Desk {
    office: Office,
    time: Timeline,
}

/// A measure of the penalty: kind, words, amount in fen.
#[derive(Clone, Debug)]
pub struct Measure {
    pub kind: String,
    pub content: String,
    pub amount_fen: Option<i64>,
}

/// What a case is about, in the words its papers use.
#[derive(Clone, Debug)]
pub struct Matter {
    pub cause: String,
    /// Category of the clue and of its sheet (网吧, 歌舞娱乐 …).
    pub category: String,
    pub party: Party,
    pub site: String,
    /// Who was met on the scene: name and duty.
    pub site_person: (String, String),
    /// Whom the inquiry asks: name, id number, relation to the party.
    pub asked: (String, String, String),
    /// The facts, one sentence each; the first is what the case is called by.
    pub facts: Vec<String>,
    /// What each fact rests on, by how the evidence's name begins; in turn where nothing is said.
    pub rests_on: Vec<String>,
    /// Those of the cause where none is named.
    pub articles_violated: Vec<String>,
    pub articles_penalty: Vec<String>,
    /// The range the paper quotes; the cause's where it is empty.
    pub range: String,
    pub measures: Vec<Measure>,
    /// What the party must do to correct.
    pub requirements: Vec<String>,
    pub circumstance: (String, String),
}

/// Something brought into the file.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// One of the eight kinds, its code.
    pub kind: String,
    pub name: String,
    pub source: String,
    pub proves: String,
    pub file_name: String,
    pub bytes: Vec<u8>,
    pub footage: bool,
    pub from: DateTime,
    pub to: Option<DateTime>,
    pub extraction: Option<Extraction>,
}

/// A service of a paper.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub method: ServiceMethod,
    pub recipient: String,
    pub relation: String,
    pub place: String,
    pub voucher: String,
    pub why_not_direct: String,
}

/// A point of a statement with its examination: kind, text, adopted, reason.
#[derive(Clone, Debug)]
pub struct Raised {
    pub kind: String,
    pub text: String,
    pub adopted: String,
    pub reason: String,
}

/// One case on the desk, and who handles it.
pub struct Docket<'d> {
    pub desk: &'d Desk,
    pub clue: ClueId,
    pub case: CaseId,
    pub party: PartyId,
    /// Accounts of the handlers; the first writes.
    pub handlers: Vec<String>,
    pub matter: Matter,
}

impl Desk {
    /// A desk in an office whose people have the demonstration's passwords.
    pub fn new(office: Office) -> Desk {
        let time = Timeline::new(office.clock().clone());
        Desk { office, time }
    }

    pub fn office(&self) -> &Office {
        &self.office
    }

    /// Waits until a moment has come and steps the clock to it.
    pub async fn reach(&self, moment: DateTime) {
        self.time.reach(moment).await;
    }

    /// Tells several stories at once, in the order of their moments.
    pub async fn together<'a, T>(&'a self, stories: Vec<BoxFuture<'a, anyhow::Result<T>>>) -> anyhow::Result<Vec<T>> {
        self.time.together(stories).await
    }

    /// The person behind an account, as of now.
    pub async fn caller(&self, account: &str) -> anyhow::Result<Caller> {
        let row = self.office.database().account(account).await?.with_context(|| format!("no account {account}"))?;
        let id = PersonId(row.officer.unwrap_or(row.id));
        let person = self.office.person(&id).with_context(|| format!("nobody behind {account}"))?;
        Ok(Caller::new(person, "demonstration"))
    }

    pub async fn person(&self, account: &str) -> anyhow::Result<PersonId> {
        Ok(self.caller(account).await?.person.id)
    }

    async fn persons(&self, accounts: &[String]) -> anyhow::Result<Vec<PersonId>> {
        let mut ids = vec![];
        for account in accounts {
            ids.push(self.person(account).await?);
        }
        Ok(ids)
    }

    /// Registers a clue.
    pub async fn clue(&self, at: DateTime, by: &str, clue: RegisterClue) -> anyhow::Result<ClueId> {
        self.reach(at).await;
        let receipt = register_clue(&self.office, &self.caller(by).await?, clue).await.map_err(|e| told("clue", &e))?;
        Ok(ClueId(receipt.id))
    }

    /// Accepts a clue: the docket of its case, with party and cause recorded.
    pub async fn accepts(&self, at: DateTime, by: &str, clue: &ClueId, handlers: &[&str], matter: Matter) -> anyhow::Result<Docket<'_>> {
        self.reach(at).await;
        let handlers: Vec<String> = handlers.iter().map(|h| (*h).to_owned()).collect();
        let what = AcceptClue {
            clue: clue.clone(),
            opinion: "属本机关管辖，受理核查。".into(),
            handlers: self.persons(&handlers).await?,
            at: None,
        };
        let receipt = accept_clue(&self.office, &self.caller(by).await?, what).await.map_err(|e| told("accept", &e))?;
        let case = CaseId(receipt.id);
        let first = handlers.first().context("nobody handles the case")?;
        let caller = self.caller(first).await?;
        let what = RecordParty { case: case.clone(), party: matter.party.clone() };
        let party = record_party(&self.office, &caller, what).await.map_err(|e| told("party", &e))?;
        let what = ChooseCause { case: case.clone(), cause: CauseId(matter.cause.clone()) };
        choose_cause(&self.office, &caller, what).await.map_err(|e| told("cause", &e))?;
        Ok(Docket { desk: self, clue: clue.clone(), case, party: PartyId(party.id), handlers, matter })
    }

    /// Takes bytes in, durable before anything names them.
    pub async fn takes_in(&self, name: &str, bytes: &[u8]) -> anyhow::Result<intake::Taken> {
        let intake = self.office.take_in(name, Some(bytes.len() as u64)).await.map_err(|e| told(name, &e))?;
        filled(intake, name, bytes).await
    }

    /// Who holds a role, for a case of this department.
    fn holder(&self, role: Role, department: &str) -> anyhow::Result<String> {
        let directory = self.office.directory();
        let person = directory
            .persons
            .values()
            .filter(|p| p.holds(role))
            .find(|p| role != Role::SectionHead || p.department.0 == department)
            .with_context(|| format!("nobody is {}", role.code()))?;
        Ok(person.id.0.clone())
    }
}

async fn filled(mut intake: intake::Intake, name: &str, bytes: &[u8]) -> anyhow::Result<intake::Taken> {
    intake.write(bytes).await.map_err(|e| told(name, &e))?;
    intake.seal().await.map_err(|e| told(name, &e))
}

/// A moment some minutes later.
pub fn later(at: DateTime, minutes: i64) -> DateTime {
    at.saturating_add(minutes.minutes())
}

fn minute(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// 2026年9月8日.
pub fn day_zh(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// Lays one object over another; a null takes a member away.
fn lay_over(fields: &mut Map<String, Value>, own: Value) {
    let Value::Object(own) = own else { return };
    for (name, value) in own {
        match (fields.get_mut(&name), value) {
            (_, Value::Null) => {
                fields.remove(&name);
            }
            (Some(Value::Object(known)), Value::Object(more)) => lay_over(known, Value::Object(more)),
            (_, value) => {
                fields.insert(name, value);
            }
        }
    }
}

impl<'d> Docket<'d> {
    fn office(&self) -> &'d Office {
        &self.desk.office
    }

    /// The handler who writes.
    pub async fn writer(&self) -> anyhow::Result<Caller> {
        self.desk.caller(self.handlers.first().context("nobody handles the case")?).await
    }

    /// The case as it stands.
    pub async fn file(&self) -> anyhow::Result<procedure::Case> {
        Ok(self.office().open_case(&self.case).await.map_err(|e| told("case", &e))?.case)
    }

    /// A paper's row: what it waits for, and its pages. Cheaper than opening the case.
    async fn paper(&self, id: &PaperId) -> anyhow::Result<PaperRow> {
        self.office().database().paper_row(&id.0).await?.with_context(|| format!("no paper {id}"))
    }

    /// The last paper of a kind.
    pub async fn last(&self, kind: &str) -> anyhow::Result<PaperId> {
        let file = self.file().await?;
        let paper = file.of_kind(kind).next_back().with_context(|| format!("no {kind}"))?;
        Ok(paper.id.clone())
    }

    /// Submits a paper: prefilled from the file, with what the handler writes laid over it.
    pub async fn submits(&self, by: &str, kind: &str, subject: &str, own: Value, opinion: &str) -> anyhow::Result<PaperId> {
        let office = self.office();
        let caller = self.desk.caller(by).await?;
        let form = office.book().paper(kind).with_context(|| format!("no paper {kind}"))?;
        let case = self.file().await?;
        let mut fields = forms::prefill(form, &case, office.book(), office.agency(), &caller.person, subject, office.now());
        lay_over(&mut fields, own);
        complete_evidence(&mut fields);
        let what = SubmitPaper {
            case: self.case.clone(),
            kind: PaperKind(kind.to_owned()),
            paper: None,
            base_version: 0,
            subject: subject.to_owned(),
            fields,
            opinion: opinion.to_owned(),
        };
        let receipt = submit_paper(office, &caller, what).await.map_err(|e| told(kind, &e))?;
        self.jobs().await?;
        Ok(PaperId(receipt.id))
    }

    async fn writes(&self, kind: &str, own: Value, opinion: &str) -> anyhow::Result<PaperId> {
        let by = self.handlers.first().context("nobody handles the case")?.clone();
        let form = self.office().book().paper(kind).with_context(|| format!("no paper {kind}"))?;
        let subject = if form.per_party { self.party.0.clone() } else { String::new() };
        self.submits(&by, kind, &subject, own, opinion).await
    }

    async fn jobs(&self) -> anyhow::Result<()> {
        self.office().run_jobs().await.map_err(|e| told("jobs", &e))?;
        Ok(())
    }

    /// One opinion on a paper, by whoever the step asks for, half an hour after the last.
    pub async fn opinion(&self, at: DateTime, paper: &PaperId, outcome: Outcome, words: &str) -> anyhow::Result<()> {
        self.desk.reach(at).await;
        let office = self.office();
        let file = self.file().await?;
        let found = file.paper(paper).with_context(|| format!("no paper {paper}"))?;
        let step = found.awaiting().with_context(|| format!("{} awaits nobody", found.title))?;
        let version = found.current().context("no version")?;
        let role = Role::parse(&step.role).with_context(|| format!("no role {}", step.role))?;
        let person = self.desk.holder(role, &file.department)?;
        let row = office.account_of(&PersonId(person)).await.map_err(|e| told("account", &e))?.context("no account")?;
        let what = GiveOpinion {
            case: self.case.clone(),
            paper: paper.clone(),
            version: version.version,
            digest: version.digest.clone(),
            outcome,
            opinion: words.to_owned(),
            password: bureau::password_of(&row.account),
            fields: None,
        };
        let caller = self.desk.caller(&row.account).await?;
        give_opinion(office, &caller, what).await.map_err(|e| told(&format!("{}（{}）", found.title, step.title), &e))?;
        self.jobs().await
    }

    /// All opinions a paper still waits for, the first of them at this moment; then it is issued.
    pub async fn approved(&self, at: DateTime, paper: &PaperId) -> anyhow::Result<()> {
        let mut at = at;
        while let Some(role) = self.paper(paper).await?.awaiting_role {
            let words = if role == "agency-head" { "同意。" } else { "情况属实，同意，报请审批。" };
            self.opinion(at, paper, Outcome::Approve, words).await?;
            at = later(at, 30);
        }
        self.is_issued(paper).await
    }

    async fn is_issued(&self, paper: &PaperId) -> anyhow::Result<()> {
        let found = self.paper(paper).await?;
        if found.issued_us.is_none() {
            let job = self.office().database().job("issue-paper", &paper.0).await?;
            let why = job.and_then(|j| j.last_error).unwrap_or_else(|| "no job".into());
            anyhow::bail!("{} is not issued: {why}", found.title);
        }
        Ok(())
    }

    /// What belongs to a paper is as secret as the paper.
    async fn takes_in_for(&self, paper: &PaperId, name: &str, bytes: &[u8]) -> anyhow::Result<intake::Taken> {
        let intake = self.office().take_in_for(&self.case, paper, name, Some(bytes.len() as u64)).await.map_err(|e| told(name, &e))?;
        filled(intake, name, bytes).await
    }

    /// Scans the signed sheet of a paper.
    pub async fn scans(&self, at: DateTime, paper: &PaperId) -> anyhow::Result<()> {
        self.desk.reach(at).await;
        let found = self.paper(paper).await?;
        let pages_count = found.pages_count.and_then(|n| u32::try_from(n).ok()).with_context(|| format!("{} is not issued", found.title))?;
        let name = format!("{}扫描件.pdf", found.title);
        let taken = self.takes_in_for(paper, &name, &media::scan(&paper.0, pages_count)).await?;
        let what = ScanPaper {
            case: self.case.clone(),
            paper: paper.clone(),
            taken,
            pages_count,
            located: "档案室3号柜2层，本案卷盒".into(),
        };
        scan_paper(self.office(), &self.writer().await?, what).await.map_err(|e| told(&name, &e))?;
        Ok(())
    }

    /// Attaches evidence.
    pub async fn attaches(&self, at: DateTime, exhibit: Exhibit) -> anyhow::Result<EvidenceId> {
        self.desk.reach(at).await;
        let taken = self.desk.takes_in(&exhibit.file_name, &exhibit.bytes).await?;
        let what = AttachEvidence {
            case: self.case.clone(),
            kind: exhibit.kind,
            name: exhibit.name.clone(),
            source: exhibit.source,
            proves: exhibit.proves,
            footage: exhibit.footage,
            place: self.matter.site.clone(),
            from: exhibit.from,
            to: exhibit.to,
            located: String::new(),
            extraction: exhibit.extraction,
            protected: false,
            taken: Some(taken),
        };
        let receipt = attach_evidence(self.office(), &self.writer().await?, what).await.map_err(|e| told(&exhibit.name, &e))?;
        Ok(EvidenceId(receipt.id))
    }

    /// Serves a paper on the party; the proof of service is scanned.
    pub async fn serves(&self, at: DateTime, recorded_at: DateTime, paper: &PaperId, how: Delivery) -> anyhow::Result<()> {
        self.desk.reach(recorded_at).await;
        let to = self.party.0.clone();
        self.deliver(at, paper, &to, how).await?;
        let file = self.file().await?;
        let proof = file.of_kind("proof-of-service").rev().find(|p| p.subject == paper.0).map(|p| p.id.clone());
        let proof = proof.with_context(|| format!("no proof of service of {paper}"))?;
        self.is_issued(&proof).await?;
        self.scans(later(recorded_at, 20), &proof).await
    }

    /// Serves a paper on somebody who is no party.
    pub async fn serves_to(&self, at: DateTime, paper: &PaperId, to: &str, how: Delivery) -> anyhow::Result<()> {
        self.desk.reach(at).await;
        self.deliver(at, paper, to, how).await
    }

    async fn deliver(&self, at: DateTime, paper: &PaperId, to: &str, how: Delivery) -> anyhow::Result<()> {
        let proof = match how.method {
            ServiceMethod::Direct => None,
            _ => Some(self.takes_in_for(paper, "送达凭证.pdf", &media::scan(&format!("proof of {paper}"), 1)).await?),
        };
        let what = ServePaper {
            case: self.case.clone(),
            paper: paper.clone(),
            to: to.to_owned(),
            method: how.method,
            at,
            place: how.place,
            officers: self.desk.persons(&self.handlers).await?,
            recipient: how.recipient,
            relation: how.relation,
            refusal: String::new(),
            witness: String::new(),
            voucher: how.voucher,
            why_not_direct: how.why_not_direct,
            proof,
        };
        serve_paper(self.office(), &self.writer().await?, what).await.map_err(|e| told("service", &e))?;
        self.jobs().await
    }

    /// Handed to whoever represents the party.
    pub fn by_hand(&self, place: &str) -> Delivery {
        let party = &self.matter.party;
        let (recipient, relation) = match party.legal_representative.as_str() {
            "" => (party.name.clone(), "本人"),
            name => (name.to_owned(), "法定代表人（负责人）"),
        };
        Delivery {
            method: ServiceMethod::Direct,
            recipient,
            relation: relation.into(),
            place: place.to_owned(),
            voucher: String::new(),
            why_not_direct: String::new(),
        }
    }

    fn violated(&self) -> Vec<String> {
        self.articles(&self.matter.articles_violated, "articles_violated")
    }

    fn penalised(&self) -> Vec<String> {
        self.articles(&self.matter.articles_penalty, "articles_penalty")
    }

    fn articles(&self, own: &[String], name: &str) -> Vec<String> {
        if !own.is_empty() {
            return own.to_vec();
        }
        self.office().book().causes.get(&self.matter.cause).map(|c| c.strings(name)).unwrap_or_default()
    }

    fn measures(&self) -> Vec<Value> {
        let row = |m: &Measure| match m.amount_fen {
            Some(amount) => json!({ "kind": m.kind, "content": m.content, "amount_fen": amount }),
            None => json!({ "kind": m.kind, "content": m.content }),
        };
        self.matter.measures.iter().map(row).collect()
    }

    /// Each fact with the evidence it rests on.
    async fn facts(&self) -> anyhow::Result<Vec<Value>> {
        let file = self.file().await?;
        let standing: Vec<&procedure::case::Evidence> = file.evidence.iter().filter(|e| !e.withdrawn).collect();
        ensure!(!standing.is_empty(), "a report needs evidence");
        let row = |e: &procedure::case::Evidence| {
            let place = match (e.footage, e.happened.to) {
                (true, Some(_)) => "00:00:10",
                (true, None) => "全幅",
                _ => "第1页",
            };
            json!({ "evidence_number": format!("证{}", e.number), "page_or_second": place })
        };
        let on = |i: usize| -> Vec<Value> {
            let named = self.matter.rests_on.get(i).and_then(|name| standing.iter().find(|e| e.name.starts_with(name.as_str())));
            named.or(standing.get(i % standing.len())).map(|e| row(e)).into_iter().collect()
        };
        Ok(self.matter.facts.iter().enumerate().map(|(i, text)| json!({ "text": text, "evidence": on(i) })).collect())
    }

    fn answers(&self) -> Vec<Value> {
        let questions = self.office().book().causes.get(&self.matter.cause).map(|c| c.questions.clone()).unwrap_or_default();
        let (name, _, relation) = &self.matter.asked;
        questions
            .iter()
            .enumerate()
            .map(|(i, q)| {
                let a = match i {
                    0 => format!("我叫{name}，是{}的{relation}。", self.matter.party.name),
                    1 => format!("场所在{}，证照齐全，已提交复印件。", self.matter.site),
                    2 => self.matter.facts.first().map_or_else(|| "属实。".to_owned(), |f| format!("情况属实：{f}")),
                    _ => "情况属实，没有补充。".to_owned(),
                };
                json!({ "q": q, "a": a })
            })
            .collect()
    }
}

fn merged(fields: Value, own: Value) -> Value {
    let Value::Object(mut fields) = fields else { return own };
    lay_over(&mut fields, own);
    Value::Object(fields)
}

/// Evidence without pages or seconds of its own is a single sheet.
fn complete_evidence(fields: &mut Map<String, Value>) {
    let Some(Value::Array(rows)) = fields.get_mut("evidence") else { return };
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.entry("pages_or_seconds").or_insert_with(|| "共1页".into());
    }
}
