"""When a listed plate is valid: the dates of the columns `from` and `to`."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

_WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?))?", re.ASCII)

ALWAYS = (float("-inf"), float("inf"))
"""The period of an entry without dates."""

UNKNOWN = float("nan")
"""The time of a reading while the clock is wrong: it lies in no period but `ALWAYS`."""


def period(begin: str, end: str) -> tuple[float, float]:
    """Return the period from `begin` to `end` as seconds since 1970; the end itself is not part of it.

    Args:
        begin, end: `2026-05-01` or `2026-05-01 18:00`, in local time unless an offset follows; "" for no limit. A
            date without a time is the whole day: a period to 2026-05-01 ends with that day.

    Raises:
        ValueError: one is not a date, or the period is empty.
    """
    limits = (_seconds(begin, 0) if begin else ALWAYS[0], _seconds(end, 1) if end else ALWAYS[1])
    if limits[0] >= limits[1]:
        raise ValueError(f"the period from {begin} to {end} is empty")
    return limits


def _seconds(written: str, days: int) -> float:
    """Return the time; of a date without a time its beginning, so many days later."""
    found = _WRITTEN.fullmatch(written)
    try:
        if found is None:
            raise ValueError(written)
        if found[2]:
            return datetime.fromisoformat(written).timestamp()
        return datetime.combine(date.fromisoformat(found[1]) + timedelta(days), time.min).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"{written!r} is not a date; write 2026-12-31 or 2026-12-31 18:00") from error
