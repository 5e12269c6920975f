//! The age of the data of one socket, stream by stream. Pings do not count: a venue that
//! answers pings and sends nothing is down.

use model::{InstrumentId, Instruments, Nanos, Route};

use super::streams::{Stream, Subscription};

/// One watched stream.
#[derive(Clone, Copy, Debug)]
struct Place {
    // When it was heard last; when the socket opened, while it never was.
    heard: Nanos,
    silence: Nanos,
    proven: bool,
    // False where silence is no fault, or the stream is on another socket.
    watched: bool,
}

/// A stream that is at fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Silence {
    /// Whose.
    pub instrument: InstrumentId,
    /// Which.
    pub stream: Stream,
    /// Whether it has delivered before.
    pub proven: bool,
}

/// The watch over one socket.
#[derive(Clone, Debug)]
pub struct Watch {
    // Instrument by instrument, in the order of `Stream::ALL`.
    places: Box<[Place]>,
    proof: Nanos,
    // Watched streams that have not delivered yet.
    unproven: usize,
}

impl Watch {
    /// A watch over what a route carries.
    #[must_use]
    pub fn new(instruments: &Instruments, subscription: &Subscription, route: Route) -> Self {
        let place = |stream: Stream| {
            let silence = subscription.silence(stream).filter(|_| stream.route() == route);
            Place {
                heard: Nanos::NONE,
                silence: silence.unwrap_or(Nanos::NONE),
                proven: false,
                watched: silence.is_some(),
            }
        };
        let places: Box<[Place]> =
            instruments.iter().flat_map(|_| Stream::ALL.map(place)).collect();
        let unproven = places.iter().filter(|place| place.watched).count();
        Self { places, proof: subscription.proof, unproven }
    }

    /// The socket is open: every stream is as old as that.
    pub fn open(&mut self, now: Nanos) {
        for place in &mut self.places {
            place.heard = now;
        }
    }

    /// A message of this stream came. Returns whether it was the one that proved the last
    /// stream.
    #[inline]
    pub fn hear(&mut self, instrument: InstrumentId, stream: Stream, now: Nanos) -> bool {
        let at = instrument.index() * Stream::ALL.len() + stream as usize;
        let Some(place) = self.places.get_mut(at) else { return false };
        place.heard = now;
        if place.proven || !place.watched {
            return false;
        }
        place.proven = true;
        self.unproven -= 1;
        self.unproven == 0
    }

    /// Whether every stream that must deliver has delivered.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.unproven == 0
    }

    /// The first stream that has been silent for too long.
    #[must_use]
    pub fn silence(&self, now: Nanos) -> Option<Silence> {
        self.all_silent(now).next()
    }

    /// Every stream that has been silent for too long.
    pub fn all_silent(&self, now: Nanos) -> impl Iterator<Item = Silence> + '_ {
        let silent = move |place: &Place| {
            let limit = if place.proven { place.silence } else { self.proof.max(place.silence) };
            place.watched && now.since(place.heard) > limit
        };
        (0_u16..).map(InstrumentId).zip(self.places.chunks(Stream::ALL.len())).flat_map(
            move |(instrument, places)| {
                let each = Stream::ALL.into_iter().zip(places);
                each.filter(move |(_, place)| silent(place)).map(move |(stream, place)| Silence {
                    instrument,
                    stream,
                    proven: place.proven,
                })
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use model::{Instrument, InstrumentId, Instruments, Nanos, Route, SECOND};

    use super::{Silence, Stream, Subscription, Watch};

    const A: InstrumentId = InstrumentId(0);
    const B: InstrumentId = InstrumentId(1);

    fn watch(route: Route) -> Watch {
        let mut table = Instruments::default();
        for symbol in ["AUSDT", "BUSDT"] {
            table.put(Instrument::new(symbol, "0.1", "0.001").expect("sound")).expect("room");
        }
        let mut watch = Watch::new(&table, &Subscription::default(), route);
        watch.open(at(0));
        watch
    }

    fn at(seconds: u64) -> Nanos {
        Nanos((1_000 + seconds) * SECOND.0)
    }

    #[test]
    fn proven_when_each_stream_has_delivered_and_not_before() {
        let mut watch = watch(Route::Public);
        let hears =
            [(A, Stream::Depth), (A, Stream::Quote), (A, Stream::Depth), (B, Stream::Quote)];
        for (instrument, stream) in hears {
            assert!(!watch.hear(instrument, stream, at(1)) && !watch.is_proven());
        }
        assert!(watch.hear(B, Stream::Depth, at(2)) && watch.is_proven());
        assert!(!watch.hear(B, Stream::Depth, at(3)), "only once");
    }

    #[test]
    fn a_stream_that_never_delivered_is_named_after_the_time_for_proof() {
        let mut watch = watch(Route::Public);
        for second in 0..=20 {
            assert_eq!(watch.silence(at(second)), None, "second {second}");
            watch.hear(A, Stream::Depth, at(second));
            watch.hear(A, Stream::Quote, at(second));
            watch.hear(B, Stream::Quote, at(second));
        }
        let silent = Silence { instrument: B, stream: Stream::Depth, proven: false };
        assert_eq!(watch.silence(at(21)), Some(silent));
    }

    #[test]
    fn one_mute_stream_is_named_while_the_others_go_on() {
        let mut watch = watch(Route::Market);
        for second in 0..100 {
            for instrument in [A, B] {
                watch.hear(instrument, Stream::Mark, at(second));
                if second < 30 || instrument == A {
                    watch.hear(instrument, Stream::Trade, at(second));
                }
            }
            let silent = Silence { instrument: B, stream: Stream::Trade, proven: true };
            // Heard at 29, allowed 60 s; liquidations may be silent for ever.
            assert_eq!(watch.silence(at(second)), (second > 89).then_some(silent), "{second}");
        }
    }

    #[test]
    fn an_unknown_instrument_is_no_fault_of_the_watch() {
        assert!(!watch(Route::Public).hear(InstrumentId::NONE, Stream::Depth, at(0)));
    }
}
