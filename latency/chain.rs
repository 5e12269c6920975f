//! The links of the river that carry a clock: what the stages stand between.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Head, Message, Nanos, Sink};
use runtime::door::Room;
use runtime::{Clock, Outlet, Work};
use venue::feed::Tap;

use crate::stamps::{Arrived, Times, is_reported};

/// Stamps what came out of the decoder and passes it on.
#[derive(Debug)]
pub(crate) struct Entry<S> {
    pub(crate) clock: Clock,
    pub(crate) read: Arc<AtomicU64>,
    pub(crate) arrived: Vec<Arrived>,
    pub(crate) way: S,
}

impl<S> Entry<S> {
    pub(crate) fn new(clock: &Clock, read: &Arc<AtomicU64>, way: S) -> Self {
        let blank = Arrived { sequence: 1, kind: 0, id: 0, read: Nanos(1), decoded: Nanos(1) };
        // Every page is touched before the run.
        let mut arrived = vec![blank; 1 << 20];
        arrived.clear();
        Self { clock: clock.clone(), read: Arc::clone(read), arrived, way }
    }
}

impl<S: Sink> Sink for Entry<S> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        let Head { sequence, kind, id, .. } = *message.head;
        if is_reported(kind) && self.arrived.len() < self.arrived.capacity() {
            let read = Nanos(self.read.load(Ordering::Relaxed));
            self.arrived.push(Arrived { sequence, kind, id, read, decoded: self.clock.now() });
        }
        self.way.send(message);
    }
}

/// Stamps the plaintext of a frame.
#[derive(Debug)]
pub(crate) struct ReadStamp {
    pub(crate) clock: Clock,
    pub(crate) read: Arc<AtomicU64>,
}

impl Tap for ReadStamp {
    #[inline]
    fn frame(&mut self, _bytes: &[u8], _now: Nanos) {
        self.read.store(self.clock.now().0, Ordering::Relaxed);
    }
}

/// A stage with a stamp before and one behind each message.
#[derive(Debug)]
pub(crate) struct Stamped<W> {
    pub(crate) work: W,
    pub(crate) clock: Clock,
    pub(crate) before: Times,
    pub(crate) behind: Option<Times>,
}

impl<W> Stamped<W> {
    pub(crate) fn new(work: W, clock: &Clock) -> Self {
        Self { work, clock: clock.clone(), before: Times::default(), behind: None }
    }
}

impl<W: Work> Work for Stamped<W> {
    const ROLE: &'static str = W::ROLE;
    const OUT_MAX: usize = W::OUT_MAX;

    #[inline]
    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let sequence = message.head.sequence;
        self.before.put(sequence, self.clock.now());
        self.work.take(message, out);
        if let Some(behind) = &mut self.behind {
            behind.put(sequence, self.clock.now());
        }
    }
}

/// A stage called in place by the one before it.
#[derive(Debug)]
pub(crate) struct Call<W, S> {
    pub(crate) work: W,
    pub(crate) out: S,
}

impl<W: Work, S: Sink> Sink for Call<W, S> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        self.work.take(message, &mut self.out);
    }
}

impl<W: Work, S: Room> Room for Call<W, S> {
    fn room(&self) -> usize {
        // In messages: each can cause OUT_MAX lines behind the stage.
        self.out.room().checked_div(W::OUT_MAX).unwrap_or(usize::MAX)
    }

    fn fits(&self, messages: usize, _lines: usize) -> bool {
        messages <= self.room()
    }
}

/// Behind the last stage.
#[derive(Debug)]
pub(crate) struct End;

impl Sink for End {
    fn send(&mut self, _message: Message<'_>) {}
}

impl Room for End {
    fn room(&self) -> usize {
        usize::MAX
    }
}

macro_rules! outlet {
    ($name:ty, [$($bounds:tt)*], $inner:ident) => {
        impl<$($bounds)*> Outlet for $name {
            fn ask_max(&self) -> usize {
                self.$inner.ask_max()
            }
            fn sent(&self) -> u64 {
                self.$inner.sent()
            }
            fn is_abandoned(&self) -> bool {
                self.$inner.is_abandoned()
            }
            fn close(&mut self) {
                self.$inner.close();
            }
        }
    };
}

outlet!(Entry<S>, [S: Outlet], way);
outlet!(Call<W, S>, [W: Work, S: Outlet], out);

impl<S: Room> Room for Entry<S> {
    fn room(&self) -> usize {
        self.way.room()
    }

    fn fits(&self, messages: usize, lines: usize) -> bool {
        self.way.fits(messages, lines)
    }
}

impl Outlet for End {
    fn ask_max(&self) -> usize {
        usize::MAX
    }

    fn sent(&self) -> u64 {
        0
    }

    fn is_abandoned(&self) -> bool {
        false
    }

    fn close(&mut self) {}
}
