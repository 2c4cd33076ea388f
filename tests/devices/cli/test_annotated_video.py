"""plate-infer --annotate FILE.mp4: the video that comes out, and what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_helpers import process
from films import read_film, stamps_of, write_film

from plate_devices.cli.infer import command
from plate_devices.live import annotated_video
from plate_devices.live.video_writer import VideoWriter
from plate_devices.sources.demo import ROI
from plate_devices.sources.source import Roi
from plate_runtime.errors import DeviceError, MissingPartError, UsageError

READ = ["--as", "plate", "--backend", "fake:AB12CD"]


def is_outlined(rgb: Any, box: Roi) -> bool:
    """Whether the lower edge of a box is red."""
    x, y, width, height = box
    red, green, blue = rgb[min(y + height, len(rgb) - 1), x : x + width].mean(axis=0)
    return bool(red > max(green, blue) + 50)


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """A video of the demo."""
    assert command(["--camera", "demo:1", "--annotate", str(tmp_path / "drive.mp4"), *READ]) == 0
    return tmp_path / "drive.mp4"


def test_a_camera_gives_a_video_of_all_frames_with_vehicles_outlined(drive: Path) -> None:
    frames = read_film(drive)
    assert len(frames) == 13
    assert np.diff(stamps_of(frames)) == pytest.approx(1 / 15, abs=1e-3)
    assert [is_outlined(frame.rgb, ROI) for frame in frames] == [False] + [True] * 12, "from the second reading on"
    assert [one.name for one in drive.parent.iterdir()] == ["drive.mp4"]


def test_a_video_gives_one_with_the_same_frames_and_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stamps = [0.0, 0.1, 0.2, 0.5, 0.6, 0.7, 1.3]
    film, out = write_film(tmp_path / "film.mkv", stamps), tmp_path / "OUT.MP4"
    for options in ([], ["--every"], ["--fps", "5"]):
        out.unlink(missing_ok=True)
        assert command([str(film), "--annotate", str(out), "--json", *options, *READ]) == 0
        frames = read_film(out)
        assert frames[0].rgb.shape == (96, 160, 3)
        assert stamps_of(frames) == (stamps if "--fps" not in options else [0.0, 0.2, 0.5, 0.6, 1.3])
        assert is_outlined(frames[-1].rgb, (0, 0, 160, 0)), "its upper edge"
        ended = capsys.readouterr()
        assert f"OUT.MP4: {len(frames)} frames, 1.3 s, H.264 (libx264)" in ended.err
        types = {json.loads(line)["type"] for line in ended.out.splitlines()}
        assert types == ({"frame"} if "--every" in options else {"vehicle"})


def test_what_cannot_be_written_is_refused_in_one_line(
    tmp_path: Path, drive: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = str(tmp_path / "out.mp4")
    settings = tmp_path / "keep.toml"
    settings.write_text("[privacy]\nkeep_days = 3\n")
    for line, message in (
        ([str(picture), "--annotate", out], "needs a video or a camera"),
        ([str(tmp_path), "--annotate", out], "needs a video or a camera"),
        (["-", "--annotate", out], "needs a video or a camera"),
        ([str(drive), str(drive), "--annotate", out], "one video of one input"),
        (["--camera", "demo:1", "--camera", "demo:2", "--annotate", out], "one video of one camera"),
        ([str(drive), "--annotate", str(drive)], "exists already"),
        ([str(drive), "--annotate", str(tmp_path / "gone" / "out.mp4")], "there is no folder"),
        ([str(drive), "--annotate", str(tmp_path / "out.avi")], "videos are written as .mp4"),
        ([str(drive), "--annotate", out, "--explain"], "cannot be used with --explain"),
        (["--socket", "s", "--annotate", out], "cannot be used with --socket"),
        (["--camera", "demo:1", "--config", str(settings), "--annotate", out], "keep_days contradict"),
    ):
        with pytest.raises(UsageError, match=message):
            command([*line, *READ])
    settings.write_text(f'[pictures]\nannotated = "{out}"\n')
    with pytest.raises(UsageError, match="a video is named on the command line"):
        command([str(drive), "--config", str(settings), *READ])
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(MissingPartError, match=r"pip install '.\[camera\]'"):
        command(["--camera", "demo:1", "--annotate", out, *READ])
    assert not Path(out).exists()


@pytest.mark.parametrize("mode", ["nothing", "hash"])
def test_modes_without_pictures_refuse_a_video(tmp_path: Path, mode: str) -> None:
    settings = tmp_path / "private.toml"
    key = f'key_file = "{tmp_path}/key"\n' if mode == "hash" else ""
    settings.write_text(f'[privacy]\nmode = "{mode}"\n{key}')
    with pytest.raises(UsageError, match="saved pictures contradict each other"):
        command(["--camera", "demo:1", "--config", str(settings), "--annotate", str(tmp_path / "out.mp4"), *READ])
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("listed", ["AB12CD", "XY98ZW"])
def test_plates_on_no_list_are_masked_in_every_frame(tmp_path: Path, listed: str) -> None:
    (tmp_path / "list.txt").write_text(f"{listed}\n")
    settings = tmp_path / "private.toml"
    settings.write_text(f'[privacy]\nblur_others = true\n[[watchlist]]\nname = "mine"\nfile = "{tmp_path}/list.txt"\n')
    plain, out = tmp_path / "plain.mp4", tmp_path / "out.mp4"
    roi = ["--roi", "170,300,300,120"]
    assert command(["--camera", "demo:1", "--annotate", str(plain), *READ, *roi]) == 0
    assert command(["--camera", "demo:1", "--config", str(settings), "--annotate", str(out), *READ, *roi]) == 0
    pairs = list(zip(read_film(plain), read_film(out), strict=True))
    assert all(np.abs(before.rgb[:150].astype(int) - after.rgb[:150]).mean() < 3 for before, after in pairs)
    masked = [after.rgb[310:410, 180:460].std(axis=(0, 1)).max() < 6 for _, after in pairs]
    assert all(masked) if listed != "AB12CD" else not all(masked)


def test_a_full_disk_ends_a_video_but_not_a_camera(
    tmp_path: Path, drive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(VideoWriter):
        def add(self, picture: Any, seconds: float) -> None:
            if self.frames >= 5:
                raise DeviceError(f"{self.path} cannot be written: No space left on device")
            super().add(picture, seconds)

    monkeypatch.setattr(annotated_video, "VideoWriter", Full)
    out = tmp_path / "out.mp4"
    assert command(["--camera", "demo:1", "--annotate", str(out), *READ]) == 0
    ended = capsys.readouterr()
    assert "No space left on device; the video ends here, the camera is still read" in ended.err
    assert ended.out.count("AB12CD") == 1
    assert len(read_film(out)) == 5
    out.unlink()
    with pytest.raises(DeviceError, match="No space left"):
        command([str(drive), "--annotate", str(out), *READ])
    assert len(read_film(out)) == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_a_video_that_can_be_played(tmp_path: Path, number: int) -> None:
    line = [*process(), "--camera", "demo:1000", "--annotate", "out.mp4", *READ]
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        while not any(one.stat().st_size > 50_000 for one in tmp_path.iterdir()):
            assert running.poll() is None
            time.sleep(0.05)
        os.kill(running.pid, number)
        try:
            error = running.communicate(timeout=30)[1]
        finally:
            running.kill()
    assert running.returncode == 128 + number
    assert "frames" in error and "Traceback" not in error
    assert len(read_film(tmp_path / "out.mp4")) > 5
    assert [one.name for one in tmp_path.iterdir()] == ["out.mp4"]
