//! What is read of who gets into the Mac, and with which rights.

use super::FieldKind::{Choice, Flag, Integer};
use super::{CheckSchema, field};

pub(super) static AUTO_LOGIN: CheckSchema = CheckSchema {
    id: "auto_login",
    version: 1,
    about: "whether the Mac logs somebody in without asking for a password",
    why: "A laptop that logs in by itself gives whoever finds it all that its owner may see.",
    fields: &[
        field("account_set", Flag, "an account is named for automatic login; never which"),
        field("password_kept", Flag, "a password for automatic login is kept on the disk"),
        field(
            "source",
            Choice(&["default", "setting"]),
            "default when nobody ever named an account, setting when somebody chose",
        ),
        field("enforced", Flag, "a configuration profile forbids automatic login"),
    ],
};

pub(super) static GUEST_ACCOUNT: CheckSchema = CheckSchema {
    id: "guest_account",
    version: 1,
    about: "whether anybody may log in as a guest",
    why: "A guest needs no password, and nobody knows who it was.",
    fields: &[
        field("enabled", Flag, "a guest may log in"),
        field(
            "source",
            Choice(&["default", "setting", "profile"]),
            "what says so; default when nobody ever chose",
        ),
        field("enforced", Flag, "a configuration profile forbids guests"),
    ],
};

pub(super) static LOCAL_ADMINS: CheckSchema = CheckSchema {
    id: "local_admins",
    version: 1,
    about: "how many accounts may administer the Mac",
    why: "An administrator can switch every protection off, and so can a program of theirs.",
    fields: &[field(
        "count",
        Integer,
        "number of local administrators besides macOS's own accounts; never their names",
    )],
};
