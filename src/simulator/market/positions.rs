//! Who holds what: open interest that follows from the flow, liquidation prices that follow
//! from leverage, mark and index price, and the funding rate that follows from their premium.

use model::{Fine, Lots, Side};

use crate::dice::{Dice, whole};

/// Share of new positions by leverage, and the distance to liquidation that it leaves
/// (isolated margin, 0.4 % maintenance).
const TIERS: [(f64, f64); 5] =
    [(0.15, 0.1968), (0.30, 0.0964), (0.30, 0.0362), (0.15, 0.0161), (0.10, 0.0060)];
/// Share of a bin that is really liquidated when the mark passes it: the rest had a stop, a
/// hedge or more margin.
const FORCED_SHARE: f64 = 0.012;

/// Positions of the whole market in one instrument.
#[derive(Clone, Debug)]
pub(crate) struct Positions {
    /// Open contracts in lots.
    open: f64,
    anchor: f64,
    width: f64,
    /// Lots of longs (shorts) whose liquidation price lies in the bin.
    longs: Vec<f64>,
    shorts: Vec<f64>,
    bin: usize,
    /// Lots waiting to be sold (longs) and bought (shorts) by force.
    pub(crate) forced: [f64; 2],
    premium: f64,
    premium_sum: f64,
    premium_count: f64,
    index_ticks: f64,
    mark_ticks: f64,
    average_ticks: f64,
}

impl Positions {
    pub(crate) fn new(start_ticks: f64, open: Lots) -> Self {
        let open = open.0 as f64;
        let width = (start_ticks * 2.5e-4).max(1.0);
        let count = usize::try_from(whole(4.0 * start_ticks / width) + 2).unwrap_or(2);
        let mut positions = Self {
            open,
            anchor: open,
            width,
            longs: vec![0.0; count],
            shorts: vec![0.0; count],
            bin: 0,
            forced: [0.0; 2],
            premium: 0.0,
            premium_sum: 0.0,
            premium_count: 0.0,
            index_ticks: start_ticks,
            mark_ticks: start_ticks,
            average_ticks: start_ticks,
        };
        positions.bin = positions.bin_of(start_ticks);
        // What is open at the start was opened within three percent of the start price.
        for step in 0..61 {
            let entry = start_ticks * (0.97 + 0.001 * f64::from(step));
            positions.add(entry, open / 61.0, start_ticks);
        }
        positions
    }

    fn bin_of(&self, ticks: f64) -> usize {
        usize::try_from(whole(ticks / self.width)).unwrap_or(0).min(self.longs.len() - 1)
    }

    /// New longs and shorts at a price; those that would be liquidated already are not there.
    fn add(&mut self, entry: f64, lots: f64, price: f64) {
        for (share, distance) in TIERS {
            let (long, short) = (entry * (1.0 - distance), entry * (1.0 + distance));
            if long < price {
                let at = self.bin_of(long);
                self.longs[at] += lots * share;
            }
            if short > price {
                let at = self.bin_of(short);
                self.shorts[at] += lots * share;
            }
        }
    }

    /// A trade: both open, both close, or one hands over to the other.
    pub(crate) fn traded(&mut self, ticks: f64, lots: u32, trending: f64, dice: &mut Dice) {
        let lots = f64::from(lots);
        // A trend attracts, a crowd repels: open interest wanders around its anchor.
        let crowd = (self.open / self.anchor - 1.0) * 1.5;
        let opens = 0.5 + 0.04 * trending.abs().min(1.0) - crowd.clamp(-0.3, 0.3);
        match (dice.chance(opens), dice.chance(opens)) {
            (true, true) => {
                self.open += lots;
                self.add(ticks, lots, ticks);
            }
            (false, false) => self.open = (self.open - lots).max(self.anchor * 0.2),
            _ => {}
        }
    }

    /// Once a second: mark and index follow, and liquidations that the mark reached are queued.
    /// Returns whether a cascade began.
    pub(crate) fn second(&mut self, mid: f64, flow_tilt: f64, dice: &mut Dice) -> bool {
        self.index_ticks += (mid - self.index_ticks) * 0.25;
        self.premium += -0.01 * (self.premium - flow_tilt * 2.5e-4) + 4e-6 * dice.normal();
        self.index_ticks = self.index_ticks.max(1.0);
        let fair = self.index_ticks * (1.0 + self.premium);
        // The venue's mark is the median of three candidates.
        let mut candidates = [fair, self.average_ticks * 0.5 + fair * 0.5, mid];
        candidates.sort_by(f64::total_cmp);
        self.mark_ticks = candidates[1];
        self.average_ticks += (self.mark_ticks - self.average_ticks) / 30.0;
        self.premium_sum += (self.mark_ticks - self.index_ticks) / self.index_ticks;
        self.premium_count += 1.0;
        self.liquidate()
    }

    fn liquidate(&mut self) -> bool {
        let before = self.forced[0] + self.forced[1];
        let bin = self.bin_of(self.mark_ticks);
        for at in bin..self.bin {
            self.forced[0] += std::mem::take(&mut self.longs[at]) * FORCED_SHARE;
        }
        for at in self.bin..bin {
            self.forced[1] += std::mem::take(&mut self.shorts[at]) * FORCED_SHARE;
        }
        self.bin = bin;
        let added = self.forced[0] + self.forced[1] - before;
        added > self.anchor * 1.5e-4
    }

    /// Takes up to `lots` from the forced queue of the side that must sell (or buy).
    pub(crate) fn force(&mut self, side: Side, lots: f64) -> f64 {
        let at = match side {
            Side::Sell => 0,
            Side::Buy => 1,
        };
        let taken = lots.min(self.forced[at]);
        self.forced[at] -= taken;
        self.open = (self.open - taken).max(self.anchor * 0.2);
        taken
    }

    /// An hour's attrition: positions are closed and opened elsewhere.
    pub(crate) fn hour(&mut self) {
        for bin in self.longs.iter_mut().chain(&mut self.shorts) {
            *bin *= 0.85;
        }
    }

    /// A new funding interval: the premium is averaged afresh.
    pub(crate) fn settle(&mut self) {
        self.premium_sum = 0.0;
        self.premium_count = 0.0;
    }

    /// Open interest in lots.
    pub(crate) fn open(&self) -> Lots {
        Lots(whole(self.open))
    }

    /// The funding rate as estimated now, in 10⁻⁸: premium plus interest, clamped as the venue
    /// does.
    pub(crate) fn rate(&self) -> i64 {
        let premium = self.premium_sum / self.premium_count.max(1.0);
        let rate = premium + (1e-4 - premium).clamp(-5e-4, 5e-4);
        whole(rate.clamp(-3e-3, 3e-3) * 1e8)
    }

    /// Mark, its moving average, index and estimated settle price.
    pub(crate) fn prices(&self, tick: Fine) -> [Fine; 4] {
        let fine = |ticks: f64| Fine(whole(ticks * tick.0 as f64));
        [
            fine(self.mark_ticks),
            fine(self.average_ticks),
            fine(self.index_ticks),
            fine(self.index_ticks * 0.7 + self.average_ticks * 0.3),
        ]
    }
}
