//! Durable acts, fold to commit, by 256 callers, each act on a case whose whole file must be folded.
//! Two kinds are measured. The service of a notice on somebody to be informed is one entry of about
//! ten members, with duties, register and search: what the limit is for. The service of a paper on a
//! party also makes the proof of service from the act: two entries, some thirty members, a job.
//! "First" acts find their case untouched since the start, "next" ones find it used a moment before.
//! What follows up an act (setting the proof as PDF) is not part of it and not measured here.

use crate::Size;
use crate::bare::{self, Way};
use crate::blank::{self, Blank};
use crate::ground::{Ground, Grounds, Sql, now, told};
use crate::report::{Limit, Report, median, milliseconds, percentile};
use anyhow::{Context, bail};
use casework::acts::serve_paper::{ServePaper, serve_paper};
use casework::{ActError, Caller, Office};
use procedure::Case;
use procedure::case::Paper;
use procedure::event::ServiceMethod;
use procedure::ids::{PaperId, PersonId};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const CALLERS: usize = 256;
/// Cases acted on again and again.
const IN_USE: usize = 256;
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
    let bare_url = &bare_url;
    for (kind, to_party) in [("one entry", false), ("two entries", true)] {
        let limit = if to_party { Limit::Peer } else { Limit::AtLeast(least) };
        kind_on(report, size, (engine, kind, to_party), limit, &ground, cases.clone(), bare_url.as_deref()).await?;
    }
    Ok(())
}

async fn kind_on(
    report: &mut Report,
    size: Size,
    (engine, kind, to_party): (&str, &str, bool),
    limit: Limit,
    ground: &Ground,
    cases: Vec<Case>,
    bare_url: Option<&str>,
) -> anyhow::Result<()> {
    let from = if to_party { 1_000_000 } else { 0 };
    let all = size.runs * size.acts;
    let begun = Instant::now();
    let (blank, what) = stock(ground, cases, to_party, from, all).await?;
    println!(
        "  {engine}, {kind}: {all} cases of {} entries in {:.1} s; serving {} in stage {}",
        blank.entries_count,
        begun.elapsed().as_secs_f64(),
        what.title,
        blank.case.stage().code(),
    );

    let office = ground.open().await?;
    let mut sql = ground.sql().await?;
    let (searched, _) = sql.rows_and_bytes("SELECT CAST(MAX(id) AS BIGINT), CAST(0 AS BIGINT) FROM search_docs".into()).await?;
    let before = office.head().0;
    let (mut firsts, mut nexts, mut times, mut written) = (vec![], vec![], vec![], vec![]);
    for run in 0..size.runs {
        let start = from as usize + run * size.acts;
        let (first, each) = run_of(&office, &blank, &what, move |n| start + n, size.acts).await?;
        if run == 0 {
            // Each case was touched once: every row written still stands.
            written = bare::written(&mut sql, before, searched, size.acts).await?;
        }
        // A few hundred cases, as many as a bureau works on in a day, each acted on again and again.
        let few = size.acts.min(IN_USE);
        let in_use = move |n: usize| start + size.acts - few + n % few;
        run_of(&office, &blank, &what, in_use, few).await?;
        let (next, _) = run_of(&office, &blank, &what, in_use, size.acts).await?;
        println!("  {engine}, {kind}: run {} first {first:.0}, next {next:.0} acts/s, load {}", run + 1, load());
        firsts.push(first);
        nexts.push(next);
        times.extend(each);
    }
    office.close().await;
    for table in &written {
        println!("    {:14} {:5.1} rows an act of {:6.0} bytes", table.table, table.rows_per_act, table.bytes_per_row);
    }
    let rows: f64 = written.iter().map(|w| w.rows_per_act).sum();
    let bytes: f64 = written.iter().map(|w| w.rows_per_act * w.bytes_per_row).sum();
    let mut bare_sql = match bare_url {
        Some(url) => Sql::open(url).await?,
        None => sql,
    };
    let mut peers = vec![];
    for (way, name) in [(Way::RowByRow, "row by row"), (Way::MultiRow, "multi-row")] {
        let mut rates = vec![];
        for _ in 0..size.runs {
            rates.push(bare::insert(&mut bare_sql, &written, size.acts, way).await?);
        }
        let rate = median(&rates);
        report.add(format!("bare inserts of the same rows, {name}, {kind}, {engine}"), rate, "acts/s", Limit::Peer, "group commits of 256");
        peers.push(format!("{name} {rate:.0}"));
    }
    let beside = format!(
        "{rows:.1} rows, {:.1} KiB an act; p50 {:.0} ms, p99 {:.0} ms; bare {}",
        bytes / 1024.0,
        percentile(&times, 0.5),
        percentile(&times, 0.99),
        peers.join(", "),
    );
    report.add(format!("durable acts, {CALLERS} callers, first, {kind}, {engine}"), median(&firsts), "acts/s", limit, beside);
    let beside = format!("on {} cases in use", size.acts.min(IN_USE));
    report.add(format!("durable acts, {CALLERS} callers, next, {kind}, {engine}"), median(&nexts), "acts/s", limit, beside);
    Ok(())
}

