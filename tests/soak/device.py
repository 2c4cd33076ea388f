"""A device with its surroundings: camera, broker, web server, disk, clients, and the programs under test."""

from __future__ import annotations

import json
import re
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from hostile.honest import Honest, ask_health, ask_socket
from receivers.broker import Broker, Listener, free_port

import plate_devices.service
from soak.camera import draw_frames
from soak.disk import SmallDisk
from soak.faults import Fault, attack, freeze, stop
from soak.programs import Program, Watched, installed

TOPIC = "soak"
_DISK_MB = 64
_HOSTILE = 200
_ASK_EVERY = 1.0
_SETTINGS = """
[source]
address = "http://127.0.0.1:{camera}/video"

[queue]
folder = "{disk}/queue"

[service]
log = "text"

[heat]
limit = 0

[serve]
address = "127.0.0.1:{page}"

[[output]]
type = "lines"

[[output]]
type = "mqtt"
url = "mqtt://127.0.0.1:{broker}/{topic}"

[[output]]
type = "webhook"
url = "http://127.0.0.1:{webhook}/plates"

[[output]]
type = "sqlite"
path = "{disk}/plates.sqlite"

[[output]]
type = "csv"
path = "{disk}/plates.csv"
"""


class Device:
    """All programs, running in one folder."""

    def __init__(self, folder: Path) -> None:
        """Start it; `began` is the time of the camera's first frame."""
        draw_frames(folder / "frames")
        self._folder = folder
        self._end = ExitStack()
        with ExitStack() as so_far:
            self._start(so_far)
            self._end = so_far.pop_all()

    def _start(self, so_far: ExitStack) -> None:
        folder = self._folder
        self.disk = SmallDisk(folder / "disk", _DISK_MB)
        so_far.callback(self.disk.close)
        self.began = time.monotonic()
        camera, webhook, page = free_port(), free_port(), free_port()
        self._camera = Program("soak.camera", str(camera), folder / "frames", str(self.began))
        so_far.callback(self._camera.send, signal.SIGKILL)
        self._webhook = Program("receivers", str(webhook), folder / "webhook.txt")
        so_far.callback(self._webhook.send, signal.SIGKILL)
        self._broker = Broker(folder / "broker")
        so_far.callback(self._broker.send, signal.SIGKILL)
        self._listener = Listener(self._broker.port, f"{TOPIC}/vehicle")
        so_far.callback(self._listener.close)
        ports = {"camera": camera, "webhook": webhook, "broker": self._broker.port, "page": page}
        text = _SETTINGS.format(**ports, topic=TOPIC, disk=self.disk.folder)
        settings = folder / "plate-edge.toml"
        settings.write_text(text, encoding="utf-8")
        self.program = Watched([installed("plate-infer"), "--config", settings], environment=shipped_environment())
        self.program.start()
        so_far.callback(self.program.stop, 10.0)
        path = folder / "plates.sock"
        command = [installed("plate-infer"), "--socket", path, "--as", "plate"]
        self.socket_program = Watched(command, environment=shipped_environment())
        self.socket_program.start()
        so_far.callback(self.socket_program.stop, 10.0)
        self._page_attack = Program("hostile", "page", str(page), str(_HOSTILE), at_once=False)
        self._socket_attack = Program("hostile", "socket", path, str(_HOSTILE), at_once=False)
        for attack_ in (self._page_attack, self._socket_attack):
            so_far.callback(attack_.send, signal.SIGKILL)
        self.honest = {
            "/health": Honest(lambda: ask_health(page), _ASK_EVERY),
            "the socket": Honest(lambda: ask_socket(path), _ASK_EVERY),
        }
        for honest in self.honest.values():
            so_far.callback(honest.close)

    @property
    def faults(self) -> dict[str, list[Fault]]:
        """All faults. The broker is not killed: it could then lose acknowledged messages."""
        return {
            "broker": [stop("broker", self._broker, signal.SIGTERM), freeze("broker", self._broker)],
            "webhook": [stop("webhook", self._webhook, signal.SIGKILL), freeze("webhook", self._webhook)],
            "camera": [stop("camera", self._camera, signal.SIGKILL), freeze("camera", self._camera)],
            "disk": [Fault("disk", "full", self.disk.fill, self.disk.free)],
            "page": [attack("page", self._page_attack)],
            "socket": [attack("socket", self._socket_attack)],
        }

    @property
    def vehicles(self) -> list[dict[str, object]]:
        """The records of vehicles that were printed."""
        return [record for record in map(json.loads, self.program.lines.copy()) if record["type"] == "vehicle"]

    @property
    def webhook_ids(self) -> list[str]:
        """The ids that the web server has acknowledged, in order."""
        return (self._folder / "webhook.txt").read_text(encoding="utf-8").split()

    @property
    def broker_ids(self) -> list[str]:
        """The ids that the broker has delivered, in order."""
        return [json.loads(payload)["id"] for _, payload, _ in self._listener.heard.copy()]

    def close(self) -> None:
        """End all programs that still run."""
        self._end.close()


def shipped_environment() -> dict[str, str]:
    """Return the variables of the systemd unit, so that the run tests the shipped environment."""
    unit = Path(plate_devices.service.__path__[0], "plate-infer.service").read_text(encoding="utf-8")
    lines = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
    pairs = [pair.partition("=") for line in lines for pair in line.split()]
    return {name: value for name, _, value in pairs}
