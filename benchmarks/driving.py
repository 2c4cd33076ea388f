"""plate-infer at a camera that shows a painted drive in real time, and that dies now and then."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from drives.camera import paint_frames
from drives.painter import DrivePainter
from drives.traffic import Drive
from measuring import ROOT
from receivers.broker import free_port
from soak.programs import Watched, installed, with_tests

from plate_devices.status_line import StatusLine, progress
from plate_runtime.errors import DeviceError

FILMS = ROOT / ".cache" / "drives"
STARTS_WITHIN = 120.0
"""Seconds in which plate-infer has to read its first frame; the drive begins after it."""
TAIL = 2.0
"""Seconds after the drive; vehicles in view then are reported when plate-infer ends."""
_TERMINATED = 143
_PAINTING = ("camera", "geometry", "painter", "scenery", "sheets", "traffic")


class Away(NamedTuple):
    """From and to when, in seconds of the drive, a camera gives no pictures."""

    gone: float
    back: float


class Look(NamedTuple):
    """plate-infer at one second of the drive: resident memory in MB, processor seconds, and what it says of itself."""

    second: float
    memory: float
    cpu: float
    health: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A drive that was watched.

    Attributes:
        began: when the drive did, in seconds since 1970. records: of vehicles, in their order.
        away: from each death of the camera to the first picture after it. waits: seconds of them in which it served
            again, and plate-infer had not come back yet. log: what plate-infer said. code: with which it ended.
    """

    began: float
    records: Sequence[dict[str, Any]]
    looks: Sequence[Look]
    away: Sequence[Away]
    waits: Sequence[float]
    log: Sequence[str]
    code: int

    @property
    def ended_well(self) -> bool:
        """Whether plate-infer ran until it was asked to end."""
        return self.code == _TERMINATED

    @property
    def health(self) -> dict[str, Any]:
        """What plate-infer said of itself at last."""
        return self.looks[-1].health

    @property
    def behind(self) -> list[float]:
        """Milliseconds from a frame's capture to the end of its reading, one figure a second."""
        return [1000 * look.health["behind"] for look in self.looks if look.health["behind"] is not None]

    @property
    def memory(self) -> tuple[float, float]:
        """Megabytes after the first minute, or the first third of a shorter drive, and at the end; medians of ten
        seconds each."""
        last = self.looks[-1].second
        settled = min(60.0, last / 3)
        return self._memory(settled, settled + 10), self._memory(last - 10, last)

    def _memory(self, start: float, end: float) -> float:
        return statistics.median(look.memory for look in self.looks if start <= look.second <= end)


def draw_outages(seed: int, kills: int, seconds: float) -> list[Away]:
    """Draw when a camera dies, and when it is started again: 3 to 8 seconds later, or less in a short drive."""
    chance = Random(f"outages {seed}")
    stretch = (seconds - 20) / max(kills, 1)
    found = []
    for number in range(kills):
        lasts = min(chance.uniform(3, 8), stretch / 4)
        gone = 10 + number * stretch + chance.uniform(0, stretch / 2)
        found.append(Away(gone, gone + lasts))
    return found


def painted(drive: Drive) -> Path:
    """Return the folder with all frames of a drive, painted once for each state of the painter."""
    sources = b"".join((ROOT / "tests" / "drives" / f"{name}.py").read_bytes() for name in _PAINTING)
    state = hashlib.sha256(sources).hexdigest()[:8]
    vehicles = sum(bool(one.text) for one in drive.passings)
    folder = FILMS / f"{drive.seed}-{vehicles}-{drive.seconds:g}-{state}"
    if not folder.is_dir():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for _ in progress(paint_frames(unfinished, DrivePainter(drive)), drive.frames, "painting"):
            pass
        unfinished.rename(folder)
    return folder


@dataclass
class Life:
    """A camera's program from start to death, in seconds of `time.monotonic`."""

    program: Watched
    started: float
    died: float = math.inf

    @property
    def served(self) -> float:
        """When its first picture went out."""
        return next((float(line.split()[1]) for line in self.program.lines if line.startswith("serving")), math.inf)


