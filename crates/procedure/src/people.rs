//! People as the law sees them: roles, relations to a case, certificates valid on a day.

use crate::ids::{DepartmentId, PersonId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A role of `regulation/roles.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Officer,
    SectionHead,
    AgencyHead,
    DeputyHead,
    LegalReviewer,
    Archivist,
    Supervisor,
    SuperiorBody,
    SystemAdmin,
    SecurityAdmin,
    AuditAdmin,
}

impl Role {
    pub const ALL: [Role; 11] = [
        Role::Officer,
        Role::SectionHead,
        Role::AgencyHead,
        Role::DeputyHead,
        Role::LegalReviewer,
        Role::Archivist,
        Role::Supervisor,
        Role::SuperiorBody,
        Role::SystemAdmin,
        Role::SecurityAdmin,
        Role::AuditAdmin,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Role::Officer => "officer",
            Role::SectionHead => "section-head",
            Role::AgencyHead => "agency-head",
            Role::DeputyHead => "deputy-head",
            Role::LegalReviewer => "legal-reviewer",
            Role::Archivist => "archivist",
            Role::Supervisor => "supervisor",
            Role::SuperiorBody => "superior-body",
            Role::SystemAdmin => "system-admin",
            Role::SecurityAdmin => "security-admin",
            Role::AuditAdmin => "audit-admin",
        }
    }

    pub fn parse(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }

    pub fn title(self) -> &'static str {
        match self {
            Role::Officer => "执法人员",
            Role::SectionHead => "承办机构负责人",
            Role::AgencyHead => "行政机关负责人",
            Role::DeputyHead => "行政机关副职负责人",
            Role::LegalReviewer => "法制审核人员",
            Role::Archivist => "档案管理员",
            Role::Supervisor => "监督人员",
            Role::SuperiorBody => "上级机关",
            Role::SystemAdmin => "系统管理员",
            Role::SecurityAdmin => "安全管理员",
            Role::AuditAdmin => "审计管理员",
        }
    }

    /// The three administrators touch no case (三员).
    pub fn is_administrator(self) -> bool {
        matches!(self, Role::SystemAdmin | Role::SecurityAdmin | Role::AuditAdmin)
    }
}

/// A person who acts, as the accounts and the officers' register know them today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub roles: Vec<Role>,
    pub department: DepartmentId,
    pub certificates: Vec<Certificate>,
    /// Number of the legal professional qualification (法律职业资格), for reviewers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualification: Option<String>,
}

impl Person {
    pub fn holds(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The person as an event remembers them: with the certificate that counts on that day.
    pub fn seen_on(&self, day: Date) -> OfficerSeen {
        let valid = self.certificates.iter().find(|c| c.valid_on(day));
        let shown = valid.or_else(|| self.certificates.last());
        OfficerSeen {
            id: self.id.clone(),
            name: self.name.clone(),
            certificate: shown.map(|c| c.number.clone()).unwrap_or_default(),
            valid: valid.is_some(),
        }
    }
}

/// An enforcement certificate (执法证件) with its term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub number: String,
    pub from: Date,
    pub to: Date,
}

impl Certificate {
    pub fn valid_on(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
}

/// An officer as an event saw them, so that the fold replays without the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficerSeen {
    pub id: PersonId,
    pub name: String,
    pub certificate: String,
    /// Whether a certificate was valid on the day it happened.
    pub valid: bool,
}
