//! Readings as records.

use model::{
    Accords, ClusterCounts, ClusterLine, EffortLine, Interval, Kind, Labels, Lots, MomentumLine,
    Sink, Trust, UrgencyLine, WallsLine, missing,
};

use super::clusters::{CLUSTERS_MAX, Cluster};
use super::frame::Timeframe;
use super::fusion::{Timeframes, Vote};
use super::reading::Reading;
use crate::figures::Voice;

/// Lines of one reading: the bar with three lines, the clusters with one and one each, and the
/// timeframes beside each other.
pub(super) const READING_LINES: usize = 4 + 2 + CLUSTERS_MAX + 1;

fn ratio(value: Option<f64>) -> f64 {
    value.unwrap_or(missing::RATIO)
}

/// 1 down, 2 none, 3 up.
#[expect(clippy::cast_sign_loss, reason = "−1, 0 or 1")]
const fn direction(of: i8) -> u8 {
    (of + 2) as u8
}

/// 1 it holds, 2 it does not; 0 is missing.
fn answer(of: Option<bool>) -> u8 {
    match of {
        Some(true) => 1,
        Some(false) => 2,
        None => 0,
    }
}

fn trust(reading: &Reading) -> Trust {
    let mut trust = Trust::SOUND;
    if reading.contaminated {
        trust = trust.with(Trust::CONTAMINATED);
    }
    if reading.uncovered {
        trust = trust.with(Trust::UNCOVERED);
    }
    trust
}

/// Says what a bar says.
pub(super) fn participation<S: Sink>(voice: &mut Voice<'_, S>, of: Interval, reading: &Reading) {
    let Reading { bar, figures, inputs, .. } = reading;
    let labels = Labels {
        lacks: reading.lacks,
        state: figures.momentum.state.map_or(0, |state| state as u8),
        urgency: figures.class.map_or(0, |class| class as u8),
        x_factor: answer(figures.x_factor),
        tired: figures.exhaustion.map_or(0, |tired| tired.count + 1),
        signal: reading.label.map_or(0, |label| label as u8),
        flow: direction(figures.flow),
    };
    let effort = EffortLine {
        efficiency: ratio(figures.efficiency),
        wick: ratio(figures.wick),
        flow_quality: ratio(figures.quality),
        amplifier: ratio(figures.amplifier),
        raw: ratio(figures.raw),
        inst_proxy: ratio(figures.inst_proxy),
        accumulation: ratio(figures.accumulation),
        expansion: ratio(figures.expansion),
    };
    let momentum = MomentumLine {
        atr: ratio(inputs.atr),
        slope: ratio(figures.momentum.slope),
        accel: ratio(figures.momentum.accel),
        context: ratio(figures.momentum.context),
        agreement: ratio(figures.agreement),
        validated: ratio(figures.validated),
        exhaustion: ratio(figures.exhaustion.map(|tired| tired.value)),
        lambda: ratio(inputs.lambda),
    };
    let urgency = UrgencyLine {
        strength: ratio(figures.strength),
        intensity: ratio(figures.intensity),
        pressure: ratio(figures.pressure),
        direction: ratio(figures.direction),
        urgency: ratio(figures.urgency),
        confidence: ratio(reading.confidence),
        size: ratio(reading.size),
        trail: ratio(reading.trail),
    };
    let body = [model::Line::of(effort), model::Line::of(momentum), model::Line::of(urgency)];
    let sums = [bar.close.0, bar.volume.0, bar.delta.0].map(i64::cast_unsigned);
    let values = [bar.time.0, sums[0], sums[1], sums[2], bytemuck::must_cast(labels)];
    voice.tell(Kind::ParticipationInsight, of as u8, trust(reading), values, &body);
}

fn line(cluster: &Cluster) -> model::Line {
    model::Line::of(ClusterLine {
        low: cluster.low,
        lots: Lots(cluster.lots),
        z: cluster.z,
        bias: cluster.bias,
        book: cluster.book,
        distance: ratio(cluster.distance),
        difficulty: ratio(cluster.difficulty),
        score: ratio(cluster.score),
    })
}

/// Says which rows stand out.
pub(super) fn clusters<S: Sink>(voice: &mut Voice<'_, S>, frame: &Timeframe, reading: &Reading) {
    let Reading { bar, structure, ground, moments, .. } = reading;
    let found = frame.found();
    let walls = WallsLine {
        support: ratio(structure.support),
        resistance: ratio(structure.resistance),
        structural_bias: ratio(structure.bias),
        runway_up: ratio(structure.runway_up),
        runway_down: ratio(structure.runway_down),
        combined: ratio(structure.combined),
        interest: ratio(ground.interest),
        effort: ratio(ground.effort),
    };
    let mut body = [model::Line::ZERO; 1 + CLUSTERS_MAX];
    body[0] = model::Line::of(walls);
    for (line_of, cluster) in body[1..].iter_mut().zip(found.kept()) {
        *line_of = line(cluster);
    }
    let short = |count: i64| u16::try_from(count).unwrap_or(u16::MAX);
    let counts = ClusterCounts {
        bars: u16::try_from(frame.held()).unwrap_or(u16::MAX),
        rows: short(moments.rows),
        found: short(i64::from(found.all)),
        lacks: reading.lacks,
    };
    let whole = [bar.close.0, reading.bin_ticks, moments.sum].map(i64::cast_unsigned);
    let values = [bar.time.0, whole[0], whole[1], whole[2], bytemuck::must_cast(counts)];
    let mut trust = trust(reading);
    if structure.support.is_none() && found.kept().is_empty() {
        trust = trust.with(Trust::MISSING);
    }
    let body = &body[..=found.kept().len()];
    voice.tell(Kind::ClustersInsight, frame.interval() as u8, trust, values, body);
}

/// Says how the three timeframes stand beside each other.
pub(super) fn timeframes<S: Sink>(
    voice: &mut Voice<'_, S>,
    of: Interval,
    reading: &Reading,
    votes: &[Option<Vote>; 3],
    trust_of_all: Trust,
) {
    let [five, fifteen, thirty] =
        votes.map(|vote| vote.map_or(0, |vote| direction(vote.direction)));
    let both = match votes {
        [Some(a), Some(b), Some(c)] => Some(Timeframes::of([*a, *b, *c])),
        _ => None,
    };
    let accords = Accords {
        direction: both.map_or(0, |all| direction(all.direction)),
        accord: both.map_or(0, |all| all.accord as u8),
        exhausted: both.map_or(0, |all| answer(all.exhausted)),
        five,
        fifteen,
        thirty,
        reserved: [0; 2],
    };
    let confidence = ratio(both.and_then(|all| all.confidence));
    let size = ratio(both.map(Timeframes::size_factor));
    let values =
        [reading.bar.time.0, bytemuck::must_cast(accords), confidence.to_bits(), size.to_bits(), 0];
    let missing = if both.is_none() { Trust::MISSING } else { Trust::SOUND };
    voice.tell::<model::Line>(
        Kind::TimeframesInsight,
        of as u8,
        trust_of_all.with(missing),
        values,
        &[],
    );
}

/// How far a reading is to be trusted.
pub(super) fn trust_of(reading: &Reading) -> Trust {
    trust(reading)
}
