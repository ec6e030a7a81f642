//! What an entry says on the timeline: one Chinese sentence for every kind of event, with what it
//! made, its particulars and the article in the margin. What a reader may not see is never in it.

use crate::desk::article_zh;
use crate::look::{Link, words};
use crate::pages::cases::{labels, sight::Hidden};
use crate::pages::evidence::extension::{MISMATCH, mismatch};
use casework::copies::CopyOf;
use casework::people::Directory;
use casework::views::act_title;
use jiff::civil::Date;
use procedure::case::Paper;
use procedure::event::{Event, FileRef, Party, Recorded};
use procedure::ids::{EvidenceId, PaperId, PersonId};
use procedure::{Case, Rulebook};

/// Everything a sentence may need to name things: the case, the rulebook, who is who.
pub struct Teller<'a> {
    pub case: &'a Case,
    pub book: &'a Rulebook,
    pub directory: &'a Directory,
    pub hidden: &'a Hidden,
    /// "/cases/7"
    pub path: &'a str,
    pub today: Date,
}

/// An entry in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The act: "送达行政处罚决定书".
    pub what: String,
    pub link: Option<(String, String)>,
    pub text: String,
    pub chips: Vec<String>,
    /// Particulars, each a phrase of its own.
    pub more: Vec<String>,
    /// "本制度22" as the data cite it.
    pub article: String,
    pub refused: bool,
}

impl Told {
    fn of(what: impl Into<String>, article: &str) -> Told {
        Told { what: what.into(), article: article.to_owned(), ..Told::default() }
    }
    fn text(mut self, text: impl Into<String>) -> Told {
        self.text = text.into();
        self
    }
    fn link(mut self, label: impl Into<String>, href: impl Into<String>) -> Told {
        self.link = Some((label.into(), href.into()));
        self
    }
    fn chip_if(mut self, shown: bool, chip: impl Into<String>) -> Told {
        if shown {
            self.chips.push(chip.into());
        }
        self
    }
    /// A particular; blank ones are left out.
    fn more(mut self, phrase: impl Into<String>) -> Told {
        let phrase = phrase.into();
        if !phrase.trim().is_empty() {
            self.more.push(phrase);
        }
        self
    }
    /// A particular with its name before it.
    fn named(self, name: &str, value: &str) -> Told {
        if value.trim().is_empty() { self } else { self.more(format!("{name}：{value}")) }
    }

    pub fn as_link(&self) -> Option<Link> {
        self.link.as_ref().map(|(label, href)| Link::new(label.clone(), href.clone()))
    }
    pub fn gloss(&self) -> String {
        if self.article.is_empty() { String::new() } else { article_zh(&self.article) }
    }
}

