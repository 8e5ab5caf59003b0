//! The command line of `muster-packaging`.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::cross::{Depth, Profile, build, inspect};
use crate::exit::{Exit, Failure};
use crate::target::Target;
use crate::zig::compiler;

mod mdm;
mod oci;
mod pkg;
mod profile;
mod verify;

/// Builds Muster's agent for macOS, and checks what was built.
#[derive(Debug, Parser)]
#[command(name = "muster-packaging", version, after_help = EXIT_CODES)]
#[command(disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 the build fails, 64 wrong command line, \
65 an executable or a package is not what a Mac needs, 69 a program or the network is not there, \
73 a file cannot be written, 74 a file is absent or cannot be read.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the agent for Macs, on a computer that is none.
    CrossBuild(CrossBuild),
    /// Say what an executable is, and whether a Mac would start it.
    Inspect(Inspect),
    /// Write the image of the collector for containers.
    Oci(oci::Args),
    /// Build the package that is installed on a Mac.
    Pkg(pkg::Args),
    /// Write what MDMs want to know of a package.
    Mdm(mdm::Args),
    /// Write configuration profiles for the agent.
    Profile(profile::Args),
    /// Read a package back and hold it against everything that must be true.
    Verify(verify::Args),
    /// Be the C compiler of a cross build.
    #[command(hide = true)]
    Zigcc(Zigcc),
}

/// Build the agent for Macs, on a computer that is none.
///
/// What is missing is fetched first: Rust's standard library for macOS with
/// rustup, and zig, which compiles C and links, with Python's pip. No Apple SDK
/// is needed. What was built is read back: processor, oldest macOS, libraries,
/// signature. Everything lies outside of the checkout: what is built in
/// `CARGO_TARGET_DIR` or else ~/.cache/muster-target, and zig in
/// ~/.cache/muster-tools.
#[derive(Args, Debug)]
struct CrossBuild {
    /// The kind of Mac; may be given twice. Both, unless one is named.
    #[arg(long, value_name = "TARGET", value_enum)]
    target: Vec<Target>,
    /// How to build: `dev` is fast, `agent` is what is shipped.
    #[arg(long, value_enum, default_value = "dev")]
    profile: Profile,
    /// Only check types; link nothing.
    #[arg(long)]
    check: bool,
}

#[derive(Args, Debug)]
struct Inspect {
    /// The executable.
    file: PathBuf,
    /// The kind of Mac it is meant for.
    #[arg(long, value_name = "TARGET", value_enum)]
    target: Target,
}

#[derive(Args, Debug)]
struct Zigcc {
    #[arg(long)]
    zig: PathBuf,
    #[arg(long)]
    stubs: PathBuf,
    #[arg(long, value_enum)]
    target: Target,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs the command that `args` name and says how it ended.
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let done = match Cli::try_parse_from(args) {
        Ok(cli) => run(cli.command),
        Err(error) if !error.use_stderr() => print(&error.render().to_string()),
        Err(error) => Err(usage(&error)),
    };
    match done {
        Ok(()) => Exit::Success,
        Err(failure) => {
            say(&format!("muster-packaging: {failure}"));
            failure.exit
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::CrossBuild(args) => {
            let targets = if args.target.is_empty() { &Target::ALL[..] } else { &args.target };
            let depth = if args.check { Depth::Check } else { Depth::Link };
            targets.iter().try_for_each(|&target| {
                let triple = target.triple();
                say(&format!("building for {triple}; the first time takes some minutes"));
                let line = build(target, args.profile, depth)?;
                print(&format!("{line}\n"))
            })
        }
        Command::Inspect(args) => {
            let line = inspect(&args.file, args.target)?;
            print(&format!("{line}\n"))
        }
        Command::Oci(args) => oci::run(&args),
        Command::Pkg(args) => pkg::run(&args),
        Command::Mdm(args) => mdm::run(&args),
        Command::Profile(args) => profile::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Zigcc(args) => {
            let mut zig = compiler(&args.zig, &args.stubs, args.target, args.arguments);
            // Returns only when it cannot be started.
            let error = zig.exec();
            let message = format!("{}: cannot be started: {error}", args.zig.display());
            Err(Failure::new(Exit::Unavailable, message))
        }
    }
}

/// A wrong command line, in one line.
fn usage(error: &clap::Error) -> Failure {
    // What follows the first empty line is advice and usage.
    let text = error.to_string();
    let lines: Vec<&str> =
        text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let text = lines.join(" ");
    let what = text.strip_prefix("error: ").unwrap_or("no command is given");
    let message = format!("{what}; run `muster-packaging --help` to see what it takes");
    Failure::new(Exit::Usage, message)
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| {
        Failure::new(Exit::Io, format!("standard output cannot be written: {error}"))
    })
}

#[expect(clippy::print_stderr, reason = "this is the command line")]
fn say(line: &str) {
    eprintln!("{}", line.replace(['\n', '\r'], " "));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(args: &str) -> String {
        let error = Cli::try_parse_from(args.split(' ')).unwrap_err();
        usage(&error).to_string()
    }

    #[test]
    fn a_wrong_command_line_is_refused_in_one_line() {
        let help = "; run `muster-packaging --help` to see what it takes";
        assert_eq!(refused("muster-packaging"), format!("no command is given{help}"));
        let line = refused("muster-packaging cross-build --target armv7-apple-ios");
        let expected = "invalid value 'armv7-apple-ios' for '--target <TARGET>' \
                        [possible values: aarch64-apple-darwin, x86_64-apple-darwin]";
        assert_eq!(line, format!("{expected}{help}"));
    }

    #[test]
    fn what_the_compiler_is_given_is_not_read_as_our_own_options() {
        let line = "muster-packaging zigcc --zig /z --stubs /s --target x86_64-apple-darwin \
                    -- --version -E --zig -o a.o";
        let Cli { command } = Cli::try_parse_from(line.split_whitespace()).unwrap();
        let Command::Zigcc(args) = command else { panic!("{command:?}") };
        assert_eq!(args.arguments, ["--version", "-E", "--zig", "-o", "a.o"]);
    }
}
