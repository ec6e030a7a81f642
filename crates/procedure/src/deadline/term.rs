//! Lengths of time as the rules write them; every unit is a type of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// 工作日, without week-ends and holidays (行政处罚法 §85, 行政强制法 §69).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkingDays(pub u32);

/// 日, every day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CalendarDays(pub u32);

/// 月, to the day of the same number, or the month's last (民法典 §202).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Months(pub u32);

/// 小时, by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hours(pub u32);

/// 年, to the day of the same date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Years(pub u32);

/// A length of time as the rules write it: `2 working days`, `30 days`,
/// `3 months`, `24 hours`, `10 years`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Term {
    WorkingDays(WorkingDays),
    CalendarDays(CalendarDays),
    Months(Months),
    Hours(Hours),
    Years(Years),
}

/// A text that is no term.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{text}” is no term: write “2 working days”, “30 days”, “3 months”, “24 hours” or “10 years”, of at most a hundred years"
)]
pub struct TermError {
    pub text: String,
}

impl Term {
    /// As papers print it: `2个工作日`.
    pub fn zh(self) -> String {
        let (count, unit) = self.count_and_unit();
        format!("{count}{unit}")
    }

    /// As pages show it, with a space: `2 个工作日`.
    pub fn zh_spaced(self) -> String {
        let (count, unit) = self.count_and_unit();
        format!("{count} {unit}")
    }

    fn count_and_unit(self) -> (u32, &'static str) {
        match self {
            Self::WorkingDays(WorkingDays(count)) => (count, "个工作日"),
            Self::CalendarDays(CalendarDays(count)) => (count, "日"),
            Self::Months(Months(count)) => (count, "个月"),
            Self::Hours(Hours(count)) => (count, "小时"),
            Self::Years(Years(count)) => (count, "年"),
        }
    }
}

impl FromStr for Term {
    type Err = TermError;

    fn from_str(text: &str) -> Result<Self, TermError> {
        let wrong = || TermError {
            text: text.to_owned(),
        };
        let (count, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let count: u32 = count.parse().map_err(|_| wrong())?;
        let (term, most) = match unit.trim() {
            "working day" | "working days" => (Self::WorkingDays(WorkingDays(count)), 26_100),
            "day" | "days" => (Self::CalendarDays(CalendarDays(count)), 36_500),
            "month" | "months" => (Self::Months(Months(count)), 1_200),
            "hour" | "hours" => (Self::Hours(Hours(count)), 876_000),
            "year" | "years" => (Self::Years(Years(count)), 100),
            _ => return Err(wrong()),
        };
        if count == 0 || count > most {
            return Err(wrong());
        }
        Ok(term)
    }
}

/// As the rules write it, so that it reads back.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, _) = self.count_and_unit();
        let unit = match self {
            Self::WorkingDays(_) => "working day",
            Self::CalendarDays(_) => "day",
            Self::Months(_) => "month",
            Self::Hours(_) => "hour",
            Self::Years(_) => "year",
        };
        write!(f, "{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

impl TryFrom<String> for Term {
    type Error = TermError;

    fn try_from(text: String) -> Result<Self, TermError> {
        text.parse()
    }
}

impl From<Term> for String {
    fn from(term: Term) -> Self {
        term.to_string()
    }
}
