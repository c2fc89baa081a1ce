//! What is asked on the command line.

use std::path::PathBuf;

const USAGE: &str = "ask `score DIR [-v] [--json] [--part look|held]`, `predict DIR --out PRED` or \
    `train threat|intent|asks|stop|bulk DIR --out FILE`";

/// One run.
pub enum Ask {
    /// Judge predictions against labels.
    Score(Score),
    /// Write predictions.
    Predict {
        /// The folder of sets.
        dir: PathBuf,
        /// Where the lines go.
        out: PathBuf,
    },
    /// Learn weights.
    Train {
        /// What for.
        area: String,
        /// The folder of sets.
        dir: PathBuf,
        /// Where the weights go.
        out: PathBuf,
    },
}

/// How to score.
pub struct Score {
    /// The folder of sets.
    pub dir: PathBuf,
    /// List the ids that failed.
    pub verbose: bool,
    /// As JSON.
    pub json: bool,
    /// Only one part of each set.
    pub part: Part,
}

/// Sets are split by family into a part that may be studied and one that is only measured, so
/// that a figure can be had which nobody tuned for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    Whole,
    /// The families that may be studied.
    Look,
    /// The families that are only measured.
    Held,
}

impl Ask {
    /// Reads arguments, the program's name not among them.
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = args;
        let verb = args.next().ok_or(USAGE)?;
        let area = if verb == "train" { args.next() } else { None };
        let (mut dir, mut out) = (None, None);
        let (mut verbose, mut json, mut part) = (false, false, Part::Whole);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "-v" | "--verbose" => verbose = true,
                "--json" => json = true,
                "--out" => out = args.next().map(PathBuf::from),
                "--part" => {
                    part = match args.next().as_deref() {
                        Some("look") => Part::Look,
                        Some("held") => Part::Held,
                        Some(_) | None => return Err(USAGE.to_owned()),
                    }
                }
                _ if dir.is_none() && !arg.starts_with('-') => dir = Some(PathBuf::from(arg)),
                _ => return Err(format!("`{arg}` is not understood; {USAGE}")),
            }
        }
        let dir = dir.ok_or(USAGE)?;
        match verb.as_str() {
            "score" => Ok(Self::Score(Score {
                dir,
                verbose,
                json,
                part,
            })),
            "predict" => Ok(Self::Predict {
                dir,
                out: out.ok_or("say where the lines go: `--out PRED`")?,
            }),
            "train" => Ok(Self::Train {
                area: area.ok_or(USAGE)?,
                dir,
                out: out.ok_or("say where the weights go: `--out FILE`")?,
            }),
            _ => Err(format!("`{verb}` is not understood; {USAGE}")),
        }
    }
}
