//! `muster-counted`: does one piece of the collector's work so many times, so
//! that `tests/instructions` can have its instructions counted.

use std::io::Write as _;
use std::process::ExitCode;

use tests::load::{Piece, do_pieces};

/// As in the collector.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = match arguments.as_slice() {
        [name, prepared, done] => {
            let piece = Piece::ALL.iter().find(|(known, _)| known == name);
            piece.map(|(_, piece)| *piece).zip(prepared.parse().ok()).zip(done.parse().ok())
        }
        _ => None,
    };
    let Some(((piece, prepared), done)) = asked else {
        let names = Piece::ALL.map(|(name, _)| name).join("|");
        let _ = writeln!(std::io::stderr(), "usage: muster-counted {names} PREPARED DONE");
        return ExitCode::from(64);
    };
    match do_pieces(piece, prepared, done) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "muster-counted: {error:#}");
            ExitCode::from(70)
        }
    }
}
