"""Mosquitto in its own process, and a subscriber."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

SETTINGS = """
listener {port} 127.0.0.1
allow_anonymous {anonymous}
persistence true
persistence_location {folder}/
autosave_on_changes true
autosave_interval 1
max_queued_messages 0
{more}
"""


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class Broker:
    """Mosquitto on its own port, with its database in a folder."""

    def __init__(self, folder: Path, more: str = "", anonymous: bool = True) -> None:
        """Start it; `more` holds further lines of its settings."""
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")
        assert program, "apt install mosquitto"
        self.port = free_port()
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)  # started by root, Mosquitto becomes a user of its own
        values = {"port": self.port, "folder": folder, "anonymous": str(anonymous).lower(), "more": more}
        (folder / "mosquitto.conf").write_text(SETTINGS.format(**values) + ("user root\n"))
        self._command = [program, "-c", str(folder / "mosquitto.conf")]
        self.start()

    def start(self) -> None:
        """Start it again, and wait until it listens."""
        self._running = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60.0
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            except OSError:
                assert self._running.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)

    def send(self, signal_number: int) -> None:
        """Freeze it, thaw it, end it or kill it."""
        self._running.send_signal(signal_number)
        if signal_number in (signal.SIGKILL, signal.SIGTERM):
            self._running.wait()


class Listener:
    """Subscribes to a topic; the broker keeps messages for it while it is not connected."""

    def __init__(self, port: int, topic: str = "#") -> None:
        """Connect, and connect again after each outage of the broker."""
        self.heard: list[tuple[str, bytes, bool]] = []
        self._topic = topic
        name = f"listener-{os.urandom(6).hex()}"  # two listeners must not take the connection from each other
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._connected
        self._client.on_message = lambda _, __, message: self.heard.append(
            (message.topic, bytes(message.payload), message.retain)
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def on(self, topic: str) -> list[bytes]:
        """Return the messages of a topic."""
        return [payload for heard, payload, _ in self.heard if heard == topic]

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, *_: Any) -> None:
        self._client.subscribe(self._topic, qos=1)
