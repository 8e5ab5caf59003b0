//! `muster-agent report`: read everything once, sign it, deliver the queue.

use std::io::{self, Write};

use serde_json::json;

use super::ending::{fail, of_report, of_stop, print, say};
use super::place::{PlaceArgs, block_on};
use crate::exit::Exit;
use crate::host::Cost;
use crate::report::{RunSummary, Scope, run};

/// What `report` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 delivered; 69 collector away, the report waits; \
    75 try later; 76 odd answer, or a report refused; 77 the collector does not accept this \
    device, or not run as root; 78 not enrolled, or state of another computer.")]
pub(super) struct Args {
    /// Print what happened as JSON
    #[arg(long)]
    json: bool,
    /// Make no report, only deliver what waits
    #[arg(long, hide = true)]
    queue_alone: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Runs `report`.
pub(super) fn run_command(args: &Args) -> Exit {
    let context = match args.place.context() {
        Ok(context) => context,
        Err(exit) => return exit,
    };
    let scope = if args.queue_alone { Scope::QueueAlone } else { Scope::Report };
    block_on(async {
        match run(&context, scope).await {
            Ok(summary) => end(&summary, args.json),
            Err(error) => fail(&error, of_report(&error)),
        }
    })
}

fn end(summary: &RunSummary, as_json: bool) -> Exit {
    let printed = print(|out| if as_json { write_json(summary, out) } else { write(summary, out) });
    if printed != Exit::Success {
        return printed;
    }
    if let Some(stop) = &summary.stop {
        let (sentence, exit) = of_stop(stop);
        say(&format!("muster-agent: {} waiting: {sentence}", reports(summary.queue.queued)));
        return exit;
    }
    if let Some((sequence, problem)) = summary.aside.first() {
        let code = problem.code();
        say(&format!(
            "muster-agent: report {sequence} was refused and put aside ({code}): {}",
            problem.detail
        ));
        return Exit::Protocol;
    }
    Exit::Success
}

fn reports(count: i64) -> String {
    if count == 1 { "1 report".to_owned() } else { format!("{count} reports") }
}

fn write(summary: &RunSummary, out: &mut dyn Write) -> io::Result<()> {
    if let Some(made) = &summary.made {
        writeln!(out, "Signed report {} ({}).", made.sequence, made.kind.as_str())?;
    }
    if let Some(last) = summary.receipts.last() {
        let count = reports(i64::try_from(summary.receipts.len()).unwrap_or(i64::MAX));
        writeln!(out, "Delivered {count}; the collector says: {}.", last.status)?;
    }
    let flags = summary.receipts.iter().filter(|it| !it.flags.is_empty());
    for receipt in flags {
        writeln!(out, "Report {} was flagged: {}.", receipt.sequence, receipt.flags.join(", "))?;
    }
    // The daemon's log keeps this line of every run, so that any Mac can be
    // asked what the agent costs it.
    writeln!(out, "{}", cost(Cost::so_far()))
}

fn cost(cost: Cost) -> String {
    let seconds = cost.processor.as_secs_f64();
    let memory = cost.memory.map_or_else(String::new, |bytes| {
        let tenths = bytes / 100_000;
        format!(" and {}.{} MB of memory at its end", tenths / 10, tenths % 10)
    });
    format!("The run took {seconds:.3} s of processor time{memory}.")
}

fn write_json(summary: &RunSummary, out: &mut dyn Write) -> io::Result<()> {
    let cost = Cost::so_far();
    let stop = summary.stop.as_ref().map(|stop| of_stop(stop).0);
    let aside: Vec<_> = summary
        .aside
        .iter()
        .map(|(sequence, problem)| json!({"sequence": sequence, "problem": problem}))
        .collect();
    let value = json!({
        "made": summary.made,
        "receipts": summary.receipts,
        "aside": aside,
        "stopped": stop,
        "queue": summary.queue,
        "cost": {"processor_s": cost.processor.as_secs_f64(), "memory_bytes": cost.memory},
    });
    writeln!(out, "{value:#}")
}
