//! The rulebook: everything under `regulation/`, parsed and checked whole. Rules come in
//! five forms (gate, check, duty, window, never); their names belong to closed registries.

use crate::calendar::{Bounds, Calendar, Calendars};
use crate::deadline::{Rolls, Term};
use crate::event::Severity;
use crate::papers::PaperForm;
use crate::{acts, checks, facts, papers};

pub use crate::causes::Cause;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The whole law as data. Editions of the bureau's own rule stand side by side.
#[derive(Clone, Debug)]
pub struct Rulebook {
    pub edition: Edition,
    pub rules: Rules,
    pub papers: BTreeMap<String, PaperForm>,
    pub causes: BTreeMap<String, Cause>,
    pub procedures: BTreeMap<String, Procedure>,
    pub evidence_kinds: Vec<EvidenceKind>,
    pub laws: Vec<Law>,
    /// Terms that run in an act itself, such as the days of a public notice.
    pub terms: Vec<StatutoryTerm>,
    pub calendars: Calendars,
    /// Formats of case and clue numbers, with `{year}` and `{seq}` open.
    pub case_number_format: String,
    pub clue_number_format: String,
    /// Files it was parsed from, path to text: their digest identifies a load.
    pub files: BTreeMap<String, String>,
}

/// The bureau's rule as published on one day, with its articles.
#[derive(Clone, Debug, Deserialize)]
pub struct Edition {
    pub edition: String,
    pub in_force_from: Date,
    #[serde(rename = "article")]
    pub articles: Vec<Article>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Article {
    pub number: u32,
    #[serde(default)]
    pub chapter: String,
    pub title: String,
    pub summary: String,
    #[serde(default)]
    pub upheld: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    #[serde(default, rename = "gate")]
    pub gates: Vec<Gate>,
    #[serde(default, rename = "check")]
    pub checks: Vec<Check>,
    #[serde(default, rename = "duty")]
    pub duties: Vec<Duty>,
    #[serde(default, rename = "window")]
    pub windows: Vec<Window>,
    #[serde(default, rename = "never")]
    pub nevers: Vec<Never>,
}

/// When a rule binds, by the date its governing law names.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct InForce {
    #[serde(default)]
    pub from: Option<Date>,
    #[serde(default)]
    pub to: Option<Date>,
    #[serde(default)]
    pub applies: Applies,
}

/// Which day chooses the law: the opening of the case, or the day of the act.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Applies {
    CaseOpened,
    #[default]
    ActDate,
}

/// What an act waits for. A made-here act is refused, one that happened carries a flaw. `over`
/// asks it of each party, of each paper of a kind, or of `this paper`, to which the act is done; an
/// act that is about one party is asked about that one alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    pub id: String,
    pub act: String,
    #[serde(default)]
    pub over: String,
    #[serde(default)]
    pub all: Vec<String>,
    #[serde(default)]
    pub any: Vec<String>,
    #[serde(default)]
    pub or_else: Option<String>,
    pub article: String,
    #[serde(default)]
    pub says: Option<String>,
    #[serde(default = "grave")]
    pub severity: Severity,
    #[serde(default)]
    pub refuse: bool,
    #[serde(default)]
    pub in_force: Option<InForce>,
}

/// A condition on the act's own fields and the facts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    pub id: String,
    pub act: String,
    pub that: String,
    pub article: String,
    #[serde(default)]
    pub mend: Option<String>,
    #[serde(default = "grave")]
    pub severity: Severity,
    /// Refused even where the act happened: the record itself would be unlawful.
    #[serde(default)]
    pub refuse: bool,
    /// The fact that cures the flaw when it comes true later.
    #[serde(default)]
    pub cured_by: Option<String>,
    #[serde(default)]
    pub in_force: Option<InForce>,
}

