"""Every promise of docs/operate/security.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "operate" / "security.md"


def named_tests(row: str) -> list[tuple[str, str]]:
    """Return files and tests of a row; `::test` alone is in the file before it."""
    found, file = [], ""
    for named, test in re.findall(r"`([\w/]*(?:\.py)?)::(\w+)`", row.rsplit("|", 2)[1]):
        file = named or file
        found.append((file, test))
    return found


def test_every_promise_has_its_tests() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    promises = [row for row in rows if row != "| promise | test |"]
    assert len(promises) > 25
    for row in promises:
        assert named_tests(row), row
        for file, test in named_tests(row):
            assert re.search(rf"^ *def {test}\(", (TESTS / file).read_text(encoding="utf-8"), re.MULTILINE), (
                file,
                test,
            )
