//! Strangers' bytes, and everything that takes them.
//!
//! Here every input that is kept in `corpus/` is given to its target once more. `cargo xtask fuzz
//! TARGET` looks for new ones; what it finds is kept by copying it there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a surprise in a test is a failed test, and a door under test needs a task of its own"
)]

mod targets;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use targets::TARGETS;

/// What any thread said as it panicked: a task's panic ends nobody but itself.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn every_input_that_is_kept_is_taken() {
    let said_aloud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.lock().unwrap().push(panic.to_string());
        said_aloud(panic);
    }));
    let mut failed = Vec::new();
    for (name, target) in TARGETS {
        let inputs = inputs(&corpus().join(name));
        assert!(!inputs.is_empty(), "`{name}` has no corpus");
        for path in inputs {
            let bytes = fs::read(&path).unwrap();
            let _it_is_in_the_list = std::panic::catch_unwind(|| target(&bytes));
            let panics = std::mem::take(&mut *PANICS.lock().unwrap());
            let path = path.display();
            failed.extend(panics.iter().map(|panic| format!("{path}: {panic}")));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_folder_of_inputs_has_its_target() {
    for folder in inputs(&corpus()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(TARGETS.iter().any(|(target, _)| *target == name), "{name}");
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// What a folder holds, in order.
fn inputs(folder: &Path) -> Vec<PathBuf> {
    let held = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = held.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
