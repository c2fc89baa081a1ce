//! The window. Everything is in the library, so that it can be tested.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

/// As in the `sendoff` command, which says why.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    desktop_lib::run(std::env::args_os().skip(1))
}
