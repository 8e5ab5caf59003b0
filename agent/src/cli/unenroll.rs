//! `muster-agent unenroll`: leave the collector before the agent is removed.

use super::ending::{fail, of_farewell, print, say};
use super::place::{PlaceArgs, block_on};
use crate::exit::Exit;
use crate::farewell::{FarewellOutcome, unenroll};

/// What `unenroll` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The collector is told with the last statement that the key signs; then key \
    and state of the enrolment are erased.\n\n\
    Exit codes: 0 done, or there was no enrolment; 65 damaged state; 69 collector away and nothing \
    erased; 73, 74 a file cannot be erased or read; 75 busy, try again; 76 odd answer or \
    certificate; 77 refused, or not run as root; 78 no farewell can be signed."
)]
pub(super) struct Args {
    /// Erase key and state even when the collector cannot be told
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Runs `unenroll`.
pub(super) fn run(args: &Args) -> Exit {
    let context = match args.place.context() {
        Ok(context) => context,
        Err(exit) => return exit,
    };
    block_on(async {
        match unenroll(&context, args.force).await {
            Ok(FarewellOutcome::Left { device_id, url, lost }) => {
                if lost > 0 {
                    say(&format!(
                        "muster-agent: {lost} reports that were not delivered are erased as well"
                    ));
                }
                print(|out| {
                    writeln!(
                        out,
                        "Left {url}: device {device_id} reports no more. Key and state are erased."
                    )
                })
            }
            Ok(FarewellOutcome::Forced { device_id, reason }) => {
                let device = device_id.map_or_else(String::new, |id| format!(" of device {id}"));
                let reason = reason.trim_end_matches('.');
                print(|out| {
                    writeln!(
                        out,
                        "Key and state{device} are erased. The collector was not told: {reason}. Tell IT, or the Mac is counted as silent."
                    )
                })
            }
            Ok(FarewellOutcome::NotEnrolled) => print(|out| {
                writeln!(out, "This computer is not enrolled; there is nothing to leave.")
            }),
            Err(error) => fail(&error, of_farewell(&error)),
        }
    })
}
