//! From the digits of a number to whole steps of an instrument's grid, without a division.

/// 10^`power`; powers stay below 19.
pub(crate) fn ten(power: usize) -> u64 {
    (0..power.min(19)).fold(1, |product, _| product * 10)
}

/// How one number's digits become steps: `digits / divisor × multiplier`, exact or not at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Grid {
    multiplier: u64,
    divisor: u64,
    /// ⌈2⁶⁴ / divisor⌉.
    reciprocal: u64,
}

impl Grid {
    /// The number is what is wanted.
    pub(crate) const SAME: Self = Self { multiplier: 1, divisor: 1, reciprocal: 0 };

    /// The number is to be multiplied, as milliseconds become nanoseconds.
    pub(crate) const fn times(multiplier: u64) -> Self {
        Self { multiplier, divisor: 1, reciprocal: 0 }
    }

    /// For digits that count units, in steps; both in 10⁻⁸ and > 0.
    pub(crate) const fn new(unit: u64, step: u64) -> Self {
        let common = divisor_in_common(unit, step);
        let divisor = step / common;
        // ⌊(2⁶⁴ − 1)/d⌋ + 1 is ⌈2⁶⁴/d⌉ for every d > 1.
        let reciprocal = if divisor == 1 { 0 } else { u64::MAX / divisor + 1 };
        Self { multiplier: unit / common, divisor, reciprocal }
    }

    /// How many steps these digits are; `None` off the grid. `digits` < 10¹⁶.
    ///
    /// For digits = k·d the high word of digits × ⌈2⁶⁴/d⌉ is k, because the error it adds is
    /// below k·d/2⁶⁴ < 1; for any other digits no quotient times d gives them back.
    #[inline(always)]
    pub(crate) fn steps(self, digits: u64) -> Option<u64> {
        if self.divisor == 1 {
            return Some(digits.wrapping_mul(self.multiplier));
        }
        let product = u128::from(digits) * u128::from(self.reciprocal);
        let quotient = (product >> 64) as u64;
        let exact = quotient.wrapping_mul(self.divisor) == digits;
        exact.then(|| quotient.wrapping_mul(self.multiplier))
    }
}

const fn divisor_in_common(a: u64, b: u64) -> u64 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Places behind the dot that a multiple of `step` (in 10⁻⁸) can need.
pub(crate) const fn places_of(step: u64) -> usize {
    let (mut places, mut rest) = (8, step);
    while 0 < places && rest % 10 == 0 {
        rest /= 10;
        places -= 1;
    }
    places
}

/// A decimal's text on a grid: which of its bytes are digits that count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Digits {
    /// Bytes of the text, 1..=16.
    width: usize,
    /// Where the dot is, from the end; zero when there is none.
    dot: usize,
    /// Zeros at the end that cannot count, because the grid is coarser.
    idle: usize,
    /// From digits to steps.
    pub(crate) grid: Grid,
}

impl Digits {
    /// Reads `digits[.digits]` against a step in 10⁻⁸. `None` when it is anything else, longer
    /// than 16 bytes, off the grid by a digit that must be zero, or could overflow.
    pub(crate) fn new(text: &[u8], step: u64) -> Option<Self> {
        let width = text.len();
        let at = text.iter().position(|&byte| byte == b'.');
        let (places, dot) = match at {
            Some(at) => (width - at - 1, width - at),
            None => (0, 0),
        };
        let whole = at.unwrap_or(width);
        if width == 0 || 16 < width || whole == 0 || dot == 1 {
            return None;
        }
        let digits = |byte: &u8| byte.is_ascii_digit();
        if !text[..whole].iter().all(digits) || !text[width - places..].iter().all(digits) {
            return None;
        }
        let idle = places.saturating_sub(places_of(step));
        if !text[width - idle..].iter().all(|&byte| byte == b'0') {
            return None;
        }
        let unit = ten(8 - (places - idle));
        let largest = ten(whole + places - idle).checked_mul(unit)?;
        i64::try_from(largest).ok()?;
        Some(Self { width, dot, idle, grid: Grid::new(unit, step) })
    }

    /// A whole number; its first digit is not zero unless it is alone.
    pub(crate) fn whole(text: &[u8]) -> Option<Self> {
        let lone = text.len() == 1 || text.first() != Some(&b'0');
        let fits = !text.is_empty() && text.len() <= 16;
        (lone && fits && text.iter().all(u8::is_ascii_digit)).then_some(Self {
            width: text.len(),
            dot: 0,
            idle: 0,
            grid: Grid::SAME,
        })
    }

    /// Distances from the end of the digits that count, most significant first.
    pub(crate) fn distances(self) -> impl DoubleEndedIterator<Item = usize> {
        (self.idle + 1..=self.width).rev().filter(move |&distance| distance != self.dot)
    }

    /// Bytes of the text.
    pub(crate) const fn width(self) -> usize {
        self.width
    }
}

#[cfg(test)]
mod tests {
    use super::{Digits, Grid, places_of};

    fn read(text: &str, step: u64) -> Option<u64> {
        let digits = Digits::new(text.as_bytes(), step)?;
        let bytes = text.as_bytes();
        let number = digits
            .distances()
            .fold(0, |sum, distance| sum * 10 + u64::from(bytes[bytes.len() - distance] - b'0'));
        digits.grid.steps(number)
    }

    #[test]
    fn digits_become_steps_or_nothing() {
        for (text, step, want) in [
            ("84551.10", 10_000_000, Some(845_511)),
            ("84551.1", 10_000_000, Some(845_511)),
            ("84551", 10_000_000, Some(845_510)),
            ("84551.15", 10_000_000, None),
            ("0.030", 100_000, Some(30)),
            ("0.03", 100_000, Some(30)),
            ("42283.58000000", 1_000_000, Some(4_228_358)),
            ("1.5", 50_000_000, Some(3)),
            ("1.25", 50_000_000, None),
            ("1.6", 50_000_000, None),
            ("7.50", 25_000_000, Some(30)),
            ("312", 100_000_000, Some(312)),
            ("0.0000000100", 1, Some(1)),
            ("", 1, None),
            (".5", 1, None),
            ("5.", 1, None),
            ("1.2.3", 1, None),
            ("-1", 1, None),
            ("99999999999", 1, None),
            ("12345678901234567", 100_000_000, None),
        ] {
            assert_eq!(read(text, step), want, "{text} on {step}");
        }
    }

    #[test]
    fn the_reciprocal_divides_as_division_does() {
        for divisor in [2, 3, 5, 7, 25, 50, 64, 125, 99_999_989, 1 << 26] {
            let grid = Grid::new(1, divisor);
            for quotient in [0, 1, 2, 999_999, (10_u64.pow(16) - 1) / divisor] {
                let number = quotient * divisor;
                assert_eq!(grid.steps(number), Some(quotient), "{number} / {divisor}");
                assert_eq!(grid.steps(number + 1), None, "{number} + 1 / {divisor}");
            }
        }
        assert_eq!(places_of(10_000_000), 1);
        assert_eq!(places_of(1), 8);
        assert_eq!(places_of(250_000_000), 1);
        assert_eq!(places_of(300_000_000), 0);
    }
}
