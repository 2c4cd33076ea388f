"""The page that Prometheus reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from plate_devices.health.metrics import METRICS, PREFIX, render
from plate_devices.health.state import Health
from plate_devices.outputs.output import OutputState

SAMPLE = re.compile(r'plate_edge_[a-z_]+(\{([a-z]+="(\\.|[^"\\\n])*",?)+\})? -?[0-9.e+-]+')


def busy() -> Health:
    health = Health(source='gate "north"\\\n', engine="plate-reader@1.0.0 in litert", frames_read=12, vehicles=3)
    health.temperature, health.throttled, health.clock_set = 61.4, ["throttled since start"], True
    health.outputs = [OutputState("mqtt", 5, 7, 1, "no answer", 3.0), OutputState("csv", 0, 12, 0, "", 9.0)]
    health.frame(datetime(2026, 5, 1, tzinfo=UTC))
    health.source_state = ""
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


def test_unknown_values_are_omitted() -> None:
    page = render(Health())
    assert "temperature" not in page
    assert "throttled" not in page
    assert "output_" not in page
    assert "plate_edge_source_up 0\n" in page


def test_every_metric_is_declared_once_and_keeps_its_labels() -> None:
    page = render(busy())
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        for labels, value in metric.read(busy()):
            assert tuple(labels) == metric.labels
            assert value is None or f"# TYPE {PREFIX}{metric.name} {metric.kind}\n" in page


def test_as_json_holds_it() -> None:
    state = busy().as_dict()
    assert state["outputs"][0] == {
        "name": "mqtt", "waiting": 5, "delivered": 7, "dropped": 1, "last_error": "no answer", "since": 3.0
    }  # fmt: skip
    assert state["last_time"] == "2026-05-01T00:00:00.000+00:00"
    assert state["seconds_without_frame"] < 60
    assert Health().as_dict()["seconds_without_frame"] is None
