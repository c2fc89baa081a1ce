//! Prints the figures of one run, as ratios: `cargo bench -p sendoff-bench`.

fn main() -> Result<(), bench::Trouble> {
    // `cargo test --benches` passes `--test`: then one small round only shows that it works.
    let quick = std::env::args().any(|argument| argument == "--test");
    bench::figures(&mut std::io::stdout().lock(), quick)
}
