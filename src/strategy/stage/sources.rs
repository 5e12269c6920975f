//! Where levels come from: the last word of stage 3 about every window, and how a refresh is fed
//! from it a few candidates at a time.

use model::{
    AnchorInsight, AvwapInsight, AvwapLine, Body, DAY, FundingSession, Insight, Kind, NakedInsight,
    Nanos, NodeLine, NodesInsight, Price, ProfileInsight, ShapeInsight, StructureInsight,
    StructureStep, StructureWhat, SwingInsight, Ticks, Trust, Window,
};

use crate::levels::{Candidate, Class, LevelBook, Reference, Shape, Source, bin_at, bin_centre};
use crate::terms::{LevelKind, Zone};

/// Windows, and behind them the completed UTC day and the completed funding session.
const ROWS: usize = Window::ALL.len() + 2;
/// Place of the completed day; the completed session stands behind it.
const COMPLETED: usize = Window::ALL.len();
/// Nodes of one window: as many as stage 3 tells.
const NODES_MAX: usize = 36;
/// Naked POCs remembered: as many as stage 3 keeps of both kinds of session.
const NAKED_MAX: usize = 32;
/// Confirmed swings that give confluence.
const SWINGS: usize = 32;
/// Kinds of session whose extremes give confluence: day, week, funding, four killzones.
const EXTREMES: usize = 7;
/// Candidates in one piece: at some 50 ns each as much as the rest of an event.
const PIECE: usize = 16;
/// Prices that a target may be.
pub(super) const TARGETS_MAX: usize = 512;

/// Value area and POC of a window.
#[derive(Clone, Copy, Debug)]
struct Edges {
    poc: Price,
    vah: Price,
    val: Price,
    bin: Ticks,
    trust: Trust,
    /// The venue clock when it was said.
    time: Nanos,
}

/// A window as last told of.
#[derive(Clone, Debug)]
struct Row {
    edges: Option<Edges>,
    nodes: Vec<NodeLine>,
    nodes_trust: Trust,
    bins: u32,
    bin: Ticks,
    shape: Shape,
    time_open: Nanos,
}

impl Row {
    fn blank() -> Self {
        Self {
            edges: None,
            nodes: Vec::with_capacity(NODES_MAX),
            nodes_trust: Trust::MISSING,
            bins: 0,
            bin: Ticks(0),
            shape: Shape::NONE,
            time_open: Nanos::NONE,
        }
    }

    fn clear(&mut self) {
        self.nodes.clear();
        (self.edges, self.nodes_trust) = (None, Trust::MISSING);
        (self.bins, self.bin, self.shape) = (0, Ticks(0), Shape::NONE);
    }
}

#[derive(Clone, Copy, Debug)]
struct Naked {
    window: Window,
    price: Price,
    bin: Ticks,
    time_open: Nanos,
    trust: Trust,
}

#[derive(Clone, Copy, Debug)]
struct Average {
    price: Price,
    bands: [Price; 6],
    time_anchor: Nanos,
    trust: Trust,
}

/// Prices that a target may be.
#[derive(Clone, Debug)]
pub(super) struct Targets {
    pub hvns: Vec<Price>,
    pub pocs: Vec<Price>,
}

impl Targets {
    fn empty() -> Self {
        Self { hvns: Vec::with_capacity(TARGETS_MAX), pocs: Vec::with_capacity(TARGETS_MAX) }
    }

    fn clear(&mut self) {
        self.hvns.clear();
        self.pocs.clear();
    }
}

/// Where a refresh is in going through the sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cursor {
    row: usize,
    item: usize,
}

/// What stage 3 last said of everything that may be a level.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    rows: Vec<Row>,
    naked: Vec<Naked>,
    averages: [Option<Average>; Window::ALL.len()],
    swings: [Option<Price>; SWINGS],
    swing_next: usize,
    extremes: [[Option<Price>; 2]; EXTREMES],
    cursor: Option<Cursor>,
    gathering: Targets,
    ready: Targets,
}

