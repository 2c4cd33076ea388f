"""Labelled sets on disk."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    "content",
    [
        b"image;text\na.jpg;G\xc3\x96-WG 2496\n",
        b"Image\tText\na.jpg\tGO WG 2496\n",
        b"image_path,plate_text,group\na.jpg,gowg2496,\n",
        b"a.jpg,GO-WG2496\n",
        b"a.jpg;GO-WG2496\n",
        b"sep=;\nimage;text\na.jpg;GO-WG2496\n",
        b'"sep=;"\r\na.jpg;GO-WG2496\r\n',
        "sep=\t\r\nPhoto\tLicense Plate Number\r\na.jpg\tGO-WG2496\r\n".encode("utf-16"),
        b"text,image,text\nGO-WG2496,a.jpg,X1\n",  # the first of each
        "\ufeffFile Name;Licence Plate\r\na.jpg;GÖWG 2496\r\n".encode("utf-16-le"),
        "image;text\na.jpg;GÖ·WG–2496\n".encode("cp1252"),
        "image,text\na.jpg,GОWG2496\n".encode(),  # a Cyrillic О
    ],
)
def test_tables_of_other_programs_are_understood(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(content)
    assert read_labels(tmp_path / "labels.csv") == [LabelledPicture(tmp_path / "a.jpg", "GOWG2496")]


@pytest.mark.parametrize("text", ["٢٤٩٦", "京A12345", "AB?123", "Ж1"])
def test_a_text_that_cannot_be_written_in_the_alphabet_is_an_error_with_its_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 3"):
        read_labels(write(tmp_path / "labels.csv", f"image,text\na.jpg,AB\nb.jpg,{text}\n"))


def test_the_header_that_was_found_is_shown(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds id, colour"):
        read_labels(write(tmp_path / "labels.csv", "id,colour\n1,red\n"))


def test_lines_are_counted_in_the_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 4"):
        read_labels(write(tmp_path / "labels.csv", "sep=,\nimage,text\na.jpg,AB\nb.jpg,?\n"))


def test_a_table_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").touch()
    os.truncate(tmp_path / "labels.csv", (64 << 20) + 1)
    with pytest.raises(DataError, match="more than 64 MB"):
        read_labels(tmp_path / "labels.csv")


def test_a_path_of_windows_leads_into_a_folder(tmp_path: Path) -> None:
    (found,) = read_labels(write(tmp_path / "labels.csv", "image,text\ncrops\\a.jpg,AB\n"))
    assert found.path == tmp_path / "crops" / "a.jpg"


def test_a_path_of_windows_may_be_too_long_for_any_file(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("image,text\n" + "a\\" + "b" * 3000 + ",AB\n")
    assert len(read_labels(tmp_path / "labels.csv")) == 1


def test_class_folders_as_people_name_them_and_what_is_left_out(tmp_path: Path) -> None:
    for name in ("a/1.jpg", "Class_B/1.JPG", "class-C /1.png", "D/1.jpg", "D/x.heic", ".DS_Store/x", "notes/1.jpg"):
        write(tmp_path / name, name)
    notes: list[str] = []
    assert sorted(one.text for one in read_class_folders(tmp_path, notes.append)) == ["A", "B", "C", "D"]
    assert len(notes) == 2
    assert "notes is left out" in notes[0]
    assert "x.heic left out" in notes[1]
    write(tmp_path / "A/1.jpg", "twice")
    with pytest.raises(DataError, match="of one class"):
        read_class_folders(tmp_path)


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


def test_the_digest_is_of_regular_files_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", Path("/dev/zero"), tmp_path):
        with pytest.raises(DataError, match="cannot be read: it is"):
            set_digest([LabelledPicture(path, "A")])
    (tmp_path / "sparse.jpg").touch()
    os.truncate(tmp_path / "sparse.jpg", 1 << 40)
    with pytest.raises(DataError, match="more than 512 MB"):
        set_digest([LabelledPicture(tmp_path / "sparse.jpg", "A")])


CELLS = st.one_of(
    st.sampled_from(
        ["a.jpg", "AB123", "1 2 9 2 9 5 1 5", "nan " * 8, "inf " * 8, "1e999 " * 8, "9" * 5000, '"', "\0", ""]
    ),
    st.text(max_size=12),
)


@given(
    st.lists(st.lists(CELLS, max_size=5), max_size=5),
    st.sampled_from(["image,text,corners,group\n", "text;file\n", ""]),
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_table_is_read_or_a_data_error(tmp_path: Path, rows: list[list[str]], header: str) -> None:
    text = header + "\n".join(",".join(row) for row in rows)
    (tmp_path / "labels.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(DataError):
        for row in read_labels(tmp_path / "labels.csv"):
            assert all(math.isfinite(number) for corner in row.corners or () for number in corner)
            row.path.exists()


@pytest.mark.parametrize("corners", ["nan " * 8, "1 2 3 4 5 6 7 inf", "1e300 " * 8, "9" * 400 + " 2 3 4 5 6 7 8"])
def test_corners_are_pixels(corners: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(f"image,text,corners\na.jpg,AB,{corners}\n")
    with pytest.raises(DataError, match="line 2: corners are eight numbers"):
        read_labels(tmp_path / "labels.csv")


@pytest.mark.parametrize(
    "corners", ["0 0 9 0 0 5 9 5", "3 3 3 3 3 3 3 3", "0 0 9 0 18 0 27 0", "0 0 9 0 2 1 0 9"],
    ids=["crossing", "point", "line", "dented"],
)  # fmt: skip
def test_corners_are_those_of_a_quadrilateral(corners: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(f"image,text,corners\na.jpg,AB,{corners}\n")
    with pytest.raises(DataError, match=f"line 2: the corners {corners} are no quadrilateral"):
        read_labels(tmp_path / "labels.csv")


@pytest.mark.parametrize("corners", ["0 0 9 1 9 6 0 5", "0 5 9 6 9 1 0 0"])
def test_corners_may_run_in_either_direction(corners: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(f"image,text,corners\na.jpg,AB,{corners}\n")
    assert len(read_labels(tmp_path / "labels.csv")[0].corners or ()) == 4


def test_an_open_quotation_mark_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text('image,text\na.jpg,"AB\n' + "b.jpg,CD\n" * 20_000)
    with pytest.raises(DataError, match=r"labels\.csv, line \d+: .* is a quotation mark left open\?"):
        read_labels(tmp_path / "labels.csv")
