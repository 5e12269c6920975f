//! The steps of one signal as sentences, from the trades that built its level to the result.

use model::{
    AnswerDecision, CloseDecision, FeaturesLine, FeaturesMoreLine, Fine, Instrument,
    IntentDecision, Kind, Line, Lots, MILLISECOND, Nanos, RefusalDecision, SignalDecision,
    SignalLine, missing,
};
use strategy::Plan;
use strategy::exits::{Role, Why};
use strategy::hypotheses::{Inputs, Reasons, State};

use super::super::{tell, words};
use super::{ARMED, FACT, LATER, ORIGIN, Step, Story, TOUCH, WATCHED, facts, money, origin};
use crate::analyze::show::{Kept, fine, units};
use crate::when::Utc;

/// Of one signal what every sentence needs.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) on: &'a Instrument,
    pub(super) story: &'a Story,
    pub(super) plan: &'a Plan,
    /// Its last step with a body.
    pub(super) head: &'a SignalDecision,
    pub(super) line: &'a SignalLine,
}

/// The steps of a signal in a story.
pub(super) fn turns(story: &Story) -> impl DoubleEndedIterator<Item = &Kept> {
    story.said.iter().filter(|kept| kept.insight.kind() == Some(Kind::SignalDecision))
}

/// What the signal is and came to, and its steps in the order of time.
pub(crate) fn chain(on: &Instrument, story: &Story, plan: &Plan) -> (String, Vec<Step>) {
    let with_body = turns(story).rfind(|kept| !kept.body.is_empty());
    let Some(last) = with_body else { return ("its records have no body".into(), Vec::new()) };
    let (head, line) = (last.insight.view(), last.body[0].view());
    let scene = Scene { on, story, plan, head, line };
    let ranked = |steps: Vec<Step>, rank| steps.into_iter().map(move |step| step.ranked(rank));
    let mut steps: Vec<Step> = ranked(origin::steps(&scene), ORIGIN).collect();
    steps.extend(touch(&scene).map(|step| step.ranked(TOUCH)));
    steps.extend(ranked(facts::steps(&scene), FACT));
    steps.extend(decisions(&scene));
    steps.sort_by_key(|step| (step.time, step.rank));
    (title(&scene), steps)
}

fn title(scene: &Scene<'_>) -> String {
    let (head, line, on) = (scene.head, scene.line, scene.on);
    let completed = origin::is_completed(scene.story);
    let mut text = format!(
        "{} {} at {}, {} of {}; {}.",
        words::side(head.side),
        on.symbol.text(),
        on.price(line.price),
        words::what(head.what),
        words::window(head.window, completed),
        words::expectation(head.hypothesis)
    );
    // Rest after the end says nothing about the end.
    let mut ends = turns(scene.story).map(|kept| kept.insight.view::<SignalDecision>());
    if let Some(end) = ends.rfind(|of| !Reasons(of.reasons).has(Reasons::COOLED)) {
        let state = State::from_code(end.to).map_or("?", State::word).replace('_', " ");
        let reasons = words::list(Reasons(end.reasons).words());
        text += &format!(" It came to: {state} ({reasons}).");
    }
    let closed = scene.story.said.iter();
    let closed = closed.filter(|kept| kept.insight.kind() == Some(Kind::CloseDecision));
    let results = closed.map(|kept| kept.insight.view::<CloseDecision>().result.0);
    if let Some(result) = results.reduce(i64::saturating_add) {
        text += &format!(" Result {} after fees.", fine(Fine(result)));
    }
    text
}

/// When price was first there.
fn touch(scene: &Scene<'_>) -> Option<Step> {
    let line = scene.line;
    let time = Some(line.time_touch).filter(|&time| time != Nanos::NONE)?;
    let rule = &scene.plan.hypotheses;
    let until = time.after(Nanos(rule.confirm_ms.saturating_mul(MILLISECOND.0)));
    let zone = format!("{} – {}", scene.on.price(line.zone_low), scene.on.price(line.zone_high));
    let text = format!(
        "Price touched the zone {zone}. Two confirmations of different kinds had until {}.",
        Utc(until)
    );
    Some(Step::new(time, "touch", text))
}

fn decisions(scene: &Scene<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut known = None;
    let mut is_sized = false;
    let mut moves = Moves::default();
    for kept in &scene.story.said {
        let Some(kind) = kept.insight.kind() else { continue };
        if moves.is_echo(kept) {
            continue;
        }
        if !is_move(kept) {
            steps.extend(moves.end(scene.on));
        } else if moves.take(kept) {
            continue;
        }
        let rank = rank(kept);
        if kind == Kind::SignalDecision {
            known = Some(kept);
        }
        let is_entry = Role::from_code(role(kept)) == Some(Role::Entry);
        if is_entry && !is_sized {
            is_sized = true;
            steps.extend(money::steps(scene, kept, known));
        }
        if let Some(text) = tell::sentence(scene.on, kept) {
            steps.push(Step::of(kept, kind.text(), text).ranked(rank));
        }
        if kind == Kind::SignalDecision {
            let beside = snapshot(scene.on, kept).into_iter().chain(absent(kept));
            steps.extend(beside.map(|step| step.ranked(rank)));
        }
    }
    steps.extend(moves.end(scene.on));
    steps
}

