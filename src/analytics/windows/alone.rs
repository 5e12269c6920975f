//! The windows by themselves: the stage without any group, with one window and with none. A
//! window's increment is the difference, its share of tape, clock and insight included.

use std::hint::black_box;
use std::rc::Rc;

use model::{
    Command, CommandLine, Head, InstrumentId, Instruments, Kind, Line, Message, Sink, TradeLine,
    Window,
};
use runtime::Work;

use crate::alone::{Figure, Input, figure};
use crate::figures::Print;
use crate::{Kept, Plan, Stage};

/// The tape of a day of trades.
const TAPE: usize = 1 << 20;

/// Where insights go.
struct Nobody;

impl Sink for Nobody {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        black_box(message.head);
    }
}

pub(crate) fn figures(day: &Input) -> Vec<Figure> {
    let prints = day.prints();
    let mut all = vec![with(day, &prints, "stage without a window".to_owned(), &[])];
    for window in Window::STEADY {
        all.push(with(day, &prints, format!("stage with window {}", window.text()), &[window]));
    }
    let named = Window::Named1;
    all.push(with(day, &prints, "stage with an anchored window".to_owned(), &[named]));
    all
}

/// The stage with some windows.
fn with(day: &Input, prints: &Rc<[Print]>, name: String, shown: &[Window]) -> Figure {
    let mut instruments = Instruments::default();
    let id = instruments.put(day.instrument).expect("room for one");
    let plan =
        Plan { windows: shown.to_vec(), groups: Kept::NONE, tape_slots: TAPE, ..Plan::default() };
    let begin = prints.first().map(|print| print.time);
    figure(name, "trade", prints, move || {
        let mut stage = Stage::new(&instruments, plan.clone());
        let mut anchored = false;
        let mut sequence = 0;
        move |print: &Print| {
            sequence += 1;
            stage.take(Message::new(&head(id, print, sequence), &[line(print)]), &mut Nobody);
            if !anchored && let Some(time) = begin {
                anchored = true;
                anchor(&mut stage, time);
            }
        }
    })
}

fn head(instrument: InstrumentId, print: &Print, sequence: u64) -> Head {
    Head {
        sequence,
        id: sequence,
        lines: 1,
        time_event: print.time,
        time_match: print.time,
        ..Head::new(Kind::Trade, instrument)
    }
}

fn line(print: &Print) -> Line {
    Line::of(TradeLine {
        price: print.price,
        lots: print.lots,
        lots_normal: print.lots,
        first: 1,
        last: 1,
        side: print.side.code(),
        reserved: [0; 23],
    })
}

/// The operator names the first trade's time; without an anchored window nothing comes of it.
fn anchor(stage: &mut Stage, time: model::Nanos) {
    let head = Head { lines: 1, ..Head::new(Kind::Command, InstrumentId::NONE) };
    let line = CommandLine {
        command: Command::Anchor.code(),
        reserved: [0; 6],
        time,
        reason: 0,
        more: [0; 5],
    };
    stage.take(Message::new(&head, &[Line::of(line)]), &mut Nobody);
}
