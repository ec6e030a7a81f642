//! How somebody can be reached, checked before it is recorded: telephone numbers of parties, and
//! the ways an informant left.

use crate::error::FieldProblem;
use procedure::identifiers::PhoneNumber;

/// What is wrong with a party's telephone number. Blank and struck ones are none; several numbers
/// are parted by 、 or a comma.
pub fn phone_problem(field: &str, phone: &str) -> Option<FieldProblem> {
    if is_none(phone) {
        return None;
    }
    let numbers = phone.split(['、', '，', ',', '；', ';', '/']).map(str::trim).filter(|number| !number.is_empty());
    let error = numbers.map(PhoneNumber::parse).find_map(Result::err)?;
    Some(FieldProblem { field: field.to_owned(), message: error.to_string() })
}

/// What is wrong with the way an informant left to be reached: a telephone number, an e-mail
/// address, or words, for a letter comes from a place and a platform has names of its own.
pub fn contact_problem(field: &str, contact: &str) -> Option<FieldProblem> {
    let in_words = contact.chars().any(|c| !c.is_ascii() && c.is_alphabetic());
    if is_none(contact) || in_words || is_mail_address(contact.trim()) || phone_problem(field, contact).is_none() {
        return None;
    }
    let message = "请填写手机号码、座机号码（例如027-80010001）、电子邮箱或者通信地址".to_owned();
    Some(FieldProblem { field: field.to_owned(), message })
}

fn is_none(text: &str) -> bool {
    matches!(text.trim(), "" | "/" | "／")
}

fn is_mail_address(text: &str) -> bool {
    let known = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._%+-".contains(&b));
    text.split_once('@').is_some_and(|(name, place)| known(name) && known(place) && place.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_a_number_of_the_plan_or_several() {
        for phone in ["", "/", "13900000000", "027-80010001", "027-80010001、13900000000", "12345"] {
            assert_eq!(phone_problem("party.phone", phone), None, "{phone}");
        }
        for phone in ["abc", "1390000000", "027-80010001、没有"] {
            let problem = phone_problem("party.phone", phone).expect(phone);
            assert!(problem.field == "party.phone" && problem.message.contains("不是电话号码"), "{}", problem.message);
        }
    }

    #[test]
    fn an_informant_leaves_a_number_a_mail_address_or_words() {
        for contact in ["13900000000", "someone@example.com", "武汉市某某路1号", "未留", "/"] {
            assert_eq!(contact_problem("informant.contact", contact), None, "{contact}");
        }
        for contact in ["abc", "123", "@example"] {
            assert!(contact_problem("informant.contact", contact).is_some(), "{contact}");
        }
    }
}
