//! Published codes pass, and a code with a slip says where it is wrong.

use jiff::civil::date;
use procedure::identifiers::{
    CertificateNumber, CreditCode, CreditCodeFault, DONGXIHU, Division, PersonKind, PersonNumber, PhoneNumber,
    PersonNumberError,
};

#[test]
fn published_credit_codes_pass() {
    for code in [
        "91500102MA612XK23A",
        "91230500MA1B3N1N2M",
        "11230500001755309F",
        "91350100M000100Y43",
        "91420112MA4K0A1B61",
        "11420112MB1A2B3CXU",
    ] {
        let read = CreditCode::parse(code).map(|code| code.to_string());
        assert_eq!(read.as_deref(), Ok(code));
    }
    let typed = CreditCode::parse(" 91420112ma4k0a1b61 ").expect("code");
    assert_eq!(typed.as_str(), "91420112MA4K0A1B61");
    assert_eq!(typed.division(), Some(DONGXIHU));
}

#[test]
fn a_wrong_credit_code_names_each_wrong_part() {
    let faults = |code| CreditCode::parse(code).expect_err(code).faults;
    assert_eq!(
        faults("91420112MA4K0A1B62"),
        [CreditCodeFault::Check { expected: '1' }]
    );
    // A slip inside places 9 to 16 breaks both checks.
    let both = faults("91500102MA613XK23A");
    assert!(matches!(
        both[..],
        [
            CreditCodeFault::Organisation { .. },
            CreditCodeFault::Check { .. }
        ]
    ));
    // A slip in the division breaks the last check alone.
    assert!(matches!(
        faults("91500103MA612XK23A")[..],
        [CreditCodeFault::Check { .. }]
    ));
    assert!(matches!(
        faults("91190102MA612XK23A")[..],
        [CreditCodeFault::Division, CreditCodeFault::Check { .. }]
    ));
    assert_eq!(
        faults("9150O102MA612XK23A"),
        [CreditCodeFault::Character {
            place: 5,
            character: 'O'
        }]
    );
    let text = CreditCode::parse("9142").expect_err("short").to_string();
    assert_eq!(text, "统一社会信用代码有误：应为18位，现为4位");
    let text = CreditCode::parse("91420112MA4K0A1B62")
        .expect_err("check")
        .to_string();
    assert_eq!(text, "统一社会信用代码有误：第18位校验码不符，应为“1”");
}

#[test]
fn the_identity_number_of_the_standard_passes() {
    let number = PersonNumber::parse("11010519491231002x").expect("number");
    assert_eq!(number.as_str(), "11010519491231002X");
    assert_eq!(number.birth_date(), date(1949, 12, 31));
    assert_eq!(number.kind(), PersonKind::Resident);
    assert_eq!(number.note(), None);
}

#[test]
fn a_wrong_identity_number_says_what_is_wrong() {
    let wrong = |number| PersonNumber::parse(number).expect_err(number);
    assert_eq!(
        wrong("110105194912310021"),
        PersonNumberError::Check { expected: 'X' }
    );
    assert_eq!(
        wrong("11010519490231002X"),
        PersonNumberError::BirthDate { digits: 19_490_231 }
    );
    assert_eq!(
        wrong("99010519491231002").to_string(),
        "公民身份号码应为18位（旧证15位），现为17位"
    );
    assert_eq!(
        wrong("19010519491231002X"),
        PersonNumberError::Province { province: 19 }
    );
    assert_eq!(
        wrong("1101051949123100XX"),
        PersonNumberError::Character {
            place: 17,
            character: 'X'
        }
    );
    assert_eq!(
        wrong("11010519491231002A"),
        PersonNumberError::Character {
            place: 18,
            character: 'A'
        }
    );
}

#[test]
fn an_old_number_of_fifteen_digits_passes_with_a_note() {
    let number = PersonNumber::parse("110105491231002").expect("number");
    assert_eq!(number.birth_date(), date(1949, 12, 31));
    assert_eq!(number.note(), Some("15位旧号码，没有校验位，请核对新证"));
}

#[test]
fn residence_permits_are_told_apart() {
    let kind = |number| PersonNumber::parse(number).expect(number).kind();
    assert_eq!(kind("810000199001011230"), PersonKind::HongKongOrMacao);
    assert_eq!(kind("830000200002294569"), PersonKind::Taiwan);
    // The sample printed on the permanent residence card of 2023.
    assert_eq!(kind("911124198108030024"), PersonKind::Foreigner);
}

#[test]
fn a_year_of_age_is_full_on_the_day_after_the_birthday() {
    let number = PersonNumber::parse("420112201203010015").expect("number");
    assert_eq!(number.age_on(date(2026, 2, 28)), Some(13));
    assert_eq!(number.age_on(date(2026, 3, 1)), Some(13));
    assert_eq!(number.age_on(date(2026, 3, 2)), Some(14));
    assert_eq!(number.age_on(date(2012, 3, 1)), Some(0));
    assert_eq!(number.age_on(date(2012, 2, 29)), None);
    // Born on 29 February: full after 28 February in common years.
    let leap = PersonNumber::parse("830000200002294569").expect("number");
    assert_eq!(leap.age_on(date(2018, 2, 28)), Some(17));
    assert_eq!(leap.age_on(date(2018, 3, 1)), Some(18));
}

#[test]
fn certificate_numbers_have_the_pattern_of_those_seen() {
    for number in ["03000121012", "R200400178", "17010123"] {
        assert!(CertificateNumber::parse(number).is_ok(), "{number}");
    }
    for number in [
        "1701012",
        "1234567890123",
        "r200400178",
        "鄂A0001234567",
        "",
    ] {
        assert!(CertificateNumber::parse(number).is_err(), "{number}");
    }
}

#[test]
fn telephone_numbers_are_those_of_the_numbering_plan() {
    for number in [
        "13900000000", "+86 139 0000 0000", "0086-13900000000", "027-80010001", "(027)80010001", "0710-3010001",
        "80010001", "027-80010001-8003", "027-80010001转8003", "400-800-0000", "12345", "110", "95598",
    ] {
        assert!(PhoneNumber::parse(number).is_ok(), "{number}");
    }
    for number in ["abc", "", "1390000000", "12900000000", "23900000000", "139000000001", "027-8001000a", "0027-80010001", "１３９", "027-80010001转甲"] {
        assert!(PhoneNumber::parse(number).is_err(), "{number}");
    }
    let said = PhoneNumber::parse(" abc ").expect_err("letters are no number").to_string();
    assert!(said.starts_with("“abc”不是电话号码"), "{said}");
}

#[test]
fn division_codes_are_those_of_wuhan() {
    assert_eq!(DONGXIHU.to_string(), "420112");
    assert_eq!(DONGXIHU.name_zh(), Some("东西湖区"));
    assert_eq!(
        Division::parse("420106").expect("code").name_zh(),
        Some("武昌区")
    );
    assert!(Division::parse("990000").is_err());
    assert!(Division::parse("42011").is_err());
}
