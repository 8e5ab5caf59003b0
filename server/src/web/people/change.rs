//! Adding a person, changing one, and the end.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;

use super::list;
use super::one::{self, Told};
use super::query::PeopleQuery;
use crate::audit::Object;
use crate::auth::who::Who;
use crate::invitation::{Request, VALID, make, object as invited};
use crate::mail::Letter;
use crate::people::{changes, day, department, email, name, odd_days};
use crate::store::access::people::{NewPerson, Person, PersonChanged, PersonFacts};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::join::link;
use crate::web::shell::Shell;

const NAME: &str = "Enter a name, at most 120 letters.";
const EMAIL: &str = "Enter an address such as sam@company.example.";
const DEPARTMENT: &str = "Enter at most 120 letters, or nothing.";
const DAY: &str = "Enter a day such as 2027-03-31, or nothing.";
const ORDER: &str = "This day is before the first day.";

/// What somebody types about a new person, and about one who is known.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::web) struct FactsForm {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) department: String,
    pub(super) first_day: String,
    pub(super) last_day: String,
    /// Which version of the person was shown.
    pub(super) version: i64,
}

/// The same for a new person.
pub(super) type AddForm = FactsForm;

/// What is wrong with each field; empty for what is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FactsErrors {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) department: &'static str,
    pub(super) first_day: &'static str,
    pub(super) last_day: &'static str,
}

/// The same for a new person.
pub(super) type AddErrors = FactsErrors;

impl FactsErrors {
    /// Whether anything is wrong.
    pub(super) fn any(&self) -> bool {
        *self != Self::default()
    }

    /// All of it, for the summary.
    pub(super) fn summary(&self) -> String {
        let all = [self.name, self.email, self.department, self.first_day, self.last_day];
        all.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

impl FactsForm {
    /// The form with what is known.
    pub(super) fn of(person: &Person) -> Self {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        Self {
            name: person.name.clone(),
            email: person.email.clone(),
            department: person.department.clone(),
            first_day: day(person.first_day),
            last_day: day(person.last_day),
            version: person.version,
        }
    }

    /// What a person becomes who was `before`.
    fn understood(&self, before: PersonFacts) -> Result<PersonFacts, FactsErrors> {
        let mut errors = FactsErrors::default();
        let mut facts = before;
        match name(&self.name) {
            Some(name) => facts.name = name,
            None => errors.name = NAME,
        }
        match email(&self.email) {
            Some(email) => facts.email = email,
            None => errors.email = EMAIL,
        }
        match department(&self.department) {
            Some(department) => facts.department = department,
            None => errors.department = DEPARTMENT,
        }
        for (typed, kept, wrong) in [
            (&self.first_day, &mut facts.first_day, &mut errors.first_day),
            (&self.last_day, &mut facts.last_day, &mut errors.last_day),
        ] {
            match typed_day(typed) {
                Ok(day) => *kept = day,
                Err(why) => *wrong = why,
            }
        }
        if !errors.any() && odd_days(&facts).is_some() {
            errors.last_day = ORDER;
        }
        if errors.any() { Err(errors) } else { Ok(facts) }
    }
}

fn typed_day(text: &str) -> Result<Option<Date>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    day(text).map(Some).ok_or(DAY)
}

fn object(person: &Person) -> Object {
    Object::new("person", &person.id).called(&person.name)
}

/// Adds a person.
pub(in crate::web) async fn add(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(typed): Form<FactsForm>,
) -> Result<Response, PageError> {
    let query = PeopleQuery::default();
    let facts = match typed.understood(PersonFacts::default()) {
        Ok(facts) => facts,
        Err(errors) => return list::show(&console, shell, query, (typed, errors)).await,
    };
    let id = uuid::Uuid::new_v4().to_string();
    let act = who.act("person_added", Object::new("person", &id).called(&facts.name));
    let new = NewPerson { id: id.clone(), source: "console", is_ended: false, facts };
    let added = console.records(move |records| Ok(records.add_person(&new, &act)?)).await?;
    if matches!(added, PersonChanged::Done(_)) {
        return Ok(Redirect::to(&format!("/people/{id}")).into_response());
    }
    let errors = FactsErrors {
        email: "A person with this address is known already; find the person above.",
        ..FactsErrors::default()
    };
    list::show(&console, shell, query, (typed, errors)).await
}

/// The person, or that there is none.
async fn known(console: &Console, id: &str) -> Result<Person, PageError> {
    let id = id.to_owned();
    let found = console.records(move |records| Ok(records.person(&id)?)).await?;
    found.ok_or(PageError::NotFound("No person has this address."))
}

/// Goes back to the person, or says why nothing was changed.
async fn after(
    console: &Console,
    shell: Shell,
    id: String,
    (changed, told): (PersonChanged, Told),
) -> Result<Response, PageError> {
    let conflict = match changed {
        PersonChanged::Done(_) => {
            return Ok(Redirect::to(&format!("/people/{id}")).into_response());
        }
        PersonChanged::Missing => return Err(PageError::NotFound("No person has this address.")),
        PersonChanged::Stale => {
            "Somebody else has changed this person meanwhile. Look at the person as it is now."
        }
        PersonChanged::EmailTaken => "Another person has this mail address.",
        PersonChanged::UserNameTaken => {
            "Another person has this mail address as user name in a directory."
        }
        PersonChanged::LastAdministrator => {
            "The account of this person is the last administrator. Make another one first."
        }
    };
    let told = match changed {
        PersonChanged::Stale => Told::default(),
        _ => told,
    };
    one::show(console, shell, id, Told { conflict: conflict.to_owned(), ..told }).await
}

/// Changes what is known of a person.
pub(in crate::web) async fn change(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
    Form(typed): Form<FactsForm>,
) -> Result<Response, PageError> {
    let before = known(&console, &id).await?;
    let facts = match typed.understood(before.facts()) {
        Ok(facts) => facts,
        Err(errors) => {
            let told = Told { form: Some(typed), errors, ..Told::default() };
            return one::show(&console, shell, id, told).await;
        }
    };
    let act = who.act("person_changed", object(&before)).with(changes(&before, &facts));
    let (person, version) = (id.clone(), typed.version);
    let changed = console
        .records(move |records| Ok(records.change_person(&person, Some(version), &facts, &act)?))
        .await?;
    let told = Told { form: Some(typed), ..Told::default() };
    after(&console, shell, id, (changed, told)).await
}

/// The last day of an absence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(in crate::web) struct AwayForm {
    until: String,
    version: i64,
}

