//! Start and idle memory, in a process of its own: this binary, called again, opens the office and
//! serves it as `liuhen serve` does.

use crate::Size;
use crate::machine;
use crate::report::{Limit, Report, median};
use anyhow::{Context, bail};
use casework::{Clock, Office, Settings};
use server::serve::{Listen, serve};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The word that makes this process a server.
pub const CHILD: &str = "--serve-as-child";
const START_MAX_S: f64 = 2.0;
const IDLE_MAX_MIB: f64 = 80.0;

pub fn measure(report: &mut Report, size: Size, settings: &Settings, cases: usize) -> anyhow::Result<()> {
    let (mut starts, mut idle) = (vec![], vec![]);
    for _ in 0..size.runs {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let begun = Instant::now();
        let mut child = spawn(settings, address)?;
        let answered = answered(&mut child, address);
        starts.push(begun.elapsed().as_secs_f64());
        // What a start leaves behind settles; then the office idles.
        std::thread::sleep(Duration::from_secs(2));
        let resident = machine::memory_bytes(&child.id().to_string(), "VmRSS");
        idle.push(resident as f64 / f64::from(1 << 20));
        child.kill()?;
        child.wait()?;
        answered?;
    }
    let beside = format!("process to first page, {cases} cases");
    report.add("start", median(&starts), "s", Limit::Below(START_MAX_S), beside);
    report.add("idle memory before the first paper", median(&idle), "MiB", Limit::Below(IDLE_MAX_MIB), format!("VmRSS, {cases} cases"));
    Ok(())
}

/// Serves an office until the process is killed.
pub fn child(arguments: &[String]) -> anyhow::Result<()> {
    let [data, address] = arguments else { bail!("a place and an address are needed") };
    let mut settings = Settings::new(data);
    if let Some(fonts) = std::env::var_os("LIUHEN_FONTS") {
        settings.fonts = fonts.into();
    }
    let listen = Listen { address: address.parse()?, tls: None, proxy: None, demo_accounts: vec![] };
    tokio::runtime::Runtime::new()?.block_on(async {
        let office = Office::open(settings, Clock::System).await?;
        tokio::spawn(office.clone().keep_running_jobs());
        tokio::spawn(office.clone().keep_signing_checkpoints());
        serve(office, listen, std::future::pending()).await?;
        Ok(())
    })
}

fn spawn(settings: &Settings, address: SocketAddr) -> anyhow::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg(CHILD)
        .arg(&settings.data)
        .arg(address.to_string())
        .env("LIUHEN_FONTS", &settings.fonts)
        .spawn()
        .context("this binary can be called again")
}

/// Waits for the first page.
fn answered(child: &mut Child, address: SocketAddr) -> anyhow::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        if let Some(status) = child.try_wait()? {
            bail!("the server ended: {status}");
        }
        if let Ok(mut stream) = TcpStream::connect(address) {
            let request = format!("GET /sign-in HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            if answer.starts_with("HTTP/1.1 200") {
                return Ok(());
            }
            bail!("the first page: {}", answer.lines().next().unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    bail!("no page within a minute")
}
