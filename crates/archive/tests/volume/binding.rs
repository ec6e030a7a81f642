//! One PDF of many parts.

use std::fs;
use std::path::Path;

use archive::{PartSource, PdfError, bind, page_ranges, pages_count};
use lopdf::{Dictionary, Object, Stream, StringFormat};
use rstest::rstest;

use crate::{Paper, info, numbers, part, run};

/// qpdf and poppler find nothing wrong.
fn sound(pdf: &[u8]) {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("v.pdf"), pdf).unwrap();
    if let Some(output) = run("qpdf", &["--check", "v.pdf"], place.path()) {
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    if let Some(output) = run("pdfinfo", &["v.pdf"], place.path()) {
        assert!(output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

fn text_of_pages(pdf: &[u8]) -> Option<Vec<String>> {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("v.pdf"), pdf).unwrap();
    let output = run("pdftotext", &["v.pdf", "-"], place.path())?;
    let text = String::from_utf8(output.stdout).unwrap();
    Some(
        text.trim_end_matches('\u{c}')
            .split('\u{c}')
            .map(|page| page.trim().to_owned())
            .collect(),
    )
}

/// Pages as they are seen, grey, at 72 dots to the inch: width, height, bytes.
fn seen(pdf: &[u8]) -> Option<Vec<(usize, usize, Vec<u8>)>> {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("v.pdf"), pdf).unwrap();
    run(
        "pdftoppm",
        &["-r", "72", "-gray", "-cropbox", "v.pdf", "p"],
        place.path(),
    )?;
    let mut names: Vec<_> = fs::read_dir(place.path())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "pgm"))
        .collect();
    names.sort();
    Some(names.iter().map(|name| read_pgm(name)).collect())
}

fn read_pgm(path: &Path) -> (usize, usize, Vec<u8>) {
    let bytes = fs::read(path).unwrap();
    let mut at = 0;
    let mut fields = Vec::new();
    while fields.len() < 4 {
        let end = at
            + bytes[at..]
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap();
        fields.push(String::from_utf8(bytes[at..end].to_vec()).unwrap());
        at = end + 1;
    }
    (
        fields[1].parse().unwrap(),
        fields[2].parse().unwrap(),
        bytes[at..].to_vec(),
    )
}

/// The dark picture elements in a page's bottom right corner, 80 by 50, and how many there are.
fn corner(page: &(usize, usize, Vec<u8>)) -> (Vec<bool>, usize) {
    let (width, height, grey) = page;
    let mut dark = Vec::new();
    for y in height - 50..*height {
        for x in width - 80..*width {
            dark.push(grey[y * width + x] < 128);
        }
    }
    let count = dark.iter().filter(|d| **d).count();
    (dark, count)
}

fn dark(page: &(usize, usize, Vec<u8>)) -> usize {
    page.2.iter().filter(|grey| **grey < 128).count()
}

#[test]
fn parts_stand_in_their_order_and_every_page_of_them() {
    let bound = bind(
        &[
            part("封面", Paper::new().says(&["cover"]), false),
            part("卷内目录", Paper::new().says(&["catalogue"]), false),
            part(
                "立案审批表",
                Paper::new().says(&["filing one", "filing two"]),
                true,
            ),
            part("行政处罚决定书", Paper::new().says(&["decision"]), true),
            part("备考表", Paper::new().says(&["note"]), false),
        ],
        &info(),
    )
    .unwrap();
    assert_eq!(
        bound.first_page_of_each,
        [None, None, Some(1), Some(3), None]
    );
    assert_eq!(bound.pages_count, 6);
    assert_eq!(pages_count(&bound.pdf).unwrap(), 6);
    assert!(!bound.pdf_a);
    sound(&bound.pdf);
    if let Some(pages) = text_of_pages(&bound.pdf) {
        assert_eq!(
            pages,
            [
                "cover",
                "catalogue",
                "filing one",
                "filing two",
                "decision",
                "note"
            ]
        );
    }
    if let Some(pages) = seen(&bound.pdf) {
        let numbered: Vec<bool> = pages.iter().map(|page| corner(page).1 > 0).collect();
        assert_eq!(numbered, [false, false, true, true, true, false]);
    }
}

