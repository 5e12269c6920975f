//! What earlier runs of a journal hold of the tape: unbroken stretches of trade ids, and the
//! trades themselves.

use std::path::{Path, PathBuf};

use journal::Journal;
use model::{
    Head, INSTRUMENTS_MAX, Instrument, InstrumentId, Instruments, Kind, Line, MINUTE, Message,
    Nanos,
};
use venue::feed::repair::Print;

/// Runs looked at. Each run's log holds the history it began with, so the last would do; the
/// ones before it are for last ones that died while they began.
const RUNS: usize = 8;

/// How far receive times may lie before the venue's.
const MARGIN: Nanos = MINUTE;

/// Trades of ids without a hole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stretch {
    /// Its first id.
    pub(super) first: u64,
    /// Its last id.
    pub(super) last: u64,
    /// The venue time of its first trade.
    pub(super) time: Nanos,
    /// Its last market trade, to be compared with what the venue says of that id.
    proof: Option<Print>,
}

/// Appends a later stretch, or another run's account of the same.
fn join(stretches: &mut Vec<Stretch>, later: Stretch) {
    match stretches.last_mut() {
        Some(last) if later.last <= last.last => {}
        Some(last) if later.first <= last.last + 1 => {
            last.last = later.last;
            last.proof = later.proof.or(last.proof);
        }
        _ => stretches.push(later),
    }
}

/// The runs before this one.
#[derive(Debug)]
pub(super) struct Shelf {
    // Oldest first.
    runs: Vec<PathBuf>,
    // Trades of a venue time before this one are left.
    since: Nanos,
}

impl Shelf {
    pub(super) fn new(mut runs: Vec<PathBuf>, since: Nanos) -> Self {
        runs.drain(..runs.len().saturating_sub(RUNS));
        Self { runs, since }
    }

    /// What the runs hold, by instrument. Taken from the shelf are runs that are not needed, and
    /// strange ones: those with a trade that `knows` does not know by the same figures. A journal
    /// may be that of another venue, or of another life of a simulated one.
    pub(super) fn survey(
        &mut self,
        ours: &Instruments,
        mut knows: impl FnMut(InstrumentId, &Print) -> bool,
    ) -> Vec<Vec<Stretch>> {
        let mut by_run: Vec<Vec<Vec<Stretch>>> = Vec::new();
        let mut kept = Vec::new();
        for run in std::mem::take(&mut self.runs).into_iter().rev() {
            let mut of_run = vec![Vec::new(); ours.len()];
            read(&run, self.since, ours, |id, print| {
                let proof = print.body.is_some().then_some(print);
                let (id_trade, time) = (print.head.id, print.head.time_venue());
                let one = Stretch { first: id_trade, last: id_trade, time, proof };
                join(&mut of_run[id.index()], one);
                true
            });
            let proven = of_run.iter().zip(ours.iter()).all(|(list, (id, _))| {
                let proof = list.iter().rev().find_map(|stretch| stretch.proof);
                proof.is_none_or(|proof| knows(id, &proof))
            });
            if !proven {
                continue;
            }
            kept.push(run);
            // Its tape began before the time that counts, so it holds all that does.
            let reaches = |list: &Vec<Stretch>| {
                list.first().is_some_and(|first| first.time <= self.since.after(MARGIN))
            };
            let whole = of_run.iter().all(reaches);
            by_run.push(of_run);
            if whole {
                break;
            }
        }
        kept.reverse();
        self.runs = kept;
        let mut all = vec![Vec::new(); ours.len()];
        for of_run in by_run.into_iter().rev() {
            for (list, stretches) in all.iter_mut().zip(of_run) {
                stretches.into_iter().for_each(|stretch| join(list, stretch));
            }
        }
        all
    }

    /// Gives every trade, run by run, with our instrument's number; runs repeat each other.
    /// `take` says whether to go on.
    pub(super) fn read(
        &self,
        ours: &Instruments,
        mut take: impl FnMut(InstrumentId, Print) -> bool,
    ) {
        let mut goes_on = true;
        for run in &self.runs {
            if goes_on {
                read(run, self.since, ours, |id, print| {
                    goes_on = take(id, print);
                    goes_on
                });
            }
        }
    }
}

/// Gives the trades of a run, as far as it can be read: what is lost shows in the ids.
fn read(
    run: &Path,
    since: Nanos,
    ours: &Instruments,
    mut take: impl FnMut(InstrumentId, Print) -> bool,
) {
    let Ok(journal) = Journal::open(run) else { return };
    let mut places = Places([None; INSTRUMENTS_MAX]);
    // The instruments are what a log begins with; most of the rest may be too old.
    let mut reader = journal.reader();
    while let Ok(Some(message)) = reader.read()
        && message.head.kind() == Some(Kind::Instrument)
    {
        places.learn(message, ours);
    }
    let since_local = Nanos(since.0.saturating_sub(MARGIN.0));
    let Ok(journal) = journal.since(since_local) else { return };
    let mut reader = journal.reader();
    while let Ok(Some(message)) = reader.read() {
        match message.head.kind() {
            Some(Kind::Instrument) => places.learn(message, ours),
            Some(Kind::Trade) if since <= message.head.time_venue() => {
                let Some(id) = places.find(message.head.instrument) else { continue };
                let head = Head { instrument: id, sequence: 0, crc: 0, ..*message.head };
                let body = message.body.view::<Line>(0).copied();
                if !take(id, Print { head, body }) {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// Whom an earlier run's instrument numbers mean.
struct Places([Option<InstrumentId>; INSTRUMENTS_MAX]);

impl Places {
    /// One with another grid is another instrument: its lots and ticks mean something else.
    fn learn(&mut self, message: Message<'_>, ours: &Instruments) {
        let Some(theirs) = Instrument::read(message) else { return };
        let grid = |one: &Instrument| (one.symbol, one.tick, one.lot, one.venue);
        if let Some(place) = self.0.get_mut(message.head.instrument.index()) {
            *place = ours.iter().find(|(_, one)| grid(one) == grid(&theirs)).map(|(id, _)| id);
        }
    }

    fn find(&self, id: InstrumentId) -> Option<InstrumentId> {
        self.0.get(id.index()).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use model::Nanos;

    use super::{Stretch, join};

    #[test]
    fn stretches_join_where_ids_do_and_repeat_nothing() {
        for (input, want) in [
            ("1-5 6-9", "1-9"),
            ("1-5 7-9", "1-5 7-9"),
            ("1-5 3-9", "1-9"),
            ("1-9 3-5 10-10", "1-10"),
            ("5-9 1-3", "5-9"),
        ] {
            let mut stretches = Vec::new();
            for word in input.split(' ') {
                let (first, last) = word.split_once('-').expect("a stretch");
                let id = |text: &str| text.parse().expect("an id");
                let (first, last) = (id(first), id(last));
                join(&mut stretches, Stretch { first, last, time: Nanos(first), proof: None });
            }
            let shown = |one: &Stretch| format!("{}-{}", one.first, one.last);
            let got: Vec<String> = stretches.iter().map(shown).collect();
            assert_eq!(got.join(" "), want, "{input}");
        }
    }
}
