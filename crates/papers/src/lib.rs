//! Papers: fields and a template become an official paper, and nothing else happens here.
//!
//! A paper (文书) is set by [`Press::render`] as PDF/A-3u (ISO 19005-3, level U: every glyph maps
//! back to its characters, so the text can be searched and copied out of the archive), or shown
//! while it is being written by [`Press::preview`] as one SVG a page. The press has no clock and no
//! network; the same [`Order`] gives the same bytes for as long as templates, fonts and
//! [`Press::renderer_version`] stay the same.
//!
//! A template is a typst file `/<kind>/template.typ` that starts with
//!
//! ```typst
//! #import "/common.typ": *
//! #let f = json("/fields.json")
//! ```
//!
//! `/fields.json` holds the order's fields. Values are strings put into the text as they are;
//! nothing in them is ever read as markup. `/attachments.json` lists the names of the attachments;
//! `attachment("<name>")` of `common.typ` draws one of them.

mod fonts;
mod world;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{LazyLock, OnceLock},
};

use jiff::civil::DateTime;
use sha2::{Digest, Sha256};
use typst::{
    Library, LibraryExt, World, WorldExt,
    diag::{SourceDiagnostic, Warned},
    foundations::{Datetime, Smart},
    layout::{Frame, FrameItem},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};
use typst_svg::SvgOptions;

use fonts::Fonts;
use world::{OrderWorld, Templates};

/// Sets papers from a fixed set of templates and fonts. Shared freely between threads.
pub struct Press {
    templates: Templates,
    library: LazyHash<Library>,
    fonts_dir: PathBuf,
    // Read at the first paper: a server that sets none should not pay for tens of megabytes.
    fonts: OnceLock<Fonts>,
}

/// What is to be set.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The paper's kind, the name of its folder: `penalty-decision`.
    pub kind: &'a str,
    /// The fields, as the kind's schema describes them.
    pub fields: &'a serde_json::Value,
    /// Identifies the paper; a hash of it becomes the PDF's identity (ISO 32000-1, 14.4).
    pub id: &'a str,
    /// When the paper was made, as a clock in China shows it (UTC+8); written as its creation date.
    pub made_at: DateTime,
    /// Pictures (PNG, JPEG, WebP, GIF, SVG or PDF) by the names the fields call them.
    pub attachments: &'a [(String, Vec<u8>)],
}

/// A paper that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The bytes of the PDF/A-3u file.
    pub pdf: Vec<u8>,
    /// How many pages it has; at least one.
    pub pages_count: u32,
}

/// Why a press could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum PressError {
    /// Fonts are not where they were said to be.
    #[error("fonts are missing in {}: {}; run scripts/fonts", dir.display(), missing.join(", "))]
    FontsMissing {
        /// The folder looked into.
        dir: PathBuf,
        /// File names not found there.
        missing: Vec<String>,
    },
    /// A template's path cannot be a path below the root of templates.
    #[error("{path} cannot be the path of a template")]
    Path {
        /// The path as given.
        path: String,
    },
    /// A template is not text in UTF-8.
    #[error("the template {path} is not UTF-8")]
    NotText {
        /// The template's path.
        path: String,
        #[source]
        source: std::string::FromUtf8Error,
    },
}

