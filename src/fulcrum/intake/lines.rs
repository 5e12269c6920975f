//! Lines to messages: finds each line's decoder and grid, and accounts for every line that is
//! refused.

use std::collections::VecDeque;

use archive::{Archive, Bytes, Item, Place};
use engine::Drawn;
use model::{Draft, Flags, Instrument, InstrumentId, Instruments, Nanos, Refusal, Symbol};
use wire::dump::{FirstRow, Table};
use wire::{Decoder, Endpoint, Frame};

use crate::cli::Inputs;
use crate::config::Config;
use crate::exit::Stop;
use crate::progress::Progress;
use crate::signals::Signals;

use super::grids::Grids;
use super::{Account, Voice, sniff};

/// Recordings, captures and dumps as one sequence of messages.
#[derive(Debug)]
pub(crate) struct Lines {
    archive: Archive,
    desk: Desk,
    progress: Progress,
    signals: Signals,
    strict: bool,
    voice: Voice,
    over: bool,
}

/// What decodes, and what it knows.
#[derive(Debug)]
struct Desk {
    decoder: Decoder,
    grids: Grids,
    // Instruments to be announced before the next message.
    news: VecDeque<(InstrumentId, Instrument)>,
    // A message that waits behind such an instrument.
    held: Option<Box<Draft>>,
    sheet: Option<Sheet>,
    admitted: usize,
    // A symbol without a grid, or of another venue, was seen: a snapshot could be its.
    strangers: bool,
    account: Account,
}

/// The dump being read.
#[derive(Clone, Copy, Debug)]
struct Sheet {
    input: usize,
    table: Table,
    instrument: InstrumentId,
}

/// What a line turned out to be.
enum Judged {
    /// A message lies in the draft.
    Message,
    /// Taken, but no message for the pipeline.
    Silent,
    /// No data at all, such as the names of columns.
    Nothing,
}

impl Lines {
    /// Looks at every input, and at what the command line says about instruments.
    pub(super) fn open(
        inputs: &Inputs,
        config: &Config,
        signals: &Signals,
        voice: Voice,
    ) -> Result<Self, Stop> {
        let archive = Archive::open(&inputs.inputs).map_err(Stop::failed)?;
        let grids = Grids::new(inputs, config.instruments(), voice)?;
        let mut instruments = Instruments::default();
        let mut news = VecDeque::new();
        for &instrument in grids.given() {
            let id = instruments.put(instrument).map_err(Stop::usage)?;
            news.push_back((id, instrument));
        }
        let desk = Desk {
            decoder: Decoder::new(instruments),
            grids,
            news,
            held: None,
            sheet: None,
            admitted: 0,
            strangers: false,
            account: Account::default(),
        };
        let (progress, signals) = (Progress::start(voice), signals.clone());
        Ok(Self { archive, desk, progress, signals, strict: inputs.strict, voice, over: false })
    }

    /// Draws the next message; instruments come as messages before the first that needs them.
    pub(super) fn draw(&mut self, draft: &mut Draft) -> Result<Drawn, Stop> {
        if self.desk.waits(draft) {
            return Ok(Drawn::Fresh);
        }
        while !self.over {
            self.signals.check()?;
            let archive = &self.archive;
            self.progress.step(|| archive.progress());
            let Some(item) = self.archive.next() else { break };
            let judged = match item {
                Item::Broken(broken) => {
                    self.desk.account.broken = Some(broken.clone());
                    break;
                }
                item => self.desk.judge(item, draft)?,
            };
            match judged {
                Ok(Judged::Nothing) => {}
                Ok(judged) => {
                    self.desk.account.lines += 1;
                    self.desk.account.accepted += 1;
                    if self.desk.announce(draft) || matches!(judged, Judged::Message) {
                        return Ok(Drawn::Fresh);
                    }
                }
                Err((reason, place)) => {
                    self.desk.account.lines += 1;
                    self.progress.clear();
                    self.desk.account.refused.note(reason, place, self.voice);
                    if self.strict {
                        return Err(Stop::failed("a line was refused, and --strict is set"));
                    }
                }
            }
        }
        self.over = true;
        self.progress.clear();
        Ok(Drawn::End)
    }

    /// The instruments, when the command line says all of them.
    pub(super) fn given(&self) -> Option<&Instruments> {
        let all = !self.desk.grids.given().is_empty();
        all.then(|| self.desk.decoder.instruments())
    }

