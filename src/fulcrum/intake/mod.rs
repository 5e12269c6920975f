//! Inputs to messages: recordings and dumps line by line, journals message by message, and the
//! account of what became of them; imagined markets draw from the same place.

mod around;
mod grids;
pub(crate) mod imagined;
mod lines;
mod log;
mod refused;
mod sniff;

use std::path::PathBuf;

use archive::Broken;
use engine::Drawn;
use model::{Draft, Instrument, Instruments};

use crate::cli::Inputs;
use crate::config::Config;
use crate::exit::{Exit, Stop};
use crate::signals::Signals;

use around::Around;
pub(crate) use grids::built_in;
use imagined::Dream;
use lines::Lines;
use log::Log;
use refused::Refused;

/// Whether a reading tells on stderr what it meets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Voice {
    /// It does.
    Loud,
    /// It only looks.
    Silent,
}

/// What became of the lines.
#[derive(Clone, Default, Debug)]
pub(crate) struct Account {
    /// Lines that hold data, accepted and refused.
    pub(crate) lines: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: Refused,
    pub(crate) broken: Option<Broken>,
    /// What to tell when nothing was accepted for want of a grid.
    pub(crate) wanting: Option<String>,
}

/// All inputs as one sequence of messages.
#[derive(Debug)]
pub(crate) enum Intake {
    Lines(Box<Lines>),
    Log(Box<Log>),
    /// A dump with a book around it.
    Around(Box<Around>),
    /// No file at all.
    Dream(Box<Dream>),
}

impl Intake {
    /// Looks at every input, and at what the command line says about instruments.
    pub(crate) fn open(
        inputs: &Inputs,
        config: &Config,
        signals: &Signals,
        voice: Voice,
    ) -> Result<Self, Stop> {
        if let Some(wish) = &inputs.imagined {
            return Ok(Self::Dream(Box::new(Dream::open(wish, signals, voice))));
        }
        let mut logs = 0;
        for path in &inputs.inputs {
            logs += usize::from(log::is_journal(path)?);
        }
        if logs == 0 {
            let lines = Lines::open(inputs, config, signals, voice)?;
            if inputs.with_book {
                return Around::open(lines).map(|around| Self::Around(Box::new(around)));
            }
            return Ok(Self::Lines(Box::new(lines)));
        }
        if inputs.with_book {
            return Err(Stop::usage(
                "a journal has its own book: --with-book is for dumps of trades",
            ));
        }
        if logs < inputs.inputs.len() {
            return Err(Stop::usage("journals and other inputs cannot be read as one tape"));
        }
        Log::open(&inputs.inputs, signals).map(|log| Self::Log(Box::new(log)))
    }

    /// The directory of the one run that the inputs are.
    pub(crate) fn only_run(inputs: &Inputs) -> Result<PathBuf, Stop> {
        match inputs.inputs.as_slice() {
            [only] if only.is_dir() => log::run_directory(only),
            _ => Err(Stop::usage("--check takes one journal: the directory of a run")),
        }
    }

    /// Whether the messages were numbered by an earlier run.
    pub(crate) const fn is_log(&self) -> bool {
        matches!(self, Self::Log(_))
    }

    /// Draws the next message; instruments come as messages before the first that needs them.
    #[inline]
    pub(crate) fn draw(&mut self, draft: &mut Draft) -> Result<Drawn, Stop> {
        match self {
            Self::Lines(lines) => lines.draw(draft),
            Self::Log(log) => log.draw(draft),
            Self::Around(around) => around.draw(draft),
            Self::Dream(dream) => dream.draw(draft),
        }
    }

    /// What became of the inputs.
    pub(crate) fn close(self) -> Account {
        match self {
            Self::Lines(lines) => lines.close(),
            Self::Log(log) => log.close(),
            Self::Around(around) => around.close(),
            Self::Dream(dream) => dream.close(),
        }
    }

    /// The instruments of the whole input: those given, else those met when everything is read
    /// once without a word.
    pub(crate) fn survey(
        inputs: &Inputs,
        config: &Config,
        signals: &Signals,
    ) -> Result<Instruments, Stop> {
        if let Some(wish) = &inputs.imagined {
            return wish.instruments();
        }
        let mut intake = Self::open(inputs, config, signals, Voice::Silent)?;
        let mut instruments = Instruments::default();
        match &intake {
            Self::Lines(lines) if lines.given().is_some() => {
                return Ok(lines.given().cloned().unwrap_or_default());
            }
            Self::Around(around) => {
                instruments.put(around.instrument()).map_err(Stop::failed)?;
                return Ok(instruments);
            }
            _ => {}
        }
        let mut draft = Draft::default();
        while intake.draw(&mut draft)? != Drawn::End {
            if let Some(instrument) = Instrument::read(draft.message()) {
                instruments.set(draft.head.instrument, instrument).map_err(Stop::failed)?;
            }
        }
        Ok(instruments)
    }
}

impl Account {
    /// Says on stderr what was refused and what broke.
    pub(crate) fn tell(&self) {
        if let Some(sentence) = self.refused.sentence(self.lines) {
            eprintln!("fulcrum: {sentence}");
        }
        if let Some(broken) = &self.broken {
            eprintln!("fulcrum: {broken}");
        }
    }

    /// How a run that read this ends.
    pub(crate) fn exit(&self) -> Result<Exit, Stop> {
        if self.broken.is_some() {
            return Ok(Exit::Failed);
        }
        if self.accepted > 0 {
            return Ok(Exit::Done);
        }
        match &self.wanting {
            Some(wanting) => Err(Stop::usage(wanting)),
            None => Err(Stop::failed("no line of the input was accepted")),
        }
    }
}
