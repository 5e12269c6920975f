//! What a synthetic market promises.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use model::{Digest, Fine, HOUR, MINUTE, Nanos};

use super::{Market, MarketPlan};
use crate::statistics::{Statistics, table};

/// Where shared data lies.
fn data(name: &str) -> PathBuf {
    let root = std::env::var_os("FULCRUM_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    root.join(name)
}

fn figures_of(seed: u64, span: Nanos) -> crate::Figures {
    let mut market = Market::new(seed, MarketPlan::btcusdt());
    let end = market.now().after(span);
    let mut statistics = Statistics::new(Fine(10_000_000));
    let mut minute = market.now();
    let mut text = Vec::new();
    while market.now() < end {
        statistics.take(market.next().bytes);
        if market.now().since(minute) > MINUTE {
            minute = market.now();
            text.clear();
            market.snapshot(1000, &mut text);
            statistics.take(&text);
        }
    }
    statistics.figures()
}

fn recorded(names: &[&str]) -> Option<crate::Figures> {
    let mut statistics = Statistics::new(Fine(10_000_000));
    for name in names {
        let Ok(file) = std::fs::File::open(data(name)) else {
            eprintln!("skipped: statistics of a recording needs {name}");
            return None;
        };
        for line in BufReader::new(flate2::read::GzDecoder::new(file)).split(b'\n') {
            let line = line.expect("a readable recording");
            let at = line.iter().position(|&byte| byte == b' ').map_or(0, |at| at + 1);
            statistics.take(&line[at..]);
        }
    }
    Some(statistics.figures())
}

#[test]
#[ignore = "prints the table of docs; run by hand"]
fn synthetic_beside_recorded() {
    let mut columns = Vec::new();
    let names = ["recordings/usdm_btcusdt_20240718.gz", "recordings/usdm_btcusdt_20240719.gz"];
    columns.extend(recorded(&names).map(|figures| ("2024-07-18", figures)));
    columns.extend(recorded(&["recordings/usdm_btcusdt_20230404.gz"]).map(|f| ("2023-04-04", f)));
    let hours = std::env::var("HOURS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for (name, seed) in [("seed 1", 1), ("seed 2", 2), ("seed 3", 3)] {
        columns.push((name, figures_of(seed, Nanos(hours * HOUR.0))));
    }
    eprintln!("{}", table(&columns));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let digest = |seed| {
        let mut market = Market::new(seed, MarketPlan::btcusdt());
        let mut digest = Digest::default();
        for _ in 0..20_000 {
            let frame = market.next();
            digest.word(frame.time_venue.0);
            digest.bytes(frame.bytes);
        }
        digest.value()
    };
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
}
