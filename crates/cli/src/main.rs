//! The binary `liuhen`: serves a bureau, makes a demonstration, verifies, backs up, counts days.

mod commands;
mod places;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A quarter of an act's time went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 留痕：行政执法全过程记录
#[derive(Parser)]
#[command(name = "liuhen", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 启动服务
    Serve(commands::serve::Serve),
    /// 在空目录中建立演示单位，逐行打印 角色、账号、口令
    Demo(commands::demo::Demo),
    /// 从内容重新计算并核验全部记录，列出一切不符之处
    Verify(commands::verify::Verify),
    /// 计算期限：liuhen deadline 2026-02-12 "5 working days"
    Deadline(commands::deadline::Deadline),
    /// 保管库
    #[command(subcommand)]
    Vault(commands::vault::Vault),
    /// 备份到目录（不含密钥）
    Backup(commands::backup::Backup),
    /// 从备份恢复到空目录，并核验
    Restore(commands::backup::Restore),
    /// 备份密钥，另行保存，到期失效
    BackupKeys(commands::backup::BackupKeys),
    /// 账号与接口令牌
    #[command(subcommand)]
    User(commands::user::User),
    /// 配置
    #[command(subcommand)]
    Config(commands::config::Config),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("LIUHEN_LOG").unwrap_or_else(|_| "info".into()))
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("无法启动：{error}");
            return ExitCode::from(70);
        }
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Serve(c) => c.run().await,
            Command::Demo(c) => c.run().await,
            Command::Verify(c) => c.run().await,
            Command::Deadline(c) => c.run(),
            Command::Vault(c) => c.run().await,
            Command::Backup(c) => c.run().await,
            Command::Restore(c) => c.run().await,
            Command::BackupKeys(c) => c.run(),
            Command::User(c) => c.run().await,
            Command::Config(c) => c.run(),
        }
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("失败：{error}");
            for cause in error.chain().skip(1) {
                eprintln!("  原因：{cause}");
            }
            ExitCode::FAILURE
        }
    }
}
