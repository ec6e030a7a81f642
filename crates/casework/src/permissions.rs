//! What a person may do and see: one table that pages, API and tests share. Role first, then the
//! relation to the case; what binds is per case.

use crate::error::ActError;
use crate::office::{Caller, Office};
use crate::registers::RegisterName;
use procedure::Case;
use procedure::ids::DepartmentId;
use procedure::people::{Person, Role};

/// What can be done or seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Power {
    RegisterClue,
    SeeClues,
    AcceptClue,
    SeeCases,
    AssignHandlers,
    /// Everything a handler does in a case: papers, evidence, service.
    Investigate,
    Review,
    Approve,
    DecideFlaw,
    BindVolume,
    GrantViewing,
    SeeViewings,
    SeeRegisters,
    EditRegisters,
    /// The register of parties: people of cases, so no administrator's.
    SeeParties,
    EditParties,
    ManageAccounts,
    SeeLedger,
    Supervise,
}

/// Where a power holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only where the person is a handler of the case.
    OwnCases,
    /// Where the case belongs to the person's department.
    Department,
    Everywhere,
}

use Power as P;
use Reach::{Department, Everywhere, OwnCases};
use Role as R;

/// The table. A person has a power by any of the roles held; no line means no.
pub const TABLE: &[(Power, Role, Reach)] = &[
    (P::RegisterClue, R::Officer, Everywhere),
    (P::RegisterClue, R::SectionHead, Everywhere),
    (P::SeeClues, R::Officer, Department),
    (P::SeeClues, R::SectionHead, Department),
    (P::SeeClues, R::AgencyHead, Everywhere),
    (P::SeeClues, R::DeputyHead, Everywhere),
    (P::SeeClues, R::Supervisor, Everywhere),
    (P::AcceptClue, R::Officer, Department),
    (P::AcceptClue, R::SectionHead, Department),
    (P::SeeCases, R::Officer, OwnCases),
    (P::SeeCases, R::SectionHead, Department),
    (P::SeeCases, R::AgencyHead, Everywhere),
    (P::SeeCases, R::DeputyHead, Everywhere),
    (P::SeeCases, R::LegalReviewer, Everywhere),
    (P::SeeCases, R::Archivist, Everywhere),
    (P::SeeCases, R::Supervisor, Everywhere),
    (P::SeeCases, R::SuperiorBody, Everywhere),
    (P::AssignHandlers, R::SectionHead, Department),
    (P::AssignHandlers, R::AgencyHead, Everywhere),
    (P::Investigate, R::Officer, OwnCases),
    (P::Review, R::LegalReviewer, Everywhere),
    (P::Approve, R::SectionHead, Department),
    (P::Approve, R::AgencyHead, Everywhere),
    (P::Approve, R::DeputyHead, Everywhere),
    (P::Approve, R::LegalReviewer, Everywhere),
    (P::Approve, R::Officer, OwnCases),
    (P::DecideFlaw, R::AgencyHead, Everywhere),
    (P::BindVolume, R::Officer, OwnCases),
    (P::BindVolume, R::Archivist, Everywhere),
    (P::GrantViewing, R::Archivist, Everywhere),
    (P::SeeViewings, R::Archivist, Everywhere),
    (P::SeeViewings, R::AgencyHead, Everywhere),
    (P::SeeViewings, R::Supervisor, Everywhere),
    (P::SeeViewings, R::AuditAdmin, Everywhere),
    (P::SeeRegisters, R::Officer, Everywhere),
    (P::SeeRegisters, R::SectionHead, Everywhere),
    (P::SeeRegisters, R::AgencyHead, Everywhere),
    (P::SeeRegisters, R::DeputyHead, Everywhere),
    (P::SeeRegisters, R::LegalReviewer, Everywhere),
    (P::SeeRegisters, R::Archivist, Everywhere),
    (P::SeeRegisters, R::Supervisor, Everywhere),
    (P::SeeRegisters, R::SuperiorBody, Everywhere),
    (P::SeeRegisters, R::SystemAdmin, Everywhere),
    (P::SeeRegisters, R::SecurityAdmin, Everywhere),
    (P::EditRegisters, R::SystemAdmin, Everywhere),
    (P::SeeParties, R::Officer, Everywhere),
    (P::SeeParties, R::SectionHead, Everywhere),
    (P::SeeParties, R::AgencyHead, Everywhere),
    (P::SeeParties, R::DeputyHead, Everywhere),
    (P::SeeParties, R::LegalReviewer, Everywhere),
    (P::SeeParties, R::Archivist, Everywhere),
    (P::SeeParties, R::Supervisor, Everywhere),
    (P::SeeParties, R::SuperiorBody, Everywhere),
    (P::EditParties, R::SectionHead, Everywhere),
    (P::EditParties, R::Archivist, Everywhere),
    (P::ManageAccounts, R::SecurityAdmin, Everywhere),
    (P::SeeLedger, R::AgencyHead, Everywhere),
    (P::SeeLedger, R::Archivist, Everywhere),
    (P::SeeLedger, R::Supervisor, Everywhere),
    (P::SeeLedger, R::SuperiorBody, Everywhere),
    (P::SeeLedger, R::AuditAdmin, Everywhere),
    (P::SeeLedger, R::SystemAdmin, Everywhere),
    (P::Supervise, R::AgencyHead, Everywhere),
    (P::Supervise, R::DeputyHead, Everywhere),
    (P::Supervise, R::Supervisor, Everywhere),
    (P::Supervise, R::SuperiorBody, Everywhere),
];

