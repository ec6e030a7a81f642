//! The process sheet (全过程记录表): every entry of the case in words, its slips, flaws and
//! decisions, and what could not be bound. Nothing in the ledger for the case is missing from it.

use super::Carrier;
use crate::copies::CopyOf;
use crate::error::ActError;
use crate::office::{Office, Opened};
use crate::projections::screened;
use crate::views::act_title;
use jiff::civil::DateTime;
use papers::Sheet;
use procedure::Case;
use procedure::case::FlawState;
use procedure::event::{Event, Recorded};
use procedure::ids::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Office {
    pub(super) async fn process_sheet(&self, opened: &Opened, carriers: &[Carrier]) -> Result<Sheet, ActError> {
        let case = &opened.case;
        let mut records = case.records.clone();
        records.extend(self.beside(&CaseId(case.id.clone())).await?.into_iter().map(Into::into));
        records.sort_by_key(|r| r.sequence);
        records.dedup_by_key(|r| r.sequence);
        let words = &opened.words;
        let rows: Vec<Value> = records.iter().map(|r| self.row(case, r, words)).collect();
        let flaws = procedure::duties::flaws(case, self.book(), opened.now);
        let fields = json!({
            "agency": self.agency().name,
            "case_number": case.number,
            "title": case.title,
            "entries": rows.len(),
            "rows": rows,
            "slips": slips(case, words),
            "flaws": flaws.iter().map(|f| flaw(f, words)).collect::<Vec<_>>(),
            "media": carriers.iter().map(|c| json!({
                "number": c.number, "name": c.name, "located": c.located,
                "sha256": c.file.as_ref().map(|f| &f.sha256), "sm3": c.file.as_ref().map(|f| &f.sm3),
            })).collect::<Vec<_>>(),
            "date": opened.now.date().to_string(),
        });
        let fields = fields.as_object().cloned().unwrap_or_default();
        self.set("process-sheet", fields, &format!("{}/process-sheet", case.id), opened.now, vec![]).await
    }

    fn row(&self, case: &Case, r: &Recorded, words: &BTreeSet<String>) -> Value {
        let name = match r.envelope.by.as_str() {
            "" => self.person(&r.actor).map_or_else(|| "系统".into(), |p| p.name),
            by => by.to_owned(),
        };
        let officers: Vec<&str> = r.envelope.officers.iter().map(|o| o.name.as_str()).filter(|n| *n != name).collect();
        let who = if officers.is_empty() { name } else { format!("{name}（执法人员：{}）", officers.join("、")) };
        let mut remarks: Vec<String> = r.envelope.flaws.iter().map(|f| format!("{}：{}", f.article, f.text)).collect();
        if let Event::ActRefused { missing, .. } = &r.event {
            remarks.extend(missing.iter().map(|m| format!("{}（{}）", m.sentence, m.article)));
        }
        json!({
            "sequence": r.sequence,
            "happened": minute(r.happened.from),
            "recorded": minute(r.recorded_at),
            "what": screened(&self.said(case, r), words),
            "who": screened(&who, words),
            "remark": screened(&remarks.join("；"), words),
        })
    }

    /// What an entry says, in a sentence of the office. Every event has one: an entry without
    /// words would be missing from the volume.
    fn said(&self, case: &Case, r: &Recorded) -> String {
        let paper = |id: &PaperId| case.paper(id).map_or_else(|| "文书".to_owned(), |p| format!("《{}》", p.title));
        let evidence = |id: &EvidenceId| case.evidence(id).map_or_else(|| "音像记录".to_owned(), |e| format!("证{}", e.number));
        let names = |seen: &[procedure::people::OfficerSeen]| seen.iter().map(|o| o.name.as_str()).collect::<Vec<_>>().join("、");
        match &r.event {
            Event::ClueRegistered { number, source, channel, .. } => format!("登记线索{number}：{}，{channel}", source.title()),
            Event::ClueAccepted { opinion, .. } => format!("受理线索：{opinion}"),
            Event::CaseOpened { handlers, .. } => format!("受案，承办人{}", names(handlers)),
            Event::HandlersAssigned { handlers, reason } => format!("变更承办人为{}：{reason}", names(handlers)),
            Event::PartyRecorded { party } if party.minor => "登记当事人：未成年人（信息已封存）".into(),
            Event::PartyRecorded { party } => format!("登记当事人：{}", party.name),
            Event::CauseChosen { title, .. } => format!("确定案由：{title}"),
            Event::StartedBeforeFiling { reason, allowed_by, allowed_at } => {
                format!("先行启动：{reason}，{allowed_by}于{}准许", minute(*allowed_at).replace('T', " "))
            }
            Event::CaseFiled { number, .. } => format!("立案，案号{number}"),
            Event::FilingDeclined { .. } => "决定不予立案".into(),
            Event::InformImpossible { whom, reason } => format!("无法告知{whom}：{reason}"),
            Event::VisitStarted { purpose, certificates_shown, .. } => format!(
                "到达现场{}：{purpose}，{}出示执法证件",
                r.envelope.place,
                if *certificates_shown { "已" } else { "未" }
            ),
            Event::VisitEnded { note, .. } => format!("离开现场{}", if note.is_empty() { String::new() } else { format!("：{note}") }),
            Event::OverlapNoticed { .. } => "另一案件记入执法人员同一时间在另一处执法".into(),
            Event::EvidenceAttached { number, name, source, footage, .. } => {
                format!("收入证{number}{}：{name}，来源{source}", if *footage { "（音像）" } else { "" })
            }
            Event::PaperSubmitted { title, paper_version, .. } => format!("制作《{title}》第{paper_version}版"),
            Event::OpinionGiven { paper: id, outcome, opinion, .. } => format!("{}审批：{}，{opinion}", paper(id), outcome.title()),
            Event::PaperApproved { paper: id, .. } => format!("{}批准", paper(id)),
            Event::PaperNumbered { paper: id, number, .. } => format!("{}编号{number}", paper(id)),
            Event::PaperIssued { paper: id, pages_count, .. } => format!("{}成文，共{pages_count}页", paper(id)),
            Event::NumberVoided { paper: id, reason, .. } => format!("{}作废：{reason}", paper(id)),
            Event::PaperScanned { paper: id, pages_count, pages_expected, located, .. } => {
                format!("{}签字件扫描归入，{pages_count}页（应有{pages_expected}页），原件存{located}", paper(id))
            }
            Event::SignatureRefused { paper: id, who, reason, witness, no_witness_reason } => {
                let witness = if witness.is_empty() { format!("无见证人：{no_witness_reason}") } else { format!("见证人{witness}") };
                format!("{}{who}拒绝签名：{reason}，{witness}", paper(id))
            }
            Event::PaperServed { paper: id, method, recipient, effective_on, .. } => {
                format!("{}{}{recipient}，{effective_on}生效", paper(id), method.title())
            }
            Event::StatementMade { how, points, .. } => format!("当事人陈述申辩（{how}），意见{}条", points.len()),
            Event::StatementWaived { how, .. } => format!("当事人放弃陈述申辩（{how}）"),
            Event::CaseConcluded { outcome, .. } => format!("案件终结：{outcome}"),
            Event::CaseArchived { archive_number, pages_count, .. } => format!("立卷归档，归档号{archive_number}，共{pages_count}页"),
            Event::Corrected { target, member, reason, .. } => format!("更正第{target}项的{}：{reason}", member_zh(member)),
            Event::FlawDecided { target, rely, reason, .. } => {
                format!("对第{target}项的瑕疵作出决定：{}采信，{reason}", if *rely { "可以" } else { "不予" })
            }
            Event::ProtectionRaised { target, reason, .. } => format!("提高第{target}项的保密：{reason}"),
            Event::FileSealed { .. } => "涉及受保护人员的文件改为密封保存".into(),
            Event::CopyTaken { what, purpose, .. } => {
                format!("取走{}：{purpose}", CopyOf::parse(what).map_or("复制件", CopyOf::title))
            }
            Event::ActRefused { act, .. } => format!("{}，未予办理", act_title(self.book(), act)),
            Event::GrantGiven { person_name, reason, copy, .. } => {
                format!("准许{person_name}{}音像：{reason}", if *copy { "复制" } else { "查看" })
            }
            Event::GrantRequested { person_name, reason, .. } => format!("{person_name}申请查看音像：{reason}"),
            Event::GrantDenied { reason, .. } => format!("不准查看音像：{reason}"),
            Event::GrantReturned { reason, .. } => format!("查看许可收回：{reason}"),
            Event::ViewingOpened { evidence: id, reason, .. } => format!("查看{}：{reason}", evidence(id)),
            Event::ViewingClosed { bytes_served, .. } => format!("查看结束，共传送{bytes_served}字节"),
            Event::RegisterChanged { name, .. } => format!("登记簿变更：{name}"),
            Event::StandingRuleSigned { rule, .. } => format!("签署常设规则{rule}"),
            Event::DelegationGiven { scope, .. } => format!("委托审批：{scope}"),
            Event::AccountChanged { what, .. } => format!("账户变更：{what}"),
            Event::RulebookLoaded { edition, .. } => format!("载入制度文本{edition}"),
            Event::DemonstrationBegun {} => "演示开始".into(),
            Event::Restored { head_size, .. } => format!("从备份恢复至第{head_size}项"),
        }
    }
}

