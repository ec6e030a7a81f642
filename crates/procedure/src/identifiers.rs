//! Numbers that carry their own check: unified social credit codes, resident
//! identity numbers, enforcement certificates, telephone numbers, administrative divisions.

use std::fmt;

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// 东西湖区 in GB/T 2260.
pub const DONGXIHU: Division = Division(420_112);

/// 统一社会信用代码, checked after GB 32100-2015; 18 characters, upper case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode(String);

/// A code that is wrong, with every wrong part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditCodeError {
    pub faults: Vec<CreditCodeFault>,
}

/// One wrong part of a unified social credit code. Places count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeFault {
    #[error("应为18位，现为{length}位")]
    Length { length: usize },
    #[error("第{place}位“{character}”不在代码字符集内（数字和大写字母，不用I、O、S、V、Z）")]
    Character { place: usize, character: char },
    #[error("第1位登记管理部门代码“{character}”不存在")]
    Registrar { character: char },
    #[error("第3至8位登记管理机关行政区划码应为6位数字，且前两位是省级代码")]
    Division,
    #[error("第9至17位主体标识码（组织机构代码）的校验位不符，第17位应为“{expected}”")]
    Organisation { expected: char },
    #[error("第18位校验码不符，应为“{expected}”")]
    Check { expected: char },
}

impl fmt::Display for CreditCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("统一社会信用代码有误：")?;
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("；")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for CreditCodeError {}

