//! The house keeps its shape: who may know whom, how long a file may be, and what never stands in
//! the tree.
//!
//! The tables are the directions of ARCHITECTURE.md. They are there to be right, not to be obeyed:
//! if a change is awkward in this house, mend the house and then the table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a surprise in a test is a failed test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each crate of ours, and which of ours it may depend on. To add a crate, add a line.
#[rustfmt::skip] // a table: one line each
const DIRECTIONS: &[(&str, &[&str])] = &[
    // ground
    ("sendoff-domain", &[]),
    ("sendoff-policy", &["sendoff-domain"]),
    ("sendoff-triage", &["sendoff-domain"]),
    // rooms
    ("sendoff-store", &["sendoff-domain"]),
    ("sendoff-mail", &["sendoff-domain", "sendoff-policy"]),
    ("sendoff-secrets", &["sendoff-domain"]),
    // verbs
    ("sendoff-engine", &["sendoff-store", "sendoff-mail", "sendoff-secrets", "sendoff-policy", "sendoff-triage", "sendoff-domain"]),
    // doors
    ("sendoff-api", &["sendoff-engine", "sendoff-domain"]),
    ("sendoff-submission", &["sendoff-engine", "sendoff-domain"]),
    ("sendoff-console", &["sendoff-engine", "sendoff-domain"]),
    // buildings
    ("desktop", &["sendoff-console", "sendoff-api", "sendoff-submission", "sendoff-engine", "sendoff-domain"]),
    ("sendoff", &["sendoff-console", "sendoff-api", "sendoff-submission", "sendoff-engine", "sendoff-domain"]),
    // workshop
    ("sendoff-eval", &["sendoff-mail", "sendoff-triage", "sendoff-domain"]),
    ("sendoff-bench", &["sendoff-api", "sendoff-submission", "sendoff-store", "sendoff-policy", "sendoff-engine", "sendoff-domain", "sendoff-mail", "sendoff-secrets"]),
    ("sendoff-xtask", &[]),
    ("tests", &["sendoff-console", "sendoff-api", "sendoff-submission", "sendoff-engine", "sendoff-store", "sendoff-mail", "sendoff-secrets", "sendoff-policy", "sendoff-triage", "sendoff-domain"]),
];

/// Outside things with an owner: nobody else names them, not even for tests. The workshop (bench,
/// tests) may: it compares with the bare thing.
#[rustfmt::skip] // a table: one line each
const OWNED: &[(&str, &[&str])] = &[
    ("tauri", &["desktop"]),
    ("tauri-build", &["desktop"]),
    ("notify-rust", &["desktop"]),
    ("clap", &["sendoff"]),
    ("rusqlite", &["sendoff-store"]),
    ("mimalloc", &["desktop", "sendoff"]),
    ("lettre", &["sendoff-mail"]),
    ("imap", &["sendoff-mail"]),
    ("mail-parser", &["sendoff-mail"]),
    ("oauth2", &["sendoff-mail"]),
    ("axum", &["sendoff-api", "sendoff-submission", "sendoff"]),
    ("rmcp", &["sendoff-api"]),
    ("utoipa", &["sendoff-api"]),
    ("ts-rs", &["sendoff-console"]),
    ("keyring-core", &["sendoff-secrets"]),
    ("chacha20poly1305", &["sendoff-secrets"]),
    ("ed25519-dalek", &["sendoff-secrets"]),
];
const WORKSHOP: &[&str] = &["sendoff-bench", "sendoff-eval", "tests"];

/// What the ground floor must not know: anything that waits, reads, writes, or tells the time.
const GROUND: &[&str] = &["sendoff-domain", "sendoff-policy", "sendoff-triage"];
const NOT_ON_THE_GROUND: &[&str] = &[
    "tokio",
    "async-trait",
    "futures",
    "hyper",
    "reqwest",
    "ureq",
    "tracing",
    "tempfile",
    "rand",
];

/// No file is longer, so that each fits in a head.
const LINES_MAX: usize = 800;

