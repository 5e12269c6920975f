//! What a file says of trading, as the plan of stage 4; and what a verb does without such a word.
//!
//! | the file | a verb that trades, `check`, `doctor` | replay, demo, analyze |
//! |---|---|---|
//! | there is none, or it says nothing of trading | nothing is decided | limits of the demonstration, announced |
//! | `strategy.enabled = false` | nothing is decided | nothing is decided |
//! | anything of `[strategy…]` or `[risk]` | its plan: every limit must stand | its plan |
//!
//! A limit that is missing or contradicts another is a refusal of the whole file, whatever the verb.

use model::{Fine, HOUR, MINUTE, Nanos, SECOND};
use strategy::exits::{HoldPlan, Share, SizePlan};
use strategy::hypotheses::{EntryRule, Grade, HypothesisPlan, InterestFilter, InterestRule};
use strategy::levels::{LevelPlan, Weights, ZoneBase};
use strategy::risk::{LimitRefusal, Limits, LimitsDraft};
use strategy::{Fees, PaperPlan, Plan, Rounds, Unsound};

use super::keys::{Form, KEYS, Key};
use super::{Config, Origin, Setting, number, read};
use crate::exit::{Exit, Stop};

/// What a configuration says of trading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Word {
    /// Nothing.
    Silent,
    /// That nothing is decided.
    Off,
    /// What is decided.
    On,
}

/// The plan of the demonstration, said once on stderr by whoever takes it.
pub(crate) fn demonstration() -> Plan {
    eprintln!(
        "fulcrum: limits of the demonstration: no configuration states any, so decisions are made \
         for a paper account; [strategy] and [risk] of a file state your own"
    );
    let plan = Plan::demonstration().conclude();
    plan.unwrap_or_else(|error| unreachable!("constants that a test holds: {error}"))
}

impl Config {
    /// What the configuration says of trading.
    pub(crate) fn word(&self) -> Word {
        let of_trading = |path: &str| {
            let section = path.split_once('.').map_or(path, |(section, _)| section);
            matches!(section, "strategy" | "risk")
        };
        let set = self.settings.iter().any(|setting| {
            matches!(setting.origin, Origin::File { .. }) && of_trading(setting.path())
        });
        if !set && !self.sections.iter().any(|(section, ..)| of_trading(section)) {
            Word::Silent
        } else if self.flag("strategy.enabled") {
            Word::On
        } else {
            Word::Off
        }
    }

    /// What the file states of trading; `None`: nothing is decided.
    pub(crate) fn trading(&self) -> Result<Option<Plan>, Stop> {
        match self.word() {
            Word::Silent | Word::Off => Ok(None),
            Word::On => self.stated().map(Some),
        }
    }

    /// The same for a verb that needs no account: where no file says anything of trading, the
    /// demonstration, announced on stderr.
    pub(crate) fn strategy(&self) -> Result<Option<Plan>, Stop> {
        match self.word() {
            Word::Silent => Ok(Some(demonstration())),
            Word::Off | Word::On => self.trading(),
        }
    }

    fn stated(&self) -> Result<Plan, Stop> {
        self.complete()?;
        let limits = self.limits()?;
        let plan = Plan {
            levels: self.levels(),
            rounds: self.rounds(),
            hypotheses: self.hypotheses(),
            size: self.entry_size(),
            hold: HoldPlan {
                hold_max: Nanos(self.integer("strategy.exits.max_hold_minutes") * MINUTE.0),
            },
            limits,
            fees: Fees {
                maker: Share(self.number("strategy.exits.maker_ppm")),
                taker: Share(self.number("strategy.exits.taker_ppm")),
            },
            paper: PaperPlan {
                equity: self.decimal("strategy.paper.equity"),
                latency: self.millis("strategy.paper.paper_latency_ms"),
                slippage_ticks: self.number("strategy.paper.paper_slippage_ticks"),
            },
        };
        plan.conclude().map_err(|unsound| self.unsound(&unsound))
    }

    /// Every key that only the operator can say is said.
    fn complete(&self) -> Result<(), Stop> {
        let unset = self.settings.iter().filter(|setting| setting.value.is_none());
        let mut lines: Vec<String> = unset.map(|setting| self.missing(setting.key)).collect();
        if lines.is_empty() {
            return Ok(());
        }
        lines.push(format!(
            "{}: none of these has a default; config/fulcrum.toml shows a set for a small account, \
             `enabled = false` under [strategy] decides nothing",
            self.file
        ));
        Err(Stop::new(Exit::Configuration, lines.join("\n")))
    }

