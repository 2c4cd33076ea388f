"""The preview of an entry: matches and near misses, by the code that events use."""

from __future__ import annotations

from typing import Any

import pytest

from plate_devices.watchlists.list_lines import Entry
from plate_devices.watchlists.plate_file import listed_plate
from plate_devices.watchlists.preview import MOST_SHOWN, Preview, preview
from plate_runtime.script import LATIN


def vehicle(text: str, uncertain: int = -1, alternative: str = "") -> dict[str, Any]:
    """A vehicle whose characters are certain, except for one with an alternative."""
    characters = [
        {"text": one, "confidence": 0.8 if place == uncertain else 0.99,
         "alternatives": [[alternative, 0.15]] if place == uncertain else []}
        for place, one in enumerate(text)
    ]  # fmt: skip
    return {"id": f"id-{text}", "last_time": "2026-05-01T12:00:00.000Z",
                          "plates": [{"text": text, "characters": characters}]}  # fmt: skip


def found(plate: str, *past: dict[str, Any]) -> Preview:
    return preview(listed_plate(Entry(plate, "", "", "2030-01-01")), past, LATIN)


@pytest.mark.parametrize(
    ("past", "kind"),
    [
        (vehicle("AB801"), "matches"),
        (vehicle("AB8OI"), "matches"),
        (vehicle("AB8O7", 4, "1"), "uncertain"),
        (vehicle("AB807"), "confusable"),
        (vehicle("A8801"), "confusable"),
        (vehicle("AX801"), None),
        (vehicle("A8807"), None),
        (vehicle("AB80"), None),
        (vehicle(""), None),
    ],
)
def test_each_reading_is_of_one_kind(past: dict[str, Any], kind: str | None) -> None:
    result = found("ab 801", past)
    assert {one: [reading.text for reading in readings] for one, readings in result.readings.items()} == {
        one: [past["plates"][0]["text"]] if one == kind else [] for one in ("matches", "uncertain", "confusable")
    }
    assert result.looked_at == 1


def test_wildcards_match_and_have_no_near_misses() -> None:
    result = found("AB*1", vehicle("AB801"), vehicle("AB1"), vehicle("A81"), vehicle("AB802"))
    assert [one.text for one in result.readings["matches"]] == ["AB801", "AB1"]
    assert not result.readings["uncertain"] and not result.readings["confusable"]


def test_of_many_readings_the_newest_are_shown() -> None:
    result = found("AB801", *[vehicle("AB801")] * (MOST_SHOWN + 1))
    assert len(result.readings["matches"]) == MOST_SHOWN and result.more == {"matches"}


def test_an_insecure_character_may_be_none() -> None:
    past = vehicle("1AB801")
    past["plates"][0]["characters"][0]["confidence"] = 0.4
    assert [one.text for one in found("AB801", past).readings["uncertain"]] == ["1AB801"]
