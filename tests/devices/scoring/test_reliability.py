"""The reliability diagram."""

from __future__ import annotations

import numpy as np

from plate_devices.scoring.reliability import reliability_diagram
from plate_runtime.evaluate import CalibrationBin

BLUE, RED = (150, 186, 220), (180, 24, 24)


def test_a_bar_is_as_high_as_its_share_of_right_readings() -> None:
    half, full = CalibrationBin(0.4, 0.5, 10, 0.45, 0.5), CalibrationBin(0.9, 1.0, 30, 0.95, 1.0)
    pixels = np.asarray(reliability_diagram([half, full], 0.04, "set  model@1"))
    blue = (pixels == BLUE).all(axis=2)
    columns = np.flatnonzero(blue.any(axis=0))
    left, right = blue[:, columns[: columns.size // 2]], blue[:, columns[columns.size // 2 :]]
    assert 0.45 < np.ptp(np.flatnonzero(left.any(axis=1))) / np.ptp(np.flatnonzero(right.any(axis=1))) < 0.55
    assert (pixels == RED).all(axis=2).sum() > 100


def test_no_readings_make_an_empty_diagram() -> None:
    pixels = np.asarray(reliability_diagram([], 0.0, ""))
    assert not (pixels == BLUE).all(axis=2).any()
