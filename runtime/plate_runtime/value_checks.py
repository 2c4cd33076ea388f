"""Checks of single values of a manifest, which may hold any JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import ModelError

_LEAST_SCALE, _LARGEST_SCALE = 1e-12, 1e6
_DEEPEST = 100


def is_scale(value: object) -> bool:
    """Return whether a value is a scale of pixels or of quantised numbers."""
    return is_number(value) and _LEAST_SCALE <= value <= _LARGEST_SCALE  # type: ignore[operator]


def is_zero_point(value: object) -> bool:
    """Return whether a value is a zero point of int8."""
    return type(value) is int and -128 <= value <= 127


def is_number(value: object) -> bool:
    """Return whether a value is a number that a float can hold: JSON's integers have any number of digits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e300


def is_record(value: Any) -> bool:
    """Return whether a value is JSON that can be written again: of bounded depth, without NaN and lone surrogates."""
    level = [value]
    for _ in range(_DEEPEST):
        if not level:
            return True
        below: list[Any] = []
        for one in level:
            if isinstance(one, Mapping):
                below += [*one, *one.values()]
            elif isinstance(one, list | tuple):
                below += one
            elif isinstance(one, str):
                if not one.isascii() and any("\ud800" <= character <= "\udfff" for character in one):
                    return False
            elif not (one is None or isinstance(one, bool) or is_number(one)):
                return False
        level = below
    return False


def require(condition: bool, name: str) -> None:
    """Raise ModelError with the name of a value unless a condition holds."""
    if not condition:
        raise ModelError(f"the manifest is not valid: {name}")
