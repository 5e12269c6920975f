//! `fulcrum replay`: drives inputs through the pipeline, inline or on threads, and prints the
//! digests that prove what it said; with `--check` also whether it decided what was recorded.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use engine::{Drawn, Feeder, Inline, Plan, River, Source, Summary, Unkept, Upstream};
use model::{Draft, Instrument, Instruments, Kind};
use runtime::door::{Door, Keep};
use runtime::layout::{Layout as Seats, LayoutKind};
use runtime::station::Outlet;
use runtime::{Clock, Core, Idle, Running, usable_cores};

use crate::checking::{Checker, Outcome};
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
    let plan = config.plan()?.with_content(true);
    let instruments = match seats {
        None => Instruments::default(),
        // The threads' summary names only what is known before they start.
        Some(_) => Intake::survey(&asked.inputs, &config, &signals)?,
    };
    let run = Run { seats, intake, plan, instruments, checker: None };
    if asked.check {
        return check(&asked, &config, &signals, run);
    }
    let Some(directory) = &asked.journal else {
        let (summary, account) = run.drive((), Unkept)?;
        return finish(&asked, &summary, &account, None, None);
    };
    if run.intake.is_log() {
        return Err(Stop::usage("the input is a journal already, there is none to be written"));
    }
    let hot = Path::new(config.text("engine.hot_dir"));
    let (kept, decisions, keeping) = Keeping::start(directory, hot, &run.plan)?;
    let place = keeping.directory().to_path_buf();
    let driven = run.drive(kept, decisions);
    // Also after a signal: what was read is kept whole.
    keeping.finish()?;
    let (summary, account) = driven?;
    finish(&asked, &summary, &account, Some(&place), None)
}

/// Derives the decisions of a run once more, beside those that it recorded.
fn check(asked: &Replay, config: &Config, signals: &Signals, run: Run) -> Result<Exit, Stop> {
    let directory = Intake::only_run(&asked.inputs)?;
    let checker = Checker::open(&directory, &run.plan)?;
    let run = Run { checker: Some(checker.clone()), ..run };
    let (summary, account) = run.drive((), checker.clone())?;
    let outcome = checker.finish(summary.events);
    outcome.tell();
    let exit = finish(asked, &summary, &account, None, Some(&outcome))?;
    if outcome.is_equal() {
        return Ok(exit);
    }
    // Read once more for the names: only where there is something to be said.
    let instruments = Intake::survey(&asked.inputs, config, signals)?;
    Err(Stop::failed(outcome.sentence(&instruments).unwrap_or_default()))
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
    // Ends the run when it has found a difference.
    checker: Option<Checker>,
}

impl Run {
    fn drive<K, D>(mut self, keep: K, decisions: D) -> Result<(Summary, Account), Stop>
    where
        K: Keep + Send + 'static,
        D: Outlet + Send + 'static,
    {
        match self.seats.take() {
            None => self.inline(keep, decisions),
            Some(seats) => self.threads(&seats, keep, decisions),
        }
    }

    fn inline<K: Keep, D: Outlet>(self, keep: K, decisions: D) -> Result<(Summary, Account), Stop> {
        let Self { mut intake, plan, checker, .. } = self;
        let mut inline = Inline::deciding(Instruments::default(), &plan, (), keep, decisions);
        let mut draft = Draft::default();
        loop {
            if is_over(checker.as_ref()) {
                break;
            }
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

    fn threads<K, D>(self, seats: &Seats, keep: K, decisions: D) -> Result<(Summary, Account), Stop>
    where
        K: Keep + Send + 'static,
        D: Outlet + Send + 'static,
    {
        let Self { intake, plan, instruments, checker, .. } = self;
        let outcome = Ending::default();
        let inputs = Inputs { intake: Some(intake), checker, outcome: Arc::clone(&outcome) };
        let head = Head { inputs, keep };
        let (clock, running) = (Clock::host(), Running::default());
        let river = River::deciding(instruments, &plan, seats, &clock, &running, head, decisions);
        let summary = river.map_err(Stop::failed)?.join();
        let ended = outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        let account = ended.ok_or_else(|| Stop::failed("the feed ended before its input"))??;
        Ok((summary, account))
    }
}

fn is_over(checker: Option<&Checker>) -> bool {
    checker.is_some_and(Checker::is_over)
}

/// How the reading ended, told across threads.
type Ending = Arc<Mutex<Option<Result<Account, Stop>>>>;

/// The inputs as a source.
struct Inputs {
    // Gone once it has ended.
    intake: Option<Intake>,
    checker: Option<Checker>,
    outcome: Ending,
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
        if is_over(self.checker.as_ref()) {
            self.end(Ok(()));
            return Drawn::End;
        }
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

fn finish(
    asked: &Replay,
    summary: &Summary,
    account: &Account,
    journal: Option<&Path>,
    check: Option<&Outcome>,
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
    if let Some(check) = check {
        record
            .open("check")
            .number("decisions", check.decisions)
            .number("compared", check.compared)
            .number("equal", check.is_equal())
            .number("plan_equal", check.is_same_plan())
            .end(&mut out)?;
    }
    record
        .open("input")
        .number("lines", account.lines)
        .counts("refused", account.refused.reasons())
        .end(&mut out)?;
    out.flush()?;
    account.exit()
}
