"""The public records."""

from __future__ import annotations

import json
import re
import time
import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from device_helpers import make_frame, make_plate

from plate_devices.events.records import Engine, Origin, error_record, frame_record, timestamp, to_line, vehicle_record
from plate_devices.follow import Vehicle
from plate_devices.unique_ids import uuid7

ENGINE = Engine({"reader": "plate-character@1.0.0"}, "litert")
PICTURE = np.zeros((4, 4, 3), np.uint8)


def test_ids_are_uuids_of_version_7_in_order() -> None:
    before = time.time()
    ids = [uuid7() for _ in range(1000)]
    parsed = [uuid.UUID(one) for one in ids]
    assert all(one.version == 7 and one.variant == uuid.RFC_4122 for one in parsed)
    assert len(set(ids)) == 1000
    assert before - 0.01 <= (parsed[0].int >> 80) / 1000 <= time.time()
    coarse = [one[:18] for one in ids]
    assert coarse == sorted(coarse)


def test_a_frame_has_every_key_of_the_schema() -> None:
    record = json.loads(to_line(frame_record(Origin("gate.jpg", ENGINE), make_frame(3), [make_plate("AB12")], 3.14159)))
    assert record["schema"] == 1
    assert record["type"] == "frame"
    assert (record["source"], record["frame"], record["width"], record["height"]) == ("gate.jpg", 3, 60, 40)
    assert record["time"] == "2026-05-01T12:00:00.300Z"
    assert record["elapsed_ms"] == 3.14
    assert record["models"] == {"reader": "plate-character@1.0.0"}
    assert record["backend"] == "litert"
    (plate,) = record["plates"]
    assert plate["text"] == plate["raw_text"] == "AB12"
    assert plate["box"] == [4, 6, 40, 12]
    assert plate["corners"] == [[4, 6], [44, 6], [44, 18], [4, 18]]
    assert plate["region"] is None
    assert plate["characters"][0] == {"text": "A", "confidence": 0.9, "alternatives": [["8", 0.01]]}


def test_a_file_has_no_capture_time() -> None:
    assert frame_record(Origin("a.png", ENGINE), make_frame(live=False), [], 1.0)["time"] is None
    assert timestamp(None) is None


def test_numbers_of_numpy_become_plain_json() -> None:
    plate = make_plate("AB")
    object.__setattr__(plate, "box", tuple(np.int64(value) for value in plate.box))
    object.__setattr__(plate, "confidence", np.float32(0.5))
    record = json.loads(to_line(frame_record(Origin("a", ENGINE), make_frame(), [plate], 1.0)))
    assert record["plates"][0]["box"] == [4, 6, 40, 12]
    assert record["plates"][0]["confidence"] == 0.5


def test_a_vehicle_record_has_times_and_frame_counts() -> None:
    first = datetime(2026, 5, 1, tzinfo=UTC)
    plate = make_plate("AB12", 0.95)
    vehicle = Vehicle(
        plate, 0.8, 14, 17, 3, 20, first, first + timedelta(seconds=2), 0.2, 1.23456, PICTURE, 2.00049, "leaving"
    )
    record = json.loads(to_line(vehicle_record(Origin("demo", ENGINE), vehicle)))
    assert record["type"] == "vehicle"
    assert (record["first_time"], record["last_time"]) == ("2026-05-01T00:00:00.000Z", "2026-05-01T00:00:02.000Z")
    assert (record["frames"], record["frames_read"]) == (14, 17)
    assert (record["stay_seconds"], record["direction"]) == (2.0, "leaving")
    assert (record["first_frame"], record["last_frame"]) == (3, 20)
    assert (record["first_seconds"], record["last_seconds"]) == (0.2, 1.235)
    assert [plate["confidence"] for plate in record["plates"]] == [0.8]
    assert record["crop"] is None


def test_an_error_is_one_line() -> None:
    assert error_record(Origin("b.jpg", ENGINE), ValueError("odd\n  thing")) == {
        "schema": 1, "type": "error", "source": "b.jpg", "error": "odd thing",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["ü.jpg", "a\nb\t.png", "broken\udcff.png", 'quote".jpg'])
def test_any_file_name_makes_one_line_of_ascii(name: str) -> None:
    line = to_line(error_record(Origin(name, ENGINE), ValueError("x")))
    assert re.fullmatch(r"[\x20-\x7e]+", line)
    assert json.loads(line)["source"] == name


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_line({"x": float("nan")})
