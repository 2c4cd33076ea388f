"""Make the actions that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from plate_runtime.extensions import load_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.actions.action import Action
    from plate_devices.actions.action_settings import ActionSettings

# Imported when they are used: most machines have one or two of them.
_PLACES = {
    "fake": "plate_devices.actions.fake:FakeAction",
    "gpio": "plate_devices.actions.gpio:GpioAction",
    "mqtt": "plate_devices.actions.mqtt_message:MqttAction",
    "program": "plate_devices.actions.program:ProgramAction",
    "webhook": "plate_devices.actions.webhook_call:WebhookAction",
}

TYPES = tuple(_PLACES)
"""Built-in values of `type`. Other packages add theirs: classes as entry points of the group `plate_edge.actions`."""


def settings_class(type_: str) -> type[ActionSettings] | None:
    """Return the class of an action's settings, or None if there is no action of that type."""
    cls = _class(type_)
    return cls.Settings if cls else None


def make_action(settings: ActionSettings) -> Action:
    """Make an action; nothing is connected yet. Raises MissingPartError if a package is not installed."""
    cls = cast("Callable[[ActionSettings], Action]", _class(settings.type))
    return cls(settings)


def _class(type_: str) -> type[Action] | None:
    return load_type("actions", type_, _PLACES)
