//! What people see: the workbench, lists, a case with its duties, flaws and next acts. Reading
//! changes nothing; who may see what follows the permission table.

use crate::codec::protected_words;
use crate::error::ActError;
use crate::office::{Caller, Office};
use crate::permissions::{self, Power, Reach};
use crate::projections::next_gate;
use database::{Awaited, DutyFilter, SearchReach, Within};
/// Rows and filters of lists, as pages page through them.
pub use database::{After, CaseFilter, CaseRow, ClueFilter, ClueRow, DutyRow, EvidenceRow, PaperRow};
use jiff::civil::DateTime;
use procedure::case::FlawState;
use procedure::decide;
use procedure::duties::{self, Owed};
use procedure::event::{Event, Missing, Recorded};
use procedure::facts::{self, Ask, Subject};
use procedure::ids::*;
use procedure::people::{Person, Role};
use procedure::rulebook::split_call;
use procedure::{Case, Rulebook};
use std::collections::{BTreeMap, BTreeSet};

/// Open duties of the cases on one page of a list: none has a hundred.
const DUTIES_OF_PAGE_MAX: u32 = 5_000;

/// What a search gives at most: whoever finds more says more of what is looked for.
pub const SEARCH_HITS_MAX: u32 = 100;

/// A person's day: what is owed, what waits for an opinion.
pub struct Workbench {
    pub duties: Vec<DutyRow>,
    pub overdue_count: u64,
    pub near_count: u64,
    pub awaiting: Vec<PaperRow>,
    /// Clues not yet accepted, the oldest first, for whoever may accept them.
    pub clues: Vec<ClueRow>,
    /// Years that open duties reach into and whose calendar is not loaded.
    pub missing_years: Vec<i16>,
}

/// A case as one person may see it on a day.
pub struct CaseFile {
    pub case: Case,
    pub duties: Vec<Owed>,
    pub flaws: Vec<FlawState>,
    /// The act the case stands before, and all it lacks.
    pub next_act: &'static str,
    pub missing: Vec<Missing>,
    pub next: Vec<NextAct>,
    /// Refused acts and viewings that belong to the case, from other streams.
    pub beside: Vec<Recorded>,
    pub sight: Sight,
    pub now: DateTime,
}

/// An act the stage offers this person, with what it still lacks.
#[derive(Clone, Debug)]
pub struct NextAct {
    pub act: String,
    pub title: String,
    pub missing: Vec<Missing>,
}

/// What a reader may see of protected members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Names of minors and third parties.
    pub protected: bool,
    /// Who informed or complained.
    pub informant: bool,
    pub may_act: bool,
}

/// A clue as one person may see it.
pub struct ClueFile {
    pub row: ClueRow,
    pub records: Vec<Recorded>,
    pub sees_informant: bool,
    pub may_accept: bool,
    /// Strings its case found out later to name somebody; empty for those who may know.
    pub raised: BTreeSet<String>,
}

impl Office {
    pub async fn workbench(&self, caller: &Caller) -> Result<Workbench, ActError> {
        let person = &caller.person;
        let now = self.now();
        let now_us = self.clock().now_us();
        let mine = DutyFilter { who: self.names_of(person), open: true, ..DutyFilter::default() };
        let duties = self.database().duties(&mine, 200).await?;
        let overdue = duties.iter().filter(|d| d.due_earliest_us.is_some_and(|due| due < now_us)).count() as u64;
        let limit = procedure::deadline::due(
            now,
            procedure::deadline::Term::WorkingDays(procedure::deadline::WorkingDays(3)),
            procedure::deadline::Rolls::Never,
            &[],
            &self.book().calendars,
        );
        let near_until = crate::clock::micros(limit.earliest);
        let near = duties.iter().filter(|d| d.due_earliest_us.is_some_and(|due| due >= now_us && due <= near_until)).count() as u64;
        let mut missing_years: Vec<i16> = duties
            .iter()
            .filter_map(|d| d.due_latest_us)
            .map(|us| crate::clock::from_micros(us).year())
            .filter(|year| self.book().calendars.year(*year).is_none())
            .collect();
        let next_year = now.year() + 1;
        if now.month() >= 11 && self.book().calendars.year(next_year).is_none() {
            missing_years.push(next_year);
        }
        if self.book().calendars.year(now.year()).is_none() {
            missing_years.push(now.year());
        }
        missing_years.sort_unstable();
        missing_years.dedup();
        Ok(Workbench {
            overdue_count: overdue,
            near_count: near,
            awaiting: self.awaiting(caller).await?,
            clues: self.clues_to_accept(caller).await?,
            missing_years,
            duties,
        })
    }