/// As many copies as asked for of a case on which something can be served, found by trying; what is
/// served, and on whom. Copies are numbered from `from` on, the first of them used up.
pub async fn stock(
    ground: &Ground,
    cases: Vec<Case>,
    to_party: bool,
    from: u32,
    all: usize,
) -> anyhow::Result<(Arc<Blank>, Served)> {
    let database = ground.database().await?;
    let blanks = ground.blanks(&database, cases).await?;
    let served: Vec<(usize, Served)> =
        blanks.iter().enumerate().flat_map(|(at, b)| Served::of(b, to_party).into_iter().map(move |s| (at, s))).collect();
    // One copy of each candidate for trying, and of the one found as many as acts are measured.
    let trials: Vec<blank::Copy> = served.iter().map(|(at, _)| (*at, from, true)).collect();
    blank::fill(&database, &ground.keys()?, &blanks, trials).await?;
    database.close().await;
    let office = ground.open().await?;
    let mut chosen = None;
    let mut refused = vec![];
    for (at, what) in &served {
        match serve(&office, &blanks[*at], what, from).await {
            Ok(()) => {
                chosen = Some((*at, what.clone()));
                break;
            }
            Err(error) => refused.push(format!("{}: {error}", what.title)),
        }
    }
    office.close().await;
    let Some((at, what)) = chosen else { bail!("no case has a paper to serve: {}", refused.join("; ")) };
    let (blank, blanks) = (blanks[at].clone(), vec![blanks[at].clone()]);
    let database = ground.database().await?;
    blank::fill(&database, &ground.keys()?, &blanks, (1..=all as u32).map(|n| (0, from + n, true)).collect()).await?;
    database.close().await;
    Ok((blank, what))
}

/// Acts per second of one run, and the milliseconds each took; the n-th act is on the case `place` gives.
async fn run_of(
    office: &Office,
    blank: &Arc<Blank>,
    what: &Served,
    place: impl Fn(usize) -> usize + Copy + Send + 'static,
    acts: usize,
) -> anyhow::Result<(f64, Vec<f64>)> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = tokio::task::JoinSet::new();
    let begun = Instant::now();
    for _ in 0..CALLERS {
        let (office, blank, what, next) = (office.clone(), blank.clone(), what.clone(), next.clone());
        callers.spawn(async move {
            let mut times = vec![];
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= acts {
                    return anyhow::Ok(times);
                }
                let begun = Instant::now();
                serve(&office, &blank, &what, (place(n) + 1) as u32).await?;
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

/// What is served, and on whom, as the blank calls them.
#[derive(Clone)]
pub struct Served {
    title: String,
    paper: String,
    to: String,
}

impl Served {
    /// What a blank offers: papers on its party, or notices on those to be informed.
    fn of(blank: &Blank, to_party: bool) -> Vec<Served> {
        let case = &blank.case;
        let closed = case.concluded_at.is_some() || case.declined_at.is_some();
        let kinds: &[&str] = match to_party {
            true => &["prior-notice", "order-to-correct", "penalty-decision", "rights-notice", "inquiry-notice"],
            false => &["non-filing-notice"],
        };
        let Some(party) = case.parties.first() else { return vec![] };
        if (to_party && closed) || case.handlers.is_empty() {
            return vec![];
        }
        let of_kind = |p: &&Paper| p.issued.is_some() && kinds.contains(&p.kind.0.as_str());
        let mut papers: Vec<&Paper> = case.papers.iter().filter(of_kind).collect();
        papers.sort_by_key(|p| !p.services.is_empty());
        let to = |p: &Paper| if to_party { party.id.clone() } else { p.subject.clone() };
        papers.into_iter().map(|p| Served { title: p.title.clone(), paper: p.id.0.clone(), to: to(p) }).collect()
    }

    /// The act on the n-th copy.
    pub fn act(&self, blank: &Blank, n: u32) -> ServePaper {
        ServePaper {
            case: blank.case_in(n),
            paper: PaperId(blank.id_in(n, &self.paper)),
            to: blank.id_in(n, &self.to),
            method: ServiceMethod::Direct,
            at: now().saturating_sub(jiff::Span::new().minutes(30)),
            place: "武汉市东西湖区某某大道100号3楼前台（演示）".into(),
            officers: vec![PersonId(blank.handler_in(n, 0)), PersonId(blank.handler_in(n, 1))],
            recipient: "李某某".into(),
            relation: "法定代表人（负责人）".into(),
            refusal: String::new(),
            witness: String::new(),
            voucher: String::new(),
            why_not_direct: String::new(),
            proof: None,
        }
    }
}

async fn serve(office: &Office, blank: &Blank, served: &Served, n: u32) -> anyhow::Result<()> {
    let caller = Caller::new(office.person(&PersonId(blank.handler_in(n, 0))).context("the handler is known")?, "bench");
    match serve_paper(office, &caller, served.act(blank, n)).await {
        Ok(_) => Ok(()),
        Err(error @ ActError::Refused(_)) => bail!("refused: {error}"),
        Err(error) => Err(told(error)),
    }
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or_default().to_owned()
}
