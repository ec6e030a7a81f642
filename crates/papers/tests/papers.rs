//! The press as an office meets it: every sample becomes a paper, the same order the same bytes,
//! rare characters of names stand in it, and nothing typed into a field is read as markup.

mod support;

use std::{collections::BTreeMap, fs, thread};

use papers::{Order, PaperError, Press, PressError, Sheet};
use serde_json::{Value, json};
use support::*;

#[test]
fn every_sample_becomes_a_paper() {
    let press = press();
    let kinds = kinds();
    assert!(kinds.len() >= 24, "only {} kinds of papers", kinds.len());
    for kind in kinds {
        let sample = regulation().join(&kind).join("sample.json");
        let fields: Value = serde_json::from_slice(&fs::read(&sample).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", sample.display()));
        let pictures = pictures_named_in(&fields);
        let sheet = press
            .render(&order(&kind, &fields, &pictures))
            .unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert!(sheet.pdf.starts_with(b"%PDF"), "{kind}");
        assert!(sheet.pages_count >= 1, "{kind}");
    }
}

#[test]
fn every_value_of_a_sample_stands_in_its_paper() {
    let press = press();
    let mut unprinted = Vec::new();
    for kind in kinds() {
        let mut fields = sample(&kind);
        let pictures = pictures_named_in(&fields);
        let sheet = press.render(&order(&kind, &fields, &pictures)).unwrap();
        // Opinions stand in forms; a notice goes out without them.
        let shows_opinions = template(&kind).contains("opinion-rows");
        if let Some(members) = fields.as_object_mut()
            && !shows_opinions
        {
            members.remove("opinions");
        }
        // A decision answers as the agency, and does not name who examined a statement.
        if let Some(findings) = fields
            .get_mut("statement_findings")
            .and_then(Value::as_array_mut)
        {
            for finding in findings {
                finding["examined_by"].take();
            }
        }
        // Who the party is stands in full in some papers, and by name in all.
        if let Some(party) = fields.get_mut("party") {
            *party = party["name"].take();
        }
        // Cell by cell, as the file draws them, without what stands at the foot of each page.
        let printed: String = copied_text(&sheet, "-raw").split_whitespace().collect();
        for value in texts_in(&fields) {
            let begins: String = value
                .split_whitespace()
                .collect::<String>()
                .chars()
                .take(6)
                .collect();
            // Digests of evidence stand in the list of evidence alone.
            let digest = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
            if digest && !template(&kind).contains("\"digest\"") {
                continue;
            }
            if !printed.contains(&begins) {
                unprinted.push(format!("{kind}: {value}"));
            }
        }
    }
    assert!(unprinted.is_empty(), "{unprinted:#?}");
}

#[test]
fn every_kind_can_be_set_before_anything_is_filled_in() {
    let press = press();
    for kind in kinds() {
        press
            .preview(&order(&kind, &json!({}), &[]))
            .unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
}

#[test]
fn the_same_order_gives_the_same_bytes_from_another_press_on_another_thread() {
    let fields = sample("penalty-decision");
    let here = press()
        .render(&order("penalty-decision", &fields, &[]))
        .unwrap();
    let other = press();
    let there: Vec<Sheet> = thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| other.render(&order("penalty-decision", &fields, &[]))))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap().unwrap())
            .collect()
    });
    for sheet in there {
        assert!(sheet == here, "the bytes differ");
    }
}

#[test]
fn another_identity_is_another_file() {
    let press = press();
    let fields = json!({ "text": "同一内容" });
    let one = press.render(&plain(&fields)).unwrap();
    let other = press
        .render(&Order {
            id: "another",
            ..plain(&fields)
        })
        .unwrap();
    assert_ne!(one.pdf, other.pdf);
}

#[test]
fn rare_characters_of_names_are_set() {
    let names = "㛃𬭩龘喆堃祎赟䶮";
    let sheet = press().render(&plain(&json!({ "text": names }))).unwrap();
    assert!(text_of(&sheet).contains(names), "{}", text_of(&sheet));
}

