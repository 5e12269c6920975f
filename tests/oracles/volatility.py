"""Realised volatility by pandas, from closes of seconds.

stdin: "second close" a line, seconds without a gap. stdout: a line a second: the annualised
volatility over 300, 3 600 and 86 400 returns, "-" below half of them.
"""

import sys

import numpy as np
import pandas as pd

rows = np.array([[int(n) for n in line.split()] for line in sys.stdin])
assert np.all(np.diff(rows[:, 0]) == 1)
squares = np.log(pd.Series(rows[:, 1].astype(float))).diff() ** 2
columns = []
for window in (300, 3600, 86400):
    # Means of at most `window` returns; numpy's cumulative sums would drift.
    rolling = squares.rolling(window, min_periods=window // 2)
    columns.append(np.sqrt(rolling.mean() * 365 * 86400))
for values in zip(*columns):
    print(" ".join("-" if np.isnan(value) else repr(float(value)) for value in values))
