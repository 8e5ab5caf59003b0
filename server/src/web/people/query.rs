//! What the address of the list says, and the filters with their counts.

use crate::shown::devices::encoded;
use crate::store::access::people::{PeopleAsk, PeopleCounts, PersonCase};
use crate::web::words::thousands;
use jiff::civil::Date;

/// People on one page.
pub(super) const ROWS: u32 = 50;
/// Days that count for joining and leaving.
pub(super) const DAYS: u16 = 7;
/// Longest text of a search.
const SEARCH_LIMIT: usize = 120;

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PeopleQuery {
    pub(super) search: String,
    pub(super) cases: Vec<PersonCase>,
    pub(super) department: String,
    after: Option<(String, String)>,
}

/// One value of a filter.
pub(super) struct Choice {
    pub(super) label: String,
    pub(super) count: String,
    pub(super) href: String,
    pub(super) chosen: bool,
}

/// A filter that holds, with the address without it.
pub(super) struct Chip {
    pub(super) label: String,
    pub(super) href: String,
}

/// What a case is called.
pub(super) fn title(case: PersonCase) -> &'static str {
    match case {
        PersonCase::WithoutMac => "No Mac",
        PersonCase::NotCompliant => "Mac not compliant",
        PersonCase::LeftWithMac => "Left and still holds a Mac",
        PersonCase::Joining => "Joins within 7 days",
        PersonCase::Leaving => "Leaves within 7 days",
        PersonCase::Away => "Away",
        PersonCase::WithMac => "Holds a Mac",
        PersonCase::Left => "Left",
    }
}

impl PeopleQuery {
    /// Reads the pairs of an address; says what would be right otherwise.
    pub(super) fn parse(pairs: &[(String, String)]) -> Result<Self, String> {
        let mut query = Self::default();
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "q" => query.search = value.trim().chars().take(SEARCH_LIMIT).collect(),
                "is" => {
                    let case = PersonCase::named(value).ok_or_else(|| {
                        let known: Vec<&str> =
                            PersonCase::ALL.iter().map(|one| one.as_str()).collect();
                        let value: String = value.chars().take(40).collect();
                        format!(
                            "The filter “{value}” is not known. Use one of {}.",
                            known.join(", ")
                        )
                    })?;
                    if !query.cases.contains(&case) {
                        query.cases.push(case);
                    }
                }
                "department" => query.department.clone_from(value),
                "after" => {
                    let (id, name) = value.split_once(' ').ok_or_else(|| {
                        "The place in the list cannot be read. Begin at the first page.".to_owned()
                    })?;
                    query.after = Some((name.to_owned(), id.to_owned()));
                }
                _ => {}
            }
        }
        Ok(query)
    }

    /// What to ask the store.
    pub(super) fn ask(&self, today: Date, limit: Option<u32>) -> PeopleAsk {
        PeopleAsk {
            text: Some(self.search.clone()).filter(|text| !text.is_empty()),
            cases: self.cases.clone(),
            department: Some(self.department.clone()).filter(|text| !text.is_empty()),
            days: DAYS,
            today,
            after: self.after.clone(),
            limit,
        }
    }

    /// Whether any filter holds.
    pub(super) fn is_filtered(&self) -> bool {
        *self != Self { after: self.after.clone(), ..Self::default() }
    }

    /// Whether this is not the first page.
    pub(super) fn is_later(&self) -> bool {
        self.after.is_some()
    }

    /// The same list from its beginning.
    pub(super) fn first(&self) -> Self {
        Self { after: None, ..self.clone() }
    }

    /// The same list behind this place.
    pub(super) fn after(&self, place: (String, String)) -> Self {
        Self { after: Some(place), ..self.clone() }
    }

    /// Every pair but the search and the place, for the search form.
    pub(super) fn without_search(&self) -> Vec<(&'static str, String)> {
        Self { search: String::new(), ..self.first() }.pairs()
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.search.is_empty() {
            pairs.push(("q", self.search.clone()));
        }
        pairs.extend(self.cases.iter().map(|case| ("is", case.as_str().to_owned())));
        if !self.department.is_empty() {
            pairs.push(("department", self.department.clone()));
        }
        if let Some((name, id)) = &self.after {
            pairs.push(("after", format!("{id} {name}")));
        }
        pairs
    }

    /// The address of this view under `path`.
    pub(super) fn address(&self, path: &str) -> String {
        let pairs = self.pairs().into_iter();
        let pairs: Vec<String> =
            pairs.map(|(name, value)| format!("{name}={}", encoded(&value))).collect();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }

    fn with_case(&self, case: PersonCase) -> Self {
        let mut query = self.first();
        if query.cases.contains(&case) {
            query.cases.retain(|one| *one != case);
        } else {
            query.cases.push(case);
        }
        query
    }

    fn with_department(&self, department: &str) -> Self {
        let chosen = self.department == department;
        let department = if chosen { String::new() } else { department.to_owned() };
        Self { department, ..self.first() }
    }

    /// Cases with what choosing them would bring.
    pub(super) fn cases(&self, counts: &PeopleCounts) -> Vec<Choice> {
        let shown = |(case, count): &&(PersonCase, u64)| *count > 0 || self.cases.contains(case);
        let choices = counts.cases.iter().filter(shown).map(|(case, count)| Choice {
            label: title(*case).to_owned(),
            count: thousands(*count),
            href: self.with_case(*case).address("/people"),
            chosen: self.cases.contains(case),
        });
        choices.collect()
    }

    /// Departments with what choosing them would bring.
    pub(super) fn departments(&self, counts: &PeopleCounts) -> Vec<Choice> {
        let choices = counts.departments.iter().map(|(department, count)| Choice {
            label: department.clone(),
            count: thousands(*count),
            href: self.with_department(department).address("/people"),
            chosen: self.department == *department,
        });
        choices.collect()
    }

    /// Every filter that holds.
    pub(super) fn chips(&self) -> Vec<Chip> {
        let mut chips = Vec::new();
        if !self.search.is_empty() {
            let without = Self { search: String::new(), ..self.first() };
            let label = format!("Search: {}", self.search);
            chips.push(Chip { label, href: without.address("/people") });
        }
        chips.extend(self.cases.iter().map(|case| Chip {
            label: title(*case).to_owned(),
            href: self.with_case(*case).address("/people"),
        }));
        if !self.department.is_empty() {
            let without = self.with_department(&self.department);
            chips.push(Chip { label: self.department.clone(), href: without.address("/people") });
        }
        chips
    }
}

#[cfg(test)]
mod tests {
    use super::PeopleQuery;
    use crate::store::access::people::PersonCase;

    fn read(pairs: &[(&str, &str)]) -> Result<PeopleQuery, String> {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        PeopleQuery::parse(&pairs)
    }

    #[test]
    fn an_address_leads_back_to_its_view() {
        let query = read(&[("q", "ada"), ("is", "away"), ("department", "R&D")]).unwrap();
        assert_eq!(query.address("/people"), "/people?q=ada&is=away&department=R%26D");
        let later = query.after(("änne".to_owned(), "1".to_owned()));
        assert_eq!(later.pairs().last(), Some(&("after", "1 änne".to_owned())));
        assert!(later.is_later() && later.first() == query);
        assert_eq!(query.with_case(PersonCase::Away).cases, []);
        assert_eq!(query.with_department("R&D").department, "");
        assert_eq!(query.chips().len(), 3);
        assert!(read(&[("is", "tall")]).unwrap_err().contains("left_with_mac"));
    }
}
