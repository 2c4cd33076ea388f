"""Choose outputs by the names that stand in the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from plate_devices.outputs.mqtt import MqttOutput
    from plate_devices.outputs.mqtt_settings import MqttSettings
    from plate_devices.outputs.output import Output
    from plate_devices.outputs.output_settings import OutputSettings
    from plate_devices.outputs.urls import Destination

# Imported only where they are used: most machines have one or two of them.
_PLACES = {
    "csv": "plate_devices.outputs.csv:Csv",
    "fake": "plate_devices.outputs.fake:Fake",
    "lines": "plate_devices.outputs.json_lines:Lines",
    "mqtt": "plate_devices.outputs.mqtt:Mqtt",
    "sqlite": "plate_devices.outputs.sqlite:Sqlite",
    "webhook": "plate_devices.outputs.webhook:Webhook",
}

TYPES = tuple(_PLACES)
"""What `type` may be."""


def settings_class(type_: str) -> type[OutputSettings]:
    """Return the class of an output's settings; `type_` is one of `TYPES`."""
    return cast("type[OutputSettings]", _named(type_, "Settings"))


def make_outputs(settings: Sequence[OutputSettings], folder: Path | None = None) -> list[Output]:
    """Make the outputs that wait for events, each with a name of its own; nothing is connected yet.

    Lines without a path are left out: they go to standard output, at once.

    Args:
        folder: where events wait; by default the usual one.

    Raises:
        MissingPartError: one needs what is not installed. UsageError: two have the same name, or the same topic.
    """
    made: list[Output] = []
    brokers: list[MqttOutput] = []
    for name, one in _by_name(settings).items():
        if one.type == "mqtt":
            broker = cast("type[MqttOutput]", _named(one.type, "Output"))(cast("MqttSettings", one), name, folder)
            brokers.append(broker)
            made.append(broker)
        else:
            make = cast("Callable[[Any, str], Output]", _named(one.type, "Output"))
            made.append(make(one, name))
    if len(brokers) > 1:
        from plate_devices.outputs.mqtt import check_topics

        check_topics(brokers)
    return made


def destinations(settings: Sequence[OutputSettings]) -> dict[str, Destination | None]:
    """Return which broker or server each output that waits for events belongs to, by its name.

    One that was given a name belongs to that: None, as for files.
    """
    return {name: None if one.name else one.destination for name, one in _by_name(settings).items()}


def _by_name(settings: Sequence[OutputSettings]) -> dict[str, OutputSettings]:
    found: dict[str, OutputSettings] = {}
    for one in settings:
        if one.type == "lines" and getattr(one, "path", None) is None:
            continue
        if one.name in found:
            raise UsageError(f"two outputs are called {one.name}; give one of them another name")
        found[one.name or _free(one.type, set(found))] = one
    return found


def _named(type_: str, kind: str) -> object:
    module, _, beginning = _PLACES[type_].partition(":")
    return getattr(import_module(module), beginning + kind)


def _free(type_: str, taken: set[str]) -> str:
    number, name = 1, type_
    while name in taken:
        number += 1
        name = f"{type_}-{number}"
    return name
