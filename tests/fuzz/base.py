"""What a kind of input is, and what holds for every one of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plate_runtime.errors import PlateEdgeError

from .mutate import Mutate


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of input.

    A check is `check(path) -> None`. It returns where the file is read or refused in one of the project's own errors,
    and lets every other exception through: that is a finding.

    Attributes:
        suffix: of the file's name. seeds: makes sound files. mutate: changes one of them. check: see above.
        is_graph: the check runs a network in a process of its own, and raises `InterpreterDied` where that dies.
    """

    suffix: str
    seeds: Callable[[], list[bytes]]
    mutate: Mutate
    check: Callable[[Path], None]
    is_graph: bool = False


class InterpreterDied(Exception):  # noqa: N818
    """A network with a right digest ended the process that ran it; that is counted, and is no fault of ours."""


def refused_or_read(read: Callable[[], Any]) -> None:
    """Call `read`; an error of the project is one sentence with an exit code that users know. Others go through."""
    try:
        read()
    except PlateEdgeError as error:
        said = str(error)
        assert error.exit_code in (1, 2, 4), said
        assert 0 < len(said) < 3000 and len(said.splitlines()) == 1, said[:3000]
