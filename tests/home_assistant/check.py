"""Compare what Home Assistant shows with what was published: `python -m home_assistant.check PYTHON`.

PYTHON is the interpreter of an environment with Home Assistant and paho-mqtt.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from receivers.broker import Broker

from plate_devices.outputs.mqtt import MqttOutput
from plate_devices.outputs.mqtt_settings import MqttSettings

_LISTS = ("family", "it's {{ 7 * 7 }} \"b\\", "Öl €")
_SUBSCRIBED_WITHIN = 5.0
"""Seconds in which Home Assistant subscribes to the topics of entities that it has found."""


class Home:
    """A running Home Assistant."""

    def __init__(self, python: str, folder: Path, port: int) -> None:
        """Start it, and wait until it is ready."""
        command = [python, str(Path(__file__).with_name("home.py")), str(folder), str(port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._line() == "ready\n"

    def picture(self, entity: str) -> bytes:
        """Return the picture that an image entity shows."""
        return bytes.fromhex(self._ask(entity))

    def expect(self, wanted: dict[str, str | None], seconds: float = 30.0) -> None:
        """Wait until entities, named without "plate_edge_", have these states; None for an entity that is not there."""
        deadline = time.monotonic() + seconds
        while True:
            states = {name.replace("plate_edge_", ""): state for name, state in json.loads(self._ask("")).items()}
            different = {name: states.get(name) for name in wanted if states.get(name) != wanted[name]}
            if not different:
                print("as expected:", wanted, flush=True)
                return
            assert time.monotonic() < deadline, f"{different}, not {wanted}"
            time.sleep(0.3)

    def _ask(self, line: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def _event(number: int, **more: Any) -> dict[str, Any]:
    times = {"first_time": "2026-11-30T05:00:00.000Z", "last_time": "2026-11-30T05:00:02.000Z"}
    plate = {"text": f"AB{number}", "confidence": 0.9}
    return {"schema": 1, "type": "vehicle", "id": f"id-{number}", "source": "x", **times, "plates": [plate], **more}


def _listed(*names: str) -> list[dict[str, str]]:
    return [{"name": name, "match": "exact"} for name in names]


def check(home: Home, make: Callable[[], MqttOutput], pictures: Path) -> None:
    """Publish as one camera, then as two, one of which is lost; remove a camera and lists by a restart."""
    output = make()
    output.lists, output.pictures = _LISTS, pictures
    output.open()
    states: dict[str, str | None] = {"sensor.gate_direction": "unknown", "binary_sensor.gate_status": "on"}
    home.expect(states | {"image.gate_last_picture": "unknown"})
    time.sleep(_SUBSCRIBED_WITHIN)
    (pictures / "1.jpg").write_bytes(b"\xff\xd8 a picture")
    crop = {"pictures": {"crop": "1.jpg"}}
    output.send([_event(1, direction="approaching", watchlists=_listed(*_LISTS[:2]), **crop)])
    shown: dict[str, str | None] = {
        "sensor.gate_last_plate": "AB1", "sensor.gate_direction": "approaching",
        "sensor.gate_last_seen": "2026-11-30T05:00:02+00:00", "sensor.gate_list_match": ", ".join(_LISTS[:2]),
        "binary_sensor.gate_on_list_family": "on", "binary_sensor.gate_on_list_it_s_7_7_b": "on",
        "binary_sensor.gate_on_list_ol_eur": "off",
    }  # fmt: skip
    home.expect(shown)
    assert home.picture("image.plate_edge_gate_last_picture") == (pictures / "1.jpg").read_bytes()
    output.send([_event(2, direction=None)])
    home.expect({"sensor.gate_direction": "unknown", "sensor.gate_list_match": "none"})
    output.cameras, output.lost = ("front", "back"), {"back"}
    output.send([])
    home.expect({"sensor.front_last_plate": "unknown", "sensor.back_last_plate": "unavailable"})
    time.sleep(_SUBSCRIBED_WITHIN)
    output.send([_event(3, camera="front", direction="left", watchlists=_listed("family"))])
    home.expect({"sensor.front_last_plate": "AB3", "binary_sensor.front_on_list_family": "on"})
    output.lost = {"front"}
    output.send([])
    lost: dict[str, str | None] = {"sensor.front_direction": "unavailable", "binary_sensor.front_status": "off"}
    home.expect({**lost, "binary_sensor.back_status": "on"})
    output.close()
    home.expect({"sensor.back_direction": "unavailable", "binary_sensor.gate_status": "off"})
    restarted = make()
    restarted.cameras = ("front",)
    restarted.open()
    front: dict[str, str | None] = {"sensor.front_last_plate": "AB3", "binary_sensor.front_on_list_family": None}
    gone = dict.fromkeys(("sensor.back_last_plate", "binary_sensor.back_status", "image.front_last_picture"), None)
    home.expect(front | gone | {"binary_sensor.gate_status": "on"})
    restarted.close()


def main(python: str) -> None:
    """Start broker and Home Assistant, and compare."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder) / "broker")
        home = Home(python, Path(folder) / "home", broker.port)
        try:
            settings = MqttSettings(url=f"mqtt://127.0.0.1:{broker.port}", device="gate", picture="crop")
            check(home, lambda: MqttOutput(settings, "mqtt", Path(folder)), Path(folder))
        finally:
            home.process.kill()
            home.process.wait()
            broker.send(9)
    print("Home Assistant shows what was published")


if __name__ == "__main__":
    main(sys.argv[1])
