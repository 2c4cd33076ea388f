"""A web server as a program: `python -m receivers PORT FILE`; it writes the ids of its events to FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from receivers.hooks import Hooks

server = Hooks(int(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
server.serve_forever()
