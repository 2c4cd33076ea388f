"""The closing line of plate-infer."""

from __future__ import annotations

import pytest

from plate_devices.live.tally import Tally


@pytest.mark.parametrize(
    ("tally", "line"),
    [
        (Tally(pictures=8, plates=8), "8 pictures, 8 plates read"),
        (Tally(pictures=1, plates=1), "1 picture, 1 plate read"),
        (Tally(videos=1, frames=1200, vehicles=3), "1 video (1,200 frames), 3 vehicles read"),
        (
            Tally(pictures=2, videos=1, frames=9, plates=1, vehicles=1, errors=2),
            "2 pictures and 1 video (9 frames), 1 plate and 1 vehicle read, 2 errors",
        ),
        (Tally(pictures=5), "5 pictures, nothing read; if each picture is the crop of one plate, try --as plate"),
        (
            Tally(pictures=5, errors=1),
            "5 pictures, nothing read, 1 error; if each picture is the crop of one plate, try --as plate",
        ),
    ],
)
def test_counts_in_plain_words(tally: Tally, line: str) -> None:
    assert tally.describe("auto") == line


def test_one_input_that_cannot_be_read_is_said_once() -> None:
    assert Tally(pictures=1, errors=1).one_error
    assert not Tally(pictures=2, errors=2).one_error and not Tally(videos=1, frames=9, errors=1).one_error