/// What is owed: from a fact, until a term after it, met by another fact.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub per: String,
    pub from: String,
    /// The event the term runs from, in the officer's words: 受案, 送达.
    #[serde(default)]
    pub trigger: String,
    pub owed: String,
    /// Absent: no statutory date, never late.
    #[serde(default)]
    pub within: Option<Term>,
    /// The date itself, where a paper names it: a fact instead of a term.
    #[serde(default)]
    pub by: Option<String>,
    #[serde(default)]
    pub only_if: Option<String>,
    #[serde(default)]
    pub void_when: Option<String>,
    #[serde(default = "show_both")]
    pub rolls: Rolls,
    pub article: String,
    /// `handlers`, a role's code, or `step`: whoever is awaited.
    pub who: String,
    /// What mends it, as `act` or `act(paper-kind)`.
    #[serde(default)]
    pub mend: Option<String>,
    #[serde(default)]
    pub in_force: Option<InForce>,
}

/// Neither before nor after.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub id: String,
    pub act: String,
    #[serde(default)]
    pub per: String,
    /// Expressions separated by `;`: the latest opens it.
    pub opens: String,
    #[serde(default)]
    pub closes: Option<String>,
    #[serde(default)]
    pub unless: Option<String>,
    pub article: String,
    pub says: String,
    #[serde(default)]
    pub in_force: Option<InForce>,
}

/// Not until a date that only grows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Never {
    pub id: String,
    pub act: String,
    pub until: String,
    pub article: String,
    pub says: String,
}

fn grave() -> Severity {
    Severity::Grave
}
fn show_both() -> Rolls {
    Rolls::ShowBoth
}

/// A procedure (程序): its rail and the acts each stage offers.
#[derive(Clone, Debug, Deserialize)]
pub struct Procedure {
    pub id: String,
    pub title: String,
    pub article: String,
    #[serde(rename = "stage")]
    pub stages: Vec<ProcedureStage>,
    #[serde(default, rename = "standing")]
    pub standing: Vec<Standing>,
    /// How a case of this procedure ends, as its closing report says it.
    #[serde(default)]
    pub outcomes: Vec<String>,
    /// How one ends that was never filed.
    #[serde(default)]
    pub outcome_declined: String,
    #[serde(default, rename = "effect")]
    pub effects: Vec<Effect>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ProcedureStage {
    pub code: String,
    pub title: String,
    /// Acts open in this stage, as `act` or `act(paper-kind)`, most expected first.
    pub acts: Vec<String>,
    #[serde(default)]
    pub av: String,
    /// Off the rail of a case that goes its way: only the refused come here.
    #[serde(default)]
    pub aside: bool,
}

/// An act that follows from what stands open rather than from the stage, until the case is archived.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    pub act: String,
    /// The fact while which it is offered; absent: always.
    #[serde(default)]
    pub when: Option<String>,
}

/// A term a statute sets for an act itself, with its dates of force.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatutoryTerm {
    pub id: String,
    pub within: Term,
    pub article: String,
    pub in_force: InForce,
}

