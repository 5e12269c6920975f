//! Anchored VWAP and its deviation over the spot day against sums that pandas makes of the file.

use std::fmt::Write;

use analytics::BANDS;
use engine::{Inline, Plan};
use fulcrum_oracles::{BTC, SPOT_DAY, data, each_trade, python, spot};
use model::{Command, CommandLine, Draft, InstrumentId, Kind, MINUTE, Nanos, Window};

/// Rows after which averages are compared.
const EVERY: u64 = 100_000;

/// The operator names a time.
fn name(inline: &mut Inline, time: Nanos) {
    let mut draft = Draft::default();
    draft.open(Kind::Command, InstrumentId::NONE);
    let line = CommandLine {
        command: Command::Anchor.code(),
        reserved: [0; 6],
        time,
        reason: 0,
        more: [0; 5],
    };
    assert!(draft.push(line));
    inline.enter(&mut draft);
}

#[test]
fn averages_and_bands_equal_what_pandas_sums() {
    let test = "averages_and_bands_equal_what_pandas_sums";
    let Some(zip) = data(test, SPOT_DAY) else { return };
    let mut asked = format!("{}\n", zip.display());
    let mut plan = Plan::default();
    plan.analytics.averages.anchor_slots = 8;
    let mut inline = Inline::new(spot(), &plan, ());
    let (mut rows, mut compared) = (0, [0; Window::ALL.len()]);
    each_trade(zip, |draft| {
        inline.enter(draft);
        rows += 1;
        let time = draft.head.time_match;
        if rows == 250_000 || rows == 600_000 {
            // Hours back, then minutes: fetched from the tape while trades go on.
            name(&mut inline, time.since(Nanos(50 * MINUTE.0)));
            name(&mut inline, time.since(Nanos(7 * MINUTE.0)));
        }
        if rows % EVERY != 0 {
            return;
        }
        for window in Window::ALL {
            let Some(anchored) = inline.analytics().anchored(BTC, window) else { continue };
            let average = anchored.average;
            let bands = BANDS.map(|sigmas| average.band(sigmas).0.to_string()).join(" ");
            let (mean, sigma) = (average.mean(), average.sigma());
            let (price, time) = (average.price().0, anchored.time.0);
            writeln!(asked, "{} {rows} {time} {mean:e} {sigma:e} {price} {bands}", window.text())
                .expect("a text");
            compared[window as usize] += 1;
        }
    });
    assert_eq!(rows, 863_403);
    for window in [Window::Day, Window::SwingHigh, Window::FundingTime, Window::Named1] {
        assert!(compared[window as usize] >= 5, "{}: {compared:?}", window.text());
    }
    let Some(answer) = python(test, "anchored.py", &asked) else { return };
    let total: usize = compared.iter().sum();
    assert_eq!(answer.trim(), format!("equal {total}"));
}
