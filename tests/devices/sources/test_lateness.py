"""However slow the reader, what it gets is new. With -s the figures are printed."""

from __future__ import annotations

import statistics
import time
from typing import Any

import pytest
from streams.mjpeg import MjpegServer
from streams.pictures import jpeg, number_of
from streams.rtsp import RtspServer

from plate_devices.sources.open_camera import open_camera

FRAMES, WARM, TRIES = 40, 10, 4


@pytest.mark.parametrize("kind", [MjpegServer, RtspServer])
def test_a_slow_reader_gets_new_frames(kind: Any) -> None:
    # A busy machine is late now and then; what waits in a queue is late each time.
    assert any(_median_age(kind) < 200.0 for _ in range(TRIES))


def _median_age(kind: Any) -> float:
    """Milliseconds from the drawing of a frame to its reading, by one who takes 100 for each."""
    drawn: dict[int, float] = {}

    def draw(number: int) -> bytes:
        drawn[number] = time.monotonic()
        return jpeg(number)

    ages = []
    with kind(draw, rate=25.0) as server:
        source: Any = open_camera(server.url)
        for frame in source.frames():
            ages.append(time.monotonic() - drawn[number_of(frame.rgb)])
            time.sleep(0.1)
            if len(ages) == FRAMES:
                break
        source.close()
    ages = ages[WARM:]
    median, most = 1000 * statistics.median(ages), 1000 * max(ages)
    counts = f"{source.read} read, {source.dropped} dropped"
    print(f"\n{kind.__name__}: {median:.0f} ms old in the median, at most {most:.0f} ms; {counts}")
    assert source.read == FRAMES
    assert source.dropped > FRAMES / 2
    return median