    /// Clues this person may accept and nobody has, the oldest first.
    async fn clues_to_accept(&self, caller: &Caller) -> Result<Vec<ClueRow>, ActError> {
        let Some(reach) = permissions::reach(&caller.person, Power::AcceptClue) else { return Ok(vec![]) };
        let department = (reach != Reach::Everywhere).then(|| caller.person.department.0.clone());
        let waiting = ClueFilter { state: Some("registered".into()), department, ..ClueFilter::default() };
        let mut clues = self.database().clues(&waiting, None, 1000).await?;
        clues.sort_by(|a, b| a.received_us.cmp(&b.received_us).then(a.id.cmp(&b.id)));
        Ok(clues)
    }

    /// How many of this person's open duties are late now.
    pub async fn overdue_count(&self, caller: &Caller) -> Result<u64, ActError> {
        let filter = DutyFilter {
            who: self.names_of(&caller.person),
            open: true,
            due_before_us: Some(self.clock().now_us()),
            ..DutyFilter::default()
        };
        Ok(self.database().duties_count(&filter).await?)
    }

    /// Papers that wait for this person's opinion, held or delegated.
    pub async fn awaiting(&self, caller: &Caller) -> Result<Vec<PaperRow>, ActError> {
        let person = &caller.person;
        let mut roles: Vec<(String, Option<String>)> = vec![];
        let mut add = |role: Role, department: &DepartmentId| {
            let within = (role == Role::SectionHead).then(|| department.0.clone());
            roles.push((role.code().to_owned(), within));
        };
        for role in &person.roles {
            if matches!(role, Role::SectionHead | Role::AgencyHead | Role::LegalReviewer) {
                add(*role, &person.department);
            }
        }
        for (role, from) in self.delegated_roles(&person.id).await? {
            let department = self.person(&from).map(|p| p.department).unwrap_or_else(|| person.department.clone());
            add(role, &department);
        }
        let awaited = Awaited { persons: vec![person.id.0.clone()], roles };
        Ok(self.database().papers_awaiting(&awaited, 200).await?)
    }

    fn names_of(&self, person: &Person) -> Vec<String> {
        let mut names = vec![person.id.0.clone()];
        names.extend(person.roles.iter().map(|r| format!("role:{}", r.code())));
        names
    }

    /// Clues, newest first; `after` is the last row of the page before.
    pub async fn clues(&self, caller: &Caller, mut filter: ClueFilter, after: Option<&After>, limit: u32) -> Result<Vec<ClueRow>, ActError> {
        match permissions::reach(&caller.person, Power::SeeClues) {
            None => return Err(ActError::NotAllowed("您的岗位不能查看线索".into())),
            Some(Reach::Everywhere) => {}
            Some(_) => filter.department = Some(caller.person.department.0.clone()),
        }
        Ok(self.database().clues(&filter, after, limit).await?)
    }

    pub async fn clue(&self, caller: &Caller, id: &ClueId) -> Result<ClueFile, ActError> {
        let row = self.database().clue_row(&id.0).await?.ok_or(ActError::NotFound)?;
        let department = DepartmentId(row.department.clone());
        self.allow_department(caller, Power::SeeClues, &department).map_err(|_| ActError::NotFound)?;
        let records = self.records(&[StreamId::clue(id).0]).await?;
        let registered_by = records.first().is_some_and(|r| r.actor == caller.person.id);
        let may_accept = self.allow_department(caller, Power::AcceptClue, &department).is_ok() && row.case_id.is_none();
        let head = caller.person.holds(Role::AgencyHead)
            || (caller.person.holds(Role::SectionHead) && caller.person.department == department);
        let sees_informant = registered_by || head;
        let raised = match row.case_id.clone().filter(|_| !sees_informant) {
            Some(case) => {
                let opened = self.open_case(&CaseId(case)).await?;
                opened.case.records.iter().filter(|r| matches!(r.event, Event::ProtectionRaised { .. })).flat_map(|r| protected_words(&r.event, self.book())).collect()
            }
            None => BTreeSet::new(),
        };
        Ok(ClueFile { row, records, sees_informant, may_accept, raised })
    }

