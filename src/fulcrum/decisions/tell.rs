//! One decision, one sentence: what `signals --all` and `explain` print.

use model::{
    AnswerDecision, CloseDecision, CloseLine, FillDecision, FillLine, Fine, Instrument,
    IntentDecision, Kind, LevelDecision, Line, Lots, OrderLine, Price, RefusalDecision,
    SignalDecision, StateDecision, in_run, missing,
};
use strategy::Refused;
use strategy::exits::{Action, Role, TargetKind, Why};
use strategy::hypotheses::{Causes, Confirmations, Inputs, Reasons, State};
use strategy::risk::{Cause, TradingState};

use super::words;
use crate::analyze::show::{Kept, causes, client, fine, low};

/// Why a level went on, as a sentence goes on after "because".
const REASONS: [(Reasons, &str); 23] = [
    (Reasons::NEAR, "price is near the zone"),
    (Reasons::TOUCHED, "price touched the zone"),
    (Reasons::CONFIRMED, "enough confirmations hold"),
    (Reasons::FAST, "they are weighed as in a fast market"),
    (Reasons::TIME, "the time ran out"),
    (Reasons::PIERCED, "price is behind the zone"),
    (Reasons::AWAY, "price went away on the near side"),
    (Reasons::UNTOUCHED, "it was watched for long and not touched"),
    (Reasons::AHEAD, "an order was laid ahead"),
    (Reasons::FILLED, "the order was filled"),
    (Reasons::TAKER, "the order would have taken, a second time"),
    (Reasons::REFUSED, "the order was refused"),
    (Reasons::GONE, "the order is gone"),
    (Reasons::CONTAMINATED, "the data is contaminated"),
    (Reasons::FROZEN, "profile levels are frozen after a flash move"),
    (Reasons::FUNDING, "funding is near"),
    (Reasons::COOLED, "price was outside for long enough"),
    (Reasons::FLAT, "the position is flat"),
    (Reasons::OBI, "OBI does not lean that way, or is missing"),
    (Reasons::CVD, "CVD does not run that way, or is missing"),
    (Reasons::INTEREST, "open interest does not rise, or is missing"),
    (Reasons::DISTANCE, "the level no longer lies within the distance"),
    (Reasons::CONDITIONS, "all its conditions hold"),
];

/// Where it stands now.
const fn state(state: State) -> &'static str {
    match state {
        State::Inactive => "Over",
        State::Monitored => "Watched",
        State::Armed => "Armed",
        State::Filled => "In position",
        State::Cancelled => "Cancelled",
        State::Resting => "An order rests ahead",
        State::FilledUnconfirmed => "In position, not yet confirmed",
        State::Closed => "Given back",
    }
}

const fn why(why: Why) -> &'static str {
    match why {
        Why::Signal => "the signal asks for it",
        Why::Protect => "the position must be protected",
        Why::Trail => "the trail moved",
        Why::Target => "the target's half is to be taken",
        Why::HoldLimit => "it was held for the longest time allowed",
        Why::Funding => "funding is near",
        Why::Unconfirmed => "it stayed unconfirmed or was cancelled",
        Why::StopFailed => "the stop cannot stand",
        Why::Operator => "a person asked",
    }
}

/// Which rule set a target.
pub(super) const fn target(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Hvn => "the nearest high-volume node far enough away",
        TargetKind::Poc => "the nearest point of control far enough away",
        TargetKind::Centre => "the middle of the node",
        TargetKind::Multiple => "a multiple of the risk, for no node is far enough away",
    }
}

/// A price that may be missing or none.
pub(super) fn price(on: &Instrument, price: Price) -> Option<String> {
    let price = missing::whole(price.0).filter(|&ticks| ticks != 0);
    price.map(|ticks| on.price(Price(ticks)).to_string())
}

/// A decision as a sentence; `None` for a kind that is none.
pub(super) fn sentence(on: &Instrument, kept: &Kept) -> Option<String> {
    let head = &kept.insight;
    Some(match head.kind()? {
        Kind::LevelDecision => level(on, head.view()),
        Kind::SignalDecision => turn(head.view()),
        Kind::IntentDecision => intent(on, head.view(), kept.body.first()),
        Kind::RefusalDecision => refusal(on, head.view()),
        Kind::FillDecision => fill(on, head.view(), kept.body.first()),
        Kind::CloseDecision => close(on, head.view(), kept.body.first()),
        Kind::StateDecision => trading(head.view()),
        Kind::AnswerDecision => answer(head.view()),
        _ => return None,
    })
}

fn level(on: &Instrument, of: &LevelDecision) -> String {
    let fate = if of.fate == 2 { "gone" } else { "published" };
    let what = words::what(of.what);
    format!("Level {} at {}, a {what}: {fate}.", in_run(of.level), on.price(of.price))
}

fn because(reasons: Reasons) -> String {
    let mut clauses = REASONS.iter().filter(|(reason, _)| reasons.has(*reason));
    let Some((_, first)) = clauses.next() else { return String::new() };
    clauses.fold(format!(", because {first}"), |text, (_, clause)| text + " and " + clause)
}

