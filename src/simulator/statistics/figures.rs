//! The figures of a market and the table that shows several markets beside each other.

use super::Statistics;

/// What a market looks like. A figure without enough data is NaN and shown as `-`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Figures {
    /// Seconds of event time from the first frame to the last.
    pub seconds: f64,
    /// Frames a second.
    pub messages_rate: f64,
    /// Most frames in one second of event time.
    pub messages_second_max: f64,
    /// Most frames in 100 ms of event time.
    pub burst_max: f64,
    /// Tenths of a second with 1 000 frames and more.
    pub bursts_over_1000: f64,
    /// Single trades a second.
    pub trades_rate: f64,
    /// Aggregates a second.
    pub aggregates_rate: f64,
    /// Variance over mean of aggregates by second: 1 for a Poisson stream.
    pub aggregates_dispersion: f64,
    /// Median aggregate in base units.
    pub size_median: f64,
    /// Mean aggregate in base units.
    pub size_mean: f64,
    /// Hill's tail index of the largest 5 % of aggregates.
    pub size_tail: f64,
    /// Autocorrelation of taker signs, lag 1 and lag 10 aggregates.
    pub sign_memory: [f64; 2],
    /// Share of time with a spread of 1 tick, and of 3 and more.
    pub spread_share: [f64; 2],
    /// Quotes a second.
    pub quotes_rate: f64,
    /// Levels a second that a 100 ms depth stream tells of.
    pub levels_rate: f64,
    /// Deviation of 1 s mid returns in basis points.
    pub volatility_bp: f64,
    /// Kurtosis of 1 s mid returns; 3 for a normal.
    pub kurtosis: f64,
    /// Share of seconds without a change of the mid.
    pub still_share: f64,
    /// Autocorrelation of absolute 1 s returns at lags 1, 5 and 30.
    pub absolute_memory: [f64; 3],
    /// Autocorrelation of squared 1 s returns at lag 1.
    pub squared_memory: f64,
    /// Median size of the best bid in base units.
    pub best_median: f64,
    /// Mean quantity of a side within 1, 10, 100 and 1 000 levels, in base units.
    pub depth_shape: [f64; 4],
    /// Liquidation frames an hour.
    pub liquidations_hour: f64,
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Population variance.
fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().map(|value| (value - middle) * (value - middle)).sum::<f64>()
        / values.len() as f64
}

fn autocorrelation(values: &[f64], lag: usize) -> f64 {
    if values.len() <= lag + 1 {
        return f64::NAN;
    }
    let middle = mean(values);
    let pairs = values.iter().zip(&values[lag..]);
    let shared: f64 = pairs.map(|(a, b)| (a - middle) * (b - middle)).sum();
    shared / (variance(values) * values.len() as f64)
}

