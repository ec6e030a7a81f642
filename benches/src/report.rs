//! The table at the end: every figure with its limit, its peer and whether it was met.

use std::time::Duration;

/// What a figure is held against.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    AtLeast(f64),
    Below(f64),
    /// Shown for comparison only.
    Peer,
}

struct Line {
    name: String,
    measured: f64,
    unit: &'static str,
    limit: Limit,
    beside: String,
}

#[derive(Default)]
pub struct Report {
    lines: Vec<Line>,
}

impl Report {
    pub fn new() -> Report {
        Report::default()
    }

    /// Adds a figure and shows it at once; `beside` is its peer, or what it was made of.
    pub fn add(&mut self, name: impl Into<String>, measured: f64, unit: &'static str, limit: Limit, beside: impl Into<String>) {
        let line = Line { name: name.into(), measured, unit, limit, beside: beside.into() };
        println!("  {}: {} {}  {}", line.name, shown(measured), unit, line.beside);
        self.lines.push(line);
    }

    pub fn any_missed(&self) -> bool {
        self.lines.iter().any(|l| l.met() == Some(false))
    }

    pub fn print(&self) {
        let wide = self.lines.iter().map(|l| l.name.chars().count()).max().unwrap_or_default();
        println!("\n{:wide$}  {:>12} {:8} {:>14}  {:6}  beside", "figure", "measured", "", "limit", "");
        for line in &self.lines {
            let limit = match line.limit {
                Limit::AtLeast(limit) => format!(">= {}", shown(limit)),
                Limit::Below(limit) => format!("< {}", shown(limit)),
                Limit::Peer => String::new(),
            };
            let verdict = line.met().map_or("", |met| if met { "met" } else { "MISSED" });
            println!("{:wide$}  {:>12} {:8} {limit:>14}  {verdict:6}  {}", line.name, shown(line.measured), line.unit, line.beside);
        }
    }
}

impl Line {
    fn met(&self) -> Option<bool> {
        match self.limit {
            Limit::AtLeast(limit) => Some(self.measured >= limit),
            Limit::Below(limit) => Some(self.measured < limit),
            Limit::Peer => None,
        }
    }
}

fn shown(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

/// The value in the middle; of an even number the lower of the two.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// The smallest value that this share of all values does not exceed.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
