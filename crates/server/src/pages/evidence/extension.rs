//! Whether a file is what its name says: the extension against the type that was read from its bytes.

use crate::look::words;
use procedure::event::FileRef;

/// What a chip says of a file whose name and content differ.
pub const MISMATCH: &str = "扩展名与内容不符";

/// Extensions, the types their content may have, and what both are called.
const KNOWN: &[(&[&str], &[&str], &str)] = &[
    (&["jpg", "jpeg", "jpe", "jfif"], &["image/jpeg"], "JPEG 图片"),
    (&["png"], &["image/png"], "PNG 图片"),
    (&["pdf"], &["application/pdf"], "PDF 文档"),
    (&["mp4", "m4v", "mov", "3gp", "qt"], &["video/mp4", "video/quicktime"], "MP4 录像"),
    (&["webm", "mkv"], &["video/webm"], "WebM 录像"),
    (&["avi"], &["video/x-msvideo"], "AVI 录像"),
    (&["mp3"], &["audio/mpeg"], "MP3 录音"),
    (&["m4a"], &["audio/mp4", "video/mp4"], "M4A 录音"),
    (&["ogg", "oga", "ogv"], &["audio/ogg"], "Ogg 录音"),
    (&["wav"], &["audio/wav"], "WAV 录音"),
];

/// What the name says and what the content is, in one sentence; none where they agree or the name
/// says nothing the system knows.
pub fn mismatch(file: &FileRef) -> Option<String> {
    let (_, extension) = file.original_name.rsplit_once('.')?;
    let extension = extension.trim().to_ascii_lowercase();
    let said = KNOWN.iter().find(|(extensions, ..)| extensions.contains(&extension.as_str()));
    let found = KNOWN.iter().find(|(_, types, _)| types.contains(&file.media_type.as_str()));
    let differs = match (said, found) {
        (Some((_, types, _)), _) => !types.contains(&file.media_type.as_str()),
        // Another name over bytes the system knows well: a picture called a web page.
        (None, Some(_)) => !extension.is_empty() && extension.len() <= 5,
        (None, None) => false,
    };
    let content = found.map_or("系统不认得的内容，不是图片、录音录像或者 PDF", |(.., title)| title);
    let name = said.map_or_else(|| format!("“.{}”文件", words::visible(&extension)), |(.., title)| format!("{title}（.{extension}）"));
    differs.then(|| format!("文件名说是{name}，内容是{content}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, media_type: &str) -> FileRef {
        FileRef {
            sha256: String::new(),
            sm3: String::new(),
            len_bytes: 1,
            media_type: media_type.into(),
            original_name: name.into(),
            plain_sha256: String::new(),
        }
    }

    #[test]
    fn a_web_page_called_a_picture_is_told() {
        let said = mismatch(&file("现场.JPG", "application/octet-stream")).expect("they differ");
        assert_eq!(said, "文件名说是JPEG 图片（.jpg），内容是系统不认得的内容，不是图片、录音录像或者 PDF");
        assert_eq!(mismatch(&file("现场.html", "image/jpeg")).as_deref(), Some("文件名说是“.html”文件，内容是JPEG 图片"));
        assert!(mismatch(&file("a.mp4", "image/png")).is_some());
    }

    #[test]
    fn names_that_fit_and_names_that_say_nothing_are_let_be() {
        for (name, media_type) in [("现场.jpg", "image/jpeg"), ("a.mov", "video/mp4"), ("来函.docx", "application/octet-stream"), ("照片", "image/jpeg"), ("1号楼.第二次检查现场照片", "image/jpeg")] {
            assert_eq!(mismatch(&file(name, media_type)), None, "{name}");
        }
    }
}
