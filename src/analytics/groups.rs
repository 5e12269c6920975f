//! The groups of figures of one instrument, in the order in which each hears of a message: who
//! reads a field of the board comes after who writes it.

use model::{
    BarLine, BarSumsLine, BookLine, ForceLine, Instrument, Interval, Kind, MarkLine, Message,
    Nanos, OpenInterestLine, QuoteLine, Sink,
};

use crate::anatomy::Anatomy;
use crate::averages::{Anchors, Averages};
use crate::depth::Depth;
use crate::figures::{Bar, Figures, Now, Print, Scene};
use crate::indicators::Indicators;
use crate::participation::Participation;
use crate::plan::Plan;
use crate::prints::Prints;
use crate::structure::Structure;
use crate::windows::State;

/// Empty bars of one run that the groups see one by one: 25 hours of minutes. A longer silence
/// leaves nothing of what they remember, so that more would change nothing.
const RUN_MAX: u64 = 1_500;

macro_rules! groups {
    ($($(#[$meta:meta])* $name:ident: $group:ident,)+) => {
        /// Every group that the plan keeps.
        #[derive(Clone, Debug)]
        pub(crate) struct Groups { $($(#[$meta])* $name: Option<Box<$group>>,)+ }

        impl Groups {
            /// Lines that one message can make them all say. A hook and `clock` may both speak.
            pub(crate) const LINES_MAX: usize = 0 $(+ <$group as Figures>::LINES_MAX)+;

            pub(crate) fn new(instrument: &Instrument, plan: &Plan) -> Self {
                Self { $($name: plan.groups.$name.then(|| Box::new($group::new(instrument, plan))),)+ }
            }

            pub(crate) fn hole(&mut self, now: &Now<'_>) {
                $(if let Some(group) = &mut self.$name { group.hole(now); })+
            }

            pub(crate) fn jump(&mut self, now: &Now<'_>) {
                $(if let Some(group) = &mut self.$name { group.jump(now); })+
            }
        }

        /// Which groups a plan keeps.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct Kept { $($(#[$meta])* pub $name: bool,)+ }

        impl Kept {
            /// Every group.
            pub const ALL: Self = Self { $($name: true,)+ };
            /// None: profiles, delta, top and imbalance alone.
            pub const NONE: Self = Self { $($name: false,)+ };
        }

        macro_rules! each {
            ($self_:ident, $group_:ident => $do_:expr) => {{
                $(if let Some($group_) = &mut $self_.$name { $do_; })+
            }};
        }
    };
}

groups! {
    /// From the book and beside it: OFI, liquidity fate, open interest, funding, liquidations.
    depth: Depth,
    /// From the tape: footprint, delta by size, pace, VPIN, λ, volatility, markouts.
    prints: Prints,
    /// Indicators, swings, divergences.
    indicators: Indicators,
    /// Gaps, breaks, order blocks, pools, sweeps, liquidation clusters.
    structure: Structure,
    /// Volume clusters, momentum, urgency.
    participation: Participation,
    /// Averages since an event.
    averages: Averages,
    /// What a profile looks like: nodes, shape, naked POCs, TPO.
    anatomy: Anatomy,
}

impl Groups {
    /// The figures of the tape.
    pub(crate) fn prints(&self) -> Option<&Prints> {
        self.prints.as_deref()
    }

    #[inline]
    pub(crate) fn trade<S: Sink>(&mut self, scene: &mut Scene<'_, S>, print: &Print) {
        each!(self, group => group.trade(scene, print));
    }

    /// Any message but a trade.
    pub(crate) fn take<S: Sink>(
        &mut self,
        scene: &mut Scene<'_, S>,
        kind: Kind,
        message: Message<'_>,
    ) {
        let (head, body) = (message.head, message.body);
        let time = head.time_venue();
        match kind {
            Kind::Book => {
                let Some(book) = body.view::<BookLine>(0) else { return };
                each!(self, group => group.book(scene, book, time));
            }
            Kind::Quote => {
                let Some(quote) = body.view::<QuoteLine>(0) else { return };
                each!(self, group => group.quote(scene, quote, head.id));
            }
            Kind::Bar => {
                let Some(line) = body.view::<BarLine>(0) else { return };
                let Some(sums) = body.view::<BarSumsLine>(1) else { return };
                self.bars(scene, line, sums);
            }
            Kind::Mark | Kind::Premium => {
                let Some(mark) = body.view::<MarkLine>(0) else { return };
                each!(self, group => group.mark(scene, mark, time));
            }
            Kind::OpenInterest => {
                let Some(interest) = body.view::<OpenInterestLine>(0) else { return };
                each!(self, group => group.interest(scene, interest.lots, time));
            }
            Kind::Force => {
                let Some(force) = body.view::<ForceLine>(0) else { return };
                each!(self, group => group.force(scene, force, time));
            }
            _ => each!(self, group => group.other(scene, kind, head, body)),
        }
    }

    /// The bars that a bar line stands for. Only of the last two anything is said.
    #[inline(never)]
    fn bars<S: Sink>(&mut self, scene: &mut Scene<'_, S>, line: &BarLine, sums: &BarSumsLine) {
        let interval = line.interval();
        let (length, run) = (interval.length(), line.run);
        if interval == Interval::Second1 {
            let bar = Bar { interval, time: line.time_open, line, sums, run };
            return each!(self, group => group.bar(scene, &bar));
        }
        for at in run.saturating_sub(RUN_MAX)..run {
            let time = Nanos(line.time_open.0.saturating_add(at.saturating_mul(length.0)));
            let bar = Bar { interval, time, line, sums, run: 1 };
            scene.voice.muted = at + 2 < run;
            each!(self, group => group.bar(scene, &bar));
        }
        scene.voice.muted = false;
    }

    /// The end of every message.
    #[inline]
    pub(crate) fn clock<S: Sink>(
        &mut self,
        scene: &mut Scene<'_, S>,
        states: &[State],
        anchors: Option<&Anchors>,
    ) {
        each!(self, group => group.clock(scene));
        if let (Some(averages), Some(anchors)) = (&mut self.averages, anchors) {
            averages.step(scene, states, anchors);
        }
        if let Some(anatomy) = &mut self.anatomy {
            anatomy.step(scene, states);
        }
    }
}
