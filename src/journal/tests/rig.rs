//! A log with a tape running into it, and ways to look at what came out.

use std::path::Path;

use journal::{Journal, JournalError, Loss, Reader};
use model::{Digest, Draft, Message, Nanos};
use runtime::log::{Keeper, Log, Plan, Writer, create};

use crate::tape::Tape;

pub(crate) const RUN: u64 = 0x0102_0304_0506_0708;

/// A small log and its tape.
pub(crate) struct Rig {
    pub(crate) writer: Writer,
    pub(crate) keeper: Keeper,
    pub(crate) log: Log,
    tape: Tape,
    draft: Draft,
}

impl Rig {
    /// Segments of the smallest size, enough of them that a dead disk shuts no door.
    pub(crate) fn new(hot_dir: &Path, seed: u64) -> Self {
        let plan =
            Plan { segment_bytes: 0, segments_max: 16, ..Plan::new(hot_dir.to_path_buf(), RUN) };
        Self::with(plan, seed)
    }

    pub(crate) fn with(plan: Plan, seed: u64) -> Self {
        let (writer, keeper, log) = create(plan, Nanos(1_721_347_000_000_000_000)).expect("a log");
        Self { writer, keeper, log, tape: Tape::new(seed), draft: Draft::default() }
    }

    /// Writes messages up to and with this sequence.
    pub(crate) fn write_to(&mut self, last: u64) {
        while self.writer.next() <= last {
            self.tape.next(&mut self.draft);
            let (head, body) = self.draft.parts();
            if self.writer.append(head, body).is_err() {
                self.keeper.cycle(Nanos(1_721_347_000_000_000_000));
                self.writer.append(head, body).expect("room after the keeper's cycle");
            }
        }
    }
}

/// A digest of a message as the feed wrote it: all but the checksum.
pub(crate) fn digest_of(message: Message<'_>) -> u64 {
    let mut digest = Digest::default();
    let mut head = *message.head;
    head.crc = 0;
    digest.line(&model::Line::of(head));
    message.body.iter().for_each(|line| digest.line(line));
    digest.value()
}

/// The digests of the first `count` messages of a tape.
pub(crate) fn expected(seed: u64, count: u64) -> Vec<u64> {
    let (mut tape, mut draft) = (Tape::new(seed), Draft::default());
    let next = |_| {
        tape.next(&mut draft);
        digest_of(draft.message())
    };
    (0..count).map(next).collect()
}

/// What a reader found.
pub(crate) struct Found {
    pub(crate) digests: Vec<u64>,
    pub(crate) stopped: Option<Loss>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) ended: bool,
}

pub(crate) fn read_all(journal: &Journal) -> Found {
    read_on(&mut journal.reader())
}

pub(crate) fn read_on(reader: &mut Reader) -> Found {
    let mut digests = Vec::new();
    let stopped = loop {
        match reader.read() {
            Ok(Some(message)) => {
                assert_eq!(usize::from(message.head.lines), message.body.len());
                digests.push(digest_of(message));
            }
            Ok(None) => break None,
            Err(JournalError::Lost(loss)) => break Some(loss),
            Err(error) => panic!("{error}"),
        }
    };
    assert!(matches!(reader.read(), Ok(None)), "after the end there is nothing");
    Found { digests, stopped, losses: reader.losses().to_vec(), ended: reader.ended() }
}
