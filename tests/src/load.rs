//! Load on a real collector: many Macs, real signatures, one honest table.
//!
//! The collector is the released program in a process of its own. Reports are
//! signed before the clock starts unless asked otherwise, because generator
//! and collector share the machine. What limits every collector is measured
//! beside it in the same run: bare signature checks and durable writes.

mod collector;
mod counted;
mod device;
mod fleet;
mod hostile;
mod lane;
mod lists;
mod machine;
mod mix;
mod options;
mod place;
mod run;
mod summary;
mod template;
mod week;
mod wire;
mod yardstick;

pub use counted::{Piece, do_pieces};
pub use lists::{Listed, Lists, fill_fleet, lists};
pub use mix::{Kind, Mix};
pub use options::{Options, Pace};
pub use place::Place;
pub use run::run;
pub use summary::{Phase, Summary};
pub use week::{Grown, Hour, Week, week};
