//! `liuhen verify`: recomputes from content, beside a running server or on a store that will not start.

use crate::places::Places;
use casework::Clock;
use casework::verify::{Progress, VerifyReport, verify};
use clap::Args;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Exit code of a ledger that is not as it should be; 1 is a fault of the program.
const UNSOUND: u8 = 3;

#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    places: Places,
}

impl Verify {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let report = verify(&self.places.settings(), Clock::System.now(), &mut show).await?;
        println!("{}", words(&report));
        Ok(code(&report))
    }
}

/// How far it is, on a terminal only.
pub fn show(progress: Progress) {
    if std::io::stderr().is_terminal() {
        match progress {
            Progress::Entries(done, of) => eprint!("\r账本 {done}/{of} 项   "),
            Progress::Files(done, of) => eprint!("\r文件 {done}/{of} 份   "),
        }
    }
}

/// Everything found, in ledger order, and the sum of it.
pub fn words(report: &VerifyReport) -> String {
    let mut lines: Vec<String> = report.notes.iter().map(|note| format!("提示：{note}")).collect();
    for finding in &report.findings {
        let place = finding.sequence.map(|s| format!("第 {s} 项 · ")).unwrap_or_default();
        lines.push(format!("不符：{place}{}", finding.text_zh));
    }
    lines.push(format!(
        "已核验账本 {} 项，打开成员 {} 个，封存未打开 {} 个，文件 {} 份，案件 {} 件；账本根 {}",
        report.entries_checked, report.members_opened, report.members_sealed, report.blobs_checked, report.cases_checked, report.root
    ));
    lines.push(if report.is_sound() { "核验通过".into() } else { format!("核验不通过：{} 处不符", report.findings.len()) });
    lines.join("\n")
}

pub fn code(report: &VerifyReport) -> ExitCode {
    if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(UNSOUND) }
}
