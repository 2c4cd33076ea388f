"""The median, without the tenth of a cold start that numpy's own costs.

`np.median` asks whether its argument is a masked array, and so imports `numpy.ma` (20 ms on a fast machine, five
times that on a small one) for values that are sorted in microseconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def median(values: ArrayLike) -> float:
    """Return the median of all values, the mean of the middle two where their number is even.

    Raises:
        ValueError: there are no values.
    """
    return float(column_medians(np.ravel(values)))


def column_medians(values: ArrayLike) -> NDArray[np.float64]:
    """Return the median over the first axis: (n, ...) -> float64 (...). Raises ValueError where n is 0."""
    ordered = np.sort(np.asarray(values), axis=0)
    count = len(ordered)
    if count == 0:
        raise ValueError("no values, no median")
    middle: NDArray[np.float64] = (ordered[(count - 1) // 2].astype(np.float64) + ordered[count // 2]) / 2
    return middle
