"""Which source a name stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_devices.cli.infer_options import parse_infer
from plate_devices.sources.demo import DemoCamera
from plate_devices.sources.folder_camera import FolderCamera
from plate_devices.sources.newest_frame import NewestFrameSource
from plate_devices.sources.open_camera import SCHEMES, SourceOptions, open_camera
from plate_devices.sources.video import VideoFile
from plate_runtime.errors import DeviceError, UsageError


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("0", "0"),
        ("2", "2"),
        ("/dev/video0", "/dev/video0"),
        ("/dev/v4l/by-id/usb-cam", "/dev/v4l/by-id/usb-cam"),
        ("rtsp://joe:secret@host:8554/live?channel=1", "rtsp://host:8554/live?channel=1"),
        ("http://host/video?pwd=secret", "http://host/video?pwd=***"),
        ("HTTPS://host", "https://host/"),
        ("rtsps://joe:secret@host/live", "rtsps://host/live"),
    ],
)
def test_cameras_are_live(name: str, shown: str) -> None:
    source = open_camera(name)
    assert isinstance(source, NewestFrameSource)
    assert source.name == shown
    source.close()


def test_a_source_that_is_seldom_asked_does_not_stall() -> None:
    source = open_camera("http://host/video", fps=0.05)
    assert isinstance(source, NewestFrameSource)
    assert source._stalled_after == 25.0
    assert source._hangs_after == 80.0


def test_a_folder_is_a_drive(tmp_path: Path) -> None:
    source = open_camera(str(tmp_path), 5)
    assert isinstance(source, FolderCamera)


def test_video_files_and_the_demo_are_found(tmp_path: Path) -> None:
    clip = tmp_path / "a:b.mp4"
    clip.touch()
    assert isinstance(open_camera(str(clip)), VideoFile)
    assert isinstance(open_camera("demo"), DemoCamera)
    assert sum(1 for _ in open_camera("demo:1").frames()) < sum(1 for _ in open_camera("demo:2").frames())


@pytest.mark.parametrize(
    "name",
    [
        "rtmp://user:secret@host/stream",
        "udp://user:secret@host",
        "rtsp://user:se/secret@host/stream",
        "rtsp://user:secret@host:0/stream",
        "rtsp://user:secret@/stream",
        "https://user:secret@ho st/",
        "user:secret@host/stream",
        "csi:",
        "csi:/dev/x",
        "screen",
        "demo:",
        "demo:x",
        "demo:0",
        "demo:-1",
    ],
)
def test_what_is_not_supported_says_what_is(name: str) -> None:
    with pytest.raises(UsageError, match=r"--camera .*(use|write|like|ports are) ") as refused:
        open_camera(name)
    assert "secret" not in str(refused.value)


def test_a_missing_file_is_a_source_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="no such file"):
        open_camera(str(tmp_path / "film.mp4"))


def test_a_new_source_needs_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def opener(name: str, rest: str, wanted: SourceOptions) -> DemoCamera:
        seen.append((name, rest, wanted.fps, wanted.size))
        return DemoCamera(name)

    monkeypatch.setitem(SCHEMES, "spy", opener)
    assert open_camera("spy:1", 5).name == "spy:1"
    assert open_camera("spy:2", size=(640, 480)).name == "spy:2"
    assert seen == [("spy:1", "1", 5, (1280, 720)), ("spy:2", "2", None, (640, 480))]


def test_the_host_that_may_be_sent_on_to_comes_from_the_settings(tmp_path: Path) -> None:
    settings = tmp_path / "gate.toml"
    settings.write_text('[source]\naddress = "http://camera.example/a"\nredirect = "Bücher.example"\n')
    options = parse_infer(["--config", str(settings)])
    source = open_camera(options.camera or "", redirect=options.redirect)
    way = source._source._source._camera._redirects  # type: ignore[attr-defined]
    way.follow("http://bücher.example/b".encode().decode("latin-1"))  # as headers are read
    assert way.address.host == "xn--bcher-kva.example"
    source.close()
