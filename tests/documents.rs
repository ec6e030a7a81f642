//! The documents agree with the house: paths exist, every crate and page is described, and the
//! tests that the coverage table names are there.

use std::collections::BTreeSet;
use tests::source;

/// What stands between backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_path_of_the_architecture_exists() {
    let text = source::text("ARCHITECTURE.md");
    let paths: Vec<&str> = quoted(&text).into_iter().filter(|q| q.contains('/') && !q.contains([' ', '<', '*', '{', '='])).collect();
    assert!(paths.len() > 20, "the map names its files");
    for path in paths {
        assert!(source::root().join(path).exists(), "ARCHITECTURE.md names {path}, which is not there");
    }
}

#[test]
fn every_crate_is_on_the_map() {
    let text = source::text("ARCHITECTURE.md");
    let crates = std::fs::read_dir(source::root().join("crates")).expect("crates/").flatten();
    for krate in crates.filter(|e| e.path().join("Cargo.toml").exists()) {
        let name = format!("`crates/{}`", krate.file_name().to_string_lossy());
        assert!(text.contains(&name), "ARCHITECTURE.md does not describe {name}");
    }
}

/// Folders of templates that are parts of pages, no pages.
const PARTS: [&str; 2] = ["errors", "shared"];

/// The pages of the product: folders of templates, and pages directly under `templates/`.
fn pages() -> BTreeSet<String> {
    source::texts("crates/server/templates")
        .keys()
        .filter_map(|path| match path.split_once('/') {
            Some((folder, _)) => (!PARTS.contains(&folder)).then(|| folder.to_owned()),
            None => (path == "workbench.html").then(|| "workbench".to_owned()),
        })
        .collect()
}

/// The first line of a handbook page names the pages it tells of: `<!-- 页面：cases -->`.
fn told_of(text: &str) -> Vec<String> {
    let line = text.lines().next().unwrap_or_default();
    let inside = line.strip_prefix("<!-- 页面：").and_then(|rest| rest.strip_suffix(" -->")).unwrap_or_default();
    inside.split('、').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_page_has_its_chapter_in_the_handbook() {
    let handbook = source::texts("docs/handbook");
    let told: BTreeSet<String> = handbook.values().flat_map(|text| told_of(text)).collect();
    for page in pages() {
        assert!(told.contains(&page), "no chapter of docs/handbook tells of the page {page}");
    }
}

#[test]
fn the_handbook_lists_its_chapters() {
    let handbook = source::texts("docs/handbook");
    let index = handbook.get("README.md").expect("docs/handbook/README.md");
    for chapter in handbook.keys().filter(|name| *name != "README.md") {
        assert!(index.contains(&format!("({chapter})")), "docs/handbook/README.md does not list {chapter}");
    }
}

#[test]
fn decisions_are_numbered_without_a_gap() {
    let decisions = source::texts("docs/decisions");
    let mut numbers: Vec<u32> = decisions.keys().filter_map(|name| name.split('-').next()?.parse().ok()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=decisions.len() as u32).collect::<Vec<_>>());
}

/// The rows of the coverage table: what must work, and what shows it.
fn rows() -> Vec<(String, String)> {
    source::text("docs/coverage.md")
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| What") && !line.starts_with("| --"))
        .map(|line| {
            let mut cells = line.trim_matches('|').split(" | ");
            let what = cells.next().unwrap_or_default().trim().to_owned();
            (what, cells.next().unwrap_or_default().trim().to_owned())
        })
        .collect()
}

#[test]
fn every_test_named_by_the_coverage_table_exists() {
    assert!(rows().len() > 60, "the table is whole");
    let mut wrong = vec![];
    for (what, shown) in rows() {
        if let Some(reason) = shown.strip_prefix("not yet") {
            if reason.trim_start_matches([':', ' ']).len() < 10 {
                wrong.push(format!("{what}: not yet, and no reason"));
            }
            continue;
        }
        let named: Vec<&str> = quoted(&shown).into_iter().filter(|q| q.contains("::")).collect();
        if named.is_empty() {
            wrong.push(format!("{what}: names no test"));
        }
        for name in named {
            let (path, test) = name.rsplit_once("::").unwrap_or((name, ""));
            let text = std::fs::read_to_string(source::root().join(path)).unwrap_or_default();
            // A function in Rust, or the title of a test of the browser.
            let there = text.contains(&format!("fn {test}(")) || text.contains(&format!("\"{test}\"")) || text.contains(&format!("`{test}`"));
            if !there {
                wrong.push(format!("{what}: {name} is not there"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readme_names_the_two_commands() {
    for readme in ["README.md", "README.zh-CN.md"] {
        let text = source::text(readme);
        assert!(text.contains("make run") && text.contains("make test"), "{readme}");
    }
    let makefile = source::text("Makefile");
    assert!(makefile.contains("\nrun:") && makefile.contains("\ntest:"));
}
