"""Peaks, prominences and half-prominence widths of rows, by scipy.

In: one row a line, integers apart by blanks, used as it is. Out: for each row and for its negation
one line: plateau left, plateau right, peak, prominence, width, left end, right end of each peak,
apart by commas, the peaks apart by blanks. Floats in full.
"""

import sys

import numpy
from scipy.signal import find_peaks, peak_prominences, peak_widths

for line in sys.stdin:
    row = numpy.array([int(cell) for cell in line.split()], dtype=numpy.float64)
    for signed in (row, -row):
        peaks, found = find_peaks(signed, plateau_size=1)
        prominences = peak_prominences(signed, peaks)
        widths = peak_widths(signed, peaks, rel_height=0.5, prominence_data=prominences)
        cells = []
        for at, peak in enumerate(peaks):
            cells.append(
                ",".join(
                    (
                        str(found["left_edges"][at]),
                        str(found["right_edges"][at]),
                        str(peak),
                        str(int(prominences[0][at])),
                        repr(float(widths[0][at])),
                        repr(float(widths[2][at])),
                        repr(float(widths[3][at])),
                    )
                )
            )
        print(" ".join(cells))
