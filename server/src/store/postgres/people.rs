//! People and invitations in PostgreSQL.

use super::{StoreError, Writer, log};
use crate::log::entry::Event;
use crate::store::devices::{Invitations, NewInvitation};

impl Invitations for Writer {
    fn invite(&mut self, invitation: &NewInvitation) -> Result<(), StoreError> {
        const PERSON: &str = "
            INSERT INTO person (id, name, email, created_ms) VALUES ($1, $2, $3, $4)
            ON CONFLICT (lower(email)) DO UPDATE SET name = excluded.name RETURNING id";
        const INVITATION: &str = "
            INSERT INTO invitation (id, secret_sha256, person_id, serial, created_ms, expires_ms)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let new_id = uuid::Uuid::new_v4().to_string();
        let at = invitation.created_at.as_millisecond();
        self.session().transaction(|db| {
            let person = db.row(PERSON, &[&new_id, &invitation.person, &invitation.email, &at])?;
            let missing = || StoreError::Corrupt { what: "a person", why: "no id".to_owned() };
            let person: String = person.ok_or_else(missing)?.try_get(0)?;
            db.execute(
                INVITATION,
                &[
                    &invitation.token_id,
                    &invitation.secret_sha256.as_slice(),
                    &person,
                    &invitation.serial,
                    &at,
                    &invitation.expires_at.as_millisecond(),
                ],
            )?;
            let event =
                Event::Invitation { invitation: &invitation.token_id, actor: &invitation.actor };
            log::record(db, event.at(invitation.created_at))
        })
    }
}
