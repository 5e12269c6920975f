//! From the book and beside it: OFI, liquidity fate, open interest, funding, liquidations.
