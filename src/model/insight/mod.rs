//! What analytics says: records of fixed size, each with its time and how far it is to be trusted.
//!
//! An insight is a line of its own; a few kinds have body lines behind it, as many as `lines` says.
//!
//! | file | kinds |
//! |---|---|
//! | `basic.rs` | top, profile, CVD, OBI |
//! | `volume.rs` | what a profile looks like: nodes, shape, naked POCs, TPO |
//! | `anchor.rs` | anchored VWAP |
//! | `prints.rs` | from the tape: footprint, pace, VPIN, λ, volatility, markouts |
//! | `depth.rs` | from the book and beside it: OFI, liquidity, open interest, funding, liquidations |
//! | `indicator.rs` | indicators, swings, divergences |
//! | `structure.rs` | gaps, order blocks, pools, sweeps, liquidation clusters |
//! | `participation.rs` | volume clusters, momentum, urgency |
//!
//! **Missing.** A figure without a value is never zero: a whole record says so by
//! [`Trust::MISSING`], one field of several by its own sign: [`missing`].

mod anchor;
mod basic;
mod depth;
mod indicator;
mod participation;
mod prints;
mod structure;
mod volume;

use bytemuck::{Pod, Zeroable};

use crate::{InstrumentId, Kind, Line, Nanos};

pub use anchor::{AnchorInsight, AvwapInsight, AvwapLine};
pub use basic::{CvdInsight, ObiInsight, ProfileInsight, TopInsight};
pub use depth::{
    FundingInsight, InterestInsight, LiquidationsInsight, LiquidityInsight, OfiInsight,
    RegimeInsight, SpikeInsight,
};
pub use indicator::{
    AccumulationInsight, AtrInsight, AverageInsight, DivergenceInsight, DivergenceLine, Indicator,
    OscillatorInsight, SwingFlags, SwingInsight, SwingLine, with_opening,
};
pub use participation::{
    Accords, ClusterCounts, ClusterLine, ClustersInsight, EffortLine, Labels, MomentumLine,
    ParticipationInsight, TimeframesInsight, UrgencyLine, WallsLine,
};
pub use prints::{
    FOOTPRINT_ROWS_MAX, FootprintFacts, FootprintInsight, FootprintMarksLine, FootprintRow,
    FootprintRowsLine, FootprintSumsLine, KyleInsight, MarkoutInsight, SizesInsight, SizesLine,
    TapeInsight, TapeRanksLine, VolatilityInsight, VpinInsight,
};
pub use structure::{
    HeatInsight, HeatLine, KillzoneInsight, StructureInsight, StructureStep, StructureWhat,
    killzone,
};
pub use volume::{
    BalanceInsight, NakedInsight, NodeLine, NodesInsight, ShapeInsight, TpoInsight, TpoLine,
};

/// What an insight was computed from; bits. Zero is sound.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub struct Trust(pub u8);

impl Trust {
    /// Nothing to hold against it.
    pub const SOUND: Self = Self(0);
    /// Trades or depth are missing, late or doubled underneath.
    pub const CONTAMINATED: Self = Self(1);
    /// The window is not yet whole.
    pub const UNCOVERED: Self = Self(1 << 1);
    /// The figure's own rule silences it.
    pub const SUPPRESSED: Self = Self(1 << 2);
    /// There is no value: the value fields are zero and mean nothing.
    pub const MISSING: Self = Self(1 << 3);
    /// Not final: a later record of the same thing may say otherwise. Never feeds a final one.
    pub const PROVISIONAL: Self = Self(1 << 4);

    /// Whether any of these bits is set.
    #[must_use]
    pub const fn has(self, bits: Self) -> bool {
        self.0 & bits.0 != 0
    }

    /// With these bits set as well.
    #[must_use]
    pub const fn with(self, bits: Self) -> Self {
        Self(self.0 | bits.0)
    }
}

/// The profile windows; the byte of an insight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Window {
    /// Everything since the start.
    All = 0,
    /// The last two hours of the venue clock.
    Hours2 = 1,
    /// The last eight hours.
    Hours8 = 2,
    /// The last twenty-four hours.
    Hours24 = 3,
    /// The UTC day.
    Day = 4,
    /// The funding session: 00–08, 08–16, 16–24 UTC.
    Funding = 5,
    /// The last completed UTC days (`composite_days`) and today.
    Composite = 6,
    /// Since the last confirmed swing high.
    SwingHigh = 7,
    /// Since the last confirmed swing low.
    SwingLow = 8,
    /// Since the last funding timestamp.
    FundingTime = 9,
    /// Since the last liquidation spike.
    Spike = 10,
    /// Since the last absorption.
    Absorption = 11,
    /// Since a time that the operator named.
    Named1 = 12,
    /// Since another one.
    Named2 = 13,
    /// Since a third one.
    Named3 = 14,
}

impl Window {
    /// Every window, in the order of its number.
    pub const ALL: [Self; 15] = [
        Self::All,
        Self::Hours2,
        Self::Hours8,
        Self::Hours24,
        Self::Day,
        Self::Funding,
        Self::Composite,
        Self::SwingHigh,
        Self::SwingLow,
        Self::FundingTime,
        Self::Spike,
        Self::Absorption,
        Self::Named1,
        Self::Named2,
        Self::Named3,
    ];
    /// Those that always hold what they are named after: no event anchors them.
    pub const STEADY: [Self; 7] = [
        Self::All,
        Self::Hours2,
        Self::Hours8,
        Self::Hours24,
        Self::Day,
        Self::Funding,
        Self::Composite,
    ];

