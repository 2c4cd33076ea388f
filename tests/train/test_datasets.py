"""Loading labelled characters: layouts, broken files, missing classes, recorded splits."""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from small_glyphs import glyph, load_split

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError
from plate_runtime.manifest import InputSpec
from plate_train.characters import datasets
from plate_train.characters.datasets import CharacterSet, load_folder


def test_class_folders_with_splits(small_folder: Path) -> None:
    train, val = load_split(small_folder)
    assert (len(train), len(val)) == (144, 36)
    assert train.pictures.dtype == np.uint8
    assert train.pictures.shape == (144, 28, 28)
    assert val.labels.tolist() == list(range(36))
    np.testing.assert_array_equal(val.pictures[10], glyph("A", 20))
    assert Path(val.sources[10]).name == "20.png"


def test_folders_named_by_the_bare_character_mean_the_same(own_folder: Path) -> None:
    before = load_split(own_folder)[0].digest
    for folder in (own_folder / "train").iterdir():
        folder.rename(folder.with_name(folder.name.removeprefix("class_")))
    assert load_split(own_folder)[0].digest == before


def test_unreadable_pictures_are_named_and_skipped(own_folder: Path) -> None:
    (own_folder / "train/class_A/00.png").write_bytes(b"not a picture")
    content = (own_folder / "val/class_B/20.png").read_bytes()
    (own_folder / "train/class_B/01.png").write_bytes(content[:40])
    part = load_folder(own_folder).train
    assert len(part.characters) == 70
    assert len(part.unreadable) == 2
    assert "class_A/00.png" in part.unreadable[0]
    assert "class_B/01.png" in part.unreadable[1]


def test_other_sizes_are_resized_and_counted(own_folder: Path) -> None:
    Image.fromarray(glyph("A", 0)).resize((40, 56)).save(own_folder / "train/class_A/00.png")
    part = load_folder(own_folder).train
    assert part.sizes == {(28, 28): 71, (40, 56): 1}
    assert part.characters.pictures.shape == (72, 28, 28)


@pytest.mark.parametrize("split", ["train", "val"])
def test_empty_class_folder_is_a_data_error(own_folder: Path, split: str) -> None:
    for picture in (own_folder / split / "class_Q").iterdir():
        picture.unlink()
    with pytest.raises(DataError, match="class_Q"):
        load_folder(own_folder)


def test_missing_class_is_a_data_error(own_folder: Path) -> None:
    shutil.rmtree(own_folder / "val/class_7")
    with pytest.raises(DataError, match="val has no picture of class 7"):
        load_folder(own_folder)


def test_the_classes_are_those_of_the_training_split(own_folder: Path) -> None:
    for split in ("train", "val"):
        for sign in "IQ":
            shutil.rmtree(own_folder / split / f"class_{sign}")
    train, val = load_split(own_folder)
    assert train.alphabet == val.alphabet == ALPHABET.replace("I", "").replace("Q", "")
    assert [train.alphabet[label] for label in train.labels[::2]] == list(train.alphabet)
    assert train.take([3]).alphabet == train.alphabet


def test_a_scored_class_that_cannot_be_learned_is_a_data_error(own_folder: Path) -> None:
    shutil.rmtree(own_folder / "train/class_7")
    with pytest.raises(DataError, match="val has pictures of class 7, train has none"):
        load_folder(own_folder)
    for folder in [*(own_folder / "train").iterdir(), *(own_folder / "val").iterdir()]:
        if folder.name != "class_8":
            shutil.rmtree(folder)
    with pytest.raises(DataError, match="1 of the classes"):
        load_folder(own_folder)


