//! Numbers of clues, cases and papers: one series a kind and year, without gaps.

/// Fills `{year}` and `{seq}` of a number's format.
pub fn fill(format: &str, year: i16, ordinal: i64) -> String {
    format.replace("{year}", &year.to_string()).replace("{seq}", &ordinal.to_string())
}

/// The series a case number is taken from.
pub fn case_series(year: i16) -> String {
    format!("案/{year}")
}
