//! Nodes, shape and anchored averages, recomputed from a tape that nothing broke: of the trades
//! that belong to a window at the instant that a reading names.
//!
//! These figures are looked at in turns, a piece a message. A message less, and later looks come
//! at other instants, so that two runs cannot be laid side by side; but every look says its
//! instant, and what should have been seen then follows from the trades alone.

use std::collections::BTreeMap;

use analytics::anatomy::{AnatomyPlan, Class, Held, Node, NodeKind, Study};
use analytics::profile::naive::{Rules, settle};
use analytics::{BANDS, Sums};
use bytemuck::Zeroable as _;
use model::{
    AnchorInsight, AvwapInsight, AvwapLine, BarLine, Body, DAY, HOUR, Insight, Interval, Kind,
    Line, Lots, MILLISECOND, Nanos, NodeLine, NodesInsight, Price, ShapeInsight, Trust, Window,
    missing,
};

/// How long a session waits for late trades.
const GRACE: u64 = 500 * MILLISECOND.0;
/// The specification's `composite_days`.
const COMPOSITE_DAYS: u64 = 5;

/// A trade of the unbroken tape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Print {
    pub(crate) time: u64,
    pub(crate) price: i64,
    pub(crate) lots: i64,
}

/// A look at a window's histogram.
#[derive(Clone, Debug)]
struct Look {
    nodes: NodesInsight,
    lines: Vec<NodeLine>,
    shape: ShapeInsight,
    // Whether its values have to hold: not while a hole is there that no id has shown yet.
    holds: bool,
}

/// What was said of windows in turns, which anchors were set, and when 15 m bars closed.
#[derive(Default, Debug)]
pub(crate) struct Looks {
    looks: Vec<Look>,
    averages: Vec<(AvwapInsight, AvwapLine)>,
    // By window: the venue clock when an anchor was set, and its T.
    anchors: BTreeMap<u8, Vec<(u64, u64)>>,
    // The venue clock at each.
    closes: Vec<u64>,
}

/// What a recompute compared, and what it did not find.
#[derive(Default, Debug)]
pub(crate) struct Compared {
    /// Looks by kind and window.
    pub(crate) looks: BTreeMap<(&'static str, &'static str), usize>,
    /// Shapes that count, among them.
    pub(crate) shapes: usize,
    /// Readings that do not follow from the trades.
    pub(crate) wrong: Vec<String>,
}

impl Looks {
    /// A bar closed.
    pub(crate) fn bar(&mut self, clock: Nanos, bar: &BarLine) {
        if bar.interval() == Interval::Minute15 {
            self.closes.push(clock.0);
        }
    }

    /// Takes a reading; whether it was one of these figures. `holds`: nothing is wrong that nobody
    /// can know yet.
    pub(crate) fn hear(&mut self, insight: &Insight, body: Body<'_>, holds: bool) -> bool {
        let sound = insight.trust == Trust::SOUND;
        match insight.kind() {
            Some(Kind::AnchorInsight) => {
                let anchor: &AnchorInsight = insight.view();
                if anchor.fate == 1 {
                    let set = (anchor.time_venue.0, anchor.time_anchor.0);
                    self.anchors.entry(anchor.window).or_default().push(set);
                }
                return false;
            }
            Some(Kind::NodesInsight) => {
                let lines = body.iter().map(|line: &Line| *line.view()).collect();
                let (nodes, shape) = (*insight.view(), ShapeInsight::zeroed());
                self.looks.push(Look { nodes, lines, shape, holds: sound && holds });
            }
            Some(Kind::ShapeInsight) => {
                let shape: &ShapeInsight = insight.view();
                let look = self.looks.last_mut().expect("a shape comes behind its nodes");
                assert_eq!(
                    (look.nodes.sequence, look.nodes.window),
                    (shape.sequence, shape.window)
                );
                look.shape = *shape;
            }
            Some(Kind::AvwapInsight) => {
                if sound && holds {
                    let line = body.view(0).expect("an average has its bands");
                    self.averages.push((*insight.view(), *line));
                }
            }
            _ => return false,
        }
        true
    }