const CREDIT_CODE_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const CREDIT_CODE_WEIGHTS: [u32; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// 登记管理部门: 机构编制, 外交, 司法行政, 文化, 民政, 旅游, 宗教, 工会, 市场监管,
/// 军委编制, 农业, 其他.
const REGISTRARS: &str = "123456789ANY";

impl CreditCode {
    /// Reads a code; spaces around it and lower case are taken as slips.
    ///
    /// # Errors
    /// Names every part that is wrong.
    pub fn parse(text: &str) -> Result<Self, CreditCodeError> {
        let code = text.trim().to_ascii_uppercase();
        let characters: Vec<char> = code.chars().collect();
        if characters.len() != 18 {
            let faults = vec![CreditCodeFault::Length {
                length: characters.len(),
            }];
            return Err(CreditCodeError { faults });
        }
        let faults = credit_code_faults(&characters);
        if faults.is_empty() {
            Ok(Self(code))
        } else {
            Err(CreditCodeError { faults })
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the body was registered: places 3 to 8.
    pub fn division(&self) -> Option<Division> {
        self.0.get(2..8).and_then(|part| Division::parse(part).ok())
    }

    /// 个体工商户 have codes that begin with 92.
    pub fn is_sole_trader(&self) -> bool {
        self.0.starts_with("92")
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CreditCode {
    type Error = CreditCodeError;

    fn try_from(text: String) -> Result<Self, CreditCodeError> {
        Self::parse(&text)
    }
}

impl From<CreditCode> for String {
    fn from(code: CreditCode) -> Self {
        code.0
    }
}

fn credit_code_faults(characters: &[char]) -> Vec<CreditCodeFault> {
    let mut faults = Vec::new();
    let mut values = Vec::with_capacity(characters.len());
    for (index, &character) in characters.iter().enumerate() {
        match (0..)
            .zip(CREDIT_CODE_ALPHABET.chars())
            .find(|&(_, known)| known == character)
        {
            Some((value, _)) => values.push(value),
            None => faults.push(CreditCodeFault::Character {
                place: index + 1,
                character,
            }),
        }
    }
    // With a foreign character no check digit can be worked out.
    if !faults.is_empty() {
        return faults;
    }
    if let Some(&character) = characters.first()
        && !REGISTRARS.contains(character)
    {
        faults.push(CreditCodeFault::Registrar { character });
    }
    let division: String = characters.iter().skip(2).take(6).collect();
    // Central bodies are registered under 100000.
    if division != "100000" && Division::parse(&division).is_err() {
        faults.push(CreditCodeFault::Division);
    }
    let expected = organisation_check(characters.get(8..16).unwrap_or_default());
    if characters.get(16) != Some(&expected) {
        faults.push(CreditCodeFault::Organisation { expected });
    }
    let sum: u32 = values
        .iter()
        .zip(CREDIT_CODE_WEIGHTS)
        .map(|(value, weight)| value * weight)
        .sum();
    let check = (31 - sum % 31) % 31;
    let expected = (0..)
        .zip(CREDIT_CODE_ALPHABET.chars())
        .find(|&(value, _)| value == check);
    if let Some((_, expected)) = expected
        && characters.get(17) != Some(&expected)
    {
        faults.push(CreditCodeFault::Check { expected });
    }
    faults
}

/// The check character of GB 11714 for the eight before it.
fn organisation_check(body: &[char]) -> char {
    let sum: u32 = body
        .iter()
        .zip(ORGANISATION_WEIGHTS)
        .map(|(character, weight)| character.to_digit(36).unwrap_or(0) * weight)
        .sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

/// What kind of card a personal number stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonKind {
    /// 居民身份证
    Resident,
    /// 港澳居民居住证, 81 and 82
    HongKongOrMacao,
    /// 台湾居民居住证, 83
    Taiwan,
    /// 外国人永久居留身份证 of 2023, begins with 9
    Foreigner,
}

impl PersonKind {
    pub fn zh(self) -> &'static str {
        match self {
            Self::Resident => "居民身份证",
            Self::HongKongOrMacao => "港澳居民居住证",
            Self::Taiwan => "台湾居民居住证",
            Self::Foreigner => "外国人永久居留身份证",
        }
    }
}

/// 公民身份号码 (GB 11643-1999) and the numbers of residence permits built alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonNumber {
    number: String,
    birth_date: Date,
    kind: PersonKind,
}

/// Why a text is no personal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonNumberError {
    #[error("公民身份号码应为18位（旧证15位），现为{length}位")]
    Length { length: usize },
    #[error("公民身份号码第{place}位“{character}”有误，前17位应为数字，末位可为X")]
    Character { place: usize, character: char },
    #[error("公民身份号码前两位“{province}”不是省级行政区划代码")]
    Province { province: u32 },
    #[error("公民身份号码中的出生日期“{digits}”不存在")]
    BirthDate { digits: u32 },
    #[error("公民身份号码校验位不符，第18位应为“{expected}”")]
    Check { expected: char },
}

const PERSON_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const PERSON_CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

impl PersonNumber {
    /// Reads a number of 18 places, or of 15 as on cards before 1999.
    ///
    /// # Errors
    /// Names the first part that is wrong.
    pub fn parse(text: &str) -> Result<Self, PersonNumberError> {
        let number = text.trim().to_ascii_uppercase();
        let characters: Vec<char> = number.chars().collect();
        let length = characters.len();
        if length != 18 && length != 15 {
            return Err(PersonNumberError::Length { length });
        }
        let mut digits = Vec::with_capacity(17);
        for (index, &character) in characters.iter().take(17).enumerate() {
            let digit = character.to_digit(10).ok_or(PersonNumberError::Character {
                place: index + 1,
                character,
            })?;
            digits.push(digit);
        }
        let kind = person_kind(&digits)?;
        // A 15-digit number leaves out the century, which is the twentieth.
        let birth = if length == 18 {
            joined(&digits, 6, 8)
        } else {
            19_000_000 + joined(&digits, 6, 6)
        };
        let birth_date = date_of(birth).ok_or(PersonNumberError::BirthDate { digits: birth })?;
        if let Some(&last) = characters.get(17) {
            if last != 'X' && !last.is_ascii_digit() {
                return Err(PersonNumberError::Character {
                    place: 18,
                    character: last,
                });
            }
            let expected = person_check(&digits);
            if last != expected {
                return Err(PersonNumberError::Check { expected });
            }
        }
        Ok(Self {
            number,
            birth_date,
            kind,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.number
    }

    pub fn kind(&self) -> PersonKind {
        self.kind
    }

    pub fn birth_date(&self) -> Date {
        self.birth_date
    }

    /// The note to show beside a number without check digit.
    pub fn note(&self) -> Option<&'static str> {
        (self.number.len() == 15).then_some("15位旧号码，没有校验位，请核对新证")
    }

    /// Full years (周岁) on a day: a year is full from the day after the birthday.
    /// `None` before birth.
    pub fn age_on(&self, day: Date) -> Option<u32> {
        if day < self.birth_date {
            return None;
        }
        let years = day.year() - self.birth_date.year();
        let birthday = self
            .birth_date
            .checked_add(Span::new().years(years))
            .unwrap_or(Date::MAX);
        let full = if day > birthday { years } else { years - 1 };
        // On the day of birth itself no year is full.
        Some(u32::try_from(full).unwrap_or(0))
    }
}

impl fmt::Display for PersonNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.number)
    }
}

