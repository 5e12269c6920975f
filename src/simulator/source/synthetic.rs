//! Synthetic markets as a source: one for each instrument, merged by venue time.

use model::{Instrument, Nanos};

use super::{Ask, Outgoing, Reply, Source};
use crate::market::{Market, MarketPlan, Stream};

/// One or more synthetic markets.
#[derive(Debug)]
pub struct SyntheticSource {
    lanes: Vec<Lane>,
}

#[derive(Debug)]
struct Lane {
    market: Market,
    names: Vec<(Stream, String)>,
    /// The lane's next frame, taken ahead to be compared with the others'.
    ahead: Outgoing,
    full: bool,
}

impl SyntheticSource {
    /// The markets of a seed, one for each plan; each has dice of its own.
    ///
    /// # Panics
    /// Without a plan.
    #[must_use]
    pub fn new(seed: u64, plans: Vec<MarketPlan>) -> Self {
        assert!(!plans.is_empty(), "a source needs an instrument");
        let lane = |(part, plan): (u64, MarketPlan)| {
            let lower = plan.instrument.symbol.text().to_lowercase();
            let names = Stream::ALL.map(|stream| (stream, format!("{lower}{}", stream.suffix())));
            // The first market is the seed's own, so that `Market::new` gives the same bytes.
            let seed = seed.wrapping_add(part.wrapping_mul(0x9e37_79b9));
            Lane {
                market: Market::new(seed, plan),
                names: names.to_vec(),
                ahead: Outgoing::default(),
                full: false,
            }
        };
        Self { lanes: (0..).zip(plans).map(lane).collect() }
    }

    /// The market of an instrument, to look at.
    #[must_use]
    pub fn market(&self, place: usize) -> Option<&Market> {
        self.lanes.get(place).map(|lane| &lane.market)
    }
}

impl Lane {
    fn refill(&mut self) {
        if self.full {
            return;
        }
        let frame = self.market.next();
        self.ahead.time_venue = frame.time_venue;
        self.ahead.id = frame.id;
        self.ahead.payload.clear();
        self.ahead.payload.extend_from_slice(frame.bytes);
        self.ahead.stream.clear();
        let name = self.names.iter().find(|(stream, _)| *stream == frame.stream);
        self.ahead.stream.push_str(name.map_or("", |(_, name)| name));
        self.full = true;
    }
}

impl Source for SyntheticSource {
    fn instruments(&self) -> Vec<(Instrument, u32)> {
        let of = |lane: &Lane| (lane.market.plan().instrument, lane.market.plan().price_places);
        self.lanes.iter().map(of).collect()
    }

    fn time_start(&self) -> Nanos {
        self.lanes[0].market.plan().time_start
    }

    fn next(&mut self, out: &mut Outgoing) -> bool {
        for lane in &mut self.lanes {
            lane.refill();
        }
        let Some(lane) = self.lanes.iter_mut().min_by_key(|lane| lane.ahead.time_venue) else {
            return false;
        };
        std::mem::swap(out, &mut lane.ahead);
        lane.full = false;
        true
    }

    fn ask(&mut self, place: usize, ask: Ask) -> Reply {
        let Some(lane) = self.lanes.get(place) else { return Reply::Unknown };
        let market = &lane.market;
        let mut body = Vec::new();
        match ask {
            Ask::Depth { limit } => market.snapshot(limit, &mut body),
            Ask::Aggregates { from, limit } => market.aggregates(from, limit, &mut body),
            Ask::AggregatesBetween { from, to, limit } => {
                market.aggregates_between(from, to, limit, &mut body);
            }
            Ask::Klines { length, from, to, limit } => {
                market.candles(length, (from, to), limit, &mut body);
            }
            Ask::OpenInterest => market.open_interest(&mut body),
            Ask::PremiumIndex => market.premium_index(&mut body),
        }
        Reply::Body(body)
    }

    fn carries(&self, stream: &str) -> bool {
        self.lanes.iter().any(|lane| {
            let klines = lane.market.plan().klines;
            lane.names
                .iter()
                .any(|(kind, name)| name == stream && (klines || *kind != Stream::Kline))
        })
    }
}
