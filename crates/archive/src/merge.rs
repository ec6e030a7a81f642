//! Copying pages from one PDF into another: only what a page needs to be seen goes along.
//! Names, structure trees, scripts and signatures' fields stay behind; a signature's picture
//! remains as a picture, because in the volume it no longer proves anything.

use std::collections::{HashMap, HashSet, VecDeque};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use crate::pdf::{array_in, dictionary_in, follow, inherited};
use crate::stamp::{self, View};

const A4: [f64; 4] = [0.0, 0.0, 595.276, 841.89];
/// A page whose content inflates beyond this is bound as it is, its balance not looked at.
const CONTENT_SIZE_BYTES_MAX: usize = 64 << 20;
const NUMBER_NAME: &str = "LiuhenPageNumber";

/// Copies the pages of one part.
pub(crate) struct Copier<'a> {
    from: Document,
    into: &'a mut Document,
    ids: HashMap<ObjectId, ObjectId>,
    waiting: VecDeque<ObjectId>,
}

impl<'a> Copier<'a> {
    /// Gives every page of the part its new id. Links between pages of a part then hold.
    pub(crate) fn new(from: Document, pages: &[ObjectId], into: &'a mut Document) -> Self {
        let ids = pages
            .iter()
            .map(|&page| (page, into.new_object_id()))
            .collect();
        Self {
            from,
            into,
            ids,
            waiting: VecDeque::new(),
        }
    }

    /// Copies one page under `parent`, with its number if it bears one. Gives its new id.
    pub(crate) fn copy_page(
        &mut self,
        page_id: ObjectId,
        parent: ObjectId,
        number: Option<u32>,
    ) -> ObjectId {
        let page = self
            .from
            .get_dictionary(page_id)
            .cloned()
            .unwrap_or_default();
        let view = self.view(&page);
        let new_id = self.ids[&page_id];

        let mut copied = Dictionary::new();
        copied.set("Type", "Page");
        copied.set("Parent", parent);
        for key in ["MediaBox", "CropBox"] {
            if let Some(found) = inherited(&self.from, &page, key.as_bytes())
                .and_then(|o| stamp::rectangle(&self.from, o))
            {
                copied.set(key, real_array(found));
            }
        }
        if !copied.has(b"MediaBox") {
            copied.set("MediaBox", real_array(A4));
        }
        if view.quarters != 0 {
            copied.set("Rotate", i64::from(view.quarters) * 90);
        }
        for key in ["BleedBox", "TrimBox", "ArtBox", "Group", "UserUnit"] {
            if let Ok(value) = page.get(key.as_bytes()) {
                let value = value.clone();
                copied.set(key, self.rewritten(value));
            }
        }
        let mut resources = inherited(&self.from, &page, b"Resources")
            .and_then(|o| o.as_dict().ok())
            .cloned()
            .unwrap_or_default();
        let number_form = number.map(|number| {
            let form = self.into.add_object(number_form(number));
            (form, self.name_form(&mut resources))
        });
        let mut resources = self.rewritten_dictionary(resources);
        if let Some((form, name)) = &number_form
            && let Ok(xobjects) = resources.get_mut(b"XObject").and_then(Object::as_dict_mut)
        {
            xobjects.set(name.as_bytes(), *form);
        }
        copied.set("Resources", resources);

        let mut contents: Vec<Object> = self
            .from
            .get_page_contents(page_id)
            .into_iter()
            .map(|id| self.reference(id))
            .collect();
        contents.retain(|object| !object.is_null());
        if let (Some(number), Some((_, name))) = (number, &number_form) {
            let content = self
                .from
                .get_page_content_with_limit(page_id, CONTENT_SIZE_BYTES_MAX)
                .unwrap_or_default();
            let (missing, open) = stamp::imbalance(&content);
            let before = "q\n".repeat(missing + 1);
            let digits_count = number.to_string().len();
            let after = format!(
                "\n{}q {} /{name} Do Q\n",
                "Q\n".repeat(open + 1),
                stamp::placement(&view, digits_count)
            );
            contents.insert(0, self.add_content(before));
            contents.push(self.add_content(after));
        }
        copied.set("Contents", contents);

        let annotations = self.annotations(&page, new_id);
        if !annotations.is_empty() {
            copied.set("Annots", annotations);
        }
        self.into.objects.insert(new_id, Object::Dictionary(copied));
        new_id
    }

