//! Reading PDFs that others made: scans, and papers long issued. What cannot be bound is told
//! apart, because each is mended differently: asked for again, or asked for without a password.

use lopdf::{Dictionary, Document, Object, ObjectId};

/// Why a PDF cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The bytes are no PDF, or one damaged beyond reading.
    #[error("{title} is not a readable PDF")]
    Damaged {
        /// The part's title; empty where it has none.
        title: String,
        /// What the reader said.
        #[source]
        err: lopdf::Error,
    },
    /// A password is needed to read it.
    #[error("{title} is protected by a password")]
    Encrypted {
        /// The part's title; empty where it has none.
        title: String,
    },
    /// There is no page in it.
    #[error("{title} has no pages")]
    NoPages {
        /// The part's title; empty where it has none.
        title: String,
    },
    /// The part's file cannot be read.
    #[error("cannot read the file of {title}")]
    File {
        /// The part's title.
        title: String,
        /// Why not.
        #[source]
        err: std::io::Error,
    },
    /// The volume would pass the size a PDF can address.
    #[error("the volume would be larger than {size_bytes_max} bytes: divide it")]
    TooLarge {
        /// The largest size bound.
        size_bytes_max: u64,
    },
    /// Nothing was given to bind.
    #[error("a volume needs at least one part")]
    NoParts,
    /// The volume could not be written.
    #[error("the volume could not be written")]
    Write(#[source] std::io::Error),
}

/// Number of pages.
///
/// # Errors
///
/// [`PdfError::Damaged`], [`PdfError::Encrypted`] or [`PdfError::NoPages`].
pub fn pages_count(pdf: &[u8]) -> Result<u32, PdfError> {
    let (_, pages) = load("", pdf)?;
    Ok(pages.len() as u32)
}

/// Reads a PDF and finds its pages in order.
pub(crate) fn load(title: &str, pdf: &[u8]) -> Result<(Document, Vec<ObjectId>), PdfError> {
    let document = Document::load_mem(pdf).map_err(|err| match err {
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) => PdfError::Encrypted {
            title: title.into(),
        },
        err => PdfError::Damaged {
            title: title.into(),
            err,
        },
    })?;
    // A file with only an owner's password was opened above; its pages are readable to anyone.
    if document.is_encrypted() {
        return Err(PdfError::Encrypted {
            title: title.into(),
        });
    }
    let pages: Vec<ObjectId> = document.page_iter().collect();
    if pages.is_empty() {
        return Err(PdfError::NoPages {
            title: title.into(),
        });
    }
    Ok((document, pages))
}

/// Follows references; `Null` where they lead nowhere.
pub(crate) fn follow<'a>(document: &'a Document, object: &'a Object) -> &'a Object {
    document
        .dereference(object)
        .map_or(&Object::Null, |(_, object)| object)
}

/// The dictionary under `key`, whether it stands there or is referred to.
pub(crate) fn dictionary_in<'a>(
    document: &'a Document,
    dict: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Dictionary> {
    follow(document, dict.get(key).ok()?).as_dict().ok()
}

/// The array under `key`, whether it stands there or is referred to.
pub(crate) fn array_in<'a>(
    document: &'a Document,
    dict: &'a Dictionary,
    key: &[u8],
) -> Option<&'a [Object]> {
    follow(document, dict.get(key).ok()?)
        .as_array()
        .ok()
        .map(Vec::as_slice)
}

/// A page's attribute, its own or the nearest ancestor's (ISO 32000-1, 7.7.3.4).
pub(crate) fn inherited<'a>(
    document: &'a Document,
    page: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Object> {
    let mut node = page;
    // A page tree this deep is a loop.
    for _ in 0..64 {
        if let Ok(value) = node.get(key) {
            match follow(document, value) {
                Object::Null => {}
                value => return Some(value),
            }
        }
        node = dictionary_in(document, node, b"Parent")?;
    }
    None
}
