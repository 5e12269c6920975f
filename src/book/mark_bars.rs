//! Bars of every interval, from the mark price.
//!
//! They close as bars of trades do: at the first mark with E ≥ their end, or when the venue clock
//! is a grace behind it. Only the shortest takes marks; it is folded into the longer ones.
//!
//! Only the stream counts: what REST says of the mark (`Premium`) comes when we ask, and bars of
//! it would depend on our asking. A mark has no id, so two things are judged by its E: one that
//! is not later than the last taken is a repeat (two sockets during a rotation) or comes late,
//! and is left out; and where none comes for [`SILENCE_MAX`], some are missing and the bars are
//! unstable. For want of ids these bars are in no content digest.

use model::{Fine, Interval, MarkBarLine, Nanos, SECOND};

/// Messages that one event can close: of each interval a bar with marks, then runs
/// without, sound or not; the venue clock and the mark itself may cut one of them in two.
pub(crate) const MARK_BARS_MAX: usize = 4 * Interval::ALL.len();

/// The stream sends every 1 s or 3 s; three of the slower are missing by then.
const SILENCE_MAX: Nanos = Nanos(10 * SECOND.0);

/// The shortest interval.
const SHORTEST: Nanos = Interval::ALL[0].length();

/// An open bar.
#[derive(Clone, Copy, Debug)]
struct Open {
    time: Nanos,
    open: Fine,
    high: Fine,
    low: Fine,
    close: Fine,
    marks: u32,
    unstable: bool,
}

impl Open {
    /// No mark since `close`.
    const fn empty(time: Nanos, close: Fine) -> Self {
        Self { time, open: close, high: close, low: close, close, marks: 0, unstable: false }
    }

    fn mark(&mut self, mark: Fine) {
        if self.marks == 0 {
            *self = Self { unstable: self.unstable, ..Self::empty(self.time, mark) };
        }
        self.high = self.high.max(mark);
        self.low = self.low.min(mark);
        self.close = mark;
        self.marks = self.marks.saturating_add(1);
    }

    /// Adds a later, shorter bar.
    fn fold(&mut self, later: &Self) {
        let unstable = self.unstable | later.unstable;
        if later.marks != 0 && self.marks == 0 {
            *self = Self { time: self.time, ..*later };
        } else if later.marks != 0 {
            self.high = self.high.max(later.high);
            self.low = self.low.min(later.low);
            self.close = later.close;
            self.marks = self.marks.saturating_add(later.marks);
        }
        self.unstable = unstable;
    }

    fn line(&self, interval: usize, run: u64) -> MarkBarLine {
        MarkBarLine {
            time_open: self.time,
            open: self.open,
            high: self.high,
            low: self.low,
            close: self.close,
            run,
            marks: self.marks,
            #[expect(clippy::cast_possible_truncation, reason = "there are eight intervals")]
            interval: interval as u8,
            unstable: u8::from(self.unstable),
            reserved: [0; 10],
        }
    }
}

/// The open mark-price bars of one instrument.
#[derive(Clone, Debug)]
pub struct MarkBars {
    grace: Nanos,
    /// By the index into [`Interval::ALL`]; the longer ones lack what the shortest still holds.
    open: [Open; Interval::ALL.len()],
    /// E of the last mark taken; none before the first, and then there are no bars.
    last: Nanos,
}

impl MarkBars {
    pub(crate) const fn new(grace: Nanos) -> Self {
        let open = Open::empty(Nanos::NONE, Fine(0));
        Self { grace, open: [open; Interval::ALL.len()], last: Nanos::NONE }
    }

    /// The open bar of an interval; `None` before the first mark.
    #[must_use]
    pub fn open(&self, interval: Interval) -> Option<MarkBarLine> {
        let at = interval as usize;
        let mut bar = self.open[at];
        if at != 0 {
            bar.fold(&self.open[0]);
        }
        (self.last != Nanos::NONE).then(|| bar.line(at, 1))
    }

    /// Whether the venue clock closes a bar.
    #[inline]
    pub(crate) const fn passes(&self, clock: Nanos) -> bool {
        self.last.0 != 0 && self.open[0].time.after(SHORTEST).after(self.grace).0 <= clock.0
    }

    /// Closes what the venue clock closes.
    #[cold]
    pub(crate) fn pass(&mut self, clock: Nanos, emit: impl FnMut(MarkBarLine)) {
        self.close(clock.since(self.grace), emit);
    }

    /// Takes a mark and closes what it closes; `false`: it is not one to take.
    pub(crate) fn mark(&mut self, time: Nanos, mark: Fine, emit: impl FnMut(MarkBarLine)) -> bool {
        if time <= self.last || mark.0 <= 0 {
            return false;
        }
        if self.last == Nanos::NONE {
            for (interval, open) in Interval::ALL.iter().zip(&mut self.open) {
                *open = Open::empty(time.floor(interval.length()), mark);
            }
        } else if self.open[0].time.after(SHORTEST) <= time {
            self.close(time, emit);
        }
        if self.last != Nanos::NONE {
            self.open[0].unstable |= SILENCE_MAX < time.since(self.last);
        }
        self.open[0].mark(mark);
        self.last = time;
        true
    }

    /// Closes the open bars as they are, marked unstable, and begins anew at the next mark: the
    /// venue's time jumped.
    #[cold]
    pub(crate) fn restart(&mut self, mut emit: impl FnMut(MarkBarLine)) {
        if self.last != Nanos::NONE {
            self.open[0].unstable = true;
            self.fold_shortest();
            for (at, open) in self.open.iter().enumerate().filter(|(_, open)| open.marks != 0) {
                emit(open.line(at, 1));
            }
        }
        *self = Self::new(self.grace);
    }

    fn fold_shortest(&mut self) {
        let [shortest, longer @ ..] = &mut self.open;
        for bar in longer {
            bar.fold(shortest);
        }
    }

    /// Closes every bar that ends at or before `until`, shortest interval first.
    #[inline(never)]
    fn close(&mut self, until: Nanos, mut emit: impl FnMut(MarkBarLine)) {
        self.fold_shortest();
        let dark = self.last.after(SILENCE_MAX);
        for (at, open) in self.open.iter_mut().enumerate() {
            let length = Interval::ALL[at].length();
            let next = until.floor(length);
            if next <= open.time {
                continue;
            }
            if open.marks != 0 {
                let end = open.time.after(length);
                open.unstable |= dark < end;
                emit(open.line(at, 1));
                *open = Open::empty(end, open.close);
            }
            // Bars without a mark up to where the silence grows too long, and those behind it.
            while open.time < next {
                let sound = dark.since(open.time).0 / length.0;
                let left = next.since(open.time).0 / length.0;
                let run = if sound == 0 { left } else { sound.min(left) };
                open.unstable = sound == 0;
                emit(open.line(at, run));
                *open = Open::empty(Nanos(open.time.0 + run * length.0), open.close);
            }
        }
    }
}
