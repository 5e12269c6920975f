//! How fast the close moves, whether it still gains, and whether it tires.

/// What the move does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum State {
    /// |slope| > 0.4 and it gains by more than 0.1.
    Accelerating = 1,
    /// |slope| > 0.4 and it loses more than 0.1.
    Decelerating = 2,
    /// |slope| > 0.5.
    Trending = 3,
    /// |slope| >= 0.25.
    Drifting = 4,
    /// Anything less.
    Flat = 5,
}

impl State {
    /// The first that matches.
    #[must_use]
    pub fn of(slope: f64, accel: f64) -> Self {
        let size = slope.abs();
        let along = if slope < 0.0 { -accel } else { accel };
        if size > 0.4 && along > 0.1 {
            Self::Accelerating
        } else if size > 0.4 && along < -0.1 {
            Self::Decelerating
        } else if size > 0.5 {
            Self::Trending
        } else if size >= 0.25 {
            Self::Drifting
        } else {
            Self::Flat
        }
    }

    /// The factor on the size of an order.
    #[must_use]
    pub const fn size_factor(self) -> f64 {
        match self {
            Self::Accelerating => 1.2,
            Self::Trending => 1.0,
            Self::Decelerating | Self::Drifting => 0.7,
            Self::Flat => 0.5,
        }
    }

    /// The factor on a trail's distance, before exhaustion.
    #[must_use]
    pub const fn trail_factor(self) -> f64 {
        match self {
            Self::Accelerating => 1.5,
            Self::Trending => 1.2,
            Self::Decelerating => 0.8,
            Self::Drifting | Self::Flat => 1.0,
        }
    }
}

/// The move of one close.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Momentum {
    /// (c − c₋₃)/ATR, or a third of it.
    pub slope: Option<f64>,
    /// slope − the slope one bar before.
    pub accel: Option<f64>,
    /// 0.6·|slope| + 0.4·|accel|.
    pub context: Option<f64>,
    /// See [`State`].
    pub state: Option<State>,
}

impl Momentum {
    /// From the move over three bars in ticks, the ATR and the slope before.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "prices < 2^48: exact")]
    pub fn of(moved: Option<i64>, atr: Option<f64>, before: Option<f64>, per_bar: bool) -> Self {
        let slope = moved.zip(atr).map(|(moved, atr)| {
            let slope = moved as f64 / atr;
            if per_bar { slope / 3.0 } else { slope }
        });
        let accel = slope.zip(before).map(|(slope, before)| slope - before);
        let both = slope.zip(accel);
        Self {
            slope,
            accel,
            context: both.map(|(slope, accel)| 0.6 * slope.abs() + 0.4 * accel.abs()),
            state: both.map(|(slope, accel)| State::of(slope, accel)),
        }
    }
}

/// 1.0 when the flow goes with the slope and neither is 0, else 0.3.
#[must_use]
pub const fn agreement(flow: i8, slope: i8) -> f64 {
    if flow != 0 && flow == slope { 1.0 } else { 0.3 }
}

/// context × (0.6 + 0.4·agreement).
#[must_use]
pub fn validated(context: f64, agreement: f64) -> f64 {
    context * (0.6 + 0.4 * agreement)
}

/// The four signs of tiring; `None` is missing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tiring {
    /// context < 0.8 × the one before.
    pub fades: Option<bool>,
    /// volume < 0.7 × the one before.
    pub thins: Option<bool>,
    /// wick share > 0.4.
    pub wicks: Option<bool>,
    /// DECELERATING.
    pub slows: Option<bool>,
}

/// How tired the move is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Exhaustion {
    /// Signs that hold, 0..=4.
    pub count: u8,
    /// 0.9 with three of them and |slope| > 0.5, else 0.2 a sign.
    pub value: f64,
}

impl Exhaustion {
    /// `None` when a sign is missing.
    #[must_use]
    pub fn of(tiring: Tiring, slope: f64) -> Option<Self> {
        let count = u8::from(tiring.fades?)
            + u8::from(tiring.thins?)
            + u8::from(tiring.wicks?)
            + u8::from(tiring.slows?);
        let strong = count >= 3 && slope.abs() > 0.5;
        Some(Self { count, value: if strong { 0.9 } else { f64::from(2 * count) / 10.0 } })
    }

    /// Whether it warns: at 0.6, which is three signs.
    #[must_use]
    pub const fn warns(self) -> bool {
        self.count >= 3
    }
}

/// volume < 7/10 of the one before, in integers.
#[must_use]
pub const fn thins(volume: i64, before: i64) -> bool {
    10 * (volume as i128) < 7 * (before as i128)
}
