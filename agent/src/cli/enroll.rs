//! `muster-agent enroll`: become known to a collector.

use std::path::PathBuf;

use shared::token::Token;

use super::ending::{fail, of_enroll, of_state, print, say};
use super::place::{PlaceArgs, block_on};
use crate::enrollment::{EnrollOutcome, enroll};
use crate::exit::Exit;
use crate::settings::{Outcome, SettingsError, enroll_by_settings};

/// Longest token file that is read, in bytes.
const TOKEN_LIMIT: u64 = 4096;

/// What `enroll` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 enrolled; 65 damaged token; 69 collector away; \
    75 waits for approval, the same command asks again; 76 odd answer or certificate; \
    77 refused, or not run as root; 78 wrong address, or settings that cannot be used.")]
pub(super) struct Args {
    /// The token that IT sent, or `-` to read it from standard input
    #[arg(required_unless_present_any = ["token_file", "from_settings"])]
    #[arg(conflicts_with = "token_file")]
    token: Option<Secret>,
    /// Read the token from a file, which hides it from the list of processes
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Use the token that a profile or a file gives this Mac, as the daemon does
    #[arg(long, conflicts_with_all = ["token", "token_file"])]
    from_settings: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

/// A token on the command line, which debug output never shows.
#[derive(Clone)]
struct Secret(String);

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

/// Runs `enroll`.
pub(super) fn run(args: &Args) -> Exit {
    if args.from_settings {
        return run_by_settings(args);
    }
    let text = match token_text(args) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    let token: Token = match text.parse() {
        Ok(token) => token,
        Err(error) => return fail(&error, Exit::BadInput),
    };
    let context = match args.place.context() {
        Ok(context) => context,
        Err(exit) => return exit,
    };
    block_on(async {
        match enroll(&context, &token).await {
            Ok(outcome) => end(outcome),
            Err(error) => fail(&error, of_enroll(&error)),
        }
    })
}

fn run_by_settings(args: &Args) -> Exit {
    let context = match args.place.context() {
        Ok(context) => context,
        Err(exit) => return exit,
    };
    block_on(async {
        match enroll_by_settings(&context).await {
            Ok(Outcome::Asked(outcome)) => end(outcome),
            Ok(Outcome::Ignored { device_id, url }) => print(|out| {
                writeln!(
                    out,
                    "Enrolled at {url} as device {device_id} before, with another token; the one in the settings is ignored. To enrol anew run `sudo muster-agent enroll` with the new token."
                )
            }),
            Ok(Outcome::NoToken) => {
                say(
                    "muster-agent: no profile and no file gives this Mac a token; run `muster-agent enroll` with the token that IT sent",
                );
                Exit::Config
            }
            Err(SettingsError::Settings(fault)) => {
                say(&format!("muster-agent: {fault}"));
                Exit::Config
            }
            Err(SettingsError::Enroll(error)) => fail(&error, of_enroll(&error)),
            Err(SettingsError::State(error)) => fail(&error, of_state(&error)),
        }
    })
}

fn end(outcome: EnrollOutcome) -> Exit {
    match outcome {
        EnrollOutcome::Enrolled { device_id, url } => {
            print(|out| writeln!(out, "Enrolled at {url} as device {device_id}."))
        }
        EnrollOutcome::Already { device_id, url } => print(|out| {
            writeln!(out, "Enrolled at {url} as device {device_id} before, with this token.")
        }),
        EnrollOutcome::Pending { reason } => {
            let reason = reason.trim_end_matches('.');
            say(&format!(
                "muster-agent: the enrolment waits for approval: {reason}; the same command, or `muster-agent report`, asks again"
            ));
            Exit::TryLater
        }
    }
}

fn token_text(args: &Args) -> Result<String, Exit> {
    let (name, read) = match (&args.token_file, &args.token) {
        (Some(path), _) => (path.display().to_string(), std::fs::File::open(path).map(limited)),
        (None, Some(Secret(text))) if text != "-" => return Ok(text.clone()),
        (None, _) => ("standard input".to_owned(), Ok(limited(std::io::stdin()))),
    };
    let text = read.and_then(std::io::read_to_string);
    text.map_err(|error| {
        say(&format!("muster-agent: cannot read the token from `{name}`: {error}"));
        Exit::Io
    })
}

fn limited(source: impl std::io::Read + 'static) -> Box<dyn std::io::Read> {
    Box::new(source.take(TOKEN_LIMIT))
}
