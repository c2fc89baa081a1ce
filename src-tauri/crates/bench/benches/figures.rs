//! Prints the figures of one run, as ratios: `cargo bench -p sendoff-bench`, or one group of them:
//! `cargo bench -p sendoff-bench -- admissions`.

/// As in the programs that are measured here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), bench::Trouble> {
    let (flags, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    // `cargo bench` passes `--bench` and `cargo test` nothing: then one small round of each only
    // shows that it works, and a name is a test's.
    let measures = flags.iter().any(|flag| flag == "--bench");
    let names = if measures { names } else { Vec::new() };
    bench::figures(&mut std::io::stdout().lock(), &names, !measures)
}
