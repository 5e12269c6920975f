//! `fulcrum analyze`: drives the inputs through the pipeline and prints figures as they stand at
//! the times that were asked for.

mod emit;
pub(crate) mod show;
pub(crate) mod times;

use std::io::{self, BufWriter, Write};

use book::OrderBook;
use bytemuck::Zeroable as _;
use clap::ValueEnum as _;
use engine::{Drawn, Inline};
use model::{
    BookState, Command, CommandLine, Draft, Instrument, InstrumentId, Instruments, Kind, Nanos,
    Window,
};

use crate::cli::{Analyze, Emit, Every};
use crate::config::Config;
use crate::exit::{Exit, Stop};
use crate::intake::{Account, Intake, Voice};
use crate::record::{Record, Style};
use crate::signals::Signals;

use emit::Emitter;
use show::Watch;
use times::Times;

/// Bytes of output gathered before a write.
const OUT_BYTES: usize = 64 * 1024;

/// Whether a message is answered with a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Updates {
    Never,
    Always,
    /// When the book is trusted behind it.
    ByTrust,
}

/// One run of the verb.
struct Run<W: Write> {
    inline: Inline<Watch>,
    emitter: Emitter<W>,
    times: Times,
    // Times that are still to be named, latest first.
    anchors: Vec<Nanos>,
    asked: Analyze,
}

pub(crate) fn run(asked: Analyze) -> Result<Exit, Stop> {
    let config = Config::load(asked.inputs.config.as_deref())?;
    let signals = Signals::watch()?;
    let mut intake = Intake::open(&asked.inputs, &config, &signals, Voice::Loud)?;
    let mut plan = if asked.decides() {
        // Strategy sees what it sees in every other verb: every window.
        config.deciding()?
    } else {
        config.figures()
    };
    if !asked.decides() {
        plan.analytics.windows = asked.kept_windows();
    }
    plan.analytics.extra = extra(&asked);
    let watch = Watch::new(&asked);
    // Anchors come from swings, absorption and liquidations, whatever is printed of them.
    let anchored = asked.window.iter().any(|window| !Window::STEADY.contains(window));
    let sizes = asked.emit.contains(&Emit::Sizes);
    if !watch.needs_groups() && !anchored && !sizes {
        plan.analytics.groups = analytics::Kept::NONE;
    }
    let style = match (asked.inputs.json, asked.csv) {
        (true, _) => Style::Json,
        (_, true) => Style::Csv,
        _ => Style::Plain,
    };
    let out = BufWriter::with_capacity(OUT_BYTES, io::stdout().lock());
    let mut run = Run {
        // Each instrument enters as a message when it is first met.
        inline: Inline::of_log(Instruments::default(), &plan, watch),
        emitter: Emitter::new(Record::new(style), out, &asked),
        times: Times::new(asked.at, asked.every, config.figures().book.time_jump_max),
        anchors: anchors(&asked),
        asked,
    };
    let mut draft = Draft::default();
    loop {
        let drawn = intake.draw(&mut draft)?;
        if drawn == Drawn::End {
            break;
        }
        run.message(&mut draft, drawn)?;
    }
    let account = intake.close();
    account.tell();
    run.end(&account)?;
    account.exit()
}

/// The times that an operator would name, latest first.
fn anchors(asked: &Analyze) -> Vec<Nanos> {
    let mut anchors = asked.anchor.clone();
    anchors.sort_unstable();
    anchors.reverse();
    anchors
}

/// The profiles of a width of the user's own: each width over each window.
fn extra(asked: &Analyze) -> Vec<(model::Window, i64)> {
    let windows = asked.windows();
    let pairs = asked
        .bin
        .iter()
        .flat_map(|&bin| windows.iter().map(move |&window| (window, i64::from(bin))));
    pairs.collect()
}

impl<W: Write> Run<W> {
    #[inline]
    fn message(&mut self, draft: &mut Draft, drawn: Drawn) -> Result<(), Stop> {
        let numbered = drawn == Drawn::Numbered;
        if draft.head.kind == Kind::Instrument as u16 && !numbered {
            return self.instrument(draft);
        }
        if self.anchors.last().is_some_and(|&time| time <= draft.head.time_venue()) {
            self.anchor(draft, numbered)?;
        }
        let id = draft.head.instrument;
        let updates = self.updates(draft);
        if self.times.is_due(&draft.head) {
            self.before(draft)?;
        }
        if numbered {
            self.inline.replay(draft.message());
        } else {
            self.inline.enter(draft);
        }
        if !self.inline.observer().closed.is_empty() {
            self.bars()?;
        }
        if !self.inline.observer().said.is_empty() {
            self.said()?;
        }
        let trusted = updates == Updates::ByTrust && self.state(id) == Some(BookState::Trusted);
        if updates == Updates::Always || trusted {
            self.now(id)?;
        }
        Ok(())
    }

