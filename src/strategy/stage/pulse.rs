//! What the signals are told beside prices: figures as they stand, facts as they become known, and
//! inputs that break.

use model::{
    AtrInsight, Body, CvdInsight, DivergenceInsight, DivergenceLine, FootprintFacts,
    FootprintInsight, FundingInsight, Indicator, Insight, InterestInsight, Interval, Kind, Lots,
    Nanos, ObiInsight, OscillatorInsight, Price, SECOND, Side, SwingFlags, SwingInsight, SwingLine,
    Trust, VolatilityInsight, missing,
};

use crate::exits::Funding;
use crate::hypotheses::{AbsorptionFact, DivergenceFact, ExtremeFact, Fact, Figures};

/// ΔCVD is over this span.
const CVD_SPAN: Nanos = Nanos(300 * SECOND.0);
/// Seconds of CVD that are kept: the span, its far end and the open second.
const CVD_SECONDS: usize = 304;
/// Facts that wait for the end of the event that caused them: 5 indicators × 2 intervals × 2 sides,
/// and extremes and absorptions of as many bars as a silence can close at once.
const FACTS_MAX: usize = 64;
/// Indices into [`Interval::ALL`].
const MINUTE_1: u8 = 1;
const HOUR_4: u8 = 7;
const _: () = {
    assert!(matches!(Interval::ALL[MINUTE_1 as usize], Interval::Minute1));
    assert!(matches!(Interval::ALL[HOUR_4 as usize], Interval::Hour4));
};

/// What a figure rests on that makes it none.
const UNSOUND: Trust = Trust(Trust::CONTAMINATED.0 | Trust::SUPPRESSED.0 | Trust::MISSING.0);

/// An input that came, broke or came back, as an insight tells of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum News {
    /// Open interest was polled.
    Interest(bool),
    /// Funding is known.
    Funding,
    /// CVD became unstable, or stable again.
    Cvd(bool),
}

/// CVD at the end of each of the last seconds.
#[derive(Clone, Debug)]
struct Delta {
    /// Second and value, the oldest first from `next`.
    kept: Vec<(u64, Lots)>,
    next: usize,
    /// The open second and its value so far.
    open: Option<(u64, Lots)>,
}

impl Delta {
    fn new() -> Self {
        Self { kept: Vec::with_capacity(CVD_SECONDS), next: 0, open: None }
    }

    fn clear(&mut self) {
        self.kept.clear();
        (self.next, self.open) = (0, None);
    }

    fn take(&mut self, time: Nanos, value: Lots) {
        let second = time.0 / SECOND.0;
        if let Some(open) = self.open
            && open.0 < second
        {
            if self.kept.len() < CVD_SECONDS {
                self.kept.push(open);
            } else {
                self.kept[self.next] = open;
            }
            self.next = (self.next + 1) % CVD_SECONDS;
        }
        self.open = Some((second, value));
    }

    /// The value now less the last one at or before the end of the second that lies the span
    /// back; `None` while no second that old is known.
    fn change(&self, now: Nanos) -> Option<Lots> {
        let (_, value) = self.open?;
        let end = (now.0 / SECOND.0).checked_sub(CVD_SPAN.0 / SECOND.0)?;
        // Seconds ascend from the oldest; in each half of the ring they do.
        let (newer, older) = self.kept.split_at(self.next.min(self.kept.len()));
        let before = |half: &[(u64, Lots)]| {
            let at = half.partition_point(|(second, _)| *second < end);
            at.checked_sub(1).map(|at| half[at].1)
        };
        before(newer).or_else(|| before(older)).map(|then| value - then)
    }
}

