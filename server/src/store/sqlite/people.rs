//! People and invitations in SQLite.

use rusqlite::params;

use super::reading::Asked;
use super::{StoreError, Writer, log};
use crate::log::entry::Event;
use crate::store::access::audit::note;
use crate::store::devices::{Invitations, NewInvitation};

impl Invitations for Writer {
    fn invite(&mut self, invitation: &NewInvitation) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        let at = invitation.act.at.as_millisecond();
        transaction.execute(
            "INSERT INTO person (id, name, email, created_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (email) DO UPDATE SET name = excluded.name",
            params![uuid::Uuid::new_v4().to_string(), invitation.person, invitation.email, at],
        )?;
        transaction.execute(
            "INSERT INTO invitation (id, secret_sha256, person_id, serial, created_ms, expires_ms)
             SELECT ?1, ?2, person.id, ?3, ?4, ?5 FROM person WHERE email = ?6",
            params![
                invitation.token_id,
                invitation.secret_sha256,
                invitation.serial,
                at,
                invitation.expires_at.as_millisecond(),
                invitation.email,
            ],
        )?;
        let event = Event::Invitation {
            invitation: &invitation.token_id,
            actor: invitation.act.actor.for_ever(),
        };
        log::record(&transaction, event.at(invitation.act.at))?;
        note(&mut Asked(&transaction), &invitation.act)?;
        transaction.commit()?;
        Ok(())
    }
}
