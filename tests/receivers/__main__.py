"""A web server as a program of its own: `python -m receivers PORT FILE`; FILE gets the ids of what it has."""

from __future__ import annotations

import sys
from pathlib import Path

from receivers.hooks import Hooks

server = Hooks(int(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
server.serve_forever()
