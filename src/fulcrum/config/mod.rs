//! Configuration: what the operator wrote, checked once, with the origin of every value.
//!
//! The one table of keys is in [`keys`]; a file is read against it by [`read`]; what it says of
//! trading is concluded in [`trading`]. Below the fulcrum nobody reads a file, an environment variable or a flag.

mod keys;
mod nearest;
mod number;
mod read;
#[cfg(test)]
mod tests;
mod trading;
#[cfg(test)]
mod trading_tests;
mod url;

use std::fmt;
use std::fs;
use std::path::Path;

use analytics::structure::{LiquidationSource, StructurePlan};
use model::{Fine, Instrument, Interval, Nanos};
use toml::de::DeValue;

use crate::exit::{Exit, Stop};
use keys::{KEYS, Key};
use read::{Read, Set, Value};
pub(crate) use trading::{Word, demonstration};
pub(crate) use url::Url;

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    Default,
    File { file: String, line: usize, column: usize },
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File { file, line, column } => write!(out, "{file}:{line}:{column}"),
        }
    }
}

/// One key with its value in force.
#[derive(Debug)]
pub(crate) struct Setting {
    key: &'static Key,
    // `None`: only the operator can say it, and has not.
    value: Option<Value>,
    origin: Origin,
}

impl Setting {
    pub(crate) const fn path(&self) -> &'static str {
        self.key.path
    }

    pub(crate) const fn meaning(&self) -> &'static str {
        self.key.meaning
    }

    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The value as TOML; `None` when only the operator can say it, and has not.
    pub(crate) fn value(&self) -> Option<String> {
        self.value.as_ref().map(ToString::to_string)
    }
}

/// The whole configuration: every key that has a default has a value.
#[derive(Debug)]
pub(crate) struct Config {
    settings: Vec<Setting>,
    // Empty without one.
    file: String,
    // Of the file, with line and column.
    sections: Vec<(String, usize, usize)>,
}

