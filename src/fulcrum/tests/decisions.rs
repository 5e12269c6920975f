//! Levels, signals and their chains from a small composed market, and from one too short for any.

mod common;

use common::{Folder, GRID, SESSION, fulcrum, market};
use serde_json::Value;

fn records(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).expect("a record a line")).collect()
}

fn of<'a>(records: &'a [Value], kind: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["kind"] == kind).collect()
}

#[test]
fn a_market_leads_to_levels_signals_and_chains() {
    let folder = Folder::new();
    let [streams, asked] = market::capture();
    let (streams, asked) = (folder.put("streams", streams), folder.put("asked", asked));
    let run = |words: &str| {
        let ran = fulcrum(&format!("{words} {GRID}"), &[&streams, &asked]);
        assert_eq!(ran.code, 0, "{words}: {}", ran.err);
        ran.out
    };

    let feed = run("signals --json");
    assert_eq!(feed, run("signals --all --json"), "the same bytes every time");
    let feed = records(&feed);
    let signals = of(&feed, "signal");
    let first = signals.first().expect("price came near a level");
    assert_eq!((&first["from"], &first["to"]), (&"inactive".into(), &"monitored".into()));
    let coverage = of(&feed, "coverage");
    assert_eq!((coverage.len(), coverage[0]["signals"].as_u64() > Some(0)), (1, true));

    // What analyze prints of signals is the same feed.
    let analyzed = records(&run("analyze --emit signals --json"));
    assert_eq!(of(&analyzed, "signal"), signals);

    // The book at the end: on each side at most six, scores in parts that add up.
    let book = records(&run("levels --json"));
    let levels = of(&book, "level");
    assert!(!levels.is_empty(), "{book:?}");
    for side in ["buy", "sell"] {
        assert!(levels.iter().filter(|level| level["side"] == side).count() <= 6);
    }
    let parts = ["lvn", "confluence", "naked", "shape", "distance", "age", "avwap"];
    for level in &levels {
        let number = |key: &str| level[key].as_f64().expect(key);
        let sum = parts.iter().map(|part| number(part)).sum::<f64>() * number("decay");
        assert!((number("score") - sum).abs() < 1e-9, "{level}");
    }
    let analyzed = records(&run("analyze --emit levels --json"));
    let mut numbers: Vec<_> = levels.iter().map(|level| level["level"].as_u64()).collect();
    numbers.sort_unstable();
    let again: Vec<_> =
        of(&analyzed, "level").iter().map(|level| level["level"].as_u64()).collect();
    assert_eq!(again, numbers);

    // The first signal's chain.
    let number = first["signal"].as_u64().expect("a number");
    let told = run(&format!("explain {number}"));
    for part in ["was first published", "As it stood then", "score", "Known then", "of market"] {
        assert!(told.contains(part), "{part:?} in {told}");
    }
    let chain = records(&run(&format!("explain {number} --json")));
    let times: Vec<_> =
        of(&chain, "explain").iter().filter_map(|step| step["time_venue"].as_u64()).collect();
    assert!(times.is_sorted() && times.len() > 3, "{times:?}");
    let steps = of(&chain, "signal");
    assert_eq!(steps.len(), signals.iter().filter(|step| step["signal"] == number).count());
}

#[test]
fn what_is_too_short_says_why() {
    let folder = Folder::new();
    let file = folder.put("session", SESSION);
    let ran = fulcrum(&format!("signals {GRID}"), &[&file]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for part in ["no open interest", "no mark price", "0 intents"] {
        assert!(ran.out.contains(part), "{part:?} in {}", ran.out);
    }
    let ran = fulcrum(&format!("explain 4000000000 {GRID}"), &[&file]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.err.contains("no signal"), "{}", ran.err);
    let ran = fulcrum(&format!("explain luck {GRID}"), &[&file]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("daily_loss"), "{}", ran.err);
    let ran = fulcrum(&format!("explain daily_loss {GRID}"), &[&file]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("never raised"), "{}", ran.err);
}