    /// Cases this person may see, newest first.
    pub async fn cases(&self, caller: &Caller, mut filter: CaseFilter, after: Option<&After>, limit: u32) -> Result<Vec<CaseRow>, ActError> {
        match permissions::reach(&caller.person, Power::SeeCases) {
            None => return Err(ActError::NotAllowed("您的岗位不能查看案件".into())),
            Some(Reach::Everywhere) => {}
            Some(Reach::Department) => filter.department = Some(caller.person.department.0.clone()),
            Some(Reach::OwnCases) => filter.handler = Some(caller.person.id.0.clone()),
        }
        Ok(self.database().cases(&filter, after, limit).await?)
    }

    /// A case with everything that follows from it. A case one may not see is not found.
    pub async fn case_file(&self, caller: &Caller, id: &CaseId) -> Result<CaseFile, ActError> {
        let opened = self.open_case(id).await?;
        if !permissions::holds(&caller.person, Power::SeeCases, &opened.case) {
            return Err(ActError::NotFound);
        }
        let links = self.database().links_of(&StreamId::case(id).0).await?;
        let shown = links.iter().filter(|link| link.kind == "refusal" || link.kind == "viewing");
        let shown: Vec<u64> = shown.map(|link| link.sequence as u64).collect();
        let beside = self.decoded(&self.database().entries_at(&shown).await?)?;
        let case = opened.case;
        let book = self.book();
        let next_act = next_gate(&case);
        let missing = found(decide::ahead(&case, book, opened.now, next_act));
        let sight = self.sight(&caller.person, &case);
        let duties = duties::owed(&case, book, opened.now);
        Ok(CaseFile {
            flaws: duties::flaws_beside(&duties, &case, book, opened.now),
            duties,
            next: next_acts(&case, book, opened.now, sight, permissions::holds(&caller.person, Power::AssignHandlers, &case)),
            next_act,
            missing,
            beside,
            sight,
            now: opened.now,
            case,
        })
    }

    pub(crate) fn sight(&self, person: &Person, case: &Case) -> Sight {
        let handler = case.handles(&person.id);
        let head = person.holds(Role::AgencyHead) || (person.holds(Role::SectionHead) && person.department.0 == case.department);
        Sight {
            informant: handler || head,
            protected: handler || head || person.holds(Role::LegalReviewer) || person.holds(Role::Archivist),
            may_act: permissions::holds(person, Power::Investigate, case),
        }
    }

    /// Search over cases, clues and papers this person may see; two characters suffice.
    pub async fn search(&self, caller: &Caller, text: &str) -> Result<Vec<SearchHit>, ActError> {
        let reach = self.search_reach(&caller.person);
        let found = self.database().search(text, SEARCH_HITS_MAX, &reach).await?;
        let of = |kind: &str| -> Vec<String> {
            let ids = found.iter().filter_map(|f| f.doc.split_once('/')).filter(|(of, _)| *of == kind);
            ids.map(|(_, id)| id.to_owned()).collect()
        };
        let mut papers: BTreeMap<String, PaperRow> =
            self.database().papers_of(&of("paper")).await?.into_iter().map(|p| (p.id.clone(), p)).collect();
        let mut ids = of("case");
        ids.extend(papers.values().filter_map(|p| p.case_id.clone()));
        let cases: BTreeMap<String, CaseRow> =
            self.database().cases_of(&ids).await?.into_iter().map(|c| (c.id.clone(), c)).collect();
        let mut clues: BTreeMap<String, ClueRow> =
            self.database().clues_of(&of("clue")).await?.into_iter().map(|c| (c.id.clone(), c)).collect();
        let mut hits = vec![];
        for found in &found {
            let Some((kind, id)) = found.doc.split_once('/') else { continue };
            hits.extend(match kind {
                "case" => cases.get(id).map(|row| SearchHit {
                    kind: "案件",
                    title: row.title.clone(),
                    number: row.number.clone().unwrap_or_default(),
                    path: format!("/cases/{id}"),
                }),
                "paper" => papers.remove(id).and_then(|paper| {
                    let row = cases.get(paper.case_id.as_ref()?)?;
                    Some(SearchHit {
                        kind: "文书",
                        title: format!("{}（{}）", paper.title, row.title),
                        number: paper.number.unwrap_or_default(),
                        path: format!("/cases/{}/papers/{id}", row.id),
                    })
                }),
                "clue" => clues.remove(id).map(|row| SearchHit {
                    kind: "线索",
                    title: row.summary,
                    number: row.number.unwrap_or_default(),
                    path: format!("/clues/{id}"),
                }),
                _ => None,
            });
        }
        Ok(hits)
    }

