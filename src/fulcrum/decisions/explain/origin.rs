//! What built the level: its window, the node or line it is made of, its score part by part.

use model::{
    AvwapInsight, Instrument, Kind, LevelDecision, LevelFlags, LevelLine, Line, NakedInsight,
    NodeLine, NodesInsight, Price, ProfileInsight, ShapeInsight, SignalLine, TermsLine, Trust,
    missing,
};
use strategy::levels::Kinds;
use strategy::terms::LevelKind;

use super::super::{levels, words};
use super::chain::{Scene, turns};
use super::{Step, Story};
use crate::analyze::show::{CONFLUENCE, Kept};
use crate::when::Utc;

/// Whether the level's window is a session that is over.
pub(super) fn is_completed(story: &Story) -> bool {
    story
        .level
        .as_ref()
        .is_some_and(|kept| kept.insight.view::<LevelDecision>().flags.has(LevelFlags::COMPLETED))
}

pub(super) fn steps(scene: &Scene<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = born(scene).into_iter().collect();
    steps.extend(made_of(scene));
    steps.extend(shape(scene));
    steps.extend(score(scene));
    steps
}

fn born(scene: &Scene<'_>) -> Option<Step> {
    let kept = scene.story.born.as_ref()?;
    let of: &LevelDecision = kept.insight.view();
    let line: &LevelLine = kept.body.first().map(Line::view)?;
    let score = kept.body.get(1).map_or(0.0, |line| line.view::<TermsLine>().score);
    let text = format!(
        "Level {} was first published: {} of {} at {}, score {score:.3}.",
        model::in_run(of.level),
        words::what(of.what),
        words::window(of.window, of.flags.has(LevelFlags::COMPLETED)),
        scene.on.price(of.price)
    );
    let mut step = Step::of(kept, "level", text);
    step.time = line.time_born;
    Some(step)
}

/// The figure of the level's own window, of one kind; `over` of a session that was.
fn source(story: &Story, kind: Kind, over: u64) -> Option<&Kept> {
    let found = story
        .sources
        .iter()
        .find(|(apart, kept)| *apart == over && kept.insight.kind() == Some(kind));
    found.map(|(_, kept)| kept)
}

fn made_of(scene: &Scene<'_>) -> Option<Step> {
    let story = scene.story;
    let over = u64::from(is_completed(story));
    let (kept, text) = match LevelKind::from_code(scene.head.what)? {
        LevelKind::Lvn | LevelKind::Hvn | LevelKind::Cliff => {
            let kept = source(story, Kind::NodesInsight, over)?;
            (kept, node(scene, kept)?)
        }
        LevelKind::Vah | LevelKind::Val | LevelKind::Poc => {
            let kept = source(story, Kind::ProfileInsight, over)?;
            (kept, area(scene, kept.insight.view())?)
        }
        LevelKind::NakedPoc => {
            // Of several the one whose bin holds the level.
            let near = |kept: &&Kept| {
                let poc = kept.insight.view::<NakedInsight>().poc;
                (poc.0 - scene.line.price.0).abs()
            };
            let naked = story.sources.iter().map(|(_, kept)| kept);
            let naked = naked.filter(|kept| kept.insight.kind() == Some(Kind::NakedInsight));
            let kept = naked.min_by_key(near)?;
            (kept, naked_poc(scene.on, kept.insight.view()))
        }
        LevelKind::Avwap | LevelKind::AvwapBand => {
            let kept = source(story, Kind::AvwapInsight, 0)?;
            (kept, average(scene.on, kept.insight.view()))
        }
    };
    let text = text + distrust(kept.insight.trust);
    Some(Step::of(kept, "made_of", text))
}

/// What is to be held against a figure.
const fn distrust(trust: Trust) -> &'static str {
    if trust.has(Trust::CONTAMINATED) {
        " Some trades of it are missing or late."
    } else if trust.has(Trust::UNCOVERED) {
        " The input began within that time."
    } else {
        ""
    }
}

