//! The rules of § 8 once more, written for reading: every list is looked through whole, nothing
//! is kept in order, nothing is spread. What the level book publishes must equal this.

use model::{Nanos, Price, Side};

use crate::levels::{Candidate, Class, Facts, LevelPlan, Reference, ZoneBase};
use crate::terms::{LevelKind, Zone};

#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    pub id: u64,
    pub born: i64,
    pub seen: i64,
    pub time_born: u64,
    pub time_seen: u64,
    pub touched: Option<u64>,
    pub touches: u32,
    pub version: u32,
    pub side: Side,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub candidate: Candidate,
    pub id: u64,
    pub version: u32,
    pub side: Side,
    pub zone: Zone,
    pub score: f64,
    pub terms: [f64; 7],
    pub touches: u32,
    pub live: bool,
    pub frozen: bool,
    pub absorbed: u32,
}

#[derive(Debug)]
pub(super) struct Naive {
    pub plan: LevelPlan,
    pub past: Vec<Past>,
    pub lines: Vec<Line>,
    pub class: Option<Class>,
    pub next: u64,
}

/// A candidate with all that was found out about it.
#[derive(Clone)]
struct Found {
    candidate: Candidate,
    past: Option<usize>,
    side: Option<Side>,
    terms: [f64; 7],
    score: f64,
    absorbed: u32,
}

fn bp(a: i64, b: i64, bp: i64, of: i64) -> bool {
    i128::from((a - b).abs()) * 10_000 <= i128::from(bp) * i128::from(of)
}

fn line(kind: LevelKind) -> bool {
    matches!(kind, LevelKind::Avwap | LevelKind::AvwapBand)
}

fn edge(kind: LevelKind) -> bool {
    matches!(kind, LevelKind::Vah | LevelKind::Val)
}

fn volume_node(kind: LevelKind) -> bool {
    use LevelKind::{Hvn, Lvn, NakedPoc, Poc};
    matches!(kind, Hvn | Lvn | Poc | NakedPoc)
}

impl Naive {
    pub(super) fn new(plan: LevelPlan) -> Self {
        Self { plan, past: Vec::new(), lines: Vec::new(), class: None, next: 1 }
    }

    /// A whole refresh. Candidates are those that the rule of youth lets pass and none is a
    /// developing POC or a session's that was superseded: tables hold those rules.
    pub(super) fn refresh(
        &mut self,
        facts: &Facts,
        given: &[Candidate],
        refer: &[(Reference, i64)],
    ) {
        let now = facts.time.0;
        let class = facts.day.class.filter(|c| matches!(c, Class::P | Class::LowerB | Class::D));
        if let Some(class) = class {
            if self.class.is_some_and(|before| before != class) {
                self.past.iter_mut().for_each(|past| past.touches = 0);
            }
            self.class = Some(class);
        }
        let reset = self.plan.touch_reset.0;
        for past in &mut self.past {
            if past.touched.is_some_and(|at| now - at >= reset) {
                past.touches = 0;
            }
        }
        let (absent, lines) = (self.plan.absent.0, &self.lines);
        self.past.retain(|past| {
            let published = lines.iter().any(|line| line.id == past.id);
            published || past.touches > 0 || now - past.time_seen <= absent
        });

        let mut found: Vec<Found> =
            given.iter().map(|c| self.find(c, facts, given, refer)).collect();
        found.sort_by(|a, b| {
            let key = |f: &Found| {
                let source = f.candidate.source;
                (
                    f.candidate.kind,
                    source.window,
                    source.completed,
                    source.time_open,
                    f.candidate.price,
                )
            };
            b.score.total_cmp(&a.score).then(key(a).cmp(&key(b)))
        });

        let frozen: Vec<Line> = self.lines.iter().filter(|line| line.frozen).cloned().collect();
        let mut tracked = vec![None; frozen.len()];
        let mut kept: Vec<Found> = Vec::new();
        for one in found {
            let price = one.candidate.price.0;
            let id = one.past.map(|past| self.past[past].id);
            let own = frozen.iter().position(|line| Some(line.id) == id);
            if let Some(own) = own {
                tracked[own] = tracked[own].or(Some(price));
                continue;
            }
            let dedupe = i64::from(self.plan.dedupe_bp);
            let near = |other: i64| bp(price, other, dedupe, other);
            if frozen.iter().any(|line| near(line.candidate.price.0)) {
                continue;
            }
            match kept.iter_mut().find(|other| near(other.candidate.price.0)) {
                Some(better) => better.absorbed += 1,
                None => kept.push(one),
            }
        }
        assert!(kept.len() + frozen.len() <= 128, "the naive model knows no bound");
        self.identify(&mut kept, facts);
        self.publish(&kept, frozen, &tracked, facts);
    }

