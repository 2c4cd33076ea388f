"""Makes the shipped check sets: `python tools/pack_check_sets.py character plate`; see `packaged`.

They are some of the pictures that the shipped networks were trained and validated with, rendered again and compared
with the recorded digest. The check uses those that the `.h5` reads with confidence. On others one step of int8
decides which of two characters is read, and whether more readings become right or wrong is chance.

The fonts are needed. After the generator has changed, put the code that trained the network first on the path:

    git worktree add /tmp/then COMMIT
    PYTHONPATH=/tmp/then/train:/tmp/then/runtime:export python tools/pack_check_sets.py plate
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plate_export.check_sets.packaged import NAMES, SETS
from plate_runtime.alphabet import ALPHABET
from plate_runtime.decode import decode_logits, decode_softmax
from plate_runtime.preprocess import resize_picture, scale_pixels
from plate_runtime.script import LATIN
from plate_train.networks import weights_file

COUNTS = {"character": (360, 720), "plate": (64, 240)}
"""Pictures to calibrate with, and to check with."""
SURE = 0.9
"""Least confidence of the `.h5` in its reading, right or wrong, of a picture to check with."""
_COLUMNS = 8
_LEVELS = 32
"""Gray levels of the sheets, which have to be small; no reading depends on more."""

Pictures = tuple[NDArray[np.uint8], list[str]]
"""Pictures, uint8 (n, height, width), and their texts."""


def main(kinds: Sequence[str]) -> None:
    """Render the sets of these kinds and write them into the package."""
    for kind in kinds:
        path = weights_file.find({"character": "plate-character", "plate": "plate-reader"}[kind])
        meta = weights_file.read_meta(path)
        assert meta is not None, f"{path} was not saved by plate-train"
        train, val = _characters(meta) if kind == "character" else _plates(meta)
        check = _sure(weights_file.load(path), meta, val, COUNTS[kind][1])
        record = {"of": len(val[1]), "sure": SURE, "h5_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        _write(kind, train, check, record)


def _sure(network: Any, meta: Any, pictures: Pictures, count: int) -> Pictures:
    """Return the first `count` that the network reads with confidence."""
    texts = pictures[1]
    prepared = np.stack([resize_picture(_fewer_levels(picture), meta.input) for picture in pictures[0]])
    outputs = np.concatenate(
        [network(scale_pixels(prepared[k : k + 64], meta.input), training=False) for k in range(0, len(texts), 64)]
    )
    if meta.kind == "plate":
        confidences = [one.confidence for one in decode_logits(outputs, meta.decoding, LATIN, meta.temperature)]
    else:
        confidences = [one.confidence for one in decode_softmax(outputs, LATIN, meta.temperature)]
    chosen = np.flatnonzero(np.array(confidences) >= SURE)[:count]
    return pictures[0][chosen], [texts[place] for place in chosen]


def _characters(meta: Any) -> tuple[Pictures, Pictures]:
    from plate_train.characters.synthetic_set import recorded_characters

    splits = recorded_characters(meta.training, 1)
    (pictures, texts), val = ((one.pictures, [ALPHABET[label] for label in one.labels]) for one in splits)
    return (pictures[: COUNTS["character"][0]], texts[: COUNTS["character"][0]]), val


def _plates(meta: Any) -> tuple[Pictures, Pictures]:
    from plate_train.plates.recorded import training_plates, validation_plates
    from plate_train.synthetic.plates.shard import shard

    rendered: list[Pictures] = []

    def keep(*arguments: Any, **more: Any) -> Pictures:
        rendered.append(shard(*arguments, **more))
        return rendered[-1]

    validation_plates(meta, keep)
    training_plates(meta, COUNTS["plate"][0], keep)
    return rendered[1], rendered[0]


def _fewer_levels(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pictures, uint8 of any shape, with tones rounded to `_LEVELS`."""
    steps = 255 / (_LEVELS - 1)
    return np.round(np.round(pictures / steps) * steps).astype(np.uint8)


def _write(kind: str, train: Pictures, val: Pictures, record: dict[str, Any]) -> None:
    tones = _fewer_levels(np.concatenate([train[0], val[0]]))
    count, height, width = tones.shape
    rows = count // _COLUMNS
    assert rows * _COLUMNS == count, "whole rows only"
    sheet = tones.reshape(rows, _COLUMNS, height, width).swapaxes(1, 2).reshape(rows * height, _COLUMNS * width)
    file = SETS / f"{kind}.webp"
    Image.fromarray(sheet).save(file, "WEBP", lossless=True, quality=100, method=6)
    content = file.read_bytes()
    listed = {
        "name": NAMES[kind], "sheet": file.name, "sha256": hashlib.sha256(content).hexdigest(), **record,
        "train": train[1], "val": val[1],
    }  # fmt: skip
    (SETS / f"{kind}.json").write_text(json.dumps(listed) + "\n", encoding="utf-8")
    print(f"{file}: {count} pictures, {len(content)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:] or sorted(COUNTS))
