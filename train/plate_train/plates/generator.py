"""The project's own generator of plates, as training keeps its drawings."""

from __future__ import annotations

from pathlib import Path

from .architectures import PLATE_SPEC
from .shards import Store


def plate_store(folder: Path, most: int) -> Store:
    """Return the store of the project's own generator; every state of it has a folder of its own below `folder`."""
    from ..draw.fonts import installed_fonts
    from ..draw.plates import pool

    digest = pool.digest()
    fonts = {font.package: font.licence for font in installed_fonts()}
    return Store(folder / digest[:16], digest, pool.shard, PLATE_SPEC, most, fonts)
