//! Log lines for systemd's journal: the time is the journal's own, and the
//! priority stands before each line, as `sd-daemon(3)` has it.

use std::ffi::OsStr;
use std::os::fd::AsFd;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes an event as one line of the journal.
#[derive(Debug)]
pub struct JournalLine(Format<Full, ()>);

impl Default for JournalLine {
    fn default() -> Self {
        Self(Format::default().without_time().with_level(false))
    }
}

impl<S, N> FormatEvent<S, N> for JournalLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        write!(writer, "<{}>", priority(*event.metadata().level()))?;
        self.0.format_event(context, writer, event)
    }
}

/// The priority of syslog.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

/// Whether what is written to `output` goes to the journal, as its variable
/// `JOURNAL_STREAM` says: device and inode of the stream.
pub fn is_journal(output: impl AsFd, stream: Option<&OsStr>) -> bool {
    let Some(stream) = stream.and_then(OsStr::to_str) else { return false };
    let Ok(found) = rustix::fs::fstat(output) else { return false };
    stream == format!("{}:{}", found.st_dev, found.st_ino)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::io::{Read as _, Seek as _};
    use std::os::unix::fs::MetadataExt as _;
    use std::sync::Mutex;

    use super::{JournalLine, is_journal};

    #[test]
    fn a_line_begins_with_its_priority_and_has_no_time() {
        let mut file = tempfile::tempfile().unwrap();
        let writer = Mutex::new(file.try_clone().unwrap());
        let lines = tracing_subscriber::fmt()
            .with_writer(writer)
            .with_ansi(false)
            .event_format(JournalLine::default())
            .finish();
        tracing::subscriber::with_default(lines, || {
            tracing::info!(device = 7, "seen");
            tracing::error!("broken");
        });
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        let here = module_path!();
        assert_eq!(text, format!("<6>{here}: seen device=7\n<3>{here}: broken\n"));
    }

    #[test]
    fn only_the_very_stream_that_the_variable_names_is_the_journal() {
        let file = tempfile::tempfile().unwrap();
        let meta = file.metadata().unwrap();
        let name = format!("{}:{}", meta.dev(), meta.ino());
        assert!(is_journal(&file, Some(OsStr::new(&name))));
        assert!(!is_journal(&file, Some(OsStr::new("1:2"))));
        assert!(!is_journal(&file, None));
    }
}