    fn state(&self, id: InstrumentId) -> Option<BookState> {
        self.inline.book().book(id).map(OrderBook::state)
    }

    /// Whether this message is one that `--every update` answers with a record: each depth
    /// event, and a snapshot that brings trust, because only then what waited for it counts.
    fn updates(&self, draft: &Draft) -> Updates {
        let kind = draft.head.kind;
        if self.asked.every != Some(Every::Update) {
            Updates::Never
        } else if kind == Kind::Depth as u16 {
            Updates::Always
        } else if kind == Kind::Snapshot as u16
            && self.state(draft.head.instrument) != Some(BookState::Trusted)
        {
            Updates::ByTrust
        } else {
            Updates::Never
        }
    }

    #[cold]
    fn instrument(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        if let Some(instrument) = Instrument::read(draft.message()) {
            self.inline.put(instrument, draft.head.time_local).map_err(Stop::usage)?;
        }
        Ok(())
    }

    /// Names the anchors that this message is not before, as an operator would.
    #[cold]
    fn anchor(&mut self, draft: &Draft, numbered: bool) -> Result<(), Stop> {
        if numbered {
            return Err(Stop::usage("--anchor: a journal has its operator's anchors in it"));
        }
        let (now, time_local) = (draft.head.time_venue(), draft.head.time_local);
        while let Some(time) = self.anchors.pop_if(|time| *time <= now) {
            let mut command = Draft::default();
            command.open(Kind::Command, InstrumentId::NONE);
            command.head.time_local = time_local;
            let code = Command::Anchor.code();
            command.push(CommandLine { command: code, time, ..CommandLine::zeroed() });
            self.inline.enter(&mut command);
        }
        Ok(())
    }

    /// Records at the times that this message leaves behind: everything up to and with that
    /// instant is in, nothing later is.
    #[cold]
    fn before(&mut self, draft: &Draft) -> Result<(), Stop> {
        let id = draft.head.instrument;
        while let Some(time) = self.times.next(&draft.head) {
            self.inline.advance(id, time);
            self.stand(id, time)?;
        }
        Ok(())
    }

    /// Records as they stood at an instant.
    fn stand(&mut self, id: InstrumentId, time: Nanos) -> Result<(), Stop> {
        self.emitter.records(&self.inline, id, time)?;
        let last = self.inline.observer().last(id);
        if let Some(instrument) = self.inline.instruments().get(id) {
            for kept in &last {
                self.emitter.said(instrument, kept)?;
            }
        }
        Ok(())
    }

    /// Records as things stand.
    fn now(&mut self, id: InstrumentId) -> Result<(), Stop> {
        let time = self.inline.book().clock(id);
        self.stand(id, time)
    }

    /// Prints what was said since the last message.
    fn said(&mut self) -> Result<(), Stop> {
        let said = std::mem::take(&mut self.inline.observer().said);
        for kept in &said {
            if let Some(instrument) = self.inline.instruments().get(kept.instrument()) {
                self.emitter.said(instrument, kept)?;
            }
        }
        Ok(())
    }

    fn bars(&mut self) -> Result<(), Stop> {
        let closed = std::mem::take(&mut self.inline.observer().closed);
        for (id, bar, sums) in &closed {
            if let Some(instrument) = self.inline.instruments().get(*id) {
                self.emitter.bars(instrument, bar, sums, false)?;
            }
        }
        // The list goes back, so that its memory is used again.
        let list = &mut self.inline.observer().closed;
        *list = closed;
        list.clear();
        Ok(())
    }

    fn end(&mut self, account: &Account) -> Result<(), Stop> {
        let seen: Vec<InstrumentId> = self.inline.instruments().iter().map(|(id, _)| id).collect();
        for id in seen {
            let clock = self.inline.book().clock(id);
            if clock == model::Nanos::NONE {
                continue;
            }
            while let Some(time) = self.times.last(id, clock) {
                self.inline.advance(id, time);
                self.stand(id, time)?;
            }
            self.emitter.open_bars(&self.inline, id)?;
            if self.asked.every.is_none() && self.asked.at.is_none() {
                self.now(id)?;
            }
        }
        self.emitter.account(account)?;
        for emit in self.emitter.silent() {
            let name =
                emit.to_possible_value().map_or_else(String::new, |name| name.get_name().into());
            eprintln!(
                "fulcrum: nothing is said of {name}: the input lacks what it is made of, or it ends too early"
            );
        }
        Ok(())
    }
}
