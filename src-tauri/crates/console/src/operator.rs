//! Who is at the console, and what that lets them do: agents tighten, people loosen.

use domain::{Code, Problem};
use engine::Engine;

use crate::table::Loosens;

/// Whoever gives a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The window: being there is the proof.
    Window,
    /// Someone who gave the operator's passphrase with this command.
    Proven,
    /// Someone on this machine with the same user id, and no more.
    Unproven,
}

impl Operator {
    /// Proves the operator if a passphrase was given.
    ///
    /// # Errors
    /// A wrong passphrase, or none set, or too many tries: `operator_proof_needed`.
    pub async fn proven(engine: &Engine, passphrase: Option<&str>) -> Result<Self, Problem> {
        match passphrase {
            Some(passphrase) => {
                engine.prove_operator(passphrase).await?;
                Ok(Operator::Proven)
            }
            None => Ok(Operator::Unproven),
        }
    }

    /// Refuses a loosening act without proof.
    ///
    /// # Errors
    /// `operator_proof_needed`.
    pub(crate) fn may(self, loosens: Loosens, name: &str) -> Result<(), Problem> {
        match loosens {
            Loosens::Never | Loosens::Sometimes => Ok(()),
            Loosens::Always => self.may_loosen(name),
        }
    }

    /// For commands that loosen only with some arguments.
    ///
    /// # Errors
    /// `operator_proof_needed`.
    pub(crate) fn may_loosen(self, name: &str) -> Result<(), Problem> {
        match self {
            Operator::Window | Operator::Proven => Ok(()),
            Operator::Unproven => Err(Problem::new(
                Code::OperatorProofNeeded,
                format!(
                    "`{name}` loosens, so it needs the operator's passphrase; give it at the prompt or with --passphrase-fd"
                ),
            )),
        }
    }
}
