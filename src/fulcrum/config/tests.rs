//! Scenarios: files and what is wrong with them.

use super::keys::KEYS;
use super::read::read;
use super::{Config, default};

/// What is wrong with a text, one fault a line.
fn faults(text: &str) -> String {
    match read("f.toml", text) {
        Ok(_) => String::new(),
        Err(faults) => {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            lines.join("\n")
        }
    }
}

#[test]
fn bad_files_are_refused_with_file_line_and_column() {
    for (text, want) in [
        (
            "[engine]\nlayuot = \"two\"",
            "f.toml:2:1: unknown key `engine.layuot`; the nearest is `engine.layout`",
        ),
        (
            "[enigne]\nlayout = \"two\"",
            "f.toml:1:2: unknown section `enigne`; the nearest is `engine`",
        ),
        ("layout = \"two\"", "f.toml:1:1: unknown key `layout`; the nearest is `live.layout`"),
        ("engine = 1", "f.toml:1:10: `engine` is a section, not integer"),
        (
            "[engine]\n  layout = \"tow\"",
            "f.toml:2:12: `engine.layout` must be one of inline, fused, two, four, auto; the nearest to \"tow\" is `two`",
        ),
        ("[engine]\nlayout = 2", "f.toml:2:10: `engine.layout` must be a string, not integer"),
        (
            "[engine]\nlayout = [\"two\"]",
            "f.toml:2:10: `engine.layout` must be a string, not array",
        ),
        (
            "[engine]\nidle = \"sleep\"",
            "f.toml:2:8: `engine.idle` must be one of spin, yield, park; the nearest to \"sleep\" is `spin`",
        ),
        (
            "[engine]\ncores = 1",
            "f.toml:2:9: `engine.cores` must be a list of integers, not integer",
        ),
        (
            "[engine]\ncores = [1, \"2\"]",
            "f.toml:2:13: `engine.cores` must be an integer in 0..=1023, not string",
        ),
        (
            "[engine]\ncores = [1, 1024]",
            "f.toml:2:13: `engine.cores` must be in 0..=1023, got 1024",
        ),
        ("[engine]\ncores = [1, -1]", "f.toml:2:13: `engine.cores` must be in 0..=1023, got -1"),
        ("[engine]\ncores = [1, 2, 1]", "f.toml:2:16: `engine.cores` holds 1 twice"),
        ("[engine]\nhot_dir = \"\"", "f.toml:2:11: `engine.hot_dir` must not be empty"),
        ("[engine]\nhot_dir = 7", "f.toml:2:11: `engine.hot_dir` must be a string, not integer"),
        ("[engine.layout]\nx = 1", "f.toml:1:9: `engine.layout` must be a string, not table"),
        ("engine.idle.x = 1", "f.toml:1:8: `engine.idle` must be a string, not table"),
        (
            "[market]\ninstruments = \"BTCUSDT:0.1:0.001\"",
            "f.toml:2:15: `market.instruments` must be a list of SYMBOL:TICK:LOT strings, not string",
        ),
        (
            "[market]\ninstruments = [1]",
            "f.toml:2:16: `market.instruments` holds integer where SYMBOL:TICK:LOT belongs",
        ),
        (
            "[market]\ninstruments = [\"BTCUSDT:0.1\"]",
            "f.toml:2:16: `market.instruments` holds a fault: instrument \"BTCUSDT:0.1\" is not SYMBOL:TICK:LOT, such as BTCUSDT:0.1:0.001",
        ),
        (
            "[market]\ninstruments = [\n \"A:0.1:1\",\n \"A:0.2:1\",\n]",
            "f.toml:4:2: `market.instruments` holds A twice",
        ),
        (
            "[market]\ninstruments = [\"A:0:1\"]",
            "f.toml:2:16: `market.instruments` holds a fault: step \"0\" is not a positive decimal of at most 8 places, such as 0.1",
        ),
        ("\"größe\" = 1", "f.toml:1:1: unknown key `größe`; the nearest is `live.idle`"),
        (
            "[engine] # ä\n\"ä\" = 1 # x",
            "f.toml:2:1: unknown key `engine.ä`; the nearest is `engine.idle`",
        ),
        (
            "[book]\nfar_slots = 1000",
            "f.toml:2:13: `book.far_slots` must be a power of two, got 1000",
        ),
        ("[book]\nfar_slots = 4", "f.toml:2:13: `book.far_slots` must be in 8..=16777216, got 4"),
        (
            "[book]\nbar_grace_ms = 0.5",
            "f.toml:2:16: `book.bar_grace_ms` must be an integer in 0..=60000, not float",
        ),
        (
            "[book]\nstale_ms = true",
            "f.toml:2:12: `book.stale_ms` must be an integer in 100..=3600000, not boolean",
        ),
        (
            "[book]\nstale_ms = 2024-01-01",
            "f.toml:2:12: `book.stale_ms` must be an integer in 100..=3600000, not datetime",
        ),
        (
            "[analytics.structure]\nintervals = [\"1h\", \"2h\"]",
            "f.toml:2:20: `analytics.structure.intervals` must hold words of 5m, 15m, 1h, 4h",
        ),
        (
            "[analytics.structure]\nintervals = [\"1h\", \"1h\"]",
            "f.toml:2:20: `analytics.structure.intervals` holds \"1h\" twice",
        ),
        (
            "[analytics]\nobi_window = 0x10",
            "f.toml:2:14: `analytics.obi_window` must be in 120..=86400, got 10",
        ),
        (
            "[venue]\nstream_url = \"ws://a\"",
            "f.toml:2:14: `venue.stream_url` must be wss://HOST or wss://HOST:PORT",
        ),
        ("[venue]\nrest_url = 1", "f.toml:2:12: `venue.rest_url` must be a string, not integer"),
        ("[venue]\nsymbols = []", "f.toml:2:11: `venue.symbols` must name a symbol"),
        (
            "[venue]\nsymbols = [\"BTCUSDT\", \"BTCUSDT\"]",
            "f.toml:2:23: `venue.symbols` holds BTCUSDT twice",
        ),
        (
            "[venue]\nsymbols = [\"\"]",
            "f.toml:2:12: `venue.symbols` holds what is no symbol such as BTCUSDT",
        ),
        (
            "[venue]\nsymbols = \"BTCUSDT\"",
            "f.toml:2:11: `venue.symbols` must be a list of symbols, not string",
        ),
        (
            "[simulator]\nlisten = \"9443\"",
            "f.toml:2:10: `simulator.listen` must be IP:PORT, such as 127.0.0.1:9443",
        ),
        (
            "[engine]\nx = 1\n[markte]\ny = 2",
            "f.toml:2:1: unknown key `engine.x`; the nearest is `engine.idle`\nf.toml:3:2: unknown section `markte`; the nearest is `market`",
        ),
    ] {
        assert_eq!(faults(text), want, "{text}");
    }
}

