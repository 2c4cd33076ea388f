"""A picture never starts a program, whichever way it comes: a PostScript file is one, and Ghostscript would run it."""

from __future__ import annotations

import io
import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_helpers import open_paths
from streams.mjpeg import MjpegServer

from plate_devices.cli.infer import command
from plate_devices.sources.camera_address import parse_address
from plate_devices.sources.mjpeg import MjpegStream
from plate_devices.sources.picture_files import StandardInput
from plate_devices.unix_socket.socket_server import SocketServer
from plate_runtime.errors import DeviceError, InputError
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.reader import PlateReader

PROGRAM = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 40\n%%EndComments\n(forged) print showpage\n"
STARTS = ("subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "pty.spawn")

watched: list[str] | None = None


def _note(event: str, _arguments: object) -> None:
    if watched is not None and event.startswith(STARTS):
        watched.append(event)


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was started: by audit hook, and by a `gs` on the path that leaves a file behind."""
    global watched  # noqa: PLW0603
    mark = tmp_path / "ghostscript was run"
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name in ("gs", "gswin64c", "djpeg", "dvipng"):
        (bin_ / name).write_text(f"#!/bin/sh\ntouch '{mark}'\necho 9.99\n")
        (bin_ / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_}:{os.environ['PATH']}")
    if not getattr(_note, "added", False):
        sys.addaudithook(_note)
        _note.added = True  # type: ignore[attr-defined]
    watched = []
    yield watched
    found, watched = watched, None
    assert not found
    assert not mark.exists()


def test_the_watch_sees_what_pillow_alone_would_do(tmp_path: Path, started: list[str]) -> None:
    import contextlib

    from PIL import EpsImagePlugin, Image

    EpsImagePlugin.gs_binary = None
    with contextlib.suppress(Exception), Image.open(io.BytesIO(PROGRAM)) as image:
        image.load()
    assert started
    started.clear()
    (tmp_path / "ghostscript was run").unlink(missing_ok=True)


@pytest.mark.parametrize("name", ["named.jpg", "plain.eps", "plain.ps", "none", "film.mjpeg.jpg"])
def test_a_file(name: str, tmp_path: Path, started: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    path.write_bytes(PROGRAM)
    for source in (path, PROGRAM, io.BytesIO(PROGRAM)):
        with pytest.raises(InputError, match="PostScript program, which is never run"):
            open_picture(source)
    for source in open_paths([str(path)]):
        with pytest.raises(InputError, match="PostScript"):
            list(source.frames())
    assert command(["--backend", "fake:AB12", "--as", "plate", "--json", str(path)]) == 1
    out, err = capsys.readouterr()
    assert "forged" not in out + err
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["error"]


def test_standard_input(started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PROGRAM)))
    with pytest.raises(InputError, match="standard input is a PostScript program"):
        list(StandardInput().frames())


def test_a_camera(started: list[str]) -> None:
    with MjpegServer(pictures=lambda number: PROGRAM, rate=50.0) as server:
        source = MjpegStream(parse_address(server.url))
        with pytest.raises(DeviceError, match="PostScript program"):
            list(source.frames())
        source.close()


def test_the_socket(tmp_path: Path, started: list[str]) -> None:
    path = tmp_path / "named.jpg"
    path.write_bytes(PROGRAM)
    with PlateReader(backend="fake:AB12", as_="plate") as reader:
        server = SocketServer(tmp_path / "s", reader)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with socket.socket(socket.AF_UNIX) as client, client.makefile("rb") as answers:
            client.settimeout(30)
            client.connect(str(tmp_path / "s"))
            for asked, content in (({"path": str(path)}, b""), ({"bytes": len(PROGRAM)}, PROGRAM)):
                client.sendall(json.dumps(asked).encode() + b"\n" + content)
                answer = json.loads(answers.readline())
                assert answer["type"] == "error"
                assert "PostScript program" in answer["error"]
        server.close()
        thread.join(10)
