//! Templates that can be read, and what is said of those that cannot.

use shared::policy::Policy;

use super::Template;
use crate::checklists::{ChecklistKind, Closing, Owner, Task, defaults};

fn parse(text: &str) -> Result<Template, String> {
    let policy = Policy::baseline();
    Template::parse(text, &|rule| policy.rule(rule).is_some()).map_err(|error| error.to_string())
}

#[test]
fn the_built_in_templates_can_be_read_and_their_last_tasks_come_last() {
    for (kind, tasks) in [
        (ChecklistKind::Onboarding, 15),
        (ChecklistKind::Offboarding, 15),
        (ChecklistKind::Yearly, 6),
    ] {
        let template = parse(defaults::text(kind)).unwrap();
        assert_eq!(template.tasks.len(), tasks, "{kind:?}");
        for task in &template.tasks {
            let kept = serde_json::to_string(task).unwrap();
            assert_eq!(serde_json::from_str::<Task>(&kept).unwrap(), *task);
            assert!(Closing::WORDS.contains(&task.closes.word()));
        }
        let last: Vec<bool> = template.tasks.iter().map(|task| task.last).collect();
        let from = last.iter().position(|last| *last).unwrap_or(tasks);
        assert!(last.iter().skip(from).all(|last| *last), "{kind:?}");
    }
}

#[test]
fn whatever_is_wrong_is_said_with_its_line() {
    let task = |rest: &str| format!("title = \"T\"\n[[task]]\nid = \"a\"\ntitle = \"A\"\n{rest}");
    for (text, said) in [
        ("x = 1".to_owned(), "Line 1: unknown field `x`"),
        ("title = \"\"".to_owned(), "Line 1: `title` has 1 to 120 plain letters"),
        (task("due = 0"), "missing field `closes`"),
        (task("due = 0\ncloses = \"magic\""), "Line 6: `closes` is one of confirmation, evidence"),
        (task("due = 4000\ncloses = \"confirmation\""), "Line 5: `due` lies at most 400 days"),
        (
            task("due = 0\ncloses = \"confirmation\"\nrules = [\"firewall\"]"),
            "Line 7: `rules` does not belong to a task that closes by `confirmation`",
        ),
        (task("due = 0\ncloses = \"rules_passing\""), "Line 6: `rules` names at least one rule"),
        (
            task("due = 0\ncloses = \"rules_passing\"\nrules = [\"firewall\", \"fire\"]"),
            "Line 7: the policy in force has no rule `fire`",
        ),
        (
            task("due = 0\ncloses = \"evidence\"\nevidence = [\"fax\"]"),
            "Line 7: evidence is `file`, `note` or `link`, not `fax`",
        ),
        (task("due = 0\ncloses = \"acknowledgement\""), "Line 6: an acknowledgement needs `text`"),
        (
            task("due = 0\nowner = \"boss\"\ncloses = \"confirmation\""),
            "Line 6: `owner` is `it` or `person`, not `boss`",
        ),
        (
            format!("{0}{1}", task("due = 0\ncloses = \"confirmation\"\n"), &task("")[12..])
                + "due = 0\ncloses = \"confirmation\"",
            "Line 8: task `a` is there twice",
        ),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.contains(said), "{text}\n{error}");
    }
    let words = task("due = -3\ncloses = \"acknowledgement\"\ntext = \"I do.\"\ntext_version = 2");
    let template = parse(&words).unwrap();
    assert_eq!((template.tasks[0].owner, template.tasks[0].due), (Owner::Person, -3));
}
