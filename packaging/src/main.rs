//! The program `muster-packaging`.

use std::process::ExitCode;

fn main() -> ExitCode {
    packaging::cli::main(std::env::args_os()).into()
}