    /// Copies everything the pages refer to. Gives the part's layers that came along, and those
    /// of them that are switched off: what was not seen in the part must not be in the volume.
    ///
    /// Only now, after the last page: what one page shares with another is still looked at there.
    pub(crate) fn finish(mut self) -> (Vec<ObjectId>, Vec<ObjectId>) {
        let layers = self.layers().unwrap_or_default();
        while let Some(old) = self.waiting.pop_front() {
            // Moved, not cloned: a volume of scans is held in memory once.
            let object = self.from.objects.remove(&old).unwrap_or(Object::Null);
            let object = self.rewritten(object);
            self.into.objects.insert(self.ids[&old], object);
        }
        let copied: Vec<(ObjectId, bool)> = layers
            .iter()
            .filter_map(|(old, hidden)| Some((*self.ids.get(old)?, *hidden)))
            .collect();
        let hidden = copied
            .iter()
            .filter(|(_, hidden)| *hidden)
            .map(|(id, _)| *id)
            .collect();
        (copied.into_iter().map(|(id, _)| id).collect(), hidden)
    }

    /// Every layer of the part, and whether it is switched off.
    fn layers(&self) -> Option<Vec<(ObjectId, bool)>> {
        let properties = dictionary_in(&self.from, self.from.catalog().ok()?, b"OCProperties")?;
        let all = array_in(&self.from, properties, b"OCGs")?;
        let default = dictionary_in(&self.from, properties, b"D");
        let named = |key: &[u8]| -> HashSet<ObjectId> {
            let listed = default
                .and_then(|default| array_in(&self.from, default, key))
                .unwrap_or_default();
            listed
                .iter()
                .filter_map(|object| object.as_reference().ok())
                .collect()
        };
        let (on, off) = (named(b"ON"), named(b"OFF"));
        let base = default.and_then(|default| default.get(b"BaseState").ok()?.as_name().ok());
        let off_unless_on = base == Some(&b"OFF"[..]);
        let ids = all.iter().filter_map(|object| object.as_reference().ok());
        Some(
            ids.map(|id| (id, off.contains(&id) || off_unless_on && !on.contains(&id)))
                .collect(),
        )
    }

    fn view(&self, page: &Dictionary) -> View {
        let find = |key: &[u8]| {
            inherited(&self.from, page, key).and_then(|o| stamp::rectangle(&self.from, o))
        };
        let media = find(b"MediaBox").unwrap_or(A4);
        let crop = find(b"CropBox").unwrap_or(media);
        let meet = [
            media[0].max(crop[0]),
            media[1].max(crop[1]),
            media[2].min(crop[2]),
            media[3].min(crop[3]),
        ];
        let seen = if meet[2] > meet[0] && meet[3] > meet[1] {
            meet
        } else {
            media
        };
        let degrees = inherited(&self.from, page, b"Rotate")
            .and_then(|o| o.as_float().ok())
            .unwrap_or(0.0);
        let unit = page
            .get(b"UserUnit")
            .and_then(|o| follow(&self.from, o).as_float())
            .unwrap_or(1.0);
        View {
            seen,
            quarters: ((degrees as i64).rem_euclid(360) / 90) as u8,
            unit_pt: if unit.is_finite() && unit > 0.0 {
                f64::from(unit)
            } else {
                1.0
            },
        }
    }

    /// Makes room for the number's form in a page's resources, under a name not yet used there.
    fn name_form(&self, resources: &mut Dictionary) -> String {
        let mut xobjects = dictionary_in(&self.from, resources, b"XObject")
            .cloned()
            .unwrap_or_default();
        let mut name = NUMBER_NAME.to_owned();
        while xobjects.has(name.as_bytes()) {
            name.push('x');
        }
        xobjects.set(name.as_bytes(), Object::Null);
        resources.set("XObject", xobjects);
        name
    }

    fn add_content(&mut self, operators: String) -> Object {
        Object::Reference(
            self.into
                .add_object(Stream::new(Dictionary::new(), operators.into_bytes())),
        )
    }

