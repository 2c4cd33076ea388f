"""What plate-doctor finds: each with its state, one sentence, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STATES = ("ok", "note", "warning", "failed")
"""From harmless to bad; "note" is something that nobody has to do anything about."""

_SIGNS = {"ok": "ok      ", "note": "note    ", "warning": "WARNING ", "failed": "FAILED  "}


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        check: what was looked at, in one word. state: one of `STATES`. told: what was found. advice: what to do.
    """

    check: str
    state: str
    told: str
    advice: str = ""

    def describe(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return self._asdict()


def worst(findings: Iterable[Finding]) -> str:
    """Return the worst state of all."""
    return max((finding.state for finding in findings), key=STATES.index, default="ok")


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the findings as lines for people."""
    from plate_devices.outputs.console_lines import printable

    for finding in findings:
        yield printable(f"{_SIGNS[finding.state]}{finding.check:<12} {finding.told}")
        if finding.advice:
            yield printable(f"{'':<21}-> {finding.advice}")