#[test]
fn a_character_no_font_has_is_refused_by_name() {
    let fields = json!({ "text": "当事人\u{e000}某", "more": [{ "deep": "\u{10fffd}\u{e000}" }] });
    for refused in [
        press().render(&plain(&fields)).map(|_| ()),
        press().preview(&plain(&fields)).map(|_| ()),
    ] {
        let error = refused.unwrap_err();
        let PaperError::Uncovered { chars } = &error else {
            panic!("{error}");
        };
        assert_eq!(chars.len(), 2);
        assert!(chars.contains(&'\u{e000}') && chars.contains(&'\u{10fffd}'));
        assert!(error.to_string().contains("U+E000"), "{error}");
    }
}

#[test]
fn markup_in_a_field_is_printed_as_it_was_typed() {
    for typed in [
        "#panic()",
        "*a*",
        "_b_",
        "$x$",
        "@ref",
        "//",
        "/* c */",
        "= 标题",
        "- 项",
        "<label>",
        "`raw`",
        "\\u{41}",
        "#f.text",
        "[括号]",
        "~",
        "https://example.cn",
    ] {
        let sheet = press().render(&plain(&json!({ "text": typed }))).unwrap();
        // How wide a space is drawn is the font's; which characters stand there is ours.
        let squeeze = |text: &str| text.split_whitespace().collect::<String>();
        let printed = squeeze(&text_of(&sheet));
        assert!(
            printed.contains(&squeeze(typed)),
            "{typed} became {printed}"
        );
    }
}

#[test]
fn lines_from_a_browser_are_lines_and_leave_no_carriage_return() {
    let sheet = press()
        .render(&plain(&json!({ "text": "第一行\r\n第二行" })))
        .unwrap();
    let printed = text_of(&sheet);
    let lines: Vec<&str> = printed.lines().map(str::trim).collect();
    assert!(
        lines.contains(&"第一行") && lines.contains(&"第二行"),
        "{printed}"
    );
}

#[test]
fn a_digest_breaks_over_lines_and_is_copied_out_whole() {
    // SHA-256 of the message "abc" (FIPS 180-4 example), three times over: longer than a line.
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".repeat(3);
    let sheet = press().render(&plain(&json!({ "text": digest }))).unwrap();
    let printed: String = text_of(&sheet)
        .split_whitespace()
        .filter(|part| !part.contains('—'))
        .collect();
    assert!(printed.contains(&digest), "{printed:?}");
}

#[test]
fn a_long_text_runs_on_over_pages_and_none_of_it_is_cut_off() {
    const LONG: usize = 400;
    let long = |mark: &str| format!("{}{mark}", "情况属实经核查无误".repeat(LONG));
    let mut fields = sample("filing-approval");
    fields["source_detail"] = json!(long("①"));
    fields["case_summary"] = json!(long("②"));
    fields["cause"] = json!(long("③"));
    fields["party"]["address"] = json!(long("④"));
    fields["opinions"][1]["opinion"] = json!(long("⑤"));
    fields["articles_violated"] = json!(vec!["《某法》第一条"; 120]);
    let sheet = press()
        .render(&order("filing-approval", &fields, &[]))
        .unwrap();
    let printed = text_of(&sheet);
    for mark in ["①", "②", "③", "④", "⑤"] {
        assert!(printed.contains(mark), "{mark} was cut off");
    }
    assert_eq!(printed.matches('《').count(), 120);
    assert_eq!(printed.matches('误').count(), 5 * LONG);
}

