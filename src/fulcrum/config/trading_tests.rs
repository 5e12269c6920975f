//! Scenarios of trading: what a file says of it, every refusal of a limit, and that every key moves
//! the plan.

use strategy::Plan;
use strategy::risk::LimitsDraft;

use super::keys::{Form, KEYS, Key};
use super::read::read;
use super::{Config, Word, default};

const SHIPPED: &str = include_str!("../../../config/fulcrum.toml");

/// A file of these lines, as loading it takes it; the faults, one a line, when it is refused.
fn load(text: &str) -> Result<Config, String> {
    let faults = |faults: Vec<super::read::Fault>| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    let config = Config::of("f.toml".to_owned(), read("f.toml", text).map_err(faults)?);
    config.trading().map_err(|stop| stop.message)?;
    Ok(config)
}

fn plan(text: &str) -> Result<Plan, String> {
    let plan = load(text)?.trading().map_err(|stop| stop.message)?;
    plan.ok_or_else(|| "nothing is decided".to_owned())
}

/// The shipped file with one key written otherwise, or left out.
fn with(key: &str, value: Option<&str>) -> String {
    let (section, name) = key.rsplit_once('.').expect("a path");
    let (head, mark) = (format!("[{section}]"), format!("{name} = "));
    let (mut inside, mut found) = (false, false);
    let lines = SHIPPED.lines().map(|line| {
        if line.starts_with('[') {
            inside = line == head;
        }
        if !inside || !line.starts_with(&mark) {
            return line.to_owned();
        }
        found = true;
        value.map_or_else(String::new, |value| format!("{mark}{value}"))
    });
    let text: Vec<String> = lines.collect();
    assert!(found, "{key} stands in the shipped file");
    text.join("\n")
}

/// Where the value of a key stands in that file.
fn place(text: &str, key: &str) -> String {
    let (section, name) = key.rsplit_once('.').expect("a path");
    let head = text.lines().position(|line| line == format!("[{section}]")).expect("a section");
    let mark = format!("{name} = ");
    let after = text.lines().skip(head).position(|line| line.starts_with(&mark));
    format!("f.toml:{}:{}: ", head + after.expect("a key") + 1, mark.len() + 1)
}

fn limits() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| key.form == Form::Limit)
}

#[test]
fn every_row_of_the_limits_is_a_key_without_a_default() {
    let names: Vec<&str> = limits().map(|key| key.name()).collect();
    let rows: Vec<&str> = LimitsDraft::ROWS.iter().map(|row| row.name).collect();
    assert_eq!(names, rows);
    for key in limits() {
        assert_eq!((key.path, default(key)), (format!("risk.{}", key.name()).as_str(), None));
    }
    let stated: Vec<&str> =
        KEYS.iter().filter(|key| key.default.is_none()).map(|key| key.path).collect();
    assert_eq!(stated.len(), rows.len() + 1);
    assert!(stated.contains(&"strategy.exits.notional_cap"));
}

#[test]
fn the_documentation_names_every_limit_with_what_it_may_be() {
    let text = include_str!("../../../docs/CONFIGURATION.md");
    for key in limits() {
        let allowed = super::number::allowed(super::number::row(key.name()));
        let row = format!("| `{}` | {allowed} | {} |", key.name(), key.meaning);
        assert!(text.contains(&row), "docs/CONFIGURATION.md lacks {row}");
    }
}

#[test]
fn the_shipped_file_concludes_and_its_defaults_are_the_specification() {
    let got = plan(SHIPPED).expect("sound");
    let want = Plan { limits: got.limits, ..Plan::with_limits(got.limits, got.size.notional_cap) };
    let want = Plan { paper: got.paper, ..want };
    assert_eq!(Ok(got), want.conclude());
    assert_eq!(got.hypotheses.round_trip_ppm, 700, "from the fees");
    // The wallet of the default as well.
    let wallet = plan(&with("strategy.paper.equity", None)).expect("sound").paper;
    assert_eq!(wallet, strategy::PaperPlan::default());
}

