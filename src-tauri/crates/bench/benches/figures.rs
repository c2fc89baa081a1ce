//! Prints the figures of one run, as ratios: `cargo bench -p sendoff-bench`, or one group of them:
//! `cargo bench -p sendoff-bench -- admissions`.

/// As in the programs that are measured here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), bench::Trouble> {
    let (flags, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    // `cargo test --benches` passes `--test`: then one small round only shows that it works.
    let quick = flags.iter().any(|flag| flag == "--test");
    bench::figures(&mut std::io::stdout().lock(), &names, quick)
}
