//! The class of a profile's shape, and when a new class counts.

/// Bins below which a profile has no shape.
pub const BINS_MIN: usize = 20;
/// Closes of 15 m bars at which a new class must be found, one after the other.
pub const CLOSES: u8 = 3;

/// What a profile looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Class {
    /// Its POC and most of its volume lie high.
    P = 1,
    /// Its POC and most of its volume lie low.
    Low = 2,
    /// Two nodes with a gap between.
    Double = 3,
    /// Spread evenly.
    Thin = 4,
    /// One bell.
    D = 5,
}

/// What is asked of a histogram.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Form {
    /// Bins of the traded range.
    pub bins: usize,
    /// The POC's bin, from the lowest.
    pub poc: usize,
    /// Lots in the lower, middle and upper third.
    pub thirds: [i64; 3],
}

/// The third of a range of bins that a bin's centre lies in; a centre on the border is in the
/// upper one.
#[must_use]
pub const fn third(bin: usize, bins: usize) -> usize {
    // (bin + ½)/bins against 1/3 and 2/3, in sixths.
    let sixths = 3 * (2 * bin + 1);
    if sixths < 2 * bins {
        0
    } else if sixths < 4 * bins {
        1
    } else {
        2
    }
}

/// The first bins of the middle and of the upper third, by the rule of [`third`].
pub(super) const fn borders(bins: usize) -> [usize; 2] {
    // 3·(2·bin + 1) ≥ 2·bins and ≥ 4·bins.
    [(2 * bins).saturating_sub(3).div_ceil(6), (4 * bins).saturating_sub(3).div_ceil(6)]
}

impl Form {
    /// The class, first match in the order P, b, B, I, D; `None` below 20 bins. `double`: two
    /// HVNs as B asks for.
    #[must_use]
    pub fn class(&self, double: bool) -> Option<Class> {
        let Self { bins, poc, thirds: [low, middle, high] } = *self;
        if bins < BINS_MIN {
            return None;
        }
        let total = i128::from(low) + i128::from(middle) + i128::from(high);
        let span = bins - 1;
        let is_thin = [low, middle, high].iter().all(|&lots| 5 * i128::from(lots) < 2 * total);
        Some(if 3 * poc >= 2 * span && high > middle && high > low {
            Class::P
        } else if 3 * poc <= span && low > middle && low > high {
            Class::Low
        } else if double {
            Class::Double
        } else if is_thin {
            Class::Thin
        } else {
            Class::D
        })
    }

    /// Where the POC stands in the range, by bin centres, in [0, 1]; `None` for one bin.
    #[must_use]
    pub fn place(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "bins of a short row")]
        let place = |bins: usize| bins as f64;
        (self.bins >= 2).then(|| place(self.poc) / place(self.bins - 1))
    }

    /// 2q − 1 for P and b, else 0.
    #[must_use]
    pub fn bias(&self, class: Class) -> f64 {
        match (class, self.place()) {
            (Class::P | Class::Low, Some(place)) => 2.0 * place - 1.0,
            _ => 0.0,
        }
    }
}

/// The class that counts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Held {
    /// It counts since it held at three closes.
    pub counts: Option<Class>,
    /// Found at the last close.
    pub latest: Option<Class>,
    /// Closes at which that was found, up to 3.
    pub closes: u8,
}

impl Held {
    /// The class found at the close of a 15 m bar.
    pub fn close(&mut self, class: Option<Class>) {
        self.closes =
            if class == self.latest { self.closes.saturating_add(1).min(CLOSES) } else { 1 };
        self.latest = class;
        if self.closes == CLOSES {
            self.counts = class;
        }
    }
}
