//! What the company knows of its people beside their Macs: who joined when, who
//! is away, who has left.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use server::audit::{Act, Object};
use server::store::access::people::{NewPerson, Person, PersonFacts};

use super::stage::Stage;
use super::story::{Story, What, dice, email};

/// Departments of the company.
const DEPARTMENTS: &[&str] = &["Engineering", "Design", "Sales", "Finance", "Support", "People"];
/// Whoever enrols later than this after the story's begin has just joined.
const FOUNDERS: SignedDuration = SignedDuration::from_hours(20 * 24);

fn act(action: &'static str, person: &str, at: Timestamp) -> Act {
    Act::of_command(action, Object::new("person", email(person)).called(person), at)
}

fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

fn department(person: &str) -> String {
    let below = u64::try_from(DEPARTMENTS.len()).unwrap_or(1);
    let at = usize::try_from(dice(&[person, "department"], below)).unwrap_or(0);
    DEPARTMENTS.get(at).copied().unwrap_or_default().to_owned()
}

impl Stage {
    /// The person of that name, when somebody has invited them.
    fn known(&self, person: &str) -> anyhow::Result<Option<Person>> {
        Ok(self.running.app.records.person_by_email(&email(person))?)
    }

    /// Somebody joins on the day of `at`: onboarding begins.
    pub(super) fn hire(&self, person: &str, at: Timestamp) -> anyhow::Result<()> {
        let facts = PersonFacts {
            name: person.to_owned(),
            email: email(person),
            department: department(person),
            first_day: Some(day(at)),
            ..PersonFacts::default()
        };
        let digest = shared::keys::sha256_hex(facts.email.as_bytes());
        let id = digest.get(..32).unwrap_or(&digest).to_owned();
        let act = act("person_added", person, self.clock.now());
        self.running
            .app
            .records
            .add_person(&NewPerson { id, source: "csv", facts, is_ended: false }, &act)?;
        Ok(())
    }

    /// Somebody's last day is that of `at`: offboarding begins.
    pub(super) fn let_go(&self, person: &str, at: Timestamp) -> anyhow::Result<()> {
        let Some(known) = self.known(person)? else { return Ok(()) };
        let (records, now) = (&self.running.app.records, self.clock.now());
        let facts = PersonFacts { last_day: Some(day(at)), ..known.facts() };
        records.change_person(&known.id, None, &facts, &act("person_changed", person, now))?;
        records.end_person(&known.id, None, &act("person_ended", person, now))?;
        Ok(())
    }

    /// Departments and absences as they are on the last morning, and somebody
    /// who joins next week.
    pub(super) fn settle(&self, story: &Story) -> anyhow::Result<()> {
        let now = story.ends.0;
        for mac in &story.mac {
            let Some(known) = self.known(&mac.owner)? else { continue };
            let is_away = mac.during(What::Away, now).is_some();
            let facts = PersonFacts {
                department: department(&mac.owner),
                away_until: is_away.then(|| day(now).saturating_add(12.days())),
                ..known.facts()
            };
            let act = act("person_changed", &mac.owner, now);
            self.running.app.records.change_person(&known.id, None, &facts, &act)?;
        }
        self.hire("Ada Brennholt", now + SignedDuration::from_hours(8 * 24))
    }
}

/// Whether somebody who enrols at `at` has just joined.
pub(super) fn has_just_joined(story: &Story, at: Timestamp) -> bool {
    at.duration_since(story.begins.0) > FOUNDERS
}
