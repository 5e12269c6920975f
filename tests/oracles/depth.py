"""Order flow imbalance per minute, from quotes: u,time_ms,bid,bid_lots,ask,ask_lots a line."""

import sys

import numpy as np
import pandas as pd

frame = pd.read_csv(sys.stdin, header=None, names=["u", "time", "b", "qb", "a", "qa"])
# In order of u: a quote that comes behind a later one is left out.
frame = frame[frame.u > frame.u.cummax().shift(fill_value=0)]
last = frame.shift()
e = (
    np.where(frame.b >= last.b, frame.qb, 0)
    - np.where(frame.b <= last.b, last.qb, 0)
    - np.where(frame.a <= last.a, frame.qa, 0)
    + np.where(frame.a >= last.a, last.qa, 0)
)
frame = frame.assign(e=e, size=np.abs(e)).iloc[1:]
minutes = frame.groupby(frame.time // 60_000)[["e", "size"]].sum()
for minute, row in minutes.iterrows():
    print(minute, int(row["e"]), int(row["size"]))
