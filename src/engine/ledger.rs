//! The end of the river: keeps the proof of what was said and decided, one running digest a kind and
//! instrument.

use model::{Digest, INSTRUMENTS_MAX, Insight, Kind, Line, Message, Sink};
use runtime::Work;

use crate::marks::{MARK_EVERY, Marks};

/// Insights are numbered 128..=191, decisions 192..=223.
const FIRST: usize = 128;
const KINDS: usize = 96;

/// How many insights or decisions of one kind and instrument there were, and their digest.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Account {
    /// How many.
    pub count: u64,
    /// Digest over every byte of them, in order.
    pub digest: Digest,
}

/// The digests of a run's insights and decisions.
#[derive(Debug)]
pub struct Ledger {
    accounts: Box<[Account]>,
    marks: Marks,
    // The next boundary at which the digest is published.
    boundary: u64,
}

impl Default for Ledger {
    fn default() -> Self {
        let accounts = vec![Account::default(); KINDS * INSTRUMENTS_MAX].into();
        Self { accounts, marks: Marks::default(), boundary: MARK_EVERY }
    }
}

impl Ledger {
    /// The accounts that hold anything, in order of kind and instrument.
    pub fn accounts(&self) -> impl Iterator<Item = (u16, usize, Account)> + '_ {
        self.accounts.iter().enumerate().filter(|(_, account)| account.count > 0).filter_map(
            |(at, &account)| {
                let kind = u16::try_from(FIRST + at / INSTRUMENTS_MAX).ok()?;
                Some((kind, at % INSTRUMENTS_MAX, account))
            },
        )
    }

    /// One digest over the table: equal for a run, its log's replay, the replica and every layout.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        for (kind, instrument, account) in self.accounts() {
            digest.word(u64::from(kind));
            digest.word(instrument as u64);
            digest.word(account.count);
            digest.word(account.digest.value());
        }
        digest
    }

    #[inline]
    fn account(&mut self, message: Message<'_>) {
        let line: &Line = bytemuck::must_cast_ref(message.head);
        let insight = Insight::read(line);
        if insight.sequence >= self.boundary {
            self.mark(insight.sequence);
        }
        let kind = usize::from(insight.kind).wrapping_sub(FIRST);
        let instrument = insight.instrument.index();
        if kind >= KINDS || instrument >= INSTRUMENTS_MAX {
            return;
        }
        let account = &mut self.accounts[kind * INSTRUMENTS_MAX + instrument];
        account.count += 1;
        account.digest.line(line);
        for line in message.body.iter() {
            account.digest.line(line);
        }
    }

    /// Publishes what was said before the boundary that this sequence passes.
    #[cold]
    fn mark(&mut self, sequence: u64) {
        self.boundary = self.marks.set(sequence, self.digest());
    }

    /// Where the digest is published at every boundary.
    #[must_use]
    pub fn marks(&self) -> Marks {
        self.marks.clone()
    }

    /// Insights of one kind over all instruments.
    #[must_use]
    pub fn count(&self, kind: Kind) -> u64 {
        let of_kind = self.accounts().filter(|&(number, _, _)| number == kind as u16);
        of_kind.map(|(_, _, account)| account.count).sum()
    }
}

/// Called in place by the stage before it.
impl Sink for Ledger {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        self.account(message);
    }
}

impl Work for Ledger {
    const ROLE: &'static str = "ledger";
    const OUT_MAX: usize = 0;

    #[inline]
    fn take<S: Sink>(&mut self, message: Message<'_>, _out: &mut S) {
        self.account(message);
    }
}
