//! Structure, momentum and effort in one word, and the timeframes beside each other.

use super::momentum::State;

/// The fused signal. Nothing trades on it here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Label {
    /// Free way up, structure and acceleration along.
    StrongMomentumLong = 1,
    /// Mirrored.
    StrongMomentumShort = 2,
    /// Tired rise under a resistance.
    FadeExhaustionShort = 3,
    /// Tired fall above a support.
    FadeExhaustionLong = 4,
    /// Accelerating away from a support, flow along.
    ConfirmedBounceLong = 5,
    /// Mirrored, from a resistance.
    ConfirmedBounceShort = 6,
    /// A fresh trend without structure around.
    CleanTrendLong = 7,
    /// Mirrored.
    CleanTrendShort = 8,
    /// Slowing, and the flow is elsewhere.
    DivergenceWarning = 9,
    /// Much effort, no move, buyers ahead.
    Accumulation = 10,
    /// Much effort, no move, sellers ahead.
    Distribution = 11,
    /// None of them.
    NoSignal = 12,
}

impl Label {
    /// Every label, in the order of its number.
    pub const ALL: [Self; 12] = [
        Self::StrongMomentumLong,
        Self::StrongMomentumShort,
        Self::FadeExhaustionShort,
        Self::FadeExhaustionLong,
        Self::ConfirmedBounceLong,
        Self::ConfirmedBounceShort,
        Self::CleanTrendLong,
        Self::CleanTrendShort,
        Self::DivergenceWarning,
        Self::Accumulation,
        Self::Distribution,
        Self::NoSignal,
    ];

    /// +1 long, −1 short, 0 neither.
    #[must_use]
    pub const fn side(self) -> i8 {
        match self {
            Self::StrongMomentumLong
            | Self::FadeExhaustionLong
            | Self::ConfirmedBounceLong
            | Self::CleanTrendLong
            | Self::Accumulation => 1,
            Self::StrongMomentumShort
            | Self::FadeExhaustionShort
            | Self::ConfirmedBounceShort
            | Self::CleanTrendShort
            | Self::Distribution => -1,
            Self::DivergenceWarning | Self::NoSignal => 0,
        }
    }
}

/// What is fused; `None` is missing.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Facts {
    /// The momentum's state.
    pub state: Option<State>,
    /// The slope's sign.
    pub slope: Option<i8>,
    /// The majority sign of the flows.
    pub flow: i8,
    /// The sign of delta.
    pub delta: i8,
    /// Agreement of flow and slope.
    pub agreement: Option<f64>,
    /// Signs of tiring, 0..=4, and its value.
    pub exhaustion: Option<f64>,
    /// Free way up.
    pub runway_up: Option<f64>,
    /// Free way down.
    pub runway_down: Option<f64>,
    /// (support − resistance)/(support + resistance).
    pub structural_bias: Option<f64>,
    /// How much structure there is at all.
    pub combined: Option<f64>,
    /// A support within half an ATR.
    pub support_near: Option<bool>,
    /// A resistance within half an ATR.
    pub resistance_near: Option<bool>,
    /// Flow quality × amplifier, scaled as `inst_proxy` is.
    pub accumulation: Option<f64>,
}

/// Whether all hold; one that does not decides, whatever is missing beside it.
fn all<const N: usize>(conditions: [Option<bool>; N]) -> Option<bool> {
    if conditions.contains(&Some(false)) {
        return Some(false);
    }
    if conditions.contains(&None) { None } else { Some(true) }
}

impl Facts {
    fn is(&self, state: State) -> Option<bool> {
        self.state.map(|is| is == state)
    }

    fn heads(&self, side: i8) -> Option<bool> {
        self.slope.map(|slope| slope == side)
    }

    fn strong(&self, side: i8) -> Option<bool> {
        let runway = if side > 0 { self.runway_up } else { self.runway_down };
        all([
            self.is(State::Accelerating),
            self.heads(side),
            runway.map(|runway| runway > 0.7),
            self.structural_bias.map(|bias| f64::from(side) * bias > 0.3),
        ])
    }

    /// Against a move to `side`.
    fn fade(&self, side: i8) -> Option<bool> {
        let wall = if side > 0 { self.resistance_near } else { self.support_near };
        all([wall, self.heads(side), self.exhaustion.map(|tired| tired >= 0.6)])
    }

    fn bounce(&self, side: i8) -> Option<bool> {
        let wall = if side > 0 { self.support_near } else { self.resistance_near };
        let along = Some(self.flow == side);
        all([wall, self.heads(side), along, self.is(State::Accelerating)])
    }

    fn clean(&self, side: i8) -> Option<bool> {
        all([
            self.combined.map(|combined| combined < 0.3),
            self.is(State::Trending),
            self.exhaustion.map(|tired| tired < 0.4),
            self.heads(side),
        ])
    }

