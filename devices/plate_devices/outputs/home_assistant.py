"""Announce a device to Home Assistant (MQTT discovery)."""

from __future__ import annotations

import json
from collections.abc import Iterator
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


def discovery(prefix: str, topic: str, device: str) -> Iterator[tuple[str, str]]:
    """Yield topic and payload for each entity of a device that publishes under `topic`."""
    node = node_id(device)
    shared = {
        "device": {"identifiers": [f"plate-edge-{node}"], "name": f"Plate Edge {device}", "model": "plate-infer"},
        "origin": {"name": "plate-edge", "sw_version": __version__},
    }
    for component, entity, about in _entities(topic):
        config = {**shared, **about, "unique_id": f"plate-edge-{node}-{entity}"}
        yield f"{prefix}/{component}/{node}/{entity}/config", json.dumps(config)


def _entities(topic: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    there = {"availability_topic": f"{topic}/status"}
    vehicle = {"state_topic": f"{topic}/vehicle", **there}
    yield (
        "sensor",
        "last_plate",
        {
            **vehicle,
            "name": "Last plate",
            "icon": "mdi:car",
            "value_template": _TEXT,
            "json_attributes_topic": f"{topic}/vehicle",
            "json_attributes_template": _ATTRIBUTES,
        },
    )
    yield (
        "sensor",
        "last_seen",
        {
            **vehicle,
            "name": "Last seen",
            "device_class": "timestamp",
            "value_template": "{{ value_json.last_time or now().isoformat() }}",
        },
    )
    yield (
        "event",
        "vehicle",
        {
            **vehicle,
            "name": "Vehicle",
            "icon": "mdi:car",
            "event_types": ["listed", "other"],
            "value_template": _EVENT,
        },
    )
    yield (
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
