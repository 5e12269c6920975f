//! Who takes part: volume clusters, efficiency, momentum, exhaustion, urgency.
