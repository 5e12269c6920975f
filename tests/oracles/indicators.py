"""TA-Lib's word (and NumPy's on deviation) about bars on stdin: JSON in, JSON out, null where it has no output."""

import json
import sys

import numpy
import talib

bars = json.load(sys.stdin)
open_, high, low, close, volume = (numpy.array(bars[k], dtype=float) for k in ("open", "high", "low", "close", "volume"))
# The deviation does not depend on where zero is; TA-Lib's does when prices are large beside it.
shifted = close - close[0]
macd, signal, histogram = talib.MACD(close, 12, 26, 9)
fast, fast_signal, fast_histogram = talib.MACD(close, 5, 11, 4)
windows = numpy.lib.stride_tricks.sliding_window_view(shifted, 20)
answer = {
    "rsi": talib.RSI(close, 14),
    "rsi5": talib.RSI(close, 5),
    "macd": macd,
    "signal": signal,
    "histogram": histogram,
    "macd5": fast,
    "signal5": fast_signal,
    "ema": talib.EMA(close, 20),
    "atr": talib.ATR(high, low, close, 14),
    "natr": talib.NATR(high, low, close, 14),
    "obv": talib.OBV(close, volume),
    "ad": talib.AD(high, low, close, volume),
    "mean": talib.SMA(close, 20),
    "deviation": talib.STDDEV(shifted, 20, 1),
    "deviation_numpy": numpy.concatenate([numpy.full(19, numpy.nan), windows.std(axis=1)]),
}
json.dump({k: [None if numpy.isnan(x) else float(x) for x in v] for k, v in answer.items()}, sys.stdout)
