"""Dataclasses from tables: what fits, and what is said of what does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from plate_devices.config.fields import Location, build
from plate_devices.setting_errors import ConfigError, SettingError


@dataclass(frozen=True)
class Inner:
    port: int = 1883

    def __post_init__(self) -> None:
        if not 0 < self.port < 65536:
            raise SettingError("port", f"{self.port} is no port; use 1 to 65535")


@dataclass(frozen=True)
class Everything:
    name: str
    as_: Literal["frame", "plate"] = "plate"
    rate: float | None = None
    count: int = 1
    on: bool = False
    file: Path | None = None
    roi: tuple[int, int] | None = None
    words: tuple[str, ...] = ()
    inner: Inner = field(default_factory=Inner)
    many: list[Inner] = field(default_factory=list)
    password: str = field(default="", repr=False)


PLACE = Location("gate.toml", (), {("rate",): 7, ("inner",): 9, ("inner", "port"): 10})


def test_everything_that_fits() -> None:
    table: dict[str, Any] = {
        "name": "x", "as": "frame", "rate": 2, "on": True, "file": "~/a", "roi": [1, 2], "words": ["a", "b"],
        "inner": {"port": 1}, "many": [{"port": 2}, {}],
    }  # fmt: skip
    found = build(Everything, table, PLACE)
    assert found == Everything(
        "x", "frame", 2.0, 1, True, Path.home() / "a", (1, 2), ("a", "b"), Inner(1), [Inner(2), Inner()]
    )
    assert isinstance(found.rate, float)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({}, "gate.toml, line 1: name is missing; it has to be a string in quotes"),
        ({"name": 3}, "name: 3 is not valid; it has to be a string in quotes"),
        ({"nmae": "x"}, "nmae: there is no such setting; did you mean name?"),
        ({"name": "x", "zz": 1}, "zz: there is no such setting; settings are as, count, file, inner, many, name"),
        ({"name": "x", "as": "car"}, 'as: "car" is not valid; it has to be "frame" or "plate"'),
        ({"name": "x", "rate": "fast"}, 'gate.toml, line 7: rate: "fast" is not valid; it has to be a number'),
        ({"name": "x", "rate": float("inf")}, "rate: inf is not valid"),
        ({"name": "x", "count": True}, "count: true is not valid; it has to be a whole number"),
        ({"name": "x", "count": 1.5}, "count: 1.5 is not valid"),
        ({"name": "x", "on": 1}, "on: 1 is not valid; it has to be true or false"),
        ({"name": "x", "file": ""}, "it has to be the name of a file"),
        ({"name": "x", "roi": [1, 2, 3]}, "roi: [1, 2, 3] is not valid; it has to be a list of 2, each a whole number"),
        ({"name": "x", "words": ["a", 2]}, "words[2]: 2 is not valid; it has to be a string"),
        ({"name": "x", "inner": {"port": 0}}, "gate.toml, line 10: inner.port: 0 is no port; use 1 to 65535"),
        ({"name": "x", "inner": {"prot": 0}}, "gate.toml, line 9: inner.prot: there is no such setting; did you mean"),
        ({"name": "x", "inner": 5}, "inner: 5 is not valid; it has to be a table"),
        ({"name": "x", "many": [{}, {"port": "a"}]}, 'many[2].port: "a" is not valid'),
        ({"name": "x" * 200, "on": "y" * 200}, f'on: "{"y" * 59}... is not valid'),
    ],
)
def test_what_does_not_fit_is_named(table: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError) as error:
        build(Everything, table, PLACE)
    assert reason in str(error.value)
    assert str(error.value).startswith("gate.toml, line ")


def test_a_secret_is_not_shown() -> None:
    with pytest.raises(ConfigError, match="password: this value is not valid") as error:
        build(Everything, {"name": "x", "password": 12345}, PLACE)
    assert "12345" not in str(error.value)
