"""Fixtures for every room: tiny models, and the real pictures where they lie beside the checkout."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from tiny_detectors import detector_bytes
from tiny_models import model_bytes
from tiny_plates import plate_model_bytes

ROOT = Path(__file__).parent.parent

# How long one example takes says more about the machine than about the code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# A shell starts a command in the background with Ctrl-C ignored, and programs that a test starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's top-level folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real pictures: PLATE_EDGE_SHARED_DATA, else `shared/data` beside the checkout."""
    folder = Path(os.environ.get("PLATE_EDGE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no real pictures at {folder}")
    return folder


@pytest.fixture
def make_model_file(tmp_path: Path) -> Callable[..., Path]:
    """Make a tiny model file: make_model_file("tflite" | "onnx", precision="float32" | "int8", **manifest changes)."""

    def make(format_: str = "tflite", precision: str = "float32", **changes: Any) -> Path:
        path = tmp_path / f"tiny-{precision}.{format_}"
        path.write_bytes(model_bytes(format_, precision, **changes))
        return path

    return make


@pytest.fixture
def make_plate_model(tmp_path: Path) -> Callable[..., Path]:
    """Make a tiny model of whole plates: make_plate_model("tflite" | "onnx", precision, decoding="ctc" | "slots")."""

    def make(format_: str = "tflite", precision: str = "float32", decoding: str = "ctc", **changes: Any) -> Path:
        path = tmp_path / f"tiny-plates-{decoding}-{precision}.{format_}"
        path.write_bytes(plate_model_bytes(format_, precision, decoding, **changes))
        return path

    return make


@pytest.fixture
def make_detector(tmp_path: Path) -> Callable[..., Path]:
    """Make a tiny detector: make_detector("tflite" | "onnx", precision, **manifest changes)."""

    def make(format_: str = "tflite", precision: str = "float32", **changes: Any) -> Path:
        path = tmp_path / f"tiny-detector-{precision}.{format_}"
        path.write_bytes(detector_bytes(format_, precision, **changes))
        return path

    return make


ALLOWED_SKIPS = Path(__file__).parent / "allowed_skips.txt"


class SkipCheck:
    """In CI a skipped test is a failure, unless its reason is listed: a test nobody runs protects nobody."""

    def __init__(self) -> None:
        lines = ALLOWED_SKIPS.read_text(encoding="utf-8").splitlines()
        self._allowed = tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
        self.refused: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note each skip whose reason is not listed."""
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
            if not any(allowed in reason for allowed in self._allowed):
                self.refused.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a green session with a refused skip red."""
        if self.refused and session.exitstatus == 0:
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the refused skips."""
        for line in self.refused:
            terminalreporter.write_line(f"refused skip: {line}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Hold skips against the list where CI runs."""
    if os.environ.get("CI") == "true":
        config.pluginmanager.register(SkipCheck())
