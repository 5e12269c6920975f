//! The decoder: one payload in, one message out, or a reason.

use std::fmt;

use model::{Draft, Flags, Instrument, InstrumentError, InstrumentId, Instruments, Nanos, Refusal};
use runtime::simd::Window;

use crate::checked::{Checked, Scene, Value};
use crate::frame::pad;
use crate::scan::{Bare, Rungs, Shape, Shapes, learn};
use crate::{Counts, Frame};

/// What a REST answer answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Endpoint {
    /// `GET /fapi/v1/depth`, whose answer names no symbol.
    Depth(InstrumentId),
    /// `GET /fapi/v1/openInterest`.
    OpenInterest,
    /// `GET /fapi/v1/premiumIndex` of one symbol.
    PremiumIndex,
}

/// Which symbols' frames have been seen: a snapshot in a recording names none.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Seen {
    #[default]
    Nothing,
    Only(InstrumentId),
    Several,
}

/// Bytes to events. Preallocated: after the first frames of each kind it does not allocate.
pub struct Decoder {
    pub(crate) instruments: Instruments,
    pub(crate) shapes: Shapes,
    rungs: Vec<Rungs>,
    /// The shape learnt last.
    pub(crate) lesson: Box<Shape>,
    pub(crate) scratch: Vec<u8>,
    pub(crate) checked: Checked,
    pub(crate) counts: Counts,
    seen: Seen,
    owner: Option<InstrumentId>,
    bare: Bare,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Decoder")
            .field("instruments", &self.instruments)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

/// Bytes the scratch holds without growing: a snapshot of 2 × 1 000 levels has 46 KB.
const SCRATCH: usize = 1 << 18;

impl Decoder {
    /// A decoder for these instruments.
    #[must_use]
    pub fn new(instruments: Instruments) -> Self {
        Self {
            shapes: Shapes::new(instruments.len()),
            rungs: rungs(&instruments),
            lesson: Box::new(Shape::EMPTY),
            instruments,
            scratch: vec![0; SCRATCH],
            checked: Checked::default(),
            counts: Counts::default(),
            seen: Seen::Nothing,
            owner: None,
            bare: Bare::Diff,
        }
    }

    /// The instruments it reads.
    #[must_use]
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// Adds an instrument, or renews one's grid: what was learnt on the old grid is forgotten.
    ///
    /// # Errors
    /// [`InstrumentError::TableFull`].
    pub fn put(&mut self, instrument: Instrument) -> Result<InstrumentId, InstrumentError> {
        let id = self.instruments.put(instrument)?;
        self.forget();
        Ok(id)
    }

    /// Says whose the snapshots are that name no symbol.
    pub fn belongs_to(&mut self, instrument: Option<InstrumentId>) {
        self.owner = instrument;
    }

    /// Says whether a bare depth payload is the full top levels; from the start it is a diff.
    pub fn bare_depth_is_partial(&mut self, partial: bool) {
        self.bare = if partial { Bare::Partial } else { Bare::Diff };
        self.forget();
    }

    fn forget(&mut self) {
        self.shapes = Shapes::new(self.instruments.len());
        self.rungs = rungs(&self.instruments);
    }

    /// What was decoded how often.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Decodes one stream frame, wrapped (`{"stream":…,"data":…}`) or bare, or a REST depth
    /// snapshot as it stands in raw recordings.
    ///
    /// # Errors
    /// A [`Refusal`], counted; the draft then holds nothing of meaning.
    #[inline]
    pub fn stream(
        &mut self,
        frame: Frame<'_>,
        time_local: Nanos,
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        let scanned = match frame.in_place() {
            Some((buffer, start, end)) => self.scan(buffer, start, end, time_local, draft),
            None => {
                let mut scratch = std::mem::take(&mut self.scratch);
                let (start, end) = pad(&mut scratch, frame.bytes());
                let scanned = self.scan(&scratch, start, end, time_local, draft);
                self.scratch = scratch;
                scanned
            }
        };
        match scanned {
            Some(()) => Ok(()),
            None => self.stream_checked(frame.bytes(), time_local, draft),
        }
    }