impl Sources {
    pub(super) fn new() -> Self {
        Self {
            rows: std::iter::repeat_with(Row::blank).take(ROWS).collect(),
            naked: Vec::with_capacity(NAKED_MAX),
            averages: [None; Window::ALL.len()],
            swings: [None; SWINGS],
            swing_next: 0,
            extremes: [[None; 2]; EXTREMES],
            cursor: None,
            gathering: Targets::empty(),
            ready: Targets::empty(),
        }
    }

    /// The developing UTC day's shape.
    pub(super) fn day(&self) -> Shape {
        self.rows[Window::Day as usize].shape
    }

    /// Prices that a target may be, as of the last refresh.
    pub(super) const fn targets(&self) -> &Targets {
        &self.ready
    }

    /// Takes in what an insight says; kinds that no level comes from are passed over.
    pub(super) fn hear(&mut self, insight: &Insight, body: Body<'_>) {
        let Some(kind) = insight.kind() else { return };
        match kind {
            Kind::ProfileInsight => self.profile(insight.view()),
            Kind::NodesInsight => self.nodes(insight.view(), body),
            Kind::ShapeInsight => self.shape(insight.view()),
            Kind::NakedInsight => self.naked(insight.view()),
            Kind::AvwapInsight => self.average(insight.view(), body),
            Kind::AnchorInsight => self.anchor(insight.view()),
            Kind::SwingInsight => self.swing(insight.view()),
            Kind::StructureInsight => self.structure(insight.view()),
            _ => {}
        }
    }

    fn row(&mut self, window: u8, completed: bool) -> Option<&mut Row> {
        let place = match (window_of(window)?, completed) {
            (Window::Day, true) => COMPLETED,
            (Window::Funding, true) => COMPLETED + 1,
            (_, true) => return None,
            (window, false) => window as usize,
        };
        self.rows.get_mut(place)
    }

    /// A session's edges change with every trade of it; those that stood when the next one began
    /// are what it ended as.
    fn profile(&mut self, profile: &ProfileInsight) {
        let length = window_of(profile.window).and_then(length);
        let Some(row) = self.row(profile.window, false) else { return };
        let before = row.edges;
        row.edges = Some(Edges {
            poc: profile.poc,
            vah: profile.vah,
            val: profile.val,
            bin: Ticks(profile.bin_ticks),
            trust: profile.trust,
            time: profile.time_venue,
        });
        row.bin = Ticks(profile.bin_ticks);
        let Some(length) = length else { return };
        let open = profile.time_venue.floor(length);
        if row.time_open == open {
            return;
        }
        let (was_open, shape) = (row.time_open, row.shape);
        row.clear_but_edges();
        row.time_open = open;
        let ended = before.filter(|edges| edges.time.floor(length) == was_open);
        if let (Some(edges), Some(done)) = (ended, self.row(profile.window, true)) {
            done.clear();
            (done.edges, done.bin, done.time_open) = (Some(edges), edges.bin, was_open);
            done.shape = shape;
        }
    }

    fn nodes(&mut self, nodes: &NodesInsight, body: Body<'_>) {
        let length = window_of(nodes.window).and_then(length);
        let Some(row) = self.row(nodes.window, nodes.completed == 1) else { return };
        row.nodes.clear();
        let lines = (0..body.len().min(NODES_MAX)).filter_map(|at| body.view::<NodeLine>(at));
        row.nodes.extend(lines);
        row.nodes_trust = nodes.trust;
        (row.bins, row.bin) = (nodes.bins, Ticks(nodes.bin_ticks));
        if nodes.completed == 1
            && let Some(length) = length
        {
            // Looked at soon after its end, in the session that follows.
            row.time_open = Nanos(nodes.time_venue.floor(length).0.saturating_sub(length.0));
        }
    }

    fn shape(&mut self, shape: &ShapeInsight) {
        let Some(row) = self.row(shape.window, shape.completed == 1) else { return };
        let sound = !shape.trust.has(Trust::MISSING);
        let class = Class::from_code(shape.class).filter(|_| sound);
        row.shape = Shape { class, bias: model::missing::ratio(shape.bias).unwrap_or(0.0) };
    }