    /// Who of the known it continues: of those that allow it the one seen nearest, then the older.
    fn known(&self, candidate: &Candidate, taken: &[usize]) -> Option<usize> {
        let (price, bin) = (candidate.price.0, candidate.source.bin.0);
        let allows = |past: &Past| {
            let moved = (price - past.seen).abs();
            let bins = moved * 10 <= bin * i64::from(self.plan.same_bin_tenths);
            let last = bins || bp(price, past.seen, i64::from(self.plan.same_bp), past.seen);
            last && bp(price, past.born, i64::from(self.plan.same_birth_bp), past.born)
        };
        (0..self.past.len())
            .filter(|at| !taken.contains(at) && allows(&self.past[*at]))
            .min_by_key(|&at| ((price - self.past[at].seen).abs(), self.past[at].id))
    }

    fn find(
        &self,
        candidate: &Candidate,
        facts: &Facts,
        given: &[Candidate],
        refer: &[(Reference, i64)],
    ) -> Found {
        let price = candidate.price.0;
        let near = |other: i64| bp(price, other, i64::from(self.plan.confluence_bp), price);
        let any = |wanted: &dyn Fn(&Candidate) -> bool| {
            given.iter().any(|other| near(other.price.0) && wanted(other))
        };
        let swing = refer.iter().any(|&(kind, at)| kind == Reference::Swing && near(at));
        let extreme = refer.iter().any(|&(kind, at)| kind == Reference::Extreme && near(at));
        let edges = !edge(candidate.kind) && any(&|other| edge(other.kind));
        let nodes = any(&|other| {
            volume_node(other.kind)
                && (line(candidate.kind) || other.source.window != candidate.source.window)
        });
        // A tick is a tenth, round numbers are multiples of 500 and 1 000.
        let above = price.rem_euclid(5_000);
        let round = near(price - above) || near(price - above + 5_000);
        let kinds = [swing, extreme, edges, nodes, round].into_iter().filter(|&kind| kind).count();
        let nearest = given
            .iter()
            .filter(|other| line(other.kind))
            .map(|other| (other.price.0 - price).abs())
            .min();
        let reach = f64::from(self.plan.avwap_bp) / 10_000.0 * price as f64;
        let distance = (price - facts.price.0).abs() as f64 / facts.price.0 as f64 * 100.0;
        let terms = [
            if candidate.kind == LevelKind::Lvn { candidate.share } else { 0.0 },
            f64::from(u8::try_from(kinds).expect("five")).min(f64::from(self.plan.confluence_max)),
            if candidate.kind == LevelKind::NakedPoc { 1.0 } else { 0.0 },
            0.0,
            ((3.0 - distance) / 2.75).clamp(0.0, 1.0),
            0.0,
            nearest.map_or(0.0, |gap| (1.0 - gap as f64 / reach).max(0.0)),
        ];
        let past = self.known(candidate, &[]);
        let found =
            Found { candidate: *candidate, past, side: None, terms, score: 0.0, absorbed: 0 };
        self.weigh(found, facts)
    }

    fn weigh(&self, found: Found, facts: &Facts) -> Found {
        let past = found.past.map(|past| self.past[past]);
        let price = found.candidate.price;
        let side = if price < facts.price {
            Some(Side::Buy)
        } else if price > facts.price {
            Some(Side::Sell)
        } else {
            past.map(|past| past.side)
        };
        let day = line(found.candidate.kind) || found.candidate.kind == LevelKind::NakedPoc;
        let shape = if day { facts.day } else { found.candidate.source.shape };
        let along = match side {
            Some(Side::Buy) => shape.bias.max(0.0),
            Some(Side::Sell) => (-shape.bias).max(0.0),
            None => 0.0,
        };
        let since = past.map_or(facts.time.0, |past| past.touched.unwrap_or(past.time_born));
        let hours = (facts.time.0 - since) as f64 / 3.6e12;
        let mut terms = found.terms;
        terms[3] = match shape.class {
            None => 0.0,
            Some(Class::D | Class::B) => 0.5,
            Some(_) => along,
        };
        terms[5] = 1.0 - (-hours / 24.0).exp();
        let weights = [3.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0];
        let sum: f64 = terms.iter().zip(weights).map(|(term, weight)| term * weight).sum();
        let touches = past.map_or(0, |past| past.touches);
        let score = sum * 0.7_f64.powi(i32::try_from(touches).expect("few"));
        Found { side, terms, score, ..found }
    }

