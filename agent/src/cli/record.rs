//! `muster-agent record`: write down what this Mac answers, without names.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ending::{fail, print, say};
use super::place::open_host;
use crate::exit::Exit;
use crate::host::Host;
use crate::recording::{self, Recording};

/// What `record` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Nothing is sent. Read the file before you give it to somebody.\n\n\
    Exit codes: 0 written; 71 not a Mac; 73 the file exists or cannot be written.")]
pub(super) struct Args {
    /// Write to this new file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Record this recording again instead of this Mac
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
}

/// Runs `record`.
pub(super) fn run(args: &Args) -> Exit {
    let host: Arc<dyn Host + Send + Sync> = match open_host(args.recording.as_deref()) {
        Ok(host) => host,
        Err(exit) => return exit,
    };
    let recording = match recording::record(host.as_ref()) {
        Ok(recording) => recording,
        Err(error) => return fail(&error, Exit::Software),
    };
    let Some(path) = &args.out else {
        let printed = print(|out| out.write_all(recording.text.as_bytes()));
        for line in summary(&recording) {
            say(&line);
        }
        return printed;
    };
    if let Err(error) = write(path, recording.text.as_bytes()) {
        let advice = match error.kind() {
            ErrorKind::AlreadyExists => "; choose a name that is not in use",
            _ => "",
        };
        say(&format!("muster-agent: cannot write `{}`: {error}{advice}", path.display()));
        return Exit::CannotCreate;
    }
    print(|out| {
        writeln!(out, "Wrote {}", path.display())?;
        contents(&recording, out)?;
        for line in summary(&recording) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    })
}

/// A new file that its owner alone may read: nobody should share it unseen.
fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn contents(recording: &Recording, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nAnswers of {}:", count(recording.commands.len(), "command"))?;
    for command in &recording.commands {
        writeln!(out, "  {command}")?;
    }
    writeln!(out, "Contents or presence of {}:", count(recording.files.len(), "file"))?;
    for file in &recording.files {
        writeln!(out, "  {file}")?;
    }
    writeln!(out)
}

fn summary(recording: &Recording) -> Vec<String> {
    let replaced = recording.replaced.iter().map(|(kind, number)| count(*number, kind));
    let replaced = replaced.collect::<Vec<_>>().join(", ");
    let replaced = if replaced.is_empty() { "nothing".to_owned() } else { replaced };
    let checks = crate::checks::ALL.len();
    let mut lines = vec![format!("Replaced by stand-ins: {replaced}.")];
    lines.push(match recording.differing.as_slice() {
        [] => format!("All {checks} checks read the same from the recording as from the Mac."),
        differing => format!(
            "These checks read otherwise from the recording than from the Mac: {}.",
            differing.join(", ")
        ),
    });
    lines.push("Read it before you give it to somebody: no program knows every name.".to_owned());
    lines
}

fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix("address")) {
        (1, _) => format!("1 {noun}"),
        (_, Some(_)) => format!("{number} {noun}es"),
        _ => format!("{number} {noun}s"),
    }
}
