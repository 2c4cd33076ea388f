"""What opens a camera's door appears nowhere: not in records, messages, the status line, file or thread names."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from device_helpers import process
from streams.mjpeg import MjpegServer
from streams.rtsp import RtspServer

from plate_devices.sources.open_camera import open_camera

USER, PASSWORD, TOKEN = "gatekeeper", "op3n-s3same", "t0k3n-of-the-gate"
SECRETS = (USER, PASSWORD, TOKEN)


def leaked(content: bytes | str) -> list[str]:
    """The secrets in what was printed or written."""
    text = content if isinstance(content, str) else content.decode("latin-1")
    return [secret for secret in SECRETS if secret in text]


@pytest.fixture(params=[MjpegServer, RtspServer])
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    with request.param(user=USER, password=PASSWORD, scheme="digest") as running:
        yield running


def address(server: Any) -> str:
    return f"{server.url.partition('?')[0]}?channel=1&token={TOKEN}"


def kinds(lines: list[str]) -> list[str]:
    """The types of the records that were printed."""
    return [json.loads(line)["type"] for line in lines]


class Terminal:
    """Runs plate-infer with a terminal for its status line, and keeps all it says."""

    def __init__(self, *arguments: str) -> None:
        own, others = os.openpty()
        self._screen = own
        self.running = subprocess.Popen([*process(), *arguments], stdout=subprocess.PIPE, stderr=others, text=True)
        os.close(others)
        self.lines: list[str] = []
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def until(self, happened: Callable[[list[str]], bool]) -> None:
        """Wait until the lines it has printed are such."""
        deadline = time.monotonic() + 40.0
        while not happened(self.lines):
            assert time.monotonic() < deadline, self.lines[-3:]
            time.sleep(0.05)

    def names(self) -> str:
        """The names of its threads, but for those that end while they are listed."""
        found = []
        for task in Path(f"/proc/{self.running.pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                found.append((task / "comm").read_text())
        return " ".join(found)

    def end(self, number: int | None = None) -> tuple[int, str, str]:
        """Wait for its end, after a signal if given; return exit code, standard output, and the screen."""
        if number is not None:
            self.running.send_signal(number)
        self.running.wait(timeout=60)
        self._listening.join()
        screen = b""
        try:
            while piece := os.read(self._screen, 1 << 16):
                screen += piece
        except OSError:  # the other side is closed
            pass
        os.close(self._screen)
        return self.running.returncode, "".join(self.lines), screen.decode("latin-1")

    def _listen(self) -> None:
        assert self.running.stdout is not None
        with self.running.stdout as out:
            self.lines.extend(out)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at threads in /proc")
def test_a_watch_with_an_outage_names_no_secret(server: Any, options: list[str], tmp_path: Path) -> None:
    folders = ["--annotate", str(tmp_path / "seen"), "--save-crops", str(tmp_path / "crops")]
    watch = Terminal("--camera", address(server), "--json", "--every", "--fps", "5", "--debug", *folders, *options)
    watch.until(lambda lines: len(lines) > 2)
    names = watch.names()
    server.kill()
    watch.until(lambda lines: kinds(lines)[-1] == "error")
    server.start()
    watch.until(lambda lines: kinds(lines)[-1] == "frame")
    code, out, screen = watch.end(signal.SIGTERM)
    assert code == 143
    assert '"source": "' + type(server).__name__[:4].lower().replace("mjpe", "http") in out
    assert "channel=1&token=***" in out
    assert screen.count("(trying again until it is back)") == 1
    assert kinds(out.splitlines()).count("error") == 1
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix == ".jpg"]
    assert files
    assert not leaked(out + screen + names + " ".join(map(str, files)))
    assert not any(leaked(path.read_bytes()) for path in files)


@pytest.mark.parametrize("wrong", ["password", "path", "no server"])
def test_what_does_not_open_is_one_line_without_a_secret(server: Any, options: list[str], wrong: str) -> None:
    name = address(server)
    if wrong == "password":
        name = name.replace(USER, f"{USER}-{USER}")
    elif wrong == "path":
        server.fault = "missing"
    else:
        server.kill()
    code, out, screen = Terminal("--camera", name, "--json", *options).end()
    assert code == 4
    assert out == ""
    assert screen.count("plate-infer: ") == 1
    assert screen.count("\n") == 1
    assert not leaked(screen)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--camera", f"rtsp://{USER}:{PASSWORD}/x@host/stream"],
        ["--camera", f"rtsp://{USER}:{PASSWORD}@host:0/stream?token={TOKEN}"],
        ["--camera", f"rtmp://{USER}:{PASSWORD}@host/stream"],
        ["--camera", f"http://{USER}:{PASSWORD}@ho st/"],
        ["--camera", f"http://{USER}:{PASSWORD}@host/?token={TOKEN}", "crop.png"],
        ["--camera", "0", f"http://{USER}:{PASSWORD}@host/?token={TOKEN}"],
        [f"rtsp://{USER}:{PASSWORD}@host/stream"],
    ],
)
def test_wrong_use_is_one_line_without_a_secret(arguments: list[str], options: list[str]) -> None:
    code, _, screen = Terminal(*arguments, "--debug", *options).end()
    assert code == 2
    assert "plate-infer: " in screen
    assert not leaked(screen.replace(" ", ""))


def test_threads_and_representations_name_no_secret(server: Any) -> None:
    source: Any = open_camera(address(server))
    frames = source.frames()
    next(frames)
    assert not leaked(source._thread.name + repr(source) + source.name + source.state)
    source.close()
