//! What is told of a window: when its profile is said again, how far it is to be trusted, and the
//! session that ended.

use model::{Nanos, SECOND, Trust};

use super::{Span, State};
use crate::profile::Profile;

/// A profile of which only the volume is another is said once in each of these of the venue clock.
const QUIET: Nanos = SECOND;

/// A session that is over.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) profile: Profile,
    // When it opened; none while none has ended.
    pub(super) open: Option<Nanos>,
    pub(super) holed: bool,
}

/// A session that is over, as others read it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Completed<'a> {
    pub(crate) profile: &'a Profile,
    /// When it opened and when it ended.
    pub(crate) open: Nanos,
    pub(crate) end: Nanos,
    pub(crate) trust: Trust,
}

impl State {
    /// When the open session opened; none for other windows and before the first event.
    pub(crate) const fn opened(&self) -> Option<Nanos> {
        match &self.span {
            Span::Session(session) => session.open,
            _ => None,
        }
    }

    /// The session before the open one, when there was one. `start`: clock at the first event.
    pub(crate) fn completed(&self, start: Nanos) -> Option<Completed<'_>> {
        let (Some(ended), Span::Session(session)) = (&self.ended, &self.span) else { return None };
        let open = ended.open?;
        let trust = trust_of(ended.holed, start <= open, &ended.profile);
        Some(Completed { profile: &ended.profile, open, end: open.after(session.length), trust })
    }

    /// Whether it has to be looked at at this instant.
    #[inline]
    pub(crate) fn may_have_news(&self, clock: Nanos) -> bool {
        self.shown && (self.changed || clock >= self.look)
    }

    /// Whether an insight is due: POC, value area, Δ or trust are others than were said last, or
    /// the volume is, and that was a while ago. To be sent when this says so.
    #[inline]
    pub(crate) fn has_news(&mut self, trust: Trust, clock: Nanos) -> bool {
        let now = (self.profile.key(), trust);
        let news = match self.said {
            Some(said) => said != now || self.changed && clock >= self.look,
            None => !self.profile.is_empty(),
        };
        if news {
            self.said = Some(now);
            self.changed = false;
        }
        if news || clock >= self.look {
            // By the clock's own seconds: a message more or less does not shift all later ones.
            self.look = clock.floor(QUIET).after(QUIET);
        }
        news
    }

    /// How far the profile is to be trusted. `hole`: clock at the last hole, `start`: at the
    /// first event.
    #[inline]
    pub(crate) fn trust(&self, clock: Nanos, start: Nanos, hole: Nanos) -> Trust {
        let (contaminated, covered) = match &self.span {
            Span::Everything => (self.holed, true),
            Span::Session(session) => (self.holed, session.open.is_some_and(|open| start <= open)),
            Span::Rolling(rolling) => {
                let edge = clock.since(rolling.length);
                let covered = start <= edge && rolling.evicted <= edge;
                (hole != Nanos::NONE && hole > edge, covered)
            }
            Span::Composite(days) => (days.is_contaminated(), days.is_covered(start)),
            Span::Event(since) => {
                let trust = since.trust(start, hole);
                (trust.has(Trust::CONTAMINATED), !trust.has(Trust::UNCOVERED))
            }
        };
        let mut trust = trust_of(contaminated, covered, &self.profile);
        // The day that left is still in it.
        if matches!(&self.span, Span::Composite(days) if days.is_building()) {
            trust = trust.with(Trust::PROVISIONAL);
        }
        trust
    }
}

#[inline]
fn trust_of(contaminated: bool, covered: bool, profile: &Profile) -> Trust {
    let mut trust = Trust::SOUND;
    if contaminated {
        trust = trust.with(Trust::CONTAMINATED);
    }
    if !covered {
        trust = trust.with(Trust::UNCOVERED);
    }
    if profile.is_empty() || profile.is_laid() {
        trust = trust.with(Trust::MISSING);
    }
    trust
}
