"""Least squares by numpy over the last 60 samples, wherever there are at least 30.

stdin: a series a line: "change:delta change:delta …". stdout: a series a line: "slope:intercept" for
every place from the 30th sample on, "-" where every delta is the same.
"""

import sys

import numpy as np

for line in sys.stdin:
    samples = np.array([[float(n) for n in pair.split(":")] for pair in line.split()])
    out = []
    for end in range(30, len(samples) + 1):
        y, x = samples[max(0, end - 60) : end].T
        if np.all(x == x[0]):
            out.append("-")
            continue
        # Centred, or the normal equations of large deltas lose what is asked for.
        mean = x.mean()
        matrix = np.stack([x - mean, np.ones_like(x)], axis=1)
        (slope, level), *_ = np.linalg.lstsq(matrix, y, rcond=None)
        out.append(f"{slope!r}:{level - slope * mean!r}".replace("np.float64(", "").replace(")", ""))
    print(" ".join(out))
