"""Frames a second of plate-infer by --jobs, beside RapidOCR, and where the time goes.

    python benchmarks/jobs.py                       # 5,000 frames, five pairs of runs: half an hour on two idle cores
    python benchmarks/jobs.py --frames 500 --rounds 2

Frames of 1280x720 are read from disk, through links to those of frames-romania. Runs with one and with several jobs
take turns, so that a machine's drift meets both alike. CPU times count all processes. It writes results/jobs.csv,
results/jobs-steps.csv and results/jobs.png.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import HERE, RESULTS, SHARED, command_line, run_process, whole, write_csv
from virtual_environments import environment

_INFER = [sys.executable, "-c", "from plate_devices.cli.infer import main; main()"]
_RIVAL_FRAMES = 20


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results."""
    parser = command_line(__doc__)
    parser.add_argument("--frames", type=whole(64), default=5000)
    parser.add_argument("--rounds", type=whole(1), default=5)
    parser.add_argument("--jobs", type=whole(2), default=2)
    asked = parser.parse_args(arguments)
    frames = sorted((SHARED / "frames-romania").rglob("*.jpg"))
    if not frames:
        raise SystemExit(f"no real pictures at {SHARED}")
    steps = [{"step": name, "cpu_ms_a_frame": round(value, 2)} for name, value in time_of_steps(frames).items()]
    write_csv("jobs-steps", steps)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.frames):
            Path(folder, f"{number}.jpg").symlink_to(frames[number % len(frames)])
        rows = [*_ours(folder, asked), *_rapid_ocr(frames, asked)]
    write_csv("jobs", rows)
    _draw(rows)


def _ours(folder: str, asked: Any) -> list[dict[str, Any]]:
    runs: dict[int, list[tuple[float, float, float]]] = {1: [], asked.jobs: []}
    for number in range(asked.rounds):
        for jobs in list(runs) if number % 2 == 0 else reversed(runs):
            ended = run_process([*_INFER, folder, "--json", "--jobs", str(jobs)])
            runs[jobs].append((ended.wall, ended.cpu, ended.memory))
            print(f"round {number + 1}: {jobs} jobs, {asked.frames / ended.wall:.1f} frames/s", file=sys.stderr)
    ratios = [one[0] / many[0] for one, many in zip(runs[1], runs[asked.jobs], strict=True)]
    more = [many[1] / one[1] for one, many in zip(runs[1], runs[asked.jobs], strict=True)]
    rows = []
    for jobs, figures in runs.items():
        walls, cpus, memories = zip(*figures, strict=True)
        paired = jobs > 1
        rows.append(
            _row("plate-infer", jobs, asked.frames, walls, cpus)
            | {
                "memory_mb_of_one_process": round(max(memories)),
                "times_one_job_median": round(statistics.median(ratios), 3) if paired else 1,
                "times_one_job_min": round(min(ratios), 3) if paired else 1,
                "cpu_to_one_job_median": round(statistics.median(more), 3) if paired else 1,
            }
        )
    return rows


def _rapid_ocr(frames: Sequence[Path], asked: Any) -> list[dict[str, Any]]:
    python = environment("rapidocr", ["rapidocr==3.10.*", "onnxruntime"])
    content = json.dumps([str(path) for path in frames[:_RIVAL_FRAMES]])
    rows = []
    for jobs in (1, asked.jobs):
        command = [str(python), str(HERE / "readers" / "rapid_ocr_frames.py")]
        running = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(jobs)
        ]
        for one in running:
            assert one.stdin is not None
            one.stdin.write(content)
            one.stdin.close()
        found = []
        for one in running:
            assert one.stdout is not None
            found.append(json.loads(one.stdout.read().splitlines()[-1]))
            one.wait()
        total = sum(one["frames"] for one in found)
        row = _row("RapidOCR", jobs, total, [max(one["wall"] for one in found)], [sum(one["cpu"] for one in found)])
        rows.append(row | dict.fromkeys(_PAIRED, ""))
    return rows


