"""The conditions of an action, one by one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from action_helpers import fake, occasion
from hypothesis import given
from hypothesis import strategies as st

from plate_devices.actions.action import ListMatch
from plate_devices.actions.conditions import why_not
from plate_devices.config.load import load_config
from plate_devices.setting_errors import ConfigError, SettingError

NOON = datetime(2026, 5, 1, 12, 0)  # a Friday


def test_vehicle_that_meets_all_conditions() -> None:
    assert why_not(fake(), occasion(), NOON) == ""
    assert (
        why_not(fake(direction=("left", "approaching"), hours=("11:00-13:00",), days=("fri",)), occasion(), NOON) == ""
    )


@pytest.mark.parametrize(
    ("settings", "vehicle", "reason"),
    [
        ({}, {"continues": True}, "under another id"),
        ({}, {"matches": ()}, "it is on no watch list"),
        ({}, {"matches": (ListMatch("blocked", "exact"),)}, "on list blocked; the action is for vehicles on family"),
        ({}, {"matches": (ListMatch("family", "fuzzy"),)}, "list family matches only fuzzily, and fuzzy is false"),
        ({"lists": ("none",)}, {}, "the action is for vehicles on no list"),
        ({"lists": ("none",), "fuzzy": True}, {"matches": (ListMatch("family", "fuzzy"),)}, "vehicles on no list"),
        ({"min_frames": 6}, {}, "5 frames agree, 6 are needed"),
        ({"min_confidence": 0.995}, {}, "0.9900, 0.995 is needed"),
        ({"direction": ("leaving",)}, {}, "approaching, leaving is needed"),
        ({"direction": ("leaving", "left")}, {"direction": None}, "not clear, leaving or left is needed"),
        ({"hours": ("13:00-14:00",)}, {}, "fri 12:00 is not in its hours"),
        ({"days": ("sat", "sun")}, {}, "fri 12:00 is not in its hours"),
    ],
)  # fmt: skip
def test_each_condition_is_needed(settings: dict[str, Any], vehicle: dict[str, Any], reason: str) -> None:
    assert reason in why_not(fake(**settings), occasion(**vehicle), NOON)


def test_fuzzy_matches_count_only_where_the_action_allows_them() -> None:
    vague = occasion(matches=(ListMatch("family", "fuzzy"), ListMatch("guests", "pattern")))
    assert why_not(fake(fuzzy=True), vague, NOON) == ""
    assert why_not(fake(lists=("guests",)), vague, NOON) == ""
    assert why_not(fake(), vague, NOON) != ""


def test_vehicles_on_no_list_and_all_vehicles() -> None:
    assert why_not(fake(lists=("none",)), occasion(matches=()), NOON) == ""
    assert why_not(fake(lists=("none", "family")), occasion(), NOON) == ""
    for one in (occasion(), occasion(matches=())):
        assert why_not(fake(lists=("any",)), one, NOON) == ""


def test_hours_and_days_are_unknown_without_a_clock() -> None:
    assert "clock is not set" in why_not(fake(days=("fri",)), occasion(), None)
    assert why_not(fake(), occasion(), None) == ""


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        (datetime(2026, 5, 1, 21, 59), False),
        (datetime(2026, 5, 1, 22, 0), True),
        (datetime(2026, 5, 2, 5, 59), True),  # Saturday, in the night of Friday
        (datetime(2026, 5, 2, 6, 0), False),
        (datetime(2026, 5, 2, 22, 0), False),
        (datetime(2026, 5, 1, 5, 0), False),  # in the night of Thursday
    ],
)
def test_hours_past_midnight_belong_to_the_day_on_which_they_began(moment: datetime, inside: bool) -> None:
    assert (why_not(fake(hours=("22:00-06:00",), days=("fri",)), occasion(), moment) == "") is inside


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1439))
def test_every_minute_is_in_the_hours_or_in_their_complement(first: int, last: int, minute: int) -> None:
    if first == last:
        return
    moment = datetime(2026, 5, 1, minute // 60, minute % 60)
    text = [f"{one // 60:02d}:{one % 60:02d}" for one in (first, last)]
    inside = why_not(fake(hours=(f"{text[0]}-{text[1]}",)), occasion(), moment) == ""
    outside = why_not(fake(hours=(f"{text[1]}-{text[0]}",)), occasion(), moment) == ""
    assert inside != outside


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", " "), ("name", "a\nb"), ("lists", ()), ("lists", ("any", "family")), ("min_frames", 1),
        ("min_frames", 21), ("min_confidence", 0.4), ("min_confidence", 1.1), ("cool_down", 0.5),
        ("cool_down", 90000.0), ("hours", ("8-9",)),
        ("hours", ("08:00-08:00",)), ("hours", ("25:00-26:00",)), ("hours", ("٠٨:00-09:00",)),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(key: str, value: Any) -> None:
    with pytest.raises(SettingError) as error:
        fake(**{key: value})
    assert error.value.key == key


def test_number_of_actions_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text("".join(f'[[action]]\ntype = "fake"\nname = "a{n}"\nlists = ["any"]\n' for n in range(65)))
    with pytest.raises(ConfigError, match=r"line 257: action\[65\]: there are 65 actions"):
        load_config(path)


def test_until_midnight() -> None:
    assert why_not(fake(hours=("20:00-24:00",)), occasion(), datetime(2026, 5, 1, 23, 59)) == ""
    assert why_not(fake(hours=("20:00-24:00",)), occasion(), datetime(2026, 5, 1, 0, 0)) != ""


FILE = """[source]
name = "gate"
address = "demo"
[[watchlist]]
name = "family"
file = "family.txt"
"""


def test_actions_are_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(
        f'{FILE}[[action]]\ntype = "gpio"\nname = "open"\npin = 17\nlists = ["family"]\ncameras = ["gate"]\n'
        'simulate = true\ndays = ["mon"]\n'
    )
    (action,) = load_config(path).actions
    assert (action.type, action.name, action.pin, action.lists, action.days) == (
        "gpio",
        "open",
        17,
        ("family",),
        ("mon",),
    )
    assert action.target == "pin 17"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('type = "fake"\nname = "a"\nlists = ["friends"]', r'line 10: action\[1\].lists: "friends" is not there; .*f'),
        ('type = "fake"\nname = "a"\nlists = ["any"]\ncameras = ["x"]', r'cameras: "x" is not there; cameras are gate'),
        ('type = "fake"\nname = "a"\nlists = ["any"]\n[[action]]\ntype = "fake"\nname = "a"\nlists = ["any"]',
         r"line 13: action\[2\].name: two actions are called a"),
        ('type = "horn"\nname = "a"', r'"horn" is not an action; types are fake, gpio, mqtt, program, webhook'),
        ('name = "a"', "type is missing"),
        ('type = "fake"\nname = "a"', "lists is missing"),
        ('type = "gpio"\nname = "a"\nlists = ["any"]\npin = 17\npulse = 11', "pulse: 11 is not from"),
        ('type = "gpio"\nname = "a"\nlists = ["any"]\npin = 17\npulse = 3\ncool_down = 5', "less than two pulses"),
        ('type = "gpio"\nname = "a"\nlists = ["any"]\npin = "a b"', "pin: it has to be"),
        ('type = "gpio"\nname = "a"\nlists = ["any"]\npin = true', "pin: true is not valid"),
        ('type = "program"\nname = "a"\nlists = ["any"]\ncommand = ["ls"]', "full path"),
        ('type = "webhook"\nname = "a"\nlists = ["any"]', "either url or url_file"),
        ('type = "webhook"\nname = "a"\nlists = ["any"]\nurl = "ftp://x"', "url: "),
        ('type = "webhook"\nname = "a"\nlists = ["any"]\nurl = "http://x"\nbody = "{$texts}"', r"\$texts is unknown"),
        ('type = "mqtt"\nname = "a"\nlists = ["any"]\nurl = "mqtt://x"\ntopic = "a/#"', "topic: "),
        ('type = "mqtt"\nname = "a"\nlists = ["any"]\nurl = "mqtt://x/y"\ntopic = "a"', "has a path"),
    ],
)  # fmt: skip
def test_wrong_tables_are_refused_with_file_and_line(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(f"{FILE}[[action]]\n{rows}\n")
    with pytest.raises(ConfigError, match=message):
        load_config(path)