fn kurtosis(values: &[f64]) -> f64 {
    let middle = mean(values);
    let fourth = values.iter().map(|value| libm::pow(value - middle, 4.0)).sum::<f64>();
    fourth / values.len() as f64 / libm::pow(variance(values), 2.0)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Hill's estimator over the largest twentieth; the values are sorted.
fn tail_index(sorted: &[f64]) -> f64 {
    let count = sorted.len() / 20;
    if count < 10 {
        return f64::NAN;
    }
    let least = sorted[sorted.len() - count - 1];
    let tail = &sorted[sorted.len() - count..];
    let excess = tail.iter().map(|value| libm::log(value / least)).sum::<f64>();
    count as f64 / excess
}

impl Statistics {
    /// Sums up what was taken so far.
    #[must_use]
    pub fn figures(mut self) -> Figures {
        self.close();
        let seconds = self.last_millis.saturating_sub(self.first_millis) as f64 / 1000.0;
        let rate = |count: u64| count as f64 / seconds;
        let returns: Vec<f64> = self
            .mids
            .windows(2)
            .map(|pair| libm::log(pair[1] as f64 / pair[0] as f64) * 1e4)
            .collect();
        let absolute: Vec<f64> = returns.iter().map(|change| change.abs()).collect();
        let squared: Vec<f64> = returns.iter().map(|change| change * change).collect();
        let signs: Vec<f64> = self.signs.iter().map(|&sign| f64::from(sign)).collect();
        let counts: Vec<f64> = self.per_second.iter().map(|&count| f64::from(count)).collect();
        let spread_total: u64 = self.spread_time.iter().sum();
        let shapes = self.depth_shape.len() as f64;
        let size_mean = mean(&self.sizes);
        let size_median = median(&mut self.sizes);
        Figures {
            seconds,
            messages_rate: rate(self.messages),
            messages_second_max: self.second_peak as f64,
            burst_max: self.burst as f64,
            bursts_over_1000: self.bursts_over_1000 as f64,
            trades_rate: rate(self.trades),
            aggregates_rate: rate(self.sizes.len() as u64),
            aggregates_dispersion: variance(&counts) / mean(&counts),
            size_median,
            size_mean,
            size_tail: tail_index(&self.sizes),
            sign_memory: [1, 10].map(|lag| autocorrelation(&signs, lag)),
            spread_share: [0, 2].map(|at| self.spread_time[at] as f64 / spread_total as f64),
            quotes_rate: rate(self.quotes),
            levels_rate: rate(self.level_changes + self.merged.len() as u64),
            volatility_bp: libm::sqrt(variance(&returns)),
            kurtosis: kurtosis(&returns),
            still_share: returns.iter().filter(|&&change| change == 0.0).count() as f64
                / returns.len() as f64,
            absolute_memory: [1, 5, 30].map(|lag| autocorrelation(&absolute, lag)),
            squared_memory: autocorrelation(&squared, 1),
            best_median: median(&mut self.best_sizes),
            depth_shape: [0, 1, 2, 3]
                .map(|at| self.depth_shape.iter().map(|shape| shape[at]).sum::<f64>() / shapes),
            liquidations_hour: rate(self.liquidations) * 3600.0,
        }
    }
}

impl Figures {
    /// Every figure with its name, in the table's order.
    #[must_use]
    pub fn rows(&self) -> [(&'static str, f64); 30] {
        [
            ("seconds", self.seconds),
            ("messages/s", self.messages_rate),
            ("messages in 1 s, max", self.messages_second_max),
            ("messages in 100 ms, max", self.burst_max),
            ("100 ms with 1 000 and more", self.bursts_over_1000),
            ("single trades/s", self.trades_rate),
            ("aggregates/s", self.aggregates_rate),
            ("aggregates by second, variance/mean", self.aggregates_dispersion),
            ("size, median", self.size_median),
            ("size, mean", self.size_mean),
            ("size, tail index (5 %)", self.size_tail),
            ("taker sign memory, lag 1", self.sign_memory[0]),
            ("taker sign memory, lag 10", self.sign_memory[1]),
            ("time at spread 1 tick", self.spread_share[0]),
            ("time at spread 3 ticks and more", self.spread_share[1]),
            ("quotes/s", self.quotes_rate),
            ("levels/s at 100 ms", self.levels_rate),
            ("1 s return, deviation (bp)", self.volatility_bp),
            ("1 s return, kurtosis", self.kurtosis),
            ("seconds without a move", self.still_share),
            ("absolute 1 s return memory, lag 1", self.absolute_memory[0]),
            ("absolute 1 s return memory, lag 5", self.absolute_memory[1]),
            ("absolute 1 s return memory, lag 30", self.absolute_memory[2]),
            ("squared 1 s return memory, lag 1", self.squared_memory),
            ("best bid, median", self.best_median),
            ("depth within 1 level", self.depth_shape[0]),
            ("depth within 10 levels", self.depth_shape[1]),
            ("depth within 100 levels", self.depth_shape[2]),
            ("depth within 1 000 levels", self.depth_shape[3]),
            ("liquidation frames/h", self.liquidations_hour),
        ]
    }
}

/// A Markdown table with one column a market.
#[must_use]
pub fn table(columns: &[(&str, Figures)]) -> String {
    let mut text = String::from("| figure |");
    for (name, _) in columns {
        text.push_str(&format!(" {name} |"));
    }
    text.push_str("\n|---|");
    text.push_str(&"---:|".repeat(columns.len()));
    let rows: Vec<_> = columns.iter().map(|(_, figures)| figures.rows()).collect();
    for at in 0..rows.first().map_or(0, |row| row.len()) {
        text.push_str(&format!("\n| {} |", rows[0][at].0));
        for row in &rows {
            match row[at].1 {
                value if !value.is_finite() => text.push_str(" - |"),
                value if value.abs() >= 100.0 => text.push_str(&format!(" {value:.0} |")),
                value if value.abs() >= 10.0 => text.push_str(&format!(" {value:.1} |")),
                value => text.push_str(&format!(" {value:.3} |")),
            }
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::{autocorrelation, kurtosis, median, tail_index, variance};
    use crate::dice::Dice;

    #[test]
    fn moments_of_known_series() {
        assert!((variance(&[1.0, 3.0]) - 1.0).abs() < 1e-12);
        assert!((kurtosis(&[-1.0, 1.0, -1.0, 1.0]) - 1.0).abs() < 1e-12);
        assert!((median(&mut [3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        // Alternating: lag 1 is −(n−1)/n, lag 2 is (n−2)/n.
        let flip: Vec<f64> = (0..100).map(|at| if at % 2 == 0 { 1.0 } else { -1.0 }).collect();
        assert!((autocorrelation(&flip, 1) + 0.99).abs() < 1e-9);
        assert!((autocorrelation(&flip, 2) - 0.98).abs() < 1e-9);
    }

    #[test]
    fn hill_finds_the_index_that_was_rolled() {
        let mut dice = Dice::new(3);
        let mut sizes: Vec<f64> = (0..200_000).map(|_| dice.pareto(1.0, 1.4)).collect();
        sizes.sort_by(f64::total_cmp);
        let found = tail_index(&sizes);
        assert!((found - 1.4).abs() < 0.06, "tail index {found}");
    }
}
