"""A dataclass from a table of settings: what its annotations allow is allowed, and nothing else."""

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
from plate_devices.config.setting_errors import ConfigError, SettingError
from plate_runtime.errors import DAMAGE

T = TypeVar("T")

_MEANINGS = {
    str: "a text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "the name of a file or folder in quotes",
}
_SHOWN = 60
_LARGEST = 2**63 - 1
"""TOML promises whole numbers of 64 bits; tomllib reads any."""


class Location(NamedTuple):
    """Where a value stands: in which file, under which keys, on which lines keys are."""

    file: str
    path: KeyPath
    lines: dict[KeyPath, int]

    def below(self, key: str | int) -> Location:
        """Return the place of a key, or of one of a list's items."""
        return self._replace(path=(*self.path, key))

    @property
    def key(self) -> str:
        """The keys with dots between them; of a list's items the first is 1."""
        return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{_short(part)}" for part in self.path)[1:]

    def refuse(self, reason: str) -> NoReturn:
        """Raise ConfigError with file, line and key before the reason."""
        where = f"{self.file}, line {line_of(self.lines, self.path)}"
        raise ConfigError(f"{where}: {self.key}: {reason}" if self.path else f"{where}: {reason}")


def build(cls: type[T], table: Mapping[str, Any], place: Location) -> T:
    """Return a dataclass filled from a table; keys are its fields' names without a final `_`.

    Raises:
        ConfigError: an unknown key, a missing one, a value of another type, or one that the class refuses.
    """
    hints = get_type_hints(cls)
    known = {key_of(field): field for field in fields(cls) if field.init}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            place.below(key).refuse(unknown(key, known))
    for key, field in known.items():
        if key not in table and field.default is MISSING and field.default_factory is MISSING:
            place.refuse(f"{key} is missing; it is {meaning(hints[field.name])}")
    values = {
        known[key].name: convert(hints[known[key].name], value, place.below(key), not known[key].repr)
        for key, value in table.items()
    }
    try:
        return cls(**values)
    except SettingError as error:
        (place.below(error.key.removesuffix("_")) if error.key in hints else place).refuse(error.reason)


def key_of(field: Field[Any]) -> str:
    """Return what a field is called in the file."""
    return field.name.removesuffix("_")


def unknown(key: str, known: Iterable[str]) -> str:
    """Say that a key means nothing, and which is meant or which there are."""
    names = sorted(known)
    near = difflib.get_close_matches(key.replace("-", "_"), names, 1, 0.6)
    return f"there is no such setting; {f'did you mean {near[0]}?' if near else 'there are ' + ', '.join(names)}"


def convert(annotation: Any, value: Any, place: Location, secret: bool = False) -> Any:
    """Return a value as its annotation wants it; `secret` keeps it out of the message. Raises ConfigError."""
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
    return place.refuse(f"{'this value' if secret else shown(value)} does not fit; it is {meaning(annotation)}")


def meaning(annotation: Any) -> str:
    """Say what an annotation allows."""
    told = []
    for option in _options(annotation):
        origin, inner = get_origin(option), get_args(option)
        if origin is Literal:
            told.append(" or ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in inner))
        elif origin is tuple and len(inner) == 2 and inner[1] is ...:
            told.append(f"a list, each {meaning(inner[0])}")
        elif origin is tuple:
            told.append(f"a list of {len(inner)}, each {meaning(inner[0])}")
        elif origin is list:
            told.append(f"a list, each {meaning(inner[0])}")
        else:
            told.append(_MEANINGS.get(option, "a table"))
    return " or ".join(told)


def shown(value: Any) -> str:
    """Return a value as the file writes it, cut off where it is long."""
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
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _options(annotation: Any) -> list[Any]:
    """Take a union apart; what None stands for is leaving the key out."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [one for one in get_args(annotation) if one is not types.NoneType]
    return [annotation]


def _simple(option: Any, value: Any) -> Any:
    """Return a value that is no table or list, or None where it does not fit."""
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
