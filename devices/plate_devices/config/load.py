"""Reads a settings file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from plate_devices.config.fields import Location, build, shown, unknown
from plate_devices.config.line_numbers import key_lines
from plate_devices.config.sections import (
    HeatSettings,
    HistorySettings,
    PictureSettings,
    ReadSettings,
    ServiceSettings,
    SourceSettings,
)
from plate_devices.setting_errors import ConfigError
from plate_runtime.errors import damage_as

_SECTIONS = {
    "source": SourceSettings,
    "read": ReadSettings,
    "pictures": PictureSettings,
    "service": ServiceSettings,
    "heat": HeatSettings,
    "history": HistorySettings,
}
# Imported only if the file has them, because most devices need no web server.
_OPTIONAL_SECTIONS = {
    "corrections": "plate_devices.corrections.correction_settings:CorrectionSettings",
    "queue": "plate_devices.outputs.output_settings:QueueSettings",
    "privacy": "plate_devices.privacy.privacy_settings:PrivacySettings",
    "serve": "plate_devices.serve.page_settings:ServeSettings",
}
_LISTS = {"output": "", "action": "", "watchlist": "plate_devices.watchlists.watchlist_settings:WatchlistSettings"}
_MOST_BYTES = 1_000_000
_MOST_ACTIONS = 64  # each has a thread
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){20}""")
"""A key of 20 parts or more; settings have at most four. For thousands of parts, tomllib needs gigabytes."""
_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True)
class Config:
    """The settings of a file. Missing values have the defaults of their section; missing optional sections are None.

    Attributes:
        source: the `[source]` table.
        sources: the `[[source]]` tables, each with another name.
        outputs: the `[[output]]` tables, each in the settings class of its `type`.
        watchlists: the `[[watchlist]]` tables.
        actions: the `[[action]]` tables, each in the settings class of its `type`.
        present: names of the sections in the file.
    """

    source: SourceSettings = field(default_factory=SourceSettings)
    sources: tuple[SourceSettings, ...] = ()
    read: ReadSettings = field(default_factory=ReadSettings)
    pictures: PictureSettings = field(default_factory=PictureSettings)
    service: ServiceSettings = field(default_factory=ServiceSettings)
    heat: HeatSettings = field(default_factory=HeatSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    queue: Any = None
    privacy: Any = None
    serve: Any = None
    corrections: Any = None
    outputs: tuple[Any, ...] = ()
    watchlists: tuple[Any, ...] = ()
    actions: tuple[Any, ...] = ()
    present: frozenset[str] = frozenset()


def load_config(path: Path) -> Config:
    """Read a settings file.

    Raises:
        ConfigError: it cannot be read, is not TOML, or has a value that is not valid.
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
    parts["actions"] = parts.pop("action", ())
    if isinstance(parts.get("source"), tuple):
        parts["sources"] = parts.pop("source")
    config = Config(**parts, present=frozenset(data))
    _check_actions(config, top)
    _check_pictures(config, top)
    _check_history(config, top)
    return config


def _check_actions(config: Config, top: Location) -> None:
    """Raise ConfigError if an action names a list or a camera that there is not, or two have the same name."""
    lists = {one.name for one in config.watchlists} | {"none", "any"}
    cameras = {one.name for one in (config.source, *config.sources) if one.name}
    names: set[str] = set()
    for number, action in enumerate(config.actions):
        place = top.below("action").below(number)
        if number >= _MOST_ACTIONS:
            place.refuse(f"there are {len(config.actions)} actions; at most {_MOST_ACTIONS} are allowed")
        if action.name in names:
            place.below("name").refuse(f"two actions are called {action.name}; give one another name")
        names.add(action.name)
        for key, known in (("lists", lists), ("cameras", cameras)):
            for name in getattr(action, key):
                if name not in known:
                    there = ", ".join(sorted(known)) or "none"
                    place.below(key).refuse(f"{shown(name)} is not there; {key} are {there}")


def _check_pictures(config: Config, top: Location) -> None:
    """Raise ConfigError if an output publishes pictures, and none are saved."""
    for number, output in enumerate(config.outputs):
        if output.type == "mqtt" and output.picture != "none" and not _saves(config, output.picture):
            place = top.below("output").below(number).below("picture")
            place.refuse(f'"{output.picture}" is not saved; set events in [pictures], and frames for a frame')


def _check_history(config: Config, top: Location) -> None:
    """Raise ConfigError if the history names an output that there is not, or that cannot be searched."""
    wanted = config.history.output
    found = [one for one in config.outputs if one.type in ("sqlite", "postgres")]
    if wanted and not any(wanted in (one.name, one.type) for one in found):
        place = top.below("history").below("output")
        place.refuse(f'{shown(wanted)} is no name or type of an output of type "sqlite" or "postgres"')


def _saves(config: Config, picture: str) -> bool:
    return config.pictures.events is not None and (picture == "crop" or config.pictures.frames != "none")


def _section(key: str, value: Any, place: Location) -> Any:
    if key == "source" and isinstance(value, list):
        return _sources(value, place)
    if key in _LISTS:
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            place.refuse(f"{shown(value)} is not valid; begin each table with [[{key}]]")
        return tuple(_item(key, table, place.below(number)) for number, table in enumerate(value))
    if key not in _SECTIONS and key not in _OPTIONAL_SECTIONS:
        place.refuse(unknown(key, {*_SECTIONS, *_OPTIONAL_SECTIONS, *_LISTS}))
    if not isinstance(value, dict):
        place.refuse(f"{shown(value)} is not valid; it has to be a section, [{key}]")
    return build(_SECTIONS[key] if key in _SECTIONS else resolve_name(_OPTIONAL_SECTIONS[key]), value, place)


def _sources(tables: list[Any], place: Location) -> tuple[SourceSettings, ...]:
    """Return the `[[source]]` tables. Raises ConfigError if one lacks name or address, or two have the same name."""
    names: set[str] = set()
    found = []
    if not tables or not all(isinstance(table, dict) for table in tables):
        place.refuse(f"{shown(tables)} is not valid; begin each table with [[source]]")
    for number, table in enumerate(tables):
        source = build(SourceSettings, table, place.below(number))
        if not source.address:
            place.below(number).refuse("address is missing; it has to be a camera, as after --camera")
        if not source.name and len(tables) > 1:
            place.below(number).refuse("name is missing; each of several cameras needs one")
        if source.name in names:
            place.below(number).below("name").refuse(f"two cameras are called {source.name}; give one another name")
        names.add(source.name)
        found.append(source)
    return tuple(found)


_REGISTRIES = {"output": "plate_devices.outputs.make_outputs", "action": "plate_devices.actions.make_actions"}
"""Modules that know the settings class of each `type`."""


def _item(key: str, table: dict[str, Any], place: Location) -> Any:
    if key not in _REGISTRIES:
        return build(resolve_name(_LISTS[key]), table, place)
    registry = import_module(_REGISTRIES[key])
    known = ", ".join(sorted(registry.TYPES))
    if "type" not in table:
        place.refuse(f"type is missing; types are {known}")
    type_ = table["type"]
    cls = registry.settings_class(type_) if isinstance(type_, str) else None
    if cls is None:
        place.below("type").refuse(f"{shown(type_)} is not an {key}; types are {known}")
    return build(cls, table, place)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    if len(raw) > _MOST_BYTES:
        raise ConfigError(f"{path} has more than {_MOST_BYTES} bytes; this is not a settings file")
    try:
        return raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}, line {line}: this is not UTF-8; save the file as UTF-8") from error


def _syntax(path: Path, text: str, reason: str) -> str:
    place = _TOML_PLACE.search(reason)
    line = int(place[1]) if place else text.count("\n") + 1
    problem = _TOML_PLACE.sub("", reason).removesuffix(" (at end of document)")
    column = f", column {place[2]}" if place else ""
    return f"{path}, line {line}{column}: {problem}; see docs/operate/service.md"
