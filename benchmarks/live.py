"""The live loop on synthetic drives: is each vehicle reported once, what does skipping save, and what does it miss?

A detector and a reader that know the truth, and err as networks do (tests/drives/guessing.py), stand in for the
networks: the figures are those of following and skipping, whatever reads.

    python benchmarks/live.py               -> results/live-following.csv, live-skipping.csv
    python benchmarks/live.py following     -> the first of them alone
    python benchmarks/live.py film          -> results/live-film.csv: ten minutes, encoded, watched
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from measuring import ROOT, command_line, one_of, write_csv

sys.path.insert(0, str(ROOT / "tests"))

from drives.film import write_film
from drives.geometry import Camera
from drives.guessing import Errors, GuessingReader
from drives.painter import DrivePainter
from drives.scoring import Reported, Score, describe, follow_drive, legible_frames, score, stamp
from drives.traffic import RATE, Drive, Passing, plan_drive

from plate_devices.follow import Vehicle
from plate_devices.live.loop import FrameLoop
from plate_devices.live.motion import MotionDetector
from plate_devices.live.roi import Reading, View
from plate_devices.sources.source import Frames, Source
from plate_devices.sources.video import VideoFile
from plate_runtime.errors import PlateEdgeError

# The numbers of the follower were chosen on seeds below 60.
SEEDS = range(2000, 2006)
WORSE = Errors(missed=0.1, jitter=0.03, misread=0.04, invented=0.02, dropped=0.02, false=0.04)
FILM_SEED = 2100

Picture = np.ndarray


class Painted(Source):
    """A painted drive as a source; `change` alters what the camera sees, by the second."""

    def __init__(self, painter: DrivePainter, change: Callable[[Picture, float], Picture] | None = None) -> None:
        self.name = "drive"
        self._painter, self._change = painter, change

    def frames(self) -> Frames:
        """Yield all frames, with times."""
        for number in range(self._painter.drive.frames):
            picture = self._painter.paint(number)
            yield stamp(number, picture if self._change is None else self._change(picture, number / RATE))


class Guesses:
    """What the loop asks of a command, with a guessing reader for the networks."""

    def __init__(self, drive: Drive, errors: Errors) -> None:
        self._reader = GuessingReader(drive, drive.seed, errors)
        self.vehicles: list[Reported] = []
        self.read_frames: list[int] = []
        self.memory: list[float] = []

    def views(self, source: Source) -> Iterator[View]:
        """Yield whole frames; note the memory once a minute."""
        for frame in source.frames():
            if frame.number % round(60 * RATE) == round(60 * RATE) - 1:
                self.memory.append(_memory())
            yield View(frame, frame.rgb, None)
        source.close()

    def read(self, _source: Source, view: View) -> Reading:
        """Guess."""
        self.read_frames.append(view.frame.number)
        return Reading(self._reader.read(view.frame.number / RATE), 0.0)

    def frame_read(self, source: Source, view: View, reading: Reading) -> None:
        """Not asked for."""

    def print_vehicle(self, _source: Source, vehicle: Vehicle) -> None:
        """Keep it."""
        self.vehicles.append(Reported.by_frames(vehicle))

    def report(self, _source: Source, error: PlateEdgeError) -> int:
        """A drive that cannot be read is a fault of the benchmark."""
        raise error

    def report_state(self, source: Source, message: str) -> None:
        """A drive is never lost."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure following and skipping, or what is named."""
    parts = {"following": measure_following, "skipping": measure_skipping, "film": measure_film}
    parser = command_line(__doc__)
    parts_help = f"one of {', '.join(parts)}; the first two by default"
    parser.add_argument("parts", nargs="*", metavar="PART", type=one_of(parts), help=parts_help)
    for name in parser.parse_args(arguments).parts or ("following", "skipping"):
        parts[name]()


def measure_following() -> None:
    """Drives of ten minutes and 60 vehicles, without pictures, at several rates and with a worse reader."""
    rows = []
    for name, errors, step in (
        ("15 frames/s", Errors(), 1),
        ("15 frames/s, twice the errors", WORSE, 1),
        ("5 frames/s", Errors(), 3),
    ):
        total, flawless, started = Score(), 0, time.process_time()
        for seed in SEEDS:
            drive = plan_drive(seed)
            found = score(drive, follow_drive(drive, seed, errors, step), legible_frames(drive, step))
            total, flawless = total + found, flawless + found.flawless
        rows.append({"drives of 60 vehicles": name, "drives": len(SEEDS), "flawless": flawless} | _counts(total))
        print(name, total, f"{time.process_time() - started:.0f} s CPU", flush=True)
    write_csv("live-following", rows)


