"""A limit in time for a call to a server."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def call_limit(seconds: float, cut: Callable[[], object]) -> Iterator[None]:
    """Call `cut`, which ends the connection, if the block lasts longer; a call in it then fails, also a slow one.

    Errors of `cut` are ignored: the connection may have ended by itself.
    """

    def end() -> None:
        with suppress(Exception):
            cut()

    limit = threading.Timer(seconds, end)
    limit.daemon = True
    limit.start()
    try:
        yield
    finally:
        limit.cancel()
