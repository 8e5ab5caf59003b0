//! The program `muster-agent`.

use std::process::ExitCode;

fn main() -> ExitCode {
    agent::cli::main(std::env::args_os()).into()
}
