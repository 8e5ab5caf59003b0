//! Who may use the console and the API, how they prove it, and what they did;
//! people and what they hold. Written once for both databases.

pub mod accounts;
pub mod agent_releases;
pub mod attempts;
pub mod audit;
pub mod checklists;
pub mod expected;
pub(in crate::store) mod farewells;
pub mod first_run;
pub mod fleet_tokens;
pub mod holdings;
pub mod invitations;
pub mod labels;
pub mod links;
pub mod notes;
pub mod passkeys;
pub mod people;
pub mod refused;
pub mod repeats;
pub mod saved_views;
pub mod sessions;
pub mod tokens;
pub mod waivers;

use super::stream::Streams;
use super::webhooks::Webhooks;

/// SHA-256 of a secret that only its holder knows. Only digests are kept, so
/// that a copy of the database admits nobody.
pub type SecretDigest = [u8; 32];

/// Everything that is kept of people.
pub trait Records:
    accounts::Accounts
    + agent_releases::ReleaseDates
    + sessions::Sessions
    + links::Links
    + attempts::Attempts
    + audit::Audits
    + checklists::Checklists
    + passkeys::Passkeys
    + expected::ExpectedDevices
    + fleet_tokens::FleetTokens
    + refused::RefusedReports
    + holdings::Holdings
    + invitations::InvitationViews
    + notes::Notes
    + waivers::Waivers
    + first_run::FirstRun
    + labels::Labels
    + saved_views::SavedViews
    + people::People
    + Streams
    + Webhooks
    + tokens::Tokens
    + repeats::Repeats
{
}

impl<T> Records for T where
    T: accounts::Accounts
        + agent_releases::ReleaseDates
        + sessions::Sessions
        + links::Links
        + attempts::Attempts
        + audit::Audits
        + checklists::Checklists
        + passkeys::Passkeys
        + expected::ExpectedDevices
        + fleet_tokens::FleetTokens
        + refused::RefusedReports
        + holdings::Holdings
        + invitations::InvitationViews
        + notes::Notes
        + waivers::Waivers
        + first_run::FirstRun
        + labels::Labels
        + saved_views::SavedViews
        + people::People
        + Streams
        + Webhooks
        + tokens::Tokens
        + repeats::Repeats
{
}
