"""Small drawn scenes for the tests of training a detector: a bright sheet with letters on gray, fast to draw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from plate_runtime.manifest import InputSpec
from plate_train.detector.run import run
from plate_train.detector.settings import Settings
from plate_train.loop.shards import Advance, Store
from plate_train.synthetic.scenes.labels import PlateLabel, encode
from plate_train.synthetic.scenes.spec import SCENE_SPEC


def small_shard(
    seed: int, number: int, count: int, spec: InputSpec, part: str, *, advance: Advance = lambda: None
) -> tuple[NDArray[np.uint8], list[str]]:
    """Draw `count` scenes with one plate each, as the project's generator would be called."""
    random = np.random.default_rng([seed, number, len(part)])
    drawn = [_scene(random, spec) for _ in range(count)]
    return np.stack([picture for picture, _ in drawn]), [encode([label]) for _, label in drawn]


def _scene(random: np.random.Generator, spec: InputSpec) -> tuple[NDArray[np.uint8], PlateLabel]:
    height, width, _ = spec.shape
    picture = Image.new("L", (width, height), int(random.integers(40, 110)))
    across = int(random.integers(40, 200))
    down = across // 4
    x, y = int(random.integers(0, width - across)), int(random.integers(0, height - down))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((x, y, x + across, y + down), fill=230)
    pen.text((x + 4, y), "AB 123", fill=10, font=ImageFont.load_default(down * 0.7))
    corners = np.array([(x, y), (x + across, y), (x + across, y + down), (x, y + down)], np.float32)
    return np.asarray(picture), PlateLabel(corners, "AB123")


def small_store(folder: Path, digest: str = "d" * 64) -> Store:
    """Return a store of these drawings."""
    return Store(folder / digest[:8], digest, small_shard, SCENE_SPEC, fonts={"pillow": "MIT-CMU"})


def small_settings(**changes: Any) -> Settings:
    """Return settings of a run that takes seconds."""
    values: dict[str, Any] = {
        "steps": 12, "shard": 12, "uses": 2, "batch": 4, "width": 0.25, "depth": 0, "window": 2, "validation": 6,
        "minutes": 0.0, "threads": 1, "workers": 1,
    }  # fmt: skip
    return Settings(**values | changes)


def small_run(folder: str, *, resume: bool = False, digest: str = "d" * 64, **changes: Any) -> None:
    """Train in a process of its own; the drawings lie beside the run."""
    where = Path(folder)
    run(small_settings(**changes), where, small_store(where.parent / "drawings", digest), resume=resume)


def write_frames(folder: Path, count: int) -> Path:
    """Write `labels.csv` and frames of 1280x720 with one plate each, and return the file."""
    (folder / "images").mkdir(parents=True)
    lines = ["image,text,corners"]
    pictures, texts = small_shard(8, 0, count, InputSpec(shape=(720, 1280, 1), polarity="any", resize="fit"), "train")
    for place in range(count):
        name = f"images/{place}.png"
        Image.fromarray(pictures[place]).save(folder / name)
        lines.append(f"{name},AB123,{' '.join(texts[place].split(' ')[2:])}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "labels.csv"
