//! When a route may connect again: jittered backoff, a budget of connections, and the point at
//! which entries halt. Pure: time and dice are arguments.

use model::{MINUTE, Nanos, SECOND};

/// How a route's connections live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// The longest wait after a first failure; it doubles with each further one.
    pub backoff_first: Nanos,
    /// The longest wait at all.
    pub backoff_max: Nanos,
    /// The shortest wait after the venue refused for rate or ban.
    pub backoff_banned: Nanos,
    /// Connections within `budget_span` at most.
    pub budget: usize,
    /// See `budget`.
    pub budget_span: Nanos,
    /// Failures in a row after which entries halt.
    pub failures_halt: u32,
    /// How long a proven socket must live before failures are forgotten.
    pub stable: Nanos,
    /// The age at which a socket is replaced, before the venue's 24 h.
    pub rotate: Nanos,
    /// How long both sockets of a rotation are read after the new one is proven.
    pub overlap: Nanos,
    /// How long the peer may take nothing of what we write.
    pub blocked: Nanos,
    /// A pause of our own host after which no socket is believed.
    pub pause: Nanos,
}

impl Default for Rules {
    /// The venue documents no limit of connections for futures; for spot it is 300 in 5 minutes
    /// an address. A quarter of a fifth of that leaves room for other processes.
    fn default() -> Self {
        Self {
            backoff_first: SECOND,
            backoff_max: Nanos(30 * SECOND.0),
            backoff_banned: Nanos(2 * MINUTE.0),
            budget: 15,
            budget_span: Nanos(5 * MINUTE.0),
            failures_halt: 5,
            stable: Nanos(30 * SECOND.0),
            rotate: Nanos(23 * 60 * MINUTE.0),
            overlap: Nanos(2 * SECOND.0),
            blocked: Nanos(10 * SECOND.0),
            pause: Nanos(5 * SECOND.0),
        }
    }
}

impl Rules {
    /// The same real time by a clock that runs this many times as fast, the rotation apart: a
    /// venue whose clock is scaled ends its connections by that clock.
    #[must_use]
    pub const fn scaled(self, times: u64) -> Self {
        const fn scale(span: Nanos, times: u64) -> Nanos {
            Nanos(span.0.saturating_mul(times))
        }
        Self {
            backoff_first: scale(self.backoff_first, times),
            backoff_max: scale(self.backoff_max, times),
            backoff_banned: scale(self.backoff_banned, times),
            budget_span: scale(self.budget_span, times),
            stable: scale(self.stable, times),
            overlap: scale(self.overlap, times),
            blocked: scale(self.blocked, times),
            pause: scale(self.pause, times),
            ..self
        }
    }
}

/// Our own dice, so that one seed is one run: splitmix64.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`, which is not zero. The bias is below 2⁻²⁰ for spans of hours.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % bound.max(1)
    }
}

/// The connections of one route: failures in a row, and when they were made.
#[derive(Clone, Debug)]
pub struct Life {
    rules: Rules,
    dice: Dice,
    failures: u32,
    // Times of the last connections, oldest first; at most `rules.budget`.
    made: Vec<Nanos>,
    due: Nanos,
}

impl Life {
    /// A route that may connect at once.
    #[must_use]
    pub fn new(rules: Rules, dice: Dice) -> Self {
        assert!(rules.budget > 0, "a route without connections has no life");
        Self { rules, dice, failures: 0, made: Vec::with_capacity(rules.budget), due: Nanos::NONE }
    }

    /// What it lives by.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Failures in a row.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether entries must wait until a socket of this route is proven again.
    #[must_use]
    pub const fn is_halted(&self) -> bool {
        self.failures >= self.rules.failures_halt
    }

    /// Whether a connection may be made now; if so it counts against the budget.
    pub fn permits(&mut self, now: Nanos) -> bool {
        if now < self.due || !self.within_budget(now) {
            return false;
        }
        if self.made.len() == self.rules.budget {
            self.made.remove(0);
        }
        self.made.push(now);
        true
    }

    fn within_budget(&self, now: Nanos) -> bool {
        let recent = |made: &&Nanos| now.since(**made) < self.rules.budget_span;
        self.made.iter().filter(recent).count() < self.rules.budget
    }

