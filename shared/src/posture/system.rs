//! What is read of macOS itself.

use super::FieldKind::{Flag, Text};
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
    ],
};
