//! What the level book is fed: plain values, no insights.
//!
//! | candidate | where stage 3 says it | price | node |
//! |---|---|---|---|
//! | LVN, HVN | `NodeLine`, kinds 2 and 1 | `level` | `low`, `high` |
//! | cliff | `NodeLine`, kind 4 | `level` | – |
//! | VAH, VAL | `ProfileInsight` | `vah`, `val` | – |
//! | POC | `ProfileInsight` | [`bin_centre`] of `poc` | [`bin_at`] of that |
//! | naked POC | `NakedInsight`, while it stands | `poc` | [`bin_at`] of it |
//! | AVWAP | `AvwapInsight` | `avwap` | – |
//! | band | `AvwapLine` | each of `bands` | – |
//!
//! A source's `bins` and `bin` come with the nodes, its shape with `ShapeInsight` (`class` and
//! `bias`). A shelf is a feature, no level. References: confirmed swings, session highs and lows.

use model::{Nanos, Price, Ticks, Trust, Window};

use crate::terms::{LevelKind, Zone};

/// The most that one refresh takes: candidates and references together.
pub const ITEMS_MAX: usize = 1024;

/// Prices are taken from 1 to here; what lies beyond is absurd.
pub const PRICE_MAX: Price = Price(1 << 48);

/// A share above this is absurd. It may exceed 1: the smoothed profile's top need not be at its
/// POC.
pub const SHARE_MAX: f64 = 100.0;

/// What a profile looks like (spec § 2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// The volume is at the top.
    P,
    /// The volume is at the bottom; the specification's b.
    LowerB,
    /// Two nodes of volume with a valley between.
    B,
    /// No third holds much more than another.
    I,
    /// The volume is in the middle.
    D,
}

impl Class {
    /// The class that a shape insight's number means: 1 P, 2 b, 3 B, 4 I, 5 D; else none.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::P),
            2 => Some(Self::LowerB),
            3 => Some(Self::B),
            4 => Some(Self::I),
            5 => Some(Self::D),
            _ => None,
        }
    }

    /// Whether touches are reset when the UTC day changes between this class and another of them.
    #[must_use]
    pub(super) const fn resets(self) -> bool {
        matches!(self, Self::P | Self::LowerB | Self::D)
    }
}

/// A profile's shape.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shape {
    /// The class that counts; none below 20 bins or before the first 15 m closes.
    pub class: Option<Class>,
    /// 2q − 1 for P and b, else 0; in [−1, 1], anything else counts as 0.
    pub bias: f64,
}

impl Shape {
    /// Not known.
    pub const NONE: Self = Self { class: None, bias: 0.0 };
}

/// The profile (or the anchor) that a candidate comes from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Source {
    /// The window.
    pub window: Window,
    /// The session is over and this is what it ended as; only of `Day` and `Funding`.
    pub completed: bool,
    /// When it opened, the venue's clock: the session's beginning, the anchor's time. Of rolling
    /// windows and the composite it is not looked at.
    pub time_open: Nanos,
    /// Bins of its traded range.
    pub bins: u32,
    /// Bin width Δ; zero where there are no bins (anchored averages).
    pub bin: Ticks,
    /// Its shape.
    pub shape: Shape,
}

impl Source {
    /// Whether it rolls: it has no age, and it is always the same window.
    const fn rolls(&self) -> bool {
        matches!(self.window, Window::Hours2 | Window::Hours8 | Window::Hours24 | Window::Composite)
    }

    /// Whether both hold the same trades: the day's first session, the day and an average since
    /// 00:00 are one window under three names, and must not confirm each other.
    pub(super) fn same_trades(&self, other: &Self) -> bool {
        if self.rolls() || other.rolls() {
            return self.window == other.window;
        }
        let same = self.time_open == other.time_open && self.completed == other.completed;
        same && (!self.completed || self.window == other.window)
    }
}

/// The price of a bin as a level: the mean of its ticks, half up.
#[must_use]
pub const fn bin_centre(low: Price, bin: Ticks) -> Price {
    Price(low.0.saturating_add(bin.0 / 2))
}

/// The bin with this centre, from its low to its top edge.
#[must_use]
pub const fn bin_at(centre: Price, bin: Ticks) -> Zone {
    let low = centre.0.saturating_sub(bin.0 / 2);
    Zone { low: Price(low), high: Price(low.saturating_add(bin.0)) }
}

/// Something that may be a level.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Candidate {
    /// What it is made of.
    pub kind: LevelKind,
    /// Where it comes from. Of a naked POC the session that it was the POC of.
    pub source: Source,
    /// Its price as a level (of a node, POC or cliff the bin's centre on the tick).
    pub price: Price,
    /// HVN, LVN: the edges at half prominence. POC, naked POC: the bin's edges. Of every other
    /// kind it is not looked at.
    pub node: Zone,
    /// LVN: prominence over the smoothed profile at its window's POC; else not looked at.
    pub share: f64,
    /// How far its figure is to be trusted: missing and suppressed ones are turned away, the
    /// other bits go with the level.
    pub trust: Trust,
}

/// What adds confluence and is never a level itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reference {
    /// A confirmed swing's extreme.
    Swing,
    /// The high or low of a session.
    Extreme,
}

/// The market as a refresh begins.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Facts {
    /// The venue clock.
    pub time: Nanos,
    /// mid, without a trusted book the last trade.
    pub price: Price,
    /// Realised volatility over 5 min, annualised; NaN: missing.
    pub volatility_5m: f64,
    /// The same over 24 h.
    pub volatility_24h: f64,
    /// ATR on 4 h bars, in ticks; NaN: missing.
    pub atr_4h: f64,
    /// The developing UTC day's shape: for levels without a profile, and for touches to be reset.
    pub day: Shape,
}

