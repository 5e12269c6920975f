//! The group's calculators by themselves: those of the book over the session, the venue's own
//! figures over the imagined day.

use std::hint::black_box;

use model::{Fine, ForceLine, Instrument, Interval, Lots, Nanos, SECOND};

use super::fate::Fate;
use super::funding::Funding;
use super::interest::Interest;
use super::liquidations::Liquidations;
use super::ofi::{Ofi, OfiSource};
use super::regime::Regime;
use super::{STEPS, STEPS_TRADE};
use crate::alone::{Figure, Heard, Input, Moment, figure, figure_of};
use crate::figures::Print;
use crate::obi::{Obi, Reading};

pub(crate) fn figures(day: &Input, session: &Input, imagined: &Input) -> Vec<Figure> {
    let polls = imagined.moments(|moment| matches!(moment.heard, Heard::Interest(_)));
    let marks = imagined.moments(|moment| matches!(moment.heard, Heard::Mark(_)));
    vec![
        ofi(session),
        regime(session),
        fate(session),
        figure("open interest, change and slope", "poll", &polls, || {
            let mut interest = Interest::new();
            move |moment: &Moment| match moment.heard {
                Heard::Interest(lots) => interest.take(lots, moment.time, moment.clock),
                _ => None,
            }
        }),
        figure("funding", "mark price", &marks, || {
            let mut funding = Funding::new();
            move |moment: &Moment| match &moment.heard {
                Heard::Mark(mark) => funding.take(mark).then(|| funding.values()),
                _ => None,
            }
        }),
        liquidations(day),
    ]
}

/// Quotes, with the bars that close between them.
fn ofi(session: &Input) -> Figure {
    let is_quote = |moment: &Moment| matches!(moment.heard, Heard::Quote(..));
    let moments = session.moments(|of| is_quote(of) || matches!(of.heard, Heard::Bar(_)));
    figure_of("order flow imbalance (OFI)", "quote", &moments, is_quote, || {
        let mut ofi = Ofi::new(OfiSource::BookTicker);
        move |moment: &Moment| match &moment.heard {
            Heard::Quote(quote, id) => ofi.quote(&moment.now(), quote, *id),
            Heard::Bar(bar) => {
                black_box(ofi.close(&moment.now(), &bar.bar()));
            }
            _ => {}
        }
    })
}

/// The imbalance after every book event.
fn regime(session: &Input) -> Figure {
    let mut obi = Obi::new(300);
    let reading = |moment: &Moment| match &moment.heard {
        Heard::Book(book) => {
            obi.take(book, moment.clock);
            (moment.clock, Some(*obi.reading()))
        }
        _ => (moment.clock, None),
    };
    let moments = session.moments(|of| of.is_book() || of.is_bar(Interval::Minute1));
    let readings = moments.iter().map(reading).collect();
    let is_event = |(_, reading): &(Nanos, Option<Reading>)| reading.is_some();
    figure_of("regime of the imbalance", "book event", &readings, is_event, || {
        let mut regime = Regime::new();
        move |(clock, reading): &(Nanos, Option<Reading>)| match reading {
            Some(reading) => regime.take(*clock, reading),
            None => {
                let open = clock.floor(Interval::Minute1.length()).since(SECOND);
                black_box(regime.close(Interval::Minute1, open));
            }
        }
    })
}

/// Every message: prints and losses come in, and a few steps of the work are done.
fn fate(session: &Input) -> Figure {
    let moments = session.moments(|moment| !matches!(moment.heard, Heard::Bar(_)));
    figure("liquidity fate", "message", &moments, || {
        let mut fate = Fate::new();
        let mut mid_doubled = 0;
        move |moment: &Moment| {
            let mut steps = STEPS;
            match &moment.heard {
                Heard::Trade(print) => {
                    fate.print(print);
                    steps = STEPS_TRADE;
                }
                Heard::Book(book) => mid_doubled = book.bid.0 + book.ask.0,
                Heard::Drain(drain) => {
                    let (head, lines) = &**drain;
                    fate.lose(head, (lines.iter(), lines.len()), moment.time, mid_doubled);
                }
                _ => {}
            }
            fate.step(moment.clock, steps, |minute| {
                black_box(minute.near);
            });
        }
    })
}

/// No recording has enough forced orders: each trade stands for one.
fn liquidations(day: &Input) -> Figure {
    let instrument = day.instrument;
    figure("liquidations and spikes", "forced order", &day.prints(), move || {
        let mut liquidations = Liquidations::new(&instrument);
        move |print: &Print| {
            if liquidations.is_due(print.time) {
                liquidations.pass(print.time, |closed| {
                    black_box(closed);
                });
            }
            liquidations.take(&forced(print, &instrument), print.time)
        }
    })
}

fn forced(print: &Print, instrument: &Instrument) -> ForceLine {
    let price = Fine(print.price.0 * instrument.tick.0);
    let lots = print.lots;
    ForceLine {
        price,
        average: price,
        lots,
        lots_last: Lots(0),
        lots_filled: lots,
        side: print.side.code(),
        filled: 1,
        reserved: [0; 22],
    }
}
