//! A level of the book.

use bytemuck::{Pod, Zeroable};

use crate::insight::insight as decision;
use crate::{InstrumentId, Nanos, Price, Trust};

/// What holds for a published level; bits.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub struct LevelFlags(pub u8);

impl LevelFlags {
    /// Fewer touches than `max_touches`.
    pub const TRADABLE: Self = Self(1);
    /// It may have a signal: no better level's zone on its side overlaps its own.
    pub const LIVE: Self = Self(1 << 1);
    /// A signal holds it: nothing of it changes.
    pub const FROZEN: Self = Self(1 << 2);
    /// Its window is a session that is over.
    pub const COMPLETED: Self = Self(1 << 3);

    /// Whether any of these bits is set.
    #[must_use]
    pub const fn has(self, bits: Self) -> bool {
        self.0 & bits.0 != 0
    }

    /// With these bits set as well, if so.
    #[must_use]
    pub const fn with(self, bits: Self, so: bool) -> Self {
        if so { Self(self.0 | bits.0) } else { self }
    }
}

decision! {
    /// A level as a refresh of the book published it, or that it is gone. `window` is where it
    /// comes from. While it stands a [`LevelLine`], a [`TermsLine`] and [`ReasonsLine`]s follow.
    LevelDecision {
        /// Its number.
        level: u64,
        /// The level itself.
        price: Price,
        /// Lower edge of its zone.
        zone_low: Price,
        /// Upper edge.
        zone_high: Price,
        /// What it is made of.
        what: u8,
        /// The side that would be taken there.
        side: u8,
        /// 1 published, 2 gone.
        fate: u8,
        /// What holds for it.
        flags: LevelFlags,
        /// Counts its refreshes.
        version: u32,
    }
}

/// First body line of a level.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct LevelLine {
    /// Lower edge of the node it is made of; of a line the level.
    pub node_low: Price,
    /// Upper edge.
    pub node_high: Price,
    /// When it was first published.
    pub time_born: Nanos,
    /// When the last signal that touched it ended; zero: never.
    pub time_touched: Nanos,
    /// What its touches left of the score, in (0, 1].
    pub decay: f64,
    /// Touches that count.
    pub touches: u32,
    /// Candidates that it absorbed.
    pub absorbed: u32,
    /// Which kinds make its confluence.
    pub confluence: u8,
    /// Zero.
    pub reserved: [u8; 15],
}

/// A score and what each term adds to it: (Σ parts) × decay = score.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct TermsLine {
    /// The score.
    pub score: f64,
    /// Weight × prominence over the smoothed profile at the POC.
    pub lvn: f64,
    /// Weight × other kinds nearby.
    pub confluence: f64,
    /// Weight × whether it is a naked POC.
    pub naked: f64,
    /// Weight × what the shape says for its side.
    pub shape: f64,
    /// Weight × nearness to the price.
    pub distance: f64,
    /// Weight × how long it was left alone.
    pub age: f64,
    /// Weight × nearness to an anchored average or band.
    pub avwap: f64,
}

/// A candidate that a level absorbed.
#[derive(Clone, Copy, PartialEq, Default, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct ReasonPart {
    /// Where it was.
    pub price: Price,
    /// The score it had.
    pub score: f32,
    /// What it was made of; zero: this place is empty.
    pub what: u8,
    /// A [`crate::Window`]'s number.
    pub window: u8,
    /// 1: its session was over.
    pub completed: u8,
    /// Zero.
    pub reserved: u8,
}

/// Further body lines of a level: four reasons each, best first.
#[derive(Clone, Copy, PartialEq, Default, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct ReasonsLine {
    /// The reasons.
    pub parts: [ReasonPart; 4],
}

const _: () = {
    assert!(size_of::<LevelLine>() == 64);
    assert!(size_of::<TermsLine>() == 64);
    assert!(size_of::<ReasonsLine>() == 64);
};
