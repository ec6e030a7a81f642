//! A cause of action (案由) and the fine its law allows: which of its tiers the facts fall into.

use jiff::civil::Date;
use serde::Deserialize;

/// A cause of action with basis, range and flags.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
pub struct Cause {
    pub id: String,
    pub title: String,
    pub domain: String,
    #[serde(default)]
    pub competence: String,
    #[serde(default)]
    pub verified: bool,
    #[serde(default)]
    pub questions: Vec<String>,
    /// Everything else as the data file says it: basis, range, hearing, coercion, minors.
    #[serde(flatten)]
    pub rest: toml::Table,
}

/// One row of a cause's range: whom and when it meets, and the fine it allows.
#[derive(Clone, Debug, Deserialize)]
struct Tier {
    /// Id in the register of laws.
    law: String,
    #[serde(default)]
    tier: String,
    /// `person`: the penalty of somebody responsible, who is a party of his own.
    #[serde(default)]
    applies_to: String,
    /// Inclusive, in fen.
    gains_fen_min: Option<i64>,
    /// Exclusive, in fen.
    gains_fen_below: Option<i64>,
    turnover_fen_min: Option<i64>,
    turnover_fen_below: Option<i64>,
    multiple_of: Option<String>,
    multiple_min: Option<i64>,
    multiple_max: Option<i64>,
    fine_fen_min: Option<i64>,
    fine_fen_max: Option<i64>,
    in_force_from: Option<Date>,
    in_force_to: Option<Date>,
}

/// The tier of a grave case, where the statute names another fine for it.
const GRAVE: &str = "严重";

/// What a fine depends on besides the cause.
#[derive(Clone, Debug, Default)]
pub struct FineFacts<'a> {
    /// Illegal gains as the investigation found them; none were found where nothing is said.
    pub gains_fen: i64,
    /// Illegal turnover; unknown where no paper states it.
    pub turnover_fen: Option<i64>,
    /// The party is a natural person.
    pub person: bool,
    /// Ids of the laws the paper names as its basis; empty: any of the cause's.
    pub laws: Vec<&'a str>,
    /// The tier of discretion as the paper says it; empty: not said.
    pub discretion: &'a str,
    pub on: Option<Date>,
}

/// The least and the greatest fine in fen; without a greatest where a multiple has nothing known
/// to multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FineRange {
    pub min_fen: i64,
    pub max_fen: Option<i64>,
}

impl Cause {
    fn tiers(&self) -> Vec<Tier> {
        let rows = self.rest.get("range").and_then(|r| r.as_array()).into_iter().flatten();
        rows.filter_map(|row| row.clone().try_into().ok()).collect()
    }

    /// The fine the law allows on these facts: a multiple of illegal gains where they reach the
    /// tier of multiples, else the fixed tier. A law that names no fine allows none. `None` where
    /// the data has no range at all.
    pub fn fine_range(&self, facts: &FineFacts) -> Option<FineRange> {
        let all = self.tiers();
        if all.is_empty() {
            return None;
        }
        // Responsible persons have a tier of their own where the law gives them one.
        let of_person = |t: &Tier| t.applies_to == "person";
        let persons = all.iter().all(of_person) || (facts.person && all.iter().any(of_person));
        let cited = all.iter().any(|t| facts.laws.contains(&t.law.as_str()));
        let met: Vec<&Tier> = all
            .iter()
            .filter(|t| of_person(t) == persons)
            .filter(|t| !cited || facts.laws.contains(&t.law.as_str()))
            .filter(|t| facts.on.is_none_or(|day| t.in_force_from.is_none_or(|from| day >= from) && t.in_force_to.is_none_or(|to| day <= to)))
            .filter(|t| t.meets(facts))
            .collect();
        let graded = |t: &&&Tier| {
            let beside = |grave: bool| met.iter().any(|o| o.law == t.law && (o.tier == GRAVE) == grave && o.fine_fen_max.is_some());
            // Only where a law names two fines must the paper choose; it chooses by its discretion.
            facts.discretion.is_empty()
                || !(beside(true) && beside(false))
                || (t.tier == GRAVE) == facts.discretion.contains(GRAVE)
        };
        let fines: Vec<FineRange> = met.iter().filter(graded).filter_map(|t| t.fine(facts)).collect();
        let Some(min_fen) = fines.iter().map(|f| f.min_fen).min() else {
            return Some(FineRange { min_fen: 0, max_fen: Some(0) });
        };
        let max_fen: Option<Vec<i64>> = fines.iter().map(|f| f.max_fen).collect();
        Some(FineRange { min_fen, max_fen: max_fen.and_then(|all| all.into_iter().max()) })
    }

    /// A list of sentences of the data file, such as the articles violated.
    pub fn strings(&self, name: &str) -> Vec<String> {
        self.rest
            .get(name)
            .and_then(|v| v.as_array())
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect()
    }
}

impl Tier {
    fn meets(&self, facts: &FineFacts) -> bool {
        let within = |amount: i64, min: Option<i64>, below: Option<i64>| min.is_none_or(|m| amount >= m) && below.is_none_or(|b| amount < b);
        within(facts.gains_fen, self.gains_fen_min, self.gains_fen_below)
            && facts.turnover_fen.is_none_or(|amount| within(amount, self.turnover_fen_min, self.turnover_fen_below))
    }

    fn fine(&self, facts: &FineFacts) -> Option<FineRange> {
        let Some(of) = &self.multiple_of else {
            return self.fine_fen_max.map(|max| FineRange { min_fen: self.fine_fen_min.unwrap_or(0), max_fen: Some(max) });
        };
        let (least, most) = (self.multiple_min.unwrap_or(0), self.multiple_max.unwrap_or(0));
        Some(match if of == "illegal-gains" { Some(facts.gains_fen) } else { facts.turnover_fen } {
            Some(amount) => FineRange { min_fen: amount.saturating_mul(least), max_fen: Some(amount.saturating_mul(most)) },
            None => FineRange { min_fen: self.turnover_fen_min.unwrap_or(0).saturating_mul(least), max_fen: None },
        })
    }
}
