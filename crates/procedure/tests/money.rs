//! Amounts as they are typed, shown, written in capitals; the fine for paying late.

use procedure::money::{Fen, MoneyError, late_fine};

#[test]
fn amounts_are_read_as_officers_type_them() {
    for (text, fen) in [
        ("35,000", 3_500_000),
        ("35 000.50", 3_500_050),
        ("3.5万", 3_500_000),
        ("3.5万元", 3_500_000),
        ("35000", 3_500_000),
        ("￥35，000．5元", 3_500_050),
        ("０．０５", 5),
        ("1.2亿", 12_000_000_000),
        ("0.000001万", 1),
        ("200元", 20_000),
        ("0", 0),
    ] {
        assert_eq!(text.parse(), Ok(Fen(fen)), "{text}");
    }
}

#[test]
fn what_is_no_amount_is_refused_with_the_reason() {
    for (text, reason) in [
        ("", "没有填写金额"),
        ("元", "没有填写金额"),
        ("三万五", "“三万五”不是金额，请写成35000、35,000.50或3.5万"),
        ("-5", "“-5”不是金额，请写成35000、35,000.50或3.5万"),
        ("5.", "“5.”不是金额，请写成35000、35,000.50或3.5万"),
        ("3,5000", "“3,5000”的千位分隔不对，应每三位一个"),
        (",500", "“,500”的千位分隔不对，应每三位一个"),
        ("1.005", "“1.005”比分还小，金额最多写到分"),
        ("99999亿", "“99999亿”超过了一万亿元"),
    ] {
        let error: MoneyError = text.parse::<Fen>().expect_err(text);
        assert_eq!(error.to_string(), reason);
    }
}

#[test]
fn amounts_are_shown_with_thousands_and_fen() {
    assert_eq!(Fen(3_500_000).to_string(), "35,000.00元");
    assert_eq!(Fen(99_999).to_string(), "999.99元");
    assert_eq!(Fen(12_345_678_905).to_string(), "123,456,789.05元");
    assert_eq!(Fen(0).to_string(), "0.00元");
    assert_eq!(Fen(-150).to_string(), "-1.50元");
}

/// The examples printed in 《正确填写票据和结算凭证的基本规定》, and amounts of fines.
#[test]
fn capitals_follow_the_rules_for_filling_in_bills() {
    for (fen, words) in [
        (140_950, "人民币壹仟肆佰零玖元伍角"),
        (600_714, "人民币陆仟零柒元壹角肆分"),
        (168_032, "人民币壹仟陆佰捌拾元零叁角贰分"),
        (10_700_053, "人民币壹拾万柒仟元零伍角叁分"),
        (1_640_902, "人民币壹万陆仟肆佰零玖元零贰分"),
        (32_504, "人民币叁佰贰拾伍元零肆分"),
        (3_500_000, "人民币叁万伍仟元整"),
        (1_000, "人民币壹拾元整"),
        (20_000, "人民币贰佰元整"),
        (10_000_100, "人民币壹拾万零壹元整"),
        (10_000_000_000, "人民币壹亿元整"),
        (1_000_100_000, "人民币壹仟万壹仟元整"),
        (100_000_001_000_000, "人民币壹万亿零壹万元整"),
        (50, "人民币伍角"),
        (5, "人民币伍分"),
        (0, "人民币零元整"),
    ] {
        assert_eq!(Fen(fen).in_capitals(), words);
    }
}

#[test]
fn the_late_fine_reaches_the_principal_on_the_34th_day() {
    let principal = Fen::from_yuan(35_000);
    assert_eq!(late_fine(principal, 0), Fen(0));
    assert_eq!(late_fine(principal, 1), Fen::from_yuan(1_050));
    assert_eq!(late_fine(principal, 33), Fen::from_yuan(34_650));
    assert_eq!(late_fine(principal, 34), principal);
    assert_eq!(late_fine(principal, u32::MAX), principal);
    // 3 % of 333.33 yuan is 9.9999 yuan.
    assert_eq!(late_fine(Fen(33_333), 1), Fen(999));
}
