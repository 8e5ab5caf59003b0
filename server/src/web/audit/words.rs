//! Acts in words.

/// Actions and what people call them.
const ACTIONS: &[(&str, &str)] = &[
    ("sign_in", "Signed in"),
    ("sign_in_refused", "Was not let in"),
    ("sign_out", "Signed out"),
    ("view", "Looked at"),
    ("export", "Exported"),
    ("account_added", "Added an account"),
    ("account_invited", "Invited"),
    ("account_changed", "Changed an account"),
    ("identity_bound", "Linked an identity"),
    ("session_ended", "Ended a session"),
    ("sessions_ended", "Ended sessions"),
    ("setup_link", "Made a set-up link"),
    ("login_link", "Made a sign-in link"),
    ("passkey_added", "Added a passkey"),
    ("passkey_renamed", "Renamed a passkey"),
    ("passkey_removed", "Removed a passkey"),
    ("token_made", "Made an API token"),
    ("token_revoked", "Revoked an API token"),
    ("expected_imported", "Imported expected devices"),
    ("expected_changed", "Changed an expected device"),
    ("expected_removed", "Took a device off the list"),
    ("fleet_token_made", "Made a fleet token"),
    ("fleet_token_revoked", "Revoked a fleet token"),
    ("invited", "Invited a person"),
    ("label_added", "Put a label on"),
    ("label_removed", "Took a label off"),
    ("first_run_dismissed", "Put the set-up list away"),
    ("view_saved", "Saved a view"),
    ("view_removed", "Removed a view"),
    ("checklist_started", "Started a checklist"),
    ("checklist_completed", "Completed a checklist"),
    ("checklist_cancelled", "Cancelled a checklist"),
    ("task_closed", "Closed a task"),
    ("task_reopened", "Opened a task again"),
    ("task_overridden", "Overrode a task"),
    ("task_acknowledged", "Acknowledged a text"),
    ("task_given", "Gave a task to somebody"),
    ("evidence_added", "Added evidence"),
    ("template_changed", "Changed a template"),
    ("person_added", "Added a person"),
    ("person_changed", "Changed a person"),
    ("person_ended", "Ended a person"),
    ("person_removed", "Removed a person"),
    ("person_reopened", "Opened a person again"),
    ("device_approved", "Approved a device"),
    ("device_suspended", "Suspended a device"),
    ("device_resumed", "Resumed a device"),
    ("device_revoked", "Revoked a key"),
    ("device_archived", "Archived a device"),
    ("agent_removed", "An agent was removed by its Mac"),
    ("agent_mailed", "Mailed the link to the agent"),
    ("device_assigned", "Gave a device"),
    ("note_written", "Wrote a note"),
    ("note_removed", "Removed a note"),
    ("waiver_accepted", "Accepted an exception"),
    ("waiver_ended", "Ended an exception"),
    ("waiver_expired", "An exception ended on its day"),
];

/// An action in words; an unknown one as it is kept.
pub(super) fn action(word: &str) -> String {
    let known = ACTIONS.iter().find(|(known, _)| *known == word);
    known.map_or_else(|| word.replace('_', " "), |(_, title)| (*title).to_owned())
}

/// What something was done to.
pub(super) fn object(kind: &str, id: &str, name: &str) -> String {
    match (kind, name, id) {
        ("", ..) => String::new(),
        (kind, "", "") => kind.to_owned(),
        (kind, "", id) => {
            let short: String = id.chars().take(8).collect();
            format!("{kind} {short}")
        }
        (_, name, _) => name.to_owned(),
    }
}
