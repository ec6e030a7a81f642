//! From the clue to the list of evidence: filing or its refusal, rights, inspection, inquiry, orders.

use super::{Delivery, Docket, later, merged, minute};
use anyhow::Context;
use jiff::civil::{Date, DateTime};
use procedure::event::ServiceMethod;
use procedure::ids::*;
use serde_json::{Value, json};

impl Docket<'_> {
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

    /// 证据目录, signed by the officers and scanned.
    pub async fn lists_evidence(&self, at: DateTime) -> anyhow::Result<PaperId> {
        self.desk.reach(at).await;
        let paper = self.writes("evidence-list", json!({}), "").await?;
        self.is_issued(&paper).await?;
        self.scans(later(at, 20), &paper).await?;
        Ok(paper)
    }
}