    fn missing(&self, key: &Key) -> String {
        let section = key.path.rsplit_once('.').map_or("", |(section, _)| section);
        let allowed = match key.form {
            Form::Limit => number::allowed(number::row(key.name())),
            Form::Decimal(low, high, _) => {
                format!("in {}..={}", number::plain(low), number::plain(high))
            }
            form => form.noun().to_owned(),
        };
        format!(
            "{}: `{}` is missing: write {} = … under [{section}], {allowed}; it is {}",
            self.place(section),
            key.path,
            key.name(),
            key.meaning
        )
    }

    /// Where a section begins, or the file alone.
    fn place(&self, section: &str) -> String {
        let found = self.sections.iter().find(|(name, ..)| name == section);
        match found {
            Some((_, line, column)) => format!("{}:{line}:{column}", self.file),
            None => self.file.clone(),
        }
    }

    fn limits(&self) -> Result<Limits, Stop> {
        let mut draft = LimitsDraft::default();
        for key in KEYS.iter().filter(|key| key.form == Form::Limit) {
            let limit = units(self.decimal(key.path));
            let place = draft.field(key.name());
            *place.unwrap_or_else(|| unreachable!("{} is no limit", key.path)) = Some(limit);
        }
        draft.conclude().map_err(|refusal| match refusal {
            LimitRefusal::Above("reserve", other) => self.contrary(
                "reserve",
                other,
                "leaves nothing to entries of",
                "lower the first or raise the second",
            ),
            LimitRefusal::Above(name, other) => {
                self.contrary(name, other, "is above", "lower the first or raise the second")
            }
            // The reader has judged each alone, `complete` that it stands.
            other => Stop::new(Exit::Configuration, format_args!("{}: {other}", self.file)),
        })
    }

    fn contrary(&self, name: &str, other: &str, what: &str, remedy: &str) -> Stop {
        let [name, other] = [name, other].map(|name| self.setting(&format!("risk.{name}")));
        let said = |setting: &Setting| {
            format!("`{}` = {}", setting.path(), setting.value().unwrap_or_default())
        };
        Stop::new(
            Exit::Configuration,
            format_args!(
                "{}: limit {} {what} {} ({}): {remedy}",
                name.origin(),
                said(name),
                said(other),
                other.origin(),
            ),
        )
    }

    /// Where a key is set, or the file alone.
    pub(crate) fn whence(&self, path: &str) -> String {
        match self.setting(path).origin() {
            origin @ Origin::File { .. } => origin.to_string(),
            Origin::Default => self.file.clone(),
        }
    }

    /// What only the plan as a whole can refuse: one key against another.
    fn unsound(&self, unsound: &Unsound) -> Stop {
        let name = match unsound {
            Unsound::Levels(error) => error.key,
            Unsound::Hypotheses(error) => error.key,
            Unsound::Key(key, _) => key,
        };
        let of_stage = |setting: &&Setting| {
            setting.path().starts_with("strategy.") && setting.key.name() == name
        };
        let text = unsound.to_string();
        let Some(found) = self.settings.iter().find(of_stage) else {
            return Stop::new(Exit::Configuration, format_args!("{}: {text}", self.file));
        };
        let what = text.strip_prefix(name).unwrap_or(&text);
        let (place, path) = (self.whence(found.path()), found.path());
        Stop::new(Exit::Configuration, format_args!("{place}: `{path}`{what}"))
    }

    /// An integer whose range ends below 2³².
    fn number(&self, path: &str) -> u32 {
        u32::try_from(self.integer(path)).unwrap_or(u32::MAX)
    }

    fn share(&self, path: &str) -> Share {
        // Millionths of 10⁻⁸; the table takes six places, 0..=100.
        Share(u32::try_from(self.decimal(path).0 / 100).unwrap_or(u32::MAX))
    }

    fn hours(&self, path: &str) -> Nanos {
        let hours = u64::try_from(self.decimal(path).0).unwrap_or(0);
        Nanos(hours * (HOUR.0 / 100_000_000))
    }

