//! Counters, declared once with name and meaning; one writer each, any number of readers.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A table of counters: an enum that [`counters!`](crate::counters!) declares.
pub trait Counter: Copy + 'static {
    /// Every counter, in declaration order.
    const ALL: &'static [Self];
    /// Place in the table.
    fn index(self) -> usize;
    /// The name that metrics show.
    fn name(self) -> &'static str;
    /// What it counts, in one sentence.
    fn meaning(self) -> &'static str;
}

/// Declares a table of counters.
///
/// ```
/// runtime::counters! {
///     /// What the gate counts.
///     pub enum GateCounter {
///         /// Messages let through.
///         Passed => "gate_passed_total",
///     }
/// }
/// let counters = runtime::Counters::<GateCounter>::default();
/// counters.bump(GateCounter::Passed);
/// assert_eq!(counters.get(GateCounter::Passed), 1);
/// ```
#[macro_export]
macro_rules! counters {
    ($(#[$meta:meta])* $vis:vis enum $table:ident {
        $(#[doc = $meaning:literal] $name:ident => $text:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        $vis enum $table { $(#[doc = $meaning] $name,)+ }

        impl $crate::Counter for $table {
            const ALL: &'static [Self] = &[$(Self::$name),+];
            fn index(self) -> usize { self as usize }
            fn name(self) -> &'static str { match self { $(Self::$name => $text,)+ } }
            fn meaning(self) -> &'static str { match self { $(Self::$name => $meaning.trim_ascii(),)+ } }
        }
    };
}

/// One counter on a cache line of its own, so that a reader never slows the writer.
#[repr(align(64))]
#[derive(Default, Debug)]
struct Cell(AtomicU64);

/// The values of one table. Clones share them; only one of the clones may write.
#[derive(Debug)]
pub struct Counters<C> {
    cells: Arc<[Cell]>,
    table: PhantomData<C>,
}

impl<C> Clone for Counters<C> {
    fn clone(&self) -> Self {
        Self { cells: Arc::clone(&self.cells), table: PhantomData }
    }
}

impl<C: Counter> Default for Counters<C> {
    fn default() -> Self {
        Self { cells: C::ALL.iter().map(|_| Cell::default()).collect(), table: PhantomData }
    }
}

impl<C: Counter> Counters<C> {
    /// Adds one.
    #[inline]
    pub fn bump(&self, counter: C) {
        self.add(counter, 1);
    }

    /// Adds `count`. A plain load and store: there is one writer.
    #[inline]
    pub fn add(&self, counter: C, count: u64) {
        let cell = &self.cells[counter.index()].0;
        cell.store(cell.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
    }

    /// Sets a value that can also fall, such as a level.
    #[inline]
    pub fn set(&self, counter: C, value: u64) {
        self.cells[counter.index()].0.store(value, Ordering::Relaxed);
    }

    /// The value now.
    #[must_use]
    pub fn get(&self, counter: C) -> u64 {
        self.cells[counter.index()].0.load(Ordering::Relaxed)
    }

    /// Every counter with its value.
    pub fn all(&self) -> impl Iterator<Item = (C, u64)> + '_ {
        C::ALL.iter().map(|&counter| (counter, self.get(counter)))
    }
}
