"""The store of synthetic plates."""

from __future__ import annotations

from pathlib import Path

from ..loop.shards import Store
from ..synthetic.plates.spec import PLATE_SPEC


def plate_store(folder: Path, most: int) -> Store:
    """Return the store of the plate renderer; each version of it has its own folder below `folder`."""
    from ..synthetic.fonts import installed_fonts
    from ..synthetic.plates import shard

    digest = shard.digest()
    fonts = {font.package: font.licence for font in installed_fonts()}
    return Store(folder / digest[:16], digest, shard.shard, PLATE_SPEC, most, fonts)