/// Why a paper could not be set.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// There is no template of this kind.
    #[error("no template for papers of the kind {kind}")]
    UnknownKind {
        /// The kind asked for.
        kind: String,
    },
    /// Some characters stand in no font. They are refused, for a box in the place of a
    /// character of a name would be a false paper.
    #[error("no font has the characters {}", describe(chars))]
    Uncovered {
        /// Each such character once, in the order of their first appearance.
        chars: Vec<char>,
    },
    /// The template and these fields do not go together.
    #[error("the template cannot be set: {}", messages.join("; "))]
    Template {
        /// What the typesetter said, each with file and line where it is known.
        messages: Vec<String>,
    },
    /// The moment the paper was made cannot be written as a PDF date.
    #[error("{made_at} cannot be the date of a paper")]
    MadeAt {
        /// The moment as given.
        made_at: DateTime,
    },
    /// A font could not be read, or is no longer the file it was at the first paper.
    #[error("the font {} cannot be used: {reason}", path.display())]
    Font {
        /// The font's file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Press {
    /// Opens a press on a folder of fonts (see `scripts/fonts`) and the templates, by path:
    /// `/common.typ`, `/penalty-decision/template.typ`. Fonts are only looked for, not read yet.
    pub fn open(
        fonts_dir: &Path,
        templates: BTreeMap<String, Vec<u8>>,
    ) -> Result<Press, PressError> {
        let missing = Fonts::missing_in(fonts_dir);
        if !missing.is_empty() {
            return Err(PressError::FontsMissing {
                dir: fonts_dir.to_owned(),
                missing,
            });
        }
        Ok(Press {
            templates: Templates::parse(templates)?,
            library: LazyHash::new(Library::default()),
            fonts_dir: fonts_dir.to_owned(),
            fonts: OnceLock::new(),
        })
    }

    /// Sets a paper as PDF/A-3u.
    pub fn render(&self, order: &Order) -> Result<Sheet, PaperError> {
        let sheet = self.set(order, |document, world| {
            let made_at = Timestamp::new_local(world.made_at(), CHINA_UTC_OFFSET_MINUTES).ok_or(
                PaperError::MadeAt {
                    made_at: order.made_at,
                },
            )?;
            let standards =
                PdfStandards::new(&[PdfStandard::A_3u]).map_err(|error| PaperError::Template {
                    messages: vec![error.message().to_string()],
                })?;
            let options = PdfOptions {
                ident: Smart::Custom(order.id.to_owned()),
                creator: Smart::Custom(Some(self.renderer_version().to_owned())),
                timestamp: Some(made_at),
                standards,
                ..PdfOptions::default()
            };
            let pdf =
                typst_pdf::pdf(document, &options).map_err(|errors| PaperError::Template {
                    messages: world_messages(world, &errors),
                })?;
            Ok(Sheet {
                pdf,
                pages_count: u32::try_from(document.pages().len()).unwrap_or(u32::MAX),
            })
        });
        forget_caches();
        sheet
    }

    /// Shows a paper as it would be set: one SVG a page, glyphs drawn as outlines.
    pub fn preview(&self, order: &Order) -> Result<Vec<String>, PaperError> {
        let pages = self.set(order, |document, _| {
            let options = SvgOptions::default();
            Ok(document
                .pages()
                .iter()
                .map(|page| typst_svg::svg(page, &options))
                .collect())
        });
        forget_caches();
        pages
    }

    /// Names the program that sets the papers: this crate's version and the typesetter's.
    pub fn renderer_version(&self) -> &str {
        static VERSION: LazyLock<String> = LazyLock::new(|| {
            format!(
                "papers {} (typst {})",
                env!("CARGO_PKG_VERSION"),
                typst::utils::version().raw()
            )
        });
        &VERSION
    }

    /// SHA-256, in lower-case hex, over all that shapes papers of a kind besides their fields: its
    /// template, the files shared by all kinds, and the digest of each font.
    pub fn template_digest(&self, kind: &str) -> Result<String, PaperError> {
        let files = self.templates.of(kind).ok_or_else(|| unknown(kind))?;
        let mut all = Sha256::new();
        for (path, bytes) in files {
            all.update((path.len() as u64).to_be_bytes());
            all.update(path);
            all.update(Sha256::digest(bytes));
        }
        for (name, digest) in self.fonts()?.digests() {
            all.update((name.len() as u64).to_be_bytes());
            all.update(name);
            all.update(digest);
        }
        Ok(hex::encode(all.finalize()))
    }

    /// Compiles the order and hands the document on if every character found its glyph.
    fn set<T>(
        &self,
        order: &Order,
        write: impl FnOnce(&PagedDocument, &OrderWorld) -> Result<T, PaperError>,
    ) -> Result<T, PaperError> {
        let main = self
            .templates
            .main_of(order.kind)
            .ok_or_else(|| unknown(order.kind))?;
        let fonts = self.fonts()?;
        let mut fields = order.fields.clone();
        unify_line_ends(&mut fields);
        let mut chars = Vec::new();
        collect_uncovered(&fields, fonts, &mut chars);
        if !chars.is_empty() {
            return Err(PaperError::Uncovered { chars });
        }

        let world = OrderWorld::new(
            &self.templates,
            &self.library,
            fonts,
            main,
            &fields,
            order.attachments,
            datetime(order.made_at).ok_or(PaperError::MadeAt {
                made_at: order.made_at,
            })?,
        );
        let Warned { output, warnings } = typst::compile::<PagedDocument>(&world);
        if let Some(error) = fonts.trouble() {
            return Err(error);
        }
        let document = output.map_err(|errors| PaperError::Template {
            messages: world_messages(&world, &errors),
        })?;
        // A warning says that the page is not what the template meant (an unknown font, a page
        // count that never settles). Such a paper must not go out.
        if !warnings.is_empty() {
            return Err(PaperError::Template {
                messages: world_messages(&world, &warnings),
            });
        }
        // The template's own words are not among the fields, so the pages are looked through too.
        for page in document.pages() {
            collect_missing_glyphs(&page.frame, &mut chars);
        }
        if !chars.is_empty() {
            return Err(PaperError::Uncovered { chars });
        }
        write(&document, &world)
    }

    fn fonts(&self) -> Result<&Fonts, PaperError> {
        if let Some(fonts) = self.fonts.get() {
            return Ok(fonts);
        }
        let read = Fonts::read(&self.fonts_dir)?;
        // Two first papers may both have read them; one set is kept.
        Ok(self.fonts.get_or_init(|| read))
    }
}