def measure_skipping() -> None:
    """A minute each of what a camera sees for hours."""
    rows = []
    for name, (painter, change) in _scenes().items():
        drive = painter.drive
        legible = legible_frames(drive)
        hands = Guesses(drive, Errors())
        FrameLoop(hands, Painted(painter, change)).run()
        found, read = score(drive, hands.vehicles, legible), hands.read_frames
        late = [_delay(frames, read) for frames in legible.values() if frames]
        rows.append(
            {
                "scene": name, "frames": drive.frames, "read": len(read),
                "skipped_percent": round(100 * (1 - len(read) / drive.frames), 1),
                "latest_first_read_s": round(max(late, default=0.0), 2), **_counts(found),
                "look_ms": round(_look_ms(painter), 2),
            }
        )  # fmt: skip
        print(rows[-1], flush=True)
    write_csv("live-skipping", rows)


def _scenes() -> dict[str, tuple[DrivePainter, Callable[[Picture, float], Picture] | None]]:
    quiet, busy = plan_drive(2050, 2, 60), plan_drive(2051, 8, 60)
    parked = _one((0, 3.4, 15, 0.1), (60, 3.4, 15, 0.1))
    creeping = _one((0, 1.5, 22, 0.0), (60, 1.5, 14, 0.0))
    return {
        "an empty street by day": (DrivePainter(_drive([])), None),
        "an empty street at night": (DrivePainter(_drive([]), 12.0, 0.35), None),
        "a parked car by day": (DrivePainter(_drive([parked])), None),
        "a parked car at night": (DrivePainter(_drive([parked]), 12.0, 0.35), None),
        "a parked car, light comes and goes": (DrivePainter(_drive([parked])), _clouds),
        "a car that creeps, 13 cm a second": (DrivePainter(_drive([creeping])), None),
        "a car that creeps at night": (DrivePainter(_drive([creeping]), 12.0, 0.35), None),
        "quiet traffic, 2 in a minute": (DrivePainter(quiet), None),
        "quiet traffic at night": (DrivePainter(quiet, 12.0, 0.35), None),
        "busy traffic, 8 in a minute": (DrivePainter(busy), None),
    }


def _drive(passings: list[Passing]) -> Drive:
    return Drive(2049, 60.0, Camera(1800.0, 3.0, math.radians(11)), passings)


def _one(*path: tuple[float, float, float, float]) -> Passing:
    return Passing(0, "7KXW482", "alone", (0.52, 0.11), path)


def _clouds(picture: Picture, seconds: float) -> Picture:
    """Clouds within 20 seconds, and a lamp that is switched every 30."""
    light = 0.8 + 0.2 * math.cos(seconds / 20 * 2 * math.pi) - 0.15 * (seconds // 30 % 2)
    return np.clip(picture * np.float32(light), 0, 255).astype(np.uint8)


def _delay(legible: list[int], read: list[int]) -> float:
    """Seconds from the first frame that shows a legible plate to the first one since then that was read."""
    return (min((number for number in read if number >= legible[0]), default=legible[-1]) - legible[0]) / RATE


def _look_ms(painter: DrivePainter) -> float:
    motion, frames = MotionDetector(), [painter.paint(number) for number in range(4)]
    for frame in frames:
        motion.has_changed(frame)
        motion.keep()
    started = time.process_time()
    for number in range(100):
        motion.has_changed(frames[number % 4])
    return (time.process_time() - started) * 10


def measure_film() -> None:
    """Ten minutes of 60 vehicles as an MPEG-4 film, decoded and watched."""
    drive = plan_drive(FILM_SEED)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drive.mp4"
        write_film(path, DrivePainter(drive))
        size = path.stat().st_size / 1e6
        hands = Guesses(drive, Errors())
        source = VideoFile(str(path))
        started = time.process_time()
        FrameLoop(hands, source).run()
        spent = time.process_time() - started
    legible = legible_frames(drive)
    found = score(drive, hands.vehicles, legible)
    row = {
        "film": f"seed {FILM_SEED}, {drive.frames} frames, {size:.0f} MB", "read": len(hands.read_frames),
        **_counts(found), "cpu_ms_a_frame_with_decoding": round(1000 * spent / drive.frames, 2),
        "memory_mb_after_1_minute": round(hands.memory[0], 1), "memory_mb_at_end": round(hands.memory[-1], 1),
    }  # fmt: skip
    print(found, *describe(drive, found, legible), sep="\n")
    write_csv("live-film", [row])


def _memory() -> float:
    """Resident memory in MB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def _counts(found: Score) -> dict[str, int]:
    return {
        "expected": found.expected, "right": found.right, "missed": len(found.missed), "wrong": len(found.wrong),
        "again": len(found.again), "phantoms": len(found.phantoms),
    }  # fmt: skip


if __name__ == "__main__":
    main()
