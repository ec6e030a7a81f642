//! Sets the filled sample of every kind of paper, to be looked at:
//! `cargo run -p papers --example render_samples -- FOLDER [KIND …]`.

use std::{collections::BTreeMap, fs, path::Path};

use papers::{Order, PaperError, Press};
use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder to write to")?;
    let wanted: Vec<String> = arguments.collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let papers = root.join("regulation/papers");

    let mut templates = BTreeMap::new();
    templates.insert(
        "/common.typ".to_owned(),
        fs::read(papers.join("common.typ"))?,
    );
    let mut kinds = Vec::new();
    for entry in fs::read_dir(&papers)? {
        let entry = entry?;
        let template = entry.path().join("template.typ");
        if template.is_file() {
            let kind = entry.file_name().to_string_lossy().into_owned();
            templates.insert(format!("/{kind}/template.typ"), fs::read(template)?);
            kinds.push(kind);
        }
    }
    kinds.sort();
    let press = Press::open(&root.join(".fonts"), templates)?;

    fs::create_dir_all(&folder)?;
    for kind in kinds {
        if !wanted.is_empty() && !wanted.contains(&kind) {
            continue;
        }
        let sample = papers.join(&kind).join("sample.json");
        let fields: Value = serde_json::from_slice(&fs::read(&sample).unwrap_or(b"{}".to_vec()))?;
        let pictures = pictures_named_in(&fields);
        let order = Order {
            kind: &kind,
            fields: &fields,
            id: &kind,
            made_at: jiff::civil::date(2026, 11, 23).at(9, 30, 0, 0),
            attachments: &pictures,
        };
        match press.render(&order) {
            Ok(sheet) => {
                fs::write(Path::new(&folder).join(format!("{kind}.pdf")), &sheet.pdf)?;
                println!(
                    "{kind}: {} pages, {} bytes",
                    sheet.pages_count,
                    sheet.pdf.len()
                );
            }
            Err(PaperError::Template { messages }) => {
                println!("{kind}:\n  {}", messages.join("\n  "));
            }
            Err(error) => println!("{kind}: {error}"),
        }
    }
    Ok(())
}

/// A grey sheet in the place of each picture a sample names.
const SHEET: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="210" height="297">
<rect width="210" height="297" fill="#dddddd"/></svg>"##;

fn pictures_named_in(fields: &Value) -> Vec<(String, Vec<u8>)> {
    let images = fields.get("images").and_then(Value::as_array);
    images
        .into_iter()
        .flatten()
        .filter_map(|image| image.get("name")?.as_str())
        .map(|name| (name.to_owned(), SHEET.as_bytes().to_vec()))
        .collect()
}
