//! Every configuration key: one row each, from which check, default, help and tests come. Rows of
//! what is computed stand here, those of stage 4 in [`levels`], [`trading`] and [`risk`], those of
//! what lies outside in [`outside`].

mod levels;
mod outside;
mod risk;
mod trading;

use levels::LEVELS;
use model::Fine;
use outside::OUTSIDE;
use risk::RISK;
use trading::TRADING;

/// What a key takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// An integer in a range, both ends allowed.
    Integer(u64, u64),
    /// A power of two in a range.
    PowerOfTwo(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A decimal in a range, both ends in 10⁻⁸ and allowed, of so many places at most.
    Decimal(Fine, Fine, u32),
    /// A limit of the risk gate: what it may be says `strategy::risk::LimitsDraft`.
    Limit,
    /// A path.
    Path,
    /// A path or nothing.
    MaybePath,
    /// `scheme://host` or `scheme://host:port` of this scheme.
    Url(&'static str),
    /// `IP:PORT`.
    Listen,
    /// A list of different symbols, at least one.
    Symbols,
    /// A list of different words of these, at least one.
    Words(&'static [&'static str]),
    /// A list of different integers in a range.
    Integers(u64, u64),
    /// A list of `SYMBOL:TICK:LOT[:spot]`.
    Instruments,
    /// A list of `SYMBOL:STEP:STEP`.
    Rounds,
}

impl Form {
    /// The form in a sentence.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Integer(..) | Self::PowerOfTwo(..) => "an integer",
            Self::Decimal(..) | Self::Limit => "a number",
            Self::Flag => "true or false",
            Self::Choice(_) | Self::Path | Self::MaybePath | Self::Url(_) | Self::Listen => {
                "a string"
            }
            Self::Integers(..) => "a list of integers",
            Self::Symbols => "a list of symbols",
            Self::Words(_) => "a list of words",
            Self::Instruments => "a list of SYMBOL:TICK:LOT strings",
            Self::Rounds => "a list of SYMBOL:STEP:STEP strings",
        }
    }
}

/// One key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Key {
    /// `section.name`.
    pub(crate) path: &'static str,
    /// What it takes.
    pub(crate) form: Form,
    /// Its default, as TOML; `None`: it is the operator's to say.
    pub(crate) default: Option<&'static str>,
    /// What it is for.
    pub(crate) meaning: &'static str,
}

impl Key {
    /// The last part of its path.
    pub(crate) fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }
}

const fn key(path: &'static str, form: Form, default: &'static str, meaning: &'static str) -> Key {
    Key { path, form, default: Some(default), meaning }
}

/// A key that nobody can say but the operator.
const fn stated(path: &'static str, form: Form, meaning: &'static str) -> Key {
    Key { path, form, default: None, meaning }
}

/// A decimal between two of 10⁻⁸, of at most so many places.
const fn decimal(low: i64, high: i64, places: u32) -> Form {
    Form::Decimal(Fine(low), Fine(high), places)
}

/// Of a decimal's unit.
const ONE: i64 = Fine::ONE.0;

const TABLES: &[&[Key]] = &[STAGES, LEVELS, TRADING, RISK, OUTSIDE];

const COUNT: usize = STAGES.len() + LEVELS.len() + TRADING.len() + RISK.len() + OUTSIDE.len();

/// Every key, in the order in which it is shown.
pub(crate) static KEYS: &[Key] = &joined::<COUNT>();

/// The tables as one.
const fn joined<const ALL: usize>() -> [Key; ALL] {
    let mut all = [STAGES[0]; ALL];
    let (mut table, mut row, mut at) = (0, 0, 0);
    while at < ALL {
        if row == TABLES[table].len() {
            (table, row) = (table + 1, 0);
        }
        all[at] = TABLES[table][row];
        (row, at) = (row + 1, at + 1);
    }
    all
}