#[test]
fn what_is_no_toml_is_refused_where_it_breaks() {
    for (text, place) in [
        ("[engine\n", "f.toml:1:"),
        ("[engine]\nlayout = two\n", "f.toml:2:"),
        ("[engine]\nlayout = \"two\n", "f.toml:2:"),
        ("[engine]\nlayout = \"two\"\nlayout = \"four\"\n", "f.toml:3:"),
        ("[engine]\nlayout: two\n", "f.toml:2:"),
        ("[engine]\n[engine]\n", "f.toml:2:"),
    ] {
        let got = faults(text);
        assert!(got.starts_with(place), "{text:?}: {got:?}");
    }
}

#[test]
fn every_default_is_what_its_key_takes() {
    for key in KEYS {
        // Panics for a default that is none.
        let _ = default(key);
        assert!(key.path.contains('.') && !key.meaning.is_empty(), "{}", key.path);
    }
    let config = Config::load(None).unwrap_or_else(|stop| panic!("{}", stop.message));
    assert_eq!(config.settings().len(), KEYS.len());
}

#[test]
fn the_default_plan_is_the_stages_own() {
    let config = Config::load(None).unwrap_or_else(|stop| panic!("{}", stop.message));
    let plan = config.figures();
    assert_eq!(plan.book, book::Plan::default());
    assert_eq!(plan.analytics, analytics::Plan::default());
}

#[test]
fn the_committed_file_names_every_key_with_its_default() {
    let text = include_str!("../../../config/fulcrum.toml");
    let read = read("fulcrum.toml", text).unwrap_or_else(|faults| panic!("{}", faults[0]));
    for key in KEYS {
        let set = read.sets.iter().find(|set| set.key == key);
        let set = set.unwrap_or_else(|| panic!("config/fulcrum.toml leaves out {}", key.path));
        // What has no default stands there for a small account, and its paper wallet fits it.
        if key.default.is_some() && key.path != "strategy.paper.equity" {
            assert_eq!(Some(&set.value), default(key).as_ref(), "{}", key.path);
        }
    }
}
