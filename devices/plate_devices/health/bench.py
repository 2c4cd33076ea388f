"""Measure how fast this machine reads, as a row for benchmarks/devices.csv."""

from __future__ import annotations

import csv
import io
import platform
import resource
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plate_devices.board import Board
from plate_devices.health.self_test import measure, measure_threads, open_plate_reader

if TYPE_CHECKING:
    from plate_devices.run_options import InferOptions


@dataclass(frozen=True)
class Row:
    """One machine, model and interpreter. Milliseconds are for one plate crop, from decoded picture to text.

    Attributes:
        jobs: number of threads that read fastest; `jobs_gain` is their rate divided by that of one thread.
    """

    date: str
    version: str
    board: str
    machine: str
    system: str
    python: str
    backend: str
    backend_version: str
    model: str
    threads: int
    wall_ms_median: float
    wall_ms_90: float
    cpu_ms_mean: float
    crops: int
    peak_mb: int
    celsius_before: float | None
    celsius_after: float | None
    throttled: str
    jobs: int
    jobs_gain: float

    def describe(self) -> dict[str, Any]:
        """Return the row in types of JSON."""
        return asdict(self)

    def as_csv(self) -> str:
        """Return header and row."""
        out = io.StringIO()
        writer = csv.DictWriter(out, [field.name for field in fields(self)], lineterminator="\n")
        writer.writeheader()
        writer.writerow(asdict(self))
        return out.getvalue()


def bench(options: InferOptions | None, seconds: float, board: Board | None = None) -> Row:
    """Read the sample crops for so many seconds. Raises PlateEdgeError if they cannot be read."""
    board = board or Board()
    before = board.temperature
    with open_plate_reader(options) as reader:
        model = reader.model
        label, backend = model.manifest.label, model.backend
        name, version = backend.name, backend.version
    timing = measure(options, seconds)
    parallel = measure_threads(options, seconds / 4)
    return Row(
        date=datetime.now(UTC).date().isoformat(),
        version=_version(),
        board=board.model or _processor(),
        machine=platform.machine(),
        system=_system(),
        python=platform.python_version(),
        backend=name,
        backend_version=version,
        model=label,
        threads=options.threads if options else 1,
        wall_ms_median=round(timing.wall_ms, 3),
        wall_ms_90=round(timing.wall_ms_90, 3),
        cpu_ms_mean=round(timing.cpu_ms, 3),
        crops=timing.crops,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        celsius_before=before,
        celsius_after=board.temperature,
        throttled="; ".join(board.throttled or []),
        jobs=parallel.threads,
        jobs_gain=round(parallel.gain, 2),
    )


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("plate-edge")
    except PackageNotFoundError:
        return ""


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()


def _processor() -> str:
    """Return the kernel's name of the processor, for boards without a name."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:  # noqa: PTH123
            named = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    except OSError:
        named = []
    return named[0] if named else platform.processor() or platform.machine()