/// Keys of what is computed.
const STAGES: &[Key] = &[
    key(
        "market.instruments",
        Form::Instruments,
        "[]",
        "grids by symbol, SYMBOL:TICK:LOT, with :spot behind for spot rules",
    ),
    key(
        "engine.layout",
        Form::Choice(&["inline", "fused", "two", "four", "auto"]),
        "\"inline\"",
        "threads of a replay: all inline, all fused on one hot thread, two, four, or what fits",
    ),
    key(
        "engine.idle",
        Form::Choice(&["spin", "yield", "park"]),
        "\"yield\"",
        "what a hot thread does while nothing comes",
    ),
    key(
        "engine.cores",
        Form::Integers(0, 1023),
        "[]",
        "cores of the hot threads, upstream first; empty: chosen from the affinity mask",
    ),
    key(
        "engine.hot_dir",
        Form::Path,
        "\"/dev/shm\"",
        "where the hot log lies; shared memory, never a disk",
    ),
    key(
        "book.window_ticks",
        Form::PowerOfTwo(64, 1 << 24),
        "65536",
        "ticks of a side that lie flat around the price, a power of two; four bytes each",
    ),
    key(
        "book.far_slots",
        Form::PowerOfTwo(8, 1 << 24),
        "32768",
        "slots of a side's table for levels outside the window, a power of two",
    ),
    key(
        "book.buffer_lines",
        Form::Integer(4097, 1 << 24),
        "16384",
        "lines of depth events that may wait for a snapshot",
    ),
    key(
        "book.bar_grace_ms",
        Form::Integer(0, 60_000),
        "500",
        "how long after its end the venue clock closes a bar",
    ),
    key(
        "book.stale_ms",
        Form::Integer(100, 3_600_000),
        "3000",
        "without a depth event for so long a trusted book is stale",
    ),
    key(
        "book.time_jump_max_ms",
        Form::Integer(100, 86_400_000),
        "10000",
        "a venue time further ahead is refused until three messages agree",
    ),
    key(
        "analytics.tape_slots",
        Form::PowerOfTwo(1024, 1 << 28),
        "4194304",
        "entries of an instrument's rolling tape, a power of two; 24 bytes each",
    ),
    key(
        "analytics.obi_window",
        Form::Integer(120, 86_400),
        "300",
        "1 Hz samples that the book imbalance's z is measured against",
    ),
    key(
        "analytics.prints.size_edge_medium",
        Form::Integer(1, 1 << 31),
        "10000",
        "CVD by size: notional in whole quote units from which a trade is medium",
    ),
    key(
        "analytics.prints.size_edge_large",
        Form::Integer(1, 1 << 31),
        "100000",
        "CVD by size: from which it is large",
    ),
    key(
        "analytics.prints.size_edge_huge",
        Form::Integer(1, 1 << 31),
        "1000000",
        "CVD by size: from which it is huge",
    ),
    key(
        "analytics.prints.footprint_rows",
        Form::Integer(1, 1_000_000),
        "100",
        "ticks of one footprint row",
    ),
    key(
        "analytics.prints.imbalance_percent",
        Form::Integer(1, 1_000_000),
        "300",
        "a diagonal imbalance in hundredths of its partner",
    ),
    key(
        "analytics.prints.imbalance_floor_percent",
        Form::Integer(0, 1_000_000),
        "50",
        "and at least so many hundredths of the mean row side",
    ),
    key(
        "analytics.prints.stacked_rows",
        Form::Integer(1, 192),
        "3",
        "imbalances in a row that make a stack",
    ),
    key(
        "analytics.prints.absorption_percentile",
        Form::Integer(1, 100),
        "97",
        "percentile of the row sides that absorption reaches",
    ),
    key(
        "analytics.prints.vpin_daily_lots",
        Form::Integer(0, 1 << 50),
        "0",
        "average daily volume in lots for VPIN; 0: the mean of the last five whole days",
    ),
    key(
        "analytics.prints.markout_slots",
        Form::PowerOfTwo(1024, 1 << 24),
        "65536",
        "prints that may wait for their markouts; 24 bytes each",
    ),
    key(
        "analytics.anatomy.smooth_bins",
        Form::Integer(1, 5),
        "5",
        "bins of the centred sum that smooths a profile; an even number is the next odd one",
    ),
    key(
        "analytics.anatomy.nodes",
        Form::Choice(&["prominence", "percentile"]),
        "\"prominence\"",
        "which peaks and valleys of a profile are nodes",
    ),
    key(
        "analytics.anatomy.refresh_s",
        Form::Integer(1, 3600),
        "10",
        "seconds of the venue clock between two analyses of a profile",
    ),
    key(
        "analytics.participation.vcp_bars",
        Form::Integer(24, 288),
        "96",
        "bars of 5, 15, 30 m whose volume the clusters are found in",
    ),
    key(
        "analytics.participation.slope_per_bar",
        Form::Choice(&["no", "yes"]),
        "\"no\"",
        "whether a slope over three bars is divided by three",
    ),
    key(
        "analytics.depth.ofi",
        Form::Choice(&["bookTicker", "book"]),
        "\"bookTicker\"",
        "where order flow imbalance takes the best from; without quotes the book serves",
    ),
    key(
        "analytics.indicators.rsi_price",
        Form::Choice(&["mark", "trade"]),
        "\"mark\"",
        "price of RSI and MACD; mark: of trades where the input has no mark stream",
    ),
    key("analytics.indicators.rsi_bars", Form::Integer(2, 10_000), "14", "period of RSI, bars"),
    key(
        "analytics.indicators.macd_fast_bars",
        Form::Integer(1, 10_000),
        "12",
        "period of MACD's fast EMA, bars; shorter than the slow one",
    ),
    key(
        "analytics.indicators.macd_slow_bars",
        Form::Integer(2, 10_000),
        "26",
        "period of MACD's slow EMA, bars",
    ),
    key(
        "analytics.indicators.macd_signal_bars",
        Form::Integer(1, 10_000),
        "9",
        "period of MACD's signal, bars",
    ),
    key("analytics.indicators.atr_bars", Form::Integer(1, 10_000), "14", "period of ATR, bars"),
    key(
        "analytics.indicators.atr_interval",
        Form::Choice(&["1m", "3m", "5m", "15m", "30m", "1h", "4h"]),
        "\"1h\"",
        "the interval of ATR without another word",
    ),
    key(
        "analytics.indicators.ema_bars",
        Form::Integer(1, 10_000),
        "20",
        "period of the EMA of closes, bars",
    ),
    key(
        "analytics.indicators.rolling_bars",
        Form::Integer(2, 10_000),
        "20",
        "closes of the rolling mean and deviation",
    ),
    key(
        "analytics.indicators.contaminated_bars",
        Form::Integer(1, 100_000),
        "64",
        "bars that an unstable one contaminates in RSI, MACD, EMA and ATR",
    ),
    key(
        "analytics.indicators.swing_bp",
        Form::Integer(1, 5_000),
        "40",
        "retrace that confirms a swing extreme, hundredths of a percent",
    ),
    key(
        "analytics.indicators.divergence_bp",
        Form::Integer(0, 5_000),
        "5",
        "least distance of two extremes that can diverge, hundredths of a percent",
    ),
    key(
        "analytics.indicators.sync_bars",
        Form::Integer(0, 15),
        "5",
        "bars before an extreme's own over which an indicator's extreme is taken",
    ),
    key(
        "analytics.indicators.divergence_rsi_tenths",
        Form::Integer(0, 1_000),
        "30",
        "what RSI must differ by, tenths of a point",
    ),
    key(
        "analytics.indicators.divergence_cvd_percent",
        Form::Integer(0, 100),
        "10",
        "what CVD must differ by, hundredths of its range",
    ),
    key(
        "analytics.indicators.divergence_classic_percent",
        Form::Integer(0, 100),
        "10",
        "what MACD's histogram, OBV and A/D must differ by, hundredths of their range",
    ),
    key(
        "analytics.averages.composite_days",
        Form::Integer(1, 30),
        "5",
        "completed UTC days of the composite window; today comes on top",
    ),
    key(
        "analytics.averages.anchor_slots",
        Form::Integer(1, 8),
        "6",
        "event-anchored windows at a time; one more takes the place of the oldest",
    ),
    key(
        "analytics.averages.anchor_pause_ms",
        Form::Integer(0, 86_400_000),
        "1800000",
        "an absorption or a liquidation spike anchors only so long after the last of its kind",
    ),
    key(
        "analytics.structure.intervals",
        Form::Words(&["5m", "15m", "1h", "4h"]),
        "[\"1h\", \"4h\"]",
        "bars on which market structure is judged, of 5m, 15m, 1h, 4h",
    ),
    key(
        "analytics.structure.slots",
        Form::Integer(8, 64),
        "64",
        "gaps, order blocks and pools that each interval keeps; when full the oldest is forgotten",
    ),
    key(
        "analytics.structure.liquidation_source",
        Form::Choice(&["own", "coinglass"]),
        "\"own\"",
        "liquidation clusters: the own model, or heatmap events in the input",
    ),
    key(
        "analytics.structure.margin_ppm_5x",
        Form::Integer(0, 500_000),
        "4000",
        "maintenance margin of positions at 5 times leverage, in millionths",
    ),
    key(
        "analytics.structure.margin_ppm_10x",
        Form::Integer(0, 500_000),
        "4000",
        "maintenance margin of positions at 10 times leverage, in millionths",
    ),
    key(
        "analytics.structure.margin_ppm_25x",
        Form::Integer(0, 500_000),
        "4000",
        "maintenance margin of positions at 25 times leverage, in millionths",
    ),
    key(
        "analytics.structure.margin_ppm_50x",
        Form::Integer(0, 500_000),
        "4000",
        "maintenance margin of positions at 50 times leverage, in millionths",
    ),
    key(
        "analytics.structure.margin_ppm_100x",
        Form::Integer(0, 500_000),
        "4000",
        "maintenance margin of positions at 100 times leverage, in millionths",
    ),
];
