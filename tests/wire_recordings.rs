//! Every line of the real recordings and frames: the scanner and the checked way give the same,
//! and nothing hot falls back on today's layouts.

use std::io::Read;

use fulcrum_tests::{data, table};
use model::{Draft, Kind, Nanos, Refusal};
use wire::dump::Table;
use wire::{Counts, Decoder, Frame};

const HOT: [Kind; 5] = [Kind::Trade, Kind::Depth, Kind::Partial, Kind::Quote, Kind::Mark];

/// The text of a file, decompressed.
fn text_of(test: &str, name: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(data(test, name)?).unwrap();
    if !name.ends_with(".gz") {
        return Some(bytes);
    }
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).unwrap();
    Some(text)
}

/// The JSON of each line: what stands from its first brace on.
fn frames(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n').filter_map(|line| {
        let at = line.iter().position(|&byte| byte == b'{')?;
        Some(&line[at..])
    })
}

/// Decodes every frame both ways, asserts that they agree, and returns the scanner's counts and
/// how many frames there were.
fn both(instruments: &[&str], text: &[u8]) -> (Counts, usize, Vec<Refusal>) {
    let mut fast = Decoder::new(table(instruments));
    let mut slow = Decoder::new(table(instruments));
    let (mut left, mut right) = (Draft::default(), Draft::default());
    let mut refusals = Vec::new();
    let mut count = 0;
    for frame in frames(text) {
        count += 1;
        let now = Nanos(count as u64);
        let one = fast.stream(Frame::bare(frame), now, &mut left);
        let two = slow.stream_checked(frame, now, &mut right);
        let shown = String::from_utf8_lossy(frame);
        assert_eq!(one, two, "{shown}");
        match one {
            Ok(()) => {
                assert_eq!(left.head, right.head, "{shown}");
                assert_eq!(left.body(), right.body(), "{shown}");
            }
            Err(reason) => refusals.push(reason),
        }
    }
    assert_eq!(fast.counts().off_grid, slow.counts().off_grid);
    assert_eq!(fast.counts().foreign, slow.counts().foreign);
    (fast.counts().clone(), count, refusals)
}

fn hot_fallbacks(counts: &Counts) -> u64 {
    HOT.into_iter().map(|kind| counts.fell_back(kind)).sum()
}

#[test]
fn recordings_of_2024_are_scanned_whole() {
    for (name, lines) in [
        ("recordings/usdm_btcusdt_20240718.gz", 11_414),
        ("recordings/usdm_btcusdt_20240719.gz", 60_570),
    ] {
        let Some(text) = text_of("recordings_of_2024_are_scanned_whole", name) else { continue };
        let (counts, count, refusals) = both(&["BTCUSDT:0.1:0.001"], &text);
        assert_eq!((count, refusals.len()), (lines, 0), "{name}");
        assert_eq!(hot_fallbacks(&counts), 0, "{name}");
    }
}

#[test]
fn the_recording_of_2023_is_scanned_whole() {
    let name = "recordings/usdm_btcusdt_20230404.gz";
    let Some(text) = text_of("the_recording_of_2023_is_scanned_whole", name) else { return };
    let (counts, count, refusals) = both(&["BTCUSDT:0.1:0.001"], &text);
    assert_eq!((count, refusals.len()), (13_384, 0));
    assert_eq!(hot_fallbacks(&counts), 0);
    assert_eq!(counts.fell_back(Kind::Snapshot), 1);
}

#[test]
fn the_altcoins_of_2021_are_decoded() {
    let instruments =
        ["SUSHIUSDT:0.001:1", "AKROUSDT:0.00001:1", "KEEPUSDT:0.0001:1", "CTKUSDT:0.001:1"];
    let name = "recordings/usdm_altcoins_20210722.ws.txt.gz";
    let Some(text) = text_of("the_altcoins_of_2021_are_decoded", name) else { return };
    let (counts, count, refusals) = both(&instruments, &text);
    assert_eq!((count, refusals.len()), (1_535, 0));
    // Quantities of every width: many shapes, and still none of them leaves the scanner.
    assert_eq!(hot_fallbacks(&counts), 0);
}

#[test]
fn frames_of_2026_are_scanned() {
    for name in ["frames/usdm_streams.txt", "frames/more_frames.jsonl"] {
        let Some(text) = text_of("frames_of_2026_are_scanned", name) else { continue };
        let (counts, count, refusals) = both(&["BTCUSDT:0.1:0.001", "ETHUSDT:0.01:0.001"], &text);
        assert!(refusals.len() < count);
        assert!(refusals.iter().all(|&reason| reason == Refusal::UnknownSymbol));
        assert_eq!(hot_fallbacks(&counts), 0, "{name}");
    }
}

#[test]
fn frames_of_coin_margined_contracts_are_refused() {
    let name = "frames/coinm.txt";
    let Some(text) = text_of("frames_of_coin_margined_contracts_are_refused", name) else { return };
    let (_, count, refusals) = both(&["BTCUSDT:0.1:0.001"], &text);
    assert_eq!(refusals, vec![Refusal::WrongVenue; count]);
}

#[test]
fn rows_of_both_dumps_are_scanned() {
    for (name, instrument, count) in [
        ("dumps/spot-BTCUSDT-aggTrades-2024-01-01.zip", "BTCUSDT:0.01:0.00001:spot", 863_403),
        ("dumps/spot-BTCUSDT-aggTrades-2025-09-01-10k.csv.gz", "BTCUSDT:0.01:0.00001:spot", 10_001),
    ] {
        let Some(path) = data("rows_of_both_dumps_are_scanned", name) else { continue };
        let mut archive = archive::Archive::open(&[path]).unwrap();
        let mut fast = Decoder::new(table(&[instrument]));
        let mut slow = Decoder::new(table(&[instrument]));
        let (mut left, mut right) = (Draft::default(), Draft::default());
        let mut rows = 0;
        while let Some(item) = archive.next() {
            let archive::Item::Row { bytes, .. } = item else { panic!("{item:?}") };
            let row = bytes.get();
            let id = model::InstrumentId(0);
            fast.row(Table::AggTrades, id, row, &mut left).unwrap();
            // The checked way is slow in a debug build: every seventh row, and the first ones.
            if rows < 10_000 || rows % 7 == 0 {
                slow.row_checked(Table::AggTrades, id, row, &mut right).unwrap();
                assert_eq!((left.head, left.body()), (right.head, right.body()), "row {rows}");
            }
            rows += 1;
        }
        assert_eq!((rows, fast.counts().fell_back(Kind::Trade)), (count, 0), "{name}");
    }
}
