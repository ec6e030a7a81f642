//! Pages over few and many cases: case page, case list and search, asked for over loopback by one
//! reader with a kept connection, so that what is measured is the server's time and little more.
//! Of the many cases two in a hundred are open and in the hands of the bureau's officers; the others
//! are declined or concluded. Case pages are those of open cases with whole files: opened for the
//! first time since the start, and then the same few again and again, as people work on theirs.

use crate::Size;
use crate::blank::{self, Blank};
use crate::ground::{Ground, Grounds};
use crate::report::{Limit, Report, median, milliseconds, percentile};
use crate::start;
use crate::through_http::Served;
use crate::wire::Wire;
use anyhow::{Context, ensure};
use casework::demo::password_of;
use procedure::people::Role;
use std::sync::Arc;
use std::time::Instant;

const GROWTH_MAX: f64 = 1.5;
const PAGE_MAX_MS: f64 = 50.0;
const SEARCH_MAX_MS: f64 = 20.0;
/// Open cases whose pages are asked for.
const CASES_IN_HAND: usize = 20;
/// One case in so many is open.
const OPEN_EACH: u32 = 50;

/// Milliseconds of each request, run by run.
#[derive(Default)]
struct Times {
    case_first: Vec<Vec<f64>>,
    case: Vec<Vec<f64>>,
    list: Vec<Vec<f64>>,
    search: Vec<Vec<f64>>,
    common: Vec<Vec<f64>>,
}

pub async fn measure(report: &mut Report, size: Size, pages: bool, start_too: bool) -> anyhow::Result<()> {
    println!("\npages and start");
    let mut grounds = Grounds::default();
    let mut told_of = vec![];
    if pages {
        let few = grounds.sqlite().await?;
        let filled = furnish(&few, size.cases_few).await?;
        told_of.push(read(&few, size, &filled).await?);
    }
    let many = grounds.sqlite().await?;
    let filled = furnish(&many, size.cases_many).await?;
    if start_too {
        start::measure(report, size, &many.settings, size.cases_many)?;
    }
    if pages {
        told_of.push(read(&many, size, &filled).await?);
        let [few, many] = told_of.as_slice() else { return Ok(()) };
        for (name, few, many) in [
            ("case page, opened first", &few.case_first, &many.case_first),
            ("case page", &few.case, &many.case),
            ("case list", &few.list, &many.list),
        ] {
            let (p50_few, p50) = (share(few, 0.5), share(many, 0.5));
            let beside = format!("p50 {p50_few:.2} ms with {} cases, {p50:.2} ms with {}", size.cases_few, size.cases_many);
            report.add(format!("{name}, growth of p50"), p50 / p50_few, "times", Limit::Below(GROWTH_MAX), beside);
            report.add(format!("{name}, p99"), share(many, 0.99), "ms", Limit::Below(PAGE_MAX_MS), format!("{} cases", size.cases_many));
        }
        let beside = |times: &Vec<Vec<f64>>| format!("p50 {:.2} ms, {} cases", share(times, 0.5), size.cases_many);
        report.add("search for two characters of a name, p99", share(&many.search, 0.99), "ms", Limit::Below(SEARCH_MAX_MS), beside(&many.search));
        report.add("search for two characters every case has, p99", share(&many.common, 0.99), "ms", Limit::Below(SEARCH_MAX_MS), beside(&many.common));
    }
    Ok(())
}

/// The copies of open cases with whole files, and their blanks.
struct Filled {
    blanks: Vec<Arc<Blank>>,
    open: Vec<(usize, u32)>,
    cases: usize,
}

