//! `muster-agent doctor`: what the agent needs, and what to do about it.

use std::io::{self, IsTerminal as _, Write};

use super::ending::{fail, of_state, print};
use super::failure::one_line;
use super::place::{PlaceArgs, block_on};
use crate::doctor::{Line, Standing, examine};
use crate::exit::Exit;

/// What `doctor` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "It changes nothing and reports nothing.\n\n\
    Exit codes: 0 nothing to do; 1 something needs attention; 71 not a Mac.")]
pub(super) struct Args {
    /// Print the lines as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Runs `doctor`.
pub(super) fn run(args: &Args) -> Exit {
    let context = match args.place.context() {
        Ok(context) => context,
        Err(exit) => return exit,
    };
    let mut lines = Vec::new();
    let mut printed = Exit::Success;
    let examined = block_on_result(examine(&context, |line| {
        // Asking takes seconds on a Mac, so each line is shown when it is known.
        if !args.json && printed == Exit::Success {
            printed = print(|out| write(out, &line));
        }
        lines.push(line);
    }));
    if let Err(exit) = examined {
        return exit;
    }
    if args.json {
        printed = print(|out| {
            let text = serde_json::to_string_pretty(&lines).map_err(io::Error::other)?;
            writeln!(out, "{text}")
        });
    } else if printed == Exit::Success {
        printed = print(|out| footer(out, &lines));
    }
    let needs = lines.iter().any(|line| line.standing == Standing::Attention);
    if printed == Exit::Success && needs { Exit::RuleFails } else { printed }
}

fn block_on_result(
    work: impl Future<Output = Result<(), crate::state::StateError>>,
) -> Result<(), Exit> {
    let exit = block_on(async {
        match work.await {
            Ok(()) => Exit::Success,
            Err(error) => fail(&error, of_state(&error)),
        }
    });
    if exit == Exit::Success { Ok(()) } else { Err(exit) }
}

fn write(out: &mut dyn Write, line: &Line) -> io::Result<()> {
    let (shape, word, colour) = match line.standing {
        Standing::Well => ('✓', "well", "32"),
        Standing::Attention => ('✗', "attention", "31"),
        Standing::Unknown => ('?', "unknown", "33"),
    };
    let label = format!("{shape} {word:<9}");
    let label = if is_coloured() { format!("\u{1b}[{colour}m{label}\u{1b}[0m") } else { label };
    writeln!(out, "{label}  {}: {}", one_line(&line.about), one_line(&line.says))?;
    match &line.todo {
        Some(todo) => writeln!(out, "               {}", one_line(todo)),
        None => Ok(()),
    }
}

fn footer(out: &mut dyn Write, lines: &[Line]) -> io::Result<()> {
    let count = |standing| lines.iter().filter(|line| line.standing == standing).count();
    let (well, attention, unknown) =
        (count(Standing::Well), count(Standing::Attention), count(Standing::Unknown));
    let needs = if attention == 1 { "needs" } else { "need" };
    writeln!(out, "\n{well} well, {attention} {needs} attention, {unknown} unknown.")
}

fn is_coloured() -> bool {
    super::check::may_colour(io::stdout().is_terminal())
}