fn window(scene: &Scene<'_>) -> &'static str {
    words::window(scene.head.window, is_completed(scene.story))
}

fn volume(on: &Instrument, kept: &Kept) -> String {
    on.lots(kept.insight.view::<NodesInsight>().volume).to_string()
}

/// The node that the level is: the one of its kind that shares its edges, else the nearest.
fn node(scene: &Scene<'_>, kept: &Kept) -> Option<String> {
    let (on, line) = (scene.on, scene.line);
    let wanted = LevelKind::from_code(scene.head.what)?.word();
    let nodes = kept.body.iter().map(Line::view::<NodeLine>);
    let near = |node: &NodeLine| {
        let edges = (node.low - line.node_low).0.abs() + (node.high - line.node_high).0.abs();
        (edges, (node.level - line.price).0.abs())
    };
    let node = nodes.filter(|node| node.text() == wanted).min_by_key(|node| near(node))?;
    let head: &NodesInsight = kept.insight.view();
    // Smoothed lots of its bin are kept times 60.
    #[expect(clippy::cast_precision_loss, reason = "a share for the eye")]
    let share = 100.0 * node.smooth as f64 / 60.0 / (head.volume.0.max(1) as f64);
    Some(format!(
        "Made of the {} traded in {} up to {}, in {} bins of {}: at {} a bin holds {share:.3} % of \
         it (smoothed); the {} from {} to {} has a prominence of {:.3} of the point of control.",
        volume(on, kept),
        window(scene),
        Utc(head.time_row),
        head.bins,
        on.price(Price(head.bin_ticks)),
        on.price(node.level),
        words::what(scene.head.what),
        on.price(node.low),
        on.price(node.high),
        node.share
    ))
}

fn area(scene: &Scene<'_>, of: &ProfileInsight) -> Option<String> {
    if of.trust.has(Trust::MISSING) {
        return None;
    }
    let on = scene.on;
    let [poc, val, vah] = [of.poc, of.val, of.vah].map(|at| on.price(at));
    Some(format!(
        "Made of the {} traded in {} up to {}: point of control {poc}, value area {val} – {vah}.",
        on.lots(of.volume),
        window(scene),
        Utc(of.time_venue)
    ))
}

fn naked_poc(on: &Instrument, of: &NakedInsight) -> String {
    format!(
        "Made of the trades from {} to {}: most were at {}, and price has not been there since.",
        Utc(of.time_open),
        Utc(of.time_end),
        on.price(of.poc)
    )
}

fn average(on: &Instrument, of: &AvwapInsight) -> String {
    let sigma = crate::analyze::show::units(of.sigma, on.tick).unwrap_or(0.0);
    format!(
        "Made of all trades since {}: their mean price by volume is {}, σ {sigma:.2}.",
        Utc(of.time_anchor),
        on.price(of.avwap)
    )
}

fn shape(scene: &Scene<'_>) -> Option<Step> {
    let over = u64::from(is_completed(scene.story));
    let kept = source(scene.story, Kind::ShapeInsight, over)?;
    let of: &ShapeInsight = kept.insight.view();
    let class = Some(ShapeInsight::text(of.class)).filter(|class| !class.is_empty())?;
    let bias = missing::ratio(of.bias).unwrap_or(0.0);
    let text = format!("The profile of {} is a {class}, bias {bias:+.2}.", window(scene));
    Some(Step::of(kept, "shape", text))
}

/// The score that the level had when the signal began.
fn score(scene: &Scene<'_>) -> Option<Step> {
    let first = turns(scene.story).next()?;
    let line: &SignalLine = first.body.first().map(Line::view)?;
    let terms: &TermsLine = first.body.get(1).map(Line::view)?;
    let level = scene.story.level.as_ref();
    let more = level.and_then(|kept| kept.body.first()).map(Line::view::<LevelLine>);
    let near = more.map_or_else(String::new, |more| {
        let near = CONFLUENCE.iter().filter(|(kind, _)| Kinds(more.confluence).has(*kind));
        words::list(near.map(|(_, word)| *word))
    });
    let near = if near.is_empty() { near } else { format!(" ({near})") };
    let TermsLine { score, lvn, confluence, naked, shape, distance, age, avwap } = terms;
    let mut text = format!(
        "As it stood then (version {}): score {score:.3} = low volume {lvn:.3} + confluence \
         {confluence:.3}{near} + naked {naked:.3} + shape {shape:.3} + distance {distance:.3} + \
         age {age:.3} + anchored VWAP {avwap:.3}",
        line.version
    );
    if let Some(more) = more {
        text += &format!(", times {:.3} for its touches ({})", more.decay, more.touches);
    }
    text += ".";
    if let Some(absorbed) = level.and_then(|kept| levels::absorbed(scene.on, kept)) {
        text += &format!(" It absorbed: {absorbed}.");
    }
    Some(Step::new(first.insight.time_venue, "score", text))
}