    /// A connection could not be made, or was lost before it was stable. `banned`: the venue
    /// said so.
    pub fn failed(&mut self, now: Nanos, banned: bool) {
        self.failures = self.failures.saturating_add(1);
        let doublings = (self.failures - 1).min(20);
        let longest = (self.rules.backoff_first.0 << doublings).min(self.rules.backoff_max.0);
        // Half of it for certain, half by the dice: many clients do not come back at one time,
        // and none comes back at once.
        let wait = longest / 2 + self.dice.below(longest / 2 + 1);
        let floor = if banned { self.rules.backoff_banned.0 } else { 0 };
        self.due = now.after(Nanos(wait.max(floor)));
    }

    /// A stable socket was lost: connect again at once, save for a jitter.
    pub fn lost(&mut self, now: Nanos) {
        let first = self.rules.backoff_first.0;
        self.due = now.after(Nanos(self.dice.below(first / 4 + 1)));
    }

    /// A proven socket has lived for `Rules::stable`.
    pub const fn stable(&mut self) {
        self.failures = 0;
    }

    /// The age at which the next socket is to be replaced: up to 4 % early, so that the routes
    /// do not rotate together.
    pub fn rotation_age(&mut self) -> Nanos {
        let rotate = self.rules.rotate.0;
        Nanos(rotate - self.dice.below(rotate / 25 + 1))
    }
}

#[cfg(test)]
mod tests {
    use model::{MINUTE, Nanos, SECOND};
    use proptest::prelude::*;

    use super::{Dice, Life, Rules};

    fn life(seed: u64) -> Life {
        Life::new(Rules::default(), Dice::new(seed))
    }

    /// How many connections a venue sees in `span` that accepts and closes at once, for ever.
    fn storm(life: &mut Life, start: Nanos, span: Nanos) -> Vec<Nanos> {
        let mut made = Vec::new();
        let mut now = start;
        while now < start.after(span) {
            if life.permits(now) {
                made.push(now);
                life.failed(now, false);
            }
            now = now.after(Nanos(SECOND.0 / 10));
        }
        made
    }

    #[test]
    fn waits_double_up_to_a_cap_and_differ_by_seed() {
        let start = Nanos(1_000 * SECOND.0);
        let made = storm(&mut life(1), start, Nanos(4 * MINUTE.0));
        let waits: Vec<u64> = made.windows(2).map(|pair| pair[1].since(pair[0]).0).collect();
        for (index, wait) in waits.iter().enumerate() {
            let longest = (SECOND.0 << index.min(6)).min(30 * SECOND.0);
            let tick = SECOND.0 / 10;
            assert!((longest / 2..=longest + tick).contains(wait), "wait {index}: {wait}");
        }
        assert_ne!(made, storm(&mut life(2), start, Nanos(4 * MINUTE.0)));
        assert_eq!(made, storm(&mut life(1), start, Nanos(4 * MINUTE.0)), "one seed, one run");
    }

    #[test]
    fn entries_halt_after_enough_failures_and_go_on_after_a_stable_socket() {
        let mut life = life(7);
        let now = Nanos(1_000 * SECOND.0);
        for failure in 1..=5 {
            life.failed(now, false);
            assert_eq!(life.is_halted(), failure == 5);
        }
        life.stable();
        assert!(!life.is_halted() && life.failures() == 0);
    }

    #[test]
    fn a_ban_is_waited_out() {
        let mut life = life(7);
        let now = Nanos(1_000 * SECOND.0);
        life.failed(now, true);
        assert!(!life.permits(now.after(Nanos(2 * MINUTE.0 - 1))));
        assert!(life.permits(now.after(Nanos(2 * MINUTE.0))));
    }

    #[test]
    fn a_stable_socket_that_is_lost_comes_back_within_a_jitter() {
        let mut life = life(9);
        let now = Nanos(1_000 * SECOND.0);
        life.lost(now);
        assert!(life.permits(now.after(Nanos(SECOND.0 / 4))));
    }

    proptest! {
        #[test]
        fn no_span_ever_sees_more_connections_than_the_budget(seed: u64, budget in 1_usize..20) {
            let rules = Rules { backoff_max: Nanos(2 * SECOND.0), budget, ..Rules::default() };
            let mut life = Life::new(rules, Dice::new(seed));
            let made = storm(&mut life, Nanos(1_000 * SECOND.0), Nanos(12 * MINUTE.0));
            for window in made.windows(budget + 1) {
                prop_assert!(window[budget].since(window[0]) >= rules.budget_span);
            }
        }

        #[test]
        fn rotation_comes_before_its_time_and_not_much(seed: u64) {
            let age = life(seed).rotation_age();
            let rotate = Rules::default().rotate;
            prop_assert!(age <= rotate && age.0 >= rotate.0 / 100 * 95);
        }
    }
}
