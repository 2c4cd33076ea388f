"""Read a settings file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from plate_devices.config.fields import Location, build, shown, unknown
from plate_devices.config.line_numbers import key_lines
from plate_devices.config.sections import (
    HeatSettings,
    PictureSettings,
    ReadSettings,
    ServiceSettings,
    SourceSettings,
)
from plate_devices.config.setting_errors import ConfigError
from plate_runtime.errors import damage_as

_OWN = {
    "source": SourceSettings,
    "read": ReadSettings,
    "pictures": PictureSettings,
    "service": ServiceSettings,
    "heat": HeatSettings,
}
# Imported only where the file has them: a camera at a gate needs no web server.
_PARTS = {
    "queue": "plate_devices.outputs.output_settings:QueueSettings",
    "privacy": "plate_devices.privacy.privacy_settings:PrivacySettings",
    "serve": "plate_devices.serve.page_settings:ServeSettings",
}
_LISTS = {"output": "", "watchlist": "plate_devices.watchlists.watchlist_settings:WatchlistSettings"}
_MOST = 1_000_000
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){20}""")
"""A key of 20 parts or more; no setting has more than four. Of some thousand parts, tomllib takes gigabytes."""
_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True)
class Config:
    """A settings file; what it leaves out is as each section's defaults say, None for parts that are not wanted.

    Attributes:
        outputs: of `[[output]]`, each of the class that its `type` stands for. watchlists: of `[[watchlist]]`.
        given: the sections that the file has.
    """

    source: SourceSettings = field(default_factory=SourceSettings)
    read: ReadSettings = field(default_factory=ReadSettings)
    pictures: PictureSettings = field(default_factory=PictureSettings)
    service: ServiceSettings = field(default_factory=ServiceSettings)
    heat: HeatSettings = field(default_factory=HeatSettings)
    queue: Any = None
    privacy: Any = None
    serve: Any = None
    outputs: tuple[Any, ...] = ()
    watchlists: tuple[Any, ...] = ()
    given: frozenset[str] = frozenset()


def load_config(path: Path) -> Config:
    """Read a settings file.

    Raises:
        ConfigError: it cannot be read, is no TOML, or says what means nothing; with file, line and key.
    """
    text = _read(path)
    with damage_as(ConfigError, f"{path} cannot be read as settings"):
        return _built(path, text)


def _built(path: Path, text: str) -> Config:
    if long := _LONG_KEY.search(text):
        line = text.count("\n", 0, long.start()) + 1
        raise ConfigError(f"{path}, line {line}: a key of more than 20 parts; see docs/operate/service.md")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(path, text, str(error))) from None
    top = Location(str(path), (), key_lines(text))
    parts = {key: _section(key, value, top.below(key)) for key, value in data.items()}
    parts["outputs"], parts["watchlists"] = parts.pop("output", ()), parts.pop("watchlist", ())
    return Config(**parts, given=frozenset(data))


def _section(key: str, value: Any, place: Location) -> Any:
    if key in _LISTS:
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            place.refuse(f"{shown(value)} does not fit; begin each with [[{key}]]")
        return tuple(_item(key, table, place.below(number)) for number, table in enumerate(value))
    if key not in _OWN and key not in _PARTS:
        place.refuse(unknown(key, {*_OWN, *_PARTS, *_LISTS}))
    if not isinstance(value, dict):
        place.refuse(f"{shown(value)} does not fit; it is a section, [{key}]")
    return build(_OWN[key] if key in _OWN else _named(_PARTS[key]), value, place)


def _item(key: str, table: dict[str, Any], place: Location) -> Any:
    if key != "output":
        return build(_named(_LISTS[key]), table, place)
    registry = import_module("plate_devices.outputs.make_outputs")
    known = ", ".join(sorted(registry.TYPES))
    if "type" not in table:
        place.refuse(f"type is missing; there are {known}")
    type_ = table["type"]
    cls = registry.settings_class(type_) if isinstance(type_, str) else None
    if cls is None:
        place.below("type").refuse(f"{shown(type_)} is no output; there are {known}")
    return build(cls, table, place)


def _named(name: str) -> type[Any]:
    module, _, of_it = name.partition(":")
    found: type[Any] = getattr(import_module(module), of_it)
    return found


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MOST + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(raw) > _MOST:
        raise ConfigError(f"{path} has more than {_MOST} bytes; that is no settings file")
    try:
        return raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}, line {line}: this is no UTF-8; save the file as UTF-8") from error


def _syntax(path: Path, text: str, reason: str) -> str:
    place = _TOML_PLACE.search(reason)
    line = int(place[1]) if place else text.count("\n") + 1
    told = _TOML_PLACE.sub("", reason).removesuffix(" (at end of document)")
    column = f", column {place[2]}" if place else ""
    return f"{path}, line {line}{column}: {told}; see docs/operate/service.md"
