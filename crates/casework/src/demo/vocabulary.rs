//! The words in which a case is told: a desk with its people, and a docket for each case. Every
//! word is an act of the office, done when its moment has come; what a paper says beyond what
//! the file already knows is given, or made of the matter.

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

    /// The sheet of the clue with its approval.
    pub async fn clue_sheet(&self, at: DateTime, own: Value) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let fields = json!({
            "category": self.matter.category, "handling": "受理核查",
            "handling_reason": "反映的对象和地点明确，属本机关管辖。",
            "title": format!("{}有关线索", self.matter.party.name), "confidential": false, "reply_requested": false,
        });
        let paper = self.writes("clue-sheet", merged(fields, own), "建议受理核查。").await?;
        self.approved(later(at, 30), &paper).await?;
        Ok(paper)
    }

    /// Asks for the filing; nobody has yet agreed.
    pub async fn asks_to_file(&self, at: DateTime) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let own = json!({
            "case_summary": self.matter.facts.first(), "articles_violated": self.violated(),
            "grounds": ["有明确的违法嫌疑人", "有违法事实需要调查", "属于本机关管辖", "未超过追责期限"],
        });
        self.writes("filing-approval", own, "符合立案条件，建议立案调查。").await
    }

    /// 立案.
    pub async fn files(&self, at: DateTime) -> anyhow::Result<PaperId> {
        let paper = self.asks_to_file(at).await?;
        self.approved(later(at, 40), &paper).await?;
        Ok(paper)
    }

    /// 不予立案, approved; those to be informed are not yet informed.
    pub async fn declines(&self, at: DateTime, reason: &str, verification: &str, to_inform: Value) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let own = json!({
            "reason": "没有违法事实", "reason_text": reason, "verification": verification,
            "basis": ["《中华人民共和国行政处罚法》第五十四条第二款"], "to_inform": to_inform,
        });
        let paper = self.writes("non-filing-approval", own, "未发现违法事实，建议不予立案。").await?;
        self.approved(later(at, 40), &paper).await?;
        Ok(paper)
    }

    /// Tells somebody of the refusal to file: the notice, approved and served.
    pub async fn informs(&self, at: DateTime, recipient: Value, label: &str) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let by = self.handlers.first().context("nobody handles the case")?.clone();
        let own = json!({ "recipient": recipient, "further": "如有新的线索或者证据，可以继续向本机关反映。" });
        let paper = self.submits(&by, "non-filing-notice", label, own, "请审阅。").await?;
        self.approved(later(at, 30), &paper).await?;
        let at = later(at, 120);
        let to = Delivery {
            method: ServiceMethod::Post,
            recipient: String::new(),
            relation: String::new(),
            place: "邮政营业网点".into(),
            voucher: "挂号信（演示）0000000000021".into(),
            why_not_direct: "以书面方式邮寄告知".into(),
        };
        self.serves_to(at, &paper, label, to).await?;
        Ok(paper)
    }

    /// Tells the party its rights and takes the address for service; served and scanned.
    pub async fn tells_rights(&self, told_at: DateTime, recorded_at: DateTime) -> anyhow::Result<PaperId> {
        self.desk.reach(recorded_at).await;
        let party = &self.matter.party;
        let recipient = if party.legal_representative.is_empty() { &party.name } else { &party.legal_representative };
        let own = json!({
            "stage": "调查取证", "place": self.matter.site, "told_at": minute(told_at),
            "rights": ["陈述", "申辩", "申请执法人员回避", "核对、补正笔录", "拒绝回答与本案无关的问题"],
            "duties": ["如实回答询问", "协助调查或者检查", "地址变更及时书面告知"],
            "recusal": { "told": true, "answer": "不申请回避" },
            "address_confirmation": {
                "recipient": recipient, "address": party.address, "phone": party.phone, "electronic_consent": false,
            },
            "party_reply": "以上权利义务已经知悉，送达地址属实。", "date": told_at.date().to_string(),
        });
        let paper = self.writes("rights-notice", own, "").await?;
        self.is_issued(&paper).await?;
        self.serves(told_at, later(recorded_at, 10), &paper, self.by_hand(&self.matter.site)).await?;
        self.scans(later(recorded_at, 40), &paper).await?;
        Ok(paper)
    }

    /// 现场检查: from, to, and the record with its scan. `own` lays over what the matter says.
    pub async fn inspects(&self, from: DateTime, to: DateTime, findings: &str, own: Value) -> anyhow::Result<PaperId> {
        self.desk.reach(later(to, 20)).await;
        let (name, duty) = &self.matter.site_person;
        let fields = json!({
            "place": self.matter.site, "from": minute(from), "to": minute(to), "findings": findings,
            "site_person": { "name": name, "duty": duty },
            "recusal": { "told": true, "answer": "不申请回避" }, "notified_on_camera": true,
            "party_opinion": "以上笔录已阅，属实。",
        });
        let paper = self.writes("inspection-record", merged(fields, own), "").await?;
        self.is_issued(&paper).await?;
        self.scans(later(to, 90), &paper).await?;
        Ok(paper)
    }

    /// 调查询问: every question of the cause is answered in general words, unless `own` says more.
    pub async fn inquires(&self, from: DateTime, to: DateTime, own: Value) -> anyhow::Result<PaperId> {
        self.desk.reach(later(to, 15)).await;
        let (name, id_number, relation) = &self.matter.asked;
        let session = self.file().await?.of_kind("inquiry-record").count() + 1;
        let fields = json!({
            "session": session, "place": format!("{}询问室", self.office().agency().name), "from": minute(from), "to": minute(to),
            "person": { "name": name, "id_number": id_number, "relation": relation, "work_unit": self.matter.party.name },
            "minor": false, "recusal": { "told": true, "answer": "不申请回避" }, "questions": self.answers(),
            "party_opinion": "以上笔录已阅，与我所说一致。",
        });
        let paper = self.writes("inquiry-record", merged(fields, own), "").await?;
        self.is_issued(&paper).await?;
        self.scans(later(to, 60), &paper).await?;
        Ok(paper)
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

    /// 询问通知: approved and served.
    pub async fn summons(&self, at: DateTime, appear_at: DateTime) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let own = json!({
            "person": format!("{}（{}）", self.matter.asked.0, self.matter.asked.2),
            "matter": "涉嫌违法行为的有关情况。", "appear_at": minute(appear_at),
            "place": format!("{}询问室", self.office().agency().name),
            "materials": ["身份证件", "营业执照和许可证原件及复印件", "委托他人到场的，授权委托书"],
        });
        let paper = self.writes("inquiry-notice", own, "请审阅。").await?;
        self.approved(later(at, 30), &paper).await?;
        self.serves(later(at, 120), later(at, 150), &paper, self.by_hand(&self.matter.site)).await?;
        Ok(paper)
    }

    /// 责令改正: approved and served.
    pub async fn orders_correction(&self, at: DateTime, deadline: Date, recheck_on: Date) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let own = json!({
            "violation": self.matter.facts.first(), "articles_violated": self.violated(),
            "basis": ["《中华人民共和国行政处罚法》第二十八条第一款"], "mode": "限期改正",
            "deadline": deadline.to_string(), "requirements": self.matter.requirements, "recheck_on": recheck_on.to_string(),
        });
        let paper = self.writes("order-to-correct", own, "建议责令限期改正。").await?;
        self.approved(later(at, 30), &paper).await?;
        self.serves(later(at, 150), later(at, 170), &paper, self.by_hand(&self.matter.site)).await?;
        Ok(paper)
    }

    /// 证据目录.
    pub async fn lists_evidence(&self, at: DateTime) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let paper = self.writes("evidence-list", json!({}), "").await?;
        self.is_issued(&paper).await?;
        Ok(paper)
    }

    /// 案件调查终结报告, submitted.
    pub async fn reports(&self, at: DateTime, course: &str, own: Value) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let (kind, text) = &self.matter.circumstance;
        let mut discretion = json!({
            "standard": "本机关公布的行政处罚裁量基准（演示）", "tier": "一般", "reason": "初次被查处，未造成其他后果。",
        });
        if !self.matter.range.is_empty() {
            discretion["range"] = self.matter.range.as_str().into();
        }
        let fields = json!({
            "course": course, "facts": self.facts().await?, "articles_violated": self.violated(),
            "articles_penalty": self.penalised(), "circumstances": [{ "kind": kind, "text": text }], "discretion": discretion,
            "illegal_gains_fen": 0, "proposal": "给予行政处罚", "measures": self.measures(),
            "hearing_right": false, "major": false,
        });
        self.writes("investigation-report", merged(fields, own), "事实清楚，证据充分，建议给予行政处罚。").await
    }

    /// 法制审核意见书, submitted by the reviewer with consent.
    pub async fn reviews(&self, at: DateTime) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let reviewer = self.desk.holder(Role::LegalReviewer, "")?;
        let row = self.office().account_of(&PersonId(reviewer)).await.map_err(|e| told("account", &e))?.context("no reviewer")?;
        let items = ["主体", "事实", "证据", "依据", "程序", "裁量", "文书"];
        let conclusions: Vec<Value> =
            items.iter().map(|item| json!({ "item": item, "conclusion": "符合要求", "note": "经审核，未发现问题。" })).collect();
        let own = json!({
            "submitted_at": minute(later(at, -120)), "grounds": ["本机关规定普通程序案件应当审核"],
            "conclusions": conclusions, "opinion": "同意", "opinion_text": "同意承办机构的处理建议。",
            "reviewer": { "first_time": false }, "reviewed_at": minute(at),
        });
        self.submits(&row.account, "legal-review", "", own, "同意承办机构的处理建议。").await
    }

    /// 行政处罚事先告知书, submitted.
    pub async fn notifies(&self, at: DateTime) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let own = json!({
            "reasons": format!("{}违反上述规定，按裁量基准一般档处理。", self.matter.party.name),
            "articles_violated": self.violated(), "articles_penalty": self.penalised(),
        });
        self.writes("prior-notice", own, "请审阅。").await
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

    /// 陈述申辩: the record of what was raised, scanned.
    pub async fn states(&self, from: DateTime, to: DateTime, way: &str, raised: &[Raised], own: Value) -> anyhow::Result<PaperId> {
        let points: Vec<Value> = raised.iter().map(|p| json!({ "kind": p.kind, "text": p.text })).collect();
        let fields = json!({ "way": way, "points": points, "hearing_requested": "不要求听证" });
        self.statement(from, to, merged(fields, own)).await
    }

    /// 明确放弃陈述申辩.
    pub async fn waives(&self, from: DateTime, to: DateTime) -> anyhow::Result<PaperId> {
        let fields = json!({
            "way": "明确放弃", "points": [], "waiver": "我方对告知的内容没有异议，放弃陈述、申辩。",
            "hearing_requested": "不要求听证",
        });
        self.statement(from, to, fields).await
    }

    async fn statement(&self, from: DateTime, to: DateTime, own: Value) -> anyhow::Result<PaperId> {
        self.desk.reach(later(to, 15)).await;
        let party = &self.matter.party;
        let (name, relation) = match party.legal_representative.as_str() {
            "" => (party.name.as_str(), "当事人"),
            name => (name, "法定代表人（负责人）"),
        };
        let fields = json!({
            "place": format!("{}接待室", self.office().agency().name), "from": minute(from), "to": minute(to),
            "person": { "name": name, "relation": relation }, "party_opinion": "以上笔录已阅，属实。",
        });
        let paper = self.writes("statement-record", merged(fields, own), "").await?;
        self.is_issued(&paper).await?;
        self.scans(later(to, 60), &paper).await?;
        Ok(paper)
    }

    /// 陈述申辩复核意见书, submitted: a finding for each point.
    pub async fn examines(&self, at: DateTime, course: &str, raised: &[Raised], conclusion: &str) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let by = self.writer().await?.person.name;
        let findings: Vec<Value> = raised
            .iter()
            .map(|p| json!({ "point": p.text, "adopted": p.adopted, "reason": p.reason, "examined_by": by }))
            .collect();
        let own = json!({ "course": course, "findings": findings, "conclusion": conclusion, "measures": self.measures() });
        self.writes("statement-examination", own, "按复核意见处理。").await
    }

    /// 行政处罚决定审批表, submitted.
    pub async fn asks_to_decide(&self, at: DateTime) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let own = json!({
            "case_summary": self.matter.facts.join(""), "articles_violated": self.violated(),
            "articles_penalty": self.penalised(), "hearing": "当事人不要求听证", "measures": self.measures(),
        });
        self.writes("decision-approval", own, "建议按拟处意见作出决定。").await
    }

    /// 行政处罚决定书, signed by the head and issued.
    pub async fn decides(&self, at: DateTime, course: &str) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let fined = self.matter.measures.iter().any(|m| m.amount_fen.is_some());
        let mut own = json!({
            "course": course, "articles_violated": self.violated(), "articles_penalty": self.penalised(),
            "measures": self.measures(), "correction": "当事人应当立即改正违法行为。",
            "others": "行政复议、行政诉讼期间，除法律另有规定外，本决定不停止执行。本决定将依法公开。",
        });
        if !fined {
            own["performance"] = json!({ "term": "自收到本决定书之日起生效", "way": "无需缴款", "late_surcharge": "/", "account": "/" });
        }
        let paper = self.writes("penalty-decision", own, "").await?;
        self.approved(later(at, 40), &paper).await?;
        Ok(paper)
    }

    /// 履行情况检查, scanned.
    pub async fn checks_performance(&self, from: DateTime, to: DateTime) -> anyhow::Result<PaperId> {
        self.desk.reach(later(to, 20)).await;
        let file = self.file().await?;
        let ordered = file.of_kind("order-to-correct").next_back();
        let requirements = ordered.and_then(|o| o.field("requirements")).and_then(Value::as_array).cloned().unwrap_or_default();
        let corrections: Vec<Value> = requirements
            .iter()
            .map(|r| json!({ "requirement": r, "corrected": "已改正", "found": "现场核查，已经改正。" }))
            .collect();
        let day = from.date().to_string();
        let performance: Vec<Value> = self
            .matter
            .measures
            .iter()
            .map(|m| {
                let mut row = json!({ "measure": m.content, "state": "已履行", "performed_on": day });
                if let Some(amount) = m.amount_fen {
                    row["amount_fen"] = amount.into();
                    row["voucher"] = "演示00000012".into();
                }
                row
            })
            .collect();
        let own = json!({
            "occasion": if corrections.is_empty() { "检查决定履行情况" } else { "一并检查" },
            "place": self.matter.site, "from": minute(from), "to": minute(to), "performance": performance,
            "corrections": corrections, "conclusion": "决定已全部履行，违法行为已改正。", "next_step": "无需后续措施",
            "party_opinion": "以上记录属实。",
        });
        let paper = self.writes("performance-check", own, "").await?;
        self.is_issued(&paper).await?;
        self.scans(later(to, 60), &paper).await?;
        Ok(paper)
    }

    /// 结案: the closing report approved, the case concluded.
    pub async fn closes(&self, at: DateTime) -> anyhow::Result<()> {
        self.desk.reach(at).await;
        let day = at.date().to_string();
        let paid = self.matter.measures.iter().filter_map(|m| m.amount_fen);
        let receipts: Vec<Value> =
            paid.map(|amount| json!({ "number": "演示00000012", "amount_fen": amount, "date": day })).collect();
        let own = json!({
            "case_summary": self.matter.facts.first(), "result": "给予行政处罚", "execution": "自动履行",
            "measures": self.measures(), "receipts": receipts, "items": [],
        });
        let paper = self.writes("closing-report", own, "已履行完毕，建议结案。").await?;
        self.approved(later(at, 40), &paper).await?;
        let at = later(at, 150);
        self.desk.reach(at).await;
        let what = crate::acts::conclude_case::ConcludeCase {
            case: self.case.clone(),
            outcome: "给予行政处罚，当事人已履行".into(),
            at: None,
        };
        crate::acts::conclude_case::conclude_case(self.office(), &self.writer().await?, what)
            .await
            .map_err(|e| told("conclusion", &e))?;
        Ok(())
    }

    /// 立卷归档 by the archivist.
    pub async fn archives(&self, at: DateTime) -> anyhow::Result<()> {
        self.desk.reach(at).await;
        let archivist = self.desk.holder(Role::Archivist, "")?;
        let row = self.office().account_of(&PersonId(archivist)).await.map_err(|e| told("account", &e))?.context("no archivist")?;
        let compiler = self.writer().await?.person.name;
        let caller = self.desk.caller(&row.account).await?;
        let what = crate::acts::archive_case::ArchiveCase {
            case: self.case.clone(),
            compiler,
            checker: row.name,
            missing: String::new(),
            changes: String::new(),
        };
        crate::acts::archive_case::archive_case(self.office(), &caller, what).await.map_err(|e| told("volume", &e))?;
        Ok(())
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

    /// Each fact with a piece of evidence, in turn.
    async fn facts(&self) -> anyhow::Result<Vec<Value>> {
        let file = self.file().await?;
        let numbers: Vec<u32> = file.evidence.iter().filter(|e| !e.withdrawn).map(|e| e.number).collect();
        ensure!(!numbers.is_empty(), "a report needs evidence");
        let on = |i: usize| {
            let number = numbers.get(i % numbers.len()).copied().unwrap_or(1);
            json!([{ "evidence_number": format!("证{number}"), "page_or_second": "第1页" }])
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
