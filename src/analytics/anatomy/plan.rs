//! What an operator may choose about nodes.

/// Which turns of the smoothed histogram are nodes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Nodes {
    /// Peaks and valleys that are prominent beside their like.
    #[default]
    Prominence,
    /// Peaks at or above the 70th and valleys at or below the 30th percentile of the bins.
    Percentile,
}

/// Parameters of the group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnatomyPlan {
    /// Bins of the centred sum, 1..=5, so that 60 is a multiple of every count of bins; an even
    /// number is taken as the next odd one (`smooth_bins`).
    pub smooth_bins: usize,
    /// `nodes`.
    pub nodes: Nodes,
    /// Seconds of the venue clock between two analyses of a window, >= 1 (`refresh_s`).
    pub refresh_s: u64,
}

impl Default for AnatomyPlan {
    /// The specification's values.
    fn default() -> Self {
        Self { smooth_bins: 5, nodes: Nodes::Prominence, refresh_s: 10 }
    }
}
