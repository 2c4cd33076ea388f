"""Builds a dataclass from a table of settings, and validates the values by its annotations."""

from __future__ import annotations

import contextlib
import difflib
import math
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from plate_devices.config.line_numbers import Path as KeyPath
from plate_devices.config.line_numbers import line_of
from plate_devices.setting_errors import ConfigError, SettingError
from plate_runtime.errors import DAMAGE

T = TypeVar("T")

_MEANINGS = {
    str: "a string in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "the name of a file or folder in quotes",
}
_LONGEST_SHOWN = 60
_LARGEST = 2**63 - 1
"""Largest number of TOML, which has 64 bits; tomllib reads larger ones."""


class Location(NamedTuple):
    """Location of a value: the file, the keys, and the lines of all keys."""

    file: str
    path: KeyPath
    lines: dict[KeyPath, int]

    def below(self, key: str | int) -> Location:
        """Return the location of a key, or of an item of a list."""
        return self._replace(path=(*self.path, key))

    @property
    def key(self) -> str:
        """The keys separated by dots; items of a list are counted from 1."""
        return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{_short(part)}" for part in self.path)[1:]

    def refuse(self, reason: str) -> NoReturn:
        """Raise ConfigError with file, line, key and reason."""
        where = f"{self.file}, line {line_of(self.lines, self.path)}"
        raise ConfigError(f"{where}: {self.key}: {reason}" if self.path else f"{where}: {reason}")


def build(cls: type[T], table: Mapping[str, Any], place: Location) -> T:
    """Return a dataclass with the values of a table; keys are the names of its fields without a final `_`.

    Raises:
        ConfigError: a key is unknown or missing, or a value is not valid.
    """
    hints = get_type_hints(cls)
    known = {key_of(field): field for field in fields(cls) if field.init}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            place.below(key).refuse(unknown(key, known))
    for key, field in known.items():
        if key not in table and field.default is MISSING and field.default_factory is MISSING:
            place.refuse(f"{key} is missing; it has to be {meaning(hints[field.name])}")
    values = {
        known[key].name: convert(hints[known[key].name], value, place.below(key), not known[key].repr)
        for key, value in table.items()
    }
    try:
        return cls(**values)
    except SettingError as error:
        (place.below(error.key.removesuffix("_")) if error.key in hints else place).refuse(error.reason)


def key_of(field: Field[Any]) -> str:
    """Return the name of a field in the file."""
    return field.name.removesuffix("_")


def unknown(key: str, known: Iterable[str]) -> str:
    """Return the message for an unknown key, with the most similar key or all keys."""
    names = sorted(known)
    near = difflib.get_close_matches(key.replace("-", "_"), names, 1, 0.6)
    return f"there is no such setting; {f'did you mean {near[0]}?' if near else 'settings are ' + ', '.join(names)}"


def convert(annotation: Any, value: Any, place: Location, secret: bool = False) -> Any:
    """Return a value in the type of its annotation. Raises ConfigError; a `secret` is not shown in the message."""
    for option in _options(annotation):
        if is_dataclass(option) and isinstance(option, type) and isinstance(value, dict):
            return build(option, value, place)
        if get_origin(option) is list and isinstance(value, list):
            return _items([get_args(option)[0]] * len(value), value, place, secret)
        if get_origin(option) is tuple and isinstance(value, list):
            parts = _parts(option, len(value))
            if parts is not None:
                return tuple(_items(parts, value, place, secret))
        if (found := _simple(option, value)) is not None:
            return found
    return place.refuse(f"{'this value' if secret else shown(value)} is not valid; it has to be {meaning(annotation)}")


def meaning(annotation: Any) -> str:
    """Return the values that an annotation allows, in words."""
    allowed = []
    for option in _options(annotation):
        origin, inner = get_origin(option), get_args(option)
        if origin is Literal:
            allowed.append(" or ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in inner))
        elif origin is tuple and len(inner) == 2 and inner[1] is ...:
            allowed.append(f"a list, each {meaning(inner[0])}")
        elif origin is tuple:
            allowed.append(f"a list of {len(inner)}, each {meaning(inner[0])}")
        elif origin is list:
            allowed.append(f"a list, each {meaning(inner[0])}")
        else:
            allowed.append(_MEANINGS.get(option, "a table"))
    return " or ".join(allowed)


def shown(value: Any) -> str:
    """Return a value as in the file, shortened if it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "a number of more than 64 bits"
    with contextlib.suppress(*DAMAGE):
        text = f'"{value}"' if isinstance(value, str) else str(value)
        return _short(text)
    return "this value"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _options(annotation: Any) -> list[Any]:
    """Return the types of a union without None, which stands for a missing key."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [one for one in get_args(annotation) if one is not types.NoneType]
    return [annotation]


def _simple(option: Any, value: Any) -> Any:
    """Return a value of a simple type, None where it is not valid."""
    if get_origin(option) is Literal:
        return next((one for one in get_args(option) if one == value and type(one) is type(value)), None)
    if option is Path and isinstance(value, str) and value and "\0" not in value:
        return Path(value).expanduser()
    if type(value) is int and abs(value) > _LARGEST:
        return None
    if option is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    return value if option in (str, int, bool) and type(value) is option else None


def _items(annotations: Iterable[Any], values: Iterable[Any], place: Location, secret: bool) -> list[Any]:
    pairs = zip(annotations, values, strict=True)
    return [convert(one, value, place.below(number), secret) for number, (one, value) in enumerate(pairs)]


def _parts(option: Any, count: int) -> list[Any] | None:
    inner = get_args(option)
    if len(inner) == 2 and inner[1] is ...:
        return [inner[0]] * count
    return list(inner) if len(inner) == count else None
