//! The regulation's papers at hand for a test: kinds, samples, schemas, a press, and the text of
//! what it set as another program reads it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use jiff::civil::date;
use papers::{Order, Press, Sheet};
use serde_json::Value;

/// One red dot: the smallest picture.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53,
    0xde, 0x00, 0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0x00,
    0x00, 0x03, 0x01, 0x01, 0x00, 0x18, 0xdd, 0x8d, 0xb0, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e,
    0x44, 0xae, 0x42, 0x60, 0x82,
];

pub const PLAIN: &str = r#"#import "/common.typ": *
#let f = json("/fields.json")
#show: letter.with(f, title: "样张")
#paras(f.text)"#;

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn regulation() -> PathBuf {
    repository().join("regulation/papers")
}

pub fn fonts() -> PathBuf {
    let dir =
        std::env::var_os("LIUHEN_FONTS").map_or_else(|| repository().join(".fonts"), PathBuf::from);
    assert!(
        dir.join("FandolFang-Regular.otf").is_file(),
        "no fonts in {}: run scripts/fonts, or set LIUHEN_FONTS to their folder",
        dir.display()
    );
    dir
}

pub fn kinds() -> Vec<String> {
    let mut kinds: Vec<String> = fs::read_dir(regulation())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    kinds.sort();
    kinds
}

pub fn sample(kind: &str) -> Value {
    let bytes = fs::read(regulation().join(kind).join("sample.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

pub fn press() -> Press {
    press_with(&[("/plain/template.typ", PLAIN)])
}

/// The regulation's templates and some of the test's own.
pub fn press_with(own: &[(&str, &str)]) -> Press {
    let mut templates = BTreeMap::new();
    templates.insert(
        "/common.typ".to_owned(),
        fs::read(regulation().join("common.typ")).unwrap(),
    );
    for kind in kinds() {
        let path = regulation().join(&kind).join("template.typ");
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        templates.insert(format!("/{kind}/template.typ"), bytes);
    }
    for (path, text) in own {
        templates.insert((*path).to_owned(), text.as_bytes().to_vec());
    }
    Press::open(&fonts(), templates).unwrap()
}

pub fn order<'a>(kind: &'a str, fields: &'a Value, attachments: &'a [(String, Vec<u8>)]) -> Order<'a> {
    Order {
        kind,
        fields,
        id: "（演示）文综罚字〔2026〕1号",
        made_at: date(2026, 11, 23).at(9, 30, 0, 0),
        attachments,
    }
}

pub fn pictures_named_in(fields: &Value) -> Vec<(String, Vec<u8>)> {
    let images = fields.get("images").and_then(Value::as_array);
    images
        .into_iter()
        .flatten()
        .filter_map(|image| image.get("name")?.as_str())
        .map(|name| (name.to_owned(), PNG.to_vec()))
        .collect()
}

pub fn copied_text(sheet: &Sheet, order: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("paper.pdf");
    fs::write(&file, &sheet.pdf).unwrap();
    let output = Command::new("pdftotext")
        .args([order, "-enc", "UTF-8"])
        .arg(&file)
        .arg("-")
        .output()
        .expect("pdftotext is needed (Debian package poppler-utils)");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