/// Why something was turned away. Nothing else changes when it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Turned {
    /// No refresh is being gathered.
    Closed,
    /// [`ITEMS_MAX`] are there: what was given first stays.
    Full,
    /// A price outside 1..=[`PRICE_MAX`], a node that does not hold it, a share that is none.
    Absurd,
    /// Its figure is missing or suppressed.
    Missing,
    /// Its window is too young.
    Young,
    /// Its window is not one that levels come from.
    Unlisted,
    /// A later session of its window has been completed.
    Superseded,
}

impl Turned {
    /// Every reason, in the order of the counters.
    pub const ALL: [Self; 7] = [
        Self::Closed,
        Self::Full,
        Self::Absurd,
        Self::Missing,
        Self::Young,
        Self::Unlisted,
        Self::Superseded,
    ];

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

/// What an item does in a refresh.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Role {
    /// May become a level.
    Candidate,
    /// A developing POC: adds confluence only.
    Developing,
    /// A swing or a session extreme.
    Reference(Reference),
}

/// A candidate or a reference, as a refresh holds it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Item {
    pub price: Price,
    pub role: Role,
    /// Of a reference: blank.
    pub candidate: Candidate,
}

impl Item {
    /// A reference at a price; its candidate says nothing.
    pub(super) const fn reference(reference: Reference, price: Price) -> Self {
        let source = Source {
            window: Window::All,
            completed: false,
            time_open: Nanos::NONE,
            bins: 0,
            bin: Ticks(0),
            shape: Shape::NONE,
        };
        let candidate = Candidate {
            kind: LevelKind::Avwap,
            source,
            price,
            node: Zone { low: price, high: price },
            share: 0.0,
            trust: Trust::SOUND,
        };
        Self { price, role: Role::Reference(reference), candidate }
    }

    /// The order of items: by price, then by what they are, so that the order in which they were
    /// offered does not matter.
    pub(super) fn order(&self) -> impl Ord + use<> {
        let source = &self.candidate.source;
        let own = (self.candidate.kind, source.window, source.completed, source.time_open);
        (self.price, self.role, own)
    }
}

/// What a candidate is in a refresh at this time, by the rule of § 8.
pub(super) fn admit(
    candidate: &Candidate,
    now: Nanos,
    young: Nanos,
    young_bins: u32,
) -> Result<Item, Turned> {
    sound(candidate)?;
    let role = match candidate.kind {
        LevelKind::Avwap | LevelKind::AvwapBand => Role::Candidate,
        LevelKind::NakedPoc => match candidate.source.window {
            Window::Day | Window::Funding if candidate.source.completed => Role::Candidate,
            _ => return Err(Turned::Unlisted),
        },
        _ => from_profile(candidate, now, young, young_bins)?,
    };
    let node = match candidate.kind {
        LevelKind::Lvn | LevelKind::Hvn | LevelKind::Poc | LevelKind::NakedPoc => candidate.node,
        _ => Zone { low: candidate.price, high: candidate.price },
    };
    Ok(Item { price: candidate.price, role, candidate: Candidate { node, ..*candidate } })
}

fn sound(candidate: &Candidate) -> Result<(), Turned> {
    let node = match candidate.kind {
        LevelKind::Lvn | LevelKind::Hvn | LevelKind::Poc | LevelKind::NakedPoc => {
            let bounded = priced(candidate.node.low) && priced(candidate.node.high);
            bounded && candidate.node.holds(candidate.price)
        }
        _ => true,
    };
    let share = candidate.kind != LevelKind::Lvn || (0.0..=SHARE_MAX).contains(&candidate.share);
    let bin = (0..=PRICE_MAX.0).contains(&candidate.source.bin.0);
    if candidate.trust.has(Trust::MISSING.with(Trust::SUPPRESSED)) {
        Err(Turned::Missing)
    } else if priced(candidate.price) && node && share && bin {
        Ok(())
    } else {
        Err(Turned::Absurd)
    }
}

/// Whether a price can be one.
pub(super) const fn priced(price: Price) -> bool {
    0 < price.0 && price.0 <= PRICE_MAX.0
}

/// Of a profile: rolling windows and the composite always; completed days and sessions; what
/// develops once it is old and wide enough, its POC for confluence only.
fn from_profile(
    candidate: &Candidate,
    now: Nanos,
    young: Nanos,
    young_bins: u32,
) -> Result<Role, Turned> {
    let source = &candidate.source;
    if source.window == Window::All {
        return Err(Turned::Unlisted);
    }
    if source.rolls() {
        return if source.completed { Err(Turned::Unlisted) } else { Ok(Role::Candidate) };
    }
    if source.completed {
        let session = matches!(source.window, Window::Day | Window::Funding);
        return if session { Ok(Role::Candidate) } else { Err(Turned::Unlisted) };
    }
    // What does not say when it opened cannot be shown to be old enough.
    let young = source.time_open == Nanos::NONE || now.since(source.time_open) < young;
    if young || source.bins < young_bins {
        return Err(Turned::Young);
    }
    let poc = candidate.kind == LevelKind::Poc;
    Ok(if poc { Role::Developing } else { Role::Candidate })
}

#[cfg(test)]
mod tests {
    use model::{Price, Ticks};

    use super::{bin_at, bin_centre};
    use crate::terms::Zone;

    #[test]
    fn a_bin_and_its_centre() {
        for (low, bin, want) in [(640_000, 128, 640_064), (10, 1, 10), (10, 2, 11), (10, 0, 10)] {
            let centre = bin_centre(Price(low), Ticks(bin));
            assert_eq!(centre, Price(want));
            let zone = Zone { low: Price(low), high: Price(low + bin) };
            assert_eq!(bin_at(centre, Ticks(bin)), zone);
            assert!(zone.holds(centre));
        }
    }
}
