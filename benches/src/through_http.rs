//! Acts through HTTP: 64 clients with tokens register clues at our own server, on loopback, in the
//! same process and on the same cores.

use crate::Size;
use crate::ground::{Ground, Grounds, TODAY, told};
use crate::report::{Limit, Report, median, milliseconds, percentile};
use crate::wire::Wire;
use anyhow::{Context, bail, ensure};
use casework::Office;
use procedure::people::Role;
use serde_json::json;
use server::serve::{Listen, serve};
use std::net::{SocketAddr, TcpListener};
use std::time::Instant;

const CLIENTS: usize = 64;
const LEAST: f64 = 1_000.0;

pub async fn measure(report: &mut Report, size: Size) -> anyhow::Result<()> {
    println!("\nhttp");
    let mut grounds = Grounds::default();
    on(report, size, "SQLite", grounds.sqlite().await?).await?;
    if let Some(ground) = grounds.postgres().await? {
        on(report, size, "PostgreSQL", ground).await?;
    }
    Ok(())
}

async fn on(report: &mut Report, size: Size, engine: &str, ground: Ground) -> anyhow::Result<()> {
    let office = ground.open().await?;
    let account = ground.accounts.iter().find(|a| a.role.contains(Role::Officer.title())).context("an officer has an account")?;
    let token = office.make_token(&account.account, "bench").await.map_err(told)?;
    let served = Served::start(&office)?;
    let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
    let (mut rates, mut times) = (vec![], vec![]);
    for run in 0..size.runs {
        let before = office.head().0;
        let begun = Instant::now();
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            let (headers, address, each) = (headers.clone(), served.address, size.acts.div_ceil(CLIENTS));
            clients.spawn(async move {
                let mut wire = Wire::open(address).await?;
                let mut times = vec![];
                for n in 0..each {
                    let body = json!({
                        "source": "inspection", "channel": "日常检查", "received_at": format!("{}T09:00:00+08:00", TODAY),
                        "category": "网吧", "target": format!("演示网吧{run}之{client}之{n}"),
                        "content": "检查发现场所入口未悬挂未成年人禁入标志，现场有疑似未成年人上网。",
                    });
                    let key = format!("{headers}idempotency-key: {run}-{client}-{n}\r\n");
                    let begun = Instant::now();
                    let answer = wire.ask("POST", "/api/v1/acts/register-clue", &key, body.to_string().as_bytes()).await?;
                    times.push(milliseconds(begun.elapsed()));
                    if !(200..300).contains(&answer.status) {
                        bail!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
                    }
                }
                Ok(times)
            });
        }
        let mut count = 0;
        while let Some(done) = clients.join_next().await {
            let done = done??;
            count += done.len();
            times.extend(done);
        }
        rates.push(count as f64 / begun.elapsed().as_secs_f64());
        ensure!(office.head().0 - before >= count as u64, "every act is an entry");
    }
    served.stop().await?;
    office.close().await;
    report.add(
        format!("acts through HTTP, {CLIENTS} clients, {engine}"),
        median(&rates),
        "acts/s",
        Limit::AtLeast(LEAST),
        format!("register-clue with token and key; p50 {:.1} ms, p99 {:.1} ms", percentile(&times, 0.5), percentile(&times, 0.99)),
    );
    Ok(())
}

/// Our own server on loopback.
pub struct Served {
    pub address: SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Result<(), server::serve::ServeError>>,
}

impl Served {
    pub fn start(office: &Office) -> anyhow::Result<Served> {
        // Taken and given back: the server binds it again at once.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let listen = Listen { address, tls: None, proxy: None, demo_accounts: vec![] };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let task = tokio::spawn(serve(office.clone(), listen, async move {
            // A sender that is gone says stop as well.
            let _ = stopped.await;
        }));
        // `serve` binds before it first waits; clients are met from the next turn on.
        std::thread::sleep(std::time::Duration::from_millis(100));
        Ok(Served { address, stop, task })
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        // The server may have ended already: its task says why.
        let _ = self.stop.send(());
        self.task.await??;
        Ok(())
    }
}
