//! `liuhen serve`.

use crate::places::{DEMO_ACCOUNTS, Places};
use anyhow::Context;
use casework::settings::UPLOAD_IDLE_MINUTES;
use casework::{Clock, Office};
use clap::Args;
use server::serve::{Listen, serve};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    places: Places,
    /// 监听地址；不经 TLS 时只能是本机或者在指定的代理之后
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: SocketAddr,
    /// TLS 证书（PEM）
    #[arg(long, requires = "tls_key", value_name = "F")]
    tls_cert: Option<PathBuf>,
    /// TLS 私钥（PEM）
    #[arg(long, requires = "tls_cert", value_name = "F")]
    tls_key: Option<PathBuf>,
    /// 前置代理的地址；只有它报告的来访地址才被采信
    #[arg(long, value_name = "ADDR", conflicts_with = "tls_cert")]
    behind_proxy: Option<IpAddr>,
    /// 上传的文件没有登记为证据的，多少分钟后清除
    #[arg(long, env = "LIUHEN_UPLOAD_IDLE_MINUTES", default_value_t = UPLOAD_IDLE_MINUTES, value_name = "N")]
    upload_idle_minutes: u32,
}

impl Serve {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let mut settings = self.places.settings();
        settings.upload_idle_minutes = self.upload_idle_minutes;
        let accounts = demo_accounts(&settings.data);
        let office = Office::open(settings, Clock::System).await?;
        let jobs = tokio::spawn(office.clone().keep_running_jobs());
        let checkpoints = tokio::spawn(office.clone().keep_signing_checkpoints());
        let listen = Listen {
            address: self.listen,
            tls: self.tls_cert.zip(self.tls_key),
            proxy: self.behind_proxy,
            demo_accounts: if office.is_demonstration() { accounts } else { vec![] },
        };
        let scheme = if listen.tls.is_some() { "https" } else { "http" };
        eprintln!("留痕正在 {scheme}://{} 提供服务，按 Ctrl+C 停止", listen.address);
        serve(office.clone(), listen, stop()).await?;
        jobs.abort();
        checkpoints.abort();
        office.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// Ctrl+C, or the service manager's SIGTERM.
async fn stop() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

fn demo_accounts(data: &std::path::Path) -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(data.join(DEMO_ACCOUNTS)).context("no demonstration").unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let mut parts = line.split('\t').map(str::to_owned);
            Some((parts.next()?, parts.next()?, parts.next()?))
        })
        .collect()
}
