//! A passphrase nobody chose, kept in a file: for a folder whose owner was not asked for one.

use std::path::Path;

use domain::IdSource;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::files;

/// The passphrase kept in `path`; nothing where there is none, or none that is one.
///
/// # Errors
/// The file cannot be read, or others can read it.
pub fn kept_passphrase(path: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    let text = files::read(path)?.map(Zeroizing::new);
    let kept = text.map(|text| Zeroizing::new(text.trim().to_owned()));
    Ok(kept.filter(|text| !text.is_empty()))
}

/// The passphrase kept in `path`, made first where there is none. It is on the disk when this
/// returns, so what is locked with it afterwards can be opened again, whenever the power fails.
///
/// # Errors
/// The file cannot be read or written.
pub fn make_passphrase(path: &Path, ids: &dyn IdSource) -> Result<Zeroizing<String>, Error> {
    if let Some(kept) = kept_passphrase(path)? {
        return Ok(kept);
    }
    let secret = Zeroizing::new(ids.secret());
    let made: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let made = Zeroizing::new(made);
    // An empty file is what an older Sendoff left where the power failed.
    files::replace(path, &made)?;
    Ok(made)
}
