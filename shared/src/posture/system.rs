//! What is read of macOS itself.

use super::FieldKind::{Choice, Flag, Text};
use super::{CheckSchema, field};

pub(super) static OS: CheckSchema = CheckSchema {
    id: "os",
    version: 1,
    about: "the version of macOS",
    why: "Old versions have holes that are known and used.",
    fields: &[
        field("version", Text, "product version, such as 26.6.2"),
        field("build", Text, "build, such as 25G83"),
        field(
            "extra",
            Text,
            "suffix of a background security improvement, such as (a); empty when there is none",
        ),
        field("beta", Flag, "the build is one of a beta"),
        field("offered_version", Text, "the update of the same major version that waits longest"),
        field("offered_since", Text, "the day on which that was first offered, such as 2026-09-15"),
        field("deadline_version", Text, "the version that device management demands first"),
        field("deadline", Text, "by when, in the Mac's local time, such as 2026-10-01T12:00:00"),
    ],
};

/// Where a switch of software update is set.
const SET_BY: &[&str] = &["default", "local", "profile", "declaration"];
const WHERE: &str = "where that is set: nowhere, at the Mac, by a profile or by a declaration";

pub(super) static AUTOMATIC_UPDATES: CheckSchema = CheckSchema {
    id: "automatic_updates",
    version: 1,
    about: "which updates come by themselves",
    why: "A fix that nobody has to think of closes a hole before it is used.",
    fields: &[
        field("check", Flag, "the Mac looks for updates"),
        field("check_source", Choice(SET_BY), WHERE),
        field("download", Flag, "updates are downloaded"),
        field("download_source", Choice(SET_BY), WHERE),
        field("install_macos", Flag, "updates of macOS are installed"),
        field("install_macos_source", Choice(&["local", "profile", "declaration"]), WHERE),
        field("security_responses", Flag, "security responses are installed"),
        field("security_responses_source", Choice(SET_BY), WHERE),
        field("system_data", Flag, "system data is installed, such as that against malware"),
        field("system_data_source", Choice(SET_BY), WHERE),
        field("apps", Flag, "applications of the App Store are updated"),
        field("apps_source", Choice(&["local", "profile"]), WHERE),
        field(
            "enforced",
            Flag,
            "device management turns on checking, downloading, security responses and system data",
        ),
    ],
};