fn slips(case: &Case, words: &BTreeSet<String>) -> Vec<Value> {
    let plain = |value: &Value| match value {
        Value::String(text) => screened(text, words),
        other => screened(&other.to_string(), words),
    };
    case.slips
        .iter()
        .map(|s| {
            json!({
                "sequence": s.sequence, "target": s.target, "member": member_zh(&s.member),
                "original": plain(&s.original), "effective": plain(&s.effective),
                "reason": screened(&s.reason, words), "by": s.by,
            })
        })
        .collect()
}

fn flaw(f: &FlawState, words: &BTreeSet<String>) -> Value {
    let state = match (&f.decided, &f.cured) {
        (Some((rely, reason, by)), _) => format!("{by}决定{}采信：{reason}", if *rely { "可以" } else { "不予" }),
        (None, Some(_)) => "已补正".to_owned(),
        (None, None) => "未经补正或者决定".to_owned(),
    };
    json!({
        "sequence": f.sequence, "article": f.flaw.article,
        "text": screened(&f.flaw.text, words), "state": screened(&state, words),
    })
}

/// The dotted name of a corrected member, as the office says it.
fn member_zh(member: &str) -> String {
    match member {
        "withdrawn" => "附件（撤出）".into(),
        "happened.from" => "发生时间".into(),
        "happened.to" => "结束时间".into(),
        "envelope.place" => "地点".into(),
        "party.name" => "当事人名称".into(),
        "party.address" => "当事人地址".into(),
        "name" => "名称".into(),
        "source" => "来源".into(),
        "proves" => "证明对象".into(),
        other => format!("“{other}”"),
    }
}

fn minute(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}
