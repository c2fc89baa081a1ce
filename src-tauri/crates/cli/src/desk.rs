//! One data folder, reached through the running Sendoff or opened here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use console::socket::{self, CallError};
use console::{COMMANDS, Code, Loosens, Operator, Problem};
use engine::{Engine, SystemClock, SystemIds};
use serde_json::Value;

use crate::exit::Failure;
use crate::secret::Passphrase;

/// Where commands go.
pub(crate) struct Desk {
    dir: PathBuf,
    passphrase: Passphrase,
    /// Opened here because nothing runs; kept for the command's further calls.
    own: Option<Engine>,
}

impl Desk {
    pub(crate) fn at(dir: PathBuf, passphrase: Passphrase) -> Self {
        Desk {
            dir,
            passphrase,
            own: None,
        }
    }

    /// An engine that is open already, for tests.
    #[cfg(test)]
    pub(crate) fn of(engine: Engine) -> Self {
        Desk {
            own: Some(engine),
            ..Desk::at(PathBuf::new(), Passphrase::known(String::new()))
        }
    }

    /// Gives one command of the console, proving the operator where it loosens.
    ///
    /// # Errors
    /// The command's own refusal, or no passphrase where one is needed.
    pub(crate) async fn call(&mut self, name: &str, args: Value) -> Result<Value, Failure> {
        let loosens = COMMANDS
            .iter()
            .find(|command| command.name == name)
            .map_or(Loosens::Always, |command| command.loosens);
        let proof = match loosens {
            Loosens::Never => None,
            Loosens::Always => Some(self.passphrase.get(name)?),
            Loosens::Sometimes if self.passphrase.is_given() => Some(self.passphrase.get(name)?),
            Loosens::Sometimes => None,
        };
        let asked_without = proof.is_none() && loosens == Loosens::Sometimes;
        match self.ask(name, args.clone(), proof.as_deref()).await {
            Err(Asked::Refused(problem))
                if asked_without && problem.code == Code::OperatorProofNeeded =>
            {
                let proof = self.passphrase.get(name)?;
                self.ask(name, args, Some(&proof))
                    .await
                    .map_err(Failure::from)
            }
            other => other.map_err(Failure::from),
        }
    }

    async fn ask(&mut self, name: &str, args: Value, proof: Option<&str>) -> Result<Value, Asked> {
        if self.own.is_none() {
            let path = socket::path_in(&self.dir);
            match socket::call(&path, name, args.clone(), proof).await {
                Ok(answer) => return answer.map_err(Asked::Refused),
                Err(CallError::NotRunning) => {}
                Err(error @ CallError::Broken(_)) => return Err(Asked::Broken(error)),
            }
            self.own = Some(open(&self.dir)?);
        }
        let Some(engine) = &self.own else {
            return Err(Asked::Broken(CallError::NotRunning));
        };
        let operator = Operator::proven(engine, proof).await?;
        if let Some(proof) = proof
            && engine.vault_state().locked
            && name.starts_with("mailboxes.")
        {
            engine.unlock(proof.to_owned()).await?;
        }
        Ok(console::rpc(engine, &operator, name, args).await?)
    }

    /// The passphrase itself, for the one command whose argument it is.
    ///
    /// # Errors
    /// No descriptor and no terminal.
    pub(crate) fn passphrase(&mut self, what: &str) -> Result<String, Failure> {
        self.passphrase.get(what)
    }

    /// Ends what was opened here.
    pub(crate) fn close(self) {
        if let Some(engine) = self.own {
            engine.close();
        }
    }
}

/// Why a call gave no result.
enum Asked {
    Refused(Problem),
    Broken(CallError),
}

impl From<Problem> for Asked {
    fn from(problem: Problem) -> Self {
        Asked::Refused(problem)
    }
}

impl From<Asked> for Failure {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Refused(problem) => problem.into(),
            Asked::Broken(error) => Failure::Refused(error.to_string()),
        }
    }
}

/// Opens a data folder with the machine's clock and randomness.
///
/// # Errors
/// Not a Sendoff folder, in use, read-only, or written by a newer Sendoff: one sentence each.
pub(crate) fn open(dir: &Path) -> Result<Engine, Problem> {
    Engine::open(dir, Arc::new(SystemClock), Arc::new(SystemIds::default()))
}

/// The data folder: as named, or the platform's place.
///
/// # Errors
/// No folder was named and this account has no home.
pub(crate) fn data_dir(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(dir) = named_dir(named) {
        return Ok(dir);
    }
    engine::usual_data_dir().ok_or_else(|| {
        Failure::Usage("this account has no home folder; name a data folder with --data DIR".into())
    })
}

/// The data folder somebody named, on the command line or in the environment.
pub(crate) fn named_dir(named: Option<&Path>) -> Option<PathBuf> {
    let from_environment = || std::env::var_os("SENDOFF_DATA").filter(|dir| !dir.is_empty());
    named
        .map(Path::to_owned)
        .or_else(|| from_environment().map(PathBuf::from))
}
