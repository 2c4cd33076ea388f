"""The announcement to Home Assistant: what its MQTT discovery needs for each entity."""

from __future__ import annotations

import json

from plate_devices.outputs.home_assistant import camera_discovery, discovery
from plate_devices.outputs.identity import node_id
from plate_runtime import __version__


def test_each_entity_has_the_topics_and_fields_that_home_assistant_needs() -> None:
    node = node_id("gate")
    found = {topic: json.loads(payload) for topic, payload in discovery("homeassistant", "yard/cam", "gate")}
    kinds = {"last_plate": "sensor", "last_seen": "sensor", "vehicle": "event", "status": "binary_sensor"}
    assert list(found) == [f"homeassistant/{kind}/{node}/{name}/config" for name, kind in kinds.items()]
    device = {"identifiers": [f"plate-edge-{node}"], "name": "Plate Edge gate", "model": "plate-infer"}
    for name, entity in zip(kinds, found.values(), strict=True):
        assert entity["device"] == device
        assert entity["origin"] == {"name": "plate-edge", "sw_version": __version__}
        assert entity["unique_id"] == f"plate-edge-{node}-{name}"
        if name != "status":
            assert (entity["state_topic"], entity["availability_topic"]) == ("yard/cam/vehicle", "yard/cam/status")
    plate, seen, vehicle, status = found.values()
    assert [one["name"] for one in found.values()] == ["Last plate", "Last seen", "Vehicle", "Status"]
    assert plate["json_attributes_topic"] == "yard/cam/vehicle"
    assert (plate["icon"], vehicle["icon"]) == ("mdi:car", "mdi:car")
    assert seen["device_class"] == "timestamp" and "value_json.last_time" in seen["value_template"]
    assert vehicle["event_types"] == ["listed", "other"]
    status.pop("device"), status.pop("origin"), status.pop("unique_id"), status.pop("name")
    assert status == {
        "state_topic": "yard/cam/status", "payload_on": "online", "payload_off": "offline",
        "device_class": "connectivity", "entity_category": "diagnostic",
    }  # fmt: skip


def test_each_of_several_cameras_is_a_device() -> None:
    found = {topic: json.loads(one) for topic, one in camera_discovery("homeassistant", "yard/cam", "house", "gate 2")}
    topic, node = f"yard/cam/{node_id('gate 2')}", node_id("house/gate 2")
    kinds = {"last_plate": "sensor", "last_seen": "sensor", "vehicle": "event", "status": "binary_sensor"}
    assert list(found) == [f"homeassistant/{kind}/{node}/{name}/config" for name, kind in kinds.items()]
    for kind, entity in zip(kinds, found.values(), strict=True):
        assert entity["device"] == {
            "identifiers": [f"plate-edge-{node}"],
            "name": "Plate Edge gate 2",
            "model": "camera",
            "via_device": f"plate-edge-{node_id('house')}",
        }
        if kind == "status":
            assert (entity["state_topic"], entity["availability_topic"]) == (f"{topic}/status", "yard/cam/status")
            continue
        assert entity["state_topic"] == f"{topic}/vehicle"
        assert entity["availability"] == [{"topic": "yard/cam/status"}, {"topic": f"{topic}/status"}]
        assert entity["availability_mode"] == "all"
        assert entity.get("json_attributes_topic", f"{topic}/vehicle") == f"{topic}/vehicle"
    ids = [one["unique_id"] for one in found.values()]
    others = [
        json.loads(one)["unique_id"] for _, one in camera_discovery("homeassistant", "yard/cam", "house-gate", "2")
    ]
    assert not set(ids) & set(others)
