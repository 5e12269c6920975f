//! What a synthetic market is told before it starts. The defaults are tuned so that its figures
//! stand near those of the USDⓈ-M recording of July 2024 (`statistics` prints both).

use model::{Fine, Instrument, Lots, MILLISECOND, Nanos, Price};

/// The instrument, the start and the temper of a synthetic market.
#[derive(Clone, Debug)]
pub struct MarketPlan {
    /// What is traded.
    pub instrument: Instrument,
    /// Digits behind the dot of a price on the wire (`pricePrecision`).
    pub price_places: u32,
    /// Mid price at the start.
    pub start: Price,
    /// Venue time at the start.
    pub time_start: Nanos,
    /// How often a depth event is sent; zero sends one after every action that changed the book.
    pub depth_interval: Nanos,
    /// Trades of one price and taker side within this span are one aggregate; zero aggregates
    /// nothing.
    pub aggregate_span: Nanos,
    /// How long after its first trade an aggregate is sent when nothing displaced it.
    pub aggregate_delay: Nanos,
    /// Whether 1-minute kline frames are sent.
    pub klines: bool,
    /// Taker orders a second in the middle regime, before excitation by each other.
    pub orders_per_second: f64,
    /// Deviation of the 1 s return in the middle regime, in basis points.
    pub volatility_bp: f64,
    /// Lots that count as one unit of size (1 BTC): sizes are drawn in units.
    pub unit_lots: f64,
    /// What rests at the best price in quiet times, in units.
    pub best_units: f64,
    /// Open interest at the start.
    pub open_interest: Lots,
    /// Avalanches an hour: a tenth of a second with a thousand messages and more.
    pub avalanches_per_hour: f64,
    /// Length of a funding interval.
    pub funding_interval: Nanos,
}

impl Default for MarketPlan {
    fn default() -> Self {
        Self::btcusdt()
    }
}

impl MarketPlan {
    /// BTCUSDT as it was in late 2026.
    ///
    /// # Panics
    /// Never: the grid is a literal.
    #[must_use]
    pub fn btcusdt() -> Self {
        let grid = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a literal grid");
        Self {
            instrument: Instrument {
                price_min: Price(5_568),
                price_max: Price(45_297_640),
                lots_min: Lots(1),
                lots_max: Lots(1_000_000),
                market_lots_max: Lots(120_000),
                notional_min: Fine(50 * Fine::ONE.0),
                ..grid
            },
            price_places: 2,
            start: Price(845_511),
            // 2026-11-20 00:00:00 UTC.
            time_start: Nanos(1_795_132_800 * 1_000_000_000),
            depth_interval: Nanos(100 * MILLISECOND.0),
            aggregate_span: Nanos(100 * MILLISECOND.0),
            aggregate_delay: Nanos(150 * MILLISECOND.0),
            klines: false,
            orders_per_second: 3.0,
            volatility_bp: 0.34,
            unit_lots: 1000.0,
            best_units: 9.0,
            open_interest: Lots(88_123_456),
            avalanches_per_hour: 1.5,
            funding_interval: Nanos(8 * 3_600_000_000_000),
        }
    }

    /// ETHUSDT, for a second instrument beside the first.
    ///
    /// # Panics
    /// Never: the grid is a literal.
    #[must_use]
    pub fn ethusdt() -> Self {
        let grid = Instrument::new("ETHUSDT", "0.01", "0.001").expect("a literal grid");
        Self {
            instrument: Instrument {
                price_min: Price(3_986),
                price_max: Price(30_617_700),
                lots_min: Lots(1),
                lots_max: Lots(10_000_000),
                market_lots_max: Lots(2_000_000),
                notional_min: Fine(20 * Fine::ONE.0),
                ..grid
            },
            start: Price(269_017),
            unit_lots: 20_000.0,
            best_units: 5.0,
            volatility_bp: 0.4,
            open_interest: Lots(1_900_000_000),
            ..Self::btcusdt()
        }
    }
}
