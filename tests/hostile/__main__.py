"""Attack a page or a socket with so many clients until this process is ended; each kind of attack in turn."""

from __future__ import annotations

import itertools
import socket
import sys
import threading
import time
from contextlib import suppress

from hostile.attacks import ON_PAGE, ON_SOCKET

_LARGE_AT_ONCE = threading.Semaphore(2)
"""Attacks of 60 MB at once: this process should not be what fills the machine."""

threading.stack_size(256 << 10)


def _connect(kind: str, where: str) -> socket.socket:
    if kind == "page":
        return socket.create_connection(("127.0.0.1", int(where)), 10)
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(10)
    peer.connect(where)
    return peer


def _run(kind: str, where: str, number: int) -> None:
    attacks = list((ON_PAGE if kind == "page" else ON_SOCKET).items())
    for turn in itertools.count(number):
        name, attack = attacks[turn % len(attacks)]
        is_large = " MB" in name or "without end" in name
        if is_large and not _LARGE_AT_ONCE.acquire(blocking=False):
            continue
        try:
            with suppress(OSError), _connect(kind, where) as peer:
                attack(peer)
        finally:
            if is_large:
                _LARGE_AT_ONCE.release()
        time.sleep(0.2)


def main() -> None:
    """See above."""
    kind, where, count = sys.argv[1:]
    for number in range(int(count)):
        threading.Thread(target=_run, args=(kind, where, number), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
