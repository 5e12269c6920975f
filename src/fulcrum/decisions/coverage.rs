//! What the input brought, and what it lacked for a signal: the last line of every verb here, so
//! that a recording that is too short says why nothing armed.

use std::collections::BTreeSet;
use std::io::{self, Write};

use engine::Observer;
use model::{
    Body, FeaturesLine, FeaturesMoreLine, HOUR, Insight, InstrumentId, Instruments, Kind,
    LevelDecision, MINUTE, Message, Nanos, Price, SECOND, SignalDecision, StateDecision, TradeLine,
    missing,
};
use strategy::hypotheses::Inputs;

use super::words::LACKS;
use crate::analyze::show::low;
use crate::record::{Record, Style};
use crate::when::Utc;

/// A word and what it means that it is missing.
type Lack = (&'static str, String);

/// What one instrument's input brought.
#[derive(Clone, Default, Debug)]
struct Seen {
    first: Nanos,
    last: Nanos,
    trades: u64,
    depth: u64,
    marks: u64,
    interest: u64,
    price: Option<Price>,
    levels: BTreeSet<u64>,
    signals: BTreeSet<u64>,
    intents: u64,
    refusals: u64,
    fills: u64,
    closes: u64,
    state: Option<StateDecision>,
    // What was known at the last step of a signal.
    known: Option<(FeaturesLine, FeaturesMoreLine)>,
}

/// What every instrument's input brought.
#[derive(Default, Debug)]
pub(super) struct Coverage {
    of: Vec<Seen>,
}

impl Coverage {
    fn at(&mut self, id: InstrumentId) -> &mut Seen {
        if self.of.len() <= id.index() {
            self.of.resize_with(id.index() + 1, Seen::default);
        }
        &mut self.of[id.index()]
    }

    /// The last trade's price.
    pub(super) fn price(&self, id: InstrumentId) -> Option<Price> {
        self.of.get(id.index()).and_then(|seen| seen.price)
    }

    pub(super) fn write(
        &self,
        instruments: &Instruments,
        record: &mut Record,
        out: &mut impl Write,
    ) -> io::Result<()> {
        for (id, instrument) in instruments.iter() {
            let Some(seen) = self.of.get(id.index()).filter(|seen| seen.last != Nanos::NONE) else {
                continue;
            };
            let symbol = instrument.symbol.text();
            let lacks = seen.lacks();
            if record.style() == Style::Plain {
                seen.sentence(symbol, &lacks, out)?;
                continue;
            }
            record
                .open("coverage")
                .exact("symbol", symbol)
                .time("time_first", seen.first)
                .time("time_last", seen.last)
                .number("trades", seen.trades)
                .number("depth_events", seen.depth)
                .number("levels", seen.levels.len())
                .number("signals", seen.signals.len())
                .number("intents", seen.intents)
                .number("refusals", seen.refusals)
                .number("fills", seen.fills)
                .number("closed", seen.closes)
                .texts("missing", lacks.iter().map(|(name, text)| (name, text)))
                .end(out)?;
        }
        Ok(())
    }
}

/// A span for people.
fn span(span: Nanos) -> String {
    if span >= HOUR {
        format!("{} h {} min", span.0 / HOUR.0, span.0 % HOUR.0 / MINUTE.0)
    } else if span >= MINUTE {
        format!("{} min {} s", span.0 / MINUTE.0, span.0 % MINUTE.0 / SECOND.0)
    } else {
        format!("{} s", span.0 / SECOND.0)
    }
}

/// The figures that had no value at the last step of a signal.
fn valueless((known, more): &(FeaturesLine, FeaturesMoreLine)) -> Option<String> {
    let figures = [
        ("OBI z", known.obi_z.is_nan()),
        ("CVD over 5 min", missing::whole(known.cvd_change.0).is_none()),
        ("volatility over 5 min", known.volatility_short.is_nan()),
        ("volatility over 24 h", known.volatility_long.is_nan()),
        ("RSI", more.rsi.is_nan()),
        ("ATR", more.atr.is_nan()),
    ];
    let names: Vec<&str> =
        figures.into_iter().filter(|(_, lacks)| *lacks).map(|(name, _)| name).collect();
    let text = format!(
        "without a value at the last signal: {}; the input lacks them or is too short, and without \
         an ATR nothing is sized",
        names.join(", ")
    );
    (!names.is_empty()).then_some(text)
}

impl Seen {
    /// What was never there, whether strategy names it or it is plain from the messages.
    fn lacks(&self) -> Vec<Lack> {
        let state = self.state.map_or(0, |state| low(state.abstaining));
        let absent = [
            (self.trades == 0, Inputs::TRADES),
            (self.depth == 0, Inputs::DEPTH),
            (self.interest == 0, Inputs::INTEREST),
            (self.marks == 0, Inputs::FUNDING),
        ];
        let absent = absent.into_iter().filter(|(absent, _)| *absent);
        let abstains = absent.fold(Inputs(state), |all, (_, input)| all.with(input));
        let mut lacks: Vec<Lack> = Vec::new();
        for (input, meaning) in LACKS {
            if let Some(word) = Inputs(abstains.0 & input.0).words().next() {
                lacks.push((word, meaning.into()));
            }
        }
        if self.marks == 0 {
            let meaning = "no mark price: RSI and MACD use trades, and the risk gate lets no \
                           entry pass without one";
            lacks.push(("mark_price", meaning.into()));
        }
        if self.levels.is_empty() {
            let meaning = format!(
                "no level: this covers {}, too little for any window to say where one is",
                span(self.last.since(self.first))
            );
            lacks.push(("history", meaning));
        }
        if let Some(meaning) = self.known.as_ref().and_then(valueless) {
            lacks.push(("figures", meaning));
        }
        lacks
    }

    fn sentence(&self, symbol: &str, lacks: &[Lack], out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{symbol}: {} of market, {} to {}; {} trades, {} depth events; {} levels, {} signals, \
             {} intents, {} refused, {} fills, {} closed",
            span(self.last.since(self.first)),
            Utc(self.first),
            Utc(self.last),
            self.trades,
            self.depth,
            self.levels.len(),
            self.signals.len(),
            self.intents,
            self.refusals,
            self.fills,
            self.closes
        )?;
        if lacks.is_empty() {
            return writeln!(out, "  every input was there");
        }
        for (_, meaning) in lacks {
            writeln!(out, "  {meaning}")?;
        }
        Ok(())
    }
}

