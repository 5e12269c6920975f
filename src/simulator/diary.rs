//! What a venue notes of itself: the latest entries, however long it runs.

use std::collections::VecDeque;

use model::Nanos;

/// Entries that are kept: an hour in which something happens every second.
const ENTRIES_MAX: usize = 4_096;

/// What happened, each with the venue time since the start.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    entries: VecDeque<(Nanos, String)>,
    // Entries that went to make room, and when the last of them was made.
    lost: (u64, Nanos),
}

impl Diary {
    /// Takes an entry; the oldest goes when there is no room.
    pub(crate) fn note(&mut self, now: Nanos, what: String) {
        if self.entries.len() == ENTRIES_MAX
            && let Some((at, _)) = self.entries.pop_front()
        {
            self.lost = (self.lost.0 + 1, at);
        }
        self.entries.push_back((now, what));
    }

    /// The entries, oldest first; the first one says how many are missing, when some are.
    pub(crate) fn read(&self) -> Vec<(Nanos, String)> {
        let (lost, at) = self.lost;
        let missing = (lost > 0).then(|| (at, format!("{lost} earlier entries are left out")));
        missing.into_iter().chain(self.entries.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use model::Nanos;

    use super::{Diary, ENTRIES_MAX};

    #[test]
    fn a_diary_keeps_the_latest_and_says_what_it_lost() {
        let mut diary = Diary::default();
        for at in 0..ENTRIES_MAX as u64 {
            diary.note(Nanos(at), at.to_string());
        }
        assert_eq!((diary.read().len(), diary.read()[0].1.as_str()), (ENTRIES_MAX, "0"));
        for at in 0..3 * ENTRIES_MAX as u64 {
            diary.note(Nanos(10_000 + at), format!("again {at}"));
        }
        let told = diary.read();
        assert_eq!(told.len(), ENTRIES_MAX + 1);
        let lost = 3 * ENTRIES_MAX;
        assert_eq!(told[0].1, format!("{lost} earlier entries are left out"));
        assert_eq!(told[1].1, format!("again {}", 2 * ENTRIES_MAX));
        assert!(told.windows(2).all(|pair| pair[0].0 < pair[1].0), "in their order");
    }
}
