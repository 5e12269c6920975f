//! How orders are written: what was asked, refused and filled, what a position came to, and the
//! trading state.

use model::{
    AnswerDecision, CloseDecision, CloseLine, FillDecision, FillLine, Fine, IntentDecision, Kind,
    Line, Lots, OrderLine, Price, RefusalDecision, StateDecision, in_run, missing,
};
use strategy::Refused;
use strategy::exits::{Action, Role, TargetKind, Why};
use strategy::hypotheses::{Causes, Inputs};
use strategy::risk::{Cause, TradingState};
use strategy::terms::Hypothesis;

use super::decision::{price, run, side, words};
use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::Record;

const fn order(kind: Kind, name: &'static str, write: fn(&mut Record, &Said<'_>)) -> Shown {
    Shown { emit: Emit::Signals, kind, name, form: Form::Each, by: By::Nothing, write }
}

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[
    order(Kind::IntentDecision, "intent", intent),
    order(Kind::RefusalDecision, "refusal", refusal),
    order(Kind::FillDecision, "fill", fill),
    order(Kind::CloseDecision, "close", close),
    order(Kind::StateDecision, "state", state),
    order(Kind::AnswerDecision, "answer", answer),
];

/// Whose it is.
fn whose(record: &mut Record, signal: u64, level: u64) {
    record.number("signal", in_run(signal)).number("run", run(signal));
    record.number("level", in_run(level));
}

/// What an order is for, what is asked, and why.
fn purpose(record: &mut Record, [role, action, why]: [u8; 3]) {
    record
        .maybe("role", Role::from_code(role).map(Role::word))
        .exact("action", Action::word(action))
        .maybe("why", Why::from_code(why).map(Why::word));
}

/// Price and quantity; zero is none.
fn amount(record: &mut Record, said: &Said<'_>, at: Price, lots: Lots) {
    record
        .maybe("price", Some(at).filter(|at| at.0 != 0).and_then(|at| price(said.instrument, at)))
        .maybe(
            "quantity",
            Some(lots).filter(|lots| lots.0 != 0).map(|at| said.instrument.lots(at)),
        );
}

/// A client id, without the zeros of one that never was.
pub(crate) fn client(line: &OrderLine) -> Option<&str> {
    let text = std::str::from_utf8(&line.client).ok()?;
    Some(text.trim_end_matches('\0')).filter(|text| !text.is_empty())
}

fn asked(record: &mut Record, said: &Said<'_>) {
    let line = said.body.first().map(Line::view::<OrderLine>);
    let at = |pick: fn(&OrderLine) -> Price| {
        line.map(pick).filter(|at| at.0 != 0).and_then(|at| price(said.instrument, at))
    };
    record
        .maybe("client", line.and_then(client))
        .maybe("stop", at(|line| line.stop))
        .maybe("target", at(|line| line.target))
        .maybe("target_rule", line.and_then(|line| word(TargetKind::from_code(line.target_kind))))
        .maybe("equity", line.filter(|line| line.equity.0 != 0).map(|line| fine(line.equity)))
        .maybe(
            "hypothesis",
            line.and_then(|line| Hypothesis::from_code(line.hypothesis)).map(Hypothesis::word),
        );
}

fn word(kind: Option<TargetKind>) -> Option<&'static str> {
    kind.map(TargetKind::word)
}

/// Money as it is: at least two digits behind the dot, never rounded.
pub(crate) fn fine(Fine(amount): Fine) -> model::Shown {
    model::shown(i128::from(amount), 8, 2)
}

fn intent(record: &mut Record, said: &Said<'_>) {
    let of: &IntentDecision = said.insight.view();
    whose(record, of.signal, of.level);
    purpose(record, [of.role, of.action, of.why]);
    record.maybe("side", side(of.side));
    amount(record, said, of.price, of.lots);
    record.number("attempt", of.attempt);
    asked(record, said);
}

fn refusal(record: &mut Record, said: &Said<'_>) {
    let of: &RefusalDecision = said.insight.view();
    whose(record, of.signal, of.level);
    purpose(record, [of.role, of.action, of.why]);
    record.maybe("side", side(of.side));
    amount(record, said, of.price, of.lots);
    let refused = Refused::from_codes(of.by, of.refusal);
    record
        .maybe("by", refused.map(Refused::by))
        .maybe("refusal", refused.map(Refused::word))
        .maybe("state", TradingState::from_code(of.state).map(TradingState::word));
    asked(record, said);
}

fn fill(record: &mut Record, said: &Said<'_>) {
    let of: &FillDecision = said.insight.view();
    let line = said.body.first().map(Line::view::<FillLine>);
    whose(record, of.signal, of.level);
    record.maybe("role", Role::from_code(of.role).map(Role::word)).maybe("side", side(of.side));
    amount(record, said, of.price, of.lots);
    record
        .number("maker", of.maker == 1)
        .number("attempt", of.attempt)
        .maybe("fee", line.map(|line| fine(line.fee)))
        .maybe("held", line.map(|line| said.instrument.lots(line.held)))
        .count("number", line.and_then(|line| i64::try_from(line.number).ok()));
}

fn close(record: &mut Record, said: &Said<'_>) {
    let (of, on): (&CloseDecision, _) = (said.insight.view(), said.instrument);
    let line = said.body.first().map(Line::view::<CloseLine>);
    whose(record, of.signal, of.level);
    record
        .maybe("hypothesis", Hypothesis::from_code(of.hypothesis).map(Hypothesis::word))
        .maybe("side", side(of.side))
        .exact("result", fine(of.result))
        .exact("quantity", on.lots(of.lots))
        .maybe("role", Role::from_code(of.role).map(Role::word))
        .maybe("why", Why::from_code(of.why).map(Why::word))
        .maybe("entry", line.map(|line| fine(line.entry)))
        .maybe("exit", line.map(|line| fine(line.exit)))
        .maybe("fees", line.map(|line| fine(line.fees)))
        .time_maybe("time_open", line.map(|line| line.time_open))
        .maybe("stop", line.and_then(|line| price(on, line.stop)))
        .maybe("target", line.and_then(|line| price(on, line.target)));
}

fn answer(record: &mut Record, said: &Said<'_>) {
    let of: &AnswerDecision = said.insight.view();
    whose(record, of.signal, of.level);
    record
        .maybe("role", Role::from_code(of.role).map(Role::word))
        .number("attempt", of.attempt)
        .exact("answer", of.text());
}

/// Causes of a trading state.
pub(crate) fn causes(bits: u64) -> impl Iterator<Item = Cause> {
    Cause::ALL.into_iter().filter(move |&cause| bits >> (cause as u32) & 1 == 1)
}

/// A set of sixteen bits in a word.
pub(crate) fn low(bits: u64) -> u16 {
    u16::try_from(bits & 0xffff).unwrap_or(0)
}

fn state(record: &mut Record, said: &Said<'_>) {
    let of: &StateDecision = said.insight.view();
    let name = |code| TradingState::from_code(code).map(TradingState::word);
    record
        .maybe("state", name(of.state))
        .maybe("before", name(of.before))
        .text("causes", &words(causes(of.causes).map(Cause::text)))
        .text("contamination", &words(Causes(low(of.contamination)).words()))
        .text("missing_inputs", &words(Inputs(low(of.abstaining)).words()))
        .number("levels_frozen", of.frozen == 1)
        .maybe("equity", missing::whole(of.equity.0).map(|equity| fine(Fine(equity))));
}
