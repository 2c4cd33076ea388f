"""Reading a film: our reader beside OpenCV's, in frames of each second and in processor time a frame.

    python benchmarks/videos.py                # -> results/videos.csv
    python benchmarks/videos.py --frames 50    # a quick look

A film of H.264 in MP4, a picture that slides by, is decoded whole and made RGB by both, in turn, in one process.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from measuring import command_line, spread, whole, write_csv

from plate_devices.sources.source import require_av, require_opencv
from plate_devices.sources.video import VideoFile

SIZES = ((1280, 720), (1920, 1080))
ROUNDS = 5


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both readers at each size."""
    parser = command_line(__doc__)
    parser.add_argument("--frames", type=whole(10), default=200, metavar="N", help="frames of each film (200)")
    frames = parser.parse_args(arguments).frames
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        rows = []
        for size in SIZES:
            _write(path, size, frames)
            rows += _rows(path, size, frames)
        write_csv("videos", rows)


def _write(path: Path, size: tuple[int, int], frames: int) -> None:
    import numpy as np

    av, cv2 = require_av("a benchmark"), require_opencv("a benchmark")
    rough = np.random.default_rng(0).integers(0, 255, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    scene = cv2.resize(rough, size)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=25, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(scene, 4 * number, 1))))
        film.mux(stream.encode())


def _ours(path: Path) -> int:
    source = VideoFile(str(path))
    count = sum(1 for _ in source.frames())
    source.close()
    return count


def _opencv(path: Path) -> int:
    cv2: Any = require_opencv("a benchmark")
    capture, count = cv2.VideoCapture(str(path)), 0
    while True:
        found, bgr = capture.read()
        if not found:
            return count
        cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        count += 1


READERS: dict[str, Callable[[Path], int]] = {"plate_devices (PyAV)": _ours, "OpenCV": _opencv}


def _rows(path: Path, size: tuple[int, int], frames: int) -> list[dict[str, object]]:
    """Return a row for each reader; the rounds go in turn, so that a machine's drift meets both alike."""
    wall: dict[str, list[float]] = {name: [] for name in READERS}
    cpu: dict[str, list[float]] = {name: [] for name in READERS}
    for _ in range(ROUNDS):
        for name, read in READERS.items():
            started, spent = time.perf_counter(), time.process_time()
            if read(path) != frames:
                sys.exit(f"{name} has not read all {frames} frames")
            wall[name].append(frames / (time.perf_counter() - started))
            cpu[name].append(1000 * (time.process_time() - spent) / frames)
    least = min(cpu["OpenCV"])
    return [
        {
            "reader": name, "size": f"{size[0]}x{size[1]}", "frames": frames, "rounds": ROUNDS,
            **{f"frames_a_second_{key}": value for key, value in spread(wall[name], 0).items()},
            **{f"cpu_ms_a_frame_{key}": value for key, value in spread(cpu[name], 2).items()},
            "cpu_of_opencv_s": round(min(cpu[name]) / least, 2),
        }
        for name in READERS
    ]  # fmt: skip


if __name__ == "__main__":
    main()