/// What follows in the same act when a paper is approved or refused.
#[derive(Clone, Debug, Deserialize)]
pub struct Effect {
    pub on: String,
    pub event: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct EvidenceKind {
    pub code: String,
    pub title: String,
    #[serde(default)]
    pub article: String,
}

#[derive(Clone, Debug, Deserialize, serde::Serialize)]
pub struct Law {
    pub id: String,
    pub title: String,
    #[serde(flatten)]
    pub rest: toml::Table,
}

/// What is wrong with the data: the file, and what it should have said.
#[derive(Debug, thiserror::Error)]
pub enum RulebookError {
    #[error("regulation file {path} is missing")]
    MissingFile { path: String },
    #[error("regulation file {path}: {message}")]
    Malformed { path: String, message: String },
    #[error("rule {rule} in {path} uses the unknown name `{name}`")]
    UnknownName { path: String, rule: String, name: String },
    #[error("rule id {rule} stands twice")]
    Twice { rule: String },
}

impl Rulebook {
    /// Parses all files of `regulation/` (path relative to it → text). Files of `DATA/regulation`
    /// are merged over them by the caller.
    pub fn parse(files: BTreeMap<String, String>) -> Result<Rulebook, RulebookError> {
        let edition: Edition = one(&files, "editions/2019-09-30/articles.toml")?;
        let mut rules = Rules::default();
        let mut procedures = BTreeMap::new();
        let mut causes = BTreeMap::new();
        for (path, text) in &files {
            if path.contains("/rules/") && path.ends_with(".toml") {
                let mut more: Rules = parse(path, text)?;
                more.check_names(path)?;
                // The bureau's own rule binds cases opened since its publication (Art. 33).
                if path.starts_with("editions/") {
                    more.bind_from(edition.in_force_from);
                }
                rules.gates.extend(more.gates);
                rules.checks.extend(more.checks);
                rules.duties.extend(more.duties);
                rules.windows.extend(more.windows);
                rules.nevers.extend(more.nevers);
            } else if path.contains("/procedures/") && path.ends_with(".toml") {
                let procedure: Procedure = parse(path, text)?;
                procedures.insert(procedure.id.clone(), procedure);
            } else if path.starts_with("causes/") && path.ends_with(".toml") {
                let file: CauseFile = parse(path, text)?;
                for mut cause in file.causes {
                    if cause.questions.is_empty() {
                        cause.questions = file.questions.clone();
                    }
                    causes.insert(cause.id.clone(), cause);
                }
            }
        }
        rules.check_ids()?;
        let index: PaperIndex = one(&files, "papers/INDEX.toml")?;
        let common = schema(&files, papers::COMMON_SCHEMA)?;
        let mut papers = BTreeMap::new();
        for mut form in index.papers {
            form.number_format = index.number.format.replace("{prefix}", &index.number.prefix);
            let path = format!("papers/{}/fields.schema.json", form.kind);
            form.schema = papers::with_common(schema(&files, &path)?, &common)
                .map_err(|name| RulebookError::UnknownName { path: path.clone(), rule: form.kind.clone(), name })?;
            papers.insert(form.kind.clone(), form);
        }
        let kinds: EvidenceKinds = one(&files, "evidence-kinds.toml")?;
        let laws: Laws = one(&files, "statutes/laws.toml")?;
        let terms: Terms = one(&files, "statutes/terms.toml")?;
        let calendars = calendars(&files)?;
        let book = Rulebook {
            edition,
            rules,
            papers,
            causes,
            procedures,
            evidence_kinds: kinds.kinds,
            laws: laws.laws,
            terms: terms.terms,
            calendars,
            case_number_format: index.number.case_format.replace("{prefix}", &index.number.prefix),
            clue_number_format: index.number.clue_format.replace("{prefix}", &index.number.prefix),
            files,
        };
        book.check_acts()?;
        Ok(book)
    }

    /// The term a statute sets on a day.
    pub fn term(&self, id: &str, day: Date) -> Option<&StatutoryTerm> {
        let holds = |f: &InForce| f.from.is_none_or(|from| day >= from) && f.to.is_none_or(|to| day <= to);
        self.terms.iter().find(|t| t.id == id && holds(&t.in_force))
    }

    /// Every act a rule or a procedure names is one of the registry.
    fn check_acts(&self) -> Result<(), RulebookError> {
        let named = |owner: &str, act: &str| match acts::known(self, act.trim()) {
            true => Ok(()),
            false => Err(RulebookError::UnknownName { path: "rules, procedures".into(), rule: owner.into(), name: act.trim().into() }),
        };
        for (rule, act) in self.rules.acts() {
            act.split(';').try_for_each(|one| named(rule, one))?;
        }
        for procedure in self.procedures.values() {
            let stages = procedure.stages.iter().flat_map(|s| &s.acts);
            stages.chain(procedure.standing.iter().map(|s| &s.act)).try_for_each(|act| named(&procedure.id, act))?;
            for fact in procedure.standing.iter().filter_map(|s| s.when.as_deref()) {
                if facts::find(split_call(fact).0).is_none() {
                    return Err(RulebookError::UnknownName { path: "procedures".into(), rule: procedure.id.clone(), name: fact.into() });
                }
            }
        }
        Ok(())
    }

