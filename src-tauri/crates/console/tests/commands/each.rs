//! The table of commands against these tests: what no test asks is not shown to work.

use std::fs;
use std::path::Path;

use console::COMMANDS;

#[test]
fn every_command_is_asked_by_a_test() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands");
    let mut tests = String::new();
    for entry in fs::read_dir(here).unwrap() {
        tests.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let unasked: Vec<&str> = COMMANDS
        .iter()
        .map(|command| command.name)
        .filter(|name| !tests.contains(&format!("\"{name}\"")))
        .collect();
    assert_eq!(unasked, [""; 0]);
}
