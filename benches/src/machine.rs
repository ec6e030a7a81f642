//! What the figures were measured on: processor, load, memory, disk.

use std::fs;

/// Prints processor, cores, load and the file system measured on.
pub fn print() {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| cpu.lines().find(|l| l.starts_with(name)).and_then(|l| l.split(": ").nth(1)).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "machine: {} (family {} model {}), {cores} cores, load {}, {} build",
        field("model name"),
        field("cpu family"),
        field("model\t"),
        load.trim(),
        if cfg!(debug_assertions) { "DEVELOPMENT" } else { "release" },
    );
    println!("places under {}", std::env::temp_dir().display());
}

/// A line of `/proc/PID/status` in bytes: `VmRSS`, or `VmHWM` for the highest so far.
pub fn memory_bytes(process: &str, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// From now on `VmHWM` counts anew (proc(5), clear_refs).
pub fn forget_peak() -> std::io::Result<()> {
    fs::write("/proc/self/clear_refs", "5")
}
