"""Names of devices, services and outputs: unique, and the same after a restart."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from pathlib import Path

SERVICE_FOLDER = Path("/var/lib/plate-edge")

_MACHINE_ID = Path("/etc/machine-id")
_SERIAL = Path("/proc/device-tree/serial-number")
_NETWORK = Path("/sys/class/net")


def device_id() -> str:
    """Return the name of this machine: its host name and a hash of its machine id."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", socket.gethostname()).strip("-") or "device"
    machine = _content(_MACHINE_ID)
    return f"{name}-{_digest(machine, 6)}" if machine else name


def service_name(folder: Path) -> str:
    """Return a name of a service on this machine, made from the folder of its queue.

    "" for the default folders of the installed service and of a user.
    """
    folder = folder.expanduser().absolute()
    home = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
    if folder in (SERVICE_FOLDER, home / "plate-edge"):
        return ""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.name).strip("-")[:32]
    return f"{name}-{_digest(bytes(folder), 4)}".strip("-")


def client_id(device: str, folder: Path, output: str) -> str:
    """Return an MQTT client id that is unique among outputs, services and devices, also for a copy of this disk."""
    parts = (_content(_MACHINE_ID), _hardware(), bytes(folder.expanduser().absolute()), output.encode())
    digest = _digest(b"\0".join(parts), 8)
    return f"plate-edge-{device}-{digest}"


def node_id(device: str) -> str:
    """Return a device's name in the characters that Home Assistant accepts. Different names stay different."""
    node = re.sub(r"[^A-Za-z0-9_-]+", "-", device)
    return node if node == device else f"{node.strip('-')}-{_digest(device.encode(), 4)}"


def _hardware() -> bytes:
    """Return what a copied SD card does not copy: the board's serial number, else a network card's address."""
    if serial := _content(_SERIAL):
        return serial
    cards = sorted(card for card in _NETWORK.glob("*") if (card / "device").exists())
    return next((address for card in cards if (address := _content(card / "address"))), b"")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes().strip(b"\0\n ")
    except OSError:
        return b""


def _digest(content: bytes, digits: int) -> str:
    return hashlib.sha256(b"plate-edge" + content).hexdigest()[:digits]