/// Everything of stage 3 that confirms, sizes or warns.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    /// As the signals read them.
    pub figures: Figures,
    /// ATR on 4 h bars in ticks; NaN: missing.
    pub atr_4h: f64,
    /// Funding as sizes need it.
    pub funding: Option<Funding>,
    /// Facts of the event under way, in their order.
    pub facts: Vec<Fact>,
    /// Inputs that came or broke by it.
    pub news: Vec<News>,
    delta: Delta,
    cvd_broken: bool,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self {
            figures: Figures::default(),
            atr_4h: f64::NAN,
            funding: None,
            facts: Vec::with_capacity(FACTS_MAX),
            news: Vec::with_capacity(FACTS_MAX),
            delta: Delta::new(),
            cvd_broken: false,
        }
    }

    /// Takes in what an insight says; kinds that are no concern of signals are passed over.
    pub(super) fn hear(&mut self, insight: &Insight, body: Body<'_>) {
        let Some(kind) = insight.kind() else { return };
        let sound = !insight.trust.has(UNSOUND);
        match kind {
            Kind::CvdInsight => self.cvd(insight.view()),
            Kind::ObiInsight => {
                let obi: &ObiInsight = insight.view();
                self.figures.obi_z = (sound && obi.flags & 1 == 1).then_some(obi.z);
            }
            Kind::VolatilityInsight => self.volatility(insight.view(), sound),
            Kind::AtrInsight => self.atr(insight.view(), sound),
            Kind::OscillatorInsight if insight.window == MINUTE_1 => {
                let oscillator: &OscillatorInsight = insight.view();
                self.figures.rsi = missing::ratio(oscillator.rsi).filter(|_| sound);
            }
            Kind::InterestInsight => self.interest(insight.view(), sound),
            Kind::FundingInsight => self.funding(insight.view(), sound),
            Kind::SwingInsight => self.swing(insight.view(), body),
            Kind::DivergenceInsight => self.divergence(insight.view(), body),
            Kind::FootprintInsight => self.footprint(insight.view()),
            _ => {}
        }
    }

    /// The event is over.
    pub(super) fn clear(&mut self) {
        self.facts.clear();
        self.news.clear();
    }

    fn fact(&mut self, fact: Fact) {
        // More than the table holds would be a fault of stage 3; the first ones count.
        if self.facts.len() < FACTS_MAX {
            self.facts.push(fact);
        }
    }

    fn tell(&mut self, news: News) {
        if self.news.len() < FACTS_MAX {
            self.news.push(news);
        }
    }

    fn cvd(&mut self, cvd: &CvdInsight) {
        let broken = cvd.trust.has(Trust::CONTAMINATED);
        if broken != self.cvd_broken {
            self.cvd_broken = broken;
            self.tell(News::Cvd(broken));
        }
        if broken {
            self.delta.clear();
            self.figures.cvd_change = None;
            return;
        }
        self.delta.take(cvd.time_venue, cvd.cvd);
        self.figures.cvd_change = self.delta.change(cvd.time_venue);
    }

    fn volatility(&mut self, volatility: &VolatilityInsight, sound: bool) {
        let value = missing::ratio(volatility.volatility).filter(|_| sound);
        match volatility.window {
            0 => self.figures.volatility_short = value,
            2 => self.figures.volatility_long = value,
            _ => {}
        }
    }

    fn atr(&mut self, atr: &AtrInsight, sound: bool) {
        let value = missing::ratio(atr.atr).filter(|_| sound);
        if atr.flags & 1 == 1 {
            self.figures.atr = value;
        }
        if atr.window == HOUR_4 {
            self.atr_4h = value.unwrap_or(f64::NAN);
        }
    }

    fn interest(&mut self, interest: &InterestInsight, sound: bool) {
        let change = missing::whole(interest.change.0).map(Lots);
        self.figures.interest_change = change.filter(|_| sound);
        self.tell(News::Interest(!interest.trust.has(Trust::MISSING)));
    }

    fn funding(&mut self, funding: &FundingInsight, sound: bool) {
        if !sound {
            return;
        }
        self.figures.funding = Some(ratio(funding.rate_8h));
        self.figures.time_funding = (funding.time_funding.0 > 0).then_some(funding.time_funding);
        self.funding = Some(Funding { rate: funding.rate, extreme: funding.extreme == 1 });
        self.tell(News::Funding);
    }

    fn swing(&mut self, swing: &SwingInsight, body: Body<'_>) {
        let Some(line) = body.view::<SwingLine>(0) else { return };
        let flags = SwingFlags(swing.flags);
        let void = flags.has(SwingFlags::OBI_VOID);
        self.fact(Fact::Extreme(ExtremeFact {
            side: side_of(flags),
            is_beyond: flags.has(SwingFlags::BEYOND),
            price: swing.price,
            time: swing.time,
            obi_z: missing::ratio(line.obi_z).filter(|_| !void),
            interest_change: missing::whole(line.interest_change.0).map(Lots),
            trust: swing.trust,
        }));
    }

    fn divergence(&mut self, divergence: &DivergenceInsight, body: Body<'_>) {
        let Some(line) = body.view::<DivergenceLine>(0) else { return };
        let Some(&indicator) = Indicator::ALL.get(usize::from(line.indicator)) else { return };
        let Some(interval) = Interval::ALL.get(usize::from(divergence.window)) else { return };
        self.fact(Fact::Divergence(DivergenceFact {
            side: side_of(SwingFlags(line.flags)),
            indicator,
            price: divergence.price_two,
            time: divergence.time_two,
            bar: interval.length(),
            trust: divergence.trust,
        }));
    }

    /// Absorption lies in the two outermost rows of the bar.
    fn footprint(&mut self, footprint: &FootprintInsight) {
        let FootprintInsight { low, row_ticks, rows, facts, trust, .. } = *footprint;
        let two = row_ticks.saturating_mul(i64::from(rows.min(2)));
        let top = low.0.saturating_add(row_ticks.saturating_mul(i64::from(rows)));
        let mut absorb = |side, low: i64| {
            let high = Price(low.saturating_add(two - 1));
            self.fact(Fact::Absorption(AbsorptionFact { side, low: Price(low), high, trust }));
        };
        if facts.has(FootprintFacts::ABSORPTION_BULLISH) {
            absorb(Side::Buy, low.0);
        }
        if facts.has(FootprintFacts::ABSORPTION_BEARISH) {
            absorb(Side::Sell, top - two);
        }
    }
}

