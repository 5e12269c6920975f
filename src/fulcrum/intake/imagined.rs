//! An imagined market in place of a file: `--imagined SEED[:DAYS[:KIND]]`.

use engine::Drawn;
use model::{Draft, Instrument, InstrumentId, Instruments};
use simulator::{Imagined, ImaginedPlan, Temper};

use super::{Account, Voice};
use crate::exit::Stop;
use crate::progress::Progress;
use crate::signals::Signals;

/// The share of meetings that turn, where turns are planted and nothing else is said.
const SHARE: f64 = 0.6;
/// Ten years: more than anybody waits for.
const DAYS_MAX: u32 = 3_660;

/// What the command line asks for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Wish {
    pub(crate) seed: u64,
    pub(crate) plan: ImaginedPlan,
}

impl Wish {
    /// `SEED`, `SEED:DAYS`, `SEED:DAYS:driftless` or `SEED:DAYS:planted`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let seed = parts.next().unwrap_or_default();
        let seed = seed.parse().map_err(|_| format!("{seed:?} is no seed: a whole number"))?;
        let days = match parts.next() {
            None => 1,
            Some(days) => days
                .parse()
                .ok()
                .filter(|days| (1..=DAYS_MAX).contains(days))
                .ok_or_else(|| format!("{days:?} is no number of days in 1..={DAYS_MAX}"))?,
        };
        let temper = match parts.next() {
            None | Some("driftless") => Temper::Driftless,
            Some("planted") => Temper::Planted { share: SHARE },
            Some(kind) => return Err(format!("{kind:?} is neither driftless nor planted")),
        };
        match parts.next() {
            None => Ok(Self { seed, plan: ImaginedPlan::btcusdt(days, temper) }),
            Some(more) => Err(format!("nothing stands behind the kind, but {more:?} does")),
        }
    }

    /// The only instrument.
    pub(crate) fn instruments(&self) -> Result<Instruments, Stop> {
        let mut instruments = Instruments::default();
        instruments.put(self.plan.instrument).map_err(Stop::failed)?;
        Ok(instruments)
    }
}

/// The market as a sequence of messages.
#[derive(Debug)]
pub(crate) struct Dream {
    market: Imagined,
    // To be announced before anything else.
    instrument: Option<Instrument>,
    progress: Progress,
    signals: Signals,
    account: Account,
}

impl Dream {
    pub(super) fn open(wish: &Wish, signals: &Signals, voice: Voice) -> Self {
        Self {
            market: Imagined::new(wish.seed, wish.plan),
            instrument: Some(wish.plan.instrument),
            progress: Progress::start(voice),
            signals: signals.clone(),
            account: Account::default(),
        }
    }

    pub(super) fn draw(&mut self, draft: &mut Draft) -> Result<Drawn, Stop> {
        if let Some(instrument) = self.instrument.take() {
            instrument.write(InstrumentId(0), draft);
            return Ok(Drawn::Fresh);
        }
        self.signals.check()?;
        if !self.market.draw(draft) {
            self.progress.clear();
            return Ok(Drawn::End);
        }
        self.account.lines += 1;
        self.account.accepted += 1;
        let (plan, now) = (self.market.plan(), draft.head.time_event);
        // Seconds stand for the bytes of a file.
        let seconds = |from: model::Nanos, to: model::Nanos| to.since(from).0 / 1_000;
        let done = seconds(plan.time_start, now);
        self.progress.step(|| (done, seconds(plan.time_start, plan.time_end())));
        Ok(Drawn::Fresh)
    }

    pub(super) fn close(self) -> Account {
        self.account
    }
}

#[cfg(test)]
mod tests {
    use super::{SHARE, Wish};
    use simulator::Temper;

    #[test]
    fn wishes_by_table() {
        let planted = Temper::Planted { share: SHARE };
        for (text, want) in [
            ("7", Some((7, 1, Temper::Driftless))),
            ("7:30", Some((7, 30, Temper::Driftless))),
            ("0:2:driftless", Some((0, 2, Temper::Driftless))),
            ("18446744073709551615:3:planted", Some((u64::MAX, 3, planted))),
            ("", None),
            ("x", None),
            ("-1", None),
            ("7:0", None),
            ("7:3661", None),
            ("7::planted", None),
            ("7:1:wild", None),
            ("7:1:planted:0.5", None),
        ] {
            let wish = Wish::parse(text).ok();
            let got = wish.map(|wish| (wish.seed, wish.plan.days, wish.plan.temper));
            assert_eq!(got, want, "{text:?}");
        }
    }
}
