//! How a command ends: a sentence on standard error and a documented exit code.

use std::process::ExitCode;

use console::{Code, Problem};

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Refused or failed: exit code 1.
    Refused(String),
    /// The command line cannot be read: exit code 2.
    Usage(String),
    /// No such thing: exit code 3.
    NotFound(String),
    /// The operator's passphrase is needed, wrong, or cannot be asked for: exit code 4.
    Proof(String),
    /// Everything was said already: exit code 1.
    Said,
}

impl Failure {
    /// One sentence, if there is one left to say.
    pub(crate) fn sentence(&self) -> Option<&str> {
        match self {
            Failure::Refused(text)
            | Failure::Usage(text)
            | Failure::NotFound(text)
            | Failure::Proof(text) => Some(text),
            Failure::Said => None,
        }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Refused(_) | Failure::Said => 1,
            Failure::Usage(_) => 2,
            Failure::NotFound(_) => 3,
            Failure::Proof(_) => 4,
        })
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        // A pointer into a document says where; one to an argument only repeats its name in JSON.
        let detail = match &problem.pointer {
            Some(pointer) if pointer.matches('/').count() > 1 => {
                format!("{} (at {pointer})", problem.detail)
            }
            Some(_) | None => problem.detail,
        };
        if problem.code == Code::NotFound {
            Failure::NotFound(detail)
        } else if problem.code == Code::OperatorProofNeeded {
            Failure::Proof(detail)
        } else {
            Failure::Refused(detail)
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Refused(error.to_string())
    }
}