impl Observer for Coverage {
    fn event(&mut self, message: Message<'_>) {
        let head = message.head;
        let time = head.time_venue();
        if head.instrument == InstrumentId::NONE || head.kind() == Some(Kind::Instrument) {
            return;
        }
        let seen = self.at(head.instrument);
        if time != Nanos::NONE {
            if seen.first == Nanos::NONE {
                seen.first = time;
            }
            seen.last = seen.last.max(time);
        }
        match head.kind() {
            Some(Kind::Trade) => {
                seen.trades += 1;
                if let Some(line) = message.body.view::<TradeLine>(0) {
                    seen.price = Some(line.price);
                }
            }
            Some(Kind::Depth) => seen.depth += 1,
            Some(Kind::Mark | Kind::Premium) => seen.marks += 1,
            Some(Kind::OpenInterest) => seen.interest += 1,
            _ => {}
        }
    }

    fn decision(&mut self, decision: &Insight, body: Body<'_>) {
        let kind = decision.kind();
        if kind == Some(Kind::StateDecision) {
            let state: &StateDecision = decision.view();
            // What concerns the account concerns every instrument of it.
            if decision.instrument == InstrumentId::NONE {
                self.of.iter_mut().for_each(|seen| seen.state = Some(*state));
            } else {
                self.at(decision.instrument).state = Some(*state);
            }
            return;
        }
        let seen = self.at(decision.instrument);
        match kind {
            Some(Kind::LevelDecision) => {
                seen.levels.insert(decision.view::<LevelDecision>().level);
            }
            Some(Kind::SignalDecision) => {
                seen.signals.insert(decision.view::<SignalDecision>().signal);
                let known = body.view::<FeaturesLine>(2).zip(body.view::<FeaturesMoreLine>(3));
                seen.known = known.map(|(known, more)| (*known, *more)).or(seen.known);
            }
            Some(Kind::IntentDecision) => seen.intents += 1,
            Some(Kind::RefusalDecision) => seen.refusals += 1,
            Some(Kind::FillDecision) => seen.fills += 1,
            Some(Kind::CloseDecision) => seen.closes += 1,
            _ => {}
        }
    }
}
