"""Backends, sources, outputs and actions that other packages add through entry points of the groups `plate_edge.*`.

They are looked up only for names that are not built in, so a normal start does not pay for the search.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import UsageError, described


def load_type(kind: str, name: str, built_in: Mapping[str, str]) -> Any | None:
    """Return the object at the place `module:name` that `built_in` has for a name; else that of `load_extension`."""
    from pkgutil import resolve_name

    return resolve_name(built_in[name]) if name in built_in else load_extension(kind, name)


def load_extension(kind: str, name: str) -> Any | None:
    """Return the object that an installed package offers as `name` in the group `plate_edge.KIND`, else None.

    Raises:
        UsageError: two packages offer that name, or the object cannot be imported.
    """
    found = _offered(kind, name)
    if not found:
        return None
    if len(found) > 1:
        packages = ", ".join(sorted(str(one.dist.name if one.dist else one.value) for one in found))
        raise UsageError(f"{name!r} is offered by several packages: {packages}; uninstall all but one")
    try:
        return found[0].load()
    except Exception as error:  # a foreign package may raise anything on import
        raise UsageError(f"{found[0].value}, which offers {name!r}, cannot be imported: {described(error)}") from error


def extension_names(kind: str) -> list[str]:
    """Return the names that installed packages offer in the group `plate_edge.KIND`."""
    return sorted({one.name for one in _offered(kind)})


def _offered(kind: str, name: str | None = None) -> list[Any]:
    from importlib.metadata import entry_points

    group = f"plate_edge.{kind}"
    return list(entry_points(group=group) if name is None else entry_points(group=group, name=name))
