"""Market structure by brute force, written from docs/ANALYTICS.md: every fact is looked up in whole arrays.

stdin: first line the bars' length in ns, then a line a bar: time_ns open high low close (integers).
stdout: a line a fact: bar what step up top bottom time share uncovered.
"""
import sys

import numpy as np

HOUR = 3_600_000_000_000
DAY = 24 * HOUR

length, *rows = sys.stdin.read().strip().split("\n")
length = int(length)
bars = [tuple(int(cell) for cell in row.split()) for row in rows]
T, O, H, L, C = (np.array(column, dtype=np.int64) for column in zip(*bars))
N = len(T)
facts = []


def fact(bar, what, step, up, top, bottom, time, share=None, uncovered=False):
    share = "-" if share is None else repr(float(share))
    facts.append(f"{bar} {what} {step} {int(up)} {top} {bottom} {time} {share} {int(uncovered)}")


def first(mask, start):
    """The first bar >= start where the mask holds; None without one."""
    hits = mask[start:]
    at = int(np.argmax(hits)) if len(hits) else 0
    return start + at if len(hits) and hits[at] else None


# Gaps: three bars, the middle one closes in the gap's direction.
for i in range(1, N - 1):
    if L[i + 1] > H[i - 1] and C[i] > O[i]:
        up, bottom, top = True, int(H[i - 1]), int(L[i + 1])
    elif H[i + 1] < L[i - 1] and C[i] < O[i]:
        up, bottom, top = False, int(H[i + 1]), int(L[i - 1])
    else:
        continue
    say = lambda bar, step, share: fact(bar, "gap", step, up, top, bottom, T[i], share)
    say(i + 1, "created", 0)
    touch = first(L <= top if up else H >= bottom, i + 2)
    if touch is None:
        continue
    fill = first(L <= bottom if up else H >= top, i + 2)
    end = N if fill is None else fill
    depth = (top - L[touch : end + 1]) if up else (H[touch : end + 1] - bottom)
    record = -1
    for offset, deep in enumerate(depth):
        bar, share = touch + offset, min(int(deep), top - bottom) / (top - bottom)
        if offset == 0:
            say(bar, "touched", share)
        if bar == fill:
            say(bar, "filled", share)
        elif offset > 0 and share > record:
            say(bar, "deepened", share)
        record = max(record, share)

# Swings: above the five before, not below the five after.
swings = []
for i in range(5, N - 5):
    if H[i] > H[i - 5 : i].max() and H[i] >= H[i + 1 : i + 6].max():
        swings.append((i + 5, i, True, int(H[i])))
    if L[i] < L[i - 5 : i].min() and L[i] <= L[i + 1 : i + 6].min():
        swings.append((i + 5, i, False, int(L[i])))
for known, i, up, price in swings:
    fact(known, "swing", "created", up, price, price, T[i])

# Breaks: of each swing the first close beyond, while it was the last of its side.
broken = []
for side in (True, False):
    own = [swing for swing in swings if swing[2] == side]
    for at, (known, i, up, price) in enumerate(own):
        # The next swing becomes the last only after its own bar was judged.
        until = own[at + 1][0] if at + 1 < len(own) else N - 1
        bar = first(C > price if up else C < price, known + 1)
        if bar is not None and bar <= until:
            broken.append((bar, not up, up, price))
broken.sort()
trend, breaks = None, {}
for bar, _, up, price in broken:
    what = "bos" if trend is None or trend == up else "choch"
    trend = up
    breaks[bar] = (what, up)
    fact(bar, what, "created", up, price, price, T[bar])

# Wilder's average true range: the mean of 14, then smoothed. None before 15 bars.
ATR = [None] * N
total = 0.0
for i in range(1, N):
    tr = float(max(H[i], C[i - 1]) - min(L[i], C[i - 1]))
    if i <= 14:
        total += tr
        if i == 14:
            ATR[i] = total / 14.0
    else:
        ATR[i] = (ATR[i - 1] * 13.0 + tr) / 14.0

# Order blocks: of a BOS whose own bar is a displacement, the last opposing candle of the 16 bars before.
used = {True: None, False: None}
for bar in sorted(breaks):
    what, up = breaks[bar]
    body = int(C[bar] - O[bar]) * (1 if up else -1)
    if what != "bos" or ATR[bar - 1] is None or body <= 0 or body < 1.5 * ATR[bar - 1]:
        continue
    opposing = [i for i in range(max(0, bar - 16), bar) if (C[i] < O[i] if up else C[i] > O[i])]
    if not opposing or used[up] == opposing[-1]:
        continue
    i = used[up] = opposing[-1]
    top, bottom = int(H[i]), int(L[i])
    fact(bar, "block", "created", up, top, bottom, T[i])
    broke = first(C < bottom if up else C > top, bar + 1)
    touch = first(L <= top if up else H >= bottom, bar + 1)
    if touch is not None and (broke is None or touch <= broke):
        fact(touch, "block", "touched", up, top, bottom, T[i])
    if broke is not None:
        fact(broke, "block", "broken", up, top, bottom, T[i])


