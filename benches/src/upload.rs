//! Uploads: bytes doubly hashed, synced and read back segment by segment, through the vault alone
//! and through the office's intake, beside the slower of `openssl dgst -sm3` and write, sync and cold
//! read of the same bytes on the same disk.

use crate::Size;
use crate::ground::{self, told};
use crate::machine;
use crate::report::{Limit, Report, median};
use anyhow::{Context, ensure};
use casework::{Clock, Office};
use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use vault::{Class, Settings, Vault};

/// How a browser's bytes arrive.
const PIECE_BYTES: usize = 256 << 10;
const TIMES_SLOWER_MAX: f64 = 1.4;
const GROWTH_MAX_MIB: f64 = 64.0;

pub async fn measure(report: &mut Report, size: Size) -> anyhow::Result<()> {
    println!("\nupload of {} MiB", size.upload_bytes >> 20);
    let place = tempfile::tempdir()?;
    // An office without anybody in it: nothing but the upload uses memory.
    let office = Office::open(ground::settings(place.path(), None), Clock::System).await?;
    let source = Source::new(size.upload_bytes);
    let (mut digests, mut disks, mut vaults, mut intakes) = (vec![], vec![], vec![], vec![]);
    let mut growths = vec![];
    for run in 0..size.runs {
        let file = place.path().join("peer");
        disks.push(disk(&file, &source)?);
        digests.push(openssl(&file)?);
        std::fs::remove_file(&file)?;

        let folder = place.path().join(format!("vault-{run}"));
        let vault = Vault::open(&folder, Settings::default())?;
        let before = memory_now()?;
        let begun = Instant::now();
        let mut receiving = vault.receive(Class::Original, Some(source.len_bytes)).await?;
        for piece in source.pieces() {
            receiving.write(piece).await?;
        }
        let sealed = receiving.seal().await?;
        vaults.push(begun.elapsed().as_secs_f64());
        growths.push(growth_mib(before));
        ensure!(sealed.len_bytes == source.len_bytes, "all bytes were taken in");
        drop(vault);
        std::fs::remove_dir_all(&folder)?;

        let before = memory_now()?;
        let begun = Instant::now();
        // Another first byte each run: bytes that are there already would not be written again.
        let mut intake = office.take_in("现场录像.mp4", Some(source.len_bytes + 1)).await.map_err(told)?;
        intake.write(&[run as u8]).await.map_err(told)?;
        for piece in source.pieces() {
            intake.write(piece).await.map_err(told)?;
        }
        let taken = intake.seal().await.map_err(told)?;
        intakes.push(begun.elapsed().as_secs_f64());
        growths.push(growth_mib(before));
        ensure!(taken.file.len_bytes == source.len_bytes + 1, "all bytes were taken in");
        println!(
            "  run {}: vault {:.2} s, intake {:.2} s; openssl {:.2} s, disk {:.2} s",
            run + 1,
            vaults.last().unwrap_or(&0.0),
            intakes.last().unwrap_or(&0.0),
            digests.last().unwrap_or(&0.0),
            disks.last().unwrap_or(&0.0),
        );
    }
    office.close().await;
    let (digest, disk) = (median(&digests), median(&disks));
    let slower = digest.max(disk);
    let beside = format!("openssl dgst -sm3 {digest:.2} s, write + sync + cold read {disk:.2} s");
    for (name, seconds) in [("vault", median(&vaults)), ("intake", median(&intakes))] {
        let beside = format!("{seconds:.2} s; {beside}");
        report.add(format!("upload through the {name} against the slower peer"), seconds / slower, "times", Limit::Below(TIMES_SLOWER_MAX), beside);
    }
    let most = growths.iter().copied().fold(0.0, f64::max);
    report.add("memory growth of an upload", most, "MiB", Limit::Below(GROWTH_MAX_MIB), "VmHWM against VmRSS before, the most of all runs");
    Ok(())
}

/// Bytes made before the measurement, so that making them costs nothing in it.
struct Source {
    block: Vec<u8>,
    len_bytes: u64,
}

impl Source {
    fn new(len_bytes: u64) -> Source {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut block = vec![0; 64 << 20];
        for word in block.chunks_exact_mut(8) {
            // xorshift64 (Marsaglia 2003): nothing a disk could compress.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        Source { block, len_bytes }
    }

    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let blocks = self.len_bytes / self.block.len() as u64;
        (0..blocks).flat_map(|_| self.block.chunks(PIECE_BYTES))
    }
}

/// Write, sync, and read again after the cache was dropped.
fn disk(path: &Path, source: &Source) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut file = File::create(path)?;
    for piece in source.pieces() {
        file.write_all(piece)?;
    }
    file.sync_all()?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    let mut file = File::open(path)?;
    let mut piece = vec![0; PIECE_BYTES];
    while file.read(&mut piece)? > 0 {}
    Ok(begun.elapsed().as_secs_f64())
}

/// The file lies in the cache from the read before: only the digest is measured.
fn openssl(path: &Path) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let output = Command::new("openssl").args(["dgst", "-sm3"]).arg(path).output().context("openssl is needed as a peer")?;
    ensure!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    Ok(begun.elapsed().as_secs_f64())
}

fn memory_now() -> anyhow::Result<u64> {
    machine::forget_peak().context("the peak of memory cannot be counted anew")?;
    Ok(machine::memory_bytes("self", "VmRSS"))
}

fn growth_mib(before: u64) -> f64 {
    machine::memory_bytes("self", "VmHWM").saturating_sub(before) as f64 / f64::from(1 << 20)
}