/// Says until when a person is away.
pub(in crate::web) async fn away(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
    Form(typed): Form<AwayForm>,
) -> Result<Response, PageError> {
    let before = known(&console, &id).await?;
    let until = match typed_day(&typed.until) {
        Ok(until) => until,
        Err(away_error) => {
            let told = Told { away: Some(typed.until), away_error, ..Told::default() };
            return one::show(&console, shell, id, told).await;
        }
    };
    let facts = PersonFacts { away_until: until, ..before.facts() };
    let act = who.act("person_changed", object(&before)).with(changes(&before, &facts));
    let (person, version) = (id.clone(), typed.version);
    let changed = console
        .records(move |records| Ok(records.change_person(&person, Some(version), &facts, &act)?))
        .await?;
    after(&console, shell, id, (changed, Told::default())).await
}

/// Ends a person.
pub(in crate::web) async fn end(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let act = who.act("person_ended", object(&known(&console, &id).await?));
    let person = id.clone();
    let ended =
        console.records(move |records| Ok(records.end_person(&person, None, &act)?)).await?;
    after(&console, shell, id, (ended, Told::default())).await
}

/// Opens a person again.
pub(in crate::web) async fn reopen(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let act = who.act("person_reopened", object(&known(&console, &id).await?));
    let person = id.clone();
    let opened =
        console.records(move |records| Ok(records.reopen_person(&person, None, &act)?)).await?;
    after(&console, shell, id, (opened, Told::default())).await
}

/// Whether the invitation is sent by mail.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::web) struct InviteForm {
    mail: String,
}

/// Invites the person to enrol a Mac.
pub(in crate::web) async fn invite(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Path(id): Path<String>,
    Form(typed): Form<InviteForm>,
) -> Result<Response, PageError> {
    let person = known(&console, &id).await?;
    if person.ended.is_some() {
        let conflict = "This person is ended; open the person again first.".to_owned();
        return one::show(&console, shell, id, Told { conflict, ..Told::default() }).await;
    }
    let request = Request {
        person: person.name.clone(),
        email: person.email.clone(),
        serial: None,
        valid_for: VALID,
    };
    let app = &console.app;
    let act = who.act("invited", invited(&request));
    let (invitation, token) = make(&request, &app.public_url, app.pinned_ca, act);
    app.queue.run(move |writer| writer.invite(&invitation)).await?;
    let token = token.to_string();
    let link = link(&app.public_url, &token);
    let mut told = Told::default();
    if let (Some(way), true) = (&app.ways.mail, typed.mail == "on") {
        told.mail = match letter(&person, (&link, &token)) {
            Some(letter) => match way.mailer.send(letter).await {
                Ok(()) => format!("A letter with it is on its way to {}.", person.email),
                Err(error) => {
                    tracing::warn!(%error, "an invitation could not be sent by mail");
                    "The letter could not be sent; its reason is in the collector's log.".to_owned()
                }
            },
            None => "No letter can be sent to this address.".to_owned(),
        };
    }
    one::show(&console, shell, id, Told { token: Some((link, token)), ..told }).await
}

fn letter(person: &Person, (link, token): (&str, &str)) -> Option<Letter> {
    let to = person.email.parse().ok()?;
    let text = format!(
        "Hello {},\n\n\
         your company asks you to enrol your Mac. Open this page on the Mac: it has the\n\
         installer, and says what is read, what is never read and how to remove it:\n\n\
         {link}\n\n\
         If Muster is installed already, open Terminal and run this, all in one line:\n\n\
         sudo muster-agent enroll {token}\n\n\
         Both are one invitation. It works once, within three days.\n",
        person.name
    );
    Some(Letter { to, subject: "Enrol your Mac".to_owned(), text })
}

#[cfg(test)]
mod tests {
    use super::FactsForm;
    use crate::store::access::people::PersonFacts;

    #[test]
    fn each_field_says_what_would_be_right() {
        let typed = FactsForm {
            name: " Ada  Poe ".to_owned(),
            email: "ada@company.example".to_owned(),
            first_day: "2026-09-01".to_owned(),
            ..FactsForm::default()
        };
        let facts = typed.understood(PersonFacts::default()).unwrap();
        assert_eq!((facts.name.as_str(), facts.last_day), ("Ada Poe", None));
        let wrong = |typed: &FactsForm| typed.understood(PersonFacts::default()).unwrap_err();
        let early = FactsForm { last_day: "2026-08-31".to_owned(), ..typed.clone() };
        assert!(wrong(&early).last_day.contains("before the first day"));
        let odd = FactsForm { first_day: "soon".to_owned(), ..FactsForm::default() };
        let errors = wrong(&odd);
        assert!(errors.first_day.contains("2027-03-31") && !errors.name.is_empty());
        assert!(errors.summary().contains("sam@company.example"));
    }
}
