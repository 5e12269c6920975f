//! Averages by themselves: what a trade costs an anchor, and what a reading costs.

use std::rc::Rc;

use model::{Lots, Nanos, Price, SECOND};

use super::since::{Reach, Since};
use super::sums::{BANDS, Sums};
use crate::alone::{Figure, Input, figure};
use crate::figures::Print;
use crate::tape::{Placed, Tape};

pub(crate) fn figures(day: &Input) -> Vec<Figure> {
    let prints = day.prints();
    vec![
        figure("anchored VWAP: running sums", "trade", &prints, || {
            let mut total = Sums::ZERO;
            move |print: &Print| {
                total.put(&Sums::of(print.price, print.lots));
                total.lots()
            }
        }),
        figure("anchored VWAP: one more anchor", "trade", &prints, || {
            let (tape, mut since) = (Tape::new(0), Since::IDLE);
            since.begin(Nanos(1), None, &Sums::ZERO, &tape);
            // The tape is empty: read at once.
            since.fill(&tape, Reach { floor: 0, edge: Nanos::NONE }, |_, _, _| {});
            let terms = Sums::of(Price(1), Lots(1));
            move |print: &Print| {
                since.admit(Placed { time: print.time, place: 0, own: true }, &terms)
            }
        }),
        readings(&prints),
    ]
}

/// The average since the day began with its six bands, each second.
fn readings(prints: &[Print]) -> Figure {
    let (mut total, mut said, mut seconds) = (Sums::ZERO, Nanos::NONE, Vec::new());
    for print in prints {
        total.put(&Sums::of(print.price, print.lots));
        if print.time.floor(SECOND) != said {
            said = print.time.floor(SECOND);
            seconds.push((total, print.price));
        }
    }
    let seconds: Rc<[(Sums, Price)]> = seconds.into();
    figure("anchored VWAP: mean, σ, six bands", "reading", &seconds, || {
        |(sums, last): &(Sums, Price)| {
            let average = sums.average()?;
            let bands = BANDS.map(|sigmas| average.band(sigmas));
            Some((average.price(), average.mean(), bands, average.distance(*last)))
        }
    })
}
