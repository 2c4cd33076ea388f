"""Checks of settings, camera and outputs. Each returns findings and raises nothing."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.health.findings import Finding
from plate_devices.threads import BackgroundThread
from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from plate_devices.run_options import InferOptions
    from plate_devices.sources.source import Frame, Roi, Source

PICTURE_WITHIN, _MORE_WITHIN = 20.0, 10.0
"""Seconds in which a camera gives its first picture, and the others of a first aim."""
_FRAMES, _APART = 5, 0.4
"""Frames of a first aim, and the least seconds between two of them."""

Aim = Callable[[Sequence["Frame"], "Roi | None"], Finding]
"""Says what is read in a few frames of a source, given the ROI that the source knows."""


def check_settings(
    file: Path, parse: Callable[[Sequence[str]], InferOptions]
) -> tuple[InferOptions | None, list[Finding]]:
    """Read the settings with the parser of plate-infer; return them if they are valid, and the findings."""
    try:
        options = parse(["--config", str(file)])
    except PlateEdgeError as error:
        advice = "correct the line; docs/operate/service.md lists all settings"
        return None, [Finding("settings", "failed", str(error), advice)]
    outputs = ", ".join(one.name or one.type for one in options.config.outputs) if options.config else ""
    cameras = f"; cameras: {', '.join(one.name for one in options.cameras)}" if len(options.cameras) > 1 else ""
    found = [Finding("settings", "ok", f"{file}: reads as {options.read_as}{cameras}; outputs: {outputs or 'lines'}")]
    try:
        mode = file.stat().st_mode
    except OSError:
        return options, found
    if mode & stat.S_IROTH and "@" in file.read_text("utf-8"):
        message = f"all users may read {file}, which seems to hold a password"
        found.append(Finding("settings", "warning", message, f"chmod o-r {file}"))
    return options, found


def check_camera(
    address: str,
    size: tuple[int, int] | None = None,
    redirect: str | None = None,
    name: str = "",
    *,
    aim: Aim | None = None,
) -> Iterator[Finding]:
    """Open a camera, wait for a picture, and `aim`; messages begin with the camera's name, if it has one."""
    for finding in _check_camera(address, size, redirect, aim):
        yield finding._replace(message=f"{name}: {finding.message}") if name else finding


def _check_camera(name: str, size: tuple[int, int] | None, redirect: str | None, aim: Aim | None) -> Iterator[Finding]:
    from plate_devices.sources.open_camera import open_camera
    from plate_devices.sources.watched_folder import WatchedFolder

    started = time.monotonic()
    try:
        source = open_camera(name, size=size, redirect=redirect)
        if isinstance(source, WatchedFolder):
            yield Finding("camera", "ok", f"{source.name} exists; pictures may come at any time")
            return
        frames, came = _first_frames(source, _FRAMES if aim else 1)
    except PlateEdgeError as error:
        busy = "another program" in str(error)
        advice = "stop the service first: sudo systemctl stop plate-infer" if busy else "see docs/use/cameras.md"
        yield Finding("camera", "failed", str(error), advice)
        return
    if not frames:
        message = f"{source.name} gives no picture within {PICTURE_WITHIN:g} s"
        yield Finding("camera", "failed", message, "check cable and address; see docs/use/cameras.md")
        return
    height, width = frames[0].rgb.shape[:2]
    took = came - started
    yield Finding("camera", "ok", f"{source.name} gives {width}x{height} pixels, the first after {took:.1f} s")
    level = float(frames[0].rgb.mean())
    if level < 8 or level > 247:
        colour = "black" if level < 8 else "white"
        yield Finding("camera", "warning", f"the picture is {colour}", "take the lens cap off, or check the exposure")
    if aim is not None:
        yield aim(frames, source.default_roi)


def check_outputs(options: InferOptions) -> Iterator[Finding]:
    """Check whether every output of the settings accepts events. A running service is not disturbed."""
    config = options.config
    if config is None or not config.outputs:
        return
    from plate_devices.outputs.make_outputs import make_outputs

    try:
        outputs = make_outputs(config.outputs, options.queue_folder)
    except PlateEdgeError as error:
        yield Finding("outputs", "failed", str(error))
        return
    for output in outputs:
        try:
            output.check()
        except PlateEdgeError as error:
            yield Finding("outputs", "failed", f"{output.name}: {error}", "events wait until it works again")
        else:
            yield Finding("outputs", "ok", f"{output.name} accepts events")


def check_history(options: InferOptions) -> Iterator[Finding]:
    """Check whether the history of the settings can be searched, by the role that searches it."""
    config = options.config
    if config is None or "history" not in config.present:
        return
    from plate_devices.history.event_search import EventQuery
    from plate_devices.history.history_source import HistorySource

    source = HistorySource(config.outputs, config.history, config.privacy)
    problem = source.reason
    if not problem:
        try:
            source.find(EventQuery(), "", 1)
        except PlateEdgeError as error:
            problem = str(error)
    if problem:
        yield Finding("history", "failed", problem, "see docs/operate/history.md")
    else:
        yield Finding("history", "ok", "stored vehicles can be searched")


def check_actions(options: InferOptions) -> Iterator[Finding]:
    """Check whether every action of the settings could be done. None is done."""
    config = options.config
    if config is None or not config.actions:
        return
    from plate_devices.actions.gpio import keeps_level_after_kill
    from plate_devices.actions.make_actions import make_action

    for settings in config.actions:
        try:
            make_action(settings).check()
        except PlateEdgeError as error:
            yield Finding("actions", "failed", f"{settings.name}: {error}", "see docs/operate/actions.md")
            continue
        idle = next((key for key in ("dry_run", "simulate") if getattr(settings, key, False)), "")
        if idle:
            yield Finding("actions", "warning", f"{settings.name} is only simulated", f"remove {idle} after the trial")
        else:
            yield Finding("actions", "ok", f"{settings.name} is available; it was not done")
            if settings.type == "gpio" and keeps_level_after_kill():
                message = f"{settings.name}: its pin keeps its level if the program is killed during a pulse"
                yield Finding("actions", "warning", message, "add dtparam=strict_gpiod to /boot/firmware/config.txt")


def _first_frames(source: Source, count: int) -> tuple[list[Frame], float]:
    """Return up to `count` frames with some time between them, none if none comes in time, and when the first came.

    Raises what the source raises before its first frame.
    """
    got: list[Frame] = []
    errors: list[BaseException] = []
    first, stopped = threading.Event(), threading.Event()

    def look() -> None:
        try:
            with closing(source), closing(source.frames()) as frames:
                for frame in frames:
                    if not got or _seconds(got[-1], frame) >= _APART:
                        got.append(frame)
                        first.set()
                    if len(got) >= count or stopped.is_set():
                        return
        except BaseException as error:  # raised again below
            errors.append(error)
        finally:
            first.set()

    thread = BackgroundThread(look, "first frames", restarts=False)
    thread.start()
    first.wait(PICTURE_WITHIN)
    came = time.monotonic()
    thread.join(_MORE_WITHIN if got else 0.0)
    stopped.set()
    if errors and not got:
        raise errors[0]
    return list(got), came


def _seconds(before: Frame, after: Frame) -> float:
    if before.time is None or after.time is None:
        return _APART  # unknown, so each frame is taken
    return (after.time - before.time).total_seconds()
