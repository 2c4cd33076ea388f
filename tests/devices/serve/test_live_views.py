"""The latest frame, its plates and the state of each camera over HTTP."""

from __future__ import annotations

import io
import json
import threading
import time
from typing import Any

import numpy as np
import pytest
from device_helpers import make_frame, make_plate
from PIL import Image

from plate_devices.events.records import Engine, Origin, frame_record
from plate_devices.serve import live_pictures, live_views
from plate_devices.serve.page_server import LivePage

PLATE = make_plate("AB123", box=(200, 100, 160, 40))


def passed_record(**changes: Any) -> dict[str, Any]:
    record = frame_record(Origin("gate", Engine({}, "fake")), make_frame(), [PLATE], 1.0)
    return {**record, "last_time": "2026-05-01T12:00:00.000Z", "frames_read": 9, **changes}


def test_a_frame_with_its_plates(page: LivePage, client: Any, picture: np.ndarray) -> None:
    page.live_states[""].add_frame(picture, [PLATE], 12.0, (100, 50, 400, 300))
    found = client.get("/frame?after=0")
    assert found.status == 200
    overlay = json.loads(found.headers["plate-edge-frame"])
    assert (overlay["width"], overlay["height"], overlay["roi"]) == (640, 480, [100, 50, 400, 300])
    (plate,) = overlay["plates"]
    assert plate == {"text": "AB123", "confidence": 0.9, "corners": [[200, 100], [360, 100], [360, 140], [200, 140]]}
    with Image.open(io.BytesIO(found.body)) as image:
        assert image.size == (640, 480)
        assert abs(int(np.asarray(image)[105, 205].mean()) - 230) < 12
    number = int(found.headers["plate-edge-number"])
    page.live_states[""].add_frame(picture, None, 12.1)
    later = client.get(f"/frame?after={number}")
    assert json.loads(later.headers["plate-edge-frame"])["plates"] == [plate], "a frame with nothing new keeps them"
    assert int(later.headers["plate-edge-number"]) > number


def test_large_pictures_are_reduced_and_corners_stay_those_of_the_frame(page: LivePage, client: Any) -> None:
    page.live_states[""].add_frame(np.zeros((1080, 1920, 3), np.uint8), [PLATE], 0.0)
    found = client.get("/frame?after=0")
    with Image.open(io.BytesIO(found.body)) as image:
        assert image.size == (960, 540)
    assert json.loads(found.headers["plate-edge-frame"])["width"] == 1920


def test_a_request_waits_for_the_next_frame(
    page: LivePage, client: Any, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = time.monotonic()
    threading.Timer(0.3, page.live_states[""].add_frame, (picture, [], 0.0)).start()
    assert client.get("/frame?after=0").status == 200
    assert time.monotonic() - started > 0.2
    monkeypatch.setattr(live_views, "_LONG_POLL", 0.3)
    assert client.get("/frame?after=99999").status == 204, "there is none, and the browser asks again"


def test_nothing_is_encoded_without_a_client(
    page: LivePage, client: Any, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode, encoded = live_pictures.encode, []
    monkeypatch.setattr(live_pictures, "encode", lambda *given: encoded.append(1) or encode(*given))
    for number in range(50):
        page.live_states[""].add_frame(picture, [PLATE], number / 10)
    assert client.get("/frame?after=0").status == 200
    assert encoded == [1], "the picture that it has asked for"


def test_small_pictures_are_sent_at_once(page: LivePage, client: Any, picture: np.ndarray) -> None:
    page.show_cameras(["gate", "yard"])
    for state in page.live_states.values():
        state.add_frame(picture, [], 0.0)
    sizes = {}
    until = time.monotonic() + 30
    while len(sizes) < 2 and time.monotonic() < until:
        for name in ("gate", "yard"):
            found = client.get(f"/frame?camera={name}&after=0&small=1")
            if found.status == 200:
                with Image.open(io.BytesIO(found.body)) as image:
                    sizes[name] = image.size
    assert sizes == {"gate": (320, 240), "yard": (320, 240)}


def test_the_state(page: LivePage, client: Any, picture: np.ndarray) -> None:
    before = client.get("/state").json
    assert (before["size"], before["passed"], before["seconds_without_frame"]) == (None, [], None)
    page.live_states[""].add_frame(picture, [PLATE], 0.0, (0, 0, 320, 240))
    page.live_states[""].set_figures(source="gate", skipped=3)
    record = passed_record(watchlists=[{"name": "family", "match": "fuzzy", "listed": "AB128"}])
    page.live_states[""].add_vehicle(record, picture[100:140, 200:360])
    page.live_states[""].add_vehicle(passed_record(plates=[{"text": "", "text_hash": "k:12", "confidence": 0.5}]), None)
    client.get("/frame?after=0")
    state = client.get("/state").json
    assert (state["size"], state["roi"], state["source"], state["skipped"]) == (
        [640, 480],
        [0, 0, 320, 240],
        "gate",
        3,
    )
    assert state["sharpness"] > 0 and state["hints"]
    hashed, clear = state["passed"]
    assert (clear["text"], clear["lists"], clear["picture"]) == ("AB123", [{"name": "family", "match": "fuzzy"}], True)
    assert (hashed["text"], hashed["hash"], hashed["picture"]) == ("", "k:12", False)
    crop = client.get(f"/crops/{clear['id']}.jpg")
    with Image.open(io.BytesIO(crop.body)) as image:
        assert image.size == (160, 40)
    assert client.get(f"/crops/{hashed['id']}.jpg").status == 404


def test_several_cameras(page: LivePage, client: Any, picture: np.ndarray) -> None:
    page.show_cameras(["gate", "yard"])
    page.live_states["gate"].add_frame(picture, [PLATE], 0.0)
    page.live_states["yard"].add_frame(np.zeros((1080, 1920, 3), np.uint8), [], 0.0)
    page.live_states["yard"].set_figures(state="lost")
    record = passed_record()
    page.live_states["yard"].add_vehicle(record, None)
    state = client.get("/state").json
    assert [(one["name"], one.get("state")) for one in state["cameras"]] == [("gate", None), ("yard", "lost")]
    assert (state["camera"], state["size"]) == ("gate", [640, 480])
    assert [(one["id"], one["camera"]) for one in state["passed"]] == [(record["id"], "yard")], "those of all cameras"
    assert client.get("/state?camera=gate").json["passed"] == []
    assert client.get("/state?camera=yard").json["size"] == [1920, 1080]
    with Image.open(io.BytesIO(client.get("/frame?camera=yard&after=0").body)) as image:
        assert image.size == (960, 540)
    assert client.post("/roi?camera=yard", {"roi": [0, 0, 1900, 100]}).json["roi"] == [0, 0, 1900, 100]
    assert (page.live_states["yard"].roi, page.live_states["gate"].roi) == ((0, 0, 1900, 100), None)
    for found in (
        client.get("/frame?camera=hall"),
        client.get("/state?camera=hall"),
        client.post("/roi?camera=hall", {"roi": None}),
    ):
        assert (found.status, found.json) == (404, {"error": "there is no camera 'hall'"})
    page.show_cameras(["yard", "hall"])
    assert [one["name"] for one in client.get("/state").json["cameras"]] == ["yard", "hall"]
    assert client.get("/state?camera=yard").json["size"] == [1920, 1080], "it goes on"
