//! Who looks on for `explain`: keeps what levels are made of, the last facts, and the steps of the
//! signals that are asked for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::Observer;
use model::{
    Body, DAY, FootprintFacts, FootprintInsight, HOUR, Insight, InstrumentId, IntentDecision, Kind,
    LevelDecision, NakedInsight, Nanos, NodesInsight, OrderLine, ShapeInsight, SignalDecision,
    StateDecision, SwingFlags, SwingInsight, Trust, Window, in_run,
};
use strategy::hypotheses::State;

use super::super::list;
use crate::analyze::show::{Kept, client, low};

/// Facts that are remembered: a divergence counts from five bars before the touch on, and of more
/// than these none came in so short a time on any tape so far.
const RECENT: usize = 96;
/// Facts of one signal.
const FACTS_MAX: usize = 512;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    /// A signal by its number in the run.
    Signal(u32),
    /// The signal of the order with this client id.
    Order([u8; 32]),
    /// A cause: of the trading state, or of contamination; bits.
    Cause(u64, u16),
}

/// A signal with all that led to it.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) signal: u64,
    pub(crate) instrument: InstrumentId,
    /// The level when it was first published.
    pub(crate) born: Option<Kept>,
    /// And as it stood when the signal began.
    pub(crate) level: Option<Kept>,
    /// The figures of the level's window at that time; 1 beside one of a session that was over.
    pub(crate) sources: Vec<(u64, Kept)>,
    /// Facts shortly before and while it was watched.
    pub(crate) facts: Vec<Kept>,
    /// Its decisions, in order.
    pub(crate) said: Vec<Kept>,
    is_watched: bool,
    has_orders: bool,
}

/// Instrument, kind, window byte, and what tells two of one window apart.
type Source = (u16, u16, u8, u64);

/// Looks on.
#[derive(Debug)]
pub(crate) struct Witness {
    asked: Asked,
    sources: BTreeMap<Source, Kept>,
    born: BTreeMap<u64, Kept>,
    levels: BTreeMap<u64, Kept>,
    recent: VecDeque<Kept>,
    stories: BTreeMap<u64, Story>,
    /// The numbers of all signals of the run.
    pub(crate) numbers: BTreeSet<u32>,
    /// The client id of the last order.
    pub(crate) client: Option<String>,
    /// Of a cause: the states in which it came or went, and the close before each.
    pub(crate) states: Vec<Kept>,
    raised: bool,
    close: Option<Kept>,
}

impl Witness {
    pub(crate) fn new(asked: Asked) -> Self {
        Self {
            asked,
            sources: BTreeMap::new(),
            born: BTreeMap::new(),
            levels: BTreeMap::new(),
            recent: VecDeque::new(),
            stories: BTreeMap::new(),
            numbers: BTreeSet::new(),
            client: None,
            states: Vec::new(),
            raised: false,
            close: None,
        }
    }

    /// The signals that were asked for.
    pub(crate) fn found(&mut self) -> Vec<Story> {
        let stories = std::mem::take(&mut self.stories).into_values();
        stories.filter(|story| self.is_asked(story)).collect()
    }

    fn is_asked(&self, story: &Story) -> bool {
        match self.asked {
            Asked::Signal(number) => in_run(story.signal) == number,
            Asked::Order(client) => story.said.iter().any(|kept| ordered(kept) == Some(client)),
            Asked::Cause(..) => false,
        }
    }

    /// A session's profile as it stood when the next session began is what it ended as.
    fn source(&mut self, source: Source, kept: Kept) {
        let time = kept.insight.time_venue;
        let before = self.sources.insert(source, kept);
        let (instrument, kind, window, _) = source;
        let length = match Window::ALL.get(usize::from(window)) {
            Some(Window::Day) => DAY,
            Some(Window::Funding) => Nanos(8 * HOUR.0),
            _ => return,
        };
        let is_profile = kind == Kind::ProfileInsight as u16;
        let ended = before.filter(|before| {
            is_profile && before.insight.time_venue.floor(length) != time.floor(length)
        });
        if let Some(ended) = ended {
            self.sources.insert((instrument, kind, window, 1), ended);
        }
    }

    fn level(&mut self, of: &LevelDecision, kept: Kept) {
        if of.fate == crate::analyze::show::GONE {
            self.levels.remove(&of.level);
            return;
        }
        self.born.entry(of.level).or_insert_with(|| kept.clone());
        self.levels.insert(of.level, kept);
    }

    fn turn(&mut self, of: &SignalDecision, kept: Kept) {
        self.numbers.insert(in_run(of.signal));
        let wanted = match self.asked {
            Asked::Signal(number) => in_run(of.signal) == number,
            Asked::Order(_) => true,
            Asked::Cause(..) => false,
        };
        if !wanted {
            return;
        }
        if !self.stories.contains_key(&of.signal) {
            let story = self.begin(of);
            self.stories.insert(of.signal, story);
        }
        let Some(story) = self.stories.get_mut(&of.signal) else { return };
        story.said.push(kept);
        let to = State::from_code(of.to);
        story.is_watched = to.is_some_and(State::is_live);
        // One that never asked for anything cannot be an order's.
        if to == Some(State::Inactive) && !story.has_orders && matches!(self.asked, Asked::Order(_))
        {
            self.stories.remove(&of.signal);
        }
    }