class Camera:
    """A camera as a program of its own, with all its lives."""

    def __init__(self, folder: Path, began: Path) -> None:
        """Use the frames, and the file with the start time of the drive; `start` serves."""
        port = free_port()
        self._command: list[str | Path] = [sys.executable, "-m", "drives.camera", str(port), folder, began]
        self._file = began
        self.began = math.inf
        self.url = f"http://127.0.0.1:{port}/video"
        self.lives: list[Life] = []

    def begin(self) -> None:
        """Let the drive begin in a second."""
        self.began = time.monotonic() + 1.0
        unfinished = self._file.with_suffix(".unfinished")
        unfinished.write_text(str(self.began), encoding="utf-8")
        unfinished.rename(self._file)

    def start(self) -> None:
        """Serve, from now on."""
        program = Watched(self._command, environment=with_tests())
        program.start()
        while "ready" not in program.lines:
            if not program.runs:
                raise DeviceError("the camera does not start: " + "\n".join(program.log))
            time.sleep(0.01)
        self.lives.append(Life(program, time.monotonic()))

    def kill(self) -> None:
        """Die at once."""
        self.lives[-1].program.kill()
        self.lives[-1].died = time.monotonic()

    @property
    def away(self) -> list[Away]:
        """The times from each kill to the next picture; a start without a picture ends none."""
        served = [life.served - self.began for life in self.lives]
        died = [life.died - self.began for life in self.lives[:-1]]
        return [Away(gone, min(served[number + 1 :])) for number, gone in enumerate(died) if served[number] < math.inf]

    @property
    def waits(self) -> list[float]:
        """Seconds from each start after a kill to the first fetched picture."""
        return [life.served - life.started for life in self.lives[1:]]


def watch(drive: Drive, frames: Path, outages: Sequence[Away], models: Sequence[Path]) -> Run:
    """Let plate-infer read a drive from begin to end, while the camera is killed.

    Raises:
        DeviceError: plate-infer did not start, or ended.
    """
    looks: list[Look] = []
    with ExitStack() as stack:
        camera = Camera(frames, Path(stack.enter_context(tempfile.TemporaryDirectory())) / "began")
        camera.start()
        stack.callback(camera.kill)
        page = f"127.0.0.1:{free_port()}"
        options = ["--as", "frame", *(part for model in models for part in ("--model", model))]
        program = Watched([installed("plate-infer"), "--camera", camera.url, "--json", "--serve", page, *options])
        program.start()
        stack.callback(program.kill)
        _let_start(program, page)
        camera.begin()
        _play(drive, camera, outages, lambda second: looks.append(_look(program, page, second)))
        code = program.stop(30.0)
    records = [one for one in map(json.loads, program.lines) if one["type"] == "vehicle"]
    since = time.time() - time.monotonic() + camera.began
    return Run(since, records, looks, camera.away, camera.waits, program.log, code)


def _let_start(program: Watched, page: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            if _look(program, page, 0.0).health["frames_read"]:
                return
            reason = "it has read no frame"
        except OSError as error:
            reason = str(error)
        if time.monotonic() > deadline:
            raise DeviceError(f"plate-infer does not start within {STARTS_WITHIN:g} s: {reason}")
        time.sleep(0.5)


def _play(drive: Drive, camera: Camera, outages: Sequence[Away], look: Callable[[float], None]) -> None:
    """Come back when the drive is over; `look` is called once a second of it, with the second."""
    line, falls = StatusLine(), _let_fall(camera, outages)
    due, next_look = next(falls), 0.0
    try:
        while (second := time.monotonic() - camera.began) < drive.seconds + TAIL:
            if second >= due:
                due = next(falls)
            if second >= next_look:
                look(second)
                next_look = math.floor(second) + 1.0
            line.show(f"drive: {second:.0f} of {drive.seconds:.0f} s")
            time.sleep(max(0.0, min(due, next_look) - (time.monotonic() - camera.began)))
    finally:
        line.clear()


def _let_fall(camera: Camera, outages: Sequence[Away]) -> Iterator[float]:
    """Yield the next second in which something is to be done, which is done when it goes on."""
    for gone, back in outages:
        yield gone
        camera.kill()
        yield back
        camera.start()
    yield math.inf


def _look(program: Watched, page: str, second: float) -> Look:
    """Raises OSError where plate-infer does not answer."""
    if not program.runs:
        raise DeviceError("plate-infer has ended: " + "\n".join(program.log))
    sample = program.sample()
    with urllib.request.urlopen(f"http://{page}/health", timeout=30) as answer:
        return Look(second, sample.memory, sample.cpu, json.load(answer))
