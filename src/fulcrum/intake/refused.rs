//! The account of refused lines: the first few by name, the rest as totals by reason.

use std::fmt::Display;

use model::Refusal;

use super::Voice;

/// Refused lines that are named one by one.
const NAMED: u64 = 5;

/// Refused lines so far.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    // By place in `Refusal::ALL`.
    counts: Vec<u64>,
    total: u64,
}

impl Default for Refused {
    fn default() -> Self {
        Self { counts: vec![0; Refusal::ALL.len()], total: 0 }
    }
}

impl Refused {
    /// Counts a line, and names it on stderr when it is one of the first.
    #[cold]
    pub(crate) fn note(&mut self, reason: Refusal, place: impl Display, voice: Voice) {
        if let Some(at) = Refusal::ALL.iter().position(|&known| known == reason) {
            self.counts[at] += 1;
        }
        self.total += 1;
        if self.total <= NAMED && voice == Voice::Loud {
            eprintln!("{place}: {}: {reason}", reason.text());
        }
    }

    /// Reasons that occurred, with how often.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let all = Refusal::ALL.iter().zip(&self.counts);
        all.filter(|&(_, &count)| count > 0).map(|(reason, &count)| (reason.text(), count))
    }

    /// The total in a sentence, when there is anything to tell.
    pub(crate) fn sentence(&self, lines: u64) -> Option<String> {
        let reasons: Vec<String> =
            self.reasons().map(|(reason, count)| format!("{reason} {count}")).collect();
        (self.total > 0)
            .then(|| format!("{} of {lines} lines refused: {}", self.total, reasons.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::{Refused, Voice};
    use model::Refusal;

    #[test]
    fn reasons_are_counted_apart() {
        let mut refused = Refused::default();
        assert_eq!(refused.sentence(7), None);
        for reason in [Refusal::Truncated, Refusal::NotJson, Refusal::Truncated] {
            refused.note(reason, "test.gz:1", Voice::Silent);
        }
        assert_eq!(
            refused.sentence(7).as_deref(),
            Some("3 of 7 lines refused: not_json 1, truncated 2")
        );
    }
}
