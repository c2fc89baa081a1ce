// Written by `UPDATE=1 cargo test -p sendoff-console`; do not edit by hand.

export * from "./commands";
export * from "./types";
