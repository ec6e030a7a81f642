//! The figures of the product, each beside a peer or a limit in the same run: durable acts, acts
//! through HTTP, uploads, pages over a thousand and a hundred thousand cases, start and papers.
//!
//! `cargo run --release -p benches [-- NAME … --strict --quick]`; without names all of them run.
//! PostgreSQL is measured where LIUHEN_TEST_POSTGRES names a server, as `scripts/with-postgres` does.

mod acts;
mod bare;
mod blank;
mod ground;
mod machine;
mod pages;
mod papers_set;
mod report;
mod start;
mod through_http;
mod upload;
mod wire;

use anyhow::bail;
use report::Report;
use std::process::ExitCode;

/// The allocator of the program that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What can be asked for by name.
const NAMES: [&str; 6] = ["acts", "http", "upload", "pages", "start", "papers"];

/// How large the measurements are.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Runs of which the median counts.
    pub runs: usize,
    /// Acts of one run.
    pub acts: usize,
    pub upload_bytes: u64,
    pub cases_few: usize,
    pub cases_many: usize,
    /// Requests of one kind in one run.
    pub requests: usize,
    pub papers: usize,
}

const FULL: Size =
    Size { runs: 3, acts: 4_000, upload_bytes: 2 << 30, cases_few: 1_000, cases_many: 100_000, requests: 500, papers: 60 };
/// Shows that the figures run; says nothing about the product.
const QUICK: Size =
    Size { runs: 3, acts: 300, upload_bytes: 64 << 20, cases_few: 100, cases_many: 1_000, requests: 50, papers: 6 };

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, rest @ ..] = arguments.as_slice()
        && word == start::CHILD
    {
        return start::child(rest).map(|()| ExitCode::SUCCESS);
    }
    let strict = arguments.iter().any(|a| a == "--strict");
    let size = if arguments.iter().any(|a| a == "--quick") { QUICK } else { FULL };
    let names: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| !a.starts_with("--")).collect();
    if let Some(unknown) = names.iter().find(|n| !NAMES.contains(n)) {
        bail!("no figure is called {unknown}; there are {}", NAMES.join(", "));
    }
    let wanted = |name: &str| names.is_empty() || names.contains(&name);
    let mut report = Report::new();
    machine::print();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        // First, while this process is small: the growth of its memory is one of the figures.
        if wanted("upload") {
            upload::measure(&mut report, size).await?;
        }
        if wanted("papers") {
            papers_set::measure(&mut report, size)?;
        }
        if wanted("acts") {
            acts::measure(&mut report, size).await?;
        }
        if wanted("http") {
            through_http::measure(&mut report, size).await?;
        }
        if wanted("pages") || wanted("start") {
            pages::measure(&mut report, size, wanted("pages"), wanted("start")).await?;
        }
        anyhow::Ok(())
    })?;
    machine::print();
    report.print();
    Ok(if strict && report.any_missed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