    /// What became of the lines.
    pub(super) fn close(self) -> Account {
        Account { wanting: self.desk.grids.wanting(), ..self.desk.account }
    }
}

type Refusing<'a, T> = Result<T, (Refusal, Place<'a>)>;

impl Desk {
    /// Hands out what waits: news first, then the message they held up.
    fn waits(&mut self, draft: &mut Draft) -> bool {
        if let Some((id, instrument)) = self.news.pop_front() {
            instrument.write(id, draft);
            return true;
        }
        match self.held.take() {
            Some(mut held) => {
                std::mem::swap(draft, &mut *held);
                true
            }
            None => false,
        }
    }

    /// Puts news before the message in the draft, when there are any.
    #[inline]
    fn announce(&mut self, draft: &mut Draft) -> bool {
        if self.news.is_empty() {
            return false;
        }
        self.hold(draft);
        self.waits(draft)
    }

    #[cold]
    fn hold(&mut self, draft: &mut Draft) {
        // An exchangeInfo leaves no message to hold.
        if draft.head.kind != 0 {
            let mut held = Box::<Draft>::default();
            std::mem::swap(draft, &mut *held);
            self.held = Some(held);
        }
    }

    /// One line. `Err` of the outer kind ends the run, of the inner refuses the line.
    fn judge<'a>(
        &mut self,
        item: Item<'a>,
        draft: &mut Draft,
    ) -> Result<Refusing<'a, Judged>, Stop> {
        Ok(match item {
            Item::Frame { time_local, bytes, place } => {
                self.frame(time_local, bytes, draft).map_err(|reason| (reason, place))
            }
            Item::Answer { time_local, url, bytes, place } => {
                self.answer(time_local, url, bytes, draft).map_err(|reason| (reason, place))
            }
            Item::Header { bytes, place, name } => {
                let opened = self.open_sheet(bytes, place, name, true)?;
                opened.map(|_| Judged::Nothing).map_err(|reason| (reason, place))
            }
            Item::Row { bytes, place, name } => self.row(bytes, place, name, draft)?,
            Item::Bad { reason, place, .. } => Err((reason, place)),
            Item::Journal { .. } | Item::Broken(_) => Ok(Judged::Nothing),
        })
    }

    fn frame(
        &mut self,
        time_local: Nanos,
        bytes: Bytes<'_>,
        draft: &mut Draft,
    ) -> Result<Judged, Refusal> {
        let frame = Frame::within(bytes.buffer, bytes.start, bytes.end);
        let mut decoded = self.decoder.stream(frame, time_local, draft);
        if let Err(reason) = decoded {
            if sniff::is_exchange_info(bytes.get()) {
                return self.exchange_info(bytes.get(), draft);
            }
            let symbol = (reason == Refusal::UnknownSymbol).then(|| sniff::symbol(bytes.get()));
            match symbol.flatten().and_then(|symbol| self.admit(symbol)) {
                Some(_) => decoded = self.decoder.stream(frame, time_local, draft),
                None => self.stranger(reason),
            }
        }
        decoded?;
        if time_local == Nanos::NONE {
            without_local_clock(draft);
        }
        Ok(Judged::Message)
    }

    /// A symbol that is seen for the first time, when its grid is known.
    #[cold]
    fn admit(&mut self, symbol: Symbol) -> Option<InstrumentId> {
        let instrument = self.grids.find(symbol)?;
        let id = self.decoder.put(instrument).ok()?;
        self.news.push_back((id, instrument));
        self.admitted += 1;
        self.own();
        Some(id)
    }

    fn stranger(&mut self, reason: Refusal) {
        if matches!(reason, Refusal::UnknownSymbol | Refusal::WrongVenue) {
            self.strangers = true;
            self.own();
        }
    }

    /// A snapshot without a symbol belongs to the only symbol seen so far. The decoder knows
    /// that by itself, but for the symbols it first refused and that were admitted here.
    fn own(&mut self) {
        let only = self.admitted == 1 && !self.strangers;
        let first = self.decoder.instruments().iter().next().map(|(id, _)| id);
        self.decoder.belongs_to(first.filter(|_| only));
    }

    /// The instrument of a symbol, admitted when need be.
    fn instrument(&mut self, symbol: Symbol) -> Option<InstrumentId> {
        let known = self.decoder.instruments().find(symbol.bytes());
        known.or_else(|| self.admit(symbol))
    }

    fn answer(
        &mut self,
        time_local: Nanos,
        url: &[u8],
        bytes: Bytes<'_>,
        draft: &mut Draft,
    ) -> Result<Judged, Refusal> {
        let (path, symbol) = sniff::address(url);
        let of_symbol = symbol.and_then(|symbol| self.instrument(symbol));
        let endpoint = match path.rsplit('/').next().unwrap_or("") {
            "exchangeInfo" => return self.exchange_info(bytes.get(), draft),
            "depth" => match (symbol, of_symbol) {
                (_, Some(instrument)) => Endpoint::Depth(instrument),
                (Some(_), None) => {
                    self.stranger(Refusal::UnknownSymbol);
                    return Err(Refusal::UnknownSymbol);
                }
                (None, None) => return Err(Refusal::SymbolNotGiven),
            },
            "openInterest" => Endpoint::OpenInterest,
            "premiumIndex" => Endpoint::PremiumIndex,
            _ => return Err(Refusal::UnknownEvent),
        };
        self.decoder.answer(endpoint, bytes.get(), time_local, draft)?;
        Ok(Judged::Message)
    }

    /// Grids for the symbols to come, and for those already met whose grid is another.
    #[cold]
    fn exchange_info(&mut self, bytes: &[u8], draft: &mut Draft) -> Result<Judged, Refusal> {
        let listed = wire::exchange_info(bytes)?;
        self.grids.announce(listed.into_iter());
        let met: Vec<Instrument> =
            self.decoder.instruments().iter().map(|(_, &instrument)| instrument).collect();
        for old in met {
            let new = self.grids.announced(old.symbol).copied();
            if let Some(new) = new.filter(|&new| new != old)
                && let Ok(id) = self.decoder.put(new)
            {
                self.news.push_back((id, new));
            }
        }
        draft.head.kind = 0;
        Ok(Judged::Silent)
    }

    fn row<'a>(
        &mut self,
        bytes: Bytes<'a>,
        place: Place<'a>,
        name: &str,
        draft: &mut Draft,
    ) -> Result<Refusing<'a, Judged>, Stop> {
        let sheet = match self.sheet {
            Some(sheet) if sheet.input == place.input => sheet,
            _ => match self.open_sheet(bytes, place, name, false)? {
                Ok(sheet) => sheet,
                Err(reason) => return Ok(Err((reason, place))),
            },
        };
        let read = self.decoder.row(sheet.table, sheet.instrument, bytes.get(), draft);
        if read.is_ok() {
            without_local_clock(draft);
        }
        Ok(read.map(|()| Judged::Message).map_err(|reason| (reason, place)))
    }

    /// Finds out what a dump holds and whose it is.
    #[cold]
    fn open_sheet(
        &mut self,
        bytes: Bytes<'_>,
        place: Place<'_>,
        name: &str,
        header: bool,
    ) -> Result<Result<Sheet, Refusal>, Stop> {
        // Names of columns look like names; a first row that does not is data, or rubbish.
        let first = Table::recognise(bytes.get()).filter(|first| first.header == header);
        let Some(FirstRow { table, .. }) = first else { return Ok(Err(Refusal::BadRow)) };
        let instrument = match self.grids.given() {
            [only] => Some(only.symbol),
            given => {
                let met = self.decoder.instruments();
                let known = |symbol: Symbol| {
                    met.find(symbol.bytes()).is_some()
                        || given.iter().any(|instrument| instrument.symbol == symbol)
                        || self.grids.announced(symbol).is_some()
                };
                sniff::dump_symbol(name, known)
            }
        };
        let instrument =
            instrument.and_then(|symbol| self.instrument(symbol)).ok_or_else(|| {
                let wanting = self.grids.wanting().unwrap_or_default();
                Stop::usage(format_args!("{name}: no instrument can be told. {wanting}"))
            })?;
        let sheet = Sheet { input: place.input, table, instrument };
        self.sheet = Some(sheet);
        Ok(Ok(sheet))
    }
}

/// Dumps and bare frames have no receive time: the venue's stands for it.
#[inline]
fn without_local_clock(draft: &mut Draft) {
    draft.head.time_local = draft.head.time_venue();
    draft.head.flags = draft.head.flags.with(Flags::NO_LOCAL_CLOCK);
}
