//! A cache that forgets.

use std::collections::{hash_map::Entry, HashMap};
use std::fmt;
use std::sync::{self, atomic::{AtomicUsize as Counter, Ordering}};
use crate::clock::*;
use super::limits as bounds;

mod policy;

/// How many entries are kept.
pub const CAPACITY: usize = 128;

static HITS: Counter = Counter::new(0);

pub type Key = String;

/// Anything with a weight.
pub trait Weighted: Send {
    const UNIT: usize = 1;

    fn weight(&self) -> usize;

    fn heavy(&self) -> bool {
        self.weight() > bounds::HEAVY
    }
}

/// What is kept of a value.
#[derive(Debug, Clone)]
pub struct Slot<V> {
    value: V,
    pub born: Instant,
}

pub enum Lookup<V> {
    Hit(V),
    Miss { key: Key },
}

pub struct Cache<V: Weighted> {
    slots: HashMap<Key, Slot<V>>,
}

impl<V: Weighted + Clone> Cache<V> {
    /// Give the value of a key.
    #[must_use]
    pub fn get(&mut self, key: &str) -> Lookup<V> {
        match self.slots.get(key) {
            Some(slot) if slot.born.elapsed() < bounds::AGE => {
                HITS.fetch_add(1, Ordering::Relaxed);
                Lookup::Hit(slot.value.clone())
            }
            _ => Lookup::Miss { key: key.to_owned() },
        }
    }
}

impl<V> fmt::Display for Slot<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot of {:?}", self.born)
    }
}

macro_rules! cached {
    ($e:expr) => {
        $e
    };
}

mod tests {
    use super::*;

    #[test]
    fn empty() {
        let cache = Cache::<u8> { slots: HashMap::new() };
        assert!(cache.slots.is_empty());
    }
}
