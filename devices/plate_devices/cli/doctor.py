"""plate-doctor: check interpreters, models, camera, system and outputs, with advice."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from plate_runtime.command_line import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plate_devices.health.bench import Row
    from plate_devices.health.findings import Finding
    from plate_devices.run_options import InferOptions

FAILED = 4


def main() -> None:
    """Run plate-doctor with the arguments of this process."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(command, "plate-doctor")


def command(arguments: Sequence[str]) -> int:
    """Run the checks of the arguments; return 0, or 4 if one failed."""
    from plate_devices.cli.doctor_options import parse_doctor  # only now: before `run`, Ctrl-C shows a traceback
    from plate_devices.health.findings import Finding, lines, worst

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
    from pathlib import Path

    from plate_devices.cli.infer_options import parse_infer
    from plate_devices.health.environment_checks import check_settings

    return check_settings(Path(given["--config"]), parse_infer)


def _look(given: dict[str, Any], options: InferOptions | None) -> Iterator[Finding]:
    from plate_devices.board import Board
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
        from plate_devices.health.environment_checks import check_actions, check_camera, check_history, check_outputs
        from plate_devices.health.folder_checks import check_folders
        from plate_devices.live.first_aim import aim

        for one in _cameras(given, options):
            yield from check_camera(one.camera or "", one.size, one.redirect, one.name, aim=partial(aim, one))
        if options is not None:
            yield from check_outputs(options)
            yield from check_history(options)
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

    return QueueSettings().place if options is None else options.queue_folder
