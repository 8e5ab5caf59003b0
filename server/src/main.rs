//! The collector's program: `muster-server serve` and what administrators need.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main(std::env::args_os()).into()
}