    /// Where this person's search looks, as the permission table says of cases and clues.
    fn search_reach(&self, person: &Person) -> SearchReach {
        let (department, id) = (person.department.0.clone(), person.id.0.clone());
        SearchReach {
            cases: match permissions::reach(person, Power::SeeCases) {
                None => Within::Nothing,
                Some(Reach::OwnCases) => Within::Person(id),
                Some(Reach::Department) => Within::DepartmentOrPerson(department.clone(), id),
                Some(Reach::Everywhere) => Within::Everything,
            },
            clues: match permissions::reach(person, Power::SeeClues) {
                None => Within::Nothing,
                Some(Reach::OwnCases | Reach::Department) => Within::Department(department),
                Some(Reach::Everywhere) => Within::Everything,
            },
        }
    }

    pub(crate) fn may_see_row(&self, person: &Person, row: &CaseRow) -> bool {
        match permissions::reach(person, Power::SeeCases) {
            None => false,
            Some(Reach::Everywhere) => true,
            Some(reach) => {
                let own = serde_json::from_str::<Vec<String>>(&row.handlers).unwrap_or_default().contains(&person.id.0);
                own || (reach == Reach::Department && row.department == person.department.0)
            }
        }
    }

    /// What is late in the whole agency, for its head and supervisors.
    pub async fn late(&self, caller: &Caller) -> Result<Vec<DutyRow>, ActError> {
        self.allow(caller, Power::Supervise, None)?;
        let filter = DutyFilter { open: true, due_before_us: Some(self.clock().now_us()), ..DutyFilter::default() };
        Ok(self.database().duties(&filter, 500).await?)
    }

    /// What the ledger page shows: size, root, and the newest entries by kind and time only.
    pub async fn ledger_page(&self, caller: &Caller) -> Result<LedgerPage, ActError> {
        self.allow(caller, Power::SeeLedger, None)?;
        let head = self.database().head();
        let newest = self.database().entries_after(head.size.saturating_sub(50), 50).await?;
        Ok(LedgerPage {
            size: head.size,
            root: hex::encode(head.root),
            newest: newest
                .into_iter()
                .rev()
                .map(|e| LedgerLine {
                    sequence: e.sequence,
                    kind: e.kind,
                    recorded_at: crate::clock::from_micros(e.recorded_us),
                    entry_hash: hex::encode(e.leaf_hash),
                })
                .collect(),
        })
    }

    /// The entries of a case and of the clue it came from, in ledger order: what its proof rests on.
    pub async fn case_ledger(&self, caller: &Caller, id: &CaseId) -> Result<Vec<LedgerLine>, ActError> {
        let opened = self.open_case(id).await?;
        if !permissions::holds(&caller.person, Power::SeeCases, &opened.case) {
            return Err(ActError::NotFound);
        }
        let streams: Vec<String> = opened.case.versions.keys().map(|s| s.0.clone()).collect();
        let mut stored = self.database().entries_of_many(&streams).await?;
        stored.sort_by_key(|e| e.sequence);
        Ok(stored
            .into_iter()
            .map(|e| LedgerLine {
                sequence: e.sequence,
                kind: e.kind,
                recorded_at: crate::clock::from_micros(e.recorded_us),
                entry_hash: hex::encode(e.leaf_hash),
            })
            .collect())
    }

    /// The open duty that falls due first in each of these cases, which a list already showed to this
    /// person, by the case's id.
    pub async fn nearest_duties(&self, cases: &[CaseRow]) -> Result<BTreeMap<String, DutyRow>, ActError> {
        let mut nearest = BTreeMap::new();
        if !cases.is_empty() {
            let streams = cases.iter().map(|case| format!("case/{}", case.id)).collect();
            let filter = DutyFilter { streams, open: true, ..DutyFilter::default() };
            for duty in self.database().duties(&filter, DUTIES_OF_PAGE_MAX).await? {
                let case = duty.stream.trim_start_matches("case/").to_owned();
                nearest.entry(case).or_insert(duty);
            }
        }
        Ok(nearest)
    }

