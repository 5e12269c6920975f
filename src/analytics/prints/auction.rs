//! What a closed footprint shows: diagonal imbalances, stacks, absorption, unfinished auctions;
//! and the baseline that it is measured against.

use model::{FOOTPRINT_ROWS_MAX, FootprintFacts, FootprintMarksLine, FootprintRow, Price, missing};

use super::footprint::Footprint;
use super::plan::PrintsPlan;

/// Bars of the baseline.
pub(super) const BARS: usize = 60;
/// Below so many it is none: less than half covered.
const BARS_MIN: usize = BARS / 2;
/// Sides that a bar can have.
const SIDES_MAX: usize = 2 * FOOTPRINT_ROWS_MAX;

/// The occupied row sides of the last bars.
#[derive(Clone, Debug)]
pub(super) struct Baseline {
    // Ring: the sides of the bars, oldest first.
    sides: Vec<i64>,
    start: usize,
    count: usize,
    sum: i128,
    // Ring: sides of each bar, and whether it was unstable.
    bars: [(usize, bool); BARS],
    oldest: usize,
    pub(super) len: usize,
    unstable: usize,
}

impl Baseline {
    pub(super) fn new() -> Self {
        Self {
            // Not zero, so that every page is there.
            sides: vec![1; BARS * SIDES_MAX],
            start: 0,
            count: 0,
            sum: 0,
            bars: [(0, false); BARS],
            oldest: 0,
            len: 0,
            unstable: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        (self.start, self.count, self.sum) = (0, 0, 0);
        (self.oldest, self.len, self.unstable) = (0, 0, 0);
    }

    /// Whether a bar of it is unstable.
    pub(super) const fn is_unstable(&self) -> bool {
        self.unstable != 0
    }

    /// Adds a closed bar and lets the oldest go.
    pub(super) fn push(&mut self, footprint: &Footprint, unstable: bool) {
        if self.len == BARS {
            let (sides, was_unstable) = self.bars[self.oldest];
            for _ in 0..sides {
                self.sum -= i128::from(self.sides[self.start]);
                self.start = (self.start + 1) % self.sides.len();
            }
            self.count -= sides;
            self.unstable -= usize::from(was_unstable);
            self.oldest = (self.oldest + 1) % BARS;
            self.len -= 1;
        }
        let before = self.count;
        for at in 0..footprint.len() {
            let FootprintRow { bid, ask } = footprint.row(at);
            for side in [bid.0, ask.0].into_iter().filter(|&side| side != 0) {
                let slot = (self.start + self.count) % self.sides.len();
                self.sides[slot] = side;
                self.sum += i128::from(side);
                self.count += 1;
            }
        }
        self.bars[(self.oldest + self.len) % BARS] = (self.count - before, unstable);
        self.len += 1;
        self.unstable += usize::from(unstable);
    }

    /// Σ of the sides and their number; `None` while less than half of the bars are there.
    fn known(&self) -> Option<(i128, usize)> {
        (self.len >= BARS_MIN && self.count != 0).then_some((self.sum, self.count))
    }

    /// Sides not above a value. A value reaches the p-th percentile by nearest rank when at least
    /// ⌈p·n/100⌉ sides are not above it: one pass, nothing sorted.
    fn at_most(&self, value: i64) -> usize {
        let end = self.start + self.count;
        let (front, back) = if end <= self.sides.len() {
            (&self.sides[self.start..end], &self.sides[..0])
        } else {
            (&self.sides[self.start..], &self.sides[..end - self.sides.len()])
        };
        let count = |sides: &[i64]| sides.iter().filter(|&&side| side <= value).count();
        count(front) + count(back)
    }
}

/// What a bar shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Auction {
    pub(super) marks: FootprintMarksLine,
    pub(super) facts: FootprintFacts,
    pub(super) mean_side: f64,
    pub(super) top_share: f64,
    pub(super) bottom_share: f64,
}

