//! How pressed the takers are, and whether everything comes together.

/// How pressed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Pressure {
    /// Urgency >= 0.75.
    Aggressive = 1,
    /// >= 0.5.
    Elevated = 2,
    /// >= 0.3.
    Patient = 3,
    /// Less.
    Passive = 4,
}

impl Pressure {
    /// The class of an urgency.
    #[must_use]
    pub fn of(urgency: f64) -> Self {
        match urgency {
            most if most >= 0.75 => Self::Aggressive,
            more if more >= 0.5 => Self::Elevated,
            some if some >= 0.3 => Self::Patient,
            _ => Self::Passive,
        }
    }
}

/// What urgency is made of, each in [0, 1]; `None` is missing.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Parts {
    /// min(volume/SMA₂₀, 3)/3.
    pub expansion: Option<f64>,
    /// min(|slope|/1.5, 1).
    pub strength: Option<f64>,
    /// Trades a second over their 24 h 95th percentile, at most 1.
    pub intensity: Option<f64>,
    /// Flow quality.
    pub quality: Option<f64>,
    /// min(vm/1.5, 1).
    pub momentum: Option<f64>,
}

impl Parts {
    /// 0.25, 0.25, 0.20, 0.15 and 0.15 of the parts; `None` when one is missing.
    #[must_use]
    pub fn urgency(self) -> Option<f64> {
        let moves = 0.25 * self.expansion? + 0.25 * self.strength? + 0.20 * self.intensity?;
        Some(moves + 0.15 * self.quality? + 0.15 * self.momentum?)
    }
}

/// x/1.5, at most 1.
#[must_use]
pub const fn of_one_and_a_half(value: f64) -> f64 {
    (value / 1.5).min(1.0)
}

/// Whether at least four of five hold; `None` when that hangs on what is missing.
#[must_use]
pub fn x_factor(conditions: [Option<bool>; 5]) -> Option<bool> {
    let hold = conditions.iter().filter(|&&one| one == Some(true)).count();
    let open = conditions.iter().filter(|one| one.is_none()).count();
    if hold >= 4 {
        Some(true)
    } else if hold + open < 4 {
        Some(false)
    } else {
        None
    }
}
