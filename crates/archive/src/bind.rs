//! Binding: the parts of a volume, in their order, become one PDF. Pages are numbered through
//! the volume, arabic, bottom right of the front; cover, catalogue and closing note bear none.

use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;

use lopdf::xref::XrefType;
use lopdf::{Dictionary, Document, Object};
use sha2::{Digest, Sha256};

use crate::date::MadeAt;
use crate::merge::Copier;
use crate::outline::{Conformance, Frame};
use crate::pdf::{PdfError, load};

/// A PDF's table of objects addresses four gigabytes; the rest is for what we add.
const SIZE_BYTES_MAX: u64 = 4_000_000_000;

/// One part of a volume.
#[derive(Debug, Clone)]
pub struct Part {
    /// As it stands in the catalogue and among the bookmarks.
    pub title: String,
    /// Its PDF.
    pub pdf: PartSource,
    /// Whether its pages are counted and bear numbers.
    pub numbered: bool,
}

/// Where a part's bytes are. A file is read only when its turn comes.
#[derive(Debug, Clone)]
pub enum PartSource {
    /// In memory.
    Bytes(Vec<u8>),
    /// On disk.
    File(PathBuf),
}

/// What the volume says of itself. Equal parts and equal information give equal bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeInfo {
    /// 案卷题名.
    pub title: String,
    /// The office that made it.
    pub author: String,
    /// When.
    pub made_at: MadeAt,
    /// What tells it from every other volume; goes into the file's identifier.
    pub id: String,
}

/// A bound volume.
#[derive(Debug, Clone)]
pub struct Bound {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// The number on the first page of each part, in the parts' order; `None` where it bears none.
    pub first_page_of_each: Vec<Option<u32>>,
    /// All pages, numbered or not.
    pub pages_count: u32,
    /// Whether every part was PDF/A with one output intent, so that the volume says it is too.
    pub pdf_a: bool,
}

/// The first and last number each part will bear, given whether it is numbered and how many
/// pages it has; `None` for a part without numbers or pages.
pub fn page_ranges(counts: &[(bool, u32)]) -> Vec<Option<(u32, u32)>> {
    let mut next = 1;
    counts
        .iter()
        .map(|&(numbered, count)| {
            (numbered && count > 0).then(|| {
                let first = next;
                next += count;
                (first, next - 1)
            })
        })
        .collect()
}

/// Binds the parts.
///
/// # Errors
///
/// The first part that cannot be bound, by its title; nothing is left out in silence.
pub fn bind(parts: &[Part], info: &VolumeInfo) -> Result<Bound, PdfError> {
    if parts.is_empty() {
        return Err(PdfError::NoParts);
    }
    let mut document = Document::with_version("1.7");
    document.reference_table.cross_reference_type = XrefType::CrossReferenceTable;
    let pages_id = document.new_object_id();
    let mut kids = Vec::new();
    let mut counts = Vec::new();
    let mut first_pages = Vec::new();
    let mut conformance: Option<Option<Conformance>> = None;
    let (mut layers, mut layers_off) = (Vec::new(), Vec::new());
    let mut next = 1;
    let mut size_bytes = 0;
    let mut hasher = Sha256::new();

    for part in parts {
        let bytes = read(part)?;
        size_bytes += bytes.len() as u64;
        if size_bytes > SIZE_BYTES_MAX {
            return Err(PdfError::TooLarge {
                size_bytes_max: SIZE_BYTES_MAX,
            });
        }
        hasher.update(Sha256::digest(&bytes));
        let (source, pages) = load(&part.title, &bytes)?;
        drop(bytes);
        let claimed = Conformance::of(&source);
        conformance = Some(match conformance {
            None => claimed,
            Some(so_far) => so_far.and_then(|so_far| so_far.and(claimed)),
        });
        counts.push((part.numbered, pages.len() as u32));
        let index = kids.len() as u32;
        let mut copier = Copier::new(source, &pages, &mut document);
        for (place, &page) in pages.iter().enumerate() {
            let number = part.numbered.then(|| {
                next += 1;
                next - 1
            });
            let copied = copier.copy_page(page, pages_id, number);
            if place == 0 {
                first_pages.push((part.title.as_str(), copied, index, number));
            }
            kids.push(Object::Reference(copied));
        }
        let (shown, hidden) = copier.finish();
        layers.extend(shown);
        layers_off.extend(hidden);
    }

    let pages_count = kids.len() as u32;
    let mut tree = Dictionary::new();
    tree.set("Type", "Pages");
    tree.set("Count", i64::from(pages_count));
    tree.set("Kids", kids);
    document.objects.insert(pages_id, tree.into());
    let conformance = conformance.flatten();
    let pdf_a = conformance.is_some();
    let content_digest = hasher.finalize().into();
    Frame {
        info,
        pages_id,
        parts: first_pages,
        conformance,
        layers,
        layers_off,
        content_digest,
    }
    .write(&mut document);

    let mut pdf = Vec::with_capacity(size_bytes as usize);
    document.save_to(&mut pdf).map_err(PdfError::Write)?;
    if pdf.len() as u64 > u64::from(u32::MAX) {
        return Err(PdfError::TooLarge {
            size_bytes_max: SIZE_BYTES_MAX,
        });
    }
    let first_page_of_each = page_ranges(&counts)
        .into_iter()
        .map(|range| range.map(|(first, _)| first))
        .collect();
    Ok(Bound {
        pdf,
        first_page_of_each,
        pages_count,
        pdf_a,
    })
}

fn read(part: &Part) -> Result<Cow<'_, [u8]>, PdfError> {
    match &part.pdf {
        PartSource::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
        PartSource::File(path) => fs::read(path)
            .map(Cow::Owned)
            .map_err(|err| PdfError::File {
                title: part.title.clone(),
                err,
            }),
    }
}
