"""The options of plate-doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plate_devices.cli.option_table import Command, Option, number
from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCTOR = Command(
    "plate-doctor",
    "Check interpreters, models, camera, board, disk, clock and outputs, with advice on each problem.",
    (
        Option("--config", "settings file of a device; its cameras and outputs are checked too", "FILE"),
        Option("--camera", "camera to check: 0, csi:0, rtsp://..., http://..., demo; repeat it for several", "SOURCE",
               repeats=True),
        Option("--bench", "measure the speed of this machine, as a row for benchmarks/devices.csv"),
        Option("--seconds", "with --bench: how long to measure (default: 10)", "N",
               number("seconds, from 0.1 to 600", 0.1, 600), 10.0),
        Option("--json", "print one JSON object"),
        Option("--debug", "show tracebacks"),
    ),
    "",
    "examples: plate-doctor --camera 0\n          sudo plate-doctor --config /etc/plate-edge/plate-infer.toml\n"
    "          plate-doctor --bench --json",
)  # fmt: skip


def parse_doctor(arguments: Sequence[str]) -> dict[str, Any]:
    """Parse the command line. Raises UsageError; --help prints and exits."""
    given, others = DOCTOR.parse(arguments)
    if others:
        raise UsageError(f"{others[0]} is not an option; try plate-doctor --help")
    return given