#[test]
fn whatever_text_grows_long_no_paper_loses_any_of_it() {
    let press = press();
    let mut lost = Vec::new();
    for kind in kinds() {
        let mut fields = sample(&kind);
        if !template(&kind).contains("opinion-rows") {
            fields.as_object_mut().unwrap().remove("opinions");
        }
        // A line of a heading is no place for a page of text.
        fields.as_object_mut().unwrap().remove("title");
        let pictures = pictures_named_in(&fields);
        let before = count_of('※', &press, &kind, &fields, &pictures);
        let expected = lengthen(&mut fields);
        let after = count_of('※', &press, &kind, &fields, &pictures);
        if (before, after) != (0, expected) {
            lost.push(format!("{kind}: {after} of {expected}"));
        }
    }
    assert!(lost.is_empty(), "{lost:?}");
}

fn count_of(
    char: char,
    press: &Press,
    kind: &str,
    fields: &Value,
    pictures: &[(String, Vec<u8>)],
) -> usize {
    let sheet = press.render(&order(kind, fields, pictures)).unwrap();
    copied_text(&sheet, "-raw").matches(char).count()
}

/// Makes a page of each sentence among the fields, and counts the marks put into them.
fn lengthen(value: &mut Value) -> usize {
    const MARKS: usize = 120;
    match value {
        Value::String(text) if text.chars().count() > 14 && !text.is_ascii() => {
            // A number of a paper is no sentence.
            if text.contains('〔') {
                return 0;
            }
            text.push_str(&"情况属实经核查无误※".repeat(MARKS));
            MARKS
        }
        Value::Array(items) => items.iter_mut().map(lengthen).sum(),
        Value::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| *name != "party")
            .map(|(_, member)| lengthen(member))
            .sum(),
        _ => 0,
    }
}

#[test]
fn blanks_are_struck_and_dates_are_worded() {
    let template = r#"#import "/common.typ": *
#let f = json("/fields.json")
#show: letter.with(f, title: "样张")
#say(at(f, "nothing")) | #date-cn(f.date) | #period-cn(f.from, f.to) | #time-cn(f.other) | #money(f.words, f.fen)"#;
    let fields = json!({
        "agency": "某某区文化和旅游局", "nothing": " ", "date": "2026-11-03",
        "from": "2026-11-17T09:05", "to": "2026-11-17T10:30", "other": "2026-11-17T23:59:30",
        "words": "人民币伍仟元整", "fen": 500_000
    });
    let press = press_with(&[("/plain/template.typ", template)]);
    let sheet = press.render(&plain(&fields)).unwrap();
    let printed: String = text_of(&sheet).split_whitespace().collect();
    for expected in [
        "/|",
        "|2026年11月3日|",
        "2026年11月17日9时05分至10时30分",
        "2026年11月17日23时59分",
        "人民币伍仟元整（5000.00元）",
    ] {
        assert!(printed.contains(expected), "{expected} is not in {printed}");
    }
}

#[test]
fn a_paper_declares_pdf_a_3u_and_carries_its_title() {
    let sheet = press()
        .render(&order("penalty-decision", &sample("penalty-decision"), &[]))
        .unwrap();
    let pdf = String::from_utf8_lossy(&sheet.pdf);
    // ISO 19005-3, 6.6.4: the identification stands uncompressed in the XMP packet.
    assert!(pdf.contains("<pdfaid:part>3</pdfaid:part>"));
    assert!(pdf.contains("<pdfaid:conformance>U</pdfaid:conformance>"));
    assert!(pdf.contains("行政处罚决定书"));
    assert!(pdf.contains("2026-11-23T09:30:00+08:00"));
}

#[test]
fn a_picture_is_drawn_and_a_missing_one_stops_the_paper() {
    let digest = "0".repeat(64);
    let fields = json!({
        "agency": "某某区文化和旅游局", "title": "现场照片",
        "images": [{ "name": "照片一.png", "caption": "门头", "digest": digest }]
    });
    let with = [("照片一.png".to_owned(), PNG.to_vec())];
    let sheet = press()
        .render(&order("scan-pages", &fields, &with))
        .unwrap();
    assert!(text_of(&sheet).contains("门头"));
    let error = press()
        .render(&order("scan-pages", &fields, &[]))
        .unwrap_err();
    let PaperError::Template { messages } = error else {
        panic!("{error}");
    };
    assert!(messages[0].contains("照片一.png"), "{messages:?}");
}

