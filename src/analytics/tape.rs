//! The rolling tape: what the rolling windows still hold, oldest first.
//!
//! One tape serves every rolling window of an instrument; each keeps its own place in it. An
//! entry is (T, price, signed lots); trades of one time, price and side are one entry.
//!
//! **Invariant.** Entries are in order of T, so that a window's edge is one place.

use model::{Lots, Nanos, Price, Side};

/// How far back an entry may be put in order. A trade that comes later than this many others of
/// a later T is kept beside the first of them; time that runs back so far is no sound tape.
const BACK_MAX: u64 = 65_536;
/// Entries that are asked for ahead: three cache lines.
const FETCH_AHEAD: u64 = 8;
/// Fewest slots of a tape.
const SLOTS_MIN: usize = 1024;

/// One entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// T of its trades.
    pub(crate) time: Nanos,
    /// Where they printed.
    pub(crate) price: Price,
    /// > 0 bought, < 0 sold.
    signed: Lots,
}

const _: () = assert!(size_of::<Entry>() == 24);

impl Entry {
    pub(crate) const fn new(time: Nanos, price: Price, side: Side, lots: Lots) -> Self {
        Self { time, price, signed: side.signed(lots) }
    }

    pub(crate) const fn side(&self) -> Side {
        if self.signed.0 < 0 { Side::Sell } else { Side::Buy }
    }

    pub(crate) const fn lots(&self) -> Lots {
        Lots(self.signed.0.abs())
    }
}

/// Where a trade went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Placed {
    /// The time it counts with: its own, unless it came too late to be put in order.
    pub(crate) time: Nanos,
    /// Its place on the tape.
    pub(crate) place: u64,
    /// Whether it is an entry of its own (places behind it moved up by one) or went into one
    /// that was there.
    pub(crate) own: bool,
}

/// A ring of entries; places count up for ever.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    entries: Vec<Entry>,
    mask: u64,
    end: u64,
}

impl Tape {
    /// A tape of at least this many slots (a power of two is taken), every page touched.
    pub(crate) fn new(slots: usize) -> Self {
        let slots = slots.max(SLOTS_MIN).next_power_of_two();
        // Not zero: zeroed memory would be mapped at the first write, in the hot path.
        let blank = Entry { time: Nanos(u64::MAX), price: Price(0), signed: Lots(0) };
        Self { entries: vec![blank; slots], mask: slots as u64 - 1, end: 0 }
    }

    /// Behind the newest place.
    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    /// Whether an entry more would overwrite `oldest`.
    pub(crate) const fn is_full(&self, oldest: u64) -> bool {
        self.end - oldest > self.mask
    }

    #[inline]
    fn slot(&self, place: u64) -> usize {
        // The mask keeps it below the length, which is a usize.
        #[expect(clippy::cast_possible_truncation, reason = "masked by a length")]
        {
            (place & self.mask) as usize
        }
    }

    /// The entry at a place that is still held.
    #[inline]
    pub(crate) fn get(&self, place: u64) -> &Entry {
        &self.entries[self.slot(place)]
    }

    /// Asks for the entries that leave a window soon after the one at a place: a day's tape lies
    /// in no cache, and its windows' edges are far from where it is written.
    #[inline]
    pub(crate) fn fetch_behind(&self, place: u64) {
        runtime::prefetch(self.get(place.wrapping_add(FETCH_AHEAD)));
    }

    /// Puts an entry in order of T behind `oldest`; the caller made room.
    #[inline]
    pub(crate) fn push(&mut self, entry: Entry, oldest: u64) -> Placed {
        let time = entry.time;
        if self.end > oldest {
            let slot = self.slot(self.end - 1);
            let last = &mut self.entries[slot];
            if last.time == time && last.price == entry.price && last.side() == entry.side() {
                last.signed += entry.signed;
                return Placed { time, place: self.end - 1, own: false };
            }
            if last.time > time {
                return self.insert(entry, oldest);
            }
        }
        let slot = self.slot(self.end);
        self.entries[slot] = entry;
        self.end += 1;
        Placed { time, place: self.end - 1, own: true }
    }

    /// A late trade: the newer ones move up.
    #[cold]
    #[inline(never)]
    fn insert(&mut self, mut entry: Entry, oldest: u64) -> Placed {
        let bound = oldest.max(self.end.saturating_sub(BACK_MAX));
        let mut place = self.end;
        while place > bound && self.get(place - 1).time > entry.time {
            let (from, to) = (self.slot(place - 1), self.slot(place));
            self.entries[to] = self.entries[from];
            place -= 1;
        }
        if place == bound && bound > oldest {
            // As far back as we go: not before whoever stands there.
            entry.time = entry.time.max(self.get(place - 1).time);
        }
        let slot = self.slot(place);
        self.entries[slot] = entry;
        self.end += 1;
        Placed { time: entry.time, place, own: true }
    }
}