    fn naked(&mut self, naked: &NakedInsight) {
        let Some(window) = window_of(naked.window) else { return };
        let same = |one: &Naked| one.window == window && one.time_open == naked.time_open;
        self.naked.retain(|one| !same(one));
        if naked.event == 1 && self.naked.len() < NAKED_MAX {
            self.naked.push(Naked {
                window,
                price: naked.poc,
                bin: Ticks(naked.bin_ticks),
                time_open: naked.time_open,
                trust: naked.trust,
            });
        }
    }

    fn average(&mut self, average: &AvwapInsight, body: Body<'_>) {
        let Some(place) = self.averages.get_mut(usize::from(average.window)) else { return };
        let Some(line) = body.view::<AvwapLine>(0) else { return };
        *place = Some(Average {
            price: average.avwap,
            bands: line.bands,
            time_anchor: average.time_anchor,
            trust: average.trust,
        });
    }

    /// An anchored window begins anew, or there is none any more.
    fn anchor(&mut self, anchor: &AnchorInsight) {
        if let Some(place) = self.averages.get_mut(usize::from(anchor.window)) {
            *place = None;
        }
        if let Some(row) = self.row(anchor.window, false) {
            row.clear();
            let set = anchor.fate == 1;
            row.time_open = if set { anchor.time_anchor } else { Nanos::NONE };
        }
    }

    fn swing(&mut self, swing: &SwingInsight) {
        if swing.trust.has(Trust::PROVISIONAL) {
            return;
        }
        self.swings[self.swing_next] = Some(swing.price);
        self.swing_next = (self.swing_next + 1) % SWINGS;
    }

    /// Highs and lows of the sessions that are over; each gives way to the next of its kind.
    fn structure(&mut self, fact: &StructureInsight) {
        let place = match StructureWhat::from_code(fact.what) {
            Some(StructureWhat::Day) => 0,
            Some(StructureWhat::Week) => 1,
            Some(StructureWhat::Funding) => 2,
            Some(StructureWhat::Asia) => 3,
            Some(StructureWhat::London) => 4,
            Some(StructureWhat::NewYork) => 5,
            Some(StructureWhat::Overlap) => 6,
            _ => return,
        };
        if StructureStep::from_code(fact.step) == Some(StructureStep::Created) {
            self.extremes[place][usize::from(fact.up == 1)] = Some(fact.top);
        }
    }

    /// Begins to feed a refresh.
    pub(super) fn begin(&mut self) {
        self.cursor = Some(Cursor { row: 0, item: 0 });
        self.gathering.clear();
    }

    /// Whether a refresh is being fed.
    pub(super) const fn is_feeding(&self) -> bool {
        self.cursor.is_some()
    }

    /// Feeds the next few candidates; seals the refresh behind the last.
    pub(super) fn feed(&mut self, book: &mut LevelBook) {
        let Some(mut cursor) = self.cursor else { return };
        let mut left = PIECE;
        while left > 0 {
            if cursor.row == ROWS + 2 {
                self.cursor = None;
                std::mem::swap(&mut self.ready, &mut self.gathering);
                return book.seal();
            }
            if self.give(cursor, book) {
                cursor.item += 1;
                left -= 1;
            } else {
                cursor = Cursor { row: cursor.row + 1, item: 0 };
            }
        }
        self.cursor = Some(cursor);
    }

    /// Gives the book one item; `false` when the row has none there.
    fn give(&mut self, Cursor { row, item }: Cursor, book: &mut LevelBook) -> bool {
        match row {
            ROWS => self.give_naked(item, book),
            row if row == ROWS + 1 => self.give_reference(item, book),
            row => match item.checked_sub(3) {
                None => self.give_edge(row, item, book),
                Some(node) if node < self.rows[row].nodes.len() => self.give_node(row, node, book),
                Some(node) => self.give_average(row, node - self.rows[row].nodes.len(), book),
            },
        }
    }

    fn source(&self, row: usize) -> Source {
        let Row { bins, bin, shape, time_open, .. } = self.rows[row];
        let (window, completed) = match row {
            COMPLETED => (Window::Day, true),
            row if row == COMPLETED + 1 => (Window::Funding, true),
            row => (Window::ALL[row], false),
        };
        Source { window, completed, time_open, bins, bin, shape }
    }

