"""The boards to emulate, chosen by the markers arm64 and armhf, and this machine to compare them with."""

from __future__ import annotations

import platform
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from wheels import build_wheel

from arm.machine import BOARDS, Board, Machine, emulated, this_machine, with_versions_of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test every board with each of its interpreters, and with each of its other processors if it asks."""
    asked = [name for name in ("board", "backend", "other_processor") if name in metafunc.fixturenames]
    if "board" not in asked:
        return
    cases = []
    for board in BOARDS:
        others = board.processors[1:] if "other_processor" in asked else ("",)
        for backend, processor in product(board.backends, others):
            name = "-".join(part for part in (board.name, backend, processor) if part)
            given = (board, backend, processor)[: len(asked)]
            cases.append(pytest.param(*given, id=name, marks=getattr(pytest.mark, board.architecture)))
    metafunc.parametrize(asked, cases)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that a user would install, built from the checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def here() -> Callable[[Machine, str], Machine]:
    """here(board's machine, backend) -> this machine, whose answers are the ones to give.

    tflite-runtime answers 7 of 855 crops otherwise than LiteRT, on x86-64 as well, so it is compared with itself.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.fail("these tests compare emulated boards with x86-64; on a board itself, run make test")

    def machine(emulated: Machine, backend: str) -> Machine:
        same = ("tflite-runtime", "numpy", "pillow")
        return with_versions_of(emulated, same) if backend == "tflite" else this_machine()

    return machine


@pytest.fixture(scope="session")
def on(wheel: Path) -> Callable[..., Machine]:
    """on(board, processor) -> that board, with the wheel installed."""

    def machine(board: Board, processor: str = "") -> Machine:
        return emulated(board, wheel, processor or board.processors[0])

    return machine