impl Teller<'_> {
    /// The sentence of an entry, with everything hidden from this reader left out.
    pub fn tell(&self, r: &Recorded) -> Told {
        let mut told = self.event(r);
        let who = self.who(r);
        if !who.is_empty() {
            told.more.insert(0, who);
        }
        told.text = self.hidden.screen(&told.text);
        told.link = told.link.map(|(label, href)| (self.hidden.screen(&label), href));
        told.more = told.more.iter().map(|m| self.hidden.screen(m)).collect();
        told
    }

    /// The officers of the act, else whoever wrote it down.
    fn who(&self, r: &Recorded) -> String {
        if r.envelope.officers.is_empty() {
            return r.envelope.by.clone();
        }
        r.envelope.officers.iter().map(|o| o.name.as_str()).collect::<Vec<_>>().join("、")
    }

    fn event(&self, r: &Recorded) -> Told {
        match &r.event {
            Event::ClueRegistered { .. } | Event::ClueAccepted { .. } => self.clue(r),
            Event::CaseOpened { title, procedure, handlers, .. } => {
                let procedure = self.book.procedures.get(procedure).map_or(procedure.as_str(), |p| p.title.as_str());
                let names = handlers.iter().map(|h| h.name.as_str()).collect::<Vec<_>>().join("、");
                Told::of("建立案件", "本制度6").text(title).chip_if(true, procedure).named("承办人", &names)
            }
            Event::HandlersAssigned { handlers, reason } => {
                let names = handlers.iter().map(|h| format!("{}（{}）", h.name, h.certificate)).collect::<Vec<_>>().join("、");
                Told::of("变更承办人", "本制度14").text(names).named("理由", reason)
            }
            Event::PartyRecorded { party } => Told::of("登记当事人", "本制度12")
                .text(self.hidden.party_name(party))
                .chip_if(true, party.kind.title())
                .chip_if(party.minor, "未成年人")
                .named("法定代表人（负责人）", &self.hidden.of_party(party, &party.legal_representative))
                .named("地址", &self.hidden.of_party(party, &party.address)),
            Event::CauseChosen { title, verified, .. } => {
                Told::of("确定案由", "本制度12").text(title).chip_if(!verified, "案由条款未核实")
            }
            Event::StartedBeforeFiling { reason, allowed_by, allowed_at } => Told::of("先行启动调查", "本制度12")
                .named("特殊情况", reason)
                .named("准许人", allowed_by)
                .more(format!("准许时间：{}", words::moment_zh(*allowed_at))),
            Event::CaseFiled { number, .. } => Told::of("立案", "本制度12").text(number),
            Event::FilingDeclined { reason, .. } => Told::of("决定不予立案", "本制度13").named("理由", reason),
            Event::InformImpossible { whom, reason } => {
                Told::of("记录无法告知", "本制度13").text(whom).named("原因", reason)
            }
            Event::VisitStarted { purpose, certificates_shown, present, .. } => Told::of("到达现场", "本制度14, 18")
                .text(r.envelope.place.clone())
                .chip_if(true, if *certificates_shown { "已出示证件" } else { "未记录出示证件" })
                .named("事由", purpose)
                .named("在场", present),
            Event::VisitEnded { visit, note } => {
                let place = self.case.visits.iter().find(|v| v.id == *visit).map_or("", |v| v.place.as_str());
                Told::of("离开现场", "本制度18").text(place).more(note)
            }
            Event::EvidenceAttached { evidence, number, evidence_kind, name, source, proves, file, footage, located, .. } => {
                let kind = self.book.evidence_kinds.iter().find(|k| k.code == *evidence_kind);
                let withdrawn = self.case.evidence(evidence).is_some_and(|e| e.withdrawn);
                let differs = file.as_ref().and_then(mismatch);
                Told::of("收集证据", "本制度16")
                    .link(format!("{number}号 {name}"), format!("{}/evidence", self.path))
                    .chip_if(true, kind.map_or(evidence_kind.as_str(), |k| k.title.as_str()))
                    .chip_if(*footage, "现场音像")
                    .chip_if(withdrawn, "已撤下")
                    .chip_if(differs.is_some(), MISMATCH)
                    .more(file.as_ref().map(file_zh).unwrap_or_default())
                    .more(differs.unwrap_or_default())
                    .named("来源", source)
                    .named("证明", proves)
                    .named("存放", located)
            }
            Event::PaperSubmitted { .. }
            | Event::OpinionGiven { .. }
            | Event::PaperApproved { .. }
            | Event::PaperNumbered { .. }
            | Event::PaperIssued { .. }
            | Event::NumberVoided { .. }
            | Event::PaperScanned { .. }
            | Event::SignatureRefused { .. }
            | Event::PaperServed { .. } => self.paper(r),
            Event::StatementMade { party, how, points } => Told::of("陈述申辩", "本制度17")
                .text(self.party(&party.0))
                .named("方式", how)
                .more(format!("提出{}点意见", points.len())),
            Event::StatementWaived { party, how } => {
                Told::of("放弃陈述申辩", "本制度17").text(self.party(&party.0)).named("方式", how)
            }
            Event::CaseConcluded { outcome, .. } => Told::of("终结案件", "本制度22, 23").text(outcome),
            Event::CaseArchived { archive_number, pages_count, sealed_annex, .. } => Told::of("立卷归档", "本制度27")
                .link(archive_number, format!("{}/volume", self.path))
                .chip_if(sealed_annex.is_some(), "另有密封件")
                .more(format!("{pages_count} 页")),
            Event::OverlapNoticed { .. } => Told::of("执法人员同一时间另有记录", "本制度4, 14").text("另一案件后来记入"),
            Event::Corrected { .. } | Event::FlawDecided { .. } | Event::ProtectionRaised { .. } => self.mending(r),
            Event::FileSealed { .. } => Told::of("文件改为密封保存", "本制度30"),
            Event::ActRefused { act, missing, .. } => Told {
                refused: true,
                article: missing.first().map(|m| m.article.clone()).unwrap_or_default(),
                more: missing.iter().map(|m| m.sentence.clone()).collect(),
                ..Told::of(act_title(self.book, act), "")
            },
            Event::GrantGiven { .. }
            | Event::GrantRequested { .. }
            | Event::GrantDenied { .. }
            | Event::GrantReturned { .. }
            | Event::ViewingOpened { .. }
            | Event::ViewingClosed { .. }
            | Event::CopyTaken { .. } => self.viewing(r),
            Event::RegisterChanged { .. }
            | Event::StandingRuleSigned { .. }
            | Event::DelegationGiven { .. }
            | Event::AccountChanged { .. }
            | Event::RulebookLoaded { .. }
            | Event::DemonstrationBegun {}
            | Event::Restored { .. } => self.house(r),
        }
    }

    fn clue(&self, r: &Recorded) -> Told {
        match &r.event {
            Event::ClueRegistered { number, source, channel, received_at, target, content, informant, transferring_body, reply_wanted, .. } => {
                Told::of("登记线索", "本制度13")
                    .text(format!("{number} {}", source.title()))
                    .chip_if(informant.is_some(), "举报人信息已封存")
                    .chip_if(*reply_wanted, "要求答复")
                    .more(format!("{target}：{content}"))
                    .named("接收方式", channel)
                    .named("移送机关", transferring_body.as_deref().unwrap_or_default())
                    .more(format!("接收后{}登记", labels::elapsed_zh(*received_at, r.recorded_at)))
            }
            Event::ClueAccepted { opinion, .. } => Told::of("受案", "本制度6, 13").named("意见", opinion),
            _ => Told::default(),
        }
    }

    fn paper(&self, r: &Recorded) -> Told {
        match &r.event {
            Event::PaperSubmitted { paper, paper_kind, title, paper_version, steps, .. } => {
                let verb = if steps.is_empty() { "制作" } else { "送审" };
                self.of_paper(paper, &paper_kind.0, format!("{verb}{title}"))
                    .chip_if(*paper_version > 1, format!("第{paper_version}稿"))
            }
            Event::OpinionGiven { paper, step, outcome, opinion, on_behalf_of, .. } => {
                let known = self.case.paper(paper);
                let step = known
                    .and_then(|p| p.versions.iter().flat_map(|v| &v.steps).find(|s| s.step == *step))
                    .map_or("审批", |s| s.title.as_str());
                let for_whom = on_behalf_of.as_ref().map(|p| self.person(p)).unwrap_or_default();
                let article = known.and_then(|p| self.book.paper(&p.kind.0)).map_or("", |f| f.article.as_str());
                Told::of(format!("{step}：{}", outcome.title()), article)
                    .link(self.paper_name(known), self.paper_path(paper))
                    .named("意见", opinion)
                    .named("代行", &for_whom)
            }
            Event::PaperApproved { paper, .. } => self.titled(paper, |t| format!("批准{t}")),
            Event::PaperNumbered { paper, number, .. } => {
                let titled = self.titled(paper, |t| format!("{t}编号"));
                // The link to the paper bears its number already.
                if self.case.paper(paper).is_some_and(|p| p.number.is_some()) { titled } else { titled.text(number) }
            }
            Event::PaperIssued { paper, pages_count, .. } => self.titled(paper, |t| format!("{t}成文")).more(format!("{pages_count} 页")),
            Event::NumberVoided { paper, series, ordinal, reason } => {
                self.titled(paper, |t| format!("作废{t}的文号")).text(format!("{series} 第{ordinal}号")).named("理由", reason)
            }
            Event::PaperScanned { paper, pages_count, pages_expected, located, .. } => self
                .titled(paper, |t| format!("归入{t}的签名扫描件"))
                .chip_if(pages_count != pages_expected, "页数不符")
                .more(format!("{pages_count} 页，原件 {pages_expected} 页"))
                .named("原件存放", located),
            Event::SignatureRefused { paper, who, reason, witness, no_witness_reason } => self
                .titled(paper, |t| format!("{t}被拒绝签名"))
                .text(who)
                .named("理由", reason)
                .named("见证人", witness)
                .named("没有见证人的原因", no_witness_reason),
            Event::PaperServed { paper, to, method, recipient, relation, refusal, witness, voucher, why_not_direct, effective_on, .. } => self
                .titled(paper, |t| format!("送达{t}"))
                .text(format!("{} {}", method.title(), self.party(to)))
                .named("受送达人", recipient)
                .named("与受送达人的关系", relation)
                .named("拒收情况", refusal)
                .named("见证人", witness)
                .named("凭证", voucher)
                .named("不直接送达的原因", why_not_direct)
                .more(format!("{}生效", words::near_date_zh(*effective_on, self.today))),
            _ => Told::default(),
        }
    }

    fn mending(&self, r: &Recorded) -> Told {
        match &r.event {
            Event::Corrected { target, member, original, effective, reason, sealed } => {
                let changed = if sealed == "informant" {
                    format!("{}（信息已封存）已更正", self.label(*target, member))
                } else {
                    labels::change_zh(self.label(*target, member), original, effective)
                };
                Told::of("更正", "本制度4").link(self.entry_name(*target), format!("#e{target}")).text(changed).named("理由", reason)
            }
            Event::FlawDecided { target, rule, rely, reason } => {
                let flaw = self.case.flaws.iter().find(|f| f.sequence == *target && f.flaw.rule == *rule);
                let article = flaw.map_or("本制度14", |f| f.flaw.article.as_str());
                Told::of(if *rely { "决定采信有瑕疵的记录" } else { "决定不采信有瑕疵的记录" }, article)
                    .link(self.entry_name(*target), format!("#e{target}"))
                    .more(flaw.map(|f| f.flaw.text.clone()).unwrap_or_default())
                    .named("理由", reason)
            }
            Event::ProtectionRaised { target, member, reason, .. } => Told::of("提高保密", "本制度30")
                .link(self.entry_name(*target), format!("#e{target}"))
                .text(self.label(*target, member))
                .named("理由", reason),
            _ => Told::default(),
        }
    }

    fn viewing(&self, r: &Recorded) -> Told {
        const ARTICLE: &str = "本制度26";
        match &r.event {
            Event::GrantGiven { person_name, reason, copy, standing, evidence, .. } => {
                Told::of(if *standing { "开通办案人员常设调阅" } else { "批准调阅音像资料" }, ARTICLE)
                    .text(person_name)
                    .chip_if(*copy, "可复制")
                    .more(self.recordings(evidence))
                    .named("事由", reason)
            }
            Event::GrantRequested { person_name, reason, copy, evidence, .. } => Told::of("申请调阅音像资料", ARTICLE)
                .text(person_name)
                .chip_if(*copy, "申请复制")
                .more(self.recordings(evidence))
                .named("事由", reason),
            Event::GrantDenied { reason, .. } => Told::of("不予批准调阅", ARTICLE).named("理由", reason),
            Event::GrantReturned { reason, .. } => Told::of("收回调阅授权", ARTICLE).named("理由", reason),
            Event::ViewingOpened { evidence, mode, reason, .. } => {
                Told::of(if mode == "copy" { "复制音像资料" } else { "查看音像资料" }, ARTICLE)
                    .text(self.recordings(std::slice::from_ref(evidence)))
                    .more(reason)
            }
            Event::CopyTaken { what, len_bytes, purpose, .. } => {
                Told::of(format!("取走{}", CopyOf::parse(what).map_or("复制件", CopyOf::title)), ARTICLE)
                    .more(words::size(*len_bytes))
                    .named("用途", purpose)
            }
            Event::ViewingClosed { bytes_served, .. } => {
                Told::of("结束查看音像资料", ARTICLE).more(format!("读取 {}", words::size(*bytes_served)))
            }
            _ => Told::default(),
        }
    }

    fn house(&self, r: &Recorded) -> Told {
        match &r.event {
            Event::RegisterChanged { name, valid_from, .. } => {
                Told::of("变更登记", "").text(name).more(format!("自{}起", words::full_date_zh(*valid_from)))
            }
            Event::StandingRuleSigned { text, .. } => Told::of("签署常设调阅规则", "本制度26").more(text),
            Event::DelegationGiven { from, to, scope, starts, ends } => Told::of("授权代行职权", "")
                .text(format!("{} → {}", self.person(from), self.person(to)))
                .named("范围", scope)
                .more(format!("{}至{}", words::full_moment_zh(*starts), words::full_moment_zh(*ends))),
            Event::AccountChanged { person, what, .. } => Told::of("变更账号", "").text(self.person(person)).more(what),
            Event::RulebookLoaded { edition, .. } => Told::of("载入规则", "").text(format!("版本 {edition}")),
            Event::DemonstrationBegun {} => Told::of("开始演示", "").text("此后的单位、人员、案件均为虚构"),
            Event::Restored { head_size, from, .. } => {
                Told::of("从备份恢复", "").text(format!("恢复到账本第 {} 项", words::grouped(*head_size))).named("来源", from)
            }
            _ => Told::default(),
        }
    }

    /// What was done to a paper, worded around its title.
    fn titled(&self, id: &PaperId, worded: impl Fn(&str) -> String) -> Told {
        let paper = self.case.paper(id);
        let what = worded(paper.map_or("文书", |p| p.title.as_str()));
        self.of_paper(id, paper.map_or("", |p| p.kind.0.as_str()), what)
    }

    fn of_paper(&self, id: &PaperId, kind: &str, what: String) -> Told {
        let article = self.book.paper(kind).map_or("", |f| f.article.as_str());
        let told = Told::of(what, article);
        match self.case.paper(id) {
            Some(paper) => told.link(self.paper_name(Some(paper)), self.paper_path(id)),
            None => told,
        }
    }

    /// The number where there is one, else the title.
    fn paper_name(&self, paper: Option<&Paper>) -> String {
        paper.map_or_else(|| "文书".into(), |p| p.number.clone().unwrap_or_else(|| p.title.clone()))
    }

    fn paper_path(&self, id: &PaperId) -> String {
        format!("{}/papers/{id}", self.path)
    }

    /// A party of the case by id; whoever else was served stands under the own name.
    fn party(&self, id: &str) -> String {
        self.case.party(id).map_or_else(|| id.to_owned(), |p: &Party| self.hidden.party_name(p))
    }

    fn person(&self, id: &PersonId) -> String {
        self.directory.persons.get(&id.0).map_or_else(|| id.0.clone(), |p| p.name.clone())
    }

    fn recordings(&self, ids: &[EvidenceId]) -> String {
        if ids.is_empty() {
            return "本案全部音像资料".into();
        }
        let name = |id| self.case.evidence(id).map_or_else(|| "音像资料".to_owned(), |e| format!("{}号 {}", e.number, e.name));
        ids.iter().map(name).collect::<Vec<_>>().join("、")
    }

    /// What an earlier entry is called: its act and day.
    fn entry_name(&self, sequence: u64) -> String {
        match self.case.records.iter().find(|r| r.sequence == sequence) {
            // Slips upon slips would name one another without end: the sequence tells them apart.
            Some(r) if matches!(r.event, Event::Corrected { .. } | Event::FlawDecided { .. } | Event::ProtectionRaised { .. }) => {
                format!("账本第 {sequence} 项")
            }
            Some(r) => format!("{}（{}）", self.event(r).what, words::moment_zh(r.happened.from)),
            None => format!("账本第 {sequence} 项"),
        }
    }

    /// What a member of an entry is called.
    pub fn label(&self, sequence: u64, member: &str) -> String {
        let event = self.case.records.iter().find(|r| r.sequence == sequence).map(|r| &r.event);
        labels::label(event, member, self.book)
    }
}

fn file_zh(file: &FileRef) -> String {
    format!("{} · {} · SHA-256 {}", file.media_type, words::size(file.len_bytes), words::short_hex(&file.sha256))
}

#[cfg(test)]
mod tests;