def test_reading_shows_progress_and_what_is_left_out_once(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = []

    @contextlib.contextmanager
    def progress(total: int, title: str, _unit: str) -> Iterator[SimpleNamespace]:
        shown.append((title, total))
        yield SimpleNamespace(update=lambda: None)

    monkeypatch.setattr(datasets, "progress", progress)
    (own_folder / "train/class_A/notes.txt").touch()
    datasets.measure_polarity(own_folder)
    load_folder(own_folder)
    assert shown == [("measuring polarity", 72), ("reading pictures", 72), ("reading pictures", 36)]
    assert capsys.readouterr().err.count("notes.txt") == 1


def test_class_of_broken_pictures_alone_is_a_data_error(own_folder: Path) -> None:
    (own_folder / "val/class_7/20.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"class 7 \(1 pictures were unreadable\)"):
        load_folder(own_folder)


def test_one_split_alone_is_a_data_error(own_folder: Path) -> None:
    shutil.rmtree(own_folder / "val")
    with pytest.raises(DataError, match="no folder val/"):
        load_folder(own_folder)


def test_no_folder_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        load_folder(tmp_path / "nothing")


def _labels_csv(folder: Path, text_of: str = "{}") -> Path:
    folder.mkdir()
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["image", "text", "group"])
        for number in range(24):
            for sign in ALPHABET:
                name = f"{sign}-{number}.png"
                Image.fromarray(glyph(sign, number)).save(folder / name)
                rows.writerow([name, text_of.format(sign), f"vehicle {number // 2}"])
    return folder


def test_labels_csv_is_split_by_group_and_always_the_same(tmp_path: Path) -> None:
    folder = _labels_csv(tmp_path / "data")
    train, val = load_split(folder)
    assert len(train) + len(val) == 24 * 36
    assert 0 < len(val) < len(train)
    groups = [{int(Path(source).stem[2:]) // 2 for source in part.sources} for part in (train, val)]
    assert groups[0].isdisjoint(groups[1])
    assert (train.digest, val.digest) == tuple(part.digest for part in load_split(folder))


def _class_folders(folder: Path, count: int) -> Path:
    for sign in ALPHABET:
        (folder / sign).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(glyph(sign, number)).save(folder / sign / f"{number}.png")
    return folder


def test_every_class_of_a_small_folder_without_splits_is_trained_and_scored(tmp_path: Path) -> None:
    train, val = load_split(_class_folders(tmp_path / "data", 2))
    assert np.bincount(train.labels).tolist() == np.bincount(val.labels).tolist() == [1] * 36


def test_a_class_with_one_picture_and_no_splits_is_named(tmp_path: Path) -> None:
    folder = _class_folders(tmp_path / "data", 2)
    (folder / "Q/1.png").unlink()
    with pytest.raises(DataError, match=r"class Q has a single picture.*add another"):
        load_folder(folder)


def test_names_that_are_not_unicode_are_split_too(tmp_path: Path) -> None:
    folder = _class_folders(tmp_path / "data", 2)
    picture = folder / "Q/0.png"
    os.rename(picture, os.fsencode(picture.parent) + b"/\xff.png")  # noqa: PTH104
    assert sum(map(len, load_split(folder))) == 72


def test_labels_of_several_characters_are_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'00'"):
        load_split(_labels_csv(tmp_path / "data", "{}0"))


def test_digest_sees_pixels_and_labels_but_not_names(small_train: CharacterSet) -> None:
    whole = small_train.take(np.arange(len(small_train)))
    assert whole.digest == small_train.digest
    assert small_train.take(np.arange(len(small_train))[::-1]).digest != small_train.digest
    changed = small_train.pictures.copy()
    changed[5, 3, 3] ^= 1
    assert (
        CharacterSet(changed, small_train.labels, small_train.sources, "").take([5]).digest
        != small_train.take([5]).digest
    )


def test_take_accepts_masks_and_positions(small_train: CharacterSet) -> None:
    mask = small_train.labels == 3
    assert small_train.take(mask).digest == small_train.take(np.flatnonzero(mask)).digest
    assert small_train.take(mask).sources == ["3-12", "3-13", "3-14", "3-15"]


def test_polarity_of_the_data_is_taken_as_given(small_folder: Path) -> None:
    light, _ = load_split(small_folder, InputSpec(polarity="light-on-dark"))
    both, _ = load_split(small_folder, InputSpec(polarity="any"))
    np.testing.assert_array_equal(light.pictures, both.pictures)
