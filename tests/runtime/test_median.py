"""Our median is numpy's."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from plate_runtime.median import column_medians, median, percentiles

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 4))


@given(arrays.arrays(np.uint8, SHAPES) | arrays.arrays(np.float64, SHAPES, elements=st.floats(-1e6, 1e6)))
def test_it_is_numpy_s(values: NDArray[np.float64]) -> None:
    assert median(values) == pytest.approx(float(np.median(values)))
    assert np.allclose(column_medians(values), np.median(values, axis=0))
    wanted = (0, 0.1, 5, 50, 99.9, 100)
    assert percentiles(values, *wanted) == pytest.approx(np.percentile(values, wanted).tolist(), rel=1e-9, abs=1e-6)


def test_no_values_have_no_median() -> None:
    with pytest.raises(ValueError, match="needs values"):
        median([])
    with pytest.raises(ValueError, match="needs values"):
        percentiles([], 50)


def test_reading_a_plate_imports_no_masked_arrays_and_no_formats() -> None:
    code = (
        "import sys, numpy as np; from plate_runtime import PlateReader; "
        "reader = PlateReader(backend='fake:A'); reader.read(np.eye(40, 90, dtype=np.uint8) * 200); "
        "reader.read(np.eye(9, dtype=np.uint8), as_='character'); "
        "print({'numpy.ma', 'plate_runtime.formats', 'tomllib'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "set()\n"


def test_what_the_page_says_of_a_frame_imports_no_masked_arrays() -> None:
    code = (
        "import sys, numpy as np; from plate_devices.explain.picture_quality import measure_frame; "
        "measure_frame(np.eye(90, dtype=np.uint8)); print('numpy.ma' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "False\n"