/// Judges a bar with trades against the bars before it.
pub(super) fn judge(
    footprint: &Footprint,
    close: Price,
    baseline: &Baseline,
    plan: &PrintsPlan,
) -> Auction {
    let rows = footprint.len();
    let (bottom, top) = (footprint.row(0), footprint.row(rows - 1));
    let both = |row: FootprintRow| row.bid.0 != 0 && row.ask.0 != 0;
    let facts = FootprintFacts::default()
        .with(FootprintFacts::UNFINISHED_HIGH, both(top))
        .with(FootprintFacts::UNFINISHED_LOW, both(bottom))
        .with(FootprintFacts::WIDENED, footprint.is_widened())
        .with(FootprintFacts::BASELINE_UNSTABLE, baseline.is_unstable());
    let mut auction = Auction {
        marks: FootprintMarksLine::default(),
        facts,
        mean_side: missing::RATIO,
        top_share: missing::RATIO,
        bottom_share: missing::RATIO,
    };
    let Some((sum, count)) = baseline.known() else { return auction };
    #[expect(clippy::cast_precision_loss, reason = "a mean is a ratio")]
    let (total, sides) = (sum as f64, count as f64);
    auction.mean_side = total / sides;
    auction.marks = imbalances(footprint, (sum, count), plan);
    let stacked = |run: u32| run >= plan.stacked_rows;
    let (buy_run, sell_run) = (auction.marks.buy_run, auction.marks.sell_run);

    let second = rows.saturating_sub(2);
    let bought = top.ask.max(footprint.row(second).ask);
    let sold = bottom.bid.max(footprint.row(1).bid);
    let (bought, sold) = (baseline.at_most(bought.0), baseline.at_most(sold.0));
    let rank = (count * plan.absorption_percentile as usize).div_ceil(100);
    // Two rows are the whole bar: its close is in them.
    let below = rows > 2 && close < footprint.edge(second);
    let above = rows > 2 && close >= footprint.edge(2);
    auction.facts = auction
        .facts
        .with(FootprintFacts::STACKED_BUY, stacked(buy_run))
        .with(FootprintFacts::STACKED_SELL, stacked(sell_run))
        .with(FootprintFacts::ABSORPTION_BEARISH, below && bought >= rank)
        .with(FootprintFacts::ABSORPTION_BULLISH, above && sold >= rank);
    #[expect(clippy::cast_precision_loss, reason = "a share is a ratio")]
    let share = |part: usize| part as f64 / sides;
    (auction.top_share, auction.bottom_share) = (share(bought), share(sold));
    auction
}

/// Diagonal imbalances. A row at the end has no partner beyond it.
fn imbalances(
    footprint: &Footprint,
    (sum, count): (i128, usize),
    plan: &PrintsPlan,
) -> FootprintMarksLine {
    let mut marks = FootprintMarksLine::default();
    let outweighs = |side: i64, partner: i64| {
        let side = i128::from(side) * 100;
        let floor = sum * i128::from(plan.imbalance_floor_percent);
        side >= i128::from(partner.max(1)) * i128::from(plan.imbalance_percent)
            && side * (count as i128) >= floor
    };
    let (mut buy_run, mut sell_run) = (0, 0);
    for at in 0..footprint.len() {
        let row = footprint.row(at);
        let buys = at != 0 && outweighs(row.ask.0, footprint.row(at - 1).bid.0);
        let sells = at + 1 < footprint.len() && outweighs(row.bid.0, footprint.row(at + 1).ask.0);
        marks.buy_imbalances[at / 64] |= u64::from(buys) << (at % 64);
        marks.sell_imbalances[at / 64] |= u64::from(sells) << (at % 64);
        buy_run = if buys { buy_run + 1 } else { 0 };
        sell_run = if sells { sell_run + 1 } else { 0 };
        marks.buy_run = marks.buy_run.max(buy_run);
        marks.sell_run = marks.sell_run.max(sell_run);
    }
    marks
}
