"""Texts that differ from a listed one by one character."""

from __future__ import annotations

from pathlib import Path

from action_helpers import Start, fake, occasion, settle
from device_helpers import until

from plate_devices.actions.action import ListMatch, Occasion
from plate_devices.watchlists.lists import WatchLists
from plate_devices.watchlists.watchlist_settings import WatchlistSettings
from plate_runtime.alphabet import fold

LISTED = ("AB12CDE", "XK77YHB", "WG24PXL")


def test_near_misses_in_texts_never_act(start: Start, fired: list[Occasion], tmp_path: Path) -> None:
    """500 texts, read with confidence and with doubt, against a fuzzy list."""
    (tmp_path / "family.txt").write_text("\n".join(LISTED))
    lists = WatchLists([WatchlistSettings("family", tmp_path / "family.txt", fuzzy=True)], lambda _: None)
    actions = start(fake())
    near = [
        text[:place] + other + text[place + 1 :]
        for text in LISTED
        for place in range(len(text))
        for other in "ABCDEFGHJKLMNPRSTUVWXYZ23456789"
        if fold(other) != fold(text[place])
    ]
    assert len(near) >= 500
    for number, text in enumerate(near[:500]):
        actions.consider(occasion(number, text, matches=matches(lists, text, 0.97)))
        actions.consider(occasion(1000 + number, text, matches=matches(lists, text, 0.5, ["A", 0.3])))
    settle(actions)
    assert fired == []
    actions.consider(occasion(5000, LISTED[0], matches=matches(lists, LISTED[0], 0.97)))
    until(lambda: len(fired) == 1)


def matches(lists: WatchLists, text: str, confidence: float, *alternatives: list[object]) -> tuple[ListMatch, ...]:
    """Return the entries that match a plate, all of whose characters have this confidence and these alternatives."""
    characters = [{"text": one, "confidence": confidence, "alternatives": list(alternatives)} for one in text]
    found = lists.matches({"text": text, "characters": characters})
    return tuple(ListMatch(one["name"], one["match"]) for one in found)
