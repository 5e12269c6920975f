//! What may be chosen about the figures of the tape; the specification's names and values.

/// The group's plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrintsPlan {
    /// Edges between the four classes of CVD by size, in whole quote units, ascending.
    pub size_edges: [u64; 3],
    /// Ticks of one footprint row, 1..=1 000 000.
    pub footprint_rows: i64,
    /// A diagonal imbalance is so many hundredths of its partner, >= 1.
    pub imbalance_percent: u32,
    /// And so many hundredths of the mean row side.
    pub imbalance_floor_percent: u32,
    /// Imbalances in a row that make a stack, >= 1.
    pub stacked_rows: u32,
    /// Percentile of the row sides that absorption reaches, 1..=100.
    pub absorption_percentile: u32,
    /// The average daily volume in lots; 0: the mean of the last five sound UTC days.
    pub vpin_daily_lots: i64,
    /// Prints that may wait for their markouts; a power of two is taken.
    pub markout_slots: usize,
}

impl Default for PrintsPlan {
    fn default() -> Self {
        Self {
            size_edges: [10_000, 100_000, 1_000_000],
            footprint_rows: 100,
            imbalance_percent: 300,
            imbalance_floor_percent: 50,
            stacked_rows: 3,
            absorption_percentile: 97,
            vpin_daily_lots: 0,
            markout_slots: 65_536,
        }
    }
}
