//! Which settings was this Mac given, by whom, and what came of them?

use shared::agent_settings::{ENROLLMENT_TOKEN, Setting};
use shared::days::age_words;

use super::Line;
use crate::config::settings_files;
use crate::context::Context;
use crate::identity::Identity;
use crate::settings::{Attempt, Ending, Fault, Settings, Value};
use crate::state::StateFolder;

/// A line for each setting, for each fault, and for a try that failed.
pub(super) fn lines(
    context: &Context,
    folder: &StateFolder,
    identity: Option<&Identity>,
) -> Vec<Line> {
    let settings = Settings::read(context.host.as_ref(), &settings_files(&context.state_dir));
    let mut faults = settings.faults.clone();
    if settings.serial_number.is_some() {
        let facts = crate::device::read(&context.timed_host());
        faults.extend(settings.wrong_serial(&facts));
    }
    let mut lines = Vec::new();
    for (setting, value) in settings.values() {
        let is_wrong = faults.iter().any(|fault| fault.setting == Some(setting));
        match value {
            Some(value) if setting.key == ENROLLMENT_TOKEN.key => {
                lines.push(token(&settings, value, identity));
            }
            Some(value) => lines.push(plain(setting, value)),
            None if !is_wrong => lines.push(Line::well(&about(setting), "not set (default)")),
            None => {}
        }
    }
    lines.extend(faults.iter().map(fault));
    if identity.is_none()
        && let Ok(Some(attempt)) = Attempt::load(folder)
    {
        lines.push(tried(&attempt, context));
    }
    lines
}

fn about(setting: &Setting) -> String {
    format!("setting {}", setting.key)
}

fn plain(setting: &Setting, value: &Value) -> Line {
    Line::well(&about(setting), format!("{} ({})", value.text, value.source.words()))
}

/// Which token it is, without the token.
fn token(settings: &Settings, value: &Value, identity: Option<&Identity>) -> Line {
    let about = about(&ENROLLMENT_TOKEN);
    let source = value.source.words();
    let Some(token) = settings.token() else { return Line::unknown(&about, source) };
    let id: String = token.id().chars().take(8).collect();
    let says = format!("a token {id} for {} ({source})", token.url);
    match identity {
        None => Line::well(&about, says),
        Some(identity) if identity.token_id == token.id() => {
            Line::well(&about, format!("{says}; it enrolled this Mac"))
        }
        Some(_) => {
            let says = format!("{says}; ignored, because this Mac is enrolled already");
            let todo = "to enrol it anew, run `sudo muster-agent enroll` with the new token";
            Line::well(&about, says).with_todo(todo)
        }
    }
}

fn fault(fault: &Fault) -> Line {
    let about = fault.setting.map_or_else(|| "settings".to_owned(), about);
    if fault.stops() {
        return Line::attention(&about, fault.says.clone(), fault.todo.clone());
    }
    Line::unknown(&about, format!("{}, so it is left out", fault.says))
        .with_todo(fault.todo.clone())
}

fn tried(attempt: &Attempt, context: &Context) -> Line {
    let age = age_words(context.now().duration_since(attempt.at));
    let Attempt { says, again_at, ending, .. } = attempt;
    let says = format!("tried {age} ago: {says}");
    let todo = match ending {
        Ending::Waits => "ask IT to approve this Mac in the console".to_owned(),
        Ending::Left => {
            "run `sudo muster-agent enroll --from-settings` if it is to come back".to_owned()
        }
        Ending::Refused => {
            format!("correct them; they are tried as soon as they change, or else about {again_at}")
        }
        Ending::Away => {
            format!("see that the collector can be reached; they are tried again about {again_at}")
        }
    };
    Line::attention("enrolment by settings", says, todo)
}
