//! Durable acts, fold to commit. The act measured is the recording of a service with its proof
//! (`serve_paper`): two entries of more than twenty members, the case's duties, three documents of
//! the search index, a job. Each act is done on a case of its own that has the whole file of an
//! investigation to be folded; 256 callers act at once. What follows up (setting the proof as PDF)
//! is not part of the act and not measured here.

use crate::Size;
use crate::bare::{self, Way};
use crate::blank::{self, Blank};
use crate::ground::{Ground, Grounds, Sql, now, told};
use crate::report::{Limit, Report, median, milliseconds, percentile};
use anyhow::{Context, bail};
use casework::acts::serve_paper::{ServePaper, serve_paper};
use casework::{ActError, Caller, Office};
use procedure::case::Paper;
use procedure::event::ServiceMethod;
use procedure::ids::{PaperId, PersonId};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const CALLERS: usize = 256;
const SQLITE_LEAST: f64 = 5_000.0;
const POSTGRES_LEAST: f64 = 2_500.0;

pub async fn measure(report: &mut Report, size: Size) -> anyhow::Result<()> {
    println!("\nacts");
    let mut grounds = Grounds::default();
    let ground = grounds.sqlite().await?;
    let bare = ground.settings.data.with_extension("bare.db");
    let bare_url = format!("sqlite://{}?mode=rwc", bare.display());
    on(report, size, "SQLite", SQLITE_LEAST, ground, Some(bare_url)).await?;
    if let Some(ground) = grounds.postgres().await? {
        on(report, size, "PostgreSQL", POSTGRES_LEAST, ground, None).await?;
    }
    Ok(())
}

async fn on(report: &mut Report, size: Size, engine: &str, least: f64, ground: Ground, bare_url: Option<String>) -> anyhow::Result<()> {
    let cases = ground.cases().await?;
    let database = ground.database().await?;
    let blanks = ground.blanks(&database, cases).await?;
    let served: Vec<(usize, &Paper)> = blanks.iter().enumerate().filter_map(|(at, b)| Some((at, servable(b)?))).collect();
    // One copy of each candidate for trying, and of the one found as many as acts are measured.
    let trials: Vec<blank::Copy> = served.iter().map(|(at, _)| (*at, 0, true)).collect();
    blank::fill(&database, &ground.keys()?, &blanks, trials).await?;
    database.close().await;
    let office = ground.open().await?;
    let mut chosen = None;
    let mut refused = vec![];
    for (at, paper) in &served {
        match serve(&office, &blanks[*at], paper, 0).await {
            Ok(()) => {
                chosen = Some((*at, (*paper).clone()));
                break;
            }
            Err(error) => refused.push(format!("{}: {error}", paper.title)),
        }
    }
    office.close().await;
    let Some((at, paper)) = chosen else { bail!("no case has a paper to serve: {}", refused.join("; ")) };
    let (blank, blanks) = (blanks[at].clone(), vec![blanks[at].clone()]);
    let all = size.runs * size.acts;
    let database = ground.database().await?;
    let begun = Instant::now();
    blank::fill(&database, &ground.keys()?, &blanks, (1..=all as u32).map(|n| (0, n, true)).collect()).await?;
    println!(
        "  {engine}: {all} cases of {} entries in {:.1} s; serving {} in stage {}",
        blank.entries_count,
        begun.elapsed().as_secs_f64(),
        paper.title,
        blank.case.stage().code(),
    );
    database.close().await;

    let office = ground.open().await?;
    let mut sql = ground.sql().await?;
    let (searched, _) = sql.rows_and_bytes("SELECT CAST(MAX(id) AS BIGINT), CAST(0 AS BIGINT) FROM search_docs".into()).await?;
    let before = office.head().0;
    let (mut rates, mut times) = (vec![], vec![]);
    for run in 0..size.runs {
        let (rate, each) = run_of(&office, &blank, &paper, run * size.acts, size.acts).await?;
        println!("  {engine}: run {} {rate:.0} acts/s, load {}", run + 1, load());
        rates.push(rate);
        times.extend(each);
    }
    let written = bare::written(&mut sql, before, searched, all).await?;
    office.close().await;
    for table in &written {
        println!("    {:14} {:5.1} rows an act of {:6.0} bytes", table.table, table.rows_per_act, table.bytes_per_row);
    }
    let rows: f64 = written.iter().map(|w| w.rows_per_act).sum();
    let bytes: f64 = written.iter().map(|w| w.rows_per_act * w.bytes_per_row).sum();
    let mut bare_sql = match bare_url {
        Some(url) => Sql::open(&url).await?,
        None => sql,
    };
    let mut peers = vec![];
    for (way, name) in [(Way::RowByRow, "row by row"), (Way::MultiRow, "multi-row")] {
        let mut rates = vec![];
        for _ in 0..size.runs {
            rates.push(bare::insert(&mut bare_sql, &written, size.acts, way).await?);
        }
        let rate = median(&rates);
        report.add(format!("bare inserts of the same rows, {name}, {engine}"), rate, "acts/s", Limit::Peer, "group commits of 256");
        peers.push(format!("{name} {rate:.0}"));
    }
    report.add(
        format!("durable acts, {CALLERS} callers, {engine}"),
        median(&rates),
        "acts/s",
        Limit::AtLeast(least),
        format!(
            "{rows:.1} rows, {:.1} KiB an act; p50 {:.0} ms, p99 {:.0} ms; bare {}",
            bytes / 1024.0,
            percentile(&times, 0.5),
            percentile(&times, 0.99),
            peers.join(", "),
        ),
    );
    Ok(())
}

