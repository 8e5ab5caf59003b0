//! People from a file: our own columns, and what other programs call them.

use std::collections::BTreeMap;

use crate::sheet::{Line, Sheet, SheetError};
use crate::store::access::people::{Column, ImportedPerson};

/// Columns of a file, as the template has them.
pub const COLUMNS: &[&str] =
    &["name", "email", "department", "first_day", "last_day", "away_until"];

/// Most people of one file: each is noted in the audit log.
pub const MOST: usize = 5_000;

/// What other programs call our columns, as [`plain_name`](crate::sheet::plain_name) writes them.
const NAMES: &[(&str, &[&str])] = &[
    ("name", &["name", "full name", "display name", "employee", "employee name", "person"]),
    (
        "email",
        &[
            "email",
            "e mail",
            "mail",
            "email address",
            "mail address",
            "work email",
            "work email address",
            "company email",
            "business email",
            "user principal name",
        ],
    ),
    ("department", &["department", "team", "division", "org unit"]),
    (
        "first_day",
        &[
            "first day",
            "start date",
            "hire date",
            "date of hire",
            "joining date",
            "employment start date",
        ],
    ),
    (
        "last_day",
        &[
            "last day",
            "end date",
            "termination date",
            "leaving date",
            "exit date",
            "last working day",
        ],
    ),
    (
        "away_until",
        &["away until", "absent until", "leave until", "leave end date", "on leave until"],
    ),
];

/// Given and family names, where a file has them apart.
const GIVEN: &[&str] = &["first name", "given name", "preferred name"];
const FAMILY: &[&str] = &["last name", "family name", "surname"];

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleFile {
    /// People, in the order of the file.
    pub people: Vec<ImportedPerson>,
    /// Lines that cannot be used.
    pub errors: Vec<SheetError>,
    /// Columns that mean nothing here, as the file calls them.
    pub ignored: Vec<String>,
}

/// Where a file says what.
struct Places {
    fields: BTreeMap<&'static str, usize>,
    given: Option<usize>,
    family: Option<usize>,
}

/// Reads a file. An error is about the file as a whole.
pub fn read(bytes: &[u8]) -> Result<PeopleFile, SheetError> {
    let sheet = Sheet::parse(bytes)?;
    let (places, ignored) = places(&sheet)?;
    if sheet.lines.len() > MOST {
        let what = format!("there are more than {MOST} people; split the file");
        return Err(SheetError::line(1, what));
    }
    let mut file = PeopleFile { ignored, ..PeopleFile::default() };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for line in &sheet.lines {
        let person = match person(line, &places) {
            Ok(person) => person,
            Err(error) => {
                file.errors.push(error);
                continue;
            }
        };
        if let Some(first) = seen.insert(person.email.to_lowercase(), line.number) {
            let what = format!("{} stands in line {first} already", person.email);
            file.errors.push(SheetError::field(line.number, "email", what));
            continue;
        }
        file.people.push(person);
    }
    Ok(file)
}

fn places(sheet: &Sheet) -> Result<(Places, Vec<String>), SheetError> {
    let mut places = Places { fields: BTreeMap::new(), given: None, family: None };
    let mut ignored = Vec::new();
    for (at, (name, header)) in sheet.names().iter().zip(&sheet.header).enumerate() {
        let name = name.as_str();
        if GIVEN.contains(&name) {
            places.given = places.given.or(Some(at));
        } else if FAMILY.contains(&name) {
            places.family = places.family.or(Some(at));
        } else if let Some((field, _)) = NAMES.iter().find(|(_, names)| names.contains(&name)) {
            if places.fields.insert(field, at).is_some() {
                let what = format!("two columns say `{field}`; leave one of them");
                return Err(SheetError::line(1, what));
            }
        } else if !header.is_empty() {
            ignored.push(header.clone());
        }
    }
    let has_name = places.fields.contains_key("name") || places.given.is_some();
    let missing = if !places.fields.contains_key("email") {
        "email"
    } else if !has_name {
        "name"
    } else {
        return Ok((places, ignored));
    };
    let what = format!("no column says `{missing}`; the header may be {}", COLUMNS.join(","));
    Err(SheetError::line(1, what))
}

