"""The page that Prometheus reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from plate_devices.actions.action import ActionState
from plate_devices.health.metrics import METRICS, PREFIX, render
from plate_devices.health.state import CameraHealth, Health
from plate_devices.outputs.output import OutputState

SAMPLE = re.compile(r'plate_edge_[a-z_]+(\{([a-z]+="(\\.|[^"\\\n])*",?)+\})? -?[0-9.e+-]+')


def busy() -> Health:
    camera = CameraHealth("", 'gate "north"\\\n', "plate-reader@1.0.0 in litert", frames_read=12, vehicles=3)
    health = Health([camera])
    health.temperature, health.throttled, health.clock_set = 61.4, ["throttled since start"], True
    health.outputs = [OutputState("mqtt", 5, 7, 1, "no answer", 3.0), OutputState("csv", 0, 12, 0, "", 9.0)]
    health.actions = [ActionState("gate", "gpio", True, False, False, 3, 1, 0, "no pin", "pulse")]
    camera.frame(datetime(2026, 5, 1, tzinfo=UTC))
    camera.source_state = ""
    return health


def test_every_line_is_of_the_format() -> None:
    page = render(busy())
    assert page.endswith("\n")
    for line in page.splitlines():
        assert line.startswith(("# HELP plate_edge_", "# TYPE plate_edge_")) or SAMPLE.fullmatch(line), line
    names = re.findall(r"# TYPE (\S+) (\w+)", page)
    assert len(names) == len({name for name, _ in names})
    assert all(name.endswith("_total") == (kind == "counter") for name, kind in names)


def test_values_and_labels() -> None:
    page = render(busy())
    assert 'plate_edge_info{source="gate \\"north\\"\\\\\\n",engine="plate-reader@1.0.0 in litert"} 1\n' in page
    assert 'plate_edge_frames_total{result="read"} 12\n' in page
    assert "plate_edge_vehicles_total 3\n" in page
    assert "plate_edge_temperature_celsius 61.4\n" in page
    assert "plate_edge_throttled 0\n" in page
    assert 'plate_edge_output_waiting{output="mqtt"} 5\n' in page
    assert 'plate_edge_output_up{output="mqtt"} 0\nplate_edge_output_up{output="csv"} 1\n' in page
    assert "plate_edge_source_up 1\n" in page
    assert 'plate_edge_action_done_total{action="gate"} 3\n' in page
    assert 'plate_edge_action_up{action="gate"} 0\n' in page


def test_unknown_values_are_omitted() -> None:
    page = render(Health([CameraHealth()]))
    assert "temperature" not in page
    assert "throttled" not in page
    assert "output_" not in page
    assert "plate_edge_source_up 0\n" in page


def test_every_metric_is_declared_once_and_keeps_its_labels() -> None:
    page = render(busy())
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        for labels, value in metric.read(busy()):
            assert tuple(labels) == tuple(label for label in metric.labels if label != "camera")
            assert value is None or f"# TYPE {PREFIX}{metric.name} {metric.kind}\n" in page


def test_as_json_holds_it() -> None:
    state = busy().as_dict()
    assert state["outputs"][0] == {
        "name": "mqtt", "waiting": 5, "delivered": 7, "dropped": 1, "last_error": "no answer", "since": 3.0
    }  # fmt: skip
    assert (state["actions"][0]["name"], state["actions"][0]["simulated"]) == ("gate", True)
    assert state["last_time"] == "2026-05-01T00:00:00.000+00:00"
    assert state["seconds_without_frame"] < 60
    assert Health().as_dict()["seconds_without_frame"] is None


def two_cameras() -> Health:
    gate = CameraHealth("gate", "rtsp://gate.local", "nano", frames_read=12, vehicles=3, behind=0.1, source_state="")
    yard = CameraHealth("yard", "demo", "nano", frames_read=30, vehicles=1, behind=0.3, source_state="lost")
    gate.frame(datetime(2026, 5, 1, tzinfo=UTC))
    return Health([gate, yard])


def test_metrics_of_several_cameras_have_a_label() -> None:
    page = render(two_cameras())
    assert 'plate_edge_vehicles_total{camera="gate"} 3\nplate_edge_vehicles_total{camera="yard"} 1\n' in page
    assert 'plate_edge_frames_total{result="read",camera="yard"} 30\n' in page
    assert 'plate_edge_source_up{camera="gate"} 1\nplate_edge_source_up{camera="yard"} 0\n' in page
    assert 'plate_edge_info{source="demo",engine="nano",camera="yard"} 1\n' in page


def test_json_of_several_cameras_has_sums_the_worst_and_each() -> None:
    state = two_cameras().as_dict()
    assert (state["frames_read"], state["vehicles"], state["behind"]) == (42, 4, 0.3)
    assert (state["source"], state["engine"], state["source_state"]) == ("gate, yard", "nano", "yard: lost")
    assert state["last_time"] == "2026-05-01T00:00:00.000+00:00"
    assert [one["name"] for one in state["cameras"]] == ["gate", "yard"]
    assert state["cameras"][1]["frames_read"] == 30
    one = Health([CameraHealth("gate", "demo", vehicles=2)]).as_dict()
    assert (one["source"], one["vehicles"], one["cameras"][0]["name"]) == ("demo", 2, "gate")
