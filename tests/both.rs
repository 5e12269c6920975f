//! The decoder's two ways side by side: whatever goes in, both must say the same.

use std::fmt::Debug;

use model::{Draft, InstrumentId, Nanos};
use wire::dump::Table;
use wire::{Decoder, Frame};

use crate::compose::COINS;
use crate::table;

/// Two decoders of the composed coins: one scans, the other checks.
#[derive(Debug)]
pub struct Both {
    fast: Decoder,
    slow: Decoder,
    left: Draft,
    right: Draft,
    room: Vec<u8>,
}

impl Default for Both {
    fn default() -> Self {
        let instruments = table(&COINS.map(|coin| coin.instrument));
        Self {
            fast: Decoder::new(instruments.clone()),
            slow: Decoder::new(instruments),
            left: Draft::default(),
            right: Draft::default(),
            room: Vec::new(),
        }
    }
}

impl Both {
    /// Decodes a frame bare, and again inside a buffer whose other bytes would complete it.
    ///
    /// # Panics
    /// When the two ways differ in anything.
    pub fn frame(&mut self, bytes: &[u8]) {
        self.room.clear();
        self.room.extend_from_slice(b"[\"1.0\",\"2.0\"],[\"1.0\",\"2.0\"],");
        let start = self.room.len();
        self.room.extend_from_slice(bytes);
        let end = self.room.len();
        // What would complete a frame that is cut: digits, levels, brackets.
        self.room.extend_from_slice(b"0\",\"1\"]],\"a\":[]}}0000000000000000");
        self.room.extend_from_slice(&[b'}'; 64]);
        let frames = [Frame::bare(bytes), Frame::within(&self.room, start, end)];
        for (at, frame) in (1..).zip(frames) {
            let one = self.fast.stream(frame, Nanos(at), &mut self.left);
            let two = self.slow.stream_checked(bytes, Nanos(at), &mut self.right);
            same(&one, &two, bytes);
            self.same_draft(one.is_ok(), bytes);
        }
        let (fast, slow) = (self.fast.counts(), self.slow.counts());
        same(&fast.foreign, &slow.foreign, bytes);
        same(&fast.off_grid, &slow.off_grid, bytes);
    }

    /// Decodes a row of a dump both ways.
    ///
    /// # Panics
    /// When the two ways differ in anything.
    pub fn row(&mut self, table: Table, row: &[u8]) {
        let id = InstrumentId(0);
        let one = self.fast.row(table, id, row, &mut self.left);
        let two = self.slow.row_checked(table, id, row, &mut self.right);
        same(&one, &two, row);
        self.same_draft(one.is_ok(), row);
    }

    fn same_draft(&self, decoded: bool, bytes: &[u8]) {
        if decoded {
            same(&self.left.head, &self.right.head, bytes);
            same(&self.left.body(), &self.right.body(), bytes);
        }
    }

    /// The scanner's decoder, for its counts.
    #[must_use]
    pub fn scanner(&self) -> &Decoder {
        &self.fast
    }
}

fn same<T: PartialEq + Debug>(one: &T, two: &T, bytes: &[u8]) {
    assert!(one == two, "{}\n  {one:?}\n  {two:?}", String::from_utf8_lossy(bytes));
}
