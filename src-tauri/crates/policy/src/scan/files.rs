//! Files that are not what their name says, or that run.

use domain::Attachment;
use domain::scan::{FileKind, OddFile};
use memchr::memmem;

/// Names of programs.
const EXECUTABLE: [&str; 17] = [
    "apk", "app", "appx", "com", "cpl", "deb", "dll", "dmg", "exe", "jar", "lnk", "msi", "msix",
    "pif", "pkg", "rpm", "scr",
];

/// Names of scripts.
const SCRIPT: [&str; 17] = [
    "bash", "bat", "cmd", "hta", "js", "jse", "mjs", "ps1", "psm1", "py", "reg", "sh", "vb", "vbe",
    "vbs", "wsf", "wsh",
];

/// Names of documents with macros.
const MACROS: [&str; 9] = [
    "docm", "dotm", "potm", "ppam", "ppsm", "pptm", "xlam", "xlsm", "xltm",
];

/// Names of text in some form: no binary type may hide behind one.
const TEXT: [&str; 16] = [
    "css", "csv", "eml", "htm", "html", "ics", "json", "log", "md", "rtf", "svg", "txt", "vcf",
    "xhtml", "xml", "yaml",
];

/// Names that share a container: their first bytes do not tell them apart.
const CONTAINERS: [&[&str]; 8] = [
    &[
        "zip", "docx", "dotx", "xlsx", "xltx", "pptx", "potx", "ppsx", "odt", "ods", "odp", "odg",
        "epub", "pages", "numbers", "key", "kmz", "docm", "xlsm", "pptm", "jar", "apk", "xps",
    ],
    &["doc", "xls", "ppt", "msg", "msi", "pub", "vsd", "mpp", "db"],
    &["jpg", "jpeg", "jpe", "jfif"],
    &["tif", "tiff", "cr2", "nef", "dng"],
    &["gz", "tgz"],
    &[
        "mp4", "m4v", "mov", "m4a", "heic", "heif", "avif", "3gp", "qt",
    ],
    &["mkv", "webm"],
    &["ogg", "oga", "ogv", "opus"],
];

/// Finds them.
pub(super) fn find(files: &[Attachment]) -> Vec<OddFile> {
    files.iter().flat_map(odd).collect()
}

fn odd(file: &Attachment) -> Vec<OddFile> {
    let name = file.filename.to_lowercase();
    let extension = name
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension.trim());
    let sniffed = infer::get(&file.content);
    let bytes = sniffed.map_or("", |sniffed| sniffed.extension());
    let say = |kind| OddFile {
        kind,
        name: file.filename.clone(),
        sniffed: sniffed.map(|sniffed| sniffed.mime_type().to_owned()),
    };
    let mut odd = Vec::new();
    let runs = ["exe", "dll", "elf", "mach", "class", "dex", "msi"].contains(&bytes);
    if runs || EXECUTABLE.contains(&extension) {
        odd.push(say(FileKind::Executable));
    } else if bytes == "sh" || SCRIPT.contains(&extension) {
        odd.push(say(FileKind::Script));
    } else if MACROS.contains(&extension) || has_macros(&file.content, bytes) {
        odd.push(say(FileKind::Macros));
    }
    if sniffed.is_some_and(|sniffed| !agree(extension, sniffed)) {
        odd.push(say(FileKind::Mismatch));
    }
    odd
}

/// Whether a name may go with what the bytes are. A name that says nothing goes with anything.
fn agree(extension: &str, sniffed: infer::Type) -> bool {
    let bytes = sniffed.extension();
    let is_text = sniffed.matcher_type() == infer::MatcherType::Text;
    if TEXT.contains(&extension) {
        return is_text || extension == bytes;
    }
    let together = |group: &&[&str]| group.contains(&extension) && group.contains(&bytes);
    extension == bytes
        || CONTAINERS.iter().any(together)
        || !(infer::is_supported(extension)
            || CONTAINERS.iter().any(|group| group.contains(&extension)))
}

/// A macro project inside: its part's name in an Office file is not compressed, and in the older
/// format its directory is in UTF-16.
fn has_macros(content: &[u8], bytes: &str) -> bool {
    let project: Vec<u8> = "_VBA_PROJECT".bytes().flat_map(|byte| [byte, 0]).collect();
    match bytes {
        "zip" | "docx" | "xlsx" | "pptx" => memmem::find(content, b"vbaProject.bin").is_some(),
        "doc" | "xls" | "ppt" => memmem::find(content, &project).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PDF: &[u8] = b"%PDF-1.7\n1 0 obj";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0";
    const EXE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0";

    fn kinds(name: &str, content: &[u8]) -> Vec<FileKind> {
        let file = Attachment {
            filename: name.into(),
            content_type: "application/octet-stream".into(),
            content: content.to_vec(),
        };
        find(&[file]).into_iter().map(|odd| odd.kind).collect()
    }

    #[test]
    fn files_that_are_what_they_say_pass() {
        for (name, content) in [
            ("a.pdf", PDF),
            ("A.PDF", PDF),
            ("a.png", PNG),
            ("a.zip", ZIP),
            ("a.docx", ZIP),
            ("a.txt", b"hello"),
            ("a.csv", b"a,b\n1,2"),
            ("a.svg", b"<?xml version=\"1.0\"?><svg/>"),
            ("a.html", b"<!DOCTYPE html><p>x"),
            ("a.pdf", b"not sniffed as anything"),
            ("report", PDF),
            ("a.custom", PNG),
            ("", b""),
        ] {
            assert_eq!(kinds(name, content), [], "{name}");
        }
    }

    #[test]
    fn files_that_are_something_else_are_named() {
        for (name, content) in [
            ("a.pdf", PNG),
            ("a.txt", PDF),
            ("a.jpg", PNG),
            ("a.pdf", ZIP),
            ("a.docx", PDF),
        ] {
            assert_eq!(kinds(name, content), [FileKind::Mismatch], "{name}");
        }
    }

    #[test]
    fn programs_scripts_and_macros_are_named_by_name_or_by_bytes() {
        assert_eq!(kinds("a.exe", EXE), [FileKind::Executable]);
        assert_eq!(kinds("a.exe", b""), [FileKind::Executable]);
        assert_eq!(kinds("invoice.pdf.scr", b""), [FileKind::Executable]);
        assert_eq!(
            kinds("a.pdf", EXE),
            [FileKind::Executable, FileKind::Mismatch]
        );
        let elf = [&b"\x7fELF\x02\x01\x01\0"[..], &[0; 60]].concat();
        assert_eq!(kinds("noname", &elf), [FileKind::Executable]);
        assert_eq!(kinds("a.ps1", b"echo"), [FileKind::Script]);
        assert_eq!(kinds("run", b"#!/bin/sh\necho"), [FileKind::Script]);
        assert_eq!(kinds("a.docm", ZIP), [FileKind::Macros]);
        let hidden = [ZIP, b"word/vbaProject.bin"].concat();
        assert_eq!(kinds("a.docx", &hidden), [FileKind::Macros]);
    }
}
