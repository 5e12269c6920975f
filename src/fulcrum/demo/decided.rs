//! What strategy decided, in a few words: the nearest levels, the last signal, the trading state.

use model::{Instrument, LevelDecision, Price, SignalDecision, StateDecision, Window, in_run};
use strategy::hypotheses::{Reasons, State};
use strategy::risk::TradingState;
use strategy::terms::LevelKind;

use crate::live::{Picture, View};

/// A level: price, what it is made of, how far away.
pub(super) fn level(on: &Instrument, of: &LevelDecision, last: Option<Price>) -> String {
    let what = LevelKind::from_code(of.what).map_or("?", LevelKind::word);
    let window = Window::ALL.get(usize::from(of.window)).map_or("?", |window| window.text());
    let away = last.filter(|last| last.0 != 0).map_or_else(String::new, |last| {
        #[expect(clippy::cast_precision_loss, reason = "for the eye")]
        let share = (of.price - last).0 as f64 / last.0 as f64;
        format!(" ({:+.2} %)", 100.0 * share)
    });
    format!("{} {what} {window}{away}", on.price(of.price))
}

/// A signal: its number and how it stands.
pub(super) fn signal(of: &SignalDecision) -> String {
    let state = State::from_code(of.to).map_or("?", State::word);
    let reasons = Reasons(of.reasons).words().collect::<Vec<_>>().join(" ");
    format!("{} {state} ({reasons})", in_run(of.signal))
}

/// The trading state.
pub(super) fn trading(of: &StateDecision) -> &'static str {
    TradingState::from_code(of.state).map_or("?", TradingState::word)
}

/// All of it in a line; `None` before anything was decided.
pub(super) fn line(view: &View, picture: &Picture) -> Option<String> {
    let last = picture.last.map(|last| last.0);
    let mut parts = Vec::new();
    for (name, near) in ["below", "above"].into_iter().zip(&picture.near) {
        if let Some(near) = near {
            parts.push(format!("{name} {}", level(&picture.instrument, near, last)));
        }
    }
    parts.extend(picture.signal.as_ref().map(|of| format!("signal {}", signal(of))));
    parts.extend(view.trading.as_ref().map(|of| trading(of).to_owned()));
    (!parts.is_empty()).then(|| format!(" {}", parts.join("   ")))
}

#[cfg(test)]
mod tests {
    use bytemuck::Zeroable as _;
    use model::{Instrument, LevelDecision, Price, SignalDecision, Window};
    use strategy::hypotheses::{Reasons, State};
    use strategy::terms::LevelKind;

    use super::{level, signal};

    #[test]
    fn a_level_and_a_signal_fit_a_line() {
        let on = Instrument::parse("BTCUSDT:0.1:0.001").expect("a grid");
        let mut of = LevelDecision::zeroed();
        (of.price, of.what, of.window) =
            (Price(642_000), LevelKind::Vah.code(), Window::Hours8 as u8);
        assert_eq!(level(&on, &of, Some(Price(640_000))), "64200.0 vah 8h (+0.31 %)");
        assert_eq!(level(&on, &of, None), "64200.0 vah 8h");
        let mut of = SignalDecision::zeroed();
        (of.signal, of.to, of.reasons) = (7, State::Armed.code(), Reasons::CONFIRMED.0);
        assert_eq!(signal(&of), "7 armed (confirmed)");
    }
}