    fn gathers(&self, side: i8) -> Option<bool> {
        let much = self.accumulation.map(|scaled| scaled >= 0.6);
        all([self.is(State::Flat), Some(self.delta == side), much])
    }

    /// The first that matches; `None` when one before it hangs on what is missing.
    #[must_use]
    pub fn label(&self) -> Option<Label> {
        let diverges =
            all([self.is(State::Decelerating), self.agreement.map(|agreement| agreement < 0.5)]);
        let rules = [
            (Label::StrongMomentumLong, self.strong(1)),
            (Label::StrongMomentumShort, self.strong(-1)),
            (Label::FadeExhaustionShort, self.fade(1)),
            (Label::FadeExhaustionLong, self.fade(-1)),
            (Label::ConfirmedBounceLong, self.bounce(1)),
            (Label::ConfirmedBounceShort, self.bounce(-1)),
            (Label::CleanTrendLong, self.clean(1)),
            (Label::CleanTrendShort, self.clean(-1)),
            (Label::DivergenceWarning, diverges),
            (Label::Accumulation, self.gathers(1)),
            (Label::Distribution, self.gathers(-1)),
        ];
        match rules.into_iter().find(|(_, holds)| *holds != Some(false)) {
            Some((label, holds)) => holds.map(|_| label),
            None => Some(Label::NoSignal),
        }
    }
}

/// 0.4·inst_proxy + 0.3·|structural_bias| + 0.3·min(vm/1.5, 1).
#[must_use]
pub fn confidence(inst_proxy: f64, structural_bias: f64, vm: f64) -> f64 {
    0.4 * inst_proxy + 0.3 * structural_bias.abs() + 0.3 * super::urgency::of_one_and_a_half(vm)
}

/// The factor on size: by state, and by the agreement of flow and slope.
#[must_use]
pub fn size_factor(state: State, agreement: f64) -> f64 {
    let by_agreement = match agreement {
        full if full > 0.8 => 1.1,
        none if none < 0.5 => 0.8,
        _ => 1.0,
    };
    state.size_factor() * by_agreement
}

/// The factor on a trail's distance: by state, at most 0.7 when exhaustion warns.
#[must_use]
pub fn trail_factor(state: State, warns: bool) -> f64 {
    let factor = state.trail_factor();
    if warns { factor.min(0.7) } else { factor }
}

/// One timeframe beside the others.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Vote {
    /// Side of the fused signal, else the slope's sign when the state is not FLAT; 0 is none.
    pub direction: i8,
    /// The fused signal's confidence.
    pub confidence: Option<f64>,
    /// Whether exhaustion warns.
    pub warns: Option<bool>,
}

impl Vote {
    /// `None` when the label or the state behind it is missing.
    #[must_use]
    pub fn of(facts: &Facts, confidence: Option<f64>, warns: Option<bool>) -> Option<Self> {
        let side = facts.label()?.side();
        let moving = facts.state? != State::Flat;
        let direction = if side == 0 && moving { facts.slope? } else { side };
        Some(Self { direction, confidence, warns })
    }
}

/// How many timeframes point alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Accord {
    /// All three.
    Strong = 1,
    /// Two.
    Lean = 2,
    /// No two.
    Mixed = 3,
}

/// The three timeframes beside each other: 5, 15, 30 m.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Timeframes {
    /// Where most of them point.
    pub direction: i8,
    /// How many do.
    pub accord: Accord,
    /// 0.40, 0.35 and 0.25 of their confidences; `None` when one is missing.
    pub confidence: Option<f64>,
    /// 15 m and 30 m warn of exhaustion; `None` when one is missing and the other warns.
    pub exhausted: Option<bool>,
}

impl Timeframes {
    /// From the last reading of each.
    #[must_use]
    pub fn of([five, fifteen, thirty]: [Vote; 3]) -> Self {
        let votes = [five, fifteen, thirty];
        let count = |side| votes.iter().filter(|vote| vote.direction == side).count();
        let (up, down) = (count(1), count(-1));
        let accord = match up.max(down) {
            3 => Accord::Strong,
            2 => Accord::Lean,
            _ => Accord::Mixed,
        };
        let direction = match accord {
            Accord::Mixed => 0,
            _ if up > down => 1,
            _ => -1,
        };
        let confidence = match votes.map(|vote| vote.confidence) {
            [Some(a), Some(b), Some(c)] => Some(0.40 * a + 0.35 * b + 0.25 * c),
            _ => None,
        };
        Self { direction, accord, confidence, exhausted: all([fifteen.warns, thirty.warns]) }
    }

    /// The factor on size: half when they disagree.
    #[must_use]
    pub const fn size_factor(self) -> f64 {
        match self.accord {
            Accord::Mixed => 0.5,
            Accord::Strong | Accord::Lean => 1.0,
        }
    }
}
