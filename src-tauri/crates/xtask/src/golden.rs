//! Golden files: written by tests on request, committed, and never changed by an ordinary test run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::house::House;

/// Every golden file and folder. To add one, add a line.
const GOLDEN: &[&str] = &[
    "src-tauri/crates/api/openapi.json",
    "src-tauri/crates/store/schema.sqlite.sql",
    "ui/src/bindings",
];

/// The golden files as they were at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<PathBuf, Vec<u8>>);

impl Snapshot {
    /// Reads them all.
    pub fn take(house: &House) -> Snapshot {
        let mut files = BTreeMap::new();
        for path in GOLDEN {
            read(&house.at(path), &mut files);
        }
        Snapshot(files)
    }

    /// Every file that is new, gone or different now.
    pub fn changed_since(&self, before: &Snapshot) -> Vec<PathBuf> {
        let all = self.0.keys().chain(before.0.keys());
        let mut changed: Vec<PathBuf> = all
            .filter(|path| self.0.get(*path) != before.0.get(*path))
            .cloned()
            .collect();
        changed.sort();
        changed.dedup();
        changed
    }
}

fn read(path: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    if let Ok(entries) = std::fs::read_dir(path) {
        entries
            .flatten()
            .for_each(|entry| read(&entry.path(), files));
    } else if let Ok(bytes) = std::fs::read(path) {
        files.insert(path.to_owned(), bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(files: &[(&str, &str)]) -> Snapshot {
        Snapshot(
            files
                .iter()
                .map(|(p, b)| (PathBuf::from(p), b.as_bytes().to_vec()))
                .collect(),
        )
    }

    #[test]
    fn a_golden_file_that_is_new_gone_or_different_is_named_once() {
        let before = snapshot(&[("same", "1"), ("different", "1"), ("gone", "1")]);
        let now = snapshot(&[("same", "1"), ("different", "2"), ("new", "1")]);
        let names = ["different", "gone", "new"].map(PathBuf::from);
        assert_eq!(now.changed_since(&before), names);
        assert!(now.changed_since(&now).is_empty());
    }
}
