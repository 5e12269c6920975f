//! A dump of trades with the simulator's book around it: `--with-book`. The rows become frames as
//! a venue sends them, and the frames take the way of all others.
//!
//! ```text
//! dump ─▶ Lines ─▶ trades ─▶ simulator::ArchiveSource ─▶ frames, snapshots ─▶ Decoder ─▶ messages
//! ```
//! The trades are the dump's own; quotes and depth are imagined so that every trade prints at the
//! best. There is neither mark price nor open interest: a dump of trades knows neither.

use std::sync::{Arc, Mutex, PoisonError};

use engine::Drawn;
use model::{
    Draft, Fine, Instrument, InstrumentId, Instruments, Kind, MILLISECOND, MINUTE, Message, Nanos,
    TradeLine,
};
use simulator::source::{Ask, Outgoing, Reply};
use simulator::{ArchiveRow, ArchiveSource, MarketPlan, Source};
use wire::{Decoder, Endpoint, Frame};

use super::Account;
use super::lines::Lines;
use crate::exit::Stop;

/// The book is the same for every run.
const SEED: u64 = 1;
/// Levels a side in a snapshot, as the venue's largest.
const LEVELS: usize = 1_000;
/// From the imagined venue to us.
const WAY: Nanos = Nanos(3 * MILLISECOND.0);

/// How the reading of the dump ended; the simulator owns the reader, so it is told from afar.
type Ending = Arc<Mutex<Option<Result<Account, Stop>>>>;

/// The dump's trades as rows of an archive.
struct Rows {
    lines: Option<Lines>,
    draft: Draft,
    first: Option<ArchiveRow>,
    ending: Ending,
}

/// See the module.
pub(crate) struct Around {
    source: ArchiveSource<Rows>,
    frame: Outgoing,
    waiting: bool,
    decoder: Decoder,
    instrument: Instrument,
    told: Told,
    // The minute of the last snapshot.
    minute: u64,
    ending: Ending,
}

/// What comes before the first frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Told {
    Nothing,
    Instrument,
}

impl std::fmt::Debug for Around {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Around").field("source", &self.source).finish_non_exhaustive()
    }
}

fn row(message: Message<'_>) -> Option<ArchiveRow> {
    let trade = message.head.kind() == Some(Kind::Trade);
    let line: &TradeLine = message.body.view(0).filter(|_| trade)?;
    let (id, time) = (message.head.id, message.head.time_match);
    let (first, last, price, lots) = (line.first, line.last, line.price, line.lots);
    Some(ArchiveRow { id, first, last, time, price, lots, taker: line.side() })
}

impl Iterator for Rows {
    type Item = ArchiveRow;

    fn next(&mut self) -> Option<ArchiveRow> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let drawn = self.lines.as_mut()?.draw(&mut self.draft);
            let ended = match drawn {
                Ok(Drawn::End) => Ok(()),
                Err(stop) => Err(stop),
                // What is no trade (a table of candles) has no place in a tape.
                Ok(_) => match row(self.draft.message()) {
                    Some(row) => return Some(row),
                    None => continue,
                },
            };
            let account = self.lines.take().map(Lines::close).unwrap_or_default();
            let ended = ended.map(|()| account);
            *self.ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        }
    }
}

impl Around {
    /// Reads up to the first trade, whose instrument the book is for.
    pub(super) fn open(mut lines: Lines) -> Result<Self, Stop> {
        let mut draft = Draft::default();
        let mut instrument = None;
        let first = loop {
            if lines.draw(&mut draft)? == Drawn::End {
                let account = lines.close();
                account.tell();
                return Err(Stop::usage("--with-book needs a dump of trades, and there is none"));
            }
            instrument = Instrument::read(draft.message()).or(instrument);
            if let Some(row) = row(draft.message()) {
                break row;
            }
        };
        let instrument = instrument.ok_or_else(|| Stop::failed("a trade of no instrument"))?;
        let ending = Ending::default();
        let rows =
            Rows { lines: Some(lines), draft, first: Some(first), ending: Arc::clone(&ending) };
        let mut instruments = Instruments::default();
        instruments.put(instrument).map_err(Stop::failed)?;
        Ok(Self {
            source: ArchiveSource::new(SEED, rows, plan(instrument)),
            frame: Outgoing::default(),
            waiting: false,
            decoder: Decoder::new(instruments),
            instrument,
            told: Told::Nothing,
            minute: u64::MAX,
            ending,
        })
    }

    /// The only instrument.
    pub(super) const fn instrument(&self) -> Instrument {
        self.instrument
    }

    pub(super) fn draw(&mut self, draft: &mut Draft) -> Result<Drawn, Stop> {
        if self.told == Told::Nothing {
            self.told = Told::Instrument;
            self.instrument.write(InstrumentId(0), draft);
            return Ok(Drawn::Fresh);
        }
        if !self.waiting && !self.source.next(&mut self.frame) {
            return self.end();
        }
        self.waiting = false;
        let time = self.frame.time_venue;
        if self.minute != time.0 / MINUTE.0 {
            // The snapshot first: it is of the book before this frame's diff is taken in.
            self.minute = time.0 / MINUTE.0;
            self.waiting = self.snapshot(time, draft)?;
            if self.waiting {
                return Ok(Drawn::Fresh);
            }
        }
        let frame = Frame::bare(&self.frame.payload);
        let decoded = self.decoder.stream(frame, time.after(WAY), draft);
        decoded.map_err(|reason| Stop::failed(format_args!("an imagined frame: {reason}")))?;
        Ok(Drawn::Fresh)
    }

    fn snapshot(&mut self, time: Nanos, draft: &mut Draft) -> Result<bool, Stop> {
        let Reply::Body(body) = self.source.ask(0, Ask::Depth { limit: LEVELS }) else {
            return Ok(false);
        };
        let endpoint = Endpoint::Depth(InstrumentId(0));
        let decoded = self.decoder.answer(endpoint, &body, time.after(WAY), draft);
        decoded.map_err(|reason| Stop::failed(format_args!("an imagined book: {reason}")))?;
        Ok(true)
    }

    /// The source is silent: because the dump is over, or because its reading was stopped.
    fn end(&mut self) -> Result<Drawn, Stop> {
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*ending, Some(Err(_)))
            && let Some(Err(stop)) = ending.take()
        {
            return Err(stop);
        }
        Ok(Drawn::End)
    }

    pub(super) fn close(self) -> Account {
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        ending.take().and_then(Result::ok).unwrap_or_default()
    }
}

/// The simulator's habits on this grid: sizes in units of one coin, digits of the tick.
fn plan(instrument: Instrument) -> MarketPlan {
    let coin = Fine::ONE.0 as f64 / instrument.lot.0.max(1) as f64;
    MarketPlan { instrument, price_places: 2, unit_lots: coin, ..MarketPlan::btcusdt() }
}
