"""Home Assistant without its own interface, connected to a broker.

It prints its states for each empty line of input, and the picture of an image entity for a line with its name.

Run with the Python of its own environment: home.py FOLDER PORT.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from homeassistant import bootstrap  # type: ignore[import-not-found, unused-ignore]
from homeassistant.runner import RuntimeConfig  # type: ignore[import-not-found, unused-ignore]

_ENTRY = {
    "entry_id": "broker", "version": 1, "minor_version": 1, "domain": "mqtt", "title": "broker", "options": {},
    "pref_disable_new_entities": False, "pref_disable_polling": False, "source": "user", "unique_id": None,
    "disabled_by": None,
}  # fmt: skip


async def _run(folder: Path, port: int) -> None:
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    entry = _ENTRY | {"data": {"broker": "127.0.0.1", "port": port, "discovery": True}}
    entries = {"version": 1, "minor_version": 1, "key": "core.config_entries", "data": {"entries": [entry]}}
    (storage / "core.config_entries").write_text(json.dumps(entries))
    (folder / "configuration.yaml").write_text(f"homeassistant:\n  name: Test\nhttp:\n  server_port: {port + 1}\n")
    # The others need packages that Home Assistant would install.
    bootstrap.DEFAULT_INTEGRATIONS = bootstrap.CRITICAL_INTEGRATIONS = set()
    home = await bootstrap.async_setup_hass(
        RuntimeConfig(config_dir=str(folder), skip_pip=True, open_ui=False, verbose=False)
    )
    await home.async_start()
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        if name := line.strip():
            picture = await home.data["image"].get_entity(name).async_image()
            print(None if picture is None else picture.hex(), flush=True)
        else:
            print(json.dumps({one.entity_id: one.state for one in home.states.async_all()}), flush=True)


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), int(sys.argv[2])))