#[test]
fn a_limit_that_is_missing_is_refused_with_what_it_may_be() {
    for key in limits().chain(KEYS.iter().filter(|key| key.path.ends_with(".notional_cap"))) {
        let refused = load(&with(key.path, None)).expect_err(key.path);
        let lines: Vec<&str> = refused.lines().collect();
        let section = key.path.rsplit_once('.').expect("a path").0;
        let head = SHIPPED.lines().position(|line| line == format!("[{section}]"));
        // Where the last part of its name begins.
        let column = 2 + section.rfind('.').map_or(0, |dot| dot + 1);
        let want = format!(
            "f.toml:{}:{column}: `{}` is missing: write {} = … under [{section}], ",
            head.expect("a section") + 1,
            key.path,
            key.name()
        );
        assert!(lines[0].starts_with(&want), "{refused}");
        assert!(lines[0].ends_with(key.meaning), "{refused}");
        assert!(lines[1].contains("`enabled = false`"), "{refused}");
        assert_eq!(lines.len(), 2, "{refused}");
    }
}

#[test]
fn a_limit_that_is_no_limit_is_refused_where_it_stands() {
    for row in LimitsDraft::ROWS {
        let key = format!("risk.{}", row.name);
        let beyond = (row.most * 1.5).to_string();
        let mut values = vec!["0", "0.0", "-0.0", "-1", "-0.5", "nan", "-nan", "inf", "-inf"];
        values.extend(["1e300", "1e-12", "99999999999999999999999999.0", &beyond]);
        if ["count", "seconds", "minutes"].contains(&row.unit) {
            values.push("1.5");
        }
        for value in values {
            let text = with(&key, Some(value));
            let refused = load(&text).expect_err(value);
            let want = format!("{}`{key}` must be ", place(&text, &key));
            assert!(refused.starts_with(&want), "{key} = {value}: {refused}");
            let most = row.most.to_string();
            assert!(refused.contains(&most), "what is allowed: {refused}");
            assert_eq!(refused.lines().count(), 1, "{refused}");
        }
        for (value, found) in [("\"5\"", "string"), ("true", "boolean"), ("[1]", "array")] {
            let text = with(&key, Some(value));
            let refused = load(&text).expect_err(value);
            assert!(refused.ends_with(&format!(", not {found}")), "{refused}");
        }
    }
}

#[test]
fn limits_that_contradict_are_refused_by_both_places() {
    for (name, value, other) in [
        ("order_value", "501", "level_value"),
        ("level_value", "1001", "position_value"),
        ("position_value", "2001", "total_value"),
        ("order_quantity", "0.05", "position_quantity"),
        ("daily_loss", "501", "draw_down"),
        ("orders_10s", "61", "orders_1m"),
        ("messages_10s", "19", "messages_10s"),
        ("orders_10s", "1", "orders_10s"),
    ] {
        let text = with(&format!("risk.{name}"), Some(value));
        let refused = load(&text).expect_err(name);
        let named = format!("`risk.{name}` = {value}");
        assert!(refused.contains(&named), "{refused}");
        assert!(refused.contains(&format!("`risk.{other}` = ")), "{refused}");
        assert_eq!(refused.matches("f.toml:").count(), 2, "both places: {refused}");
        assert!(refused.contains("lower the first or raise the second"), "{refused}");
    }
}

