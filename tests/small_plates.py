"""Small drawn plates for the tests of training, in Pillow's own font: plain, fast and easily read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from plate_runtime.manifest import InputSpec
from plate_train.loop.shards import Advance, Store
from plate_train.plates.run import run
from plate_train.plates.settings import Settings
from plate_train.synthetic.plates.spec import PLATE_SPEC

LETTERS = "1234ABCD"


def small_shard(
    seed: int, number: int, count: int, spec: InputSpec, part: str, *, advance: Advance = lambda: None
) -> tuple[NDArray[np.uint8], list[str]]:
    """Draw `count` plates of two or three characters, as the project's generator would be called."""
    random = np.random.default_rng([seed, number, len(part)])
    texts = ["".join(random.choice(list(LETTERS), random.integers(2, 4))) for _ in range(count)]
    pictures = []
    for text in texts:
        pictures.append(_plate(text, random, spec))
        advance()
    return np.stack(pictures), texts


def _plate(text: str, random: np.random.Generator, spec: InputSpec) -> NDArray[np.uint8]:
    height, width, _ = spec.shape
    picture = Image.new("L", (width, height), int(random.integers(150, 250)))
    left = int(random.integers(2, 12))
    ImageDraw.Draw(picture).text((left, 2), " ".join(text), fill=20, font=ImageFont.load_default(36))
    return np.asarray(picture)


def small_store(folder: Path, digest: str = "d" * 64) -> Store:
    """Return a store of these drawings."""
    return Store(folder / digest[:8], digest, small_shard, PLATE_SPEC, fonts={"pillow": "MIT-CMU"})


def small_settings(**changes: Any) -> Settings:
    """Return settings of a run that takes seconds."""
    values: dict[str, Any] = {
        "steps": 24, "shard": 64, "uses": 2, "batch": 16, "width": 0.15, "depth": 1, "window": 2, "validation": 32,
        "minutes": 0.0, "threads": 1, "workers": 1,
    }  # fmt: skip
    return Settings(**values | changes)


def small_run(folder: str, *, resume: bool = False, digest: str = "d" * 64, **changes: Any) -> None:
    """Train in a process of its own; the drawings lie beside the run."""
    where = Path(folder)
    run(small_settings(**changes), where, small_store(where.parent / "drawings", digest), resume=resume)


def write_crops(folder: Path, count: int, seed: int = 5) -> Path:
    """Write `labels.csv` and pictures of drawn plates, every vehicle twice."""
    pictures, texts = small_shard(seed, 0, count, PLATE_SPEC, "train")
    (folder / "images").mkdir(parents=True)
    lines = ["image,text,group"]
    for place in range(count):
        name = f"images/{place}.png"
        Image.fromarray(pictures[place]).save(folder / name)
        lines.append(f"{name},{texts[place]},vehicle {place // 2}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
