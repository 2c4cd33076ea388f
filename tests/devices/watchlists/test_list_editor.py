"""Changes of a list: what stays, what is refused, and what was changed in the meantime."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plate_devices.formulas import FORMULA
from plate_devices.watchlists import list_editor
from plate_devices.watchlists.list_editor import ListChangedError, ListEditor
from plate_devices.watchlists.list_lines import Entry
from plate_runtime.errors import DataError, DeviceError

OLD = "# the family\n\nB-AB 123, the blue one, old # not on Mondays\nM XY 4567\nH* 77?; the club"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "family.txt"
    file.write_text(OLD, encoding="utf-8")
    return file


def change(path: Path, do: str, *args: object) -> str:
    """Change the file as the page does that has just read it; return its text."""
    editor = ListEditor(path)
    getattr(editor, do)(*args, editor.read().version)
    return path.read_bytes().decode()


def test_the_entries_are_read_with_their_lines(path: Path) -> None:
    assert ListEditor(path).read().entries == [
        (3, Entry("B-AB 123", "the blue one, old")), (4, Entry("M XY 4567")), (5, Entry("H* 77?", "the club")),
    ]  # fmt: skip


def test_an_added_line_comes_last_and_all_others_stay(path: Path) -> None:
    assert change(path, "add", Entry(" s-t  99 ", "new")) == f"{OLD}\ns-t 99, new\n"


def test_a_changed_line_keeps_its_place_and_comment(path: Path) -> None:
    assert change(path, "replace", 3, Entry("B-AB 124", "red")) == OLD.replace(
        "B-AB 123, the blue one, old #", "B-AB 124, red #"
    )


def test_a_deleted_line_is_gone_with_its_comment(path: Path) -> None:
    assert change(path, "delete", 3) == OLD.replace("B-AB 123, the blue one, old # not on Mondays\n", "")


@pytest.mark.parametrize("first", FORMULA)
def test_no_cell_is_a_formula(path: Path, first: str) -> None:
    entry = Entry("G 1", f"{first}1+1", f"{first}2")
    lines = change(path, "add", entry).splitlines()
    assert lines[-1] == f"G 1,'{first}1+1,'{first}2"
    assert ListEditor(path).read().entries[-1].entry == entry


def test_a_note_or_a_date_gives_the_list_a_header(path: Path) -> None:
    text = change(path, "add", Entry("G 1", "guest", "flat #3", "2026-05-01", "2026-05-02 18:00"))
    assert text == (
        "# the family\n\nplate,name,note,from,to\n"
        'B-AB 123,"the blue one, old" # not on Mondays\nM XY 4567\nH* 77?,the club\n'
        'G 1,guest,"flat #3",2026-05-01,2026-05-02 18:00\n'
    )
    assert [one.entry.name for one in ListEditor(path).read().entries] == ["the blue one, old", "", "the club", "guest"]


def test_a_header_that_lacks_a_column_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "club.csv"
    path.write_bytes("Plate;Owner;Colour;Until # all\r\nAB1;Zoë;red;2026-05-01\r\n".encode("cp1252"))
    text = change_bytes(path, "add", Entry("CD2", "é", "+49 30", "", "2026-06-01"))
    assert text.decode("cp1252") == (
        "Plate;Owner;Colour;Until;note;from # all\r\nAB1;Zoë;red;2026-05-01\r\nCD2;é;;2026-06-01;'+49 30\r\n"
    )
    assert ListEditor(path).read().entries[1].entry == Entry("CD2", "é", "+49 30", "", "2026-06-01")
    with pytest.raises(ValueError, match="cp1252 file, which has no 'Ж'"):
        change_bytes(path, "add", Entry("EF3", "Ж"))


def change_bytes(path: Path, do: str, *args: object) -> bytes:
    editor = ListEditor(path)
    getattr(editor, do)(*args, editor.read().version)
    return path.read_bytes()


def test_a_change_in_between_is_noticed_and_kept(path: Path) -> None:
    editor = ListEditor(path)
    seen = editor.read().version
    path.write_text(OLD + "\nX 1\n")
    for attempt in (
        lambda: editor.add(Entry("Y 2"), seen),
        lambda: editor.replace(4, Entry("Y 2"), seen),
        lambda: editor.delete(4, seen),
    ):
        with pytest.raises(ListChangedError, match="was changed in the meantime"):
            attempt()
    assert path.read_text() == OLD + "\nX 1\n"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Entry("b ab i23"), "b ab i23 is on the list already, in line 3"),
        (Entry("---"), "is not a plate"),
        (Entry("?*"), "is not a plate"),
        (Entry("A" * 17), "longer than any plate"),
        (Entry("A1", "x" * 81), "the name is longer than 80"),
        (Entry("A1", "x\ny"), "the name has a character that cannot be printed"),
        (Entry("A1", "\ud800"), "the name has a character that cannot be printed"),
        (Entry("A1", "", "x" * 201), "the note is longer"),
        (Entry("A1", "", "", "tomorrow"), "'tomorrow' is not a date"),
        (Entry("A1", "", "", "2026-05-02", "2026-05-01"), "is empty"),
        (Entry("Ж1"), "is not on the plates"),
    ],
)
def test_what_makes_no_sense_is_refused_and_the_file_stays(path: Path, entry: Entry, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        change(path, "add", entry)
    assert path.read_text() == OLD


def test_the_same_plate_may_be_listed_for_another_period(path: Path) -> None:
    change(path, "add", Entry("B AB 123", begin="2026-05-01"))
    with pytest.raises(ValueError, match="already, in line 7"):
        change(path, "add", Entry("BAB123", begin="2026-05-01"))


def test_a_line_that_a_program_would_read_as_a_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text("")
    with pytest.raises(ValueError, match="read it as something else"):
        change(path, "add", Entry("plate"))
    assert change(path, "add", Entry("A 1")) == "A 1\n"


def test_permissions_and_links_stay(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(path)
    change(link, "add", Entry("A 1"))
    assert link.is_symlink() and path.stat().st_mode & 0o777 == 0o640 and "A 1" in path.read_text()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["family.txt", "link.txt"], "nothing is left over"


def test_a_read_only_file_is_refused_with_one_sentence(path: Path) -> None:
    path.chmod(0o444)
    assert "is read-only for this program; change its file in an editor" in ListEditor(path).problem()
    with pytest.raises(DeviceError, match="is read-only"):
        change(path, "delete", 4)
    assert path.read_text() == OLD


def test_a_full_disk_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeviceError, match="cannot be written: No space left"):
        change(path, "add", Entry("A 1"))
    assert path.read_text() == OLD and len(list(path.parent.iterdir())) == 1


def test_a_broken_or_large_list_is_not_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("A 1\n!!\n")
    with pytest.raises(DataError, match="line 2"):
        change(path, "add", Entry("B 2"))
    monkeypatch.setattr(list_editor, "MOST_BYTES", 10)
    path.write_text("A 1\nB 2\n")
    with pytest.raises(ValueError, match="more than 0 MB"):
        change(path, "add", Entry("C 3"))


def test_of_many_who_change_at_once_one_succeeds_with_each_version(path: Path) -> None:
    editors = [ListEditor(path) for _ in range(8)]
    version, done = editors[0].read().version, list[bool]()

    def add(number: int) -> None:
        try:
            editors[number].add(Entry(f"T {number}"), version)
            done.append(True)
        except ListChangedError:
            done.append(False)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False] * 7 + [True]
    assert len(ListEditor(path).read().entries) == 4


cells = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=20)


@given(cells, cells, st.sampled_from(("", "2026-05-01")))
@settings(max_examples=60, deadline=None)
def test_every_printable_name_and_note_comes_back(
    tmp_path_factory: pytest.TempPathFactory, name: str, note: str, begin: str
) -> None:
    path = tmp_path_factory.mktemp("lists") / "list.csv"
    path.write_text(OLD, encoding="utf-8")
    try:
        change(path, "add", Entry("ZZ 9", name, note, begin))
    except ValueError as error:
        assert "cannot be printed" in str(error)
        return
    listed = ListEditor(path).read().entries
    assert listed[-1].entry == Entry("ZZ 9", " ".join(name.split()), " ".join(note.split()), begin)
    assert [one.entry.name for one in listed[:-1]] == ["the blue one, old", "", "the club"]