#[test]
fn parameters_outside_of_what_is_meant_are_refused() {
    for (key, value, want) in [
        ("strategy.enabled", "\"yes\"", "must be true or false, not string"),
        ("strategy.levels.weight_lvn", "nan", "must be in 0..=100, got nan"),
        ("strategy.levels.weight_lvn", "-1.0", "must be in 0..=100, got -1.0"),
        ("strategy.levels.weight_lvn", "true", "must be a number in 0..=100, not boolean"),
        ("strategy.levels.weight_lvn", "0.123456789", "must have at most 8 decimal places"),
        ("strategy.levels.age_hours", "0.001", "must be in 0.01..=10000, got 0.001"),
        ("strategy.levels.round_steps", "[500]", "must hold SYMBOL:STEP:STEP"),
        ("strategy.levels.round_steps", "[\"A:1\"]", "must hold SYMBOL:STEP:STEP"),
        ("strategy.levels.round_steps", "[\"A:1:-1\"]", "must hold SYMBOL:STEP:STEP"),
        ("strategy.levels.round_steps", "[\"A:1:2\", \"A:2:3\"]", "holds A twice"),
        ("strategy.levels.side_levels", "17", "must be in 1..=16, got 17"),
        ("strategy.levels.zone", "\"art\"", "the nearest to \"art\" is `atr`"),
        ("strategy.signals.obi_z", "inf", "must be in 0.1..=20, got inf"),
        ("strategy.signals.confirm_ms", "0", "must be in 1000..=3600000, got 0"),
        ("strategy.exits.notional_cap", "0", "must be in 0.000001..=1, got 0"),
        ("strategy.exits.notional_cap", "nan", "must be in 0.000001..=1, got nan"),
        ("strategy.exits.notional_cap", "1.5", "must be in 0.000001..=1, got 1.5"),
        ("strategy.exits.risk_per_trade", "0.0050005", "must have at most 6 decimal places"),
        ("strategy.exits.max_notional", "-5000", "must be in 0.00000001..=1000000000, got -5000"),
        ("strategy.paper.equity", "0", "must be in 0.00000001..=1000000000, got 0"),
    ] {
        let text = with(key, Some(value));
        let refused = load(&text).expect_err(key);
        assert!(refused.starts_with("f.toml:") && refused.contains(key), "{refused}");
        assert!(refused.contains(want), "{want:?} in {refused}");
    }
    // One key against another: at the one that is set, or the file alone.
    let risk = SHIPPED.split_once("\n[risk]\n").expect("a section").1.split_once("[venue]");
    let risk = format!("[risk]\n{}", risk.expect("a section").0);
    for (lines, want) in [
        (
            "signals]\nleave_ppm = 1500",
            "f.toml:4:1: `strategy.signals.leave_ppm` must be in 1501..",
        ),
        ("signals]\nmonitor_ppm = 2500", "f.toml: `strategy.signals.leave_ppm` must be in 2501.."),
        ("levels]\nsame_bp = 11", "f.toml:4:1: `strategy.levels.same_bp` must be in 0..=10"),
        (
            "levels]\nweight_lvn = 0\nweight_confluence = 0\nweight_naked = 0\nweight_shape = 0\n\
             weight_distance = 0\nweight_age = 0\nweight_avwap = 0",
            "f.toml: sum of weights must be in ",
        ),
    ] {
        let text = format!("[strategy.exits]\nnotional_cap = 0.1\n[strategy.{lines}\n{risk}");
        let refused = load(&text).expect_err(lines);
        assert!(refused.starts_with(want), "{want:?} in {refused}");
    }
}

#[test]
fn what_a_file_says_of_trading_by_table() {
    let (on, off, silent) = (Ok(Word::On), Ok(Word::Off), Ok(Word::Silent));
    let missing = |count| Err(count);
    for (text, want) in [
        ("", silent),
        ("[engine]\nidle = \"park\"\n[analytics]\nobi_window = 120\n", silent),
        ("[strategy]\nenabled = false\n", off),
        ("[strategy]\nenabled = false\n[risk]\ndaily_loss = 100\n", off),
        ("strategy.enabled = false\n", off),
        // All that has no default, and the last word.
        ("[strategy]\nenabled = true\n", missing(22)),
        ("[strategy]\n", missing(22)),
        ("[risk]\n", missing(22)),
        ("[strategy.levels]\n", missing(22)),
        ("[strategy.paper]\nequity = 5000\n", missing(22)),
        ("[risk]\ndaily_loss = 100\n", missing(21)),
        ("risk.daily_loss = 100\n", missing(21)),
        (SHIPPED, on),
    ] {
        let got = load(text).map(|config| config.word());
        assert_eq!(got.map_err(|faults| faults.lines().count()), want, "{text}");
    }
    // A limit that is none is a fault also where nothing is decided.
    assert!(load("[strategy]\nenabled = false\n[risk]\ndaily_loss = nan\n").is_err());
}

