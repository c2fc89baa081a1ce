//! The local operator socket: the commands of [`crate::rpc`] for terminals on the same machine.
//!
//! `operator.sock` in the data folder, mode 0600, and the user id on the other end must be ours.
//! One JSON object per line: `{"name", "args", "passphrase"?}` is answered by `{"ok": result}` or
//! `{"problem": {…}}`, in order, any number per connection. A passphrase proves the operator for
//! its own line only.
//!
//! Unix only so far: elsewhere nothing listens, and [`call`] finds nobody.

use std::path::{Path, PathBuf};

use domain::Problem;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(unix)]
mod client;
#[cfg(unix)]
mod serve;

/// Name of the socket in a data folder.
pub const SOCKET_FILE: &str = "operator.sock";
/// Octets of one request or answer: an edited message without its files fits.
pub const LINE_OCTETS_MAX: u64 = 32 * 1024 * 1024;
/// Connections at once; a person has a few terminals.
pub const CONNECTIONS_MAX: usize = 64;

/// Where the socket of a data folder is.
pub fn path_in(data: &Path) -> PathBuf {
    data.join(SOCKET_FILE)
}

/// A line that asks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    name: String,
    #[serde(default)]
    args: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passphrase: Option<String>,
}

/// A line that answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    Ok(Value),
    Problem(Problem),
}

/// Why there was no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No Sendoff runs on that data folder.
    #[error("no Sendoff is running on this data folder")]
    NotRunning,
    /// It runs and could not be understood or reached.
    #[error("the running Sendoff did not answer: {0}")]
    Broken(String),
}

#[cfg(unix)]
pub use {client::call, serve::OperatorSocket};

#[cfg(not(unix))]
mod elsewhere {
    use std::future::Future;
    use std::path::Path;

    use domain::Problem;
    use engine::Engine;
    use serde_json::Value;

    use super::CallError;

    /// Nothing listens here yet.
    #[derive(Debug)]
    pub struct OperatorSocket;

    impl OperatorSocket {
        /// Takes no place.
        ///
        /// # Errors
        /// None.
        pub fn bind(_path: &Path) -> std::io::Result<Self> {
            Ok(OperatorSocket)
        }

        /// Returns when `until` does.
        pub async fn serve(self, _engine: Engine, until: impl Future<Output = ()> + Send) {
            until.await;
        }
    }

    /// Finds nobody.
    ///
    /// # Errors
    /// Always [`CallError::NotRunning`].
    pub async fn call(
        _path: &Path,
        _name: &str,
        _args: Value,
        _passphrase: Option<&str>,
    ) -> Result<Result<Value, Problem>, CallError> {
        Err(CallError::NotRunning)
    }
}
#[cfg(not(unix))]
pub use elsewhere::{OperatorSocket, call};

#[cfg(unix)]
#[cfg(test)]
mod tests;
