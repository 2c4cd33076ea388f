"""The sample pictures are those their module draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from draw_samples import LIST, SAMPLES, draw_all, label
from PIL import Image

from plate_runtime.labels import read_labels


def test_drawn_again_they_are_the_same(tmp_path: Path) -> None:
    draw_all(tmp_path)
    assert (tmp_path / "labels.csv").read_text() == (SAMPLES / "labels.csv").read_text()
    for sample in LIST:
        with Image.open(tmp_path / sample.file) as new, Image.open(SAMPLES / sample.file) as old:
            assert new.size == old.size
            difference = np.abs(np.asarray(new, int) - np.asarray(old, int))
        # Versions of Pillow round differently at the edges of strokes.
        assert difference.mean() < 2


def test_the_labels_name_every_sample_and_nothing_else() -> None:
    labelled = {picture.path.name: picture.text for picture in read_labels(SAMPLES / "labels.csv")}
    assert labelled == {sample.file: label(sample) for sample in LIST}
    assert set(labelled) == {path.name for path in SAMPLES.iterdir()} - {"labels.csv"}
