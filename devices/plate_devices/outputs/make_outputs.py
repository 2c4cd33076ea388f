"""Make the outputs that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from plate_runtime.errors import UsageError
from plate_runtime.extensions import load_type

if TYPE_CHECKING:
    from pathlib import Path

    from plate_devices.outputs.mqtt import MqttOutput
    from plate_devices.outputs.mqtt_settings import MqttSettings
    from plate_devices.outputs.output import Output
    from plate_devices.outputs.output_settings import Destination, OutputSettings

# Imported when they are used: most machines have one or two of them.
_PLACES = {
    "csv": "plate_devices.outputs.csv:CsvOutput",
    "fake": "plate_devices.outputs.fake:FakeOutput",
    "lines": "plate_devices.outputs.json_lines:LinesOutput",
    "mqtt": "plate_devices.outputs.mqtt:MqttOutput",
    "postgres": "plate_devices.outputs.postgres:PostgresOutput",
    "sqlite": "plate_devices.outputs.sqlite:SqliteOutput",
    "webhook": "plate_devices.outputs.webhook:WebhookOutput",
}

TYPES = tuple(_PLACES)
"""Built-in values of `type`. Other packages add theirs: classes as entry points of the group `plate_edge.outputs`."""


def settings_class(type_: str) -> type[OutputSettings] | None:
    """Return the class of an output's settings, or None if there is no output of that type."""
    cls = _class(type_)
    return cls.Settings if cls else None


def make_outputs(settings: Sequence[OutputSettings], folder: Path | None = None) -> list[Output]:
    """Make the outputs that have a queue, each with its own name; nothing is connected yet.

    Args:
        settings: of the outputs.
        folder: of the queue; by default that of `QueueSettings`.

    Raises:
        MissingPartError: an output needs a package that is not installed.
        UsageError: two outputs have the same name or the same topic.
    """
    made: list[Output] = []
    brokers: list[MqttOutput] = []
    for name, one in _by_name(settings).items():
        if one.type == "mqtt":
            broker = cast("type[MqttOutput]", _class(one.type))(cast("MqttSettings", one), name, folder)
            brokers.append(broker)
            made.append(broker)
        else:
            make = cast("Callable[[Any, str], Output]", _class(one.type))
            made.append(make(one, name))
    if len(brokers) > 1:
        from plate_devices.outputs.mqtt import check_topics

        check_topics(brokers)
    return made


def destinations(settings: Sequence[OutputSettings]) -> dict[str, Destination | None]:
    """Return the broker or server that waiting events belong to, by the output's name.

    None for files, and for outputs with a name in the settings: their events follow the name.
    """
    return {name: None if one.name else one.destination for name, one in _by_name(settings).items()}


def tags_of(settings: Sequence[OutputSettings]) -> dict[str, Sequence[str]]:
    """Return the tags of the events that each output gets, by the output's name."""
    return {name: one.tags for name, one in _by_name(settings).items()}


def types_of(settings: Sequence[OutputSettings]) -> dict[str, Sequence[str]]:
    """Return the types of the events that each output gets, by the output's name."""
    return {name: one.events for name, one in _by_name(settings).items()}


def _by_name(settings: Sequence[OutputSettings]) -> dict[str, OutputSettings]:
    found: dict[str, OutputSettings] = {}
    for one in settings:
        if not one.is_queued:
            continue
        if one.name in found:
            raise UsageError(f"two outputs are called {one.name}; give one of them another name")
        found[one.name or _free(one.type, set(found))] = one
    return found


def _class(type_: str) -> type[Output] | None:
    return load_type("outputs", type_, _PLACES)


def _free(type_: str, taken: set[str]) -> str:
    number, name = 1, type_
    while name in taken:
        number += 1
        name = f"{type_}-{number}"
    return name
