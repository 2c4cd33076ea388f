"""Records and pictures that leave the process, by mode and watch list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_helpers import make_frame, make_plate
from hypothesis import given
from hypothesis import strategies as st

from plate_devices.events.records import Engine, Origin, frame_record
from plate_devices.follow import crop_plate
from plate_devices.privacy.masking import mask_boxes
from plate_devices.privacy.privacy_filter import PrivacyFilter
from plate_devices.privacy.privacy_settings import PrivacySettings
from plate_devices.setting_errors import SettingError
from plate_devices.watchlists.watchlist_settings import WatchlistSettings
from plate_runtime.errors import UsageError

ENGINE = Engine({"reader": "r@1"}, "fake")
BOX = (200, 100, 120, 30)


def record_of(*texts: str) -> dict[str, Any]:
    return frame_record(Origin("gate", ENGINE), make_frame(), [make_plate(text, box=BOX) for text in texts], 1.0)


@pytest.fixture
def family(tmp_path: Path) -> list[WatchlistSettings]:
    (tmp_path / "family.txt").write_text("ABC123\n")
    return [WatchlistSettings("family", tmp_path / "family.txt")]


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8)


def test_clear_text_stays_as_it_is(family: list[WatchlistSettings]) -> None:
    guard = PrivacyFilter(PrivacySettings(), family)
    record = record_of("ABC123")
    guard.mark(record)
    assert guard.conceal(record) is record
    assert record["watchlists"] == [{"name": "family", "match": "exact", "listed": "ABC123"}]


@pytest.mark.parametrize("mode", ["hash", "nothing"])
def test_other_modes_hide_all_texts(mode: Any, tmp_path: Path, family: list[WatchlistSettings]) -> None:
    settings = PrivacySettings(mode, tmp_path / "k" if mode == "hash" else None)
    guard = PrivacyFilter(settings, family)
    record = record_of("ABC123", "XYZ789")
    guard.mark(record)
    reported = guard.conceal(record)
    line = json.dumps(reported)
    assert not any(text in line for text in ("ABC123", "XYZ789", "ABC", '"text": "A"'))
    assert reported["watchlists"] == [{"name": "family", "match": "exact"}]
    assert (reported["id"], reported["source"]) == (record["id"], "gate")
    hashes = [plate.get("text_hash") for plate in reported["plates"]]
    assert hashes == [None, None] if mode == "nothing" else len(set(hashes)) == 2
    assert record["plates"][0]["text"] == "ABC123", "the record itself is still needed"


def test_the_hash_of_a_plate_is_found_again(tmp_path: Path) -> None:
    guard = PrivacyFilter(PrivacySettings("hash", tmp_path / "k"))
    first, second = (guard.conceal(record_of("AB0123"))["plates"][0]["text_hash"] for _ in range(2))
    assert first == second
    assert guard.conceal(record_of(""))["plates"][0]["text_hash"] is None


@pytest.mark.parametrize(
    "values",
    [
        {"mode": "hash"},
        {"mode": "clear", "key_file": Path("k")},
        {"keep_days": -1.0},
        {"keep_days": float("nan")},
        {"mode": "hash", "key_file": Path("k"), "rotate_days": 0.0},
    ],
)
def test_invalid_settings(values: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        PrivacySettings(**values)


def test_contradictory_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="save no pictures"):
        PrivacyFilter(PrivacySettings("nothing"), saves_pictures=True)
    with pytest.raises(UsageError, match="set blur_others"):
        PrivacyFilter(PrivacySettings("hash", tmp_path / "k"), saves_pictures=True)
    with pytest.raises(UsageError, match="needs a"):
        PrivacyFilter(PrivacySettings(blur_others=True))


def is_flat(part: np.ndarray) -> bool:
    return bool((part == part[0, 0]).all())


class TestPictures:
    def test_a_frame_shows_listed_plates_alone(self, family: list[WatchlistSettings], picture: np.ndarray) -> None:
        guard = PrivacyFilter(PrivacySettings(blur_others=True), family, saves_pictures=True)
        listed, other = make_plate("ABC123", box=(20, 20, 120, 30)), make_plate("XYZ789", box=BOX)
        saved, shown = guard.frame(picture, [listed, other], unread=[(22, 22, 110, 28), (50, 200, 60, 20)])
        assert shown == [listed]
        assert (saved[20:50, 20:140] == picture[20:50, 20:140]).all()
        assert is_flat(saved[94:136, 194:326])
        assert is_flat(saved[196:224, 46:114]), "what was found and not read may be a plate, too"
        assert (saved[:90, 200:] == picture[:90, 200:]).all()

    def test_an_unread_picture_of_one_plate_is_masked(
        self, family: list[WatchlistSettings], picture: np.ndarray
    ) -> None:
        guard = PrivacyFilter(PrivacySettings(blur_others=True), family, saves_pictures=True)
        saved, shown = guard.frame(picture, [], (0, 0, 400, 300))
        assert not shown and is_flat(saved)

    def test_by_default_nothing_is_masked(self, picture: np.ndarray) -> None:
        saved, shown = PrivacyFilter().frame(picture, [make_plate("ABC123", box=BOX)])
        assert saved is picture and len(shown) == 1

    @given(st.integers(-20, 400), st.integers(-20, 300), st.integers(1, 300), st.integers(1, 200))
    def test_crops_are_masked_at_every_position(self, x: int, y: int, width: int, height: int) -> None:
        picture = np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8)
        box = (max(0, x), max(0, y), min(width, 400 - max(0, x)), min(height, 300 - max(0, y)))
        if box[2] < 1 or box[3] < 1:
            return
        plate = make_plate("XYZ789", box=box)
        crop = crop_plate(picture, plate)
        saved = PrivacyFilter(PrivacySettings("nothing")).crop(crop, {"plates": [{"text": "XYZ789", "box": list(box)}]})
        assert saved.shape == crop.shape
        left, top = box[0] - max(0, box[0] - max(2, box[3] // 6)), box[1] - max(0, box[1] - max(2, box[3] // 6))
        assert is_flat(saved[top : top + box[3], left : left + box[2]])

    def test_masking_does_not_change_the_original(self, picture: np.ndarray) -> None:
        before = picture.copy()
        mask_boxes(picture, [BOX, (-50, -50, 10, 10), (390, 290, 100, 100)])
        assert (picture == before).all()
