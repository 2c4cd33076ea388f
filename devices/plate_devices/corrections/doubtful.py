"""Which readings a person should look at first: the least confident of the newest vehicles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

MOST_LOOKED_AT = 2000
"""Vehicles that are looked at, the newest ones."""


class Doubtful(NamedTuple):
    """A reading to look at.

    Attributes:
        confidence: probability that its text is right.
        id: of the vehicle. record: of the vehicle.
    """

    confidence: float
    id: str
    record: Mapping[str, Any]


def most_doubtful(
    records: Iterable[Mapping[str, Any]], done: Collection[str], after: tuple[float, str], most: int
) -> list[Doubtful]:
    """Return the readings with a crop that are not done, the least confident first.

    Args:
        records: of vehicles.
        done: ids of vehicles that are corrected already.
        after: confidence and id of the last reading that was shown; (-1, "") for none.
        most: number of readings.
    """
    found = [
        Doubtful(float(record["plates"][0].get("confidence") or 0.0), str(record.get("id", "")), record)
        for record in records
        if record.get("plates") and record.get("crop") and record.get("id") not in done
    ]
    return sorted((one for one in found if one[:2] > after), key=lambda one: one[:2])[:most]
