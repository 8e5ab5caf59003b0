//! Looking at an invitation without using it.

use jiff::Timestamp;

use super::SecretDigest;
use crate::store::StoreError;
use crate::store::reading::Value;
use crate::store::writing::Transact;

/// What is known of an invitation, for whoever has its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationFound {
    /// When it ends.
    pub expires: Timestamp,
    /// Whether a Mac has used it.
    pub is_used: bool,
    /// The one Mac that it is for.
    pub serial: Option<String>,
}

/// Looks invitations up.
pub trait InvitationViews: Send + Sync {
    /// The invitation of a token, if the secret is right; nothing is used up.
    fn invitation(
        &self,
        token_id: &str,
        secret: &SecretDigest,
    ) -> Result<Option<InvitationFound>, StoreError>;
}

impl<T: Transact> InvitationViews for T {
    fn invitation(
        &self,
        token_id: &str,
        secret: &SecretDigest,
    ) -> Result<Option<InvitationFound>, StoreError> {
        const FIND: &str =
            "SELECT secret_sha256, expires_ms, used_ms, serial FROM invitation WHERE id = $1";
        let found = self.lend(|db| {
            db.first(FIND, &[Value::text(token_id)], |row| {
                let found = InvitationFound {
                    expires: row.time(1)?,
                    is_used: row.number(2)?.is_some(),
                    serial: row.string_or_null(3)?,
                };
                Ok((row.blob(0)?.to_vec(), found))
            })
        })?;
        Ok(found.filter(|(kept, _)| kept == secret).map(|(_, found)| found))
    }
}
