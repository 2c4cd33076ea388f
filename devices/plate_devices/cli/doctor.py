"""plate-doctor: check interpreters, models, camera, system and outputs, with advice."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.board import Board
from plate_devices.cli.option_table import Command, Option, number
from plate_devices.health.findings import Finding, lines, worst
from plate_runtime.command_line import run
from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plate_devices.health.bench import Row
    from plate_devices.run_options import InferOptions

DOCTOR = Command(
    "plate-doctor",
    "Check interpreters, models, camera, board, disk, clock and outputs, with advice on each problem.",
    (
        Option("--config", "settings file of a device; its cameras and outputs are checked too", "FILE"),
        Option("--camera", "camera to check: 0, csi:0, rtsp://..., http://..., demo; repeat it for several", "SOURCE",
               repeats=True),
        Option("--bench", "measure the speed of this machine, as a row for benchmarks/devices.csv"),
        Option("--seconds", "how long to measure (10)", "N", number("seconds, from 0.1 to 600", 0.1, 600), 10.0),
        Option("--json", "print one JSON object"),
        Option("--debug", "show tracebacks"),
    ),
    "",
    "examples: plate-doctor --camera 0\n          sudo plate-doctor --config /etc/plate-edge/plate-infer.toml\n"
    "          plate-doctor --bench --json",
)  # fmt: skip

FAILED = 4


def main() -> None:
    """Run plate-doctor with the arguments of this process."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(command, "plate-doctor")


def parse_doctor(arguments: Sequence[str]) -> dict[str, Any]:
    """Parse the command line. Raises UsageError; --help prints and exits."""
    given, others = DOCTOR.parse(arguments)
    if others:
        raise UsageError(f"{others[0]} is not an option; try plate-doctor --help")
    return given


def command(arguments: Sequence[str]) -> int:
    """Run the checks of the arguments; return 0, or 4 if one failed."""
    given = parse_doctor(arguments)
    options, findings = _settings(given)
    shown: list[Finding] = []
    for finding in (*findings, *_look(given, options)):
        shown.append(finding)
        if not given["--json"]:
            print("\n".join(lines([finding])), flush=True)
    row = None
    if given["--bench"]:
        from plate_devices.health.bench import bench

        row = bench(options, given["--seconds"])
        shown.append(Finding("jobs", "ok", _describe_jobs(row)))
        if not given["--json"]:
            print("\n".join(lines(shown[-1:])))
    state = worst(shown)
    if given["--json"]:
        import json

        found: dict[str, Any] = {"schema": 1, "state": state, "findings": [one.describe() for one in shown]}
        print(json.dumps(found | ({"bench": row.describe()} if row else {})))
    elif row is not None:
        print(f"\n{row.as_csv()}", end="")
    return FAILED if state == "failed" else 0


def _settings(given: dict[str, Any]) -> tuple[InferOptions | None, list[Finding]]:
    if not given["--config"]:
        return None, []
    from plate_devices.cli.infer_options import parse_infer
    from plate_devices.health.environment_checks import check_settings

    return check_settings(Path(given["--config"]), parse_infer)


def _look(given: dict[str, Any], options: InferOptions | None) -> Iterator[Finding]:
    from plate_devices.health import machine_checks

    board = Board()
    yield from machine_checks.check_system(board)
    yield from machine_checks.check_interpreters()
    yield from machine_checks.check_models(options)
    yield from machine_checks.check_samples(options)
    yield from machine_checks.check_board(board)
    yield from machine_checks.check_disk(_folder(options))
    yield from machine_checks.check_clock()
    if given["--camera"] or options is not None:
        from plate_devices.health.environment_checks import check_actions, check_camera, check_outputs
        from plate_devices.health.folder_checks import check_folders
        from plate_devices.live.first_aim import aim

        for one in _cameras(given, options):
            yield from check_camera(one.camera or "", one.size, one.redirect, one.name, aim=partial(aim, one))
        if options is not None:
            yield from check_outputs(options)
            yield from check_folders(options)
            yield from check_actions(options)


def _cameras(given: dict[str, Any], options: InferOptions | None) -> Sequence[InferOptions]:
    """Return the options of the cameras that are named, as plate-infer reads them; else of those in the settings."""
    if not given["--camera"]:
        return options.cameras if options is not None else ()
    from plate_devices.cli.infer_options import parse_infer

    arguments = [part for camera in given["--camera"] for part in ("--camera", camera)]
    return parse_infer([*arguments, *(["--config", given["--config"]] if options is not None else [])]).cameras


def _describe_jobs(row: Row) -> str:
    if row.jobs == 1:
        return "one thread reads as many sample crops as several; decoding was not measured"
    measured = (
        f"{row.jobs} threads read {row.jobs_gain:.2f} times as many sample crops as one; decoding was not measured"
    )
    return f"{measured}: try --jobs {row.jobs} if cameras drop frames while a core is idle"


def _folder(options: InferOptions | None) -> Path:
    """Where most is written: where events wait."""
    from plate_devices.outputs.output_settings import QueueSettings

    queue = options.config.queue if options is not None and options.config is not None else None
    folder: Path = (queue or QueueSettings()).place
    return folder