fn person(line: &Line, places: &Places) -> Result<ImportedPerson, SheetError> {
    let at = |place: usize| line.cells.get(place).map(String::as_str).unwrap_or_default();
    let cell = |field: &str| places.fields.get(field).map(|place| at(*place));
    let wrong = |field: &str, what: String| Err(SheetError::field(line.number, field, what));
    let typed = match cell("name") {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => [places.given, places.family]
            .into_iter()
            .flatten()
            .map(at)
            .collect::<Vec<_>>()
            .join(" "),
    };
    let Some(name) = super::name(&typed) else {
        return wrong("name", "it must be a name of at most 120 letters".to_owned());
    };
    let typed = cell("email").unwrap_or_default();
    let Some(email) = super::email(typed) else {
        return wrong("email", format!("it is “{typed}”, but must be a mail address"));
    };
    let department = match cell("department").map(super::department) {
        None => Column::Absent,
        Some(Some(department)) => Column::Says(department),
        Some(None) => return wrong("department", "it has more than 120 letters".to_owned()),
    };
    let day = |field: &'static str| match cell(field) {
        None => Ok(Column::Absent),
        Some("") => Ok(Column::Says(None)),
        Some(text) => super::day(text).map(|day| Column::Says(Some(day))).ok_or_else(|| {
            let what = format!("it is “{text}”, but must be a day such as 2026-08-23");
            SheetError::field(line.number, field, what)
        }),
    };
    let found = ImportedPerson {
        name,
        email,
        department,
        first_day: day("first_day")?,
        last_day: day("last_day")?,
        away_until: day("away_until")?,
    };
    match super::odd_days(&found.facts(None)) {
        Some(_) => wrong("last_day", "it is before the first day".to_owned()),
        None => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{COLUMNS, read};
    use crate::store::access::people::Column;

    #[test]
    fn our_own_columns_and_those_of_others_are_read() {
        let own = format!("{}\nAda Poe,ada@company.example,R&D,2026-09-01,,\n", COLUMNS.join(","));
        let other = "\u{feff}Work Email;First name;Last name;Hire Date;Shoe size\r\nada@company.example;Ada;Poe;2026-09-01;38\r\n";
        let own = read(own.as_bytes()).unwrap();
        assert_eq!((own.errors.len(), own.ignored.len()), (0, 0));
        let ada = &own.people[0];
        assert_eq!((ada.name.as_str(), ada.email.as_str()), ("Ada Poe", "ada@company.example"));
        assert_eq!(ada.first_day, Column::Says(Some(date(2026, 9, 1))));
        assert_eq!(
            (ada.last_day, ada.department.clone()),
            (Column::Says(None), Column::Says("R&D".into()))
        );
        let other = read(other.as_bytes()).unwrap();
        assert_eq!(other.ignored, ["Shoe size"]);
        assert_eq!(other.people[0].name, "Ada Poe");
        assert_eq!(other.people[0].last_day, Column::Absent, "what is known stays");
    }

    #[test]
    fn each_slip_is_named_by_line_and_field() {
        let text = "name,email,first_day,last_day\n\
            Ada,ada@company.example,,\n\
            Bob,bob,,\n\
            Cid,cid@company.example,1.9.2026,\n\
            ,dan@company.example,,\n\
            Eve,ADA@company.example,,\n\
            Fay,fay@company.example,2026-09-02,2026-09-01\n";
        let file = read(text.as_bytes()).unwrap();
        let said: Vec<String> = file.errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "line 3, email: it is “bob”, but must be a mail address",
                "line 4, first_day: it is “1.9.2026”, but must be a day such as 2026-08-23",
                "line 5, name: it must be a name of at most 120 letters",
                "line 6, email: ADA@company.example stands in line 2 already",
                "line 7, last_day: it is before the first day",
            ]
        );
        assert_eq!(file.people.len(), 1);
    }

    #[test]
    fn a_file_without_what_names_a_person_is_refused() {
        for (text, wanted) in [
            ("", "empty"),
            ("name,phone\nAda,1\n", "`email`"),
            ("email\nada@company.example\n", "`name`"),
            ("name,email,mail\nAda,a@b.example,a@b.example\n", "two columns say `email`"),
        ] {
            let said = read(text.as_bytes()).unwrap_err().to_string();
            assert!(said.contains(wanted), "{text}: {said}");
        }
    }
}