    fn annotations(&mut self, page: &Dictionary, page_id: ObjectId) -> Vec<Object> {
        let found: Vec<Dictionary> = array_in(&self.from, page, b"Annots")
            .unwrap_or_default()
            .iter()
            .filter_map(|object| follow(&self.from, object).as_dict().ok().cloned())
            .collect();
        let mut copied = Vec::new();
        for mut annotation in found {
            let subtype = annotation
                .get(b"Subtype")
                .and_then(Object::as_name)
                .unwrap_or_default()
                .to_vec();
            if subtype == b"Popup" {
                continue;
            }
            let leads_out = dictionary_in(&self.from, &annotation, b"A").is_some_and(|a| {
                a.get(b"S")
                    .and_then(Object::as_name)
                    .is_ok_and(|n| n == b"URI")
            });
            if !leads_out {
                annotation.remove(b"A");
            }
            for key in [
                &b"Dest"[..],
                b"AA",
                b"PA",
                b"Popup",
                b"IRT",
                b"Parent",
                b"StructParent",
                b"P",
            ] {
                annotation.remove(key);
            }
            if subtype == b"Widget" {
                if !annotation.has(b"AP") {
                    continue;
                }
                for key in [
                    &b"FT"[..],
                    b"T",
                    b"TU",
                    b"TM",
                    b"V",
                    b"DV",
                    b"Ff",
                    b"MK",
                    b"DA",
                    b"Q",
                    b"Kids",
                    b"MaxLen",
                    b"Opt",
                    b"Lock",
                    b"SV",
                ] {
                    annotation.remove(key);
                }
                annotation.set("Subtype", "Stamp");
            }
            let mut annotation = self.rewritten_dictionary(annotation);
            annotation.set("P", page_id);
            copied.push(Object::Reference(self.into.add_object(annotation)));
        }
        copied
    }

    fn reference(&mut self, old: ObjectId) -> Object {
        if let Some(&new) = self.ids.get(&old) {
            return Object::Reference(new);
        }
        match self.from.objects.get(&old) {
            None => Object::Null,
            Some(object) if is_skeleton(object) => Object::Null,
            Some(_) => {
                let new = self.into.new_object_id();
                self.ids.insert(old, new);
                self.waiting.push_back(old);
                Object::Reference(new)
            }
        }
    }

    fn rewritten(&mut self, object: Object) -> Object {
        match object {
            Object::Reference(id) => self.reference(id),
            Object::Array(items) => items
                .into_iter()
                .map(|item| self.rewritten(item))
                .collect::<Vec<_>>()
                .into(),
            Object::Dictionary(dict) => self.rewritten_dictionary(dict).into(),
            Object::Stream(stream) => {
                let mut dict = self.rewritten_dictionary(stream.dict);
                dict.set("Length", stream.content.len() as i64);
                Object::Stream(Stream {
                    dict,
                    ..Stream::new(Dictionary::new(), stream.content)
                })
            }
            plain => plain,
        }
    }

    fn rewritten_dictionary(&mut self, dict: Dictionary) -> Dictionary {
        let mut rewritten = Dictionary::new();
        for (key, value) in dict {
            // Ties into the structure tree, which stays behind.
            if key != b"StructParent" && key != b"StructParents" {
                let value = self.rewritten(value);
                rewritten.set(key, value);
            }
        }
        rewritten
    }
}

/// Whether an object is of the frame of its old document: through it the whole of that document
/// would follow, pages taken out of it included.
fn is_skeleton(object: &Object) -> bool {
    let frames: [&[u8]; 5] = [
        b"Page",
        b"Pages",
        b"Catalog",
        b"StructTreeRoot",
        b"StructElem",
    ];
    object
        .as_dict()
        .is_ok_and(|dict| dict.get_type().is_ok_and(|name| frames.contains(&name)))
}

fn number_form(number: u32) -> Stream {
    let (operators, bounds) = stamp::drawing(number);
    let mut dict = Dictionary::new();
    dict.set("Type", "XObject");
    dict.set("Subtype", "Form");
    dict.set("BBox", real_array(bounds));
    dict.set("Resources", Dictionary::new());
    Stream::new(dict, operators.into_bytes())
}

fn real_array(values: [f64; 4]) -> Object {
    Object::Array(
        values
            .iter()
            .map(|value| {
                if value.fract() == 0.0 {
                    Object::Integer(*value as i64)
                } else {
                    Object::from(*value)
                }
            })
            .collect(),
    )
}
