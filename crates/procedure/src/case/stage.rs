//! The stage of the rail a case stands in (Art. 6).

use super::Case;

impl Case {
    /// The stage of the rail the case stands in.
    pub fn stage(&self) -> Stage {
        let issued = |kind: &str| self.of_kind(kind).any(|p| p.issued.is_some());
        let submitted = |kind: &str| self.of_kind(kind).next().is_some();
        if self.archived_at.is_some() {
            Stage::Archived
        } else if self.concluded_at.is_some() {
            Stage::Concluded
        } else if self.declined_at.is_some() {
            Stage::Declined
        } else if self.of_kind("penalty-decision").any(|p| p.issued.is_some() && !p.services.is_empty()) {
            Stage::Performance
        } else if issued("penalty-decision") {
            Stage::Service
        } else if issued("prior-notice") || submitted("decision-approval") {
            Stage::Decision
        } else if submitted("investigation-report") {
            Stage::Review
        } else if self.filed_at.is_some() {
            Stage::Investigation
        } else {
            Stage::Accepted
        }
    }
}

/// The stations of the ordinary penalty's rail (Art. 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Accepted,
    Investigation,
    Review,
    Decision,
    Service,
    Performance,
    Concluded,
    Archived,
    Declined,
}

impl Stage {
    pub const ALL: [Stage; 9] = [
        Stage::Accepted,
        Stage::Investigation,
        Stage::Review,
        Stage::Decision,
        Stage::Service,
        Stage::Performance,
        Stage::Concluded,
        Stage::Archived,
        Stage::Declined,
    ];
    pub fn code(self) -> &'static str {
        match self {
            Stage::Accepted => "accepted",
            Stage::Investigation => "investigation",
            Stage::Review => "review",
            Stage::Decision => "decision",
            Stage::Service => "service",
            Stage::Performance => "performance",
            Stage::Concluded => "concluded",
            Stage::Archived => "archived",
            Stage::Declined => "declined",
        }
    }
    pub fn parse(code: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|s| s.code() == code)
    }
    pub fn title(self) -> &'static str {
        match self {
            Stage::Accepted => "受案",
            Stage::Investigation => "调查取证",
            Stage::Review => "审核",
            Stage::Decision => "决定",
            Stage::Service => "送达",
            Stage::Performance => "履行",
            Stage::Concluded => "终结",
            Stage::Archived => "归档",
            Stage::Declined => "不予立案",
        }
    }
}
