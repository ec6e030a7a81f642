//! From the report to the archive: review, notice, statement, decision, performance, volume.

use super::{Docket, Raised, later, merged, minute};
use crate::demo::bureau::told;
use anyhow::Context;
use jiff::civil::DateTime;
use procedure::ids::*;
use procedure::people::Role;
use serde_json::{Value, json};

impl Docket<'_> {
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

    /// What an order demanded, found done.
    async fn corrected(&self) -> anyhow::Result<Vec<Value>> {
        let file = self.file().await?;
        let ordered = file.of_kind("order-to-correct").next_back();
        let requirements = ordered.and_then(|o| o.field("requirements")).and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(requirements.iter().map(|r| json!({ "requirement": r, "corrected": "已改正", "found": "现场核查，已经改正。" })).collect())
    }

    /// 核查责令改正情况, scanned: on the day the order names, before any decision.
    pub async fn checks_correction(&self, from: DateTime, to: DateTime) -> anyhow::Result<PaperId> {
        let own = json!({
            "occasion": "核查责令改正情况", "performance": [], "corrections": self.corrected().await?, "conclusion": "违法行为已改正。",
        });
        self.looks_after(from, to, own).await
    }

    /// 履行情况检查, scanned; with it the corrections nobody has looked at yet.
    pub async fn checks_performance(&self, from: DateTime, to: DateTime) -> anyhow::Result<PaperId> {
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
        let looked = self.file().await?.of_kind("performance-check").next().is_some();
        let corrections = if looked { vec![] } else { self.corrected().await? };
        let (occasion, conclusion) = match corrections.is_empty() {
            true => ("检查决定履行情况", "决定已全部履行。"),
            false => ("一并检查", "决定已全部履行，违法行为已改正。"),
        };
        let own = json!({ "occasion": occasion, "performance": performance, "corrections": corrections, "conclusion": conclusion });
        self.looks_after(from, to, own).await
    }

    async fn looks_after(&self, from: DateTime, to: DateTime, own: Value) -> anyhow::Result<PaperId> {
        self.desk.reach(later(to, 20)).await;
        let fields = json!({
            "place": self.matter.site, "from": minute(from), "to": minute(to), "next_step": "无需后续措施",
            "party_opinion": "以上记录属实。",
        });
        let paper = self.writes("performance-check", merged(fields, own), "").await?;
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
            outcome: "给予行政处罚，已经履行".into(),
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
}
