//! Doing it: one act for each device, each noted.

use jiff::Timestamp;

use super::fate::Change;
use crate::audit::Object;
use crate::auth::who::Who;
use crate::fleet::life::LifeStep;
use crate::store::access::Records;
use crate::store::access::holdings::Held;
use crate::store::access::labels::Labelled;
use crate::store::devices::Moved;
use crate::web::Console;
use crate::web::errors::PageError;

/// Devices that are moved on before reports get their turn again.
const AT_ONCE: usize = 20;

/// What became of one device; none when it was done.
pub(super) type Refused = Option<&'static str>;

const GONE: &str = "it is no longer there";

/// Does `change` to devices, by id and name; what became of each.
pub(super) async fn carry_out(
    console: &Console,
    who: &Who,
    change: &Change,
    devices: Vec<(String, String)>,
) -> Result<Vec<Refused>, PageError> {
    let step = match change {
        Change::Archive => LifeStep::Archive,
        Change::Approve => LifeStep::Approve,
        _ => {
            let (change, who) = (change.clone(), who.clone());
            return console.records(move |records| kept(records, &who, &change, &devices)).await;
        }
    };
    let mut all = Vec::with_capacity(devices.len());
    for some in devices.chunks(AT_ONCE) {
        let acts: Vec<_> = some
            .iter()
            .map(|(id, name)| {
                let object = Object::new("device", id).called(name);
                (id.clone(), who.act(step.action(), object).with("with others"))
            })
            .collect();
        let moved = console
            .app
            .queue
            .run(move |writer| {
                acts.iter()
                    .map(|(id, act)| writer.move_on(id, step, act))
                    .collect::<Result<Vec<_>, _>>()
            })
            .await?;
        all.extend(moved.into_iter().map(|moved| match moved {
            Moved::Done { .. } => None,
            Moved::Missing => Some(GONE),
            Moved::Refused { .. } => Some("it has moved on meanwhile"),
        }));
    }
    Ok(all)
}

/// Labels and holders.
fn kept(
    records: &dyn Records,
    who: &Who,
    change: &Change,
    devices: &[(String, String)],
) -> Result<Vec<Refused>, crate::auth::AuthError> {
    let one = |(id, name): &(String, String)| {
        let object = Object::new("device", id).called(name);
        let act = |action, detail: &str| who.act(action, object).with(detail);
        Ok(match change {
            Change::Label(label) => {
                labelled(records.add_label(id, label, &act("label_added", label))?)
            }
            Change::Unlabel(label) => {
                labelled(records.remove_label(id, label, &act("label_removed", label))?)
            }
            Change::Assign(person) => {
                let act = act("device_assigned", &format!("to {}", person.email));
                held(records.assign(id, Some(&person.id), &act)?)
            }
            _ => held(records.assign(id, None, &act("device_assigned", "to nobody"))?),
        })
    };
    devices.iter().map(one).collect()
}

fn labelled(labelled: Labelled) -> Refused {
    match labelled {
        Labelled::Done | Labelled::Already => None,
        Labelled::TooMany => Some("it has as many labels as it may have"),
        Labelled::NoDevice => Some(GONE),
    }
}

fn held(held: Held) -> Refused {
    match held {
        Held::Done => None,
        Held::NoDevice => Some(GONE),
        Held::NoPerson => Some("the person is no longer there"),
    }
}

/// When somebody left, that person gets no Mac.
pub(super) fn has_left(ended: Option<Timestamp>, now: Timestamp) -> bool {
    ended.is_some_and(|ended| ended <= now)
}