fn turn(of: &SignalDecision) -> String {
    let to = State::from_code(of.to).map_or("?", state);
    let mut text = format!("{to}{}.", because(Reasons(of.reasons)));
    let confirmations = Confirmations(of.confirmations);
    // Rest after the end needs no word about how it began.
    if !confirmations.is_empty() && !Reasons(of.reasons).has(Reasons::COOLED) {
        let list = words::list(confirmations.words());
        let weight = f64::from(of.halves) / 2.0;
        text += &format!(" Confirmed by {list}: weight {weight} of 2.");
    }
    let causes = Causes(of.causes);
    if !causes.is_empty() {
        text += &format!(" Contaminated: {}.", words::list(causes.words()));
    }
    text
}

/// An order in words: side, quantity, price.
fn order(on: &Instrument, action: u8, side: u8, lots: Lots, at: Price) -> String {
    let (side, lots) = (words::side(side), on.lots(lots));
    let at = price(on, at);
    match (Action::word(action), at) {
        ("enter", Some(at)) => format!("{side} {lots} at {at}, post-only"),
        ("enter_stop", Some(at)) => format!("{side} {lots} once price reaches {at}"),
        ("place_stop", Some(at)) => format!("stop: {side} {lots} once price reaches {at}"),
        ("move_stop", Some(at)) => format!("stop moved: {side} {lots} once price reaches {at}"),
        ("take_profit", Some(at)) => format!("take profit: {side} {lots} at {at}"),
        ("close", Some(at)) => format!("close: {side} {lots} at {at}"),
        ("close", None) => format!("close: {side} {lots} at the market"),
        ("cancel", _) => "take the order back".into(),
        (_, at) => format!("{side} {lots} at {}", at.unwrap_or_default()),
    }
}

fn intent(on: &Instrument, of: &IntentDecision, line: Option<&Line>) -> String {
    let order = order(on, of.action, of.side, of.lots, of.price);
    let why = Why::from_code(of.why).map_or("?", why);
    let client = line.and_then(|line| client(line.view::<OrderLine>())).unwrap_or("none");
    format!("The risk gate let pass: {order}, because {why} (client id {client}).")
}

fn refusal(on: &Instrument, of: &RefusalDecision) -> String {
    let refused = Refused::from_codes(of.by, of.refusal);
    let cause = refused.map_or("of a cause that this version does not know", words::refusal);
    let by = match refused {
        Some(Refused::Size(_)) => "there is no size for it",
        Some(Refused::Exit(_)) => "there is no exit for it",
        Some(Refused::Gate(_)) | None => "the risk gate refused it",
    };
    let order = order(on, of.action, of.side, of.lots, of.price);
    let word = refused.map_or("?", Refused::word);
    format!("Not sent: {order}; {by}, because {cause} ({word}).")
}

fn fill(on: &Instrument, of: &FillDecision, line: Option<&Line>) -> String {
    let (side, lots) = (words::side(of.side), on.lots(of.lots));
    let role = Role::from_code(of.role).map_or("?", Role::word);
    let how = if of.maker == 1 { "made" } else { "took" };
    let mut text = format!("Filled ({role}): {side} {lots} at {}, {how}", on.price(of.price));
    if let Some(line) = line.map(Line::view::<FillLine>) {
        text += &format!("; fee {}, held behind it {}", fine(line.fee), on.lots(line.held));
    }
    text + "."
}

fn answer(of: &AnswerDecision) -> String {
    let role = Role::from_code(of.role).map_or("?", Role::word);
    let what = match of.text() {
        "stands" => "stands",
        "would_take" => "was refused, because it would have taken",
        _ => "is gone",
    };
    format!("The {role} order {what}.")
}

fn close(on: &Instrument, of: &CloseDecision, line: Option<&Line>) -> String {
    let role = Role::from_code(of.role).map_or("?", Role::word);
    let why = Why::from_code(of.why).map_or("?", why);
    let mut text = format!(
        "Flat by its {role} order, because {why}: result {} after fees, at most {} held",
        fine(of.result),
        on.lots(of.lots)
    );
    if let Some(line) = line.map(Line::view::<CloseLine>) {
        let [entry, exit, fees] = [line.entry, line.exit, line.fees].map(fine);
        text += &format!("; entry {entry}, exit {exit}, fees {fees}");
    }
    text + "."
}

fn trading(of: &StateDecision) -> String {
    let name = |code| TradingState::from_code(code).map_or("?", TradingState::word);
    let mut text = format!("State {}", name(of.state));
    if of.before != of.state && of.before != 0 {
        text += &format!(", before {}", name(of.before));
    }
    let mut say = |what: &str, list: String| {
        if !list.is_empty() {
            text += &format!("; {what} {list}");
        }
    };
    say("because of", words::list(causes(of.causes).map(Cause::text)));
    say("contaminated by", words::list(Causes(low(of.contamination)).words()));
    say("missing", words::list(Inputs(low(of.abstaining)).words()));
    if of.frozen == 1 {
        text += "; profile levels are frozen";
    }
    if let Some(equity) = missing::whole(of.equity.0) {
        text += &format!("; equity {}", fine(Fine(equity)));
    }
    text + "."
}
