//! Amounts in fen: read as officers type them, shown as pages show them, written
//! in capital characters (大写) as papers must, and the daily late fine.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount in fen (分), the hundredth of a yuan.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("没有填写金额")]
    Empty,
    #[error("“{text}”不是金额，请写成35000、35,000.50或3.5万")]
    NotAnAmount { text: String },
    #[error("“{text}”的千位分隔不对，应每三位一个")]
    Grouping { text: String },
    #[error("“{text}”比分还小，金额最多写到分")]
    TooFine { text: String },
    #[error("“{text}”超过了一万亿元")]
    TooLarge { text: String },
}

/// One trillion yuan; what is larger is a slip of the keyboard.
const LARGEST_FEN: i128 = 1_000_000_000_000 * 100;

impl Fen {
    pub fn from_yuan(yuan: i64) -> Self {
        Self(yuan.saturating_mul(100))
    }

    /// Capital characters after 《正确填写票据和结算凭证的基本规定》:
    /// `人民币叁万伍仟元整`. A negative amount begins with 负.
    pub fn in_capitals(self) -> String {
        let fen = self.0.unsigned_abs();
        let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
        let mut text = String::from("人民币");
        if self.0 < 0 {
            text.push('负');
        }
        if yuan > 0 || (jiao == 0 && fen == 0) {
            text.push_str(&whole_in_capitals(yuan));
            text.push('元');
        }
        if jiao == 0 && fen == 0 {
            text.push('整');
            return text;
        }
        // Zero in the yuan place, or in the jiao place before fen, is written once.
        if yuan > 0 && (yuan % 10 == 0 || jiao == 0) {
            text.push('零');
        }
        if jiao > 0 {
            text.push(capital(jiao));
            text.push('角');
        }
        if fen > 0 {
            text.push(capital(fen));
            text.push('分');
        }
        text
    }
}

/// `35,000.00元`.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fen = self.0.unsigned_abs();
        let digits = (fen / 100).to_string();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{:02}元", fen % 100)
    }
}

/// Reads `35000`, `35,000`, `35 000.50`, `3.5万`, with or without ¥ and 元, in
/// half or full width.
impl FromStr for Fen {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let shown = text.trim().to_owned();
        let plain: String = shown.chars().map(half_width).collect();
        let plain = plain.trim();
        let plain = plain.strip_prefix('¥').unwrap_or(plain);
        let plain = plain.strip_suffix('元').unwrap_or(plain).trim();
        if plain.is_empty() {
            return Err(MoneyError::Empty);
        }
        let (number, fen_each) = match (plain.strip_suffix('万'), plain.strip_suffix('亿')) {
            (Some(number), _) => (number.trim(), 1_000_000_i128),
            (_, Some(number)) => (number.trim(), 10_000_000_000),
            _ => (plain, 100),
        };
        let (whole, decimals) = match number.split_once('.') {
            Some((_, "")) => return Err(MoneyError::NotAnAmount { text: shown }),
            Some(parts) => parts,
            None => (number, ""),
        };
        let whole = ungrouped(whole, &shown)?;
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(&whole) || !is_number(decimals) {
            return Err(MoneyError::NotAnAmount { text: shown });
        }
        let decimals = decimals.trim_end_matches('0');
        if whole.trim_start_matches('0').len() > 13 {
            return Err(MoneyError::TooLarge { text: shown });
        }
        if decimals.len() > 10 {
            return Err(MoneyError::TooFine { text: shown });
        }
        let mut fen = digits_value(&whole) * fen_each;
        let parts = digits_value(decimals) * fen_each;
        let divisor = decimals.bytes().fold(1_i128, |power, _| power * 10);
        if parts % divisor != 0 {
            return Err(MoneyError::TooFine { text: shown });
        }
        fen += parts / divisor;
        if fen > LARGEST_FEN {
            return Err(MoneyError::TooLarge { text: shown });
        }
        i64::try_from(fen)
            .map(Self)
            .map_err(|_| MoneyError::TooLarge { text: shown })
    }
}

/// The fine for paying late: 3 % of the principal a day, never more than the
/// principal (行政处罚法 §72), cut to the fen in the party's favour. Days under
/// review or suit are not counted (§73): leave them out of `days_counted`.
pub fn late_fine(principal: Fen, days_counted: u32) -> Fen {
    let owed = i128::from(principal.0.max(0));
    let fine = (owed * 3 * i128::from(days_counted) / 100).min(owed);
    Fen(i64::try_from(fine).unwrap_or(principal.0))
}

fn digits_value(digits: &str) -> i128 {
    digits
        .bytes()
        .fold(0, |value, byte| value * 10 + i128::from(byte - b'0'))
}

/// Takes out the marks between thousands, which must stand every three digits.
fn ungrouped(whole: &str, shown: &str) -> Result<String, MoneyError> {
    let groups: Vec<&str> = whole.split([',', ' ', '\u{a0}', '\u{202f}']).collect();
    let (first, rest) = groups.split_first().unwrap_or((&"", &[]));
    if !rest.is_empty()
        && (first.is_empty() || first.len() > 3 || rest.iter().any(|group| group.len() != 3))
    {
        return Err(MoneyError::Grouping {
            text: shown.to_owned(),
        });
    }
    Ok(groups.concat())
}

fn half_width(character: char) -> char {
    match character {
        '０'..='９' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        '，' => ',',
        '．' => '.',
        '￥' => '¥',
        '\u{3000}' => ' ',
        other => other,
    }
}

fn capital(digit: u64) -> char {
    const CAPITALS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
    usize::try_from(digit)
        .ok()
        .and_then(|digit| CAPITALS.get(digit).copied())
        .unwrap_or('零')
}

fn whole_in_capitals(number: u64) -> String {
    const UNITS: [(u64, char); 5] = [
        (100_000_000, '亿'),
        (10_000, '万'),
        (1_000, '仟'),
        (100, '佰'),
        (10, '拾'),
    ];
    for (size, name) in UNITS {
        if number < size {
            continue;
        }
        let mut text = whole_in_capitals(number / size);
        text.push(name);
        let rest = number % size;
        if rest > 0 {
            // A gap of any length is one 零.
            if rest < size / 10 {
                text.push('零');
            }
            text.push_str(&whole_in_capitals(rest));
        }
        return text;
    }
    capital(number).to_string()
}