    fn levels(&self) -> LevelPlan {
        let path = |name: &str| format!("strategy.levels.{name}");
        let number = |name: &str| self.number(&path(name));
        let weight = |name: &str| units(self.decimal(&path(&format!("weight_{name}"))));
        let hours = |name: &str| self.hours(&path(name));
        LevelPlan {
            refresh: Nanos(self.integer("strategy.levels.refresh_s") * SECOND.0),
            piece: number("piece"),
            weights: Weights {
                lvn: weight("lvn"),
                confluence: weight("confluence"),
                naked: weight("naked"),
                shape: weight("shape"),
                distance: weight("distance"),
                age: weight("age"),
                avwap: weight("avwap"),
            },
            young: hours("young_hours"),
            young_bins: number("young_bins"),
            confluence_bp: number("confluence_bp"),
            confluence_max: number("confluence_max"),
            distance_near_bp: number("distance_near_bp"),
            distance_far_bp: number("distance_far_bp"),
            age: hours("age_hours"),
            avwap_bp: number("avwap_bp"),
            zone: match self.text("strategy.levels.zone") {
                "atr" => ZoneBase::Atr,
                _ => ZoneBase::Percent,
            },
            zone_bp: number("zone_bp"),
            lvn_zone_bp_min: number("lvn_zone_bp_min"),
            lvn_zone_bp_max: number("lvn_zone_bp_max"),
            zone_atr_percent: number("zone_atr_percent"),
            zone_volatility_percent_max: number("zone_volatility_percent_max"),
            dedupe_bp: number("dedupe_bp"),
            side_levels: self.size("strategy.levels.side_levels"),
            same_bin_tenths: number("same_bin_tenths"),
            same_bp: number("same_bp"),
            same_birth_bp: number("same_birth_bp"),
            max_touches: number("max_touches"),
            touch_percent: number("touch_percent"),
            touch_reset: hours("touch_reset_hours"),
            absent: hours("absent_hours"),
            // Of an instrument that is not named: by its price.
            round_steps: [Fine(0); 2],
        }
    }

    fn rounds(&self) -> Rounds {
        let texts = self.texts("strategy.levels.round_steps").iter();
        // The reader has parsed and counted them.
        let rows: Vec<_> = texts.filter_map(|text| read::round(text)).collect();
        Rounds::of(&rows).unwrap_or_default()
    }

    fn hypotheses(&self) -> HypothesisPlan {
        let path = |name: &str| format!("strategy.signals.{name}");
        let number = |name: &str| self.number(&path(name));
        let integer = |name: &str| self.integer(&path(name));
        let grade = |name: &str| match self.text(&path(name)) {
            "abstain" => Grade::Abstain,
            _ => Grade::Contaminate,
        };
        HypothesisPlan {
            monitor_ppm: number("monitor_ppm"),
            confirm_ms: integer("confirm_ms"),
            armed_ms: integer("armed_ms"),
            leave_ppm: number("leave_ppm"),
            cool_ms: integer("cool_ms"),
            untouched_ms: integer("untouched_ms"),
            fast_ratio: number("fast_ratio"),
            entry: match self.text("strategy.signals.entry") {
                "ahead" => EntryRule::Ahead,
                _ => EntryRule::OnArm,
            },
            retry_ticks: number("retry_ticks"),
            retry_ms: integer("retry_ms"),
            ahead_ppm: number("ahead_ppm"),
            rest_pause_ms: integer("rest_pause_ms"),
            oi_rule: match self.text("strategy.signals.oi_rule") {
                "as_written" => InterestRule::AsWritten,
                _ => InterestRule::NoNewPositions,
            },
            oi_filter: match self.text("strategy.signals.oi_filter") {
                "count" => InterestFilter::Count,
                "off" => InterestFilter::Off,
                _ => InterestFilter::Veto,
            },
            confirm_classic: self.flag("strategy.signals.confirm_classic"),
            sync_bars: number("sync_bars"),
            obi_z: units(self.decimal("strategy.signals.obi_z")),
            // Plan::conclude takes it from the fees.
            round_trip_ppm: 0,
            break_near_ppm: number("break_near_ppm"),
            break_far_ppm: number("break_far_ppm"),
            break_ms: integer("break_ms"),
            breaks_max: number("breaks_max"),
            breaks_window_ms: integer("breaks_window_ms"),
            break_pull_back: self.flag("strategy.signals.break_pull_back"),
            depth_silent_ms: integer("depth_silent_ms"),
            tape_silent_ms: integer("tape_silent_ms"),
            audit_ppm: number("audit_ppm"),
            skew_ms: integer("skew_ms"),
            polls_failed: number("polls_failed"),
            interest_grade: grade("interest_grade"),
            funding_grade: grade("funding_grade"),
            hold_ms: integer("hold_ms"),
            flash_ppm: number("flash_ppm"),
            flash_ms: integer("flash_ms"),
            flash_hold_ms: integer("flash_hold_ms"),
            funding_ms: integer("funding_ms"),
        }
    }

    fn entry_size(&self) -> SizePlan {
        SizePlan {
            max_notional: self.decimal("strategy.exits.max_notional"),
            notional_cap: self.share("strategy.exits.notional_cap"),
            risk_per_trade: self.share("strategy.exits.risk_per_trade"),
            atr_mult: self.share("strategy.exits.atr_mult"),
        }
    }
}

/// A decimal as a float: both parts are exact, so one division gives the nearest.
#[expect(clippy::cast_precision_loss, reason = "the table's decimals end below 2⁵³ / 10⁸")]
fn units(decimal: Fine) -> f64 {
    decimal.0 as f64 / Fine::ONE.0 as f64
}