/// What an extreme speaks for: a high for a short, a low for a long.
const fn side_of(flags: SwingFlags) -> Side {
    if flags.has(SwingFlags::HIGH) { Side::Sell } else { Side::Buy }
}

/// A rate of 10⁻⁸ as a share.
#[expect(clippy::cast_precision_loss, reason = "a rate is far below 2⁵³")]
fn ratio(rate: i64) -> f64 {
    rate as f64 / 1e8
}

#[cfg(test)]
mod tests {
    use model::{Lots, Nanos, SECOND};

    use super::{CVD_SECONDS, Delta};

    #[test]
    fn a_change_is_against_the_second_that_lies_the_span_back() {
        let mut delta = Delta::new();
        let at = |second: u64| Nanos(second * SECOND.0 + 5);
        delta.take(at(1_000), Lots(7));
        assert_eq!(delta.change(at(1_000)), None);
        delta.take(at(1_001), Lots(9));
        // The second 1 000 has ended 300 s before the second 1 301 begins, not before.
        delta.take(at(1_300), Lots(20));
        assert_eq!(delta.change(at(1_300)), None);
        delta.take(at(1_301), Lots(30));
        assert_eq!(delta.change(at(1_301)), Some(Lots(23)));
        delta.take(at(1_400), Lots(50));
        assert_eq!(delta.change(at(1_400)), Some(Lots(41)));
    }

    #[test]
    fn a_full_ring_knows_what_a_long_list_would() {
        let mut delta = Delta::new();
        for second in 1..3 * CVD_SECONDS as u64 {
            let value = |second: u64| Lots(i64::try_from(second * second).expect("small"));
            delta.take(Nanos(second * SECOND.0), value(second));
            let want = second.checked_sub(301).filter(|&then| then >= 1).map(value);
            let want = want.map(|then| value(second) - then);
            assert_eq!(delta.change(Nanos(second * SECOND.0)), want, "{second}");
        }
    }
}
