//! How a command ends: the one line on standard error and the exit code.

use std::error::Error;
use std::io::Write;

use crate::collector::TlsError;
use crate::delivery::verdict::advice;
use crate::delivery::{SendError, Stop};
use crate::enrollment::EnrollError;
use crate::exit::Exit;
use crate::farewell::FarewellError;
use crate::identity::IdentityError;
use crate::identity::keys::KeyStoreError;
use crate::report::ReportError;
use crate::state::StateError;

/// Says `error` with its causes in one line and passes `exit` on.
pub(super) fn fail(error: &dyn Error, exit: Exit) -> Exit {
    let mut line = format!("muster-agent: {error}");
    let mut cause = error.source();
    let mut is_denied = false;
    while let Some(next) = cause {
        let io = next.downcast_ref::<std::io::Error>();
        is_denied |= io.is_some_and(|it| it.kind() == std::io::ErrorKind::PermissionDenied);
        line.push_str(": ");
        line.push_str(&next.to_string());
        cause = next.source();
    }
    if is_denied {
        line.push_str("; run this command with `sudo`");
    }
    say(&line);
    exit
}

/// Writes one line to standard error.
#[expect(clippy::print_stderr, reason = "this is the command line")]
pub(super) fn say(line: &str) {
    eprintln!("{}", line.replace(['\n', '\r'], " "));
}

/// Writes to standard output; a reader that went away is no fault.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Exit {
    let mut out = std::io::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => fail(&error, Exit::Io),
        _ => Exit::Success,
    }
}

/// The exit code for a failing state folder.
pub(super) fn of_state(error: &StateError) -> Exit {
    match error {
        StateError::Busy(_) => Exit::TryLater,
        StateError::Damaged { .. } => Exit::BadInput,
        StateError::Io { .. } if error.is_denied() => Exit::NotPermitted,
        StateError::Io { action: "create" | "write" | "rename" | "move", .. } => Exit::CannotCreate,
        StateError::Io { .. } => Exit::Io,
    }
}

fn of_key(error: &KeyStoreError) -> Exit {
    match error {
        KeyStoreError::State(error) => of_state(error),
        _ => Exit::Config,
    }
}

fn of_send(error: &SendError) -> Exit {
    match error {
        SendError::Unreachable { .. } => Exit::Unavailable,
        SendError::Busy { .. } => Exit::TryLater,
        SendError::Refused(_) | SendError::Untrusted { .. } | SendError::Protocol { .. } => {
            Exit::Protocol
        }
    }
}

fn of_tls(error: &TlsError) -> Exit {
    match error {
        TlsError::Address(_) | TlsError::Ca => Exit::Config,
        TlsError::Setup(_) | TlsError::Client(_) => Exit::Software,
    }
}

/// The exit code for an enrolment that failed.
pub(super) fn of_enroll(error: &EnrollError) -> Exit {
    match error {
        EnrollError::Token(_) => Exit::BadInput,
        EnrollError::Refused(problem) if problem.status == 403 => Exit::NotPermitted,
        EnrollError::Refused(_) | EnrollError::Answer(_) => Exit::Protocol,
        EnrollError::Send(error) => of_send(error),
        EnrollError::Tls(error) => of_tls(error),
        EnrollError::Key(error) => of_key(error),
        EnrollError::State(error) => of_state(error),
        EnrollError::Json(_) | EnrollError::Sign(_) => Exit::Software,
    }
}

/// The exit code for a run that made no report.
pub(super) fn of_report(error: &ReportError) -> Exit {
    match error {
        ReportError::Pending(_) => Exit::TryLater,
        ReportError::Trouble(_) => Exit::NotPermitted,
        ReportError::Identity(IdentityError::State(error)) | ReportError::State(error) => {
            of_state(error)
        }
        ReportError::NotEnrolled | ReportError::Identity(_) => Exit::Config,
        ReportError::Enroll(error) => of_enroll(error),
        ReportError::Key(error) => of_key(error),
        ReportError::Build(_) => Exit::Software,
        ReportError::Tls(error) => of_tls(error),
    }
}

/// The exit code for a farewell that was not said.
pub(super) fn of_farewell(error: &FarewellError) -> Exit {
    match error {
        FarewellError::Refused(_) => Exit::NotPermitted,
        FarewellError::Send(error) => of_send(error),
        FarewellError::Unusable(_) => Exit::Config,
        FarewellError::State(error) => of_state(error),
    }
}

/// The sentence and the exit code for a queue that could not be delivered.
pub(super) fn of_stop(stop: &Stop) -> (String, Exit) {
    match stop {
        Stop::Send(error) => (error.to_string(), of_send(error)),
        Stop::NotBefore(until) => {
            (format!("the collector is not asked again before {until}"), Exit::TryLater)
        }
        Stop::Trouble(trouble) => {
            let advice = advice(&trouble.code);
            let sentence = format!("{} ({}); {advice}", trouble.detail, trouble.code);
            (sentence, Exit::NotPermitted)
        }
        Stop::Unsupported(problem) => {
            let sentence = format!(
                "the collector does not take this kind of report yet ({}): {}; update the collector or the agent",
                problem.code(),
                problem.detail
            );
            (sentence, Exit::Protocol)
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::api::problem;

    use super::{of_enroll, of_report, of_stop};
    use crate::delivery::{SendError, Stop};
    use crate::enrollment::EnrollError;
    use crate::exit::Exit;
    use crate::report::ReportError;

    #[test]
    fn what_may_work_later_is_told_apart_from_what_will_not() {
        let away = || SendError::Unreachable { url: "u".into(), reason: "r".into() };
        assert_eq!(of_enroll(&EnrollError::Send(away())), Exit::Unavailable);
        let used = EnrollError::Refused(problem("token-used", ""));
        assert_eq!(of_enroll(&used), Exit::NotPermitted);
        assert_eq!(of_report(&ReportError::NotEnrolled), Exit::Config);
        assert_eq!(of_report(&ReportError::Pending(String::new())), Exit::TryLater);
        assert_eq!(of_stop(&Stop::Send(away())).1, Exit::Unavailable);
        let busy = SendError::Busy { retry_after_s: None, detail: String::new() };
        assert_eq!(of_stop(&Stop::Send(busy)).1, Exit::TryLater);
    }
}
