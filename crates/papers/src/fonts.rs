//! The fonts papers are set in: found by name in one folder, described at the first paper, and each
//! read into memory only when a paper needs its glyphs. The fonts for rare characters are as large
//! as all the others together, and most papers have no rare character.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use sha2::{Digest, Sha256};
use typst::{
    foundations::Bytes,
    text::{Font, FontBook, FontInfo, is_default_ignorable},
    utils::LazyHash,
};

use crate::PaperError;

/// The files, by the names `scripts/fonts` gives them.
const FILES: [&str; 8] = [
    "FandolFang-Regular.otf",
    "FandolHei-Bold.otf",
    "FandolHei-Regular.otf",
    "FandolKai-Regular.otf",
    "FandolSong-Bold.otf",
    "FandolSong-Regular.otf",
    "NotoSansCJK-Regular.ttc",
    "NotoSerifCJK-Regular.ttc",
];

/// Of the collections, which hold one face for each region, the faces with mainland shapes.
const COLLECTION_FAMILIES: [&str; 2] = ["Noto Sans CJK SC", "Noto Serif CJK SC"];

pub(crate) struct Fonts {
    book: LazyHash<FontBook>,
    faces: Vec<Face>,
    digests: Vec<(&'static str, [u8; 32])>,
}

struct Face {
    path: PathBuf,
    index: u32,
    digest: [u8; 32],
    font: OnceLock<Result<Font, String>>,
}

impl Fonts {
    pub(crate) fn missing_in(dir: &Path) -> Vec<String> {
        FILES
            .iter()
            .filter(|name| !dir.join(name).is_file())
            .map(|name| (*name).to_owned())
            .collect()
    }

    /// Reads each file once for its digest and what its faces cover, and lets its bytes go again.
    pub(crate) fn read(dir: &Path) -> Result<Fonts, PaperError> {
        let mut book = FontBook::new();
        let mut faces = Vec::new();
        let mut digests = Vec::new();
        for name in FILES {
            let path = dir.join(name);
            let bytes = fs::read(&path).map_err(|error| PaperError::Font {
                path: path.clone(),
                reason: error.to_string(),
            })?;
            let digest = Sha256::digest(&bytes).into();
            digests.push((name, digest));
            let known_before = faces.len();
            let collection = bytes.starts_with(b"ttcf");
            let mut index = 0;
            // The faces of a collection are numbered without a gap, so the first one that cannot
            // be read ends it.
            while let Some(info) = FontInfo::new(&bytes, index) {
                if !collection || COLLECTION_FAMILIES.contains(&info.family.as_str()) {
                    book.push(info);
                    faces.push(Face {
                        path: path.clone(),
                        index,
                        digest,
                        font: OnceLock::new(),
                    });
                }
                if !collection {
                    break;
                }
                index += 1;
            }
            if faces.len() == known_before {
                return Err(PaperError::Font {
                    path,
                    reason: "no face of the expected family is in it".to_owned(),
                });
            }
        }
        Ok(Fonts {
            book: LazyHash::new(book),
            faces,
            digests,
        })
    }

    pub(crate) fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    pub(crate) fn font(&self, index: usize) -> Option<Font> {
        self.faces.get(index)?.font().as_ref().ok().cloned()
    }

    /// The first font that was asked for and could not be had.
    pub(crate) fn trouble(&self) -> Option<PaperError> {
        self.faces.iter().find_map(|face| match face.font.get() {
            Some(Err(reason)) => Some(PaperError::Font {
                path: face.path.clone(),
                reason: reason.clone(),
            }),
            _ => None,
        })
    }

    /// File names and digests of all fonts, in the order of the names.
    pub(crate) fn digests(&self) -> &[(&'static str, [u8; 32])] {
        &self.digests
    }

    /// Whether a character can be set: it has a glyph, or needs none.
    pub(crate) fn cover(&self, char: char) -> bool {
        if matches!(char, '\n' | '\t' | ' ') || is_default_ignorable(char) {
            return true;
        }
        // What a private-use character means is a matter between two parties; a font that happens
        // to have a glyph there draws something else than its writer saw.
        if is_private_use(char) {
            return false;
        }
        (0..self.faces.len()).any(|index| {
            self.book
                .info(index)
                .is_some_and(|info| info.coverage.contains(char.into()))
        })
    }
}

impl Face {
    fn font(&self) -> &Result<Font, String> {
        self.font.get_or_init(|| {
            let bytes = fs::read(&self.path).map_err(|error| error.to_string())?;
            // The digest stands in approvals; other glyphs under it would be another paper.
            if Sha256::digest(&bytes)[..] != self.digest {
                return Err("the file changed since the first paper; restart".to_owned());
            }
            Font::new(Bytes::new(bytes), self.index).ok_or_else(|| "it is damaged".to_owned())
        })
    }
}

fn is_private_use(char: char) -> bool {
    matches!(char, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}