/// What a step in the signal's life goes before, of all that was known at its time.
fn rank(kept: &Kept) -> u8 {
    if kept.insight.kind() != Some(Kind::SignalDecision) {
        return LATER;
    }
    match State::from_code(kept.insight.view::<SignalDecision>().to) {
        Some(State::Monitored | State::Resting) => WATCHED,
        Some(State::Armed) => ARMED,
        _ => LATER,
    }
}

/// Whether the trail moved the stop.
fn is_move(kept: &Kept) -> bool {
    kept.insight.kind() == Some(Kind::IntentDecision)
        && Why::from_code(kept.insight.view::<IntentDecision>().why) == Some(Why::Trail)
}

/// Moves of the stop that follow one another: the first is told, then how many more there were.
#[derive(Default)]
struct Moves<'a> {
    last: Option<&'a Kept>,
    count: u32,
}

impl<'a> Moves<'a> {
    /// Whether it only says that a move's new stop stands or that its old one is gone.
    fn is_echo(&self, kept: &Kept) -> bool {
        let is_answer = self.count > 0 && kept.insight.kind() == Some(Kind::AnswerDecision);
        is_answer && {
            let of: &AnswerDecision = kept.insight.view();
            matches!(of.answer, 1 | 3) && Role::from_code(of.role) == Some(Role::Stop)
        }
    }

    /// Whether this is not the first, and so is told when the row of them ends.
    fn take(&mut self, kept: &'a Kept) -> bool {
        self.count += 1;
        self.last = Some(kept);
        self.count > 1
    }

    fn end(&mut self, on: &Instrument) -> Option<Step> {
        let (last, count) = (self.last.take(), std::mem::take(&mut self.count));
        let kept = last.filter(|_| count > 1)?;
        let to = on.price(kept.insight.view::<IntentDecision>().price);
        let text =
            format!("The stop followed the trail {} times more, at last to {to}.", count - 1);
        Some(Step::of(kept, "trail", text))
    }
}

fn role(kept: &Kept) -> u8 {
    match kept.insight.kind() {
        Some(Kind::IntentDecision) => kept.insight.view::<IntentDecision>().role,
        Some(Kind::RefusalDecision) => kept.insight.view::<RefusalDecision>().role,
        _ => 0,
    }
}

/// What was known when price came near and when it armed.
fn snapshot(on: &Instrument, kept: &Kept) -> Option<Step> {
    let head: &SignalDecision = kept.insight.view();
    let to = State::from_code(head.to)?;
    if !matches!(to, State::Monitored | State::Armed | State::Resting) {
        return None;
    }
    let known: &FeaturesLine = kept.body.get(2).map(Line::view)?;
    let more: &FeaturesMoreLine = kept.body.get(3).map(Line::view)?;
    let mut parts = Vec::new();
    let mut say = |name: &str, value: Option<String>| {
        parts.push(format!("{name} {}", value.as_deref().unwrap_or("missing")));
    };
    let round =
        |value: f64, places: usize| missing::ratio(value).map(|value| format!("{value:.places$}"));
    let lots = |lots: Lots| missing::whole(lots.0).map(|lots| on.lots(Lots(lots)).to_string());
    let percent = |value: f64| missing::ratio(value).map(|value| format!("{:.1} %", 100.0 * value));
    say("bid", tell::price(on, known.bid));
    say("ask", tell::price(on, known.ask));
    say("last", tell::price(on, known.last));
    say("OBI z", round(known.obi_z, 2));
    say("CVD over 5 min", lots(known.cvd_change));
    say("open interest over 5 min", lots(known.interest_change));
    say("RSI", round(more.rsi, 1));
    say("ATR", units(more.atr, on.tick).map(|atr| format!("{atr:.2}")));
    say("volatility 5 min", percent(known.volatility_short));
    say("24 h", percent(known.volatility_long));
    say("funding", missing::ratio(more.funding).map(|rate| format!("{:.4} %", 100.0 * rate)));
    let text = format!("Known then: {}.", parts.join(", "));
    Some(Step::new(kept.insight.time_venue, "features", text))
}

/// The inputs that the source never brought, said where it mattered.
fn absent(kept: &Kept) -> Option<Step> {
    let head: &SignalDecision = kept.insight.view();
    let mattered = matches!(
        State::from_code(head.to),
        Some(State::Armed | State::Cancelled | State::FilledUnconfirmed)
    );
    let line: &SignalLine = kept.body.first().filter(|_| mattered).map(Line::view)?;
    let inputs = Inputs(line.abstaining);
    if inputs.is_empty() {
        return None;
    }
    let text = format!("Inputs that never came and so abstain: {}.", words::list(inputs.words()));
    Some(Step::new(kept.insight.time_venue, "missing_inputs", text))
}
