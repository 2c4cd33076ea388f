"""Names that tell devices, services and outputs from each other, and stay the same through restarts."""

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
    """Return the name of this machine: its host name, and a part of its machine id that gives none away."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", socket.gethostname()).strip("-") or "device"
    machine = _content(_MACHINE_ID)
    return f"{name}-{_digest(machine, 6)}" if machine else name


def service_name(folder: Path) -> str:
    """Return what tells a service from others on this machine, by the folder of its queue, which it has for itself.

    "" for the folder of the installed service and that of a user: those of the usual single service.
    """
    folder = folder.expanduser().absolute()
    home = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
    if folder in (SERVICE_FOLDER, home / "plate-edge"):
        return ""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.name).strip("-")[:32]
    return f"{name}-{_digest(bytes(folder), 4)}".strip("-")


def client_id(device: str, folder: Path, output: str) -> str:
    """Return an MQTT client id that no other output, service or device has, also not a copy of this one's disk."""
    parts = (_content(_MACHINE_ID), _hardware(), bytes(folder.expanduser().absolute()), output.encode())
    digest = _digest(b"\0".join(parts), 8)
    return f"plate-edge-{device}-{digest}"


def node_id(device: str) -> str:
    """Return a device's name as Home Assistant takes it; devices with different names keep different ones."""
    node = re.sub(r"[^A-Za-z0-9_-]+", "-", device)
    return node if node == device else f"{node.strip('-')}-{_digest(device.encode(), 4)}"


def _hardware() -> bytes:
    """What a copied card does not copy: the board's serial number, else the first network card's address."""
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