    fn give_edge(&mut self, row: usize, item: usize, book: &mut LevelBook) -> bool {
        let source = self.source(row);
        if source.window == Window::All {
            return false;
        }
        let Some(edges) = self.rows[row].edges else { return true };
        let (kind, price) = match item {
            0 => (LevelKind::Poc, bin_centre(edges.poc, edges.bin)),
            1 => (LevelKind::Vah, edges.vah),
            _ => (LevelKind::Val, edges.val),
        };
        let node = bin_at(price, edges.bin);
        if kind == LevelKind::Poc && !edges.trust.has(Trust::MISSING) {
            keep(&mut self.gathering.pocs, price);
        }
        let candidate = Candidate { kind, source, price, node, share: 0.0, trust: edges.trust };
        // What is turned away is counted by the book, by name.
        let _ = book.offer(&candidate);
        true
    }

    fn give_node(&mut self, row: usize, item: usize, book: &mut LevelBook) -> bool {
        let source = self.source(row);
        let (node, trust) = (self.rows[row].nodes[item], self.rows[row].nodes_trust);
        let kind = match node.kind {
            1 => LevelKind::Hvn,
            2 => LevelKind::Lvn,
            4 => LevelKind::Cliff,
            _ => return true,
        };
        if kind == LevelKind::Hvn {
            keep(&mut self.gathering.hvns, node.level);
        }
        let zone = Zone { low: node.low, high: node.high };
        let share = model::missing::ratio(node.share).unwrap_or(-1.0);
        let candidate = Candidate { kind, source, price: node.level, node: zone, share, trust };
        let _ = book.offer(&candidate);
        true
    }

    /// An average of the row's window and its bands, the lowest first.
    fn give_average(&self, row: usize, item: usize, book: &mut LevelBook) -> bool {
        let Some(Some(average)) = self.averages.get(row) else { return false };
        let (kind, price) = match item {
            0 => (LevelKind::Avwap, average.price),
            band if band <= average.bands.len() => (LevelKind::AvwapBand, average.bands[band - 1]),
            _ => return false,
        };
        let source = Source { time_open: average.time_anchor, bin: Ticks(0), ..self.source(row) };
        let node = Zone { low: price, high: price };
        let _ =
            book.offer(&Candidate { kind, source, price, node, share: 0.0, trust: average.trust });
        true
    }

    fn give_naked(&mut self, item: usize, book: &mut LevelBook) -> bool {
        let Some(&Naked { window, price, bin, time_open, trust }) = self.naked.get(item) else {
            return false;
        };
        keep(&mut self.gathering.pocs, price);
        let shape = Shape::NONE;
        let source = Source { window, completed: true, time_open, bins: 0, bin, shape };
        let (kind, node) = (LevelKind::NakedPoc, bin_at(price, bin));
        let _ = book.offer(&Candidate { kind, source, price, node, share: 0.0, trust });
        true
    }

    fn give_reference(&self, item: usize, book: &mut LevelBook) -> bool {
        let (reference, price) = if item < SWINGS {
            (Reference::Swing, self.swings[item])
        } else if item < SWINGS + 2 * EXTREMES {
            let place = item - SWINGS;
            (Reference::Extreme, self.extremes[place / 2][place % 2])
        } else {
            return false;
        };
        if let Some(price) = price {
            let _ = book.refer(reference, price);
        }
        true
    }
}

impl Row {
    /// Another session: what was found in the last one is no longer this row's.
    fn clear_but_edges(&mut self) {
        let (edges, bin) = (self.edges, self.bin);
        self.clear();
        (self.edges, self.bin) = (edges, bin);
    }
}

fn window_of(code: u8) -> Option<Window> {
    Window::ALL.get(usize::from(code)).copied()
}

/// How long a session of a window is; of windows that are no session none.
const fn length(window: Window) -> Option<Nanos> {
    match window {
        Window::Day => Some(DAY),
        Window::Funding => Some(FundingSession::LENGTH),
        _ => None,
    }
}

fn keep(prices: &mut Vec<Price>, price: Price) {
    if prices.len() < TARGETS_MAX {
        prices.push(price);
    }
}
