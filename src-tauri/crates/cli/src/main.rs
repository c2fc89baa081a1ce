//! `sendoff`: the console without a window.
//!
//! Every command here is a line of `console`'s table, given to the running Sendoff over its local
//! socket or, when none runs, to an engine opened under the same lock. `serve` and `demo` are that
//! running Sendoff. Answers go to standard output, everything else to standard error; the exit
//! codes are in `exit.rs` and in `--help`.

mod args;
mod commands;
mod copies;
mod desk;
#[cfg(feature = "devhost")]
mod devhost;
mod exit;
mod house;
mod mcp;
mod print;
mod replay;
mod secret;
mod serve;
mod smtp_url;
mod verify;

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tracing_subscriber::EnvFilter;

use crate::args::{Cli, Command, DeskCommand, Policy};
use crate::exit::Failure;
use crate::secret::Passphrase;

/// What one thread makes another gives back in the store: who asks spells a message out, the writer
/// writes it, who asked reads the answer. The system's own allocator has them wait for each other at
/// that; with this one 64 writers are answered a tenth sooner (`cargo bench -p sendoff-bench --
/// admissions`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Quiet unless something is wrong; RUST_LOG=info tells the story.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(sentence) = failure.sentence() {
                eprintln!("sendoff: {sentence}");
            }
            failure.code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let Cli { common, command } = cli;
    engine::raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .enable_all()
        .build()?;
    let passphrase = Passphrase::from(common.passphrase_fd);
    let named = common.data.as_deref();
    let outcome = match command {
        Command::Init { keychain } => {
            serve::init(&desk::data_dir(named)?, keychain, passphrase, common.json)
        }
        Command::Serve(args) => {
            let dir = desk::data_dir(named)?;
            runtime.block_on(serve::serve(&dir, args, passphrase, common.json))
        }
        Command::Demo { http } => {
            runtime.block_on(serve::demo(named, &http, passphrase, common.json))
        }
        Command::Mcp { http } => runtime.block_on(mcp::bridge(&http)),
        Command::Replay {
            policy,
            since,
            last,
        } => replay::replay(
            &desk::data_dir(named)?,
            &policy,
            since.as_deref(),
            last,
            common.json,
        ),
        Command::Verify { export: Some(dir) } => verify::export(&dir, common.json),
        Command::Verify { export: None } => verify::verify(&desk::data_dir(named)?, common.json),
        Command::Backup(args) => {
            let dir = desk::data_dir(named)?;
            runtime.block_on(copies::backup(&dir, passphrase, args, common.json))
        }
        Command::Export(args) => {
            let dir = desk::data_dir(named)?;
            runtime.block_on(copies::export(&dir, passphrase, args, common.json))
        }
        #[cfg(feature = "devhost")]
        Command::Devhost { port } => {
            runtime.block_on(devhost::run(&desk::data_dir(named)?, port, passphrase))
        }
        Command::Completions { shell } => completions(shell),
        Command::Man { dir } => man_pages(&dir),
        Command::Desk(DeskCommand::Policy(Policy::Check { file }))
            if desk::named_dir(named).is_none() =>
        {
            commands::check_alone(&file, common.json)
        }
        Command::Desk(command) => {
            let mut desk = desk::Desk::at(desk::data_dir(named)?, passphrase);
            let outcome = runtime.block_on(commands::run(&mut desk, command, common.json));
            desk.close();
            outcome
        }
    };
    // What still runs on blocking threads (a keychain's prompt) must not keep the process.
    runtime.shutdown_background();
    outcome
}

/// Written as a whole: a reader that has seen enough is no error.
fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sendoff", &mut text);
    print::raw(&String::from_utf8_lossy(&text))
}

fn man_pages(dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(Cli::command(), dir)?;
    print::line(&format!("man pages written to {}", dir.display()))
}

/// Threads for async work: everything heavy runs on the blocking ones.
const WORKER_THREADS: usize = 2;
/// Threads that may block: composing, reading, Argon2id.
const BLOCKING_THREADS_MAX: usize = 64;
