//! Lets Tauri read its configuration, and names the one command so that it can be permitted.
fn main() {
    let attributes = tauri_build::Attributes::new()
        .app_manifest(tauri_build::AppManifest::new().commands(&["rpc"]));
    if let Err(error) = tauri_build::try_build(attributes) {
        // A build script speaks to the build's own log.
        eprintln!("error: {error:#}");
        std::process::exit(1);
    }
}
