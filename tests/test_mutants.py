"""The mutation test itself: which numbers it changes, and that its choice is stable."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

CODE = '''"""Doc."""
LIMIT, NAMES = 5, ("a", 0.25)


class Box:
    side: int = 3

    def area(self, scale=2):
        return self.side * self.side * scale


def over(value):
    if value > LIMIT:
        return True
    return False
'''


@pytest.fixture
def mutating(monkeypatch: pytest.MonkeyPatch, repository: Path) -> Any:
    """The module of benchmarks/, without mutmut, which `make mutants` installs."""
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    return importlib.import_module("mutating")


def test_numbers_that_have_a_name_are_changed(mutating: Any) -> None:
    content = CODE.encode()
    mutants = list(mutating._constants("code.py", content))
    assert {(one.function, one.before, one.after) for one in mutants} == {
        ("LIMIT", 'LIMIT, NAMES = 5, ("a", 0.25)', 'LIMIT, NAMES = 6, ("a", 0.25)'),
        ("NAMES", 'LIMIT, NAMES = 5, ("a", 0.25)', 'LIMIT, NAMES = 5, ("a", 0.385)'),
        ("Box.side", "side: int = 3", "side: int = 4"),
    }
    assert b"LIMIT, NAMES = 6, " in mutating.mutate(content, mutants[0])
    assert mutating._functions(content) == [("Box.area", 8, 9), ("over", 12, 15)]


def test_the_choice_stays_while_other_code_changes(mutating: Any) -> None:
    def chosen(code: str, seed: int) -> list[str]:
        mutants = list(mutating._constants("code.py", code.encode()))
        return [one.key for one in mutating.choose(mutants, 2, seed)]

    assert chosen(CODE, 1) == chosen(f"import os\n\n{CODE}", 1)
    assert len({tuple(chosen(CODE, seed)) for seed in range(8)}) > 1
