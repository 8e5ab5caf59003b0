//! Checklists of those who join, stay and leave: what has to be done, until
//! when, and what shows that it is done. Pure.
//!
//! A task that the collector closes by itself is closed by evidence alone:
//! a rule that passes in a report that is not old. What is unknown, and
//! silence, neither close a task nor open it again.

pub mod closing;
pub mod decide;
pub mod defaults;
pub mod facts;
pub mod kind;
pub mod record;
pub mod template;

pub use self::closing::{Closing, EvidenceKind};
pub use self::facts::Facts;
pub use self::kind::{ChecklistKind, ChecklistState, TaskState};
pub use self::template::{Owner, Task, Template, TemplateError};

/// Shortest reason of an override or a cancellation, in letters.
pub const SHORTEST_REASON: usize = 10;
