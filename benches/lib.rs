//! Shared furniture of this folder: contestants measured in turns.
//!
//! Each round runs every contestant once, so that a noisy neighbour disturbs all of them; what
//! counts is thread CPU time, and of a ratio the median over the rounds.
#![forbid(unsafe_code)]

pub mod hop;
pub mod instructions;

use rustix::time::{ClockId, clock_gettime};

/// CPU time of this thread, ns.
#[must_use]
pub fn cpu_ns() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "a bench's figure, not money")]
    {
        now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
    }
}

/// One contestant: a name and a run over the whole input.
pub struct Contestant<'c> {
    name: &'c str,
    run: Box<dyn FnMut() + 'c>,
}

impl std::fmt::Debug for Contestant<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name)
    }
}

impl<'c> Contestant<'c> {
    /// A contestant.
    pub fn new(name: &'c str, run: impl FnMut() + 'c) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// What was measured of one contestant.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// Best CPU time an item, ns.
    pub least_ns: f64,
    /// Median CPU time an item, ns.
    pub median_ns: f64,
    /// Its time over the first contestant's, median over the rounds.
    pub ratio: f64,
}

/// Measures contestants in turns; `items` is what one run handles. One run of each warms up.
pub fn measure(rounds: usize, items: usize, contestants: &mut [Contestant<'_>]) -> Vec<Figure> {
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    for round in 0..=rounds {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            let start = cpu_ns();
            (contestant.run)();
            let spent = cpu_ns() - start;
            if 0 < round {
                #[expect(clippy::cast_precision_loss, reason = "a bench's figure, not money")]
                times.push(spent / items as f64);
            }
        }
    }
    let first = times.first().cloned().unwrap_or_default();
    let figure = |(contestant, times): (&Contestant<'_>, &Vec<f64>)| Figure {
        name: contestant.name.to_owned(),
        least_ns: times.iter().copied().fold(f64::INFINITY, f64::min),
        median_ns: median(times.clone()),
        ratio: median(times.iter().zip(&first).map(|(own, first)| own / first).collect()),
    };
    contestants.iter().zip(&times).map(figure).collect()
}

/// The middle value.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// One row of a table: name, ns an item, how many times slower than the first.
#[must_use]
pub fn row(figure: &Figure) -> String {
    format!(
        "{:34} {:9.1} {:9.1} {:8.2}",
        figure.name, figure.least_ns, figure.median_ns, figure.ratio
    )
}
