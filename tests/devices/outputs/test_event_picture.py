"""The picture of an event for a message: small, or none."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from plate_devices.outputs.event_picture import MOST_BYTES, picture_of


def save(path: Path, size: tuple[int, int], quality: int = 90) -> bytes:
    Image.effect_noise(size, 60).convert("RGB").save(path, "JPEG", quality=quality)
    return path.read_bytes()


def test_a_small_picture_is_sent_as_it_is(tmp_path: Path) -> None:
    content = save(tmp_path / "a.jpg", (120, 40))
    event = {"pictures": {"crop": "a.jpg"}}
    assert picture_of(event, tmp_path, "crop") == content
    assert picture_of(event, tmp_path, "frame") is None


def test_a_large_one_is_reduced(tmp_path: Path) -> None:
    content = save(tmp_path / "a.jpg", (1280, 720))
    assert len(content) > 2 * MOST_BYTES
    reduced = picture_of({"pictures": {"frame": "a.jpg"}}, tmp_path, "frame")
    assert reduced is not None and len(reduced) <= MOST_BYTES
    with Image.open(io.BytesIO(reduced)) as picture:
        assert picture.format == "JPEG" and picture.width in (960, 640, 320)
        assert picture.width * 720 == picture.height * 1280


@pytest.mark.parametrize(
    "pictures", [None, {}, {"crop": "gone.jpg"}, {"crop": "../a.jpg"}, {"crop": 3}, {"crop": "large"}]
)
def test_what_is_not_there_is_not_sent(tmp_path: Path, pictures: object) -> None:
    (tmp_path / "a.jpg").write_bytes(b"secret")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "large").write_bytes(b"\xff\xd8" + bytes(MOST_BYTES))
    (tmp_path / "in" / "link.jpg").symlink_to(tmp_path / "a.jpg")
    assert picture_of({"pictures": pictures}, tmp_path / "in", "crop") is None
    assert picture_of({}, tmp_path / "in", "crop") is None
    assert picture_of({"pictures": {"crop": "link.jpg"}}, tmp_path / "in", "crop") is None
