"""Fixtures for the tests of training on plates."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plate_train.networks.tensorflow_setup import fix

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """TensorFlow takes its number of threads from whoever uses it first."""
    fix(0, 1)


@pytest.fixture
def small_training(environment: dict[str, str]) -> Start:
    """Start `small_run` in a process of its own: small_training(folder, "python lines before it", resume=True)."""

    def start(folder: Path, before: str = "", **options: Any) -> subprocess.Popen[str]:
        program = f"{before}\nfrom small_plates import small_run; small_run({str(folder)!r}, **{options!r})"
        return subprocess.Popen(
            [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return start
