//! Peaks and valleys of a row: where it turns, how prominent each turn is and how wide.
//!
//! A peak is a plateau of one or more equal values with a lower value on either side; it stands
//! at ⌊(first + last)/2⌋ of its plateau. The two ends of the row are never peaks. Its prominence
//! is its value less the higher of two lows: the lowest value on the way to the left, and to the
//! right, until something strictly higher or the end. Valleys are the peaks of the negated row.
//! This is what `scipy.signal.find_peaks`, `peak_prominences` and `peak_widths` do, and a test
//! compares; but peaks and valleys alternate, so only the turns are walked, once for the peaks and
//! once for the valleys, with a stack of those that nothing higher has followed yet.
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
    /// Topographic prominence, > 0; 0 until it is found.
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
    // Turns that nothing higher followed yet, from high to low.
    stack: Vec<Standing>,
    first: i64,
    // Value and first index of the plateau the row ends with, and whether it was climbed to.
    last: i64,
    start: usize,
    rose: Option<bool>,
    pushed: usize,
    // Peaks, valleys, done.
    pass: usize,
    next: usize,
    // Behind the last turn of a pass: the lowest value since the one on top of the stack.
    rest: Option<i64>,
}

/// A turn that waits for something strictly higher on its right; valleys are negated.
#[derive(Clone, Copy, Debug)]
struct Standing {
    at: usize,
    height: i64,
    // The lowest value back to something strictly higher.
    left: i64,
    // The lowest value back to the one below it on the stack.
    gap: i64,
}

/// Passes over the turns: peaks, then valleys.
const PASSES: usize = 2;

impl Turns {
    /// Room for the turns of a row of this many values, every page touched.
    #[must_use]
    pub fn new(values: usize) -> Self {
        let blank = Turn { left: 1, right: 1, value: 1, prominence: 1, peak: true };
        let mut all = Self {
            turns: vec![blank; values],
            stack: vec![Standing { at: 1, height: 1, left: 1, gap: 1 }; values],
            first: 0,
            last: 0,
            start: 0,
            rose: None,
            pushed: 0,
            pass: 0,
            next: 0,
            rest: None,
        };
        all.clear();
        all
    }

    /// Forgets the row.
    pub fn clear(&mut self) {
        self.turns.clear();
        self.stack.clear();
        (self.rose, self.pushed, self.pass, self.next, self.rest) = (None, 0, 0, 0, None);
    }

    /// The row's next values, > `i64::MIN`. No more than there is room for.
    pub fn extend(&mut self, values: &[i64]) {
        let mut values = values;
        if self.pushed == 0
            && let [first, rest @ ..] = values
        {
            (self.first, self.last, self.start, self.pushed) = (*first, *first, 0, 1);
            values = rest;
        }
        let (mut last, mut start, mut rose) = (self.last, self.start, self.rose);
        for (at, &value) in (self.pushed..).zip(values) {
            if value == last {
                continue;
            }
            let rises = value > last;
            if rose == Some(!rises) {
                let (right, value) = (at - 1, last);
                self.turns.push(Turn { left: start, right, value, prominence: 0, peak: !rises });
            }
            (rose, last, start) = (Some(rises), value, at);
        }
        (self.last, self.start, self.rose) = (last, start, rose);
        self.pushed += values.len();
    }

    /// The first of the peaks or of the valleys, and how many there are: every second turn.
    pub(super) fn every_second(&self, peaks: bool) -> (usize, usize) {
        let first = usize::from(self.turns.first().is_some_and(|turn| turn.peak != peaks));
        (first, (self.turns.len() - first.min(self.turns.len())).div_ceil(2))
    }

    /// Finds prominences for about this many turns; what is left of the budget. Some is left
    /// when all are found.
    pub fn step(&mut self, mut budget: usize) -> usize {
        while self.pass < PASSES {
            let (first, count) = self.every_second(self.pass == 0);
            let sign = if self.pass == 0 { 1 } else { -1 };
            let end = count.min(self.next.saturating_add(budget));
            for number in self.next..end {
                self.stand(first + 2 * number, sign);
            }
            budget -= end - self.next;
            self.next = end;
            if end < count || !self.drain(first + 2 * count, sign, &mut budget) {
                return 0;
            }
            (self.pass, self.next, self.rest) = (self.pass + 1, 0, None);
        }
        budget
    }

    /// A turn comes: those that it is higher than have found what ends their right side.
    #[inline]
    fn stand(&mut self, at: usize, sign: i64) {
        let height = sign * self.turns[at].value;
        let beside = if at == 0 { self.first } else { self.turns[at - 1].value };
        let mut low = sign * beside;
        // A turn is taken from the stack once, so a pass stays linear.
        while let Some(&top) = self.stack.last()
            && top.height < height
        {
            self.settle(&top, low);
            low = low.min(top.gap);
        }
        let left = match self.stack.last() {
            // An equal one is no end: whatever lies before it counts as well.
            Some(top) if top.height == height => low.min(top.left),
            _ => low,
        };
        self.stack.push(Standing { at, height, left, gap: low });
    }

    /// Nothing comes any more, `end` is behind the last turn of the pass; whether all are settled.
    fn drain(&mut self, end: usize, sign: i64, budget: &mut usize) -> bool {
        let beside = end.checked_sub(1).and_then(|after| self.turns.get(after));
        let beside = beside.map_or(self.last, |turn| turn.value);
        let mut low = self.rest.unwrap_or(sign * beside);
        while let Some(&top) = self.stack.last() {
            if *budget == 0 {
                self.rest = Some(low);
                return false;
            }
            *budget -= 1;
            self.settle(&top, low);
            low = low.min(top.gap);
        }
        true
    }

    /// The lowest value on the right of the one on top is known: it leaves.
    #[inline]
    fn settle(&mut self, top: &Standing, right: i64) {
        self.turns[top.at].prominence = top.height.saturating_sub(top.left.max(right));
        self.stack.pop();
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
        turns.extend(row);
        turns.step(usize::MAX);
        turns
    }
}
