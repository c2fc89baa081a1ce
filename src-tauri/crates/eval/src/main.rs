//! The scorer: reads folders of labelled mail through the same code that ingest uses, and says how
//! well it reads.
//!
//! ```text
//! sendoff-eval score DIR [-v] [--json] [--part look|held]   one table per set and family
//! sendoff-eval predict DIR --out PRED                       one line per mail or line, to judge elsewhere
//! sendoff-eval train AREA DIR --out FILE                    weights for triage, the same every time
//! ```
//!
//! A folder holds sets (`bounces-*`, `autoreply`, `quote-strip`, …), a set holds halves of any
//! name: `<set>/<half>/labels.jsonl` with mails beside it, or `<set>/<half>.jsonl`. Mail in such
//! folders is hostile: it is parsed, never rendered, fetched or followed, and only ids of it are
//! printed.
//!
//! To add an area: a file in `areas/`, a line in [`areas::AREAS`].

mod areas;
mod args;
mod chance;
mod clock;
mod data;
mod hurt;
#[cfg(test)]
mod robust;
mod tally;
mod train;

use std::io::Write as _;
use std::process::ExitCode;

use args::Ask;

fn main() -> ExitCode {
    let ask = match Ask::parse(std::env::args().skip(1)) {
        Ok(ask) => ask,
        Err(why) => return fail(&why),
    };
    let done = match ask {
        Ask::Score(ask) => areas::score(&ask),
        Ask::Predict { dir, out } => areas::predict(&dir, &out),
        Ask::Train { area, dir, out } => train::train(&area, &dir, &out),
    };
    match done {
        Ok(text) => {
            let mut out = std::io::stdout().lock();
            // A reader that went away (`| head`) is no error.
            let _gone = out.write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(why) => fail(&why.to_string()),
    }
}

fn fail(why: &str) -> ExitCode {
    let _gone = writeln!(std::io::stderr().lock(), "sendoff-eval: {why}");
    ExitCode::FAILURE
}