#[test]
fn every_crate_depends_only_on_whom_the_directions_allow() {
    let allowed: BTreeMap<&str, &[&str]> = DIRECTIONS.iter().copied().collect();
    let ours: BTreeSet<&str> = allowed.keys().copied().collect();
    let mut wrong = Vec::new();
    for member in members() {
        let Some(may) = allowed.get(member.name.as_str()) else {
            wrong.push(format!("`{}` has no line in the directions", member.name));
            continue;
        };
        for dependency in member.run_time.iter().filter(|d| ours.contains(d.as_str())) {
            if !may.contains(&dependency.as_str()) {
                wrong.push(format!(
                    "`{}` must not depend on `{dependency}`",
                    member.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn outside_things_are_named_only_by_their_owners() {
    let mut wrong = Vec::new();
    for member in members()
        .iter()
        .filter(|m| !WORKSHOP.contains(&m.name.as_str()))
    {
        for (thing, owners) in OWNED {
            if member.all.contains(*thing) && !owners.contains(&member.name.as_str()) {
                wrong.push(format!("`{}` must not know `{thing}`", member.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_ground_floor_neither_waits_nor_reads_nor_writes() {
    let mut wrong = Vec::new();
    for member in members()
        .iter()
        .filter(|m| GROUND.contains(&m.name.as_str()))
    {
        for thing in NOT_ON_THE_GROUND
            .iter()
            .filter(|thing| member.run_time.contains(**thing))
        {
            wrong.push(format!("`{}` must not know `{thing}`", member.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_keeps_the_shared_lints_licence_and_edition() {
    let mut wrong = Vec::new();
    for member in members() {
        let manifest = std::fs::read_to_string(&member.manifest).unwrap();
        for line in [
            "[lints]\nworkspace = true",
            "license.workspace = true",
            "edition.workspace = true",
        ] {
            if !manifest.contains(line) {
                wrong.push(format!("{} lacks `{line}`", member.manifest.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_a_head_can_hold() {
    let long: Vec<String> = written_files()
        .into_iter()
        .filter(|(path, _)| !is_generated(path))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(
        long.is_empty(),
        "cut these where they want to be cut:\n{}",
        long.join("\n")
    );
}

#[test]
fn the_tree_names_no_machine() {
    // Put together here so that this file does not hold what it looks for.
    let needles = [
        ["/wo", "rk/main"],
        ["/wo", "rk/shared"],
        ["/ro", "ot/"],
        ["/Us", "ers/"],
        ["arti", "factory"],
    ];
    let needles = needles.map(|halves| halves.concat());
    let found: Vec<String> = written_files()
        .into_iter()
        .flat_map(|(path, text)| {
            let hits: Vec<String> = text
                .lines()
                .enumerate()
                .filter(|(_, line)| needles.iter().any(|needle| line.contains(needle)))
                .map(|(at, line)| format!("{}:{}: {}", path.display(), at + 1, line.trim()))
                .collect();
            hits
        })
        .collect();
    assert!(
        found.is_empty(),
        "paths and hosts of one machine stand in the tree:\n{}",
        found.join("\n")
    );
}

struct Member {
    name: String,
    manifest: PathBuf,
    /// What the crate needs when it runs or is built.
    run_time: BTreeSet<String>,
    /// The same and what its tests need.
    all: BTreeSet<String>,
}

/// The crates of the workspace, as cargo understands their manifests.
fn members() -> Vec<Member> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 5, "cargo metadata shows the workspace");
    packages.iter().map(member).collect()
}

fn member(package: &Value) -> Member {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let dependencies = package["dependencies"].as_array().unwrap();
    let names = |wanted: &dyn Fn(&Value) -> bool| {
        dependencies
            .iter()
            .filter(|d| wanted(d))
            .map(|d| text(&d["name"]))
            .collect()
    };
    Member {
        name: text(&package["name"]),
        manifest: PathBuf::from(text(&package["manifest_path"])),
        run_time: names(&|d| d["kind"] != "dev"),
        all: names(&|_| true),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every text file people write here, by its path below the root.
fn written_files() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    collect(&root(), &mut files);
    assert!(files.len() > 20, "the tree is found");
    files
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    let skipped = [
        "target",
        "node_modules",
        "dist",
        "test-results",
        "playwright-report",
        ".git",
        "fixtures",
        "gen",
    ];
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        // By name, whatever it is: in a second working tree `.git` is a file.
        if skipped.iter().any(|s| name.to_string_lossy() == *s) {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            files.push((path.strip_prefix(root()).unwrap().to_owned(), text));
        }
    }
}

/// Written by a tool, or not ours to cut.
fn is_generated(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let generated = [
        "Cargo.lock",
        "package-lock.json",
        "requirements.txt",
        "openapi.json",
        "schema.sqlite.sql",
        "form.json",
        "requirements.txt",
    ];
    generated.contains(&name.as_str())
        || name.starts_with("LICENSE")
        || path
            .components()
            .any(|part| part.as_os_str() == "bindings" || part.as_os_str() == "corpus")
        || path.extension().is_some_and(|e| {
            ["svg", "icns", "ico", "snap", "eml"]
                .iter()
                .any(|x| e == *x)
        })
}
