//! What programs say of a person.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::field;
use super::super::problem::ApiProblem;
use crate::people::{DEPARTMENT, day, department};
use crate::store::access::people::{Person, PersonFacts};

/// Longest name.
const NAME: usize = 120;

/// A person to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewPersonForm {
    /// Full name.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: String,
    /// Mail address; names the person.
    #[schema(
        max_length = 254,
        pattern = r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}$"
    )]
    email: String,
    /// Department.
    #[schema(max_length = 120, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    department: Option<String>,
    /// First day at work.
    #[schema(format = Date)]
    first_day: Option<String>,
    /// Last day at work.
    #[schema(format = Date)]
    last_day: Option<String>,
    /// Last day of an absence.
    #[schema(format = Date)]
    away_until: Option<String>,
}

/// What changes of a person; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct PersonChangeForm {
    /// Full name.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: Option<String>,
    /// Mail address. An employee's account goes along.
    #[schema(
        max_length = 254,
        pattern = r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}$"
    )]
    email: Option<String>,
    /// Department.
    #[schema(max_length = 120, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    department: Option<String>,
    /// First day at work; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = Date)]
    #[expect(clippy::option_option, reason = "null is another answer than nothing")]
    first_day: Option<Option<String>>,
    /// Last day at work; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = Date)]
    #[expect(clippy::option_option, reason = "null is another answer than nothing")]
    last_day: Option<Option<String>>,
    /// Last day of an absence; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = Date)]
    #[expect(clippy::option_option, reason = "null is another answer than nothing")]
    away_until: Option<Option<String>>,
}

/// Tells null from nothing.
#[expect(clippy::option_option, reason = "null is another answer than nothing")]
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// What a request may look like.
pub(super) fn example() -> Value {
    json!({ "name": "Ada Poe", "email": "ada@company.example", "first_day": "2027-01-04" })
}

/// What a change may look like.
pub(super) fn change_example() -> Value {
    json!({ "away_until": "2027-02-26" })
}

fn day_of(name: &str, text: Option<&str>) -> Result<Option<Date>, ApiProblem> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || ApiProblem::field(name, "it must be a day such as 2026-08-23, or null.");
    day(text).map(Some).ok_or_else(wrong)
}

fn department_of(text: &str) -> Result<String, ApiProblem> {
    let detail = format!("it must have at most {DEPARTMENT} characters, and none of control.");
    // The document says so, and a program that sends a tab means something else.
    let fits = text.chars().count() <= DEPARTMENT && !text.chars().any(char::is_control);
    department(text).filter(|_| fits).ok_or_else(|| ApiProblem::field("department", detail))
}

impl NewPersonForm {
    pub(super) fn facts(&self) -> Result<PersonFacts, ApiProblem> {
        Ok(PersonFacts {
            name: field::line("name", &self.name, NAME)?,
            email: field::mail("email", &self.email)?,
            department: department_of(self.department.as_deref().unwrap_or_default())?,
            first_day: day_of("first_day", self.first_day.as_deref())?,
            last_day: day_of("last_day", self.last_day.as_deref())?,
            away_until: day_of("away_until", self.away_until.as_deref())?,
            user_name: None,
            external_id: None,
        })
    }
}

impl PersonChangeForm {
    /// What the person becomes.
    pub(super) fn facts(&self, before: &Person) -> Result<PersonFacts, ApiProblem> {
        let mut facts = before.facts();
        if let Some(name) = &self.name {
            facts.name = field::line("name", name, NAME)?;
        }
        if let Some(email) = &self.email {
            facts.email = field::mail("email", email)?;
        }
        if let Some(department) = &self.department {
            facts.department = department_of(department)?;
        }
        for (name, said, kept) in [
            ("first_day", &self.first_day, &mut facts.first_day),
            ("last_day", &self.last_day, &mut facts.last_day),
            ("away_until", &self.away_until, &mut facts.away_until),
        ] {
            if let Some(said) = said {
                *kept = day_of(name, said.as_deref())?;
            }
        }
        Ok(facts)
    }
}
