"""A device without camera: `python -m receivers.sender FOLDER FIRST LAST [TYPE=WHERE ...]`.

It puts events with the ids FIRST to LAST, prints each id once it is on the disk, then "all", delivers what it can
and prints the state of its outputs. It is meant to be killed while it runs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from plate_devices.events.clock import Clock
from plate_devices.outputs.delivery import deliver
from plate_devices.outputs.make_outputs import settings_class
from plate_devices.outputs.output_settings import OutputSettings, QueueSettings


def _settings(typed: str) -> OutputSettings:
    kind, _, where = typed.partition("=")
    place: dict[str, object] = {"url": where} if "://" in where else {"path": Path(where)}
    place |= {"tls": False} if kind == "postgres" else {}
    return settings_class(kind)(type=kind, **place)  # type: ignore[call-arg]


def main() -> None:
    """See above."""
    folder, first, last, *outputs = sys.argv[1:]
    clock = Clock()
    settings = [_settings(output) for output in outputs]
    messages = sys.stderr
    delivery = deliver(settings, QueueSettings(folder=Path(folder)), clock, lambda *one: print(*one, file=messages))
    print("ready", flush=True)
    for number in range(int(first), int(last) + 1):
        plate = {"text": f"AB{number}", "confidence": 0.9, "padding": "." * 500}
        event = {"schema": 1, "type": "vehicle", "id": f"{number:032d}", "plates": [plate]}
        clock.stamp(event)
        delivery.put(event)
        print(number, flush=True)
        time.sleep(0.005)
    print("all", flush=True)
    deadline = time.monotonic() + 120.0
    while any(state.waiting for state in delivery.state()) and time.monotonic() < deadline:
        time.sleep(0.05)
    delivery.close(30.0)


if __name__ == "__main__":
    main()
