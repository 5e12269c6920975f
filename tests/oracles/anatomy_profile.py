"""POC, value area and initial balance of bars, by py-market-profile.

In: the path of the bars (a file of the shared data) in the first line, a row size in the second. Out:
poc, val, vah, initial balance low and high, and the rows of its histogram as price:volume.
"""

import sys

import pandas
from market_profile import MarketProfile

path, size = (line.strip() for line in sys.stdin)
bars = pandas.read_csv(path, index_col="Timestamp", parse_dates=True)
found = MarketProfile(bars, tick_size=float(size))[bars.index.min() : bars.index.max()]
low, high = found.initial_balance()
val, vah = found.value_area
print(found.poc_price, val, vah, low, high)
for price, volume in found.profile.items():
    print(price, int(volume))
