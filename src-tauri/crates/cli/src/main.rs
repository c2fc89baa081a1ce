//! sendoff
fn main() {}
