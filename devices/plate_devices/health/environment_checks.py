"""Checks of settings, camera and outputs. Each returns findings and raises nothing."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.health.findings import Finding
from plate_devices.threads import BackgroundThread
from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from plate_devices.run_options import InferOptions
    from plate_devices.sources.source import Frame, Source

PICTURE_WITHIN = 20.0


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
    address: str, size: tuple[int, int] | None = None, redirect: str | None = None, name: str = ""
) -> Iterator[Finding]:
    """Open a camera and wait for a picture; messages begin with its name, if it has one."""
    for finding in _check_camera(address, size, redirect):
        yield finding._replace(message=f"{name}: {finding.message}") if name else finding


def _check_camera(name: str, size: tuple[int, int] | None, redirect: str | None) -> Iterator[Finding]:
    from plate_devices.sources.open_camera import open_camera
    from plate_devices.sources.watched_folder import WatchedFolder

    started = time.monotonic()
    try:
        source = open_camera(name, size=size, redirect=redirect)
        if isinstance(source, WatchedFolder):
            yield Finding("camera", "ok", f"{source.name} exists; pictures may come at any time")
            return
        frame = _first_frame(source)
    except PlateEdgeError as error:
        busy = "another program" in str(error)
        advice = "stop the service first: sudo systemctl stop plate-infer" if busy else "see docs/use/cameras.md"
        yield Finding("camera", "failed", str(error), advice)
        return
    if frame is None:
        message = f"{source.name} gives no picture within {PICTURE_WITHIN:g} s"
        yield Finding("camera", "failed", message, "check cable and address; see docs/use/cameras.md")
        return
    height, width = frame.rgb.shape[:2]
    took = time.monotonic() - started
    yield Finding("camera", "ok", f"{source.name} gives {width}x{height} pixels, the first after {took:.1f} s")
    level = float(frame.rgb.mean())
    if level < 8 or level > 247:
        colour = "black" if level < 8 else "white"
        yield Finding("camera", "warning", f"the picture is {colour}", "take the lens cap off, or check the exposure")


def check_outputs(options: InferOptions) -> Iterator[Finding]:
    """Check whether every output of the settings accepts events. A running service is not disturbed."""
    config = options.config
    if config is None or not config.outputs:
        return
    from plate_devices.outputs.make_outputs import make_outputs
    from plate_devices.outputs.output_settings import QueueSettings

    try:
        outputs = make_outputs(config.outputs, (config.queue or QueueSettings()).place)
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
    yield from _check_queue(config)


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
            yield Finding("actions", "warning", f"{settings.name} does nothing real", f"remove {idle} once it is tried")
        else:
            yield Finding("actions", "ok", f"{settings.name} is available; it was not done")
            if settings.type == "gpio" and keeps_level_after_kill():
                message = f"{settings.name}: its pin keeps its level if the program is killed during a pulse"
                yield Finding("actions", "warning", message, "add dtparam=strict_gpiod to /boot/firmware/config.txt")


def _check_queue(config: Any) -> Iterator[Finding]:
    from plate_devices.outputs.output_settings import QueueSettings

    folder = (config.queue or QueueSettings()).place
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if os.access(there, os.W_OK):
        yield Finding("queue", "ok", f"events wait in {folder}")
    else:
        advice = "give this folder to the user of the service, or set folder in [queue]"
        yield Finding("queue", "failed", f"events cannot wait in {folder}: it is not writable", advice)


def _first_frame(source: Source) -> Frame | None:
    """Return the first frame, None if none comes in time. Raises what the source raises."""
    got: list[Frame | BaseException] = []

    def look() -> None:
        frames = source.frames()
        try:
            got.append(next(frames))
        except BaseException as error:  # raised again below
            got.append(error)
        finally:
            frames.close()
            source.close()

    thread = BackgroundThread(look, "first frame", restarts=False)
    thread.start()
    thread.join(PICTURE_WITHIN)
    if got and isinstance(got[0], StopIteration):
        return None
    if got and isinstance(got[0], BaseException):
        raise got[0]
    return got[0] if got else None  # type: ignore[return-value]