#[test]
fn who_trades_nothing_and_who_demonstrates_by_table() {
    for (text, trading, strategy) in [
        ("", false, Some(Plan::demonstration())),
        ("[engine]\nidle = \"park\"\n", false, Some(Plan::demonstration())),
        ("[strategy]\nenabled = false\n", false, None),
        (SHIPPED, true, plan(SHIPPED).ok()),
    ] {
        let config = load(text).expect("sound");
        let found = config.trading().expect("sound");
        assert_eq!(found.is_some(), trading, "{text}");
        let strategy = strategy.map(|plan| plan.conclude().expect("sound"));
        assert_eq!(config.strategy().expect("sound"), strategy, "{text}");
        assert_eq!(config.plan().expect("sound").strategy, strategy, "{text}");
        assert_eq!(config.figures().strategy, None, "{text}");
        match config.deciding() {
            Ok(plan) => assert_eq!(plan.strategy, strategy),
            Err(stop) => {
                assert_eq!(strategy, None, "{text}");
                assert!(stop.message.starts_with("f.toml:2:1: `strategy.enabled` is false"));
            }
        }
    }
}

/// Another value that a key takes, at either end of its range.
fn others(key: &'static Key) -> Vec<String> {
    let given = |value: &str| default(key).is_some_and(|default| default.to_string() == value);
    let ends = match key.form {
        Form::Integer(low, high) => vec![low.to_string(), high.to_string()],
        Form::Decimal(low, high, _) => [low, high].map(super::number::plain).to_vec(),
        Form::Flag => vec!["true".to_owned(), "false".to_owned()],
        Form::Choice(words) => words.iter().map(|word| format!("{word:?}")).collect(),
        Form::Rounds => vec!["[\"ETHUSDT:50:100\"]".to_owned(), "[]".to_owned()],
        form => unreachable!("{} takes {}", key.path, form.noun()),
    };
    ends.into_iter().filter(|value| !given(value)).collect()
}

#[test]
fn every_key_moves_the_plan_and_its_range_is_the_stages_own() {
    // Another key stands in the way of one end of these: a refusal that names one of the pair.
    let bound = |refused: &str| {
        [
            "distance_near_bp",
            "lvn_zone_bp_min",
            "same_bp",
            "leave_ppm",
            "ahead_ppm",
            "break_far_ppm",
        ]
        .iter()
        .any(|name| refused.contains(name))
    };
    let stood = plan(SHIPPED).expect("sound");
    for key in KEYS.iter().filter(|key| key.path.starts_with("strategy.")) {
        if key.path == "strategy.enabled" {
            continue;
        }
        let mut moved = 0;
        for value in others(key) {
            match plan(&with(key.path, Some(&value))) {
                Ok(plan) => {
                    assert_ne!(plan, stood, "{} = {value} changes nothing", key.path);
                    moved += 1;
                }
                Err(refused) => assert!(bound(&refused), "{} = {value}: {refused}", key.path),
            }
        }
        assert!(moved > 0, "{}", key.path);
    }
    for key in limits() {
        let other = match key.name() {
            "unknown" => "2",
            "collar_mark" | "collar_touch" | "collar_stop" => "0.02",
            "reserve" => "0.4",
            "orders_10s" => "30",
            "orders_1m" | "messages_10s" => "50",
            "order_value" | "level_value" => "300",
            "order_quantity" | "position_quantity" => "0.02",
            "position_value" | "total_value" => "1500",
            "daily_loss" | "draw_down" => "300",
            _ => "3",
        };
        let plan = plan(&with(key.path, Some(other))).expect(key.path);
        assert_ne!(plan.limits, stood.limits, "{}", key.path);
    }
}
