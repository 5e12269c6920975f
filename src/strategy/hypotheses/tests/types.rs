//! Which transitions can be written at all: the types' table against the specification's.

use std::marker::PhantomData;

use crate::hypotheses::State;
use crate::hypotheses::signal::{
    Armed, Cancelled, Closed, Filled, Inactive, LeadsTo, Monitored, Resting, Stand, Unconfirmed,
};

/// Asks the compiler: the method of the type itself exists only where one state leads to the
/// other, and is taken before the trait's.
struct Probe<From, To>(PhantomData<(From, To)>);

impl<From: LeadsTo<To>, To: Stand> Probe<From, To> {
    fn leads(&self) -> bool {
        true
    }
}

trait Otherwise {
    fn leads(&self) -> bool {
        false
    }
}

impl<From, To> Otherwise for Probe<From, To> {}

macro_rules! row {
    ($ways:ident, $from:ident) => {
        row!($ways, $from, Inactive, Resting, Monitored, Armed, Unconfirmed, Filled, Cancelled,
            Closed);
    };
    ($ways:ident, $from:ident, $($to:ident),+) => {
        $(if Probe::<$from, $to>(PhantomData).leads() {
            $ways.push((<$from as Stand>::STATE, <$to as Stand>::STATE));
        })+
    };
}

#[test]
fn only_the_transitions_of_the_specification_compile() {
    let mut ways = Vec::new();
    row!(ways, Inactive);
    row!(ways, Resting);
    row!(ways, Monitored);
    row!(ways, Armed);
    row!(ways, Unconfirmed);
    row!(ways, Filled);
    row!(ways, Cancelled);
    row!(ways, Closed);
    let expected = [
        (State::Inactive, State::Resting),
        (State::Inactive, State::Monitored),
        (State::Resting, State::Inactive),
        (State::Resting, State::Monitored),
        (State::Resting, State::FilledUnconfirmed),
        // Never touched; § 9 does not name it, and without it a level would stay frozen.
        (State::Monitored, State::Inactive),
        (State::Monitored, State::Armed),
        (State::Monitored, State::FilledUnconfirmed),
        (State::Monitored, State::Cancelled),
        (State::Armed, State::Filled),
        (State::Armed, State::Cancelled),
        (State::FilledUnconfirmed, State::Filled),
        (State::FilledUnconfirmed, State::Closed),
        (State::Filled, State::Inactive),
        (State::Cancelled, State::Inactive),
        (State::Closed, State::Inactive),
    ];
    assert_eq!(ways, expected);
}
