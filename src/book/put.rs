//! How the levels of a depth body go into both sides: packed lines in runs, the others one by one.

use model::{Body, DepthForm, DepthLine, Level, Line, Side};

use crate::drain::Drain;
use crate::half::Half;
use crate::ladder::RUN;

/// Puts every level of a depth body; returns how many there were.
#[inline]
pub(crate) fn put_lines(
    bids: &mut Half,
    asks: &mut Half,
    body: Body<'_>,
    drain: &mut Drain,
) -> u32 {
    drain.open();
    // The body in one piece is the rule; a chained iterator would ask at every line.
    let front = put_slice(bids, asks, body.front, (drain, 0));
    front + put_slice(bids, asks, body.back, (drain, body.front.len()))
}

#[inline]
fn put_slice(
    bids: &mut Half,
    asks: &mut Half,
    mut lines: &[Line],
    (drain, mut at): (&mut Drain, usize),
) -> u32 {
    let mut changes = 0;
    while !lines.is_empty() {
        let (mut count, mut has_bids, mut has_asks) = (0, 0, 0);
        for line in lines.iter().take(RUN) {
            let packed: &DepthLine = line.view();
            if packed.form != DepthForm::Packed.code() {
                break;
            }
            has_bids += u32::from(packed.bids);
            has_asks += u32::from(packed.asks);
            count += 1;
        }
        if count == 0 {
            changes += put_wide(bids, asks, &lines[0]);
            drain.pass_over(at, &lines[0]);
            lines = &lines[1..];
            at += 1;
            continue;
        }
        let (run, later) = lines.split_at(count);
        let lost = drain.copy(at, run);
        let wide = bids.wide + asks.wide;
        if has_bids != 0 {
            bids.put_run(run, lost);
        }
        if has_asks != 0 {
            asks.put_run(run, lost);
        }
        if wide != 0 {
            // A level that was wider than a ladder's may have been among them.
            drain.cut(1);
        }
        at += count;
        changes += has_bids + has_asks;
        lines = later;
    }
    changes
}

#[cold]
fn put_wide(bids: &mut Half, asks: &mut Half, line: &Line) -> u32 {
    let mut changes = 0;
    for level in Level::all(line) {
        match level.side {
            Side::Buy => bids.put(level.price, level.lots),
            Side::Sell => asks.put(level.price, level.lots),
        }
        changes += 1;
    }
    changes
}
