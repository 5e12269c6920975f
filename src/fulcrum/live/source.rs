//! Where the replica reads the log: at its end in shared memory, or, when it has fallen so far
//! behind that the hot side would run out of segments, from what the recorder has on disk.
//!
//! A registered tail keeps its segments alive. The replica lets go of them before the door would
//! have to shut for its sake, reads on from the journal, and comes back when it has caught up.

use std::error::Error;
use std::path::PathBuf;

use journal::{Journal, JournalError, Reader};
use model::Message;
use runtime::Counters;
use runtime::log::{Log, LogCounter, Tail};

/// Why the log cannot be read on.
pub(super) type Broken = Box<dyn Error + Send + Sync>;

#[derive(Debug)]
enum Place {
    Memory(Tail),
    Disk(Box<Reader>),
}

/// The log's messages in order, each once.
#[derive(Debug)]
pub(super) struct Source {
    log: Log,
    // Without a journal the segments must wait for us.
    journal: Option<PathBuf>,
    keeper: Counters<LogCounter>,
    // Segments alive from which on room is short.
    short: u64,
    place: Place,
    // The sequence of the next message.
    next: u64,
    // The reader of the disk came to its end.
    dry: bool,
    // How often it went to the disk.
    detours: u64,
}

impl Source {
    /// From the beginning of a log that may have `segments_max` segments.
    pub(super) fn new(
        log: Log,
        journal: Option<PathBuf>,
        keeper: Counters<LogCounter>,
        segments_max: usize,
    ) -> Self {
        let place = Place::Memory(log.tail());
        let short = (segments_max as u64 * 3 / 4).max(2);
        Self { log, journal, keeper, short, place, next: 1, dry: false, detours: 0 }
    }

    /// The next message; `None` when there is none now.
    ///
    /// # Errors
    /// What makes the rest unreadable.
    pub(super) fn read(&mut self) -> Result<Option<Message<'_>>, Broken> {
        if matches!(&self.place, Place::Disk(_)) && (self.dry || !self.fetch_from_disk()?) {
            self.come_back()?;
            if matches!(&self.place, Place::Disk(_)) && !self.fetch_from_disk()? {
                return Ok(None);
            }
        }
        let message = match &mut self.place {
            Place::Memory(tail) => tail.read()?,
            Place::Disk(reader) => reader.read().or_else(end_of_disk)?,
        };
        match &message {
            Some(message) => self.next = message.head.sequence + 1,
            None => self.dry = true,
        }
        Ok(message)
    }

    /// The sequence of the next message.
    pub(super) const fn position(&self) -> u64 {
        self.next
    }

    /// Whether the log ended and all of it was read.
    pub(super) fn ended(&self) -> bool {
        matches!(&self.place, Place::Memory(tail) if tail.ended())
    }

    /// How often it had to go to the disk.
    pub(super) const fn detours(&self) -> u64 {
        self.detours
    }

    /// Lets the segments in memory go when they are wanted, to be called while there is more to
    /// read.
    ///
    /// # Errors
    /// The journal's.
    pub(super) fn relieve(&mut self) -> Result<(), Broken> {
        let Some(journal) = &self.journal else { return Ok(()) };
        if self.keeper.get(LogCounter::Live) < self.short
            || !matches!(&self.place, Place::Memory(_))
        {
            return Ok(());
        }
        // Before the disk has a segment there is nothing to go to.
        let Ok(journal) = Journal::open(journal) else { return Ok(()) };
        self.place = Place::Disk(Box::new(journal.reader()));
        self.dry = false;
        self.detours += 1;
        Ok(())
    }

    /// Goes forward to the message before the next one; `false` where the disk has no more.
    fn fetch_from_disk(&mut self) -> Result<bool, Broken> {
        let Place::Disk(reader) = &mut self.place else { return Ok(false) };
        while reader.last() + 1 < self.next {
            if reader.read().or_else(end_of_disk)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Back to memory when it reaches back far enough, else once more to the disk, which has
    /// more by now.
    fn come_back(&mut self) -> Result<(), Broken> {
        self.dry = false;
        let mut tail = self.log.tail();
        while tail.position() == 0 && tail.item()?.is_some() {}
        if tail.position() > self.next {
            if let Some(journal) = &self.journal {
                self.place = Place::Disk(Box::new(Journal::open(journal)?.reader()));
            }
            return Ok(());
        }
        while tail.position() < self.next && tail.read()?.is_some() {}
        self.place = Place::Memory(tail);
        Ok(())
    }
}

/// A journal that is being written ends in the middle of what comes next: that is its end now.
fn end_of_disk<'a>(error: JournalError) -> Result<Option<Message<'a>>, JournalError> {
    match error {
        JournalError::Lost(_) => Ok(None),
        other => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use journal::{Home, Recorder, RecorderPlan};
    use model::{Head, InstrumentId, Kind, Line, Nanos};
    use runtime::log::{Plan, create};

    use super::Source;

    struct Scratch(PathBuf);

    impl Drop for Scratch {
        fn drop(&mut self) {
            // What cannot be removed stays in the temporary directory.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// The writer fills all memory it may have, far ahead of the reader: with the reader's relief
    /// the door opens again, and the reader still gets every message once and in order.
    #[test]
    fn a_reader_far_behind_gives_the_door_room_and_misses_nothing() {
        let name = format!("fulcrum-source-{}", std::process::id());
        let scratch = Scratch(std::env::temp_dir().join(name));
        let home = Home::open(&scratch.0.join("journal")).expect("a journal");
        let files = home.begin(7).expect("a run");
        let plan =
            Plan { segment_bytes: 0, segments_max: 4, ..Plan::new(scratch.0.join("hot"), 7) };
        let (mut writer, mut keeper, log) = create(plan, Nanos(1)).expect("a log");
        let mut recorder = Recorder::new(&log, files, RecorderPlan::default());
        let run = Some(home.run_directory(7));
        let mut source = Source::new(log, run, keeper.counters(), 4);
        let body = [Line::ZERO; 40];
        let (mut read, mut shut) = (0, 0);
        while writer.next() <= 4_000 {
            let mut head = Head::new(Kind::Depth, InstrumentId(0));
            (head.sequence, head.lines) = (writer.next(), 40);
            if writer.append(&mut head, &body).is_err() {
                shut += 1;
                assert!(shut < 1_000, "the door opens again");
                source.relieve().expect("a journal");
            }
            keeper.cycle(Nanos(2));
            recorder.cycle(Nanos(u64::MAX / 2)).expect("a disk");
            // One for each seven written: it falls ever further behind.
            if writer.next().is_multiple_of(7) {
                read += u64::from(one(&mut source, read + 1));
            }
        }
        writer.finish();
        recorder.finish(Nanos(3)).expect("a disk");
        for _ in 0..20_000 {
            read += u64::from(one(&mut source, read + 1));
        }
        assert_eq!(read, 4_000);
        assert!(source.ended() && source.detours() > 0 && shut > 0, "{} {shut}", source.detours());
    }

    fn one(source: &mut Source, want: u64) -> bool {
        let Some(message) = source.read().expect("a sound log") else { return false };
        assert_eq!(message.head.sequence, want);
        true
    }
}
