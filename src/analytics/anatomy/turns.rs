//! Peaks and valleys of a row: where it turns, how prominent each turn is and how wide.
//!
//! A peak is a plateau of one or more equal values with a lower value on either side; it stands
//! at ⌊(first + last)/2⌋ of its plateau. The two ends of the row are never peaks. Its prominence
//! is its value less the higher of two lows: the lowest value on the way to the left, and to the
//! right, until something strictly higher or the end. Valleys are the peaks of the negated row.
//! This is what `scipy.signal.find_peaks`, `peak_prominences` and `peak_widths` do, and a test
//! compares; but peaks and valleys alternate, so only the turns are walked, once from each side
//! with a stack, instead of the row from every peak.
//!
//! Nothing is allocated after [`Turns::new`], and the work may be done in pieces.

/// A peak or a valley.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// First index of its plateau.
    pub left: usize,
    /// Last index of its plateau.
    pub right: usize,
    /// The row's value there.
    pub value: i64,
    /// Topographic prominence, > 0. While it is being found, the low on the left.
    pub prominence: i64,
    /// Whether it is a peak.
    pub peak: bool,
}

impl Turn {
    /// Where it stands: the middle of its plateau, of two the left.
    #[must_use]
    pub const fn at(&self) -> usize {
        usize::midpoint(self.left, self.right)
    }

    const fn sign(&self) -> i64 {
        if self.peak { 1 } else { -1 }
    }
}

/// How wide a turn is at half its prominence, in indices of the row; the ends are interpolated.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Width {
    /// Left end.
    pub left: f64,
    /// Right end.
    pub right: f64,
}

/// A value of a row as scipy holds it; exact below 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "widths are float, as scipy's are")]
const fn float(value: i64) -> f64 {
    value as f64
}

/// An index as a coordinate.
#[expect(clippy::cast_precision_loss, reason = "an index of a short row")]
const fn place(at: usize) -> f64 {
    at as f64
}

impl Width {
    /// The width of a turn of this row (`rel_height = 0.5`).
    #[must_use]
    pub fn of(row: &[i64], turn: &Turn) -> Self {
        let sign = turn.sign();
        let value = |at: usize| float(sign * row[at]);
        let height = value(turn.at()) - float(turn.prominence) * 0.5;
        let (mut left, mut right) = (turn.at(), turn.at());
        while left > 0 && height < value(left) {
            left -= 1;
        }
        while right + 1 < row.len() && height < value(right) {
            right += 1;
        }
        let mut width = Self { left: place(left), right: place(right) };
        if value(left) < height {
            width.left += (height - value(left)) / (value(left + 1) - value(left));
        }
        if value(right) < height {
            width.right -= (height - value(right)) / (value(right - 1) - value(right));
        }
        width
    }
}

/// The turns of a row, lowest index first; peaks and valleys alternate.
#[derive(Clone, Debug)]
pub struct Turns {
    turns: Vec<Turn>,
    // Of turns that may still block: value and the lowest value since the one before it.
    stack: Vec<(i64, i64)>,
    first: i64,
    // Value and first index of the plateau the row ends with, and whether it was climbed to.
    last: i64,
    start: usize,
    rose: Option<bool>,
    pushed: usize,
    pass: usize,
    next: usize,
}

/// Passes over the turns: peaks from the left and from the right, then valleys.
const PASSES: usize = 4;

impl Turns {
    /// Room for the turns of a row of this many values, every page touched.
    #[must_use]
    pub fn new(values: usize) -> Self {
        let blank = Turn { left: 1, right: 1, value: 1, prominence: 1, peak: true };
        let mut all = Self {
            turns: vec![blank; values],
            stack: vec![(1, 1); values],
            first: 0,
            last: 0,
            start: 0,
            rose: None,
            pushed: 0,
            pass: 0,
            next: 0,
        };
        all.clear();
        all
    }

    /// Forgets the row.
    pub fn clear(&mut self) {
        self.turns.clear();
        self.stack.clear();
        (self.rose, self.pushed, self.pass, self.next) = (None, 0, 0, 0);
    }

    /// The row's next value, > `i64::MIN`. No more than there is room for.
    #[inline]
    pub fn push(&mut self, value: i64) {
        let at = self.pushed;
        self.pushed += 1;
        if at == 0 {
            (self.first, self.last, self.start) = (value, value, 0);
            return;
        }
        if value == self.last {
            return;
        }
        let rises = value > self.last;
        if self.rose.is_some_and(|rose| rose != rises) {
            let (left, right, value) = (self.start, at - 1, self.last);
            self.turns.push(Turn { left, right, value, prominence: 0, peak: !rises });
        }
        (self.rose, self.last, self.start) = (Some(rises), value, at);
    }

    /// Finds prominences for about this many turns; what is left of the budget. Some is left
    /// when all are found.
    pub fn step(&mut self, mut budget: usize) -> usize {
        while self.pass < PASSES {
            let mine = self.turns.iter().position(|turn| turn.peak == (self.pass < 2));
            let count = mine.map_or(0, |mine| (self.turns.len() - mine).div_ceil(2));
            while self.next < count {
                if budget == 0 {
                    return 0;
                }
                budget -= 1;
                let ahead = self.next;
                self.next += 1;
                if self.pass.is_multiple_of(2) {
                    self.lean_left(mine.unwrap_or(0) + 2 * ahead);
                } else {
                    self.lean_right(mine.unwrap_or(0) + 2 * (count - 1 - ahead));
                }
            }
            self.stack.clear();
            (self.pass, self.next) = (self.pass + 1, 0);
        }
        budget
    }

    fn lean_left(&mut self, at: usize) {
        let beside = if at == 0 { self.first } else { self.turns[at - 1].value };
        let low = self.low(at, beside);
        self.turns[at].prominence = low;
    }

    fn lean_right(&mut self, at: usize) {
        let beside = self.turns.get(at + 1).map_or(self.last, |turn| turn.value);
        let low = self.low(at, beside);
        let turn = &mut self.turns[at];
        turn.prominence = (turn.sign() * turn.value).saturating_sub(turn.prominence.max(low));
    }

    /// The lowest value from a turn back to whatever is strictly higher, as far as the pass came.
    fn low(&mut self, at: usize, beside: i64) -> i64 {
        let turn = &self.turns[at];
        let height = turn.sign() * turn.value;
        let mut low = turn.sign() * beside;
        // A turn is taken from the stack once in a pass, so a pass stays linear.
        while let Some(&(value, below)) = self.stack.last()
            && value <= height
        {
            low = low.min(below);
            self.stack.pop();
        }
        self.stack.push((height, low));
        low
    }

    /// All turns; prominences are there once [`Turns::step`] left some of its budget.
    #[must_use]
    pub fn all(&self) -> &[Turn] {
        &self.turns
    }

    /// The turns of a row, at once.
    #[must_use]
    pub fn of(row: &[i64]) -> Self {
        let mut turns = Self::new(row.len());
        for &value in row {
            turns.push(value);
        }
        turns.step(usize::MAX);
        turns
    }
}
