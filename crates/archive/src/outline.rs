//! What frames the bound pages: bookmarks, page labels, title and dates, and the statement of
//! conformance where every part bears one.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat};
use sha2::{Digest, Sha256};

use crate::bind::VolumeInfo;
use crate::pdf::{array_in, follow};

const PRODUCER: &str = "留痕 Liuhen";

/// A part's statement that it is PDF/A, with the output intent it rests on.
pub(crate) struct Conformance {
    intent: Dictionary,
    profile: Option<Stream>,
    /// Of the intent with its profile: colours of two parts mean the same only if it is equal.
    digest: [u8; 32],
    /// All its text has Unicode (levels A and U).
    unicode: bool,
}

impl Conformance {
    /// What the part says of itself; `None` when it makes no claim we can carry on.
    pub(crate) fn of(document: &Document) -> Option<Self> {
        let catalog = document.catalog().ok()?;
        let metadata = follow(document, catalog.get(b"Metadata").ok()?)
            .as_stream()
            .ok()?;
        let xmp = metadata.get_plain_content_with_limit(1 << 20).ok()?;
        let xmp = String::from_utf8_lossy(&xmp);
        if !matches!(stated(&xmp, "part")?, "1" | "2" | "3") {
            return None;
        }
        let unicode = match stated(&xmp, "conformance")?.to_ascii_uppercase().as_str() {
            "A" | "U" => true,
            "B" => false,
            _ => return None,
        };
        let found = array_in(document, catalog, b"OutputIntents")?.first()?;
        let found = follow(document, found).as_dict().ok()?;
        let mut intent = Dictionary::new();
        let mut hasher = Sha256::new();
        for key in [
            "Type",
            "S",
            "OutputCondition",
            "OutputConditionIdentifier",
            "RegistryName",
            "Info",
        ] {
            if let Ok(value) = found.get(key.as_bytes()) {
                let value = follow(document, value).clone();
                hasher.update(format!("{key} {value:?}\n"));
                intent.set(key, value);
            }
        }
        let profile = match found.get(b"DestOutputProfile") {
            Ok(profile) => {
                let profile = follow(document, profile).as_stream().ok()?;
                let plain = profile.get_plain_content_with_limit(16 << 20).ok()?;
                hasher.update(&plain);
                let mut dict = Dictionary::new();
                dict.set("N", follow(document, profile.dict.get(b"N").ok()?).clone());
                Some(Stream::new(dict, plain))
            }
            Err(_) => None,
        };
        Some(Self {
            intent,
            profile,
            digest: hasher.finalize().into(),
            unicode,
        })
    }

    /// What two parts can claim together.
    pub(crate) fn and(self, other: Option<Self>) -> Option<Self> {
        let other = other.filter(|other| other.digest == self.digest)?;
        Some(Self {
            unicode: self.unicode && other.unicode,
            ..self
        })
    }
}

/// Writes catalogue, bookmarks, labels and metadata around the pages.
pub(crate) struct Frame<'a> {
    pub(crate) info: &'a VolumeInfo,
    pub(crate) pages_id: ObjectId,
    /// Title, first page, its index from zero, and its number if the part bears numbers.
    pub(crate) parts: Vec<(&'a str, ObjectId, u32, Option<u32>)>,
    pub(crate) conformance: Option<Conformance>,
    pub(crate) layers: Vec<ObjectId>,
    pub(crate) layers_off: Vec<ObjectId>,
    /// What the file's identifier is made from besides the volume's.
    pub(crate) content_digest: [u8; 32],
}