async fn furnish(ground: &Ground, cases: usize) -> anyhow::Result<Filled> {
    let told = ground.cases().await?;
    let database = ground.database().await?;
    let blanks = ground.blanks(&database, told).await?;
    let closed = |b: &Blank| b.case.declined_at.is_some() || b.case.concluded_at.is_some();
    let of = |wanted: &dyn Fn(&Blank) -> bool| -> Vec<usize> {
        blanks.iter().enumerate().filter(|(_, b)| wanted(b)).map(|(at, _)| at).collect()
    };
    let open = of(&|b| !closed(b) && b.case.filed_at.is_some());
    // The lightest of the closed: a hundred thousand of them must be written in minutes.
    let light = of(&closed).into_iter().min_by_key(|at| blanks[*at].entries_count).context("a case is closed")?;
    ensure!(!open.is_empty(), "a case is open");
    let copies: Vec<blank::Copy> = (1..=cases as u32)
        .map(|n| if n % OPEN_EACH == 0 { (open[(n / OPEN_EACH) as usize % open.len()], n, true) } else { (light, n, false) })
        .collect();
    let begun = Instant::now();
    blank::fill(&database, &ground.keys()?, &blanks, copies.clone()).await?;
    let entries = database.head().size;
    database.close().await;
    println!(
        "  {cases} cases, {entries} entries in {:.0} s: one in {OPEN_EACH} open with {:.0} entries, the others with {}",
        begun.elapsed().as_secs_f64(),
        open.iter().map(|at| blanks[*at].entries_count as f64).sum::<f64>() / open.len() as f64,
        blanks[light].entries_count,
    );
    Ok(Filled { open: copies.into_iter().filter(|(.., open)| *open).map(|(at, n, _)| (at, n)).collect(), blanks, cases })
}

async fn read(ground: &Ground, size: Size, filled: &Filled) -> anyhow::Result<Times> {
    let office = ground.open().await?;
    let served = Served::start(&office)?;
    let head = ground.accounts.iter().find(|a| a.role.contains(Role::AgencyHead.title())).context("the head has an account")?;
    let mut wire = Wire::open(served.address).await?;
    let form = format!("account={}&password={}", head.account, password_of(&head.account));
    let answer = wire.ask("POST", "/sign-in", "content-type: application/x-www-form-urlencoded\r\n", form.as_bytes()).await?;
    let cookie = format!("cookie: {}\r\n", answer.cookie.with_context(|| format!("signed in: {}", answer.status))?);
    let mut times = Times::default();
    // As many of few cases as of many, spread over all of them.
    let in_hand = filled.open.len().min(CASES_IN_HAND);
    let page_of = |n: usize| {
        let (at, copy) = filled.open[n % in_hand * (filled.open.len() / in_hand)];
        format!("/cases/{}", filled.blanks[at].case_in(copy))
    };
    // What a server does once, for the first page of a kind, belongs to its start.
    get(&mut wire, "/cases", &cookie).await?;
    get(&mut wire, &page_of(0), &cookie).await?;
    let mut first = vec![];
    for n in 1..in_hand {
        first.push(get(&mut wire, &page_of(n), &cookie).await?);
    }
    times.case_first.push(first);
    for run in 0..size.runs {
        let (mut case, mut list, mut search, mut common) = (vec![], vec![], vec![], vec![]);
        for n in 0..size.requests {
            case.push(get(&mut wire, &page_of(run * 7 + n * 13), &cookie).await?);
            list.push(get(&mut wire, "/cases", &cookie).await?);
            let name = blank::name_of((run * 31 + n * 17) as u32 % filled.cases as u32 + 1);
            let two: String = name.chars().take(2).collect();
            search.push(get(&mut wire, &format!("/search?q={}", escaped(&two)), &cookie).await?);
            if n % 10 == 0 {
                common.push(get(&mut wire, &format!("/search?q={}", escaped("涉嫌")), &cookie).await?);
            }
        }
        times.case.push(case);
        times.list.push(list);
        times.search.push(search);
        times.common.push(common);
    }
    served.stop().await?;
    office.close().await;
    Ok(times)
}

async fn get(wire: &mut Wire, path: &str, cookie: &str) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let answer = wire.get(path, cookie).await?;
    let time = milliseconds(begun.elapsed());
    ensure!(answer.status == 200, "{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
    Ok(time)
}

/// The median over the runs of what this share of requests does not exceed.
fn share(runs: &[Vec<f64>], share: f64) -> f64 {
    median(&runs.iter().map(|run| percentile(run, share)).collect::<Vec<_>>())
}

fn escaped(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}