/// China keeps one time, eight hours ahead of UTC, without summer time.
const CHINA_UTC_OFFSET_MINUTES: i32 = 8 * 60;

/// Drops what the typesetter remembers between papers: it would hold fields of earlier papers, and
/// some hundred megabytes, for no gain worth either.
fn forget_caches() {
    comemo::evict(0);
}

fn unknown(kind: &str) -> PaperError {
    PaperError::UnknownKind {
        kind: kind.to_owned(),
    }
}

fn datetime(at: DateTime) -> Option<Datetime> {
    Datetime::from_ymd_hms(
        at.year().into(),
        at.month().unsigned_abs(),
        at.day().unsigned_abs(),
        at.hour().unsigned_abs(),
        at.minute().unsigned_abs(),
        at.second().unsigned_abs(),
    )
}

/// Browsers send text areas with CR LF; a carriage return is no character of a paper.
fn unify_line_ends(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) if text.contains('\r') => {
            *text = text.replace("\r\n", "\n").replace('\r', "\n");
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(unify_line_ends),
        serde_json::Value::Object(members) => members.values_mut().for_each(unify_line_ends),
        _ => {}
    }
}

fn collect_uncovered(value: &serde_json::Value, fonts: &Fonts, chars: &mut Vec<char>) {
    match value {
        serde_json::Value::String(text) => {
            for char in text.chars() {
                if !fonts.cover(char) && !chars.contains(&char) {
                    chars.push(char);
                }
            }
        }
        serde_json::Value::Array(items) => {
            items
                .iter()
                .for_each(|item| collect_uncovered(item, fonts, chars));
        }
        serde_json::Value::Object(members) => {
            members
                .values()
                .for_each(|member| collect_uncovered(member, fonts, chars));
        }
        _ => {}
    }
}

/// Glyph 0 is each font's box for "none of mine" (OpenType `.notdef`).
fn collect_missing_glyphs(frame: &Frame, chars: &mut Vec<char>) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => collect_missing_glyphs(&group.frame, chars),
            FrameItem::Text(text) => {
                for glyph in text.glyphs.iter().filter(|glyph| glyph.id == 0) {
                    for char in text.text.get(glyph.range()).unwrap_or_default().chars() {
                        if !chars.contains(&char) {
                            chars.push(char);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

fn world_messages(world: &OrderWorld, diagnostics: &[SourceDiagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic.span.id().and_then(|id| {
                let start = world.range(diagnostic.span)?.start;
                let line = world.source(id).ok()?.lines().byte_to_line(start)?;
                Some(format!("{}:{}: ", id.vpath().get_with_slash(), line + 1))
            });
            let hints: String = diagnostic
                .hints
                .iter()
                .map(|hint| format!(" ({})", hint.v))
                .collect();
            format!("{}{}{hints}", place.unwrap_or_default(), diagnostic.message)
        })
        .collect()
}

fn describe(chars: &[char]) -> String {
    let each: Vec<String> = chars
        .iter()
        .map(|char| format!("{char} (U+{:04X})", u32::from(*char)))
        .collect();
    each.join(", ")
}
