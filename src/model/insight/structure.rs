//! Market structure: gaps, breaks, order blocks, pools, sweeps, liquidation clusters.
