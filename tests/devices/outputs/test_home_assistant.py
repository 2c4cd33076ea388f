"""The announcement to Home Assistant: what its MQTT discovery needs for each entity."""

from __future__ import annotations

import json
from typing import Any

import jinja2
import pytest

from plate_devices.outputs.home_assistant import camera_discovery, discovery
from plate_devices.outputs.identity import node_id
from plate_runtime import __version__

KINDS = {
    "last_plate": "sensor", "last_seen": "sensor", "direction": "sensor", "list_match": "sensor", "vehicle": "event",
    "status": "binary_sensor",
}  # fmt: skip


def test_each_entity_has_the_topics_and_fields_that_home_assistant_needs() -> None:
    node = node_id("gate")
    found = {topic: json.loads(payload) for topic, payload in discovery("homeassistant", "yard/cam", "gate")}
    kinds = KINDS
    assert list(found) == [f"homeassistant/{kind}/{node}/{name}/config" for name, kind in kinds.items()]
    device = {"identifiers": [f"plate-edge-{node}"], "name": "Plate Edge gate", "model": "plate-infer"}
    for name, entity in zip(kinds, found.values(), strict=True):
        assert entity["device"] == device
        assert entity["origin"] == {"name": "plate-edge", "sw_version": __version__}
        assert entity["unique_id"] == f"plate-edge-{node}-{name}"
        if name != "status":
            assert (entity["state_topic"], entity["availability_topic"]) == ("yard/cam/vehicle", "yard/cam/status")
    plate, seen, _, _, vehicle, status = found.values()
    names = ["Last plate", "Last seen", "Direction", "List match", "Vehicle", "Status"]
    assert [one["name"] for one in found.values()] == names
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
    kinds = KINDS
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


def test_a_state_is_as_long_as_home_assistant_allows() -> None:
    (config,) = (json.loads(one) for topic, one in discovery("ha", "yard", "gate") if "/list_match/" in topic)
    record = {"watchlists": [{"name": f"list {number:02} of the house"} for number in range(40)]}
    shown = jinja2.Environment(autoescape=False).from_string(config["value_template"]).render(value_json=record)
    assert len(shown) == 255 and shown.startswith("list 00 of the house, list 01")


def test_a_picture_is_announced_where_pictures_are_published() -> None:
    for found, of in (
        (dict(discovery("ha", "yard", "gate", has_pictures=True)), "yard"),
        (dict(camera_discovery("ha", "yard", "gate", "front", has_pictures=True)), "yard/front"),
    ):
        (image,) = (json.loads(payload) for topic, payload in found.items() if topic.startswith("ha/image/"))
        assert (image["image_topic"], image["content_type"]) == (f"{of}/picture", "image/jpeg")
        assert "state_topic" not in image


LISTS = ["family", "it's {{ 7 * 7 }} \"b\\", "Öl €"]


@pytest.mark.parametrize(
    ("more", "direction", "listed"),
    [
        ({}, "unknown", []),
        ({"direction": None, "watchlists": []}, "unknown", []),
        ({"direction": "approaching"}, "approaching", ["family"]),
        ({"direction": "leaving"}, "leaving", LISTS[1:]),
    ],
)
def test_templates_give_direction_and_lists(more: dict[str, Any], direction: str, listed: list[str]) -> None:
    record = {"watchlists": [{"name": name, "match": "exact"} for name in listed]} | more
    shown = {}
    for topic, payload in discovery("homeassistant", "yard/cam", "gate", LISTS):
        config = json.loads(payload)
        entity = topic.split("/")[3]
        if entity in ("direction", "list_match") or entity.startswith("list_"):
            template = jinja2.Environment(autoescape=False).from_string(config["value_template"])
            shown[entity] = template.render(value_json=record)
    assert shown.pop("direction") == direction
    assert shown.pop("list_match") == (", ".join(listed) or "none")
    on = {f"list_{node_id(name)}": "ON" if name in listed else "OFF" for name in LISTS}
    assert shown == on
    assert len(on) == len(LISTS), "each list has an entity of its own"