    fn begin(&self, of: &SignalDecision) -> Story {
        let level = self.levels.get(&of.level);
        let mine = |key: &Source| key.0 == of.instrument.0 && key.2 == of.window;
        let sources = self.sources.iter().filter(|(key, _)| mine(key));
        let facts = self.recent.iter().filter(|kept| kept.instrument() == of.instrument);
        Story {
            signal: of.signal,
            instrument: of.instrument,
            born: self.born.get(&of.level).cloned(),
            level: level.cloned(),
            sources: sources.map(|(key, kept)| (key.3, kept.clone())).collect(),
            facts: facts.cloned().collect(),
            said: Vec::new(),
            is_watched: true,
            has_orders: false,
        }
    }

    fn state(&mut self, of: &StateDecision, kept: Kept) {
        let Asked::Cause(cause, broken) = self.asked else { return };
        let raised = of.causes & cause != 0 || low(of.contamination) & broken != 0;
        if raised == self.raised {
            return;
        }
        self.raised = raised;
        if raised {
            self.states.extend(self.close.take());
        }
        self.states.push(kept);
    }

    fn fact(&mut self, kept: &Kept) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(kept.clone());
        for story in self.stories.values_mut() {
            let mine = story.is_watched && story.instrument == kept.instrument();
            if mine && story.facts.len() < FACTS_MAX {
                story.facts.push(kept.clone());
            }
        }
    }
}

/// The client id that a decision gave an order.
fn ordered(kept: &Kept) -> Option<[u8; 32]> {
    let is_order =
        matches!(kept.insight.kind(), Some(Kind::IntentDecision | Kind::RefusalDecision));
    let line = kept.body.first().filter(|_| is_order)?;
    Some(line.view::<OrderLine>().client)
}

/// Where a figure that levels are made of is kept; `None` for other insights.
fn source(insight: &Insight) -> Option<Source> {
    let apart = match insight.kind()? {
        Kind::NodesInsight => u64::from(insight.view::<NodesInsight>().completed),
        Kind::ShapeInsight => u64::from(insight.view::<ShapeInsight>().completed),
        Kind::NakedInsight => insight.view::<NakedInsight>().poc.0.cast_unsigned(),
        Kind::ProfileInsight | Kind::AvwapInsight | Kind::AnchorInsight => 0,
        _ => return None,
    };
    Some((insight.instrument.0, insight.kind, insight.window, apart))
}

/// Whether an insight may confirm something.
fn is_fact(insight: &Insight) -> bool {
    let unsound = Trust::CONTAMINATED.with(Trust::SUPPRESSED).with(Trust::MISSING);
    if insight.trust.has(unsound) {
        return false;
    }
    match insight.kind() {
        Some(Kind::DivergenceInsight) => true,
        Some(Kind::SwingInsight) => {
            SwingFlags(insight.view::<SwingInsight>().flags).has(SwingFlags::BEYOND)
        }
        Some(Kind::FootprintInsight) => {
            let facts = insight.view::<FootprintInsight>().facts;
            facts.has(FootprintFacts::ABSORPTION_BEARISH)
                || facts.has(FootprintFacts::ABSORPTION_BULLISH)
        }
        _ => false,
    }
}

impl Observer for Witness {
    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        if matches!(self.asked, Asked::Cause(..)) {
            return;
        }
        if let Some(source) = source(insight) {
            self.source(source, Kept::of(insight, body));
        } else if is_fact(insight) {
            self.fact(&Kept::of(insight, body));
        }
    }

    fn decision(&mut self, decision: &Insight, body: Body<'_>) {
        let kept = Kept::of(decision, body);
        match decision.kind() {
            Some(Kind::LevelDecision) => self.level(decision.view(), kept),
            Some(Kind::SignalDecision) => self.turn(decision.view(), kept),
            Some(Kind::StateDecision) => self.state(decision.view(), kept),
            _ => {
                if decision.kind() == Some(Kind::CloseDecision) {
                    self.close = Some(kept.clone());
                }
                self.order(kept);
            }
        }
    }
}

impl Witness {
    fn order(&mut self, kept: Kept) {
        if kept.insight.kind() == Some(Kind::IntentDecision)
            && kept.insight.view::<IntentDecision>().price.0 != 0
            && let Some(line) = kept.body.first()
        {
            self.client = client(line.view()).map(str::to_owned);
        }
        let signal = list::signal(&kept.insight);
        if let Some(story) = signal.and_then(|signal| self.stories.get_mut(&signal)) {
            story.has_orders = true;
            story.said.push(kept);
        }
    }
}