/// The power to see a register.
pub fn sees_register(register: RegisterName) -> Power {
    if register == RegisterName::Parties { P::SeeParties } else { P::SeeRegisters }
}

/// The power to change a register.
pub fn edits_register(register: RegisterName) -> Power {
    if register == RegisterName::Parties { P::EditParties } else { P::EditRegisters }
}

/// How far a person's power reaches; none where the person has it nowhere.
pub fn reach(person: &Person, power: Power) -> Option<Reach> {
    let rank = |r: Reach| match r {
        OwnCases => 0,
        Department => 1,
        Everywhere => 2,
    };
    TABLE
        .iter()
        .filter(|(p, role, _)| *p == power && person.holds(*role))
        .map(|(_, _, reach)| *reach)
        .max_by_key(|r| rank(*r))
}

/// Whether the power holds for this case.
pub fn holds(person: &Person, power: Power, case: &Case) -> bool {
    TABLE.iter().filter(|(p, role, _)| *p == power && person.holds(*role)).any(|(_, _, reach)| match reach {
        Everywhere => true,
        Department => person.department.0 == case.department,
        OwnCases => case.handles(&person.id) || (power == P::SeeCases && case.ever_handlers.contains(&person.id)),
    })
}

impl Office {
    /// Allows, or says no: what one may not know of is not found, what one may not do is said so.
    pub(crate) fn allow(&self, caller: &Caller, power: Power, case: Option<&Case>) -> Result<(), ActError> {
        let person = &caller.person;
        match case {
            None if reach(person, power).is_some() => Ok(()),
            None => Err(ActError::NotAllowed("您的岗位没有这项权限".into())),
            Some(case) if holds(person, power, case) => Ok(()),
            Some(case) if holds(person, P::SeeCases, case) => {
                Err(ActError::NotAllowed("您不是本案的承办人或者没有相应岗位，不能办理这一事项".into()))
            }
            Some(_) => Err(ActError::NotFound),
        }
    }

    pub(crate) fn allow_department(&self, caller: &Caller, power: Power, department: &DepartmentId) -> Result<(), ActError> {
        match reach(&caller.person, power) {
            Some(Everywhere) => Ok(()),
            Some(_) if caller.person.department == *department => Ok(()),
            Some(_) => Err(ActError::NotFound),
            None => Err(ActError::NotAllowed("您的岗位没有这项权限".into())),
        }
    }
}
