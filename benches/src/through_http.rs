//! Acts through HTTP: the act measured at the office itself, asked for by 64 clients with tokens at
//! our own server, on loopback, in the same process and on the same cores.

use crate::Size;
use crate::acts;
use crate::blank::Blank;
use crate::ground::{Ground, Grounds, told};
use crate::report::{Limit, Report, median, milliseconds, percentile};
use crate::wire::Wire;
use anyhow::{Context, bail, ensure};
use casework::Office;
use serde_json::json;
use server::serve::{Listen, serve};
use std::collections::BTreeMap;
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
    let cases = ground.cases().await?;
    let (blank, what) = acts::stock(&ground, cases, false, 0, size.runs * size.acts).await?;
    let office = ground.open().await?;
    let mut tokens = BTreeMap::new();
    for account in &ground.accounts {
        let directory = office.directory();
        let person = directory.persons.values().find(|p| p.name == account.name).context("accounts are people")?;
        tokens.insert(person.id.0.clone(), office.make_token(&account.account, "bench").await.map_err(told)?);
    }
    let served = Served::start(&office)?;
    let (mut rates, mut times) = (vec![], vec![]);
    for run in 0..size.runs {
        let before = office.head().0;
        let begun = Instant::now();
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            // Each client is an officer with cases of his own, as many as come to him.
            let own = (client..size.acts).step_by(CLIENTS).map(|n| (run * size.acts + n + 1) as u32);
            let requests: Vec<(String, Vec<u8>)> = own.map(|n| request(&blank, &what, &tokens, n)).collect::<Result<_, _>>()?;
            let address = served.address;
            clients.spawn(async move {
                let mut wire = Wire::open(address).await?;
                let mut times = vec![];
                for (headers, body) in requests {
                    let begun = Instant::now();
                    let answer = wire.ask("POST", "/api/v1/acts/serve-paper", &headers, &body).await?;
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
        format!("serve-paper with token and key, as above; p50 {:.1} ms, p99 {:.1} ms", percentile(&times, 0.5), percentile(&times, 0.99)),
    );
    Ok(())
}

/// The headers and the body of one act.
fn request(
    blank: &Blank,
    what: &acts::Served,
    tokens: &BTreeMap<String, String>,
    n: u32,
) -> anyhow::Result<(String, Vec<u8>)> {
    let act = what.act(blank, n);
    let by = act.officers.first().and_then(|o| tokens.get(&o.0)).context("the handler has an account")?;
    let body = json!({
        "case": act.case, "paper": act.paper, "to": act.to, "method": act.method,
        "at": format!("{}+08:00", act.at), "place": act.place, "officers": act.officers,
        "recipient": act.recipient, "relation": act.relation,
    });
    let headers = format!("authorization: Bearer {by}\r\ncontent-type: application/json\r\nidempotency-key: {n}\r\n");
    Ok((headers, body.to_string().into_bytes()))
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
