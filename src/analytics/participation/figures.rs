//! Every figure of one closed bar, from itself, its inputs and the bars before it.

use super::bars::Closed;
use super::effort::{Body, Expansion, Flows, amplifier, flow_quality, scaled, sign, sign_of};
use super::momentum::{Exhaustion, Momentum, State, Tiring, agreement, thins, validated};
use super::reading::Inputs;
use super::urgency::{Parts, Pressure, of_one_and_a_half, x_factor};

/// Bars of mean volume below which it is missing: half of them (spec § 0).
const MEAN_BARS_MIN: i64 = super::bars::MEAN_BARS.cast_signed() / 2;

/// What earlier bars left; `None` is missing.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Before {
    /// c − c₋₃ in ticks.
    pub moved: Option<i64>,
    /// Volume of the bar before.
    pub volume: Option<i64>,
    /// Slope of the bar before.
    pub slope: Option<f64>,
    /// Context of the bar before.
    pub context: Option<f64>,
    /// Lots of the twenty bars before, and how many of them there were.
    pub mean: (i64, i64),
    /// 95th percentile of raw over the day before.
    pub raw_p95: Option<f64>,
    /// Likewise of flow quality × amplifier.
    pub amplified_p95: Option<f64>,
    /// Slopes are a third.
    pub per_bar: bool,
}

/// The figures; `None` is missing.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Figures {
    /// 1 − |c − o|/range.
    pub wick: Option<f64>,
    /// |c − o|/range × (1 − ½·wick).
    pub efficiency: Option<f64>,
    /// See [`flow_quality`].
    pub quality: Option<f64>,
    /// See [`amplifier`].
    pub amplifier: Option<f64>,
    /// Flow quality × amplifier.
    pub amplified: Option<f64>,
    /// Efficiency × flow quality × amplifier.
    pub raw: Option<f64>,
    /// min(1, 0.6·raw/P95₂₄ₕ(raw)).
    pub inst_proxy: Option<f64>,
    /// min(1, 0.6·amplified/P95₂₄ₕ(amplified)).
    pub accumulation: Option<f64>,
    /// Slope, acceleration, context, state.
    pub momentum: Momentum,
    /// The majority sign of delta, OFI and OBI.
    pub flow: i8,
    /// 1.0 when flow and slope agree, else 0.3.
    pub agreement: Option<f64>,
    /// Context × (0.6 + 0.4·agreement): vm.
    pub validated: Option<f64>,
    /// How tired.
    pub exhaustion: Option<Exhaustion>,
    /// min(volume/SMA₂₀, 3)/3.
    pub expansion: Option<f64>,
    /// min(|slope|/1.5, 1).
    pub strength: Option<f64>,
    /// Trades a second over their 95th percentile, at most 1.
    pub intensity: Option<f64>,
    /// Percentile of |OFI|.
    pub pressure: Option<f64>,
    /// Majority share among delta, OFI, OBI and slope.
    pub direction: Option<f64>,
    /// Urgency in [0, 1].
    pub urgency: Option<f64>,
    /// Its class.
    pub class: Option<Pressure>,
    /// At least four of five conditions.
    pub x_factor: Option<bool>,
}

impl Figures {
    /// Of a closed bar.
    #[must_use]
    pub fn of(bar: &Closed, inputs: &Inputs, before: &Before) -> Self {
        let mut figures = Self::default();
        let body = Body::of(bar);
        let flows = Flows { delta: bar.delta.0, ofi: inputs.ofi, obi: inputs.obi };
        let (sum, count) = before.mean;
        let volume = Expansion { volume: bar.volume.0, sum, count: count.max(1) };
        let volume = (count >= MEAN_BARS_MIN).then_some(volume);
        figures.effort(bar, inputs, body, flows, volume.and_then(Expansion::ratio));
        figures.inst_proxy = figures.raw.and_then(|raw| scaled(raw, before.raw_p95));
        figures.accumulation =
            figures.amplified.and_then(|amplified| scaled(amplified, before.amplified_p95));
        figures.move_of(bar, inputs, before, body, flows);
        figures.urge(inputs, flows, volume.and_then(Expansion::is_expanded), body);
        figures
    }

    fn effort(
        &mut self,
        bar: &Closed,
        inputs: &Inputs,
        body: Body,
        flows: Flows,
        ratio: Option<f64>,
    ) {
        self.wick = body.wick();
        self.efficiency = body.efficiency();
        #[expect(clippy::cast_precision_loss, reason = "float begins where a ratio does")]
        let effort = (bar.volume.0 > 0).then(|| bar.delta.0.abs() as f64 / bar.volume.0 as f64);
        let alignment = flows.alignment(sign((bar.close - bar.open).0));
        self.quality = flow_quality(alignment, effort, [inputs.ofi_percentile, inputs.obi]);
        self.expansion = ratio.map(|ratio| ratio / 3.0);
        self.amplifier = ratio.map(|ratio| amplifier(ratio, inputs.lambda_percentile));
        self.amplified = self.quality.zip(self.amplifier).map(|(quality, by)| quality * by);
        self.raw = self.efficiency.zip(self.amplified).map(|(efficiency, by)| efficiency * by);
    }

    fn move_of(
        &mut self,
        bar: &Closed,
        inputs: &Inputs,
        before: &Before,
        body: Body,
        flows: Flows,
    ) {
        self.momentum = Momentum::of(before.moved, inputs.atr, before.slope, before.per_bar);
        let Momentum { slope, context, state, .. } = self.momentum;
        self.flow = flows.direction();
        self.agreement = slope.map(|slope| agreement(self.flow, sign_of(slope)));
        self.validated =
            context.zip(self.agreement).map(|(context, agreement)| validated(context, agreement));
        let tiring = Tiring {
            fades: context.zip(before.context).map(|(context, before)| context < 0.8 * before),
            thins: before.volume.map(|before| thins(bar.volume.0, before)),
            wicks: body.is_wicked(),
            slows: state.map(|state| state == State::Decelerating),
        };
        self.exhaustion = slope.and_then(|slope| Exhaustion::of(tiring, slope));
    }

    fn urge(&mut self, inputs: &Inputs, flows: Flows, expanded: Option<bool>, body: Body) {
        let Momentum { slope, state, .. } = self.momentum;
        self.strength = slope.map(|slope| of_one_and_a_half(slope.abs()));
        self.intensity = inputs.pace.map(|pace| pace.min(1.0));
        self.pressure = inputs.ofi_percentile;
        self.direction = slope.map(|slope| flows.agreement(sign_of(slope)));
        let parts = Parts {
            expansion: self.expansion,
            strength: self.strength,
            intensity: self.intensity,
            quality: self.quality,
            momentum: self.validated.map(of_one_and_a_half),
        };
        self.urgency = parts.urgency();
        self.class = self.urgency.map(Pressure::of);
        self.x_factor = x_factor([
            expanded,
            body.is_efficient(),
            self.pressure.map(|pressure| pressure >= 0.6),
            self.direction.map(|share| share >= 0.75),
            slope.zip(state).map(|(slope, is)| is == State::Accelerating && slope.abs() > 0.5),
        ]);
    }
}