    fn identify(&self, kept: &mut [Found], facts: &Facts) {
        let mut taken: Vec<usize> = (0..self.past.len())
            .filter(|&at| self.lines.iter().any(|l| l.frozen && l.id == self.past[at].id))
            .collect();
        for one in kept.iter_mut() {
            if one.past.is_some_and(|past| taken.contains(&past)) {
                let past = self.known(&one.candidate, &taken);
                *one = self.weigh(Found { past, ..one.clone() }, facts);
            }
            taken.extend(one.past);
        }
    }

    fn publish(&mut self, kept: &[Found], frozen: Vec<Line>, at: &[Option<i64>], facts: &Facts) {
        for (line, at) in frozen.iter().zip(at) {
            let past = self.past.iter_mut().find(|past| past.id == line.id).expect("remembered");
            past.seen = at.unwrap_or(past.seen);
            past.time_seen = facts.time.0;
        }
        let mut lines = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            let mut here: Vec<Line> = frozen.iter().filter(|l| l.side == side).cloned().collect();
            let room = self.plan.side_levels - here.len();
            let mut best: Vec<&Found> = kept.iter().filter(|f| f.side == Some(side)).collect();
            best.sort_by(|a, b| b.score.total_cmp(&a.score));
            for found in best.into_iter().take(room) {
                let line = self.line(found, side, facts, &here);
                here.push(line);
            }
            lines.extend(here);
        }
        for found in kept {
            if let Some(past) = found.past {
                let past = &mut self.past[past];
                past.seen = found.candidate.price.0;
                past.time_seen = facts.time.0;
                past.side = found.side.unwrap_or(past.side);
            }
        }
        self.lines = lines;
    }

    fn line(&mut self, found: &Found, side: Side, facts: &Facts, better: &[Line]) -> Line {
        let price = found.candidate.price;
        let at = found.past.unwrap_or_else(|| {
            let (now, price) = (facts.time.0, price.0);
            let (time_born, time_seen) = (now, now);
            let (born, seen, id) = (price, price, self.next);
            let (touched, touches, version) = (None, 0, 0);
            let past =
                Past { id, born, seen, time_born, time_seen, touched, touches, version, side };
            self.past.push(past);
            self.next += 1;
            self.past.len() - 1
        });
        self.past[at].version += 1;
        let Past { id, version, touches, .. } = self.past[at];
        let half = self.half(&found.candidate, facts);
        let zone = Zone { low: Price(price.0 - half), high: Price(price.0 + half) };
        let overlaps = |line: &Line| line.zone.low <= zone.high && zone.low <= line.zone.high;
        let hidden = better.iter().any(|line| line.live && overlaps(line));
        let live = touches < self.plan.max_touches && !hidden;
        let (terms, score, absorbed) = (found.terms, found.score, found.absorbed);
        let candidate = found.candidate;
        Line {
            candidate,
            id,
            version,
            side,
            zone,
            score,
            terms,
            touches,
            live,
            frozen: false,
            absorbed,
        }
    }

    fn half(&self, candidate: &Candidate, facts: &Facts) -> i64 {
        let price = candidate.price.0 as f64;
        let factor = (facts.volatility_5m / facts.volatility_24h).clamp(1.0, 2.0);
        let factor = if factor.is_nan() { 1.0 } else { factor };
        let width = (candidate.node.high.0 - candidate.node.low.0) as f64;
        let base = if self.plan.zone == ZoneBase::Atr && facts.atr_4h >= 0.0 {
            0.15 * facts.atr_4h
        } else if candidate.kind == LevelKind::Lvn {
            (width / 2.0).clamp(price * 0.0005, price * 0.0015)
        } else {
            price * 0.0015
        };
        #[expect(clippy::cast_possible_truncation, reason = "a few thousand ticks")]
        let half = (base * factor + 0.5).floor() as i64;
        half.max(1)
    }

    /// A signal at a published level ends, with a touch.
    pub(super) fn touch(&mut self, id: u64, time: Nanos) {
        let past = self.past.iter_mut().find(|past| past.id == id).expect("remembered");
        past.touches += 1;
        past.touched = Some(time.0);
        let (touches, most) = (past.touches, self.plan.max_touches);
        for line in self.lines.iter_mut().filter(|line| line.id == id) {
            line.frozen = false;
            line.touches = touches;
            line.live = line.live && touches < most;
        }
    }
}