impl TryFrom<String> for PersonNumber {
    type Error = PersonNumberError;

    fn try_from(text: String) -> Result<Self, PersonNumberError> {
        Self::parse(&text)
    }
}

impl From<PersonNumber> for String {
    fn from(number: PersonNumber) -> Self {
        number.number
    }
}

fn person_kind(digits: &[u32]) -> Result<PersonKind, PersonNumberError> {
    if digits.first() == Some(&9) {
        // The old card of foreigners had letters: nine and fifteen digits is neither.
        return if digits.len() == 17 {
            Ok(PersonKind::Foreigner)
        } else {
            Err(PersonNumberError::Province {
                province: joined(digits, 0, 2),
            })
        };
    }
    let province = joined(digits, 0, 2);
    match joined(digits, 0, 6) {
        810_000 | 820_000 => Ok(PersonKind::HongKongOrMacao),
        830_000 => Ok(PersonKind::Taiwan),
        _ if is_province(province) => Ok(PersonKind::Resident),
        _ => Err(PersonNumberError::Province { province }),
    }
}

fn person_check(digits: &[u32]) -> char {
    let sum: u32 = digits
        .iter()
        .zip(PERSON_WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    (0..)
        .zip(PERSON_CHECKS)
        .find(|&(remainder, _)| remainder == sum % 11)
        .map_or('0', |(_, check)| check)
}

fn joined(digits: &[u32], from: usize, count: usize) -> u32 {
    digits
        .iter()
        .skip(from)
        .take(count)
        .fold(0, |number, digit| number * 10 + digit)
}

/// `20080229` as a date.
fn date_of(digits: u32) -> Option<Date> {
    let year = i16::try_from(digits / 10_000).ok()?;
    let month = i8::try_from(digits / 100 % 100).ok()?;
    let day = i8::try_from(digits % 100).ok()?;
    (year >= 1800).then(|| Date::new(year, month, day).ok())?
}

/// 执法证号: at most one letter and eight to twelve digits. No national format is
/// published; this is the pattern of the certificates seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CertificateNumber(String);

/// A text that is no enforcement certificate number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}”不是执法证号，应为8至12位数字，前面可有一个大写字母")]
pub struct CertificateNumberError {
    pub text: String,
}

impl CertificateNumber {
    /// # Errors
    /// When the text does not have the pattern.
    pub fn parse(text: &str) -> Result<Self, CertificateNumberError> {
        let number = text.trim();
        let digits = number
            .strip_prefix(|first: char| first.is_ascii_uppercase())
            .unwrap_or(number);
        if (8..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(number.to_owned()))
        } else {
            Err(CertificateNumberError {
                text: number.to_owned(),
            })
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CertificateNumber {
    type Error = CertificateNumberError;

    fn try_from(text: String) -> Result<Self, CertificateNumberError> {
        Self::parse(&text)
    }
}

impl From<CertificateNumber> for String {
    fn from(number: CertificateNumber) -> Self {
        number.0
    }
}

/// A telephone number of the mainland as the national numbering plan has it (电信网编号计划, 2017):
/// a mobile, a land line with or without its area code, a 400 or 800 number, or a short public
/// number. Spaces, hyphens and brackets part its groups; an extension may follow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// A text that is no telephone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}”不是电话号码，请填写11位手机号码，或者区号加座机号码（例如027-80010001）")]
pub struct PhoneNumberError {
    pub text: String,
}

impl PhoneNumber {
    /// # Errors
    /// When the text is none of the numbers the plan knows.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let number = text.trim();
        let wrong = || PhoneNumberError { text: number.to_owned() };
        let (own, extension) = number.split_once(['转', '#']).unwrap_or((number, ""));
        let mut groups = own.split([' ', '-', '－', '—', '(', ')', '（', '）']).filter(|group| !group.is_empty()).peekable();
        if matches!(groups.peek(), Some(&"+86" | &"86" | &"0086")) {
            groups.next();
        }
        let mut digits: String = groups.collect();
        if let Some(rest) = digits.strip_prefix("+86") {
            digits = rest.to_owned();
        }
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(&digits) || !all_digits(extension.trim()) || extension.trim().len() > 6 || !is_in_plan(&digits) {
            return Err(wrong());
        }
        Ok(Self(number.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the plan knows a number of these digits; the last six may be an extension that a hyphen
/// parted from a land line.
fn is_in_plan(digits: &str) -> bool {
    let first = |count: usize| digits.get(..count).and_then(|part| part.parse::<u32>().ok()).unwrap_or_default();
    match digits.len() {
        3 => matches!(digits, "110" | "114" | "119" | "120" | "122"),
        // 12345, 95xxx, 96xxxx
        5 | 6 => digits.starts_with(['1', '9']),
        // A land line of this town.
        7 | 8 => digits.starts_with(['2', '3', '4', '5', '6', '7', '8']) || digits.starts_with("96"),
        10 if matches!(first(3), 400 | 800) => true,
        11 if matches!(first(2), 13..=19) => true,
        10..=18 => digits.starts_with('0') && !digits.starts_with("00"),
        _ => false,
    }
}

/// An administrative division of GB/T 2260, six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Division(u32);

/// A text that is no division code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}”不是行政区划代码，应为6位数字，前两位是省级代码")]
pub struct DivisionError {
    pub text: String,
}

impl Division {
    /// # Errors
    /// When it is not six digits that begin with a province.
    pub fn parse(text: &str) -> Result<Self, DivisionError> {
        let text = text.trim();
        let wrong = || DivisionError {
            text: text.to_owned(),
        };
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let code: u32 = text.parse().map_err(|_| wrong())?;
        if is_province(code / 10_000) {
            Ok(Self(code))
        } else {
            Err(wrong())
        }
    }

    pub fn code(self) -> u32 {
        self.0
    }

    /// The name, for 湖北, 武汉 and its districts.
    pub fn name_zh(self) -> Option<&'static str> {
        Some(match self.0 {
            420_000 => "湖北省",
            420_100 => "武汉市",
            420_102 => "江岸区",
            420_103 => "江汉区",
            420_104 => "硚口区",
            420_105 => "汉阳区",
            420_106 => "武昌区",
            420_107 => "青山区",
            420_111 => "洪山区",
            420_112 => "东西湖区",
            420_113 => "汉南区",
            420_114 => "蔡甸区",
            420_115 => "江夏区",
            420_116 => "黄陂区",
            420_117 => "新洲区",
            _ => return None,
        })
    }
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl TryFrom<String> for Division {
    type Error = DivisionError;

    fn try_from(text: String) -> Result<Self, DivisionError> {
        Self::parse(&text)
    }
}

impl From<Division> for String {
    fn from(division: Division) -> Self {
        division.to_string()
    }
}

fn is_province(code: u32) -> bool {
    matches!(code, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81 | 82)
}