#[test]
fn a_preview_has_a_picture_for_each_page() {
    let fields = sample("penalty-decision");
    let order = order("penalty-decision", &fields, &[]);
    let press = press();
    let pages = press.preview(&order).unwrap();
    assert_eq!(
        pages.len(),
        press.render(&order).unwrap().pages_count as usize
    );
    assert!(pages.iter().all(|page| page.starts_with("<svg")));
}

#[test]
fn a_mistake_in_a_template_is_told_with_its_line() {
    let press = press_with(&[("/plain/template.typ", "一\n#nothing-of-that-name")]);
    let error = press.render(&plain(&json!({}))).unwrap_err();
    let PaperError::Template { messages } = error else {
        panic!("{error}");
    };
    assert!(
        messages[0].starts_with("/plain/template.typ:2: "),
        "{messages:?}"
    );
}

#[test]
fn a_template_reaches_neither_the_disk_nor_packages() {
    for reach in [
        r#"#read("/etc/hostname")"#,
        r#"#read("../../Cargo.toml")"#,
        r#"#import "@preview/example:0.1.0": *"#,
    ] {
        let press = press_with(&[("/plain/template.typ", reach)]);
        assert!(
            matches!(
                press.render(&plain(&json!({}))),
                Err(PaperError::Template { .. })
            ),
            "{reach}"
        );
    }
}

#[test]
fn the_template_digest_follows_template_and_shared_file_but_not_other_kinds() {
    let files = |own: &str, shared: &str, other: &str| {
        let press = press_with(&[
            ("/plain/template.typ", own),
            ("/shared.typ", shared),
            ("/other/template.typ", other),
        ]);
        press.template_digest("plain").unwrap()
    };
    let digest = files("一", "二", "三");
    assert_eq!(digest.len(), 64);
    assert_eq!(digest, files("一", "二", "四"));
    assert_ne!(digest, files("一", "四", "三"));
    assert_ne!(digest, files("四", "二", "三"));
    assert!(matches!(
        press().template_digest("no-such-kind"),
        Err(PaperError::UnknownKind { .. })
    ));
}

#[test]
fn missing_fonts_are_told_with_the_way_to_get_them() {
    let empty = tempfile::tempdir().unwrap();
    let error = Press::open(empty.path(), BTreeMap::new()).err().unwrap();
    assert!(matches!(error, PressError::FontsMissing { .. }));
    let said = error.to_string();
    assert!(
        said.contains("FandolFang-Regular.otf") && said.contains("scripts/fonts"),
        "{said}"
    );
}

/// All texts of the fields in their own words: not the dates, which papers word in Chinese, nor
/// blanks, nor the few values that choose a wording.
fn texts_in(value: &Value) -> Vec<String> {
    const CHOOSING: [&str; 6] = ["adopted", "kind", "mode", "outcome", "role", "step"];
    match value {
        Value::String(text) => {
            let dated = text.len() >= 10
                && text.as_bytes()[4] == b'-'
                && text[..4].bytes().all(|byte| byte.is_ascii_digit());
            if dated || text == "/" {
                vec![]
            } else {
                vec![text.clone()]
            }
        }
        Value::Array(items) => items.iter().flat_map(texts_in).collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !CHOOSING.contains(&name.as_str()))
            .flat_map(|(_, member)| texts_in(member))
            .collect(),
        _ => vec![],
    }
}

fn template(kind: &str) -> String {
    fs::read_to_string(regulation().join(kind).join("template.typ")).unwrap()
}

fn plain(fields: &Value) -> Order<'_> {
    order("plain", fields, &[])
}

/// The text as another program copies it out of the file, laid out as it is seen.
fn text_of(sheet: &Sheet) -> String {
    copied_text(sheet, "-layout")
}