#[test]
fn the_catalogue_knows_the_numbers_before_binding() {
    assert_eq!(
        page_ranges(&[
            (false, 1),
            (false, 2),
            (true, 3),
            (true, 1),
            (false, 4),
            (true, 2),
            (true, 0)
        ]),
        [
            None,
            None,
            Some((1, 3)),
            Some((4, 4)),
            None,
            Some((5, 6)),
            None
        ]
    );
}

#[test]
fn title_dates_and_bookmarks_are_read_by_other_tools() {
    let titles = ["封面", "询问笔录（王某，演示）", "备考表"];
    let parts: Vec<_> = titles
        .iter()
        .map(|title| part(title, Paper::new().says(&["page"]), *title != "封面"))
        .collect();
    let bound = bind(&parts, &info()).unwrap();
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("v.pdf"), &bound.pdf).unwrap();
    if let Some(output) = run("pdfinfo", &["-isodates", "v.pdf"], place.path()) {
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(&info().title), "{said}");
        assert!(said.contains("演示区文化和旅游局"));
        assert!(said.contains("2026-11-23T"), "{said}");
    }
    if let Some(output) = run(
        "qpdf",
        &[
            "--json",
            "--json-key=outlines",
            "--json-key=pagelabels",
            "v.pdf",
        ],
        place.path(),
    ) {
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let outlines = said["outlines"].as_array().unwrap();
        let found: Vec<_> = outlines
            .iter()
            .map(|o| {
                (
                    o["title"].as_str().unwrap(),
                    o["destpageposfrom1"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(found, [(titles[0], 1), (titles[1], 2), (titles[2], 3)]);
    }
}

#[rstest]
#[case(0, false)]
#[case(90, false)]
#[case(180, false)]
#[case(270, false)]
#[case(-90, false)]
#[case(450, false)]
#[case(0, true)]
#[case(90, true)]
#[case(180, true)]
#[case(270, true)]
fn the_number_stands_bottom_right_as_the_page_is_seen(#[case] rotate: i64, #[case] moved: bool) {
    let mut paper = Paper::new();
    paper.page("1 0 0 1 300 400 cm", |page| {
        page.set("Rotate", rotate);
        if moved {
            page.set("MediaBox", numbers(&[-500, 1000, 500, 3000]));
            page.set("CropBox", numbers(&[-100, 1200, 495, 2042]));
        }
    });
    let bound = bind(&[part("扫描件", paper.finish(|_, _| {}), true)], &info()).unwrap();
    sound(&bound.pdf);
    let plain = bind(&[part("扫描件", Paper::new().says(&[""]), true)], &info()).unwrap();
    if let (Some(pages), Some(upright)) = (seen(&bound.pdf), seen(&plain.pdf)) {
        let (picture, count) = corner(&pages[0]);
        assert!(count > 10, "no number");
        assert_eq!(count, dark(&pages[0]), "something elsewhere");
        // Turned by a renderer, edges may differ by a grey; the shape may not.
        let (expected, _) = corner(&upright[0]);
        if pages[0].0 == upright[0].0 {
            let differing = picture
                .iter()
                .zip(&expected)
                .filter(|(a, b)| a != b)
                .count();
            assert!(differing <= 4, "{differing} differ");
        }
    }
}

#[rstest]
#[case::states_left_open("q q 2 0 0 2 500 500 cm q 9 0 0 9 0 0 cm")]
#[case::states_closed_twice("Q Q 3 0 0 3 400 400 cm")]
#[case::clipped_away("0 0 5 5 re W n")]
#[case::white_ink("1 1 1 RG 1 1 1 rg 0 w [1 9] 0 d 3 Tr")]
#[case::inline_image("q 1 0 0 1 0 0 cm BI /W 2 /H 1 /BPC 8 /CS /G ID qQ EI q q")]
fn careless_content_does_not_move_or_hide_the_number(#[case] content: &str) {
    let mut paper = Paper::new();
    paper.page(content, |_| {});
    let bound = bind(&[part("扫描件", paper.finish(|_, _| {}), true)], &info()).unwrap();
    let plain = bind(&[part("扫描件", Paper::new().says(&[""]), true)], &info()).unwrap();
    if let (Some(pages), Some(expected)) = (seen(&bound.pdf), seen(&plain.pdf)) {
        assert_eq!(corner(&pages[0]), corner(&expected[0]));
    }
}

#[test]
fn digits_differ_and_long_numbers_stay_on_the_page() {
    let parts: Vec<_> = (0..12)
        .map(|_| part("页", Paper::new().says(&[""]), true))
        .collect();
    let bound = bind(&parts, &info()).unwrap();
    if let Some(pages) = seen(&bound.pdf) {
        let corners: Vec<_> = pages.iter().map(|page| corner(page).0).collect();
        for (one, first) in corners.iter().enumerate() {
            for second in &corners[one + 1..] {
                assert_ne!(first, second);
            }
        }
        // Two digits end where one does: nothing dark in the last 38 columns.
        for page in &pages {
            let (width, height, grey) = page;
            let beyond =
                (0..*height).any(|y| (width - 38..*width).any(|x| grey[y * width + x] < 128));
            assert!(!beyond);
        }
    }
}

#[test]
fn what_a_page_inherits_goes_with_it() {
    let mut paper = Paper::new();
    let pages = paper.pages;
    let resources = paper.resources();
    let middle = paper.document.new_object_id();
    let ids: Vec<_> = ["one", "two"]
        .iter()
        .map(|word| {
            paper.page(&format!("BT /F1 24 Tf 20 20 Td ({word}) Tj ET"), |page| {
                page.remove(b"MediaBox");
                page.remove(b"Resources");
                page.set("Parent", middle);
            })
        })
        .collect();
    let shared = paper.document.add_object(resources);
    let mut node = Dictionary::new();
    node.set("Type", "Pages");
    node.set("Parent", pages);
    node.set(
        "Kids",
        ids.iter()
            .map(|id| Object::Reference(*id))
            .collect::<Vec<_>>(),
    );
    node.set("Count", 2);
    node.set("Resources", shared);
    paper.document.objects.insert(middle, node.into());
    let mut root = Dictionary::new();
    root.set("Type", "Pages");
    root.set("Kids", vec![Object::Reference(middle)]);
    root.set("Count", 2);
    root.set("MediaBox", numbers(&[0, 0, 300, 200]));
    root.set("Rotate", 90);
    paper.document.objects.insert(pages, root.into());
    let bound = bind(&[part("件", paper.finish(|_, _| {}), true)], &info()).unwrap();
    sound(&bound.pdf);
    if let Some(pages) = text_of_pages(&bound.pdf) {
        assert_eq!(pages, ["one", "two"]);
    }
    if let Some(pages) = seen(&bound.pdf) {
        assert_eq!((pages[0].0, pages[0].1), (200, 300));
    }
}

#[test]
fn two_hundred_parts_bind_and_bind_the_same_again() {
    let parts: Vec<_> = (1..=200)
        .map(|n| {
            part(
                &format!("证据{n}"),
                Paper::new().says(&[&format!("evidence {n}"), "verso"]),
                true,
            )
        })
        .collect();
    let bound = bind(&parts, &info()).unwrap();
    assert_eq!(bound.pages_count, 400);
    assert_eq!(bound.first_page_of_each[199], Some(399));
    sound(&bound.pdf);
    assert_eq!(bind(&parts, &info()).unwrap().pdf, bound.pdf);
    let other = archive::VolumeInfo {
        id: "another".into(),
        ..info()
    };
    assert_ne!(bind(&parts, &other).unwrap().pdf, bound.pdf);
    if let Some(pages) = text_of_pages(&bound.pdf) {
        assert_eq!(pages.len(), 400);
        assert_eq!(pages[398], "evidence 200");
    }
}

#[test]
fn a_bound_volume_can_be_bound_again() {
    let once = bind(&[part("件", Paper::new().says(&["page"]), true)], &info()).unwrap();
    let twice = bind(
        &[
            part("卷", once.pdf, false),
            part("件", Paper::new().says(&["next"]), true),
        ],
        &info(),
    )
    .unwrap();
    assert_eq!(twice.first_page_of_each, [None, Some(1)]);
    sound(&twice.pdf);
}

#[test]
fn a_signature_remains_as_its_picture_and_scripts_stay_behind() {
    let mut paper = Paper::new();
    let mut look = Dictionary::new();
    look.set("Type", "XObject");
    look.set("Subtype", "Form");
    look.set("BBox", numbers(&[0, 0, 100, 100]));
    let look = paper
        .document
        .add_object(Stream::new(look, b"0 g 0 0 100 100 re f".to_vec()));
    let mut appearance = Dictionary::new();
    appearance.set("N", look);
    let mut script = Dictionary::new();
    script.set("S", "JavaScript");
    script.set("JS", Object::string_literal("app.alert(1)"));
    let mut field = Dictionary::new();
    field.set("Type", "Annot");
    field.set("Subtype", "Widget");
    field.set("FT", "Sig");
    field.set("T", Object::string_literal("Signature1"));
    field.set("F", 4);
    field.set("Rect", numbers(&[100, 500, 200, 600]));
    field.set("AP", appearance);
    field.set("A", script.clone());
    let field = paper.document.add_object(field);
    paper.page("", |page| {
        page.set("Annots", vec![Object::Reference(field)]);
        page.set("AA", script.clone());
    });
    let signed = paper.finish(|_, catalog| {
        let mut form = Dictionary::new();
        form.set("Fields", vec![Object::Reference(field)]);
        catalog.set("AcroForm", form);
        catalog.set("OpenAction", script);
    });
    let bound = bind(&[part("决定书", signed, false)], &info()).unwrap();
    sound(&bound.pdf);
    let holds = |word: &[u8]| bound.pdf.windows(word.len()).any(|w| w == word);
    assert!(!holds(b"JavaScript") && !holds(b"/Sig") && !holds(b"AcroForm"));
    if let Some(pages) = seen(&bound.pdf) {
        assert!(dark(&pages[0]) > 9_000, "the seal's picture is gone");
    }
}

#[test]
fn a_layer_that_was_hidden_stays_hidden() {
    let mut paper = Paper::new();
    let mut layer = Dictionary::new();
    layer.set("Type", "OCG");
    layer.set("Name", Object::string_literal("internal"));
    let layer = paper.document.add_object(layer);
    let mut properties = Dictionary::new();
    properties.set("L", layer);
    let mut resources = paper.resources();
    resources.set("Properties", properties);
    paper.page("/OC /L BDC 0 g 100 100 300 300 re f EMC", |page| {
        page.set("Resources", resources)
    });
    let hidden = paper.finish(|_, catalog| {
        let mut default = Dictionary::new();
        default.set("OFF", vec![Object::Reference(layer)]);
        let mut optional = Dictionary::new();
        optional.set("OCGs", vec![Object::Reference(layer)]);
        optional.set("D", default);
        catalog.set("OCProperties", optional);
    });
    let bound = bind(&[part("件", hidden, false)], &info()).unwrap();
    sound(&bound.pdf);
    if let Some(pages) = seen(&bound.pdf) {
        assert_eq!(dark(&pages[0]), 0);
    }
}

fn claiming(part: &str, level: &str, profile: &[u8]) -> Vec<u8> {
    let mut paper = Paper::new();
    paper.page("", |_| {});
    let (xmp, profile) = (
        format!("<rdf:Description pdfaid:part=\"{part}\" pdfaid:conformance=\"{level}\"/>"),
        profile.to_vec(),
    );
    paper.finish(move |document, catalog| {
        let mut dict = Dictionary::new();
        dict.set("Type", "Metadata");
        dict.set("Subtype", "XML");
        let metadata = document.add_object(Stream::new(dict, xmp.into_bytes()));
        catalog.set("Metadata", metadata);
        let mut dict = Dictionary::new();
        dict.set("N", 3);
        let profile = document.add_object(Stream::new(dict, profile));
        let mut intent = Dictionary::new();
        intent.set("S", "GTS_PDFA1");
        intent.set(
            "OutputConditionIdentifier",
            Object::String(b"sRGB".to_vec(), StringFormat::Literal),
        );
        intent.set("DestOutputProfile", profile);
        catalog.set("OutputIntents", vec![Object::Dictionary(intent)]);
    })
}

#[rstest]
#[case::all(&[("3", "U", "a"), ("2", "A", "a")], Some("U"))]
#[case::one_less(&[("3", "U", "a"), ("2", "B", "a")], Some("B"))]
#[case::other_colours(&[("3", "U", "a"), ("3", "U", "b")], None)]
#[case::newer_standard(&[("3", "U", "a"), ("4", "U", "a")], None)]
#[case::one_without(&[("3", "U", "a"), ("", "", "a")], None)]
fn the_volume_claims_no_more_than_all_its_parts(
    #[case] parts: &[(&str, &str, &str)],
    #[case] level: Option<&str>,
) {
    let parts: Vec<_> = parts
        .iter()
        .map(|(p, l, c)| part("件", claiming(p, l, c.as_bytes()), true))
        .collect();
    let bound = bind(&parts, &info()).unwrap();
    sound(&bound.pdf);
    assert_eq!(bound.pdf_a, level.is_some());
    let said = String::from_utf8_lossy(&bound.pdf);
    assert_eq!(said.contains("OutputIntents"), level.is_some());
    assert_eq!(said.contains("<pdfaid:part>3<"), level.is_some());
    if let Some(level) = level {
        assert!(said.contains(&format!("<pdfaid:conformance>{level}<")));
    }
}

#[test]
fn what_cannot_be_bound_is_named() {
    let good = Paper::new().says(&["page"]);
    for damaged in [b"".to_vec(), b"not a pdf".to_vec(), good[..40].to_vec()] {
        assert!(matches!(
            pages_count(&damaged),
            Err(PdfError::Damaged { .. })
        ));
        match bind(
            &[
                part("好件", good.clone(), true),
                part("坏件", damaged, true),
            ],
            &info(),
        ) {
            Err(PdfError::Damaged { title, .. }) => assert_eq!(title, "坏件"),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        pages_count(&Paper::new().finish(|_, _| {})),
        Err(PdfError::NoPages { .. })
    ));
    assert!(matches!(bind(&[], &info()), Err(PdfError::NoParts)));
    let gone = archive::Part {
        title: "件".into(),
        pdf: PartSource::File("/nowhere/x.pdf".into()),
        numbered: true,
    };
    assert!(matches!(bind(&[gone], &info()), Err(PdfError::File { .. })));
}

#[test]
fn a_password_is_told_from_damage() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("a.pdf"), Paper::new().says(&["secret"])).unwrap();
    for (user, owner, readable) in [("word", "word", false), ("", "word", true)] {
        let Some(output) = run(
            "qpdf",
            &["--encrypt", user, owner, "256", "--", "a.pdf", "b.pdf"],
            place.path(),
        ) else {
            return;
        };
        assert!(output.status.success());
        let locked = fs::read(place.path().join("b.pdf")).unwrap();
        if readable {
            // An owner's password restrains editors, not readers.
            let bound = bind(&[part("件", locked, true)], &info()).unwrap();
            sound(&bound.pdf);
            assert_eq!(
                text_of_pages(&bound.pdf).unwrap_or(vec!["secret".into()]),
                ["secret"]
            );
        } else {
            assert!(matches!(
                pages_count(&locked),
                Err(PdfError::Encrypted { .. })
            ));
        }
    }
}

#[test]
fn a_part_may_lie_on_disk() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("part.pdf");
    let pdf = Paper::new().says(&["page"]);
    fs::write(&path, &pdf).unwrap();
    let from_disk = archive::Part {
        title: "件".into(),
        pdf: PartSource::File(path),
        numbered: true,
    };
    assert_eq!(
        bind(&[from_disk], &info()).unwrap().pdf,
        bind(&[part("件", pdf, true)], &info()).unwrap().pdf
    );
}
