//! Every name that is signed for ever, once: media types, URIs, ids and paths.

/// `payloadType` of every envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// `_type` of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// Predicate type of a report.
pub const PREDICATE_POSTURE: &str = "https://muster.example/attestation/posture/v1";
/// Predicate type of an enrolment request.
pub const PREDICATE_ENROLLMENT: &str = "https://muster.example/attestation/enrollment/v1";
/// Predicate type of an agent's word that it is being removed.
pub const PREDICATE_FAREWELL: &str = "https://muster.example/attestation/farewell/v1";
/// Predicate type of the rules that a collector hands to its agents.
pub const PREDICATE_POLICY: &str = "https://muster.example/attestation/policy/v1";
/// Media type of one report over HTTP.
pub const MEDIA_REPORT: &str = "application/vnd.in-toto.posture+dsse";
/// Media type of a farewell over HTTP.
pub const MEDIA_FAREWELL: &str = "application/vnd.in-toto.farewell+dsse";
/// Media type of several reports, one envelope a line.
pub const MEDIA_REPORTS: &str = "application/vnd.in-toto.bundle+jsonl";
/// Header of a request with reports: the size of the newest checkpoint that
/// the agent has verified. The proofs of consistency in the answer begin there,
/// each further one where the one before ended. A statement names the
/// checkpoint that was the newest when it was made; when it waited long, the
/// agent has verified a newer one since.
pub const HEADER_LOG_SIZE: &str = "muster-log-size";
/// Media type of every error.
pub const MEDIA_PROBLEM: &str = "application/problem+json";
/// Start of every problem type; the code follows.
pub const PROBLEM_BASE: &str = "https://muster.example/problems/";
/// Bundle id, daemon label and preference domain of the agent.
pub const AGENT_LABEL: &str = "org.muster.agent";
/// Where the agent keeps its state on a Mac.
pub const AGENT_STATE_MACOS: &str = "/Library/Application Support/Muster/state";
/// What is installed on a Mac: a bundle, so that macOS shows a name.
pub const AGENT_BUNDLE: &str = "/Library/Application Support/Muster/Muster.app";
/// The agent's program within [`AGENT_BUNDLE`].
pub const AGENT_EXECUTABLE: &str =
    "/Library/Application Support/Muster/Muster.app/Contents/MacOS/muster-agent";
/// What tells launchd to keep the agent running.
pub const AGENT_DAEMON: &str = "/Library/LaunchDaemons/org.muster.agent.plist";
/// Where launchd puts what the daemon prints: nothing, unless it crashes.
pub const AGENT_LOGS: &str = "/Library/Logs/Muster";
/// The agent's settings where no profile gives them; only root may read it.
pub const AGENT_CONFIG_MACOS: &str = "/Library/Application Support/Muster/config.toml";
/// A token for the first start, one line, readable by root alone; the agent
/// removes it once it is enrolled.
pub const AGENT_TOKEN_FILE_MACOS: &str = "/Library/Application Support/Muster/enrollment-token";
/// The agent by a name that shells find: a link to [`AGENT_EXECUTABLE`].
pub const AGENT_COMMAND: &str = "/usr/local/bin/muster-agent";
/// Where the agent keeps its state on Linux.
pub const AGENT_STATE_LINUX: &str = "/var/lib/muster-agent";
/// Where the collector keeps its state.
pub const SERVER_STATE: &str = "/var/lib/muster-server";
/// The collector's settings where no option names another file.
pub const SERVER_CONFIG: &str = "/etc/muster/muster.toml";
/// Name of a statement's subject.
pub const SUBJECT_DEVICE: &str = "device.der";
/// Name of an enrolment's subject: the public key itself.
pub const SUBJECT_KEY: &str = "device.spki";
/// Name of the subject of the rules in force: the policy's text.
pub const SUBJECT_POLICY: &str = "policy.toml";
/// First characters of an enrolment token.
pub const TOKEN_PREFIX: &str = "mst1.";
