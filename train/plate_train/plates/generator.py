"""The project's own generator of plates, as training keeps its drawings."""

from __future__ import annotations

from pathlib import Path

from .architectures import PLATE_SPEC
from .shards import Store


def plate_store(folder: Path, most: int) -> Store:
    """Return the store of the project's own generator; every state of it has a folder of its own below `folder`."""
    from ..draw.plates import pool

    digest = pool.digest()
    return Store(folder / digest[:16], digest, pool.shard, PLATE_SPEC, most)
