"""Synthetic characters as a data set: split by font family, rendered in chunks, recorded so that it can be repeated.

Every chunk has its own seed. So the result is the same for any number of processes, and the first chunks can be
rendered again without the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, damage_as

from ..loop.run_files import number_in
from ..progress import progress
from ..synthetic.characters.renderer import CHARACTER_SPEC, CharacterRenderer
from ..synthetic.fonts import FETCH_COMMAND, FontFile, installed_fonts
from .datasets import CharacterSet, character_set

CHUNK = 5000
VALIDATION_FRACTION = 0.15
"""Fraction of the font families of each kind that are used for validation only."""
_VALIDATION_SEEDS = 500_000

__all__ = ["CHARACTER_SPEC", "character_fonts", "recorded_characters", "render", "split_fonts", "synthetic_split"]


def synthetic_split(
    fonts: Sequence[FontFile], seed: int, train_count: int, val_count: int, workers: int = 1
) -> tuple[CharacterSet, CharacterSet]:
    """Render (train, val) with disjoint font families and seeds; the result is the same for any number of workers."""
    train_fonts, val_fonts = split_fonts(fonts, seed)
    train = render(train_fonts, seed * 1_000_000, train_count, workers, "rendering training characters")
    val = render(val_fonts, seed * 1_000_000 + _VALIDATION_SEEDS, val_count, workers, "rendering validation characters")
    return train, val


def character_fonts() -> list[FontFile]:
    """Return the fonts of single characters: all except scripts, which are used on plates only.

    Raises:
        DataError: see `installed_fonts`.
    """
    return [font for font in installed_fonts() if font.kind != "script"]


def split_fonts(fonts: Sequence[FontFile], seed: int) -> tuple[list[FontFile], list[FontFile]]:
    """Divide fonts into (train, val): of each kind `VALIDATION_FRACTION` of the families, none of a single family."""
    held: set[str] = set()
    for kind in sorted({font.kind for font in fonts}):
        families = sorted({font.family for font in fonts if font.kind == kind})
        order = np.random.default_rng([seed, len(families)]).permutation(families).tolist()
        held |= set(order[: round(VALIDATION_FRACTION * len(families))])
    return [font for font in fonts if font.family not in held], [font for font in fonts if font.family in held]


def render(
    fonts: Sequence[FontFile], first_seed: int, count: int, workers: int = 1, title: str = "rendering"
) -> CharacterSet:
    """Render `count` characters in chunks with the seeds `first_seed`, `first_seed` + 1, ..."""
    sizes = [min(CHUNK, count - start) for start in range(0, count, CHUNK)]
    jobs = [(list(fonts), first_seed + number, size) for number, size in enumerate(sizes)]
    rendered = []
    with progress(count, title, "picture") as bar:
        for pictures, labels in _each(jobs, min(workers, len(jobs))):
            rendered.append((pictures, labels))
            bar.update(len(labels))
    height, width, _ = CHARACTER_SPEC.shape
    stacked = np.concatenate([np.zeros((0, height, width), np.uint8), *(pictures for pictures, _ in rendered)])
    labels = np.concatenate([np.zeros(0, np.int64), *(labels for _, labels in rendered)])
    return character_set(stacked, labels, [f"drawn {first_seed}+{place}" for place in range(count)])


def record(fonts: Sequence[FontFile], seed: int, train: CharacterSet, val: CharacterSet) -> dict[str, Any]:
    """Return what is needed to render the same again, and the licences of the fonts, as JSON values."""
    return {
        "kind": "drawn",
        "drawing_seed": seed,
        "chunk": CHUNK,
        "sets": {
            name: {"count": len(part), "digest": part.digest, "first_chunk_digest": _first_chunk(part).digest}
            for name, part in (("train", train), ("val", val))
        },
        "fonts": {font.package: font.licence for font in fonts},
        "fonts_digest": fonts_digest(fonts),
        "font_licences": sorted({font.licence for font in fonts}),
    }


def fonts_digest(fonts: Sequence[FontFile]) -> str:
    """Return the SHA-256 over names and contents of the font files, in their order."""
    content = hashlib.sha256()
    for font in fonts:
        content.update(f"{font.path.name} {hashlib.sha256(font.path.read_bytes()).hexdigest()}\n".encode())
    return content.hexdigest()


def recorded_characters(
    training: Mapping[str, Any], train_limit: int | None = None
) -> tuple[CharacterSet, CharacterSet]:
    """Render the recorded (train, val) again; with `train_limit` only whole chunks of train up to about so many.

    Raises:
        DataError: the fonts are not the recorded ones, or the characters differ.
    """
    with damage_as(DataError, "the model's record of its training data is incomplete; name data with --data DIR"):
        seed, sets = number_in(training, "drawing_seed"), training["sets"]
        counts = {name: number_in(sets[name], "count", least=1) for name in ("train", "val")}
        digests = {name: (sets[name]["digest"], sets[name].get("first_chunk_digest")) for name in ("train", "val")}
        expected = training["fonts_digest"]
    fonts = character_fonts()
    if fonts_digest(fonts) != expected:
        raise DataError(
            f"the fonts are not those that were recorded; fetch them with {FETCH_COMMAND}, or name data with --data DIR"
        )
    if train_limit is not None:
        counts["train"] = min(counts["train"], max(1, -(-train_limit // CHUNK)) * CHUNK)
    train, val = synthetic_split(fonts, seed, counts["train"], counts["val"])
    for name, part in (("train", train), ("val", val)):
        whole = len(part) == sets[name]["count"]
        found = part.digest if whole else _first_chunk(part).digest
        if found != digests[name][0 if whole else 1]:
            raise DataError(
                f"the {name} characters are not those that were recorded (other versions?); name data with --data DIR"
            )
    return train, val


def _each(jobs: Sequence[tuple[list[FontFile], int, int]], workers: int) -> Any:
    if workers <= 1:
        yield from map(_render_chunk, jobs)
        return
    # spawned, not forked: a fork of a process that runs TensorFlow's threads can hang
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_render_chunk, jobs)


def _render_chunk(job: tuple[list[FontFile], int, int]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    fonts, seed, count = job
    return CharacterRenderer(fonts, seed).render(count)


def _first_chunk(characters: CharacterSet) -> CharacterSet:
    return characters.take(np.arange(min(CHUNK, len(characters))))