    /// Size and root of the ledger, for the foot of every page.
    pub fn head(&self) -> (u64, String) {
        let head = self.database().head();
        (head.size, hex::encode(head.root))
    }
}

pub struct LedgerPage {
    pub size: u64,
    pub root: String,
    pub newest: Vec<LedgerLine>,
}

pub struct LedgerLine {
    pub sequence: u64,
    pub kind: String,
    pub recorded_at: DateTime,
    pub entry_hash: String,
}

pub struct SearchHit {
    pub kind: &'static str,
    pub title: String,
    pub number: String,
    pub path: String,
}

/// What a case still lacks, worded, once each.
fn found(all: Vec<decide::Found>) -> Vec<Missing> {
    let mut missing: Vec<Missing> = vec![];
    for f in all.into_iter().filter(|f| f.severity == procedure::event::Severity::Grave) {
        if missing.iter().all(|m| m.sentence != f.missing.sentence) {
            missing.push(f.missing);
        }
    }
    missing
}

/// The acts open in the stage the case stands in, and those that follow from what stands open.
pub fn next_acts(case: &Case, book: &Rulebook, now: DateTime, sight: Sight, assigns: bool) -> Vec<NextAct> {
    if !sight.may_act {
        return vec![];
    }
    let Some(procedure) = book.procedures.get(&case.procedure) else { return vec![] };
    let code = case.stage().code();
    let of_stage = procedure.stages.iter().filter(|s| s.code == code).flat_map(|s| &s.acts);
    let ask = Ask { case, book, now, subject: &Subject::Case };
    let open = |when: &Option<String>| case.archived_at.is_none() && when.as_ref().is_none_or(|fact| facts::since(&ask, fact).is_some());
    let standing = procedure.standing.iter().filter(|s| open(&s.when)).map(|s| &s.act);
    of_stage
        .chain(standing)
        .filter(|act| assigns || act.as_str() != "assign-handlers")
        .map(|act| NextAct { act: act.clone(), title: act_title(book, act), missing: found(decide::ahead(case, book, now, act)) })
        .collect()
}

/// The act in the office's words: what its button says.
pub fn act_title(book: &Rulebook, act: &str) -> String {
    let (name, args) = split_call(act);
    let paper = args.first().map(|kind| book.paper_title(kind)).unwrap_or_default();
    match name {
        "submit" | "record" => format!("制作{paper}"),
        "serve" => format!("送达{paper}"),
        "issue" => format!("签发{paper}"),
        "scan" => "归入签名扫描件".into(),
        "papers" => "办完未结的文书".into(),
        "give-opinion" => "审批".into(),
        "register-clue" => "登记线索".into(),
        "accept-clue" => "受案".into(),
        "record-party" => "登记当事人".into(),
        "choose-cause" => "确定案由".into(),
        "start-before-filing" => "记录先行启动".into(),
        "start-visit" => "记录到达现场".into(),
        "end-visit" => "记录离开现场".into(),
        "attach-evidence" => "补充证据".into(),
        "assign-handlers" => "变更承办人".into(),
        "make-statement" => "记录陈述申辩".into(),
        "decide-flaw" => "处理瑕疵".into(),
        "conclude-case" => "终结案件".into(),
        "archive-case" => "立卷归档".into(),
        "correct" => "更正".into(),
        "request-grant" => "申请调阅".into(),
        "inform-impossible" => "记录无法告知".into(),
        "raise-protection" => "提高保密".into(),
        _ => act.to_owned(),
    }
}

/// The domains of the causes of action by code, as the data files title them.
pub fn cause_domains(book: &Rulebook) -> std::collections::BTreeMap<String, String> {
    let files = book.files.iter().filter(|(path, _)| path.starts_with("causes/") && path.ends_with(".toml"));
    files
        .filter_map(|(_, text)| {
            let table: toml::Table = toml::from_str(text).ok()?;
            Some((table.get("domain")?.as_str()?.to_owned(), table.get("title")?.as_str()?.to_owned()))
        })
        .collect()
}

/// Whether an event is one of the case's own story, for the timeline's filters.
pub fn is_approval(event: &Event) -> bool {
    matches!(event, Event::OpinionGiven { .. } | Event::PaperApproved { .. })
}