    /// Compares every look with the tape.
    pub(crate) fn compare(&self, tape: &[Print]) -> Compared {
        let mut compared = Compared::default();
        let mut study = Study::new(AnatomyPlan::default());
        for window in Window::ALL {
            let looks = self.looks.iter().filter(|look| look.nodes.window == window as u8);
            let (mut open, mut over) = (Row::default(), Row::default());
            let mut counting = Counting::default();
            for look in looks {
                let (from, to, since) = self.span(tape, &look.nodes);
                let held = counting.take(look, since, &self.closes);
                if !look.holds {
                    continue;
                }
                *compared.looks.entry(("nodes", window.text())).or_default() += 1;
                compared.shapes += usize::from(look.shape.class != 0);
                let row = if look.nodes.completed == 1 { &mut over } else { &mut open };
                row.reach(tape, (from, to), look.nodes.bin_ticks);
                if !row.says(look, &mut study) || !is_held(&look.shape, held) {
                    compared.wrong.push(format!("{look:?} {held:?}"));
                }
            }
        }
        self.compare_averages(tape, &mut compared);
        compared
    }

    /// The trades that belong to a window when it was looked at, from and to, and since when it
    /// is the same one: its anchor or the opening of its session.
    fn span(&self, tape: &[Print], nodes: &NodesInsight) -> (usize, usize, u64) {
        let now = nodes.time_row.0;
        let before = |time: u64| tape.partition_point(|print| print.time < time);
        let to = before(now + 1);
        // A session opens with its first trade, or once nothing late can come any more.
        let last = tape[..to].last().map_or(0, |print| print.time);
        let settled = last.max(now.saturating_sub(GRACE));
        let session = |length: u64| {
            let open = settled - settled % length;
            let is_over = nodes.completed == 1;
            let (from, to) = if is_over { (open - length, before(open)) } else { (open, to) };
            (before(from), to, open)
        };
        match Window::ALL[usize::from(nodes.window)] {
            Window::All => (0, to, 0),
            Window::Hours2 => (before(now - 2 * HOUR.0 + 1), to, 0),
            Window::Hours8 => (before(now - 8 * HOUR.0 + 1), to, 0),
            Window::Hours24 => (before(now - DAY.0 + 1), to, 0),
            Window::Day => session(DAY.0),
            Window::Funding => session(8 * HOUR.0),
            Window::Composite => {
                (before(settled - settled % DAY.0 - COMPOSITE_DAYS * DAY.0), to, 0)
            }
            _ => {
                let set = self.anchors.get(&nodes.window).map_or(&[][..], Vec::as_slice);
                // At the end of the message that asks for it: a look at this instant is older.
                let count = set.partition_point(|(clock, _)| *clock < now);
                let anchor = set[..count].last().map_or(0, |(_, time)| *time);
                (before(anchor), to, anchor)
            }
        }
    }

    fn compare_averages(&self, tape: &[Print], compared: &mut Compared) {
        let mut sums = vec![Sums::ZERO];
        for print in tape {
            let mut sum = sums[sums.len() - 1];
            sum.put(&Sums::of(Price(print.price), Lots(print.lots)));
            sums.push(sum);
        }
        for (said, line) in &self.averages {
            *compared.looks.entry(("average", text(said.window))).or_default() += 1;
            let from = tape.partition_point(|print| print.time < said.time_anchor.0);
            let to = tape.partition_point(|print| print.time <= said.time_venue.0);
            let average = (from < to).then(|| sums[to].since(&sums[from]).average()).flatten();
            let holds = average.is_some_and(|average| {
                let last = Price(tape[to - 1].price);
                let (percent, sigmas) = average.distance(last);
                let want = AvwapLine {
                    bands: BANDS.map(|sigmas| average.band(sigmas)),
                    distance_percent: percent,
                    distance_sigmas: sigmas.unwrap_or(missing::RATIO),
                };
                Line::of(*line) == Line::of(want)
                    && (said.avwap, said.distance) == (average.price(), last - average.price())
                    && said.exact.to_bits() == average.mean().to_bits()
                    && said.sigma.to_bits() == average.sigma().to_bits()
            });
            if !holds {
                compared.wrong.push(format!("{said:?} {line:?}"));
            }
        }
    }
}

/// The shape of a window that counts: it was found at three closes in a row of a histogram that
/// was sound.
#[derive(Default)]
struct Counting {
    since: Option<u64>,
    // Closes that were looked at.
    closes: usize,
    sound: bool,
    held: Held,
    before: Held,
}

impl Counting {
    /// The next look at the window: a close's look is the first one since it.
    fn take(&mut self, look: &Look, since: u64, closes: &[u64]) -> Held {
        let Look { nodes, shape, .. } = look;
        let passed = closes.partition_point(|close| *close <= nodes.time_row.0);
        if self.since != Some(since) {
            self.before = std::mem::take(&mut self.held);
            (self.since, self.sound, self.closes) = (Some(since), false, passed);
        }
        if nodes.completed == 1 {
            return self.before;
        }
        let sound = nodes.trust == Trust::SOUND;
        if passed > self.closes && !nodes.trust.has(Trust::PROVISIONAL) {
            self.closes = passed;
            if sound && !self.sound {
                self.held = Held::default();
            }
            self.sound = sound;
            self.held.close(CLASSES.into_iter().find(|class| *class as u8 == shape.now));
        }
        if sound && !self.sound { Held::default() } else { self.held }
    }
}

