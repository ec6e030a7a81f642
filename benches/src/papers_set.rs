//! Papers: the first one of a fresh press, and then two-page papers on one core.

use crate::Size;
use crate::report::{Limit, Report, median};
use anyhow::{Context, ensure};
use papers::{Order, Press};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

pub fn measure(report: &mut Report, size: Size) -> anyhow::Result<()> {
    println!("\npapers");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let fonts = std::env::var_os("LIUHEN_FONTS").map_or_else(|| root.join(".fonts"), PathBuf::from);
    let book = casework::load_rulebook(None)?;
    let templates: BTreeMap<String, Vec<u8>> = book
        .files
        .iter()
        .filter_map(|(path, text)| Some((path.strip_prefix("papers")?.to_owned(), text.clone().into_bytes())))
        .filter(|(path, _)| path.ends_with(".typ"))
        .collect();
    let samples: Vec<(String, Value)> = book
        .files
        .iter()
        .filter_map(|(path, text)| {
            let kind = path.strip_prefix("papers/")?.strip_suffix("/sample.json")?;
            Some((kind.to_owned(), serde_json::from_str(text).ok()?))
        })
        .collect();
    let order = |kind: &str, fields: &Value, id: &str, press: &Press| {
        let made_at = jiff::civil::date(2026, 9, 21).at(9, 30, 0, 0);
        press.render(&Order { kind, fields, id, made_at, attachments: &[] }).with_context(|| kind.to_owned())
    };
    let (mut kind, mut fields) = (String::new(), Value::Null);
    let looking = Press::open(&fonts, templates.clone())?;
    for (sample, value) in &samples {
        // Samples that need pictures cannot be set alone; they are not what is looked for.
        if order(sample, value, "look", &looking).is_ok_and(|sheet| sheet.pages_count == 2) {
            (kind, fields) = (sample.clone(), value.clone());
            if kind == "penalty-decision" {
                break;
            }
        }
    }
    ensure!(!kind.is_empty(), "no sample has two pages");
    drop(looking);
    let (mut firsts, mut rates) = (vec![], vec![]);
    for run in 0..size.runs {
        let begun = Instant::now();
        let press = Press::open(&fonts, templates.clone())?;
        order(&kind, &fields, "first", &press)?;
        firsts.push(begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        for n in 0..size.papers {
            // Every paper says something else, as every case does.
            let mut own = fields.clone();
            if let Some(text) = own.as_object_mut().and_then(|o| o.values_mut().find(|v| v.is_string())) {
                *text = Value::from(format!("{}{run}{n}", text.as_str().unwrap_or_default()));
            }
            ensure!(order(&kind, &own, &format!("{run}-{n}"), &press)?.pages_count >= 2, "a paper of one page");
        }
        rates.push(size.papers as f64 / begun.elapsed().as_secs_f64());
    }
    report.add("first paper of a press", median(&firsts), "s", Limit::Below(1.0), format!("{kind}, fonts read"));
    report.add("two-page papers, one thread", median(&rates), "papers/s", Limit::AtLeast(20.0), format!("{kind}, PDF/A-3u"));
    Ok(())
}
