"""The user's crops: nothing that is scored resembles what was trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from small_plates import write_crops

from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError
from plate_runtime.labels import LabelledPicture
from plate_train.plates.user_data import load_user_crops, split_labelled
from plate_train.synthetic.plates.spec import PLATE_SPEC

ENTRIES = st.lists(
    st.tuples(st.text("AO01", min_size=1, max_size=4), st.sampled_from([None, "a", "b", "c", "d"])), max_size=40
)


def pictures(entries: list[tuple[str, str | None]]) -> list[LabelledPicture]:
    return [LabelledPicture(Path(f"{place}.png"), text, None, group) for place, (text, group) in enumerate(entries)]


@given(ENTRIES)
def test_no_text_and_no_group_stands_on_both_sides(entries: list[tuple[str, str | None]]) -> None:
    listed = pictures(entries)
    try:
        train, val = split_labelled(listed)
    except DataError:
        assume(False)
    assert {fold(entry.text) for entry in train}.isdisjoint({fold(entry.text) for entry in val})
    assert {entry.group for entry in train if entry.group}.isdisjoint({entry.group for entry in val if entry.group})
    assert sorted(entry.path for entry in [*train, *val]) == sorted(entry.path for entry in listed)
    assert 0 < len(val) <= max(1, 0.24 * len(listed))


def test_about_a_fifth_is_scored_whatever_the_order() -> None:
    listed = pictures([(f"AB{number:03d}", None) for number in range(200)])
    train, val = split_labelled(listed)
    assert len(val) == 40
    assert {entry.text for entry in split_labelled(listed[::-1])[1]} == {entry.text for entry in val}
    assert len(train) == 160


def test_crops_without_a_text_are_left_out() -> None:
    listed = [*pictures([(f"A{number}", None) for number in range(10)]), LabelledPicture(Path("none.png"), "")]
    assert all(entry.text for part in split_labelled(listed) for entry in part)


def test_crops_that_hang_together_cannot_be_divided() -> None:
    with pytest.raises(DataError, match="other vehicles"):
        split_labelled(pictures([("A1", "a"), ("B2", "a"), ("B2", None)]))


def test_a_folder_becomes_pictures_to_change_and_pictures_to_read(tmp_path: Path) -> None:
    own = load_user_crops(write_crops(tmp_path / "crops", 40), PLATE_SPEC)
    assert len(own.train) + len(own.val) == 40
    assert own.record["sets"]["val"]["count"] == len(own.val)
    assert abs(float(own.val.pictures.mean()) - 128) < 12
    assert float(own.train.pictures.mean()) > 140  # not standardised yet


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = write_crops(tmp_path / "crops", 20)
    (folder / "images/3.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"3\.png"):
        load_user_crops(folder, PLATE_SPEC)
