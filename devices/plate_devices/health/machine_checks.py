"""Checks of the machine, interpreters and models. Each returns findings and raises nothing."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.board import Board, disk_free
from plate_devices.health.findings import Finding
from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from plate_devices.run_options import InferOptions

HOT, LITTLE_MEMORY, LITTLE_SPACE = 75.0, 100 << 20, 200 << 20


def check_system(board: Board) -> Iterator[Finding]:
    """Check Python, processor and board."""
    from plate_devices.config.profiles.board_profile import name_for

    machine = f"{board.model or platform.machine()}, {platform.machine()}, Python {platform.python_version()}"
    if platform.machine().startswith("armv6"):
        yield Finding("system", "failed", machine, "no interpreter exists for ARMv6; use a Pi Zero 2 W or newer")
    elif sys.maxsize < 1 << 32 and sys.version_info[:2] != (3, 11):
        advice = "32-bit needs Python 3.11 (bookworm); or use a 64-bit system"
        yield Finding("system", "failed", f"{machine}, 32-bit", advice)
    else:
        yield Finding("system", "ok", f"{machine}; profile {name_for(board)}")


def check_interpreters() -> Iterator[Finding]:
    """Check every installed interpreter by opening a model: some fail only then."""
    from plate_runtime.backends import FORMATS, installed, open_backend
    from plate_runtime.model_file import read_model_file
    from plate_runtime.shipped import shipped_model

    works = 0
    for name, version in installed().items():
        if version is None:
            continue
        try:
            model = shipped_model("frame", "onnx" if FORMATS[name] == "onnx" else "auto")
            open_backend(name, read_model_file(model)).close()
        except (PlateEdgeError, Exception) as error:
            advice = "install it again, or another one; tflite-runtime needs numpy below 2"
            yield Finding("interpreter", "warning", f"{name} {version} does not start: {error}", advice)
        else:
            works += 1
            yield Finding("interpreter", "ok", f"{name} {version} starts")
    if not works:
        advice = "pip install ai-edge-litert, or on 32-bit ARM tflite-runtime"
        yield Finding("interpreter", "failed", "no interpreter works, so no plate can be read", advice)


def check_models(options: InferOptions | None) -> Iterator[Finding]:
    """Check manifest and digest of the shipped models and of those in the settings; the latter are also run."""
    from plate_runtime.model_file import read_model_file
    from plate_runtime.shipped import MODELS, named_model
    from plate_runtime.trial import try_model

    paths = sorted(MODELS.glob("*-int8.*"))
    try:
        for camera in (options.cameras or (options,)) if options else ():
            paths += [named_model(name, camera.backend) for name in camera.models]
    except PlateEdgeError as error:
        yield Finding("models", "failed", str(error), "name an existing model file")
    good = []
    for path in dict.fromkeys(paths):
        try:
            label = read_model_file(path).manifest.label
            if options is not None and path.parent != MODELS:
                try_model(path, options.backend)
            good.append(label)
        except PlateEdgeError as error:
            yield Finding("models", "failed", str(error), "copy the file again, or install plate-edge again")
    if good:
        yield Finding("models", "ok", f"{len(good)} files intact: {', '.join(dict.fromkeys(good))}")


def check_samples(options: InferOptions | None) -> Iterator[Finding]:
    """Read the shipped sample pictures: interpreter, model and numpy work together."""
    from plate_devices.health.self_test import read_samples

    try:
        model, count, wrong = read_samples(options)
    except PlateEdgeError as error:
        yield Finding("self-test", "failed", str(error), "see the lines above")
        return
    message = f"{model} reads {count - len(wrong)} of {count} sample plates right"
    if not count:
        message = f"{model} runs; no sample plate has its characters, score it with plate-eval on labelled pictures"
        yield Finding("self-test", "note", message)
    elif wrong:
        yield Finding("self-test", "failed", f"{message}; not {', '.join(wrong)}", "use another interpreter")
    else:
        yield Finding("self-test", "ok", message)


def check_board(board: Board) -> Iterator[Finding]:
    """Check temperature, throttling and memory."""
    degrees, throttled, memory = board.temperature, board.throttled, board.memory
    if degrees is None:
        yield Finding("temperature", "note", "no known sensor")
    elif degrees > HOT:
        advice = "improve the cooling, such as with a heat sink; above 80 °C the board slows down"
        yield Finding("temperature", "warning", f"{degrees:.0f} °C", advice)
    else:
        yield Finding("temperature", "ok", f"{degrees:.0f} °C")
    if throttled:
        weak = any("under-voltage" in one for one in throttled)
        advice = "use the power supply made for this board" if weak else "improve the cooling, such as with a heat sink"
        yield Finding("throttling", "warning", ", ".join(throttled), advice)
    elif throttled is not None:
        yield Finding("throttling", "ok", "not since the start")
    if memory is None:
        yield Finding("memory", "note", "unknown on this system")
    else:
        message = f"{memory.available >> 20} of {memory.total >> 20} MB available"
        short = memory.available < LITTLE_MEMORY
        yield Finding("memory", "warning" if short else "ok", message, "stop other programs" if short else "")


def check_disk(folder: Path) -> Iterator[Finding]:
    """Check the free space for waiting events and saved pictures."""
    free = disk_free(folder)
    if free is None:
        yield Finding("disk", "warning", f"the free space of {folder} is unknown")
        return
    short = free < LITTLE_SPACE
    advice = "delete files, or set keep_days in [privacy]" if short else ""
    yield Finding("disk", "warning" if short else "ok", f"{free >> 20} MB free for {folder}", advice)


def check_clock() -> Iterator[Finding]:
    """Check whether the clock is set."""
    from plate_devices.events.system_times import SystemTimes

    if SystemTimes().is_set():
        yield Finding("clock", "ok", "set by a time server, or by a clock chip")
    else:
        advice = "connect it to the network, and see timedatectl; events are corrected once the clock is set"
        yield Finding("clock", "warning", "the clock has not been set since the boot", advice)