    /// The same by the checked way alone (simd-json): the oracle that the scanner is held against.
    ///
    /// # Errors
    /// A [`Refusal`], counted.
    #[cold]
    #[inline(never)]
    pub fn stream_checked(
        &mut self,
        bytes: &[u8],
        time_local: Nanos,
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        self.check(bytes, time_local, draft, crate::stream::event)
    }

    /// Decodes a REST answer of a known endpoint.
    ///
    /// # Errors
    /// A [`Refusal`], counted; [`Refusal::VenueError`] for an error answer.
    pub fn answer(
        &mut self,
        endpoint: Endpoint,
        bytes: &[u8],
        time_local: Nanos,
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        self.check(bytes, time_local, draft, |value, scene, draft| {
            crate::answer::event(endpoint, value, scene, draft)
        })
    }

    /// Parses a payload with simd-json, lets `take` make the event, and counts.
    fn check(
        &mut self,
        bytes: &[u8],
        time_local: Nanos,
        draft: &mut Draft,
        take: impl FnOnce(Value<'_, '_>, &mut Scene<'_>, &mut Draft) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut scene = Scene {
            instruments: &self.instruments,
            time_local,
            owner: self.owner,
            seen: self.seen,
            bare: self.bare,
            off_grid: 0,
        };
        let done = self.checked.read(bytes, |value| take(value, &mut scene, draft));
        self.seen = scene.seen;
        match done {
            Ok(()) => {
                self.counts.fallback(draft.head.kind);
                self.counts.off_grid += scene.off_grid;
                self.counts.foreign += u64::from(draft.head.flags.has(Flags::FOREIGN));
            }
            Err(reason) => self.counts.refuse(reason),
        }
        done
    }

    #[inline(always)]
    fn scan(
        &mut self,
        buffer: &[u8],
        start: usize,
        end: usize,
        time_local: Nanos,
        draft: &mut Draft,
    ) -> Option<()> {
        let window = Window::new(buffer)?;
        // Behind `{"stream":"` stand the stream's name and the event's, in a bare payload only
        // the event's in front: no digits that change within a day.
        let wrapped = window.byte(start + 2) == b's';
        let stream = window.hash(if wrapped { start + 11 } else { start });
        let by_stream = Shapes::key(stream, 0);
        let by_length = Shapes::key(stream, end - start);
        let found = match self.shapes.find(by_stream, window, start, end) {
            Some(shape) => Some(shape),
            None => self.shapes.find(by_length, window, start, end),
        };
        let shape = match found {
            Some(shape) => shape,
            None => {
                self.learn(&buffer[start..end], by_stream, by_length)?;
                &*self.lesson
            }
        };
        let index = shape.instrument.index();
        let context = crate::scan::Context {
            instrument: self.instruments.get(shape.instrument)?,
            rungs: self.rungs.get_mut(index)?,
            time_local,
        };
        let done = shape.read(window, (start, end), context, draft)?;
        self.counts.scan(draft.head.kind);
        self.counts.foreign += u64::from(done.foreign);
        self.counts.off_grid += done.off_grid;
        let seen = Seen::Only(draft.head.instrument);
        if self.seen != seen {
            self.seen = self.seen.with(draft.head.instrument);
        }
        Some(())
    }

    #[cold]
    #[inline(never)]
    fn learn(&mut self, text: &[u8], by_stream: u64, by_length: u64) -> Option<()> {
        learn(text, &self.instruments, self.bare, &mut self.lesson)?;
        self.counts.learnt += 1;
        self.shapes.keep(if self.lesson.is_depth() { by_stream } else { by_length }, &self.lesson);
        Some(())
    }
}

/// Empty level shapes, each list with its room.
fn rungs(instruments: &Instruments) -> Vec<Rungs> {
    instruments.iter().map(|_| Rungs::default()).collect()
}

impl Seen {
    /// With one more symbol.
    pub(crate) fn with(self, instrument: InstrumentId) -> Self {
        match self {
            Self::Nothing => Self::Only(instrument),
            Self::Only(one) if one == instrument => self,
            _ => Self::Several,
        }
    }
}
