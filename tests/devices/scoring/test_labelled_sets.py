"""Which labelled pictures a folder means."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from plate_devices.scoring.labelled_sets import candidates, data_folder, labels_file
from plate_runtime.errors import DataError


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (5, 5)).save(path)
    return folder


def test_class_folders_are_characters(tmp_path: Path) -> None:
    found = data_folder(fill(tmp_path, "A/1.png", "class_7/1.png", "class_7/2.png"))
    assert [picture.text for picture in found.pictures] == ["A", "7", "7"]
    assert found.read_as == "character"
    assert found.name == str(tmp_path)


def test_val_goes_before_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path, "val/A/1.png", "train/A/1.png", "A/1.png", "A/2.png")
    assert data_folder(tmp_path).name == str(tmp_path / "val")
    assert capsys.readouterr().err == "", "folders beside val/ are not looked at"
    assert [len(found.pictures) for found in candidates(tmp_path)] == [1, 2]


def test_labels_are_read_and_empty_texts_left_out(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("image,text,note\na.png,AB 12,x\nb.png,,unreadable\n")
    found = data_folder(tmp_path)
    assert [(picture.path.name, picture.text) for picture in found.pictures] == [("a.png", "AB12")]
    assert found.read_as == "plate"
    assert labels_file(tmp_path / "labels.csv").pictures == found.pictures


def test_nothing_labelled_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a folder"):
        data_folder(tmp_path / "gone")
    with pytest.raises(DataError, match="class folders"):
        data_folder(tmp_path)


def test_pictures_without_any_plate_are_frames(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("image,text\nb.png,\n")
    found = data_folder(tmp_path)
    assert (found.read_as, len(found.rows), found.pictures) == ("frame", 1, [])
