"""The store of synthetic scenes."""

from __future__ import annotations

from pathlib import Path

from ..loop.shards import Store


def scene_store(folder: Path, most: int) -> Store:
    """Return the store of the scene renderer; each version of it has its own folder below `folder`."""
    from ..synthetic.fonts import installed_fonts
    from ..synthetic.scenes import shard
    from ..synthetic.scenes.spec import SCENE_SPEC

    digest = shard.digest()
    fonts = {font.package: font.licence for font in installed_fonts()}
    return Store(folder / digest[:16], digest, shard.shard, SCENE_SPEC, most, fonts)
