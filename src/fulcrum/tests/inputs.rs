//! Inputs that are no recordings: imagined days, and a dump with a book around it.

mod common;

use common::{Folder, data, fulcrum};

const TEST: &str = "a book around a dump";

#[test]
fn an_imagined_day_is_the_same_in_every_layout_and_from_its_journal() {
    let folder = Folder::new();
    let home = folder.path("home");
    let inline = fulcrum("replay --imagined 3:1:planted --json", &["--journal", &home]);
    assert_eq!(inline.code, 0, "{}", inline.err);
    let digests = |out: &str| {
        out.lines().next().unwrap_or_default().split(",\"journal\"").next().map(str::to_owned)
    };
    let want = digests(&inline.out);
    assert!(want.as_ref().is_some_and(|line| line.contains("\"digest\":\"")), "{want:?}");
    // Other threads and another origin at once: a day takes seconds.
    let again = fulcrum("replay --layout two --json", &[&home]);
    assert_eq!((again.code, digests(&again.out)), (0, want));
}

#[test]
fn a_book_around_a_dump_leaves_its_trades_as_they_are() {
    let Some(dump) = data(TEST, "dumps/spot-BTCUSDT-aggTrades-2025-09-01-10k.csv.gz") else {
        return;
    };
    let words = "analyze --json --emit cvd,book --symbol BTCUSDT --tick 0.01 --lot 0.00001";
    let (bare, around) =
        (fulcrum(words, &[&dump]), fulcrum(&format!("{words} --with-book"), &[&dump]));
    assert_eq!((bare.code, around.code), (0, 0), "{}", around.err);
    let figure = |line: &str| {
        let (from, to) = (line.find("\"cvd\":"), line.find(",\"stable\""));
        from.zip(to).map(|(from, to)| line[from..to].to_owned())
    };
    let cvd = |ran: &common::Ran| ran.of("cvd").first().and_then(|line| figure(line));
    assert!(cvd(&bare).is_some_and(|cvd| cvd.contains("\"trades\":10001")), "{}", bare.out);
    assert_eq!(cvd(&around), cvd(&bare));
    let book = around.of("book").first().map(|line| line.contains("\"state\":\"trusted\""));
    assert_eq!(book, Some(true), "{}", around.out);
    assert!(around.out.contains("\"lines\":10001,"), "every row is a line: {}", around.out);
    // Candles are no tape, and a journal has a book.
    let Some(candles) = data(TEST, "dumps/spot-BTCUSDT-1h-2017_2024.csv.gz") else { return };
    assert_eq!(
        fulcrum("replay --with-book --symbol BTCUSDT --tick 0.01 --lot 0.00001", &[&candles]).code,
        2
    );
}