/// Acts per second of one run, and the milliseconds each took.
async fn run_of(office: &Office, blank: &Arc<Blank>, paper: &Paper, from: usize, acts: usize) -> anyhow::Result<(f64, Vec<f64>)> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = tokio::task::JoinSet::new();
    let begun = Instant::now();
    for _ in 0..CALLERS {
        let (office, blank, paper, next) = (office.clone(), blank.clone(), paper.clone(), next.clone());
        callers.spawn(async move {
            let mut times = vec![];
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= acts {
                    return anyhow::Ok(times);
                }
                let begun = Instant::now();
                serve(&office, &blank, &paper, (from + n + 1) as u32).await?;
                times.push(milliseconds(begun.elapsed()));
            }
        });
    }
    let mut times = vec![];
    while let Some(done) = callers.join_next().await {
        times.extend(done??);
    }
    Ok((acts as f64 / begun.elapsed().as_secs_f64(), times))
}

/// A paper of the blank's that stands to be served.
fn servable(blank: &Blank) -> Option<&Paper> {
    let open = blank.case.concluded_at.is_none() && blank.case.declined_at.is_none() && !blank.case.handlers.is_empty();
    let kinds = ["prior-notice", "order-to-correct", "penalty-decision", "rights-notice", "inquiry-notice"];
    let papers = || blank.case.papers.iter().filter(|p| p.issued.is_some() && kinds.contains(&p.kind.0.as_str()));
    let unserved = papers().find(|p| p.services.is_empty());
    unserved.or_else(|| papers().next()).filter(|_| open)
}

async fn serve(office: &Office, blank: &Blank, paper: &Paper, n: u32) -> anyhow::Result<()> {
    let first = PersonId(blank.handler_in(n, 0));
    let second = PersonId(blank.handler_in(n, 1));
    let party = blank.case.parties.first().context("a case has a party")?;
    let caller = Caller::new(office.person(&first).context("the handler is known")?, "bench");
    let what = ServePaper {
        case: blank.case_in(n),
        paper: PaperId(blank.id_in(n, &paper.id.0)),
        to: blank.id_in(n, &party.id),
        method: ServiceMethod::Direct,
        at: now().saturating_sub(jiff::Span::new().minutes(30)),
        place: "武汉市东西湖区某某大道100号3楼前台（演示）".into(),
        officers: vec![first, second],
        recipient: "李某某".into(),
        relation: "法定代表人（负责人）".into(),
        refusal: String::new(),
        witness: String::new(),
        voucher: String::new(),
        why_not_direct: String::new(),
        proof: None,
    };
    match serve_paper(office, &caller, what).await {
        Ok(_) => Ok(()),
        Err(error @ ActError::Refused(_)) => bail!("refused: {error}"),
        Err(error) => Err(told(error)),
    }
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or_default().to_owned()
}