impl Frame<'_> {
    pub(crate) fn write(self, document: &mut Document) {
        let mut catalog = Dictionary::new();
        catalog.set("Type", "Catalog");
        catalog.set("Pages", self.pages_id);
        catalog.set("PageMode", "UseOutlines");
        catalog.set("Lang", Object::string_literal("zh-CN"));
        let mut preferences = Dictionary::new();
        preferences.set("DisplayDocTitle", true);
        catalog.set("ViewerPreferences", preferences);
        catalog.set("Outlines", self.bookmarks(document));
        catalog.set("PageLabels", self.labels());
        let xmp = xmp(self.info, self.conformance.as_ref());
        let mut xmp_dict = Dictionary::new();
        xmp_dict.set("Type", "Metadata");
        xmp_dict.set("Subtype", "XML");
        catalog.set(
            "Metadata",
            document.add_object(Stream::new(xmp_dict, xmp.into_bytes())),
        );
        if let Some(conformance) = self.conformance {
            let mut intent = conformance.intent;
            if let Some(profile) = conformance.profile {
                intent.set("DestOutputProfile", document.add_object(profile));
            }
            let intent = document.add_object(intent);
            catalog.set("OutputIntents", vec![Object::Reference(intent)]);
        }
        if !self.layers.is_empty() {
            let references =
                |ids: Vec<ObjectId>| ids.into_iter().map(Object::Reference).collect::<Vec<_>>();
            let mut default = Dictionary::new();
            default.set("Name", text("卷宗"));
            default.set("OFF", references(self.layers_off));
            let mut properties = Dictionary::new();
            properties.set("OCGs", references(self.layers));
            properties.set("D", default);
            catalog.set("OCProperties", properties);
        }
        let mut facts = Dictionary::new();
        facts.set("Title", text(&self.info.title));
        facts.set("Author", text(&self.info.author));
        facts.set("Producer", text(PRODUCER));
        let made = Object::string_literal(self.info.made_at.as_pdf());
        facts.set("CreationDate", made.clone());
        facts.set("ModDate", made);

        let (catalog, facts) = (document.add_object(catalog), document.add_object(facts));
        document.trailer.set("Root", catalog);
        document.trailer.set("Info", facts);
        let digest = Sha256::new()
            .chain_update(self.info.id.as_bytes())
            .chain_update([0])
            .chain_update(self.content_digest)
            .finalize();
        let id = Object::String(digest[..16].to_vec(), StringFormat::Hexadecimal);
        document.trailer.set("ID", vec![id.clone(), id]);
    }

    fn bookmarks(&self, document: &mut Document) -> ObjectId {
        let root = document.new_object_id();
        let ids: Vec<ObjectId> = self
            .parts
            .iter()
            .map(|_| document.new_object_id())
            .collect();
        for (place, (title, page, _, _)) in self.parts.iter().enumerate() {
            let mut item = Dictionary::new();
            item.set("Title", text(title));
            item.set("Parent", root);
            if place > 0 {
                item.set("Prev", ids[place - 1]);
            }
            if let Some(next) = ids.get(place + 1) {
                item.set("Next", *next);
            }
            item.set("Dest", vec![Object::Reference(*page), "Fit".into()]);
            document.objects.insert(ids[place], item.into());
        }
        let mut outlines = Dictionary::new();
        outlines.set("Type", "Outlines");
        if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
            outlines.set("First", *first);
            outlines.set("Last", *last);
            outlines.set("Count", ids.len() as i64);
        }
        document.objects.insert(root, outlines.into());
        root
    }

    /// A viewer's page box then shows the number printed on the page; what bears none shows the
    /// part's title.
    fn labels(&self) -> Dictionary {
        let mut numbers = Vec::new();
        for (title, _, index, number) in &self.parts {
            let mut label = Dictionary::new();
            match number {
                Some(number) => {
                    label.set("S", "D");
                    label.set("St", i64::from(*number));
                }
                None => label.set("P", text(title)),
            }
            numbers.push(Object::Integer(i64::from(*index)));
            numbers.push(label.into());
        }
        let mut labels = Dictionary::new();
        labels.set("Nums", numbers);
        labels
    }
}

/// A text string of PDF: UTF-16, big end first, with its mark.
fn text(value: &str) -> Object {
    let bytes = [0xFEFF]
        .into_iter()
        .chain(value.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    Object::String(bytes, StringFormat::Hexadecimal)
}

/// The value of `pdfaid:NAME`, as an attribute or as an element.
fn stated<'a>(xmp: &'a str, name: &str) -> Option<&'a str> {
    let key = format!("pdfaid:{name}");
    let (_, rest) = xmp.split_once(&key)?;
    let rest = rest.trim_start();
    match rest.strip_prefix('=') {
        Some(quoted) => quoted.trim_start().split(['"', '\'']).nth(1),
        None => rest.strip_prefix('>')?.split('<').next(),
    }
    .map(str::trim)
}

fn xmp(info: &VolumeInfo, conformance: Option<&Conformance>) -> String {
    let made = info.made_at.as_xmp();
    let claim = conformance.map_or(String::new(), |conformance| {
        let level = if conformance.unicode { "U" } else { "B" };
        format!("<pdfaid:part>3</pdfaid:part><pdfaid:conformance>{level}</pdfaid:conformance>")
    });
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" \
         xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\
         <dc:format>application/pdf</dc:format>\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{}</rdf:li></rdf:Alt></dc:title>\
         <dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>\
         <pdf:Producer>{PRODUCER}</pdf:Producer>\
         <xmp:CreateDate>{made}</xmp:CreateDate><xmp:ModifyDate>{made}</xmp:ModifyDate>{claim}\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>",
        escaped(&info.title),
        escaped(&info.author),
    )
}

fn escaped(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
