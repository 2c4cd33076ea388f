"""Announce a device to Home Assistant (MQTT discovery)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from plate_devices.outputs.identity import node_id
from plate_runtime import __version__

_TEXT = "{{ (value_json.plates | first).text or 'hidden' }}"
_LISTS = (
    "'watchlists': value_json.watchlists | default([]) | map(attribute='name') | list, "
    "'names': value_json.watchlists | default([]) | selectattr('plate_name', 'defined') "
    "| map(attribute='plate_name') | list"
)
_ATTRIBUTES = (
    "{{ {'confidence': (value_json.plates | first).confidence, 'first_time': value_json.first_time, "
    "'last_time': value_json.last_time, 'source': value_json.source, 'id': value_json.id, "
    f"{_LISTS}}} | tojson }}}}"
)
_EVENT = (
    "{{ {'event_type': 'listed' if value_json.watchlists | default([]) else 'other', "
    "'text': (value_json.plates | first).text, 'confidence': (value_json.plates | first).confidence, "
    f"{_LISTS}, "
    "'id': value_json.id} | tojson }}"
)
_DIRECTIONS = ("approaching", "leaving", "left", "right", "standing", "unknown")
_DIRECTION = "{{ value_json.direction | default('unknown', true) }}"
_LIST_NAMES = (
    "{{ (value_json.watchlists | default([]) | map(attribute='name') | join(', ') | default('none', true))[:255] }}"
)
"""Home Assistant refuses longer states."""

LISTED_FOR = 60
"""Seconds for which the binary sensor of a list is on after a vehicle on it was reported."""

_ORIGIN = {"name": "plate-edge", "sw_version": __version__}

Entity = tuple[str, str, dict[str, Any]]
"""Component, name and configuration."""


def discovery(
    prefix: str, topic: str, device: str, lists: Sequence[str] = (), *, has_pictures: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield topic and payload for each entity of a device that publishes under `topic`; `lists` are its watch lists."""
    node = node_id(device)
    about = {"identifiers": [f"plate-edge-{node}"], "name": f"Plate Edge {device}", "model": "plate-infer"}
    there = {"availability_topic": f"{topic}/status"}
    yield from _announced(prefix, node, about, (*_vehicle_entities(topic, there, lists, has_pictures), _status(topic)))


def camera_discovery(
    prefix: str, topic: str, device: str, camera: str, lists: Sequence[str] = (), *, has_pictures: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield topic and payload for each entity of a camera, which Home Assistant shows as a device of its own.

    It is available while both this device and the camera are.
    """
    node = node_id(f"{device}/{camera}")
    about = {
        "identifiers": [f"plate-edge-{node}"],
        "name": f"Plate Edge {camera}",
        "model": "camera",
        "via_device": f"plate-edge-{node_id(device)}",
    }
    of = camera_topic(topic, camera)
    device_there = {"availability_topic": f"{topic}/status"}
    both = [{"topic": f"{topic}/status"}, {"topic": status_topic(topic, camera)}]
    there = {"availability": both, "availability_mode": "all"}
    component, entity, status = _status(of)
    entities = (*_vehicle_entities(of, there, lists, has_pictures), (component, entity, status | device_there))
    yield from _announced(prefix, node, about, entities)


def camera_topic(topic: str, camera: str) -> str:
    """Return the beginning of a camera's topics: the events of `gate` are under TOPIC/gate."""
    return f"{topic}/{node_id(camera)}"


def status_topic(topic: str, camera: str) -> str:
    """Return where "online" or "offline" of a camera is published."""
    return f"{camera_topic(topic, camera)}/status"


def picture_topic(of: str) -> str:
    """Return where the picture of the last vehicle is published, given the beginning of the topics."""
    return f"{of}/picture"


def _announced(prefix: str, node: str, device: dict[str, Any], entities: Iterable[Entity]) -> Iterator[tuple[str, str]]:
    for component, entity, about in entities:
        config = {"device": device, "origin": _ORIGIN, **about, "unique_id": f"plate-edge-{node}-{entity}"}
        yield f"{prefix}/{component}/{node}/{entity}/config", json.dumps(config)


def _vehicle_entities(of: str, there: dict[str, Any], lists: Sequence[str], has_pictures: bool) -> Iterator[Entity]:
    """Yield the entities of the vehicles that are published under `of`; `there` says when they are available."""
    vehicle = partial(dict[str, Any], state_topic=f"{of}/vehicle", **there)
    yield "sensor", "last_plate", vehicle(
        name="Last plate", icon="mdi:car", value_template=_TEXT,
        json_attributes_topic=f"{of}/vehicle", json_attributes_template=_ATTRIBUTES,
    )  # fmt: skip
    seen = "{{ value_json.last_time or now().isoformat() }}"
    yield "sensor", "last_seen", vehicle(name="Last seen", device_class="timestamp", value_template=seen)
    yield "sensor", "direction", vehicle(
        name="Direction", icon="mdi:arrow-decision", device_class="enum", options=_DIRECTIONS,
        value_template=_DIRECTION,
    )  # fmt: skip
    yield "sensor", "list_match", vehicle(
        name="List match", icon="mdi:format-list-checks", value_template=_LIST_NAMES
    )  # fmt: skip
    for name in lists:
        yield "binary_sensor", f"list_{node_id(name)}", vehicle(
            name=f"On list {name}", icon="mdi:car-info", value_template=_is_on(name), off_delay=LISTED_FOR
        )  # fmt: skip
    yield "event", "vehicle", vehicle(
        name="Vehicle", icon="mdi:car", event_types=["listed", "other"], value_template=_EVENT
    )  # fmt: skip
    if has_pictures:  # an image changes when it is published; a camera would be polled as a stream
        yield "image", "picture", {
            "name": "Last picture", "icon": "mdi:image", "image_topic": picture_topic(of),
            "content_type": "image/jpeg", **there,
        }  # fmt: skip


def _is_on(name: str) -> str:
    """Return a template that is ON for a vehicle on the list, else OFF; the name is escaped, whatever it holds."""
    escaped = "".join(one if one.isascii() and one.isalnum() else f"\\U{ord(one):08x}" for one in name)
    names = "value_json.watchlists | default([]) | map(attribute='name')"
    return f"{{{{ 'ON' if '{escaped}' in {names} | list else 'OFF' }}}}"


def _status(topic: str) -> Entity:
    return (
        "binary_sensor",
        "status",
        {
            "name": "Status",
            "state_topic": f"{topic}/status",
            "payload_on": "online",
            "payload_off": "offline",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
        },
    )