_PAIRED = ("memory_mb_of_one_process", "times_one_job_median", "times_one_job_min", "cpu_to_one_job_median")


def _row(reader: str, jobs: int, frames: int, walls: Sequence[float], cpus: Sequence[float]) -> dict[str, Any]:
    return {
        "reader": reader,
        "jobs": jobs,
        "frames": frames,
        "runs": len(walls),
        "frames_a_second_min": round(frames / max(walls), 1),
        "frames_a_second_median": round(frames / statistics.median(walls), 1),
        "frames_a_second_max": round(frames / min(walls), 1),
        "cpu_ms_a_frame_median": round(1000 * statistics.median(cpus) / frames, 2),
    }


class Stopwatch:
    """CPU seconds by step; the time of a step inside another counts for the inner one alone."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = [0.0]

    @contextmanager
    def measured(self, step: str) -> Iterator[None]:
        """Count what happens inside as `step`."""
        started = time.process_time()
        self._inner.append(0.0)
        yield
        passed = time.process_time() - started
        own = passed - self._inner.pop()
        self._inner[-1] += passed
        self.seconds[step] = self.seconds.get(step, 0.0) + own

    def wrap(self, place: object, name: str, step: str) -> None:
        """Count the calls of a function or method as `step`."""
        real: Callable[..., Any] = getattr(place, name)

        def call(*given: Any, **named: Any) -> Any:
            with self.measured(step):
                return real(*given, **named)

        setattr(place, name, call)


def time_of_steps(frames: Sequence[Path]) -> dict[str, float]:
    """Return the CPU milliseconds a frame of each step, in one process."""
    from plate_devices.events.records import Engine, Origin, frame_record, to_line
    from plate_devices.sources.source import Frame
    from plate_runtime import recognise, rectify, search
    from plate_runtime.pictures.open_picture import Picture, open_picture
    from plate_runtime.reader import PlateReader

    watch = Stopwatch()
    with PlateReader(as_="auto") as reader:
        for path in frames[:5]:
            reader.read(path, "auto")
        watch.wrap(Picture, "gray", "gray")
        watch.wrap(reader.detector().backend, "run", "detector, network")
        watch.wrap(reader.model_for("auto").backend, "run", "reader, network")
        for name in ("search_frame", "start_search"):
            watch.wrap(search, name, "detector, resizing and boxes")
        watch.wrap(rectify, "rectify", "rectify plates")
        watch.wrap(recognise.NetworkRecogniser, "recognise", "reader, resizing and text")
        origin = Origin("frame.jpg", Engine({}, "litert"), True)
        for path in frames:
            with watch.measured("open and decode the JPEG"):
                picture = open_picture(path)
            with watch.measured("rest"):
                plates = reader.read(picture, "auto")
            with watch.measured("record as JSON"):
                to_line(frame_record(origin, Frame(picture.rgb, 0, None), plates, 0.0))
    return {step: 1000 * seconds / len(frames) for step, seconds in watch.seconds.items()}


def _draw(rows: Sequence[dict[str, Any]]) -> None:
    """Write results/jobs.png."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    panel: Any = figure.subplots()
    names = [f"{row['reader']}, {row['jobs']} {'process' if row['jobs'] == 1 else 'processes'}" for row in rows]
    rates = [row["frames_a_second_median"] for row in rows]
    colours = ["C0" if row["reader"] == "plate-infer" else "C7" for row in rows]
    bars = panel.barh(names, rates, color=colours)
    panel.bar_label(bars, padding=4)
    panel.invert_yaxis()
    panel.set_xlabel("frames of 1280x720 a second, decoding included")
    panel.set_xlim(0, 1.12 * max(rates))
    panel.grid(axis="x", alpha=0.3)
    figure.savefig(RESULTS / "jobs.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
