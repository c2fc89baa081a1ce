//! Folders of labelled mail: sets, halves, labels.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::args::Part;

/// Labelled lines of one half of one set.
pub struct Set {
    /// The set's folder, such as `quote-strip`.
    pub name: String,
    /// The half, such as `dev`.
    pub half: String,
    /// Where the mails its labels name are.
    pub folder: PathBuf,
    /// The labels, in order, from every file of the half.
    pub lines: Vec<Line>,
}

/// One label.
pub struct Line {
    /// The file it stands in, without its ending.
    pub file: String,
    /// Its place in that file, from 0.
    pub at: usize,
    /// What it says.
    pub label: Value,
}

/// What goes wrong with folders.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// No set found.
    #[error(
        "there is no labelled mail in `{0}`; give a folder with sets like `bounces-…/dev/labels.jsonl`"
    )]
    Nothing(PathBuf),
    /// Reading or writing failed.
    #[error("{}", in_words(.0, .1))]
    Io(PathBuf, std::io::Error),
    /// No such area.
    #[error("there is no area `{0}` to train; ask for threat, intent, asks, stop or bulk")]
    NoArea(String),
    /// A line that is not JSON.
    #[error("line {1} of `{0}` is not JSON; mend or remove it")]
    Line(PathBuf, usize),
}

/// What went wrong with a file or folder, and what to do, without the system's own words for it.
fn in_words(path: &Path, why: &std::io::Error) -> String {
    use std::io::ErrorKind as Why;
    let path = path.display();
    let known = [
        (Why::NotFound, "is not there; check how it is spelt"),
        (
            Why::PermissionDenied,
            "is not yours to read or write; ask whose it is",
        ),
        (
            Why::NotADirectory,
            "is no folder; give the one that the sets are in",
        ),
        (Why::StorageFull, "has no room left on its disk; make some"),
    ];
    let said = known.iter().find(|(kind, _)| *kind == why.kind());
    let said = said.map_or(
        "could not be read or written; check the disk it is on",
        |(_, said)| *said,
    );
    format!("`{path}` {said}")
}

/// Every half of every set in a folder, by name.
pub fn sets(dir: &Path) -> Result<Vec<Set>, DataError> {
    let mut found = Vec::new();
    for folder in list(dir)?.into_iter().filter(|path| path.is_dir()) {
        for half in list(&folder)? {
            let mut files = Vec::new();
            if half.is_dir() {
                files.extend(list(&half)?.into_iter().filter(|path| is_lines(path)));
            } else if is_lines(&half) {
                files.push(half.clone());
            }
            let is_bare = half.is_dir() && files.is_empty() && name(&folder).starts_with("mime");
            if files.is_empty() && !is_bare {
                continue;
            }
            let mut lines = Vec::new();
            for file in files {
                read_lines(&file, &mut lines)?;
            }
            found.push(Set {
                name: name(&folder),
                half: half
                    .file_stem()
                    .map_or_else(String::new, |s| s.to_string_lossy().into_owned()),
                folder: if half.is_dir() { half } else { folder.clone() },
                lines,
            });
        }
    }
    if found.is_empty() {
        return Err(DataError::Nothing(dir.to_owned()));
    }
    Ok(found)
}

/// The entries of a folder, by name.
pub fn list(dir: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir)
        .map_err(|why| DataError::Io(dir.to_owned(), why))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    Ok(entries)
}

/// The bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    fs::read(path).map_err(|why| DataError::Io(path.to_owned(), why))
}

fn read_lines(path: &Path, lines: &mut Vec<Line>) -> Result<(), DataError> {
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        lines.push(Line {
            file: path
                .file_stem()
                .map_or_else(String::new, |s| s.to_string_lossy().into_owned()),
            at,
            label: serde_json::from_str(line)
                .map_err(|_| DataError::Line(path.to_owned(), at + 1))?,
        });
    }
    Ok(())
}

fn is_lines(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "jsonl")
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

impl Line {
    /// A text of the label, or nothing.
    pub fn text(&self, key: &str) -> &str {
        self.label
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// What identifies it.
    pub fn id(&self) -> String {
        match self.label.get("id") {
            Some(Value::String(id)) => id.clone(),
            Some(other) => other.to_string(),
            None => format!("{}/{}", self.file, self.at),
        }
    }

    /// What it is of a kind with: the source it says, else its id without the number at the end.
    pub fn family(&self) -> String {
        let source = self.text("source");
        if !source.is_empty() {
            return source.to_owned();
        }
        let id = self.id();
        let last = id.rsplit('/').next().unwrap_or_default();
        match last.rsplit_once('-') {
            Some((family, _)) => family.to_owned(),
            None => id.split('/').next().unwrap_or_default().to_owned(),
        }
    }

    /// What must not be split between a part that is learned from and one that is not: lines made
    /// of one idea. Where neither source nor family say it, and for harmless mail, the line itself.
    pub fn group(&self) -> String {
        let (source, family) = (self.text("source"), self.text("family"));
        if family.is_empty() || family == "benign" {
            if source.is_empty()
                && self.text("intent").is_empty()
                && self.label.get("asks").is_none()
            {
                return self.family();
            }
            return self.id();
        }
        format!("{source}/{family}")
    }

    /// True if this part of the data has it: one group in four is held.
    pub fn is_in(&self, part: Part) -> bool {
        let held = crc32(self.group().as_bytes()).is_multiple_of(4);
        match part {
            Part::Whole => true,
            Part::Look => !held,
            Part::Held => held,
        }
    }
}

/// CRC-32 (ISO-HDLC): a split anybody can repeat.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_any_name_are_found() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("autoreply/late/eml")).unwrap();
        fs::write(
            dir.path().join("autoreply/late/labels.jsonl"),
            "{\"id\":\"a/x-1.eml\",\"cls\":\"human\"}\n",
        )
        .unwrap();
        fs::create_dir(dir.path().join("injection")).unwrap();
        fs::write(
            dir.path().join("injection/other.jsonl"),
            "{\"id\":\"i\"}\n\n",
        )
        .unwrap();
        let found = sets(dir.path()).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|s| (s.name.as_str(), s.half.as_str()))
            .collect();
        assert_eq!(names, [("autoreply", "late"), ("injection", "other")]);
        assert_eq!(found[0].lines[0].family(), "x");
    }

    #[test]
    fn an_empty_folder_is_said_to_be_empty() {
        let dir = tempfile::tempdir().unwrap();
        let said = sets(dir.path()).err().unwrap().to_string();
        assert!(said.starts_with("there is no labelled mail"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_said_in_words() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("nowhere");
        let said = sets(&missing).err().unwrap().to_string();
        assert!(
            said.ends_with("nowhere` is not there; check how it is spelt"),
            "{said}"
        );
    }

    #[test]
    fn the_split_is_the_published_checksum() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }
}
