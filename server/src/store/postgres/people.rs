//! People and invitations in PostgreSQL.

use super::{Session, StoreError, Writer, log};
use crate::log::entry::Event;
use crate::store::access::audit::note;
use crate::store::devices::{Invitations, NewInvitation};

/// Renames the person with this mail address, or adds one; gives the id. In
/// steps, because not every engine takes an expression after `ON CONFLICT`.
fn person(db: &mut Session, invitation: &NewInvitation) -> Result<String, StoreError> {
    const KNOWN: &str = "UPDATE person SET name = $1 WHERE lower(email) = lower($2) RETURNING id";
    const NEW: &str = "INSERT INTO person (id, name, email, created_ms) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING RETURNING id";
    let id = uuid::Uuid::new_v4().to_string();
    let at = invitation.act.at.as_millisecond();
    let known = |db: &mut Session| db.row(KNOWN, &[&invitation.person, &invitation.email]);
    let mut row = known(db)?;
    if row.is_none() {
        row = db.row(NEW, &[&id, &invitation.person, &invitation.email, &at])?;
    }
    if row.is_none() {
        // Another collector has added the same person meanwhile.
        row = known(db)?;
    }
    let missing = || StoreError::Corrupt { what: "a person", why: "no id".to_owned() };
    Ok(row.ok_or_else(missing)?.try_get(0)?)
}

impl Invitations for Writer {
    fn invite(&mut self, invitation: &NewInvitation) -> Result<(), StoreError> {
        const INVITATION: &str = "
            INSERT INTO invitation (id, secret_sha256, person_id, serial, created_ms, expires_ms)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let at = invitation.act.at.as_millisecond();
        self.session().transaction(|db| {
            let person = person(db, invitation)?;
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
            let event = Event::Invitation {
                invitation: &invitation.token_id,
                actor: invitation.act.actor.for_ever(),
            };
            log::record(db, event.at(invitation.act.at))?;
            note(db, &invitation.act).map(drop)
        })
    }
}
