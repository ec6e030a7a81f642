//! `liuhen backup`, `restore`, `backup-keys`.

use crate::commands::verify;
use crate::places::Places;
use casework::Clock;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub struct Backup {
    /// 备份到这个目录；已有的保管库文件只补新增的
    to: PathBuf,
    #[command(flatten)]
    places: Places,
}

impl Backup {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let report = casework::backup::backup(&self.places.settings(), &self.to, Clock::System.now()).await?;
        for problem in &report.problems {
            println!("问题：{problem}");
        }
        println!(
            "已备份账本 {} 项（根 {}），文件 {} 份，其中新增 {} 份、{} 字节",
            report.head_size, report.head_root, report.blobs_count, report.blobs_copied, report.bytes_copied
        );
        Ok(if report.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(3) })
    }
}

#[derive(Args)]
pub struct Restore {
    /// 从这个备份恢复
    from: PathBuf,
    #[command(flatten)]
    places: Places,
}

impl Restore {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let report = casework::backup::restore(&self.from, &self.places.settings(), Clock::System, &mut verify::show).await?;
        for note in &report.notes {
            println!("提示：{note}");
        }
        println!("已恢复账本 {} 项（根 {}），文件 {} 份", report.head_size, report.head_root, report.blobs_count);
        println!("{}", verify::words(&report.verified));
        Ok(verify::code(&report.verified))
    }
}

#[derive(Args)]
pub struct BackupKeys {
    /// 密钥备份到这个目录；口令从环境变量 LIUHEN_PASSPHRASE 读取
    to: PathBuf,
    /// 备份在多少日后失效
    #[arg(long, default_value_t = 365)]
    days: u32,
    #[command(flatten)]
    places: Places,
}

impl BackupKeys {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let passphrase = std::env::var("LIUHEN_PASSPHRASE").ok();
        casework::backup::backup_keys(&self.places.settings(), &self.to, passphrase.as_deref(), Clock::System.now(), self.days)?;
        println!("密钥已备份到 {}，{} 日后失效", self.to.display(), self.days);
        Ok(ExitCode::SUCCESS)
    }
}
