"""Findings of plate-doctor: each with its state, a sentence, and advice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STATES = ("ok", "note", "warning", "failed")
"""From harmless to severe; a "note" needs no action."""

_LABELS = {"ok": "ok      ", "note": "note    ", "warning": "WARNING ", "failed": "FAILED  "}


class Finding(NamedTuple):
    """The result of one check.

    Attributes:
        check: name of the check, one word.
        state: one of `STATES`.
        message: what was found.
        advice: what to do, "" for nothing.
    """

    check: str
    state: str
    message: str
    advice: str = ""

    def describe(self) -> dict[str, Any]:
        """Return the finding in types of JSON."""
        return self._asdict()


def worst(findings: Iterable[Finding]) -> str:
    """Return the worst state of all."""
    return max((finding.state for finding in findings), key=STATES.index, default="ok")


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the findings as lines of text."""
    from plate_devices.outputs.console_lines import printable

    for finding in findings:
        yield printable(f"{_LABELS[finding.state]}{finding.check:<12} {finding.message}")
        if finding.advice:
            yield printable(f"{'':<21}-> {finding.advice}")
