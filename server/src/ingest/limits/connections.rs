//! How many connections one address may hold open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::address::Source;

/// Counts open connections by where they come from.
#[derive(Clone, Debug)]
pub struct Connections {
    open: Arc<Mutex<HashMap<Source, usize>>>,
    most: usize,
}

/// One open connection; it is counted until this is dropped.
#[derive(Debug)]
pub struct Open {
    connections: Connections,
    source: Source,
}

impl Connections {
    /// At most `most` from one source.
    pub fn new(most: usize) -> Self {
        Self { open: Arc::default(), most }
    }

    /// Counts one more; none when there are too many already.
    pub fn open(&self, source: Source) -> Option<Open> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(source).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Open { connections: self.clone(), source })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Connections, Source};

    #[test]
    fn one_address_holds_so_many_and_no_more() {
        let connections = Connections::new(2);
        let source = |text: &str| Source::of(text.parse().unwrap());
        let (one, other) = (source("192.0.2.7"), source("192.0.2.8"));
        let first = connections.open(one).unwrap();
        let second = connections.open(one).unwrap();
        assert!(connections.open(one).is_none());
        assert!(connections.open(other).is_some());
        drop(first);
        let third = connections.open(one).unwrap();
        assert!(connections.open(one).is_none());
        drop((second, third));
        assert!(connections.open.lock().unwrap().is_empty(), "who is gone is forgotten");
    }
}
