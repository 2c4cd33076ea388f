"""The project's own generator of scenes, as training keeps its drawings."""

from __future__ import annotations

from pathlib import Path

from ..loop.shards import Store


def scene_store(folder: Path, most: int) -> Store:
    """Return the store of the project's own generator; every state of it has a folder of its own below `folder`."""
    from ..synthetic.fonts import installed_fonts
    from ..synthetic.scenes import pool
    from ..synthetic.scenes.spec import SCENE_SPEC

    digest = pool.digest()
    fonts = {font.package: font.licence for font in installed_fonts()}
    return Store(folder / digest[:16], digest, pool.shard, SCENE_SPEC, most, fonts)
