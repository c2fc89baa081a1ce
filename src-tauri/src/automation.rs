//! Whoever may drive the window by WebDriver may approve. WebKit lets anyone who sets a variable
//! do so, so release builds do not start under it unless they were built for the tests.

/// The variable that makes the web view listen to a driver.
const VARIABLE: &str = "TAURI_WEBVIEW_AUTOMATION";

/// Refuses to start under automation in a release build.
///
/// # Errors
/// One sentence.
pub(crate) fn refuse_in_release() -> Result<(), String> {
    let allowed = cfg!(debug_assertions) || cfg!(feature = "test-automation");
    refuse(allowed, std::env::var_os(VARIABLE).is_some())
}

fn refuse(allowed: bool, asked_for: bool) -> Result<(), String> {
    match (allowed, asked_for) {
        (false, true) => Err(format!(
            "this build does not let another program drive its window; start it without {VARIABLE}"
        )),
        (true, _) | (false, false) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::refuse;

    #[test]
    fn only_a_build_for_tests_can_be_driven() {
        assert!(refuse(false, true).is_err());
        assert!(refuse(true, true).is_ok());
        assert!(refuse(false, false).is_ok());
    }
}
