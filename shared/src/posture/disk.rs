//! What is read of the disk.

use super::FieldKind::{Choice, Flag, Integer};
use super::{CheckSchema, field, volatile};

pub(super) static FILEVAULT: CheckSchema = CheckSchema {
    id: "filevault",
    version: 1,
    about: "whether FileVault encrypts the startup disk",
    why: "A lost laptop with FileVault on cannot be read without a password.",
    fields: &[
        field(
            "state",
            Choice(&["on", "off", "encrypting", "decrypting", "deferred", "restart_pending"]),
            "state of FileVault on the startup disk",
        ),
        volatile("percent", Integer, "progress of encryption or decryption, 0 to 100"),
        field("stalled", Flag, "encryption waits, usually for the power adapter"),
        field(
            "institutional_key",
            Flag,
            "a FileVault master keychain from before macOS 11 is installed",
        ),
        field(
            "source",
            Choice(&["fdesetup", "diskutil"]),
            "which tool answered; diskutil only when fdesetup gave no known answer",
        ),
        field("users", Integer, "number of users who can unlock the disk"),
        field("personal_recovery_key", Flag, "a personal recovery key exists"),
        field(
            "recovery_key_file",
            Flag,
            "a recovery key was encrypted for device management; whether it has it is not seen",
        ),
        field("escrow_profile", Flag, "a profile asks for the recovery key"),
        field("enforced", Flag, "a profile keeps people from turning FileVault off"),
    ],
};

pub(super) static DISK_SPACE: CheckSchema = CheckSchema {
    id: "disk_space",
    version: 1,
    about: "how much room is left on the disk",
    why: "A full disk keeps updates from being installed.",
    fields: &[
        volatile("total_gb", Integer, "size of the volume with people's files, in gigabytes"),
        volatile("available_gb", Integer, "room that is free on it, in whole gigabytes"),
    ],
};
