//! How late the venue's data come: their own event times against the venue's clock as we know it.
//!
//! ```text
//! now + offset − E  >  limit    late, said once an instrument; in time again: said once
//! ```
//! Silence is another matter ([`super::watch`]): a stream that says nothing is not late. Before
//! the offset is known, and after our own clock stood still, nobody is judged.

use model::{InstrumentId, Nanos};

/// One instrument, all of its streams: one late stream beside others in time is skew enough.
#[derive(Clone, Copy, Default, Debug)]
struct Place {
    late: bool,
    // When the last late message came.
    last: Nanos,
    // The worst lateness of this bout.
    worst: Nanos,
}

/// A bout of lateness began, or is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct News {
    pub(super) instrument: InstrumentId,
    /// How late: of the first message where it begins, of the worst where it ends.
    pub(super) span: Nanos,
    pub(super) active: bool,
}

/// The watch over lateness.
#[derive(Debug)]
pub(super) struct Late {
    limit: Nanos,
    // The venue's clock less ours.
    offset: Option<i64>,
    places: Box<[Place]>,
    bouts: usize,
}

impl Late {
    pub(super) fn new(instruments: usize, limit: Nanos) -> Self {
        Self { limit, offset: None, places: vec![Place::default(); instruments].into(), bouts: 0 }
    }

    /// The offset was measured anew; `None` when what was known of it holds no longer.
    pub(super) const fn set_offset(&mut self, offset: Option<i64>) {
        self.offset = offset;
    }

    /// A message with this event time came.
    #[inline]
    pub(super) fn hear(&mut self, id: InstrumentId, event: Nanos, now: Nanos) -> Option<News> {
        let venue = Nanos(now.0.saturating_add_signed(self.offset?));
        let span = venue.since(event);
        // Where there is no event time the span is an age of decades.
        if span <= self.limit || event == Nanos::NONE { None } else { self.late(id, span, now) }
    }

    #[cold]
    fn late(&mut self, instrument: InstrumentId, span: Nanos, now: Nanos) -> Option<News> {
        let place = self.places.get_mut(instrument.index())?;
        place.last = now;
        place.worst = place.worst.max(span);
        if place.late {
            return None;
        }
        place.late = true;
        self.bouts += 1;
        Some(News { instrument, span, active: true })
    }

    /// A bout that is over: no late message for as long as the limit.
    #[inline]
    pub(super) fn over(&mut self, now: Nanos) -> Option<News> {
        if self.bouts == 0 { None } else { self.find_over(now) }
    }

    #[cold]
    fn find_over(&mut self, now: Nanos) -> Option<News> {
        let limit = self.limit;
        let over = |place: &Place| place.late && now.since(place.last) > limit;
        let at = self.places.iter().position(over)?;
        let place = std::mem::take(&mut self.places[at]);
        self.bouts -= 1;
        let instrument = InstrumentId(u16::try_from(at).ok()?);
        Some(News { instrument, span: place.worst, active: false })
    }
}

#[cfg(test)]
mod tests {
    use model::{InstrumentId, MILLISECOND, Nanos, SECOND};

    use super::{Late, News};

    const START: u64 = 1_793_000_000 * SECOND.0;

    fn at(millis: u64) -> Nanos {
        Nanos(START + millis * MILLISECOND.0)
    }

    fn told(news: Option<News>) -> String {
        news.map_or("-".into(), |news| {
            let word = if news.active { "late" } else { "over" };
            format!("{word} {} {}", news.instrument.0, news.span.0 / MILLISECOND.0)
        })
    }

    #[test]
    fn a_bout_is_said_once_when_it_begins_and_once_when_it_is_over() {
        let mut late = Late::new(2, SECOND);
        let (one, two) = (InstrumentId(0), InstrumentId(1));
        assert_eq!(late.hear(one, at(0), at(9_000)), None, "the offset is not known");
        late.set_offset(Some(500 * 1_000_000));
        // instrument, event, now | news
        for (id, event, now, want) in [
            (one, at(10_000), at(10_500), "-"),
            (one, at(10_001), at(10_500), "-"),
            (one, at(9_999), at(10_500), "late 0 1001"),
            (one, at(8_000), at(10_600), "-"),
            (two, at(10_600), at(10_600), "-"),
            (two, at(0), at(10_700), "late 1 11200"),
            (one, Nanos::NONE, at(10_800), "-"),
            (InstrumentId(7), at(0), at(10_800), "-"),
            (one, at(10_900), at(10_900), "-"),
        ] {
            assert_eq!(told(late.hear(id, event, now)), want, "{event:?} {now:?}");
        }
        assert_eq!(told(late.over(at(11_600))), "-");
        assert_eq!(told(late.over(at(11_601))), "over 0 3100");
        assert_eq!(told(late.over(at(11_601))), "-");
        assert_eq!(told(late.over(at(11_701))), "over 1 11200");
        late.set_offset(None);
        assert_eq!(late.hear(one, at(0), at(30_000)), None, "our clock stood still");
        late.set_offset(Some(0));
        assert_eq!(told(late.hear(one, at(28_000), at(30_000))), "late 0 2000", "a new bout");
    }
}
