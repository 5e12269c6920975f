//! Whose grid is known from where: the command line, an exchangeInfo, the configuration, or the
//! two built in.

use std::collections::{BTreeMap, BTreeSet};

use model::{Fine, Instrument, Symbol};

use crate::cli::Inputs;
use crate::exit::Stop;

use super::Voice;

/// Symbols remembered for the last word to the user.
const UNKNOWN_NAMED: usize = 8;

/// The grids that may be needed.
#[derive(Debug)]
pub(crate) struct Grids {
    /// From the command line: when there are any, no others are asked.
    given: Vec<Instrument>,
    announced: BTreeMap<Symbol, Instrument>,
    configured: Vec<Instrument>,
    unknown: BTreeSet<Symbol>,
    voice: Voice,
}

/// The two grids that need no telling.
const BUILT_IN: [(&str, &str, &str); 2] =
    [("BTCUSDT", "0.1", "0.001"), ("ETHUSDT", "0.01", "0.001")];

/// Smallest order values of those two at the venue, in quote units: asked only by `check`, for a
/// tape's instruments carry what the tape says of them.
const NOTIONAL_MIN: [i64; 2] = [100, 20];

/// A built-in instrument with the venue's smallest order value.
pub(crate) fn built_in(symbol: &str) -> Option<Instrument> {
    let at = BUILT_IN.iter().position(|(name, ..)| *name == symbol)?;
    let (name, tick, lot) = BUILT_IN[at];
    let notional_min = Fine(NOTIONAL_MIN[at] * Fine::ONE.0);
    Some(Instrument { notional_min, ..Instrument::new(name, tick, lot).ok()? })
}

impl Grids {
    pub(crate) fn new(
        inputs: &Inputs,
        configured: Vec<Instrument>,
        voice: Voice,
    ) -> Result<Self, Stop> {
        let mut given = inputs.instrument.clone();
        if let (Some(symbol), Some(tick), Some(lot)) = (&inputs.symbol, &inputs.tick, &inputs.lot) {
            given.push(Instrument::new(symbol, tick, lot).map_err(Stop::usage)?);
        }
        for (at, instrument) in given.iter().enumerate() {
            if given[..at].iter().any(|other| other.symbol == instrument.symbol) {
                return Err(Stop::usage(format_args!("{} is given twice", instrument.symbol)));
            }
        }
        if given.len() > model::INSTRUMENTS_MAX {
            return Err(Stop::usage(format_args!(
                "more than {} instruments are given",
                model::INSTRUMENTS_MAX
            )));
        }
        let (announced, unknown) = (BTreeMap::new(), BTreeSet::new());
        Ok(Self { given, announced, configured, unknown, voice })
    }

    /// The instruments of the command line.
    pub(crate) fn given(&self) -> &[Instrument] {
        &self.given
    }

    /// Takes what an exchangeInfo in the input says; the command line goes before it.
    pub(crate) fn announce(&mut self, instruments: impl Iterator<Item = Instrument>) {
        if self.given.is_empty() {
            self.announced.extend(instruments.map(|instrument| (instrument.symbol, instrument)));
        }
    }

    /// The grid that an exchangeInfo gave a symbol.
    pub(crate) fn announced(&self, symbol: Symbol) -> Option<&Instrument> {
        self.announced.get(&symbol)
    }

    /// The grid of a symbol that is seen for the first time. A built-in one is announced.
    pub(crate) fn find(&mut self, symbol: Symbol) -> Option<Instrument> {
        if !self.given.is_empty() {
            return self.given.iter().copied().find(|given| given.symbol == symbol);
        }
        let known = self.announced.get(&symbol).copied();
        let known = known.or_else(|| {
            self.configured.iter().copied().find(|configured| configured.symbol == symbol)
        });
        if known.is_some() {
            return known;
        }
        let built_in = BUILT_IN.iter().find(|(name, _, _)| *name == symbol.text());
        let Some((name, tick, lot)) = built_in else {
            if self.unknown.len() < UNKNOWN_NAMED {
                self.unknown.insert(symbol);
            }
            return None;
        };
        if self.voice == Voice::Loud {
            eprintln!("fulcrum: {name}: no grid is given, taking tick {tick} and lot {lot}");
        }
        Instrument::new(name, tick, lot).ok()
    }

    /// What to tell when nothing was accepted for want of a grid.
    pub(crate) fn wanting(&self) -> Option<String> {
        let first = self.unknown.first()?;
        let all: Vec<&str> = self.unknown.iter().map(Symbol::text).collect();
        Some(format!("no grid is known for {}: give --instrument {first}:TICK:LOT", all.join(", ")))
    }
}
