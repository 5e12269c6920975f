"""Participation and volume clusters (analytics.md § 11) from the trades themselves, in plain numpy.

stdin: one line about the run, then one line a reading. Prints what was compared and what differs.
Nothing of the engine is read but its readings and, where the run invents a book, its inputs.
"""

import json
import math
import sys
import zipfile

import numpy as np

DAY = 86_400_000
LENGTHS = {"5m": 300_000, "15m": 900_000, "30m": 1_800_000}
STATES = ["ACCELERATING", "DECELERATING", "TRENDING", "DRIFTING", "FLAT"]
LABELS = ["STRONG_LONG", "STRONG_SHORT", "FADE_SHORT", "FADE_LONG", "BOUNCE_LONG", "BOUNCE_SHORT",
          "CLEAN_LONG", "CLEAN_SHORT", "WARNING", "ACCUMULATION", "DISTRIBUTION", "NO_SIGNAL"]
SIDES = [1, -1, -1, 1, 1, -1, 1, -1, 0, 1, -1, 0]


def trades(path):
    """Times in ms, prices in ticks of 0.01, lots of 0.00001, signs of the aggressor."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = [line.split(",") for line in text.splitlines()]
    whole = lambda cell, digits: int(round(float(cell) * 10**digits))
    time = np.array([int(row[5]) for row in rows])
    price = np.array([whole(row[1], 2) for row in rows])
    lots = np.array([whole(row[2], 5) for row in rows])
    sign = np.array([-1 if row[6] == "True" else 1 for row in rows])
    return time, price, lots, sign


def bars_of(tape, length):
    time, price, lots, sign = tape
    number = time // length
    edges = np.flatnonzero(np.diff(number)) + 1
    out = []
    for start, end in zip(np.r_[0, edges], np.r_[edges, len(time)]):
        p, v = price[start:end], lots[start:end]
        out.append({
            "time": int(number[start] * length), "open": int(p[0]), "close": int(p[-1]),
            "high": int(p.max()), "low": int(p.min()), "volume": int(v.sum()),
            "delta": int((v * sign[start:end]).sum()), "prices": p, "lots": v,
        })
    return out


def sign(x):
    return int(x > 0) - int(x < 0)


def nearest_rank(samples, percent):
    ordered = sorted(samples)
    return ordered[math.ceil(percent * len(ordered) / 100) - 1]


def wilder(bars):
    """ATR 14 after each bar; seeded as TA-Lib: the mean of the first 14 true ranges."""
    out, ranges, atr = [], [], None
    for at, bar in enumerate(bars):
        if at:
            before = bars[at - 1]["close"]
            ranges.append(max(bar["high"], before) - min(bar["low"], before))
            if len(ranges) == 14:
                atr = sum(ranges) / 14
            elif len(ranges) > 14:
                atr = (atr * 13 + ranges[-1]) / 14
        out.append(atr)
    return out


def kyle(bars, at):
    """λ⁺ over the changes of the last 60 bars; missing below 30."""
    last = bars[max(0, at - 60):at + 1]
    if len(last) - 1 < 30:
        return None
    y = np.diff([bar["close"] for bar in last])
    x = [bar["delta"] for bar in last[1:]]
    return max(float(np.polyfit(x, y, 1)[0]), 0.0)


def clusters_of(bars, at, inputs, span, width, depth):
    """Rows above μ + 1.5 σ and both neighbours, with everything that hangs on them."""
    window = bars[max(0, at - span + 1):at + 1]
    low = min(bar["low"] for bar in window) // width
    high = max(bar["high"] for bar in window) // width
    by_bar = []
    for bar in window:
        rows = np.zeros(high - low + 1, dtype=np.int64)
        np.add.at(rows, bar["prices"] // width - low, bar["lots"])
        by_bar.append(rows)
    rows = np.sum(by_bar, axis=0)
    out = {"bars": len(window), "rows": len(rows), "sum": int(rows.sum())}
    mean, deviation = rows.mean(), rows.std()
    if 2 * len(window) < span or deviation == 0:
        return out, None
    padded = np.r_[0, rows, 0]
    now = bars[at]
    effort = np.mean([abs(bar["delta"]) / bar["volume"] for bar in window if bar["volume"]])
    atr, lam = inputs["atr"], inputs["lambda"]
    known = [(i, bar["interest"]) for i, bar in enumerate(window) if bar["interest"] is not None]
    interest = None
    if now["interest"] is not None and 2 * (len(window) - known[0][0]) >= span:
        interest = now["interest"] / known[0][1]
    found = []
    for row in np.flatnonzero((rows > padded[:-2]) & (rows > padded[2:])):
        if not rows[row] > mean + 1.5 * deviation:
            continue
        flow = [bar["ofi"] if bar["ofi"] is not None else bar["delta"] / bar["volume"]
                for bar in window]
        bias = sum(f * r[row] for f, r in zip(flow, by_bar)) / rows[row]
        z = (rows[row] - mean) / deviation
        book = 1.0
        if depth and 0 <= row + low - depth["first"] < len(depth["lots"]):
            book = depth["lots"][row + low - depth["first"]] / np.mean(depth["lots"])
            book = min(max(book, 0.5), 2.0)
        centre = (row + low) * width + width / 2
        distance = difficulty = score = None
        if atr is not None:
            distance = abs(centre - now["close"]) / atr
            if lam is not None:
                difficulty = lam * rows[row] * effort / atr
            proximity = math.exp(-distance * (1 + (difficulty or 0)) / 2)
            score = z * (0.5 + 0.5 * abs(bias)) * book * (interest or 1) * proximity
        found.append({"low": int((row + low) * width), "lots": int(rows[row]), "z": z,
                      "bias": bias, "book": book, "distance": distance, "difficulty": difficulty,
                      "score": score, "side": sign(centre - now["close"])})
    out.update(found=len(found), effort=effort, interest=interest)
    found = sorted(sorted(found, key=lambda one: (-one["lots"], one["low"]))[:16],
                   key=lambda one: one["low"])
    return out, found


def add(parts):
    parts = list(parts)
    return None if None in parts else sum(parts)


def structure_of(found):
    support = [one for one in found if one["side"] < 0 and one["bias"] > 0]
    resistance = [one for one in found if one["side"] > 0 and one["bias"] < 0]
    s, r = (add(one["score"] for one in side) for side in (support, resistance))
    out = {"support": s, "resistance": r, "structural_bias": None}
    if s is not None and r is not None:
        out["structural_bias"] = (s - r) / (s + r) if s + r else 0.0
    for name, side in (("runway_up", 1), ("runway_down", -1)):
        ahead = [one for one in found if one["side"] == side]
        weight = add(None if one["difficulty"] is None
                     else one["difficulty"] * math.exp(-one["distance"] / 2) for one in ahead)
        out[name] = None if weight is None else 1 / (1 + weight)
    total = add(one["score"] for one in found)
    out["combined"] = None if total is None else 1 - math.exp(-total / 3)
    for name, walls in (("support_near", support), ("resistance_near", resistance)):
        near = [None if one["distance"] is None else one["distance"] <= 0.5 for one in walls]
        out[name] = None if None in near else any(near)
    return out


def state_of(slope, accel):
    size, along = abs(slope), accel * sign(slope)
    if size > 0.4 and along > 0.1:
        return "ACCELERATING"
    if size > 0.4 and along < -0.1:
        return "DECELERATING"
    if size > 0.5:
        return "TRENDING"
    return "DRIFTING" if size >= 0.25 else "FLAT"


def figures_of(bars, at, inputs, kept):
    bar, out = bars[at], {}
    move, span = bar["close"] - bar["open"], bar["high"] - bar["low"]
    flows = [bar["delta"], inputs["ofi"], inputs["obi"]]
    there = [one for one in flows if one is not None]
    if span:
        out["wick"] = 1 - abs(move) / span
        out["efficiency"] = abs(move) / span * (1 - 0.5 * out["wick"])
    along = sum(sign(one) == sign(move) and sign(move) != 0 for one in there)
    if len(there) == 1:
        factor = 1.0 if along else 0.6
    else:
        factor = {3: 1.2, 2: 1.0}.get(along, 0.6)
    parts = [abs(bar["delta"]) / bar["volume"]]
    parts += [abs(one) for one in (inputs["ofi_percentile"], inputs["obi"]) if one is not None]
    out["quality"] = min(1.0, factor * float(np.prod(parts)) ** (1 / len(parts)))
    before = [one["volume"] for one in bars[max(0, at - 20):at]]
    if len(before) >= 10:
        ratio = min(bar["volume"] / np.mean(before), 3)
        out["expansion"] = ratio / 3
        out["amplifier"] = ratio / 1.5 * (1 + 0.5 * (inputs["lambda_percentile"] or 0))
        out["amplified"] = out["quality"] * out["amplifier"]
        if span:
            out["raw"] = out["efficiency"] * out["amplified"]
    day = [one for one in kept if one["time"] >= bar["time"] - DAY]
    for name, of in (("inst_proxy", "raw"), ("accumulation", "amplified")):
        samples = [one[of] for one in day if of in one]
        if of in out and 2 * len(samples) * kept.length >= DAY:
            p95 = nearest_rank(samples, 95)
            if p95 > 0:
                out[name] = min(1.0, 0.6 * out[of] / p95)
    last = kept[-1] if kept else {}
    if at >= 3 and inputs["atr"] is not None:
        out["slope"] = (bar["close"] - bars[at - 3]["close"]) / inputs["atr"]
        if "slope" in last:
            out["accel"] = out["slope"] - last["slope"]
            out["context"] = 0.6 * abs(out["slope"]) + 0.4 * abs(out["accel"])
            out["state"] = state_of(out["slope"], out["accel"])
    slope = out.get("slope")
    out["flow"] = sign(sum(sign(one) for one in there))
    if slope is not None:
        out["agreement"] = 1.0 if out["flow"] != 0 and out["flow"] == sign(slope) else 0.3
        votes = [sign(one) for one in there] + [sign(slope)]
        out["direction"] = max(votes.count(1), votes.count(-1)) / len(votes)
        out["strength"] = min(abs(slope) / 1.5, 1)
    if "context" in out:
        out["validated"] = out["context"] * (0.6 + 0.4 * out["agreement"])
        if "context" in last and span:
            count = (out["context"] < 0.8 * last["context"]) + (
                10 * bar["volume"] < 7 * bars[at - 1]["volume"]) + (
                5 * (span - abs(move)) > 2 * span) + (out["state"] == "DECELERATING")
            out["exhaustion"] = 0.9 if count >= 3 and abs(slope) > 0.5 else count / 5
    if inputs["pace"] is not None:
        out["intensity"] = min(inputs["pace"], 1)
    if inputs["ofi_percentile"] is not None:
        out["pressure"] = inputs["ofi_percentile"]
    needed = ["expansion", "strength", "intensity", "quality", "validated"]
    if all(name in out for name in needed):
        out["urgency"] = (0.25 * out["expansion"] + 0.25 * out["strength"] + 0.2 * out["intensity"]
                          + 0.15 * out["quality"] + 0.15 * min(out["validated"] / 1.5, 1))
    body = abs(move)
    conditions = [
        20 * bar["volume"] * len(before) >= 39 * sum(before) if len(before) >= 10 else None,
        10 * body * (span + body) >= 7 * span * span if span else None,
        out["pressure"] >= 0.6 if "pressure" in out else None,
        out["direction"] >= 0.75 if slope is not None else None,
        out["state"] == "ACCELERATING" and abs(slope) > 0.5 if "state" in out else None,
    ]
    hold, unknown = conditions.count(True), conditions.count(None)
    out["x_factor"] = True if hold >= 4 else False if hold + unknown < 4 else None
    return out


def both(*conditions):
    if False in conditions:
        return False
    return None if None in conditions else True


def label_of(f, s, delta):
    test = lambda value, holds: None if value is None else holds(value)
    state = lambda name: test(f.get("state"), lambda is_: is_ == name)
    heads = lambda side: test(f.get("slope"), lambda slope: sign(slope) == side)
    tired = f.get("exhaustion")
    rules = []
    for side, way in ((1, "runway_up"), (-1, "runway_down")):
        rules.append(both(state("ACCELERATING"), heads(side), test(s.get(way), lambda r: r > 0.7),
                          test(s.get("structural_bias"), lambda b: side * b > 0.3)))
    for side, wall in ((1, "resistance_near"), (-1, "support_near")):
        rules.append(both(s.get(wall), heads(side), test(tired, lambda t: t >= 0.6)))
    for side, wall in ((1, "support_near"), (-1, "resistance_near")):
        rules.append(both(s.get(wall), heads(side), f["flow"] == side, state("ACCELERATING")))
    for side in (1, -1):
        rules.append(both(test(s.get("combined"), lambda c: c < 0.3), state("TRENDING"),
                          test(tired, lambda t: t < 0.4), heads(side)))
    rules.append(both(state("DECELERATING"), test(f.get("agreement"), lambda a: a < 0.5)))
    for side in (1, -1):
        rules.append(both(state("FLAT"), sign(delta) == side,
                          test(f.get("accumulation"), lambda a: a >= 0.6)))
    for number, holds in enumerate(rules):
        if holds is not False:
            return number if holds else None
    return 11


class Kept(list):
    """Figures of earlier bars of one timeframe."""

    def __init__(self, length):
        super().__init__()
        self.length = length


def main():
    run = json.loads(sys.stdin.readline())
    tape = trades(run["zip"])
    bars = {name: bars_of(tape, length) for name, length in LENGTHS.items()}
    atrs = {name: wilder(of) for name, of in bars.items()}
    kept = {name: Kept(length) for name, length in LENGTHS.items()}
    compared, differences, largest = {}, [], 0.0

    def compare(name, where, got, want):
        nonlocal largest
        if want is None and got is None:
            return
        compared[name] = compared.get(name, 0) + 1
        if isinstance(want, (float, np.floating)) and got is not None:
            error = abs(got - want) / max(1.0, abs(want))
            largest = max(largest, error)
            if error <= 1e-9:
                return
        elif got == want:
            return
        differences.append(f"{name} of {where}: {got}, recomputed {want}")

    for line in sys.stdin:
        said = json.loads(line)
        name, at = said["interval"], len(kept[said["interval"]])
        mine, bar, inputs = bars[name], bars[name][at], said["inputs"]
        where = f"{name} bar {at}"
        for field in ("time", "open", "high", "low", "close", "volume", "delta"):
            compare(field, where, said["bar"][field], bar[field])
        compare("atr", where, inputs["atr"], atrs[name][at])
        if not run["invented"]:
            compare("lambda", where, inputs["lambda"], kyle(mine, at))
        bar["ofi"], bar["interest"] = inputs["ofi"], inputs["interest"]
        f = figures_of(mine, at, inputs, kept[name])
        kept[name].append({"time": bar["time"], **f})
        for field in ("wick", "efficiency", "quality", "amplifier", "amplified", "raw",
                      "inst_proxy", "accumulation", "slope", "accel", "context", "agreement",
                      "validated", "exhaustion", "expansion", "strength", "intensity", "pressure",
                      "direction", "urgency", "x_factor", "flow"):
            compare(field, where, said["figures"][field], f.get(field))
        state = STATES.index(f["state"]) + 1 if "state" in f else 0
        compare("state", where, said["figures"]["state"], state)
        depth = inputs["depth"]
        out, found = clusters_of(mine, at, inputs, run["vcp_bars"], said["bin_ticks"], depth)
        for field in ("bars", "rows", "sum"):
            compare(field, where, said["histogram"][field], out[field])
        compare("clusters", where, len(said["clusters"]), min(len(found or []), 16))
        for mine_, theirs in zip(found or [], said["clusters"]):
            for field in theirs:
                compare(f"cluster {field}", where, theirs[field], mine_[field])
        s = structure_of(found) if found is not None else {}
        for field in ("support", "resistance", "structural_bias", "runway_up", "runway_down",
                      "combined", "support_near", "resistance_near"):
            compare(field, where, said["structure"][field], s.get(field))
        label = label_of(f, s, bar["delta"])
        compare("label", where, said["label"], 0 if label is None else label + 1)
        confidence = None
        if "inst_proxy" in f and "validated" in f and s.get("structural_bias") is not None:
            confidence = (0.4 * f["inst_proxy"] + 0.3 * abs(s["structural_bias"])
                          + 0.3 * min(f["validated"] / 1.5, 1))
        compare("confidence", where, said["confidence"], confidence)
        size = trail = None
        if "state" in f:
            size = [1.2, 0.7, 1.0, 0.7, 0.5][state - 1] * (
                1.1 if f["agreement"] > 0.8 else 0.8 if f["agreement"] < 0.5 else 1)
            if "exhaustion" in f:
                trail = [1.5, 0.8, 1.2, 1.0, 1.0][state - 1]
                trail = min(trail, 0.7) if f["exhaustion"] >= 0.6 else trail
        compare("size", where, said["size"], size)
        compare("trail", where, said["trail"], trail)
        vote = None
        if label is not None and "state" in f:
            vote = SIDES[label] or (sign(f["slope"]) if f["state"] != "FLAT" else 0)
        compare("vote", where, said["vote"], vote)
    print(json.dumps({"readings": sum(map(len, kept.values())), "compared": sum(compared.values()),
                      "largest": largest, "differences": len(differences),
                      "first": differences[:8], "by_figure": compared}))


main()