impl Config {
    /// The defaults, and over them a file's values.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, Stop> {
        let read = match file {
            None => Read::default(),
            Some(path) => Self::file(path)?,
        };
        let config =
            Self::of(file.map(|path| path.display().to_string()).unwrap_or_default(), read);
        config.relations()?;
        // A file that states trading wrongly is no file for any verb.
        config.trading()?;
        Ok(config)
    }

    fn of(file: String, Read { sets, sections }: Read) -> Self {
        let settings = KEYS.iter().map(|key| match sets.iter().find(|set| set.key == key) {
            Some(Set { value, line, column, .. }) => {
                let (line, column) = (*line, *column);
                let origin = Origin::File { file: file.clone(), line, column };
                Setting { key, value: Some(value.clone()), origin }
            }
            None => Setting { key, value: default(key), origin: Origin::Default },
        });
        Self { settings: settings.collect(), file, sections }
    }

    /// What must hold between two keys.
    fn relations(&self) -> Result<(), Stop> {
        let [fast, slow] = ["fast", "slow"].map(|which| {
            let path = format!("analytics.indicators.macd_{which}_bars");
            self.settings.iter().find(|setting| setting.path() == path)
        });
        if let (Some(fast), Some(slow)) = (fast, slow)
            && self.integer(slow.path()) <= self.integer(fast.path())
        {
            return Err(Stop::new(
                Exit::Configuration,
                format_args!(
                    "`{}` ({}) must be less than `{}` ({})",
                    fast.path(),
                    fast.origin(),
                    slow.path(),
                    slow.origin()
                ),
            ));
        }
        Ok(())
    }

    fn file(path: &Path) -> Result<Read, Stop> {
        let wrong = |what: &dyn fmt::Display| {
            Stop::new(Exit::Configuration, format_args!("{}: {what}", path.display()))
        };
        let bytes = fs::read(path).map_err(|error| wrong(&error))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            wrong(&format_args!("byte {} is not UTF-8", error.utf8_error().valid_up_to()))
        })?;
        read::read(&path.display().to_string(), &text).map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Stop::new(Exit::Configuration, lines.join("\n"))
        })
    }

    pub(crate) fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// A key's setting.
    pub(crate) fn setting(&self, path: &str) -> &Setting {
        let setting = self.settings.iter().find(|setting| setting.key.path == path);
        setting.unwrap_or_else(|| unreachable!("{path} is no row of KEYS"))
    }

    fn value(&self, path: &str) -> &Value {
        let value = self.setting(path).value.as_ref();
        value.unwrap_or_else(|| unreachable!("{path} is not stated, and nobody has looked"))
    }

    /// A word or a path.
    pub(crate) fn text(&self, path: &str) -> &str {
        match self.value(path) {
            Value::Text(text) => text,
            other => unreachable!("{path} holds {other}, not a text"),
        }
    }

    /// An integer.
    pub(crate) fn integer(&self, path: &str) -> u64 {
        match self.value(path) {
            Value::Integer(integer) => *integer,
            other => unreachable!("{path} holds {other}, not an integer"),
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, path: &str) -> bool {
        match self.value(path) {
            Value::Flag(flag) => *flag,
            other => unreachable!("{path} holds {other}, not true or false"),
        }
    }

    /// A decimal.
    pub(crate) fn decimal(&self, path: &str) -> Fine {
        match self.value(path) {
            Value::Decimal(decimal) => *decimal,
            other => unreachable!("{path} holds {other}, not a decimal"),
        }
    }

    pub(crate) fn size(&self, path: &str) -> usize {
        // Every range in the table ends below 2³².
        usize::try_from(self.integer(path)).unwrap_or(usize::MAX)
    }

    pub(crate) fn millis(&self, path: &str) -> Nanos {
        Nanos::from_millis(self.integer(path))
    }

    /// What the stages are built with, stage 4 as [`Config::strategy`] says.
    pub(crate) fn plan(&self) -> Result<engine::Plan, Stop> {
        Ok(engine::Plan { strategy: self.strategy()?, ..self.figures() })
    }

    /// The same for a verb that has nothing to say where nothing is decided.
    pub(crate) fn deciding(&self) -> Result<engine::Plan, Stop> {
        let plan = self.plan()?;
        if plan.strategy.is_none() {
            let place = self.whence("strategy.enabled");
            let what = "`strategy.enabled` is false: there are no decisions to look at";
            return Err(Stop::new(Exit::Configuration, format_args!("{place}: {what}")));
        }
        Ok(plan)
    }

    /// The same for figures alone: nothing is decided.
    pub(crate) fn figures(&self) -> engine::Plan {
        engine::Plan {
            book: book::Plan {
                window_ticks: self.size("book.window_ticks"),
                far_slots: self.size("book.far_slots"),
                buffer_lines: self.size("book.buffer_lines"),
                bar_grace: self.millis("book.bar_grace_ms"),
                stale_after: self.millis("book.stale_ms"),
                time_jump_max: self.millis("book.time_jump_max_ms"),
                ..book::Plan::default()
            },
            analytics: analytics::Plan {
                tape_slots: self.size("analytics.tape_slots"),
                obi_window: self.size("analytics.obi_window"),
                prints: self.prints(),
                participation: analytics::participation::ParticipationPlan {
                    vcp_bars: self.integer("analytics.participation.vcp_bars"),
                    slope_per_bar: self.text("analytics.participation.slope_per_bar") == "yes",
                },
                depth: analytics::DepthPlan {
                    ofi: match self.text("analytics.depth.ofi") {
                        "book" => analytics::OfiSource::Book,
                        _ => analytics::OfiSource::BookTicker,
                    },
                },
                anatomy: analytics::anatomy::AnatomyPlan {
                    smooth_bins: self.size("analytics.anatomy.smooth_bins"),
                    nodes: match self.text("analytics.anatomy.nodes") {
                        "percentile" => analytics::anatomy::Nodes::Percentile,
                        _ => analytics::anatomy::Nodes::Prominence,
                    },
                    refresh_s: self.integer("analytics.anatomy.refresh_s"),
                },
                indicators: self.indicators(),
                averages: analytics::AveragesPlan {
                    composite_days: self.integer("analytics.averages.composite_days"),
                    anchor_slots: self.size("analytics.averages.anchor_slots"),
                    anchor_pause: self.millis("analytics.averages.anchor_pause_ms"),
                },
                structure: self.structure(),
                ..analytics::Plan::default()
            },
            strategy: None,
        }
    }

    /// What may be chosen about the figures of the tape.
    fn prints(&self) -> analytics::PrintsPlan {
        let key = |name: &str| format!("analytics.prints.{name}");
        let integer = |name| self.integer(&key(name));
        // Every range in the table ends below 2³¹, that of the daily lots below 2⁶³.
        let number = |name| u32::try_from(integer(name)).unwrap_or(u32::MAX);
        let lots = |name| i64::try_from(integer(name)).unwrap_or(i64::MAX);
        analytics::PrintsPlan {
            size_edges: ["size_edge_medium", "size_edge_large", "size_edge_huge"].map(integer),
            footprint_rows: lots("footprint_rows"),
            imbalance_percent: number("imbalance_percent"),
            imbalance_floor_percent: number("imbalance_floor_percent"),
            stacked_rows: number("stacked_rows"),
            absorption_percentile: number("absorption_percentile"),
            vpin_daily_lots: lots("vpin_daily_lots"),
            markout_slots: self.size(&key("markout_slots")),
        }
    }

    fn indicators(&self) -> analytics::IndicatorPlan {
        let path = |name: &str| format!("analytics.indicators.{name}");
        let bars = |name: &str| self.size(&path(name));
        let number = |name: &str| u32::try_from(self.integer(&path(name))).unwrap_or(u32::MAX);
        analytics::IndicatorPlan {
            rsi_price: match self.text(&path("rsi_price")) {
                "trade" => analytics::RsiPrice::Trade,
                _ => analytics::RsiPrice::Mark,
            },
            rsi_bars: bars("rsi_bars"),
            macd_fast_bars: bars("macd_fast_bars"),
            // > fast: `relations`.
            macd_slow_bars: bars("macd_slow_bars"),
            macd_signal_bars: bars("macd_signal_bars"),
            atr_bars: bars("atr_bars"),
            atr_interval: Interval::parse(self.text(&path("atr_interval")))
                .unwrap_or(Interval::Hour1),
            ema_bars: bars("ema_bars"),
            rolling_bars: bars("rolling_bars"),
            contaminated_bars: number("contaminated_bars"),
            swing_bp: number("swing_bp"),
            divergence_bp: number("divergence_bp"),
            sync_bars: bars("sync_bars"),
            divergence_rsi_tenths: number("divergence_rsi_tenths"),
            divergence_cvd_percent: number("divergence_cvd_percent"),
            divergence_classic_percent: number("divergence_classic_percent"),
        }
    }

    /// What may be chosen about market structure.
    fn structure(&self) -> StructurePlan {
        let mut plan = StructurePlan {
            slots: self.size("analytics.structure.slots"),
            liquidation_source: match self.text("analytics.structure.liquidation_source") {
                "coinglass" => LiquidationSource::Coinglass,
                _ => LiquidationSource::Own,
            },
            ..StructurePlan::default()
        };
        let words = self.texts("analytics.structure.intervals");
        // The table of keys knows no word that is no interval.
        plan.intervals = words.iter().filter_map(|word| Interval::parse(word)).collect();
        plan.intervals.sort_unstable();
        for tier in &mut plan.tiers {
            let path = format!("analytics.structure.margin_ppm_{}x", tier.leverage);
            tier.margin = u32::try_from(self.integer(&path)).unwrap_or(u32::MAX);
        }
        plan
    }

    /// A list of integers.
    pub(crate) fn integers(&self, path: &str) -> &[u64] {
        match self.value(path) {
            Value::Integers(integers) => integers,
            other => unreachable!("{path} holds {other}, not integers"),
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&self, path: &str) -> &[String] {
        match self.value(path) {
            Value::Texts(texts) => texts,
            other => unreachable!("{path} holds {other}, not texts"),
        }
    }

    /// The instruments of `market.instruments`.
    pub(crate) fn instruments(&self) -> Vec<Instrument> {
        match self.value("market.instruments") {
            // The reader has parsed each of them once already.
            Value::Texts(texts) => {
                texts.iter().filter_map(|text| Instrument::parse(text).ok()).collect()
            }
            other => unreachable!("market.instruments holds {other}"),
        }
    }
}

/// A key's default, if it has one; a test reads every one.
fn default(key: &'static Key) -> Option<Value> {
    let read = DeValue::parse(key.default?).ok().and_then(|value| read::take(key, &value).ok());
    Some(read.unwrap_or_else(|| unreachable!("the default of {} is not what it takes", key.path)))
}