    pub fn paper(&self, kind: &str) -> Option<&PaperForm> {
        self.papers.get(kind)
    }

    /// The paper's Chinese title; its kind where the rulebook no longer knows it.
    pub fn paper_title<'a>(&'a self, kind: &'a str) -> &'a str {
        self.papers.get(kind).map_or(kind, |p| p.title.as_str())
    }
}

impl Rules {
    fn check_names(&self, path: &str) -> Result<(), RulebookError> {
        let unknown = |rule: &str, name: &str| {
            Err(RulebookError::UnknownName { path: path.into(), rule: rule.into(), name: name.into() })
        };
        for (rule, name) in self.fact_names() {
            if facts::find(&name).is_none() {
                return unknown(&rule, &name);
            }
        }
        for check in &self.checks {
            let (name, _) = split_call(&check.that);
            if checks::find(name).is_none() {
                return unknown(&check.id, name);
            }
        }
        Ok(())
    }

    /// Rules without dates of their own bind from a day on, by the opening of the case.
    fn bind_from(&mut self, from: Date) {
        let edition = InForce { from: Some(from), to: None, applies: Applies::CaseOpened };
        let forces = self.gates.iter_mut().map(|r| &mut r.in_force);
        let forces = forces.chain(self.checks.iter_mut().map(|r| &mut r.in_force));
        let forces = forces.chain(self.duties.iter_mut().map(|r| &mut r.in_force));
        let forces = forces.chain(self.windows.iter_mut().map(|r| &mut r.in_force));
        for force in forces {
            force.get_or_insert_with(|| edition.clone());
        }
    }

    /// Every fact a rule names: (rule id, fact name).
    pub fn fact_names(&self) -> Vec<(String, String)> {
        let mut names = vec![];
        let mut add = |rule: &str, expression: &str| {
            for part in expression.split(';') {
                let fact = part.rsplit(" after ").next().unwrap_or(part);
                names.push((rule.to_owned(), split_call(fact.trim()).0.to_owned()));
            }
        };
        for g in &self.gates {
            g.all.iter().chain(&g.any).chain(g.or_else.iter()).for_each(|f| add(&g.id, f));
        }
        for c in &self.checks {
            c.cured_by.iter().for_each(|f| add(&c.id, f));
        }
        for d in &self.duties {
            add(&d.id, &d.from);
            add(&d.id, &d.owed);
            d.by.iter().chain(d.void_when.iter()).chain(d.only_if.iter()).for_each(|f| add(&d.id, f));
        }
        for w in &self.windows {
            add(&w.id, &w.opens);
            w.closes.iter().chain(w.unless.iter()).for_each(|f| add(&w.id, f));
        }
        for n in &self.nevers {
            add(&n.id, &n.until);
        }
        names
    }

    /// The act each rule is about: (rule id, act pattern).
    pub fn acts(&self) -> impl Iterator<Item = (&str, &str)> {
        let gates = self.gates.iter().map(|r| (r.id.as_str(), r.act.as_str()));
        let checks = self.checks.iter().map(|r| (r.id.as_str(), r.act.as_str()));
        let windows = self.windows.iter().map(|r| (r.id.as_str(), r.act.as_str()));
        let nevers = self.nevers.iter().map(|r| (r.id.as_str(), r.act.as_str()));
        gates.chain(checks).chain(windows).chain(nevers)
    }

