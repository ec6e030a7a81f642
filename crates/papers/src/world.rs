//! What the typesetter may see while it sets one paper: the templates, the order's fields and
//! pictures, the fonts, and the order's date in the place of a clock. Nothing on disk, no network.

use std::collections::BTreeMap;

use typst::{
    Library, World,
    diag::{FileError, FileResult},
    foundations::{Bytes, Datetime, Duration},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};

use crate::{PressError, fonts::Fonts};

/// The templates by path, parsed once.
pub(crate) struct Templates {
    sources: BTreeMap<String, Source>,
}

impl Templates {
    pub(crate) fn parse(files: BTreeMap<String, Vec<u8>>) -> Result<Templates, PressError> {
        let mut sources = BTreeMap::new();
        for (path, bytes) in files {
            let virtual_path = VirtualPath::new(&path)
                .ok()
                .filter(|parsed| parsed.get_with_slash() == path)
                .ok_or_else(|| PressError::Path { path: path.clone() })?;
            let text = String::from_utf8(bytes).map_err(|source| PressError::NotText {
                path: path.clone(),
                source,
            })?;
            let id = RootedPath::new(VirtualRoot::Project, virtual_path).intern();
            sources.insert(path, Source::new(id, text));
        }
        Ok(Templates { sources })
    }

    pub(crate) fn main_of(&self, kind: &str) -> Option<FileId> {
        let path = format!("/{kind}/template.typ");
        self.sources.get(&path).map(Source::id)
    }

    /// Path and text of all files that a kind's papers are made with, by path: those in its own
    /// folder and those at the root, shared by all.
    pub(crate) fn of(&self, kind: &str) -> Option<impl Iterator<Item = (&str, &str)>> {
        self.main_of(kind)?;
        let folder = format!("/{kind}/");
        Some(
            self.sources
                .iter()
                .filter(move |(path, _)| {
                    path.starts_with(&folder) || path.matches('/').count() == 1
                })
                .map(|(path, source)| (path.as_str(), source.text())),
        )
    }
}

pub(crate) struct OrderWorld<'a> {
    templates: &'a Templates,
    library: &'a LazyHash<Library>,
    fonts: &'a Fonts,
    main: FileId,
    fields: Bytes,
    attachment_names: Bytes,
    attachments: Vec<Bytes>,
    made_at: Datetime,
}

impl<'a> OrderWorld<'a> {
    pub(crate) fn new(
        templates: &'a Templates,
        library: &'a LazyHash<Library>,
        fonts: &'a Fonts,
        main: FileId,
        fields: &serde_json::Value,
        attachments: &[(String, Vec<u8>)],
        made_at: Datetime,
    ) -> OrderWorld<'a> {
        let names: Vec<&str> = attachments.iter().map(|(name, _)| name.as_str()).collect();
        OrderWorld {
            templates,
            library,
            fonts,
            main,
            fields: Bytes::from_string(fields.to_string()),
            attachment_names: Bytes::from_string(serde_json::Value::from(names).to_string()),
            attachments: attachments
                .iter()
                .map(|(_, bytes)| Bytes::new(bytes.clone()))
                .collect(),
            made_at,
        }
    }

    pub(crate) fn made_at(&self) -> Datetime {
        self.made_at
    }
}

impl World for OrderWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let path = project_path(id)?;
        self.templates
            .sources
            .get(path)
            .cloned()
            .ok_or_else(|| FileError::NotFound(path.into()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = project_path(id)?;
        match path {
            "/fields.json" => return Ok(self.fields.clone()),
            "/attachments.json" => return Ok(self.attachment_names.clone()),
            _ => {}
        }
        // Pictures go by their place in the order, not by name: the typesetter keeps every path it
        // ever saw for the life of the process, and has room for 65 535 of them.
        path.strip_prefix("/attachments/")
            .and_then(|place| place.parse::<usize>().ok())
            .and_then(|place| self.attachments.get(place).cloned())
            .ok_or_else(|| FileError::NotFound(path.into()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        Some(self.made_at)
    }
}

fn project_path(id: FileId) -> FileResult<&'static str> {
    let rooted = id.get();
    match rooted.root() {
        VirtualRoot::Project => Ok(rooted.vpath().get_with_slash()),
        // A package would have to be fetched from elsewhere.
        VirtualRoot::Package(_) => Err(FileError::AccessDenied),
    }
}
