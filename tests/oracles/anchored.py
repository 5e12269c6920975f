"""Mean, deviation and bands since an anchor, summed by pandas from the rows of the file."""

import sys

import numpy as np
import pandas as pd

lines = sys.stdin.read().splitlines()
trades = pd.read_csv(lines[0], header=None, usecols=[1, 2, 5], names=["p", "q", "t"])
ticks = (trades["p"] * 100).round()
lots = (trades["q"] * 100_000).round()
nanos = trades["t"] * 1_000_000

equal = 0
for line in lines[1:]:
    window, rows, time, mean, sigma, price, *bands = line.split()
    held = (np.arange(len(trades)) < int(rows)) & (nanos >= int(time))
    p, v = ticks[held], lots[held]
    want = (p * v).sum() / v.sum()
    spread = np.sqrt((v * (p - want) ** 2).sum() / v.sum())
    assert abs(float(mean) - want) <= 1e-12 * want, (line, want)
    assert abs(float(sigma) - spread) <= 1e-12 * want, (line, spread)
    assert abs(float(sigma) - spread) <= 1e-9 * spread, (line, spread)
    steps = [0, -3, -2, -1, 1, 2, 3]
    for k, band in zip(steps, [price, *bands], strict=True):
        exact = want + k * spread + 0.5
        # A border of rounding is not to be decided in floats.
        near = abs(exact - round(exact)) < 1e-6
        assert near or int(band) == int(np.floor(exact)), (line, k, exact)
    equal += 1
print("equal", equal)
