//! The collector's program: `muster-server serve` and what administrators need.

use std::process::ExitCode;

/// Reports are made of many small parts that one thread makes and another
/// drops, which the system's allocator is slow at (7 % of a report).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::main(std::env::args_os()).into()
}
