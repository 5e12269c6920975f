//! Reading from a receive time on: nothing of that time or later is left out, and what is read
//! begins with a segment.

use journal::Journal;
use model::Nanos;
use runtime::log::{run_directory, segment_numbers};

use crate::place::Place;
use crate::rig::{RUN, Rig};

fn times(journal: &Journal) -> Vec<(u64, Nanos)> {
    let mut reader = journal.reader();
    let mut all = Vec::new();
    while let Some(message) = reader.read().expect("a whole journal") {
        all.push((message.head.sequence, message.head.time_local));
    }
    all
}

#[test]
fn from_a_time_on_only_full_segments_before_it_are_left_out() {
    let hot = Place::hot();
    let mut rig = Rig::new(hot.path(), 5);
    // Held by a reader that reads nothing, so that no segment is freed.
    let _held = rig.log.holding_tail();
    rig.write_to(12_000);
    let directory = run_directory(hot.path(), RUN);
    let segments = segment_numbers(&directory).expect("segments").len();
    assert!(segments > 3, "{segments} segments");
    let journal = Journal::open(&directory).expect("a journal");
    let all = times(&journal);
    let mut lengths = Vec::new();
    for at in (0..all.len()).step_by(397).chain([all.len() - 1]) {
        let time = all[at].1;
        let part = times(&journal.clone().since(time).expect("readable"));
        assert!(all.ends_with(&part), "a suffix from {at}");
        let skipped = &all[..all.len() - part.len()];
        // The tape's ticks bear the last tenth of a second.
        let late = time.after(Nanos(100_000_000));
        assert!(skipped.iter().all(|message| message.1 < late), "nothing later than {at} is lost");
        lengths.push(part.len());
    }
    lengths.dedup();
    assert!(lengths.len() + 1 >= segments, "a beginning for each segment: {lengths:?}");
    assert_eq!(times(&journal.clone().since(Nanos::NONE).expect("readable")), all);
    assert!(times(&journal.since(Nanos(u64::MAX)).expect("readable")).len() < all.len());
}
