"""Check the description of a Keras network, as text, before Keras loads it: loading can run code that it names.

Objects are looked up in `allowed_objects` by module and class, in every setting and at any depth. Everything else must
be a number, a word, or a list or table of those.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from plate_runtime.errors import ModelError

from .allowed_objects import BY_SETTING, DTYPE, LAYER, NETWORK, Allowed

LONGEST = 16 << 20
"""Characters of a description."""
MOST_LAYERS = 5_000
"""Number of layer calls; layers of inner networks are counted once for each call of the inner network."""
DEEPEST = 40
LARGEST_NUMBER = 1_000_000
"""Of a setting: units, filters, sides of a picture."""
LONGEST_WORD = 1_000
_OBJECT = {"class_name", "config", "module", "registered_name", "shared_object_id", "__passive_serialization__"}
_SERIALIZED = _OBJECT | {"value", "function", "compile_config", "spec_name", "type_spec"}
_OF_LAYERS = {"name", "inbound_nodes", "build_config"}
_OF_FILES = {"keras_version", "backend"}
_ALLOWED = "plate_train/networks/allowed_objects.py lists the layers and settings of Keras that are allowed"
_OF_NETWORKS = {"compile_config"}
"""`keras_2.modern` omits it."""


class _RefusedError(Exception):
    """What is wrong with the description, as the end of a sentence."""


class _CodeError(_RefusedError):
    """The description may name code."""


def parse(text: object, where: str) -> Mapping[str, Any]:
    """Return the description of a network, as in `model_config`. Raises ModelError if it is not a JSON object."""
    try:
        if not isinstance(text, str) or len(text) > LONGEST:
            raise ValueError("its text is missing or too long")
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("no table")
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where}: the network description is damaged ({error})") from error
    return found


def check(description: Mapping[str, Any], where: str) -> list[str]:
    """Return the class of every layer, those of inner networks included.

    Raises:
        ModelError: it names a class, a function or a module that is not allowed; it is damaged, or it is
            larger than any network for small devices.
    """
    names: list[str] = []
    try:
        _network(description, names, 0, _OF_FILES)
    except _CodeError as error:
        raise ModelError(f"{where} is not loaded, it may carry code: {error}; {_ALLOWED}") from error
    except _RefusedError as error:
        raise ModelError(f"{where}: the network description is damaged ({error}); save the model again") from error
    return names


def _network(entry: Mapping[str, Any], names: list[str], depth: int, more: set[str] = frozenset()) -> int:  # type: ignore[assignment]
    """Check a network and return how many layers are run when it is called once."""
    config = _named(entry, NETWORK, _OF_LAYERS | _OF_NETWORKS | more)
    if isinstance(config, list):  # Sequential, as early versions of Keras 2 save it
        config = {"layers": config}
    layers = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(layers, list) or depth > DEEPEST:
        raise _RefusedError("a network without a list of layers, or nested too deep")
    calls = 0
    for layer in layers:
        calls += _layer(layer, names, depth + 1)
        if calls > MOST_LAYERS or len(names) > MOST_LAYERS:
            raise _RefusedError(f"more than {MOST_LAYERS:,} layers")
    _settings({key: value for key, value in config.items() if key != "layers"}, depth)
    return calls


def _layer(entry: Any, names: list[str], depth: int) -> int:
    if not isinstance(entry, dict):
        raise _RefusedError("a layer that is no table")
    nodes = entry.get("inbound_nodes", [])
    _plain(nodes, depth, tensors=True)
    _plain(entry.get("build_config"), depth)
    _plain(entry.get("name"), depth)
    calls = max(1, len(nodes)) if isinstance(nodes, list) else 1
    name = entry.get("class_name")
    if isinstance(name, str) and name in NETWORK.classes:
        return calls * _network(entry, names, depth)
    config = _named(entry, LAYER, _OF_LAYERS)
    if not isinstance(config, dict):
        raise _RefusedError("a layer without settings")
    names.append(str(name))
    _settings(config, depth)
    return calls


def _settings(config: Mapping[str, Any], depth: int) -> None:
    for key, value in config.items():
        allowed = BY_SETTING.get(key.rpartition("_")[2])
        if allowed is None:
            _plain(value, depth + 1, seed=key == "seed")
        else:
            _check_object(value, allowed, depth + 1)


def _check_object(value: Any, allowed: Allowed, depth: int) -> None:
    """Check an activation, initializer or similar: None, a word, or an object with settings."""
    if value is None or (isinstance(value, str) and value in allowed.words):
        return
    if not isinstance(value, dict):
        raise _CodeError(f"the {allowed.what} {_shown(value)}")
    config = _named(value, allowed)
    if depth > DEEPEST:
        raise _RefusedError("nested too deep")
    if allowed is DTYPE:
        named = config if isinstance(config, dict) else {"name": config}
        _check_object(named.get("name"), DTYPE, depth + 1)
        _settings(named, depth)
    elif isinstance(config, dict):
        _settings(config, depth)
    else:
        raise _CodeError(f"the {allowed.what} {_shown(config)}")


def _named(entry: Mapping[str, Any], allowed: Allowed, more: set[str] = frozenset()) -> Any:  # type: ignore[assignment]
    """Check the class of an object, and return its settings."""
    name, module, registered = entry.get("class_name"), entry.get("module"), entry.get("registered_name")
    if not isinstance(name, str) or name not in allowed.classes:
        raise _CodeError(f"the {allowed.what} {_shown(name)}")
    if "module" in entry and not (isinstance(module, str) and module in allowed.modules):
        raise _CodeError(f"{name} of {_shown(module)}")
    if registered not in (None, "", name):
        raise _CodeError(f"{name} registered as {_shown(registered)}")
    if strange := sorted(entry.keys() - _OBJECT - more):
        raise _CodeError(f"{_shown(strange[0])} of {name}")
    if not isinstance(entry.get("shared_object_id", 0), int):
        raise _RefusedError(f"shared_object_id of {name}")
    return entry.get("config")


def _plain(value: Any, depth: int, *, tensors: bool = False, seed: bool = False) -> None:
    """Check that a value has numbers and words only; with `tensors`, also references to outputs of layers."""
    if depth > DEEPEST:
        raise _RefusedError("nested too deep")
    if isinstance(value, dict):
        _table(value, depth, tensors)
    elif isinstance(value, list):
        for one in value:
            _plain(one, depth + 1, tensors=tensors)
    elif isinstance(value, str):
        if len(value) > LONGEST_WORD or not value.isprintable():
            raise _RefusedError(f"the word {_shown(value)}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and not math.isfinite(value):
            raise _RefusedError("a number that is not finite")
        if abs(value) > (2**64 if seed else LARGEST_NUMBER):
            raise _RefusedError(f"a number beyond {LARGEST_NUMBER:,}")


def _table(value: Mapping[str, Any], depth: int, tensors: bool) -> None:
    name = value.get("class_name")
    if name == "__tuple__" and value.keys() == {"class_name", "items"}:
        _plain(value["items"], depth + 1, tensors=tensors)
    elif tensors and name == "__keras_tensor__" and value.keys() == {"class_name", "config"}:
        _plain(value["config"], depth + 1)
    elif strange := sorted(value.keys() & _SERIALIZED):
        raise _CodeError(f"{_shown(name) if name is not None else strange[0]} where a number or a word belongs")
    else:
        for key, one in value.items():
            _plain(key, depth + 1)
            _plain(one, depth + 1, tensors=tensors)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return f"{_shown(value['class_name'])} of {_shown(value.get('module'))}" if "class_name" in value else "a table"
    return ascii(value)[:80] if not isinstance(value, str) else ascii(value)[1:-1][:80] or "''"