def fate(price, up, start):
    """The first bar >= start that trades beyond a pool, and what its close makes of it."""
    bar = first(H > price if up else L < price, start)
    if bar is None:
        return None, None
    return bar, "broken" if (C[bar] > price if up else C[bar] < price) else "swept"


# Pools of equal highs and lows.
for side in (True, False):
    waiting, pools = [], []
    for known, i, up, price in [swing for swing in swings if swing[2] == side]:
        equal = lambda other: abs(price - other) * 2000 <= other
        far = max if up else min
        live = [pool for pool in pools if pool["end"] is None or pool["end"] > known]
        join = [pool for pool in live if equal(pool["price"])]
        # A single swing waits while no bar since it became known went more than 0.05 % beyond.
        alive = []
        for k, j, p in waiting:
            span = H[k + 1 : known + 1] if up else L[k + 1 : known + 1]
            worst = int(span.max() if up else span.min())
            beyond = worst > p if up else worst < p
            if not (beyond and abs(worst - p) * 2000 > p):
                alive.append((k, j, p))
        waiting = alive
        pair = [w for w in waiting if equal(w[2])]
        if join:
            pool = join[-1]
            pool["price"], pool["count"] = far(pool["price"], price), pool["count"] + 1
            pool["end"], pool["how"] = fate(pool["price"], up, known + 1)
            fact(known, "equal", "grown", up, pool["price"], pool["price"], T[pool["time"]], pool["count"])
        elif pair:
            other = pair[-1]
            waiting.remove(other)
            edge = far(other[2], price)
            end, how = fate(edge, up, known + 1)
            pools.append({"price": edge, "count": 2, "time": other[1], "end": end, "how": how})
            fact(known, "equal", "created", up, edge, edge, T[other[1]], 2)
        else:
            waiting = (waiting + [(known, i, price)])[-8:]
    for pool in pools:
        if pool["end"] is not None:
            price = pool["price"]
            fact(pool["end"], "equal", pool["how"], side, price, price, T[pool["time"]], pool["count"])

# Sessions: their extremes are pools once they are over, until swept, broken or followed by the next.
def hours(start, end):
    def of(time):
        day = time - time % DAY
        inside = start * HOUR <= time - day < end * HOUR
        return (day + start * HOUR, day + end * HOUR) if inside else None
    return of


def days(count, shift):
    def of(time):
        start = time - (time + shift * DAY) % (count * DAY)
        return (start, start + count * DAY)
    return of


def funding(time):
    start = time - time % (8 * HOUR)
    return (start, start + 8 * HOUR)


KINDS = [("day", days(1, 0)), ("week", days(7, 3)), ("funding", funding), ("asia", hours(0, 9)),
         ("london", hours(7, 16)), ("new_york", hours(12, 22)), ("overlap", hours(12, 16))]
for what, of in KINDS:
    held = {}
    for i in range(N):
        span = of(int(T[i]))
        if span:
            held.setdefault(span, []).append(i)
    done = []
    for (start, end), members in sorted(held.items()):
        last = members[-1]
        if int(T[last]) + length >= end:
            known, late = last, False
        elif last + 1 < N:
            # Bars are missing at the end: over when the first bar at or after it closes.
            known, late = next(i for i in range(last + 1, N) if T[i] >= end), True
        else:
            continue
        done.append((known, late, start, members))
    for at, (known, late, start, members) in enumerate(done):
        uncovered = late or int(T[members[0]]) != start
        follow = done[at + 1] if at + 1 < len(done) else None
        for up in (False, True):
            price = int(H[members].max() if up else L[members].min())
            fact(known, what, "created", up, price, price, start, None, uncovered)
            bar, how = fate(price, up, known if late else known + 1)
            # A bar that ends the next session on time judges first; one that finds it over does not.
            stands = N if follow is None else follow[0] - (1 if follow[1] else 0)
            if bar is not None and bar <= stands:
                fact(bar, what, how, up, price, price, start, None, uncovered)
            elif follow is not None:
                fact(follow[0], what, "expired", up, price, price, start, None, uncovered)

print("\n".join(facts))
