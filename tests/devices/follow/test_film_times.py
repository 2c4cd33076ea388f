"""Videos with uneven time stamps, from the file to the records."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import pytest
from device_helpers import make_frame, make_plate, records

from plate_devices.cli.infer import command
from plate_devices.follow import Follower
from plate_devices.sources.demo import FRAMES_WITH_CAR, FRAMES_WITHOUT, DemoCamera, vehicles


def only_motion(path: Path, count: int) -> None:
    """Write a motion recording of cars that come a minute apart."""
    clock = Fraction(1, 1000)
    with av.open(str(path), "w") as clip:
        stream = clip.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        stream.codec_context.time_base = clock
        drive = (frame.rgb for frame in DemoCamera("demo", count).frames())
        for car in range(count):
            next(islice(drive, FRAMES_WITHOUT - 1, None))
            for number, rgb in enumerate(islice(drive, FRAMES_WITH_CAR)):
                frame = av.VideoFrame.from_ndarray(rgb)
                frame.pts, frame.time_base = round(60_000 * car + 66 * number), clock
                clip.mux(stream.encode(frame))
        clip.mux(stream.encode())


@pytest.mark.parametrize("camera", [[], ["--camera"]], ids=["path", "camera"])
def test_a_recorder_that_keeps_only_motion_shows_each_vehicle_with_its_time(
    camera: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only_motion(tmp_path / "recorder.mp4", 3)
    crops = tmp_path / "crops"
    assert command([*camera, str(tmp_path / "recorder.mp4"), "--json", "--save-crops", str(crops)]) == 0
    found = records(capsys)
    names = [f"recorder-{one['first_seconds']:.1f}s-{one['plates'][0]['text']}.jpg" for one in found]
    assert [Path(one["crop"]).name for one in found] == names
    assert sorted(names) == sorted(path.name for path in crops.glob("*.jpg"))
    assert [one["plates"][0]["text"] for one in found] == [one.text for one in vehicles(3)]
    for number, one in enumerate(found):
        assert 60 * number <= one["first_seconds"] < one["last_seconds"] < 60 * number + 2
        assert one["first_time"] is None


def test_a_car_that_comes_twice_in_a_motion_recording_counts_twice() -> None:
    follower, found = Follower(), []
    for number, seconds in enumerate([0.0, 0.1, 0.2, 0.3, 90.0, 90.1, 90.2, 90.3]):
        plate = make_plate("AB12CD", 0.95, (2 + 5 * (number % 4), 6, 40, 12))
        found += follower.add(make_frame(number, live=False)._replace(seconds=seconds), [plate])
    found += follower.finish()
    assert [one.first_seconds for one in found] == [0.0, 90.0]


def test_a_video_with_a_low_frame_rate_is_not_interrupted() -> None:
    follower, found = Follower(has_positions=False), []
    for number in range(6):
        frame = make_frame(number, live=False)._replace(seconds=30.0 * number)
        found += follower.add(frame, [make_plate("AB12CD", 0.95)])
    assert [one.frames for one in found + follower.finish()] == [6]
