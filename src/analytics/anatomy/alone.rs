//! The group's calculators by themselves: studies of the day's histogram as it was at each
//! minute, and what a trade costs.

use std::rc::Rc;

use model::{HOUR, Interval, Nanos, Price, Trust, Window};

use super::brackets::{BRACKETS, Brackets, Range};
use super::naked::{Naked, Poc};
use super::plan::AnatomyPlan;
use super::shape::{Form, borders};
use super::study::Study;
use super::tpo::Letters;
use super::turns::Turns;
use super::{BINS_MAX, PIECE};
use crate::Profile;
use crate::alone::{Figure, Heard, Input, figure};
use crate::figures::Print;

/// Bins of the day: 2^10 ticks, 0.024 % of the price.
const SHIFT: u32 = 10;

/// A histogram and its POC's bin.
type Row = (Vec<i64>, usize);

pub(crate) fn figures(day: &Input) -> Vec<Figure> {
    let rows: Rc<[Row]> = rows(day).into();
    let smoothed: Rc<[Vec<i64>]> = rows.iter().map(smoothed).collect();
    let mut all = vec![
        figure("nodes, shelves, cliffs, shape", "study", &rows, || {
            let mut study = Study::new(AnatomyPlan::default());
            move |(row, poc): &Row| {
                study.begin(row, *poc);
                while !study.step(PIECE) {}
                study.nodes().len()
            }
        }),
        figure("extrema and prominences alone", "study", &smoothed, || {
            let mut turns = Turns::new(BINS_MAX + 2);
            move |row: &Vec<i64>| {
                turns.clear();
                turns.extend(row);
                turns.step(usize::MAX);
                turns.all().len()
            }
        }),
        figure("shape alone", "study", &rows, || {
            |(row, poc): &Row| {
                let [middle, upper] = borders(row.len());
                let thirds = [&row[..middle], &row[middle..upper], &row[upper..]];
                let thirds = thirds.map(|third| third.iter().sum());
                Form { bins: row.len(), poc: *poc, thirds }.class(false)
            }
        }),
    ];
    all.extend(by_trade(day));
    all
}

fn by_trade(day: &Input) -> [Figure; 3] {
    let prints = day.prints();
    let naked = figure("naked POCs, three standing", "trade", &prints, || {
        let mut naked = Naked::new();
        (1..=3).for_each(|at| naked.register(far(at), |_, _, _| {}));
        move |print: &Print| naked.step(print.time, Some(print.price), None, |_, _, _| {})
    });
    let open = prints.first().map_or(Nanos::NONE, |print| print.time.floor(model::DAY));
    let brackets = figure("TPO: brackets", "trade", &prints, move || {
        let mut brackets = Brackets::new(open);
        move |print: &Print| {
            brackets.take(print.price);
            brackets.reach(print.time, Some(print.time))
        }
    });
    let letters = figure("TPO: letters, area, single prints", "bracket", &ranges(&prints), || {
        let mut letters = Letters::new();
        move |ranges: &Vec<Range>| {
            letters.begin(ranges, 1 << SHIFT);
            while !letters.step(PIECE) {}
            letters.total
        }
    });
    [naked, brackets, letters]
}

/// Never reached by a trade of the day.
fn far(at: i64) -> Poc {
    Poc {
        window: Window::Funding,
        level: Price(at),
        bin_ticks: 1,
        open: Nanos(u64::MAX / 4),
        end: Nanos(u64::MAX / 4 + HOUR.0),
        trust: Trust::SOUND,
    }
}

/// The day's profile at the close of each minute.
fn rows(day: &Input) -> Vec<Row> {
    let (mut profile, mut rows) = (Profile::folding(SHIFT), Vec::new());
    for moment in day.moments(|of| of.is_trade() || of.is_bar(Interval::Minute1)).iter() {
        if let Heard::Trade(print) = &moment.heard {
            profile.add(print.price, print.side, print.lots);
        } else if let (Some((_, row)), Some(poc)) = (profile.row(), profile.poc_bin()) {
            rows.push((row.to_vec(), poc));
        }
    }
    rows
}

/// Hs with a 0 bin on each side, as the turns are found in it.
fn smoothed((row, poc): &Row) -> Vec<i64> {
    let mut study = Study::new(AnatomyPlan::default());
    study.begin(row, *poc);
    while !study.step(PIECE) {}
    [&[0], study.smoothed(), &[0]].concat()
}

/// The day's brackets at the end of each.
fn ranges(prints: &[Print]) -> Rc<[Vec<Range>]> {
    let open = prints.first().map_or(Nanos::NONE, |print| print.time.floor(model::DAY));
    let (mut brackets, mut all) = (Brackets::new(open), Vec::with_capacity(BRACKETS));
    for print in prints {
        if brackets.reach(print.time, Some(print.time)) {
            all.push(brackets.ranges[..brackets.over].to_vec());
        }
        brackets.take(print.price);
    }
    all.into()
}