    /// Ids of all rules with their article.
    pub fn ids(&self) -> Vec<(&str, &str)> {
        let mut ids: Vec<(&str, &str)> = vec![];
        ids.extend(self.gates.iter().map(|r| (r.id.as_str(), r.article.as_str())));
        ids.extend(self.checks.iter().map(|r| (r.id.as_str(), r.article.as_str())));
        ids.extend(self.duties.iter().map(|r| (r.id.as_str(), r.article.as_str())));
        ids.extend(self.windows.iter().map(|r| (r.id.as_str(), r.article.as_str())));
        ids.extend(self.nevers.iter().map(|r| (r.id.as_str(), r.article.as_str())));
        ids
    }

    fn check_ids(&self) -> Result<(), RulebookError> {
        let mut seen = std::collections::BTreeSet::new();
        for (id, _) in self.ids() {
            if !seen.insert(id) {
                return Err(RulebookError::Twice { rule: id.to_owned() });
            }
        }
        Ok(())
    }
}

/// `served(prior-notice)` → (`served`, [`prior-notice`]).
pub fn split_call(text: &str) -> (&str, Vec<&str>) {
    match text.trim().split_once('(') {
        Some((name, rest)) => {
            let args = rest.trim_end_matches(')').split(',').map(str::trim).filter(|a| !a.is_empty()).collect();
            (name.trim(), args)
        }
        None => (text.trim(), vec![]),
    }
}

/// `calendar/bounds.toml` and every `calendar/<year>.toml` that is there.
fn calendars(files: &BTreeMap<String, String>) -> Result<Calendars, RulebookError> {
    let wrong = |path: &str, e: &dyn std::fmt::Display| RulebookError::Malformed { path: path.into(), message: e.to_string() };
    let bounds = "calendar/bounds.toml";
    let text = files.get(bounds).ok_or_else(|| RulebookError::MissingFile { path: bounds.into() })?;
    let mut calendars = Calendars::new(Bounds::parse(text).map_err(|e| wrong(bounds, &e))?);
    for (path, text) in files {
        let year = path.strip_prefix("calendar/").and_then(|p| p.strip_suffix(".toml")).and_then(|y| y.parse::<i16>().ok());
        if let Some(year) = year {
            calendars.add(Calendar::parse(year, text).map_err(|e| wrong(path, &e))?);
        }
    }
    Ok(calendars)
}

#[derive(Deserialize)]
struct PaperIndex {
    number: NumberFormat,
    #[serde(rename = "paper")]
    papers: Vec<PaperForm>,
}
#[derive(Deserialize)]
struct NumberFormat {
    prefix: String,
    format: String,
    case_format: String,
    clue_format: String,
}
#[derive(Deserialize)]
struct CauseFile {
    #[serde(default)]
    questions: Vec<String>,
    #[serde(rename = "cause")]
    causes: Vec<Cause>,
}
#[derive(Deserialize)]
struct EvidenceKinds {
    #[serde(rename = "kind")]
    kinds: Vec<EvidenceKind>,
}
#[derive(Deserialize)]
struct Terms {
    #[serde(rename = "term")]
    terms: Vec<StatutoryTerm>,
}
#[derive(Deserialize)]
struct Laws {
    #[serde(rename = "law")]
    laws: Vec<Law>,
}

fn schema(files: &BTreeMap<String, String>, path: &str) -> Result<serde_json::Value, RulebookError> {
    let text = files.get(path).ok_or_else(|| RulebookError::MissingFile { path: path.into() })?;
    serde_json::from_str(text).map_err(|e| RulebookError::Malformed { path: path.into(), message: e.to_string() })
}

fn one<T: for<'a> Deserialize<'a>>(files: &BTreeMap<String, String>, path: &str) -> Result<T, RulebookError> {
    let text = files.get(path).ok_or_else(|| RulebookError::MissingFile { path: path.into() })?;
    parse(path, text)
}

fn parse<T: for<'a> Deserialize<'a>>(path: &str, text: &str) -> Result<T, RulebookError> {
    toml::from_str(text).map_err(|e| RulebookError::Malformed { path: path.into(), message: e.to_string() })
}
