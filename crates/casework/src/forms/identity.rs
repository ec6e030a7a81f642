//! Numbers of persons and organisations in a form, checked by what kind of party bears them.

use crate::error::FieldProblem;
use jiff::civil::Date;
use procedure::event::{Party, PartyKind};
use procedure::identifiers::{CreditCode, PersonNumber};

/// What is wrong with a party's number: 身份证件号码 of a person (GB 11643), 统一社会信用代码
/// of an organisation or an individual business (GB 32100). Blank and struck numbers are none;
/// a person's passport or permit, which begins with a letter, carries no check.
pub fn identity_problem(field: &str, kind: PartyKind, id_number: &str) -> Option<FieldProblem> {
    let number = id_number.trim();
    if number.is_empty() || number == "/" {
        return None;
    }
    let message = match kind {
        PartyKind::Person if is_travel_document(number) => return None,
        PartyKind::Person => PersonNumber::parse(number).err()?.to_string(),
        PartyKind::Organisation | PartyKind::IndividualBusiness => match CreditCode::parse(number) {
            Err(error) => error.to_string(),
            Ok(code) => match (kind, code.is_sole_trader()) {
                (PartyKind::Organisation, true) => {
                    "统一社会信用代码以92开头的是个体工商户，请核对当事人类型".to_owned()
                }
                (PartyKind::IndividualBusiness, false) => {
                    "个体工商户的统一社会信用代码以92开头，请核对当事人类型".to_owned()
                }
                _ => return None,
            },
        },
    };
    Some(FieldProblem { field: field.to_owned(), message })
}

/// What is wrong with the number of somebody who is no party: only numbers as long as a
/// resident's identity number are held to its check, since other documents have none.
pub(super) fn resident_problem(field: &str, id_number: &str) -> Option<FieldProblem> {
    let number = id_number.trim();
    if number.chars().count() != 18 {
        return None;
    }
    let error = PersonNumber::parse(number).err()?;
    Some(FieldProblem { field: field.to_owned(), message: error.to_string() })
}

/// Whether a party is a person under eighteen on a day, by the birth date in the number
/// (未成年人保护法2). An unreadable number says nothing.
pub fn is_minor(party: &Party, on: Date) -> bool {
    party.kind == PartyKind::Person
        && PersonNumber::parse(&party.id_number)
            .ok()
            .and_then(|number| number.age_on(on))
            .is_some_and(|age| age < 18)
}

/// Passports and travel permits: a letter first, shorter than an identity number.
fn is_travel_document(number: &str) -> bool {
    (5..15).contains(&number.len())
        && number.starts_with(|c: char| c.is_ascii_alphabetic())
        && number.bytes().all(|b| b.is_ascii_alphanumeric())
}
