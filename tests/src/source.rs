//! The repository as text: what the tests of the house read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every text file under a folder, by its path relative to that folder.
pub fn texts(folder: &str) -> BTreeMap<String, String> {
    let top = root().join(folder);
    let mut found = BTreeMap::new();
    walk(&top, &top, &mut found);
    assert!(!found.is_empty(), "nothing to read in {folder}");
    found
}

fn walk(top: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        // What tools put there is nobody's source.
        if name == "node_modules" || name == "target" || name == "built" {
            continue;
        }
        if path.is_dir() {
            walk(top, &path, found);
        } else if let (Ok(inside), Ok(text)) = (path.strip_prefix(top), std::fs::read_to_string(&path)) {
            found.insert(inside.to_string_lossy().into_owned(), text);
        }
    }
}

/// One file's text; the test fails where it is missing.
pub fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The Rust sources of a folder.
pub fn rust(folder: &str) -> BTreeMap<String, String> {
    texts(folder).into_iter().filter(|(path, _)| path.ends_with(".rs")).collect()
}

/// The same without their test modules: a file of tests is left out, an inline module cut off.
pub fn rust_without_tests(folder: &str) -> BTreeMap<String, String> {
    rust(folder)
        .into_iter()
        .filter(|(path, _)| !path.split('/').any(|part| part == "tests" || part == "tests.rs" || part == "testing.rs"))
        .map(|(path, text)| {
            let cut = text.find("#[cfg(test)]\nmod ").filter(|at| text[*at..].lines().nth(1).is_some_and(|l| l.ends_with('{')));
            (path, cut.map_or(text.clone(), |at| text[..at].to_owned()))
        })
        .collect()
}
