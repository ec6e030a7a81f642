//! Volumes and packages, checked by tools others wrote: qpdf, poppler, unzip, sha256sum. Where
//! such a tool is not installed its check is left out; the others stand on their own.

mod binding;
mod package;

use std::path::Path;
use std::process::{Command, Output};

use archive::{MadeAt, Part, PartSource, VolumeInfo};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

const MADE_AT: MadeAt = MadeAt {
    year: 2026,
    month: 11,
    day: 23,
    hour: 9,
    minute: 5,
    second: 7,
    offset_minutes: 480,
};

fn info() -> VolumeInfo {
    VolumeInfo {
        title: "某歌舞厅（演示）未按规定核对消费者身份案".into(),
        author: "演示区文化和旅游局".into(),
        made_at: MADE_AT,
        id: "0197f0c4-7a51-7000-8000-00000000000a".into(),
    }
}

fn part(title: &str, pdf: Vec<u8>, numbered: bool) -> Part {
    Part {
        title: title.into(),
        pdf: PartSource::Bytes(pdf),
        numbered,
    }
}

/// Runs a tool; `None` where it is not installed.
fn run(tool: &str, arguments: &[&str], folder: &Path) -> Option<Output> {
    match Command::new(tool)
        .args(arguments)
        .current_dir(folder)
        .output()
    {
        Ok(output) => Some(output),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => None,
        Err(err) => panic!("{tool}: {err}"),
    }
}

/// A PDF under construction whose pages say something in Helvetica.
struct Paper {
    document: Document,
    pages: ObjectId,
    font: ObjectId,
    kids: Vec<Object>,
}

impl Paper {
    fn new() -> Self {
        let mut document = Document::with_version("1.5");
        let pages = document.new_object_id();
        let mut font = Dictionary::new();
        font.set("Type", "Font");
        font.set("Subtype", "Type1");
        font.set("BaseFont", "Helvetica");
        let font = document.add_object(font);
        Self {
            document,
            pages,
            font,
            kids: Vec::new(),
        }
    }

    fn resources(&self) -> Dictionary {
        let mut fonts = Dictionary::new();
        fonts.set("F1", self.font);
        let mut resources = Dictionary::new();
        resources.set("Font", fonts);
        resources
    }

    /// Adds a page with this content; `more` sets what else it has.
    fn page(&mut self, content: &str, more: impl FnOnce(&mut Dictionary)) -> ObjectId {
        let content = self
            .document
            .add_object(Stream::new(Dictionary::new(), content.into()));
        let mut page = Dictionary::new();
        page.set("Type", "Page");
        page.set("Parent", self.pages);
        page.set("Contents", content);
        page.set("MediaBox", numbers(&[0, 0, 595, 842]));
        page.set("Resources", self.resources());
        more(&mut page);
        let id = self.document.add_object(page);
        self.kids.push(id.into());
        id
    }

    fn says(mut self, words: &[&str]) -> Vec<u8> {
        for word in words {
            self.page(&format!("BT /F1 24 Tf 72 700 Td ({word}) Tj ET"), |_| {});
        }
        self.finish(|_, _| {})
    }

    fn finish(mut self, more: impl FnOnce(&mut Document, &mut Dictionary)) -> Vec<u8> {
        let mut tree = Dictionary::new();
        tree.set("Type", "Pages");
        tree.set("Count", self.kids.len() as i64);
        tree.set("Kids", std::mem::take(&mut self.kids));
        self.document
            .objects
            .entry(self.pages)
            .or_insert_with(|| tree.into());
        let mut catalog = Dictionary::new();
        catalog.set("Type", "Catalog");
        catalog.set("Pages", self.pages);
        more(&mut self.document, &mut catalog);
        let catalog = self.document.add_object(catalog);
        self.document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        self.document.save_to(&mut bytes).unwrap();
        bytes
    }
}

fn numbers(values: &[i64]) -> Object {
    values
        .iter()
        .map(|&value| Object::Integer(value))
        .collect::<Vec<_>>()
        .into()
}