const CLASSES: [Class; 5] = [Class::P, Class::Low, Class::Double, Class::Thin, Class::D];

fn is_held(said: &ShapeInsight, held: Held) -> bool {
    (said.class, said.closes) == (held.counts.map_or(0, |class| class as u8), held.closes)
}

fn text(window: u8) -> &'static str {
    Window::ALL.get(usize::from(window)).map_or("?", |window| window.text())
}

/// The histogram of a stretch of the tape.
#[derive(Default)]
struct Row {
    span: (usize, usize),
    width: i64,
    bins: BTreeMap<i64, i64>,
}

impl Row {
    fn put(&mut self, prints: &[Print], sign: i64) {
        for print in prints {
            let bin = print.price.div_euclid(self.width);
            let lots = self.bins.entry(bin).or_default();
            *lots += sign * print.lots;
            if *lots == 0 {
                self.bins.remove(&bin);
            }
        }
    }

    /// Moves to another stretch.
    fn reach(&mut self, tape: &[Print], (from, to): (usize, usize), width: i64) {
        let (start, end) = self.span;
        if width != self.width || from >= end || to <= start {
            (self.width, self.span) = (width, (from, from));
            self.bins.clear();
            self.put(&tape[from..to.max(from)], 1);
        } else {
            self.put(&tape[from..start.max(from)], 1);
            self.put(&tape[end..to.max(end)], 1);
            self.put(&tape[start..from.max(start)], -1);
            self.put(&tape[to..end.max(to)], -1);
        }
        self.span = (from, to);
    }

    /// Whether a look says what a study of these bins finds; which shape counts is left out.
    fn says(&self, look: &Look, study: &mut Study) -> bool {
        let (Some((&low, _)), Some((&high, _))) =
            (self.bins.first_key_value(), self.bins.last_key_value())
        else {
            return false;
        };
        let row: Vec<i64> =
            (low..=high).map(|bin| self.bins.get(&bin).copied().unwrap_or(0)).collect();
        let poc = settle(&row, Rules::STANDARD).expect("a row with lots").0;
        assert!(study.begin(&row, poc) && study.step(usize::MAX), "a row of a day");
        let nodes = &look.nodes;
        let volume = row.iter().sum::<i64>();
        let edge = low * self.width;
        let lines: Vec<NodeLine> =
            study.nodes().iter().map(|node| line(node, edge, self.width, study)).collect();
        let bytes = |lines: &[NodeLine]| lines.iter().map(|line| Line::of(*line)).collect();
        let (said, want): (Vec<Line>, Vec<Line>) = (bytes(&look.lines), bytes(&lines));
        (nodes.volume.0, nodes.bins as usize) == (volume, row.len())
            && usize::from(nodes.found) == study.found()
            && said == want
            && is_shape(&look.shape, study)
    }
}

/// A node as it is said.
fn line(node: &Node, edge: i64, width: i64, study: &Study) -> NodeLine {
    let bin = i64::try_from(node.bin).expect("a short row");
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    let float = |value: i64| value as f64;
    #[expect(clippy::cast_possible_truncation, reason = "within the traded range")]
    let tick = |place: f64| Price(edge + ((place + 0.5) * float(width) + 0.5).floor() as i64);
    NodeLine {
        level: Price(edge + bin * width + width / 2),
        low: tick(node.left),
        high: tick(node.right),
        width: if node.kind == NodeKind::Cliff { 0.0 } else { node.right - node.left },
        prominence: node.prominence,
        smooth: node.smooth,
        share: float(node.prominence) / float(study.poc_smooth()),
        kind: node.kind as u8,
        reserved: [0; 7],
    }
}

fn is_shape(said: &ShapeInsight, study: &Study) -> bool {
    let (form, class) = (study.form(), study.class());
    let bias = class.map_or(missing::RATIO, |class| form.bias(class));
    let place = form.place().unwrap_or(missing::RATIO);
    said.now == class.map_or(0, |class| class as u8)
        && (said.upper.0, said.lower.0) == (form.thirds[2], form.thirds[0])
        && (said.bias.to_bits(), said.place.to_bits()) == (bias.to_bits(), place.to_bits())
}
