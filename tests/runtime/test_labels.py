"""Labelled sets on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plate_runtime.errors import DataError
from plate_runtime.labels import LabelledPicture, read_class_folders, read_labels, set_digest


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_labels_with_all_columns_and_more(tmp_path: Path) -> None:
    file = write(
        tmp_path / "labels.csv", "image,text,corners,group,weather\na.jpg,ab 12,0 0 9 0 9 5 0 5,car,sun\nb.jpg,,,,\n"
    )
    first, second = read_labels(file)
    assert first == LabelledPicture(tmp_path / "a.jpg", "AB12", ((0, 0), (9, 0), (9, 5), (0, 5)), "car")
    assert second == LabelledPicture(tmp_path / "b.jpg", "")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "header"), ("image\na.jpg\n", "header"), ("image,text\n", "no pictures"), ("image,text\n,AB\n", "line 2"),
        ("image,text,corners\na.jpg,AB,1 2 3\n", "eight"), ("image,text,corners\na.jpg,AB,a b c d e f g h\n", "eight"),
    ],
)  # fmt: skip
def test_bad_labels_are_named(text: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=named):
        read_labels(write(tmp_path / "labels.csv", text))
    with pytest.raises(DataError, match="cannot be read"):
        read_labels(tmp_path / "none.csv")


def test_class_folders_of_either_name(tmp_path: Path) -> None:
    for name in ("class_A/2.png", "B/1.jpg", "class_A/1.png", "class_A/notes.txt", "other/1.png"):
        write(tmp_path / name, name)
    found = [(picture.path.name, picture.text) for picture in read_class_folders(tmp_path)]
    assert found == [("1.jpg", "B"), ("1.png", "A"), ("2.png", "A")]


def test_an_empty_class_folder_is_named(tmp_path: Path) -> None:
    write(tmp_path / "A/1.png", "x")
    (tmp_path / "class_B").mkdir()
    with pytest.raises(DataError, match="class_B"):
        read_class_folders(tmp_path)
    with pytest.raises(DataError, match="no class folders"):
        read_class_folders(tmp_path / "A")


def test_the_digest_knows_content_and_labels_not_names(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.png", "1"), write(tmp_path / "b.png", "2")
    digest = set_digest([LabelledPicture(a, "A"), LabelledPicture(b, "B")])
    moved = Path(shutil.move(a, tmp_path / "z.png"))
    assert set_digest([LabelledPicture(b, "B"), LabelledPicture(moved, "A")]) == digest
    assert set_digest([LabelledPicture(b, "A"), LabelledPicture(moved, "B")]) != digest
    with pytest.raises(DataError, match=r"a\.png"):
        set_digest([LabelledPicture(a, "A")])
