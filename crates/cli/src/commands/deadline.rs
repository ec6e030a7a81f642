//! `liuhen deadline`: the date on the first line, then how it came about.

use clap::Args;
use jiff::civil::Date;
use procedure::deadline::{self, Rolls, Term};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub struct Deadline {
    /// 起算日，如 2026-02-12
    from: Date,
    /// 期限，如 "5 working days"、"30 days"、"3 months"
    term: String,
    /// 最后一日遇休息日顺延（当事人的期限）
    #[arg(long)]
    rolls: bool,
    /// 使用这个数据目录中另行载入的日历
    #[arg(long, env = "LIUHEN_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Deadline {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let term: Term = self.term.parse()?;
        let book = casework::load_rulebook(self.data.as_deref())?;
        let rolls = if self.rolls { Rolls::Forward } else { Rolls::ShowBoth };
        let due = deadline::due(self.from.at(0, 0, 0, 0), term, rolls, &[], &book.calendars);
        let Some(day) = due.certain() else {
            let years: Vec<String> = due.derivation.missing_years.iter().map(|y| format!("{y}年")).collect();
            anyhow::bail!("{}的日历尚未载入，不能确定日期（最早 {}，最迟 {}）", years.join("、"), due.earliest.date(), due.latest.date());
        };
        println!("{}", day.date());
        for line in due.derivation.lines_zh() {
            println!("{line}");
        }
        Ok(ExitCode::SUCCESS)
    }
}
