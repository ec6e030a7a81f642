//! `liuhen demo`: a fictitious bureau in an empty directory.

use crate::places::{DEMO_ACCOUNTS, Places};
use casework::Clock;
use clap::Args;
use std::process::ExitCode;

#[derive(Args)]
pub struct Demo {
    #[command(flatten)]
    places: Places,
}

impl Demo {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.places.settings();
        if std::fs::read_dir(&settings.data).is_ok_and(|mut dir| dir.next().is_some()) {
            anyhow::bail!("{} 不是空目录；演示单位只在空目录中建立", settings.data.display());
        }
        let data = settings.data.clone();
        let today = Clock::System.now().date();
        let office = casework::demo::open(settings, today).await?;
        let accounts = casework::demo::fill(&office, today).await?;
        office.close().await;
        let mut lines = String::new();
        for a in &accounts {
            lines.push_str(&format!("{}\t{}\t{}\n", a.role, a.account, a.password));
        }
        std::fs::write(data.join(DEMO_ACCOUNTS), &lines)?;
        print!("{lines}");
        Ok(ExitCode::SUCCESS)
    }
}