    /// As the command line writes it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Hours2 => "2h",
            Self::Hours8 => "8h",
            Self::Hours24 => "24h",
            Self::Day => "day",
            Self::Funding => "funding",
            Self::Composite => "composite",
            Self::SwingHigh => "swing_high",
            Self::SwingLow => "swing_low",
            Self::FundingTime => "funding_time",
            Self::Spike => "spike",
            Self::Absorption => "absorption",
            Self::Named1 => "named1",
            Self::Named2 => "named2",
            Self::Named3 => "named3",
        }
    }
}

/// What every insight begins with; the five words behind it depend on the kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct Insight {
    /// Sequence of the event that caused it.
    pub sequence: u64,
    /// A [`Kind`]'s number, 128..=191.
    pub kind: u16,
    /// Whom it concerns.
    pub instrument: InstrumentId,
    /// Body lines that follow; zero but for the kinds that say so.
    pub lines: u16,
    /// A [`crate::Window`]'s number; zero where the kind has none.
    pub window: u8,
    /// How far it is to be trusted.
    pub trust: Trust,
    /// The venue clock when it was computed.
    pub time_venue: Nanos,
    /// See the kind's own record.
    pub values: [u64; 5],
}

impl Insight {
    /// The insight in a line.
    #[must_use]
    pub fn read(line: &Line) -> &Self {
        line.view()
    }

    /// The line of an insight, made of whole words. A record made field by field is the same
    /// line, but whoever then reads its second word as one waits until the stores have left the
    /// core: 10 ns an insight (`benches/decision`).
    #[inline]
    #[must_use]
    pub const fn line(
        (sequence, kind, instrument): (u64, Kind, InstrumentId),
        (window, trust): (u8, Trust),
        time_venue: Nanos,
        [a, b, c, d, e]: [u64; 5],
    ) -> Line {
        let whose = kind as u64 | (instrument.0 as u64) << 16;
        let what = (window as u64) << 48 | (trust.0 as u64) << 56;
        Line([sequence, whose | what, time_venue.0, a, b, c, d, e])
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        Kind::from_number(self.kind)
    }

    /// This line as the record its kind says it is.
    #[must_use]
    pub fn view<T: Pod>(&self) -> &T {
        const { assert!(size_of::<T>() == 64) };
        bytemuck::must_cast_ref(self)
    }
}

/// How one field of a record says that it has no value.
pub mod missing {
    /// A ratio without a value. One bit pattern, because records are compared as bytes.
    pub const RATIO: f64 = f64::NAN;
    /// A price, quantity or other whole number without a value.
    pub const WHOLE: i64 = i64::MIN;

    /// The ratio of a record; `None` when it has no value.
    #[must_use]
    pub fn ratio(value: f64) -> Option<f64> {
        (!value.is_nan()).then_some(value)
    }

    /// The whole number of a record; `None` when it has no value.
    #[must_use]
    pub const fn whole(value: i64) -> Option<i64> {
        if value == WHOLE { None } else { Some(value) }
    }
}

macro_rules! insight {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $kind:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
        #[repr(C, align(64))]
        pub struct $name {
            /// Sequence of the event that caused it.
            pub sequence: u64,
            /// A [`crate::Kind`]'s number.
            pub kind: u16,
            /// Whom it concerns.
            pub instrument: InstrumentId,
            /// Body lines that follow; zero but for the kinds that say so.
            pub lines: u16,
            /// A [`crate::Window`]'s number; zero where the kind has none.
            pub window: u8,
            /// How far it is to be trusted.
            pub trust: Trust,
            /// The venue clock when it was computed.
            pub time_venue: Nanos,
            $($(#[$field_meta])* pub $field: $kind,)+
        }

        const _: () = assert!(size_of::<$name>() == 64);
    };
}
pub(crate) use insight;

const _: () = assert!(size_of::<Insight>() == 64);

#[cfg(test)]
mod tests {
    use super::{Insight, ProfileInsight, Trust, Window};
    use crate::{InstrumentId, Kind, Line, Lots, Nanos, Price};

    #[test]
    fn a_line_of_words_is_the_record() {
        let record = ProfileInsight {
            sequence: 0x0102_0304_0506_0708,
            kind: Kind::ProfileInsight as u16,
            instrument: InstrumentId(0x090a),
            lines: 0,
            window: Window::Funding as u8,
            trust: Trust::MISSING.with(Trust::CONTAMINATED),
            time_venue: Nanos(0x1112_1314_1516_1718),
            poc: Price(-1),
            vah: Price(2),
            val: Price(-3),
            volume: Lots(4),
            bin_ticks: 5,
        };
        let values = [-1_i64, 2, -3, 4, 5].map(i64::cast_unsigned);
        let line = Insight::line(
            (record.sequence, Kind::ProfileInsight, record.instrument),
            (record.window, record.trust),
            record.time_venue,
            values,
        );
        assert_eq!(line, Line::of(record));
    }
}
