//! launchd takes the daemon as it is laid down, and starts what is laid down.

use plist::{Dictionary, Value};
use shared::names::{AGENT_DAEMON, AGENT_EXECUTABLE, AGENT_LABEL, AGENT_LOGS};

use super::{MEND_PAYLOAD, MEND_SOURCE};
use crate::verify::cpio::Record;
use crate::verify::{Fault, Package};

pub(super) fn look(package: &Package, faults: &mut Vec<Fault>) {
    if package.payload.is_none() {
        return;
    }
    let Some(daemon) = package.installed(AGENT_DAEMON).filter(|it| it.is_file()) else {
        let what = "it is missing, and nothing would start the agent";
        faults.push(Fault::new(AGENT_DAEMON, what, MEND_PAYLOAD));
        return;
    };
    if daemon.permissions() != 0o644 {
        let mode = daemon.permissions();
        let what = format!("its mode is {mode:04o}, and launchd takes it with 0644 alone");
        faults.push(Fault::new(AGENT_DAEMON, what, MEND_PAYLOAD));
    }
    let read = Value::from_reader_xml(daemon.bytes.as_slice()).ok();
    let Some(settings) = read.and_then(Value::into_dictionary) else {
        faults.push(Fault::new(AGENT_DAEMON, "it is no property list", MEND_SOURCE));
        return;
    };
    label_and_program(package, &settings, faults);
    for key in ["StandardOutPath", "StandardErrorPath"] {
        let path = settings.get(key).and_then(Value::as_string);
        if path.is_none_or(|path| !path.starts_with(&format!("{AGENT_LOGS}/"))) {
            let what = format!("its `{key}` lies not in {AGENT_LOGS}");
            faults.push(Fault::new(AGENT_DAEMON, what, MEND_SOURCE));
        }
    }
}

fn label_and_program(package: &Package, settings: &Dictionary, faults: &mut Vec<Fault>) {
    let mut fault = |what: String| faults.push(Fault::new(AGENT_DAEMON, what, MEND_SOURCE));
    let label = settings.get("Label").and_then(Value::as_string).unwrap_or_default();
    if label != AGENT_LABEL {
        fault(format!("its label is `{label}`, and its file is called {AGENT_LABEL}.plist"));
    }
    if settings.contains_key("Program") || settings.contains_key("UserName") {
        fault("it names a `Program` or a `UserName`, which nothing here needs".to_owned());
    }
    let words = settings.get("ProgramArguments").and_then(Value::as_array);
    let first = words.and_then(|words| words.first()).and_then(Value::as_string);
    let program = first.unwrap_or_default();
    if program != AGENT_EXECUTABLE {
        fault(format!("it starts `{program}`, not {AGENT_EXECUTABLE}"));
    }
    match package.installed(program) {
        None => fault(format!("it starts `{program}`, which the package does not bring")),
        Some(record) if !is_startable(record) => {
            let mode = record.permissions();
            let what = format!("its mode is {mode:04o}, and launchd starts it with 0755 alone");
            faults.push(Fault::new(program, what, MEND_PAYLOAD));
        }
        Some(_) => {}
    }
}

fn is_startable(record: &Record) -> bool {
    record.is_file() && record.permissions() == 0o755
}
