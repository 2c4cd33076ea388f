"""Measure what the live page costs: frames read per second without and with a browser's requests, in turn.

    python benchmarks/live_page.py       -> results/live-page.csv
    python benchmarks/live_page.py 2     -> a quick look

Frames are painted ahead, 1280x720, and read as fast as it goes, as by a device that is slower than its camera. A
process of its own asks for pictures and state as the page does; its work is not the device's. Time is the CPU time of
the reading process, all its threads together: what a clock on the wall would show on a device of one core that does
nothing else, whatever other programs do on this machine. Wall-clock time is given, too.
"""

from __future__ import annotations

import http.client
import multiprocessing
import time
from collections.abc import Sequence
from itertools import cycle
from multiprocessing.synchronize import Event
from typing import Any, NamedTuple

import numpy as np
from measuring import command_line, spread, whole, write_csv
from PIL import Image

from plate_devices.imaging.plate_picture import draw_plate
from plate_devices.serve.page_server import LivePage
from plate_devices.serve.page_settings import ServeSettings
from plate_devices.sources.demo import vehicles
from plate_runtime import PlateReader

RUNS, SECONDS = 5, 8
TURNS = 6
ROI = (480, 400, 300, 90)


class Turn(NamedTuple):
    """So many frames in so many seconds of CPU time, and of the wall's clock."""

    frames: int
    cpu: float
    wall: float


class Bench(NamedTuple):
    """Who reads what, for which page, and who looks; `seen` counts the pictures that were."""

    page: LivePage
    reader: PlateReader
    frames: list[np.ndarray]
    looking: Event
    seen: Any


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, five runs of alternating turns each."""
    parser = command_line(__doc__)
    seconds_help = f"seconds of a run with a client, and of one without ({SECONDS})"
    parser.add_argument("seconds", nargs="?", type=whole(1), default=SECONDS, metavar="SECONDS", help=seconds_help)
    seconds = parser.parse_args(arguments).seconds
    page = LivePage(ServeSettings("127.0.0.1:0"))
    page.start()
    port = int(page.url.rstrip("/").rpartition(":")[2])
    context = multiprocessing.get_context("spawn")
    looking, ended, seen = context.Event(), context.Event(), context.Value("i", 0)
    viewer = context.Process(target=_look, args=(port, looking, ended, seen), daemon=True)
    viewer.start()
    rows = []
    with PlateReader() as reader:
        bench = Bench(page, reader, _frames(), looking, seen)
        _read(bench, 1.0)
        for run in range(1, RUNS + 1):
            rows.append(_run(bench, run, seconds))
            print(rows[-1], flush=True)
    ended.set()
    looking.set()
    viewer.join(5)
    page.close()
    print(f"slower: {spread([float(str(row['slower_percent'])) for row in rows], 1)} %")
    write_csv("live-page", rows)


def _run(bench: Bench, run: int, seconds: float) -> dict[str, object]:
    """Read in short turns with and without a client, so that other load affects both equally."""
    alone: list[Turn] = []
    watched: list[Turn] = []
    pictures = bench.seen.value
    for _ in range(TURNS):
        bench.looking.clear()
        time.sleep(3.5)  # until the page counts no client any more
        alone.append(_read(bench, seconds / TURNS))
        bench.looking.set()
        time.sleep(1.0)
        watched.append(_read(bench, seconds / TURNS))
    (rate, wall), (rate_watched, wall_watched) = _rates(alone), _rates(watched)
    return {
        "run": run,
        "frames_a_cpu_second_alone": round(rate, 1),
        "frames_a_cpu_second_watched": round(rate_watched, 1),
        "slower_percent": round(100 * (1 - rate_watched / rate), 1),
        "frames_a_second_alone": round(wall, 1),
        "frames_a_second_watched": round(wall_watched, 1),
        "pictures_seen": bench.seen.value - pictures,
    }


def _rates(turns: list[Turn]) -> tuple[float, float]:
    """Frames a second of the process's CPU time, and of the wall's clock."""
    frames = sum(turn.frames for turn in turns)
    return frames / sum(turn.cpu for turn in turns), frames / sum(turn.wall for turn in turns)


def _read(bench: Bench, seconds: float) -> Turn:
    """Read for so long."""
    x, y, width, height = ROI
    started, cpu = time.perf_counter(), time.process_time()
    for count, frame in enumerate(cycle(bench.frames), 1):
        part = np.ascontiguousarray(frame[y : y + height, x : x + width])
        bench.page.live_states[""].add_frame(frame, bench.reader.read(part, "plate"), 0.0, ROI)
        if (passed := time.perf_counter() - started) >= seconds:
            return Turn(count, time.process_time() - cpu, passed)
    raise AssertionError


def _frames() -> list[np.ndarray]:
    """Eight noisy frames with a plate in each."""
    chance = np.random.default_rng(5)
    frames = []
    for vehicle in vehicles(8):
        scene = Image.fromarray(chance.integers(90, 130, (720, 1280, 3), dtype=np.uint8))
        scene.paste(draw_plate(vehicle.text, 60, vehicle.style, 270), (ROI[0] + 15, ROI[1] + 15))
        frames.append(np.asarray(scene).copy())
    return frames


def _look(port: int, looking: Event, ended: Event, seen: Any) -> None:
    """Ask as the page does: one picture after the other, and the state once a second."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    after, reported_at = "0", 0.0
    while looking.wait() and not ended.is_set():
        connection.request("GET", f"/frame?after={after}")
        answer = connection.getresponse()
        if answer.read():
            seen.value += 1
        after = answer.headers.get("Plate-Edge-Number", "0")
        if time.monotonic() - reported_at > 1.0:
            reported_at = time.monotonic()
            connection.request("GET", "/state")
            connection.getresponse().read()


if __name__ == "__main__":
    main()
