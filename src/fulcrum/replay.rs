//! `fulcrum replay`: drives inputs through the pipeline, inline or on threads, and prints the
//! digests that prove what it said.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use engine::{Drawn, Feeder, Inline, Plan, River, Source, Summary, Upstream};
use model::{Draft, Instrument, Instruments, Kind};
use runtime::door::{Door, Keep};
use runtime::layout::{Layout as Seats, LayoutKind};
use runtime::station::Outlet;
use runtime::{Clock, Core, Idle, Running, usable_cores};

use crate::cli::{Layout, Replay};
use crate::config::Config;
use crate::exit::{Exit, Stop};
use crate::intake::{Account, Intake, Voice};
use crate::keeping::Keeping;
use crate::record::{Record, Style};
use crate::signals::Signals;

pub(crate) fn run(asked: Replay) -> Result<Exit, Stop> {
    let config = Config::load(asked.inputs.config.as_deref())?;
    let signals = Signals::watch()?;
    let seats = seats(&asked, &config)?;
    let intake = Intake::open(&asked.inputs, &config, &signals, Voice::Loud)?;
    let plan = config.plan().with_content(true);
    let instruments = match seats {
        None => Instruments::default(),
        // The threads' summary names only what is known before they start.
        Some(_) => Intake::survey(&asked.inputs, &config, &signals)?,
    };
    let run = Run { seats, intake, plan, instruments };
    let Some(directory) = &asked.journal else {
        let (summary, account) = run.drive(())?;
        return finish(&asked, &summary, &account, None);
    };
    if run.intake.is_log() {
        return Err(Stop::usage("the input is a journal already, there is none to be written"));
    }
    let (kept, keeping) = Keeping::start(directory, Path::new(config.text("engine.hot_dir")))?;
    let place = keeping.directory().to_path_buf();
    let driven = run.drive(kept);
    // Also after a signal: what was read is kept whole.
    keeping.finish()?;
    let (summary, account) = driven?;
    finish(&asked, &summary, &account, Some(&place))
}

/// Which stage sits on which thread; `None` for a run without threads.
fn seats(asked: &Replay, config: &Config) -> Result<Option<Seats>, Stop> {
    let layout = match (asked.layout, config.text("engine.layout")) {
        (Some(layout), _) => layout,
        (None, "fused") => Layout::Fused,
        (None, "two") => Layout::Two,
        (None, "four") => Layout::Four,
        (None, "auto") => Layout::Auto,
        (None, _) => Layout::Inline,
    };
    let kind = match layout {
        Layout::Inline => return Ok(None),
        Layout::Fused => LayoutKind::One,
        Layout::Two => LayoutKind::Two,
        Layout::Four => LayoutKind::Four,
        Layout::Auto => LayoutKind::Auto,
    };
    let idle = match config.text("engine.idle") {
        "spin" => Idle::Spin,
        "park" => Idle::Park { nap: Idle::NAP },
        _ => Idle::Yield,
    };
    let cores = config.integers("engine.cores").iter();
    let cores: Vec<Core> = cores.filter_map(|&core| usize::try_from(core).ok()).map(Core).collect();
    Seats::plan(kind, &cores, usable_cores(), idle)
        .map(Some)
        .map_err(|error| Stop::new(Exit::Configuration, format_args!("engine.layout: {error}")))
}

/// What a run of the verb is made of.
struct Run {
    seats: Option<Seats>,
    intake: Intake,
    plan: Plan,
    instruments: Instruments,
}

impl Run {
    fn drive<K: Keep + Send + 'static>(self, keep: K) -> Result<(Summary, Account), Stop> {
        match self.seats {
            None => inline(self.intake, &self.plan, keep),
            Some(seats) => threads(self.intake, &self.plan, &seats, self.instruments, keep),
        }
    }
}

fn inline<K: Keep>(mut intake: Intake, plan: &Plan, keep: K) -> Result<(Summary, Account), Stop> {
    let mut inline = Inline::keeping(Instruments::default(), plan, (), keep);
    let mut draft = Draft::default();
    loop {
        match intake.draw(&mut draft)? {
            Drawn::End => break,
            Drawn::Numbered => inline.replay(draft.message()),
            Drawn::Fresh if draft.head.kind == Kind::Instrument as u16 => {
                if let Some(instrument) = Instrument::read(draft.message()) {
                    inline.put(instrument, draft.head.time_local).map_err(Stop::usage)?;
                }
            }
            Drawn::Fresh | Drawn::Nothing => inline.enter(&mut draft),
        }
    }
    Ok((inline.summary(), intake.close()))
}

/// How the reading ended, told across threads.
type Outcome = Arc<Mutex<Option<Result<Account, Stop>>>>;

/// The inputs as a source.
struct Inputs {
    // Gone once it has ended.
    intake: Option<Intake>,
    outcome: Outcome,
}

/// The inputs at the head of a river.
struct Head<K> {
    inputs: Inputs,
    keep: K,
}

impl Inputs {
    fn end(&mut self, outcome: Result<(), Stop>) {
        if let Some(intake) = self.intake.take() {
            let ended = outcome.map(|()| intake.close());
            *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        }
    }
}

impl Source for Inputs {
    fn draw(&mut self, draft: &mut Draft) -> Drawn {
        let Some(intake) = &mut self.intake else { return Drawn::End };
        match intake.draw(draft) {
            Ok(Drawn::End) => self.end(Ok(())),
            Ok(drawn) => return drawn,
            Err(stop) => self.end(Err(stop)),
        }
        Drawn::End
    }
}

impl<K: Keep + Send + 'static> Upstream for Head<K> {
    type Feed<W: Outlet + Send + 'static> = Feeder<Inputs, W, K>;

    fn feed<W: Outlet + Send + 'static>(self, way: W) -> Self::Feed<W> {
        Feeder::new(self.inputs, Door::new(way, self.keep, 0))
    }

    fn finish<W: Outlet + Send + 'static>(feed: Self::Feed<W>) -> (W, u64) {
        let door = feed.into_door();
        let events = door.sequence();
        let (way, _) = door.into_parts();
        (way, events)
    }
}

fn threads<K: Keep + Send + 'static>(
    intake: Intake,
    plan: &Plan,
    seats: &Seats,
    instruments: Instruments,
    keep: K,
) -> Result<(Summary, Account), Stop> {
    let outcome = Outcome::default();
    let inputs = Inputs { intake: Some(intake), outcome: Arc::clone(&outcome) };
    let head = Head { inputs, keep };
    let (clock, running) = (Clock::host(), Running::default());
    let river = River::start(instruments, plan, seats, &clock, &running, head);
    let summary = river.map_err(Stop::failed)?.join();
    let ended = outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
    let account = ended.ok_or_else(|| Stop::failed("the feed ended before its input"))??;
    Ok((summary, account))
}

fn finish(
    asked: &Replay,
    summary: &Summary,
    account: &Account,
    journal: Option<&Path>,
) -> Result<Exit, Stop> {
    account.tell();
    let style = if asked.inputs.json { Style::Json } else { Style::Plain };
    let mut record = Record::new(style);
    let mut out = io::stdout().lock();
    record
        .open("replay")
        .number("events", summary.events)
        .exact("digest", summary.digest)
        .texts("content", summary.content.iter().map(|(name, digest)| (name, digest)))
        .text("journal", &journal.map_or_else(String::new, |path| path.display().to_string()))
        .end(&mut out)?;
    record
        .open("input")
        .number("lines", account.lines)
        .counts("refused", account.refused.reasons())
        .end(&mut out)?;
    out.flush()?;
    account.exit()
}
