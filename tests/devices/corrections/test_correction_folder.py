"""The folder of corrections: one row for each vehicle, whole files, deleted in time, read by training."""

from __future__ import annotations

import io
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from plate_devices.corrections import correction_folder
from plate_devices.corrections.correction_folder import CorrectionFolder
from plate_devices.corrections.doubtful import most_doubtful
from plate_devices.unique_ids import uuid7
from plate_runtime.errors import DataError, DeviceError
from plate_runtime.labels import read_labels

NOW = 1_793_900_000.0


def jpeg(level: int = 0) -> bytes:
    with io.BytesIO() as stream:
        Image.new("L", (40, 12), level).save(stream, "JPEG")
        return stream.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> CorrectionFolder:
    return CorrectionFolder(tmp_path / "corrections")


def test_corrections_are_labels_and_the_last_of_a_vehicle_counts(folder: CorrectionFolder) -> None:
    first, second = uuid7(), uuid7()
    folder.save(first, "AB12", jpeg(), NOW)
    folder.save(second, "", jpeg(), NOW)
    folder.save(first, "AB13", jpeg(9), NOW)
    assert folder.texts() == {first: "AB13", second: ""}
    found = {one.group: one for one in read_labels(folder.folder / "labels.csv")}
    assert (found[first].text, found[second].text) == ("AB13", "")
    assert found[first].path.read_bytes() == jpeg(9)
    assert found[first].path.stat().st_mode & 0o777 == 0o600
    assert folder.delete(first) and not folder.delete(first)
    assert folder.texts() == {second: ""} and not found[first].path.exists()


def test_without_corrections_there_is_no_folder(folder: CorrectionFolder) -> None:
    assert folder.texts() == {} and folder.delete_before(datetime.now(UTC)) == 0
    assert not folder.folder.exists()


def test_corrections_are_deleted_by_the_time_of_the_vehicle(folder: CorrectionFolder) -> None:
    old, new = uuid7(), uuid7()
    folder.save(old, "AB12", jpeg(), NOW - 100)
    folder.save(new, "CD34", jpeg(), NOW + 100)
    assert folder.delete_before(datetime.fromtimestamp(NOW, UTC)) == 1
    assert folder.texts() == {new: "CD34"}
    assert sorted(one.name for one in folder.folder.iterdir()) == sorted([f"{new}.jpg", "labels.csv"])


def test_what_a_kill_left_is_deleted_in_time(folder: CorrectionFolder) -> None:
    kept, lost = uuid7(), uuid7()
    folder.save(kept, "AB12", jpeg(), NOW + 100)
    crop, other = folder.folder / f"{lost}.jpg", folder.folder / "notes.jpg"
    for path in (crop, other, folder.folder / f".plate-edge-{uuid7()}.part"):  # killed before the row was written
        path.write_bytes(jpeg())
        os.utime(path, (NOW - 100, NOW - 100))
    assert folder.delete_before(datetime.fromtimestamp(NOW - 200, UTC)) == 0
    assert crop.exists()
    assert folder.delete_before(datetime.fromtimestamp(NOW, UTC)) == 1
    assert {one.name for one in folder.folder.iterdir()} == {f"{kept}.jpg", "labels.csv", "notes.jpg"}
    (folder.folder / "labels.csv").unlink()
    assert folder.delete_before(datetime.fromtimestamp(NOW + 200, UTC)) == 1
    assert [one.name for one in folder.folder.iterdir()] == ["notes.jpg"]


@pytest.mark.parametrize("text", ["image,text\na.jpg,AB\n", "image,text,group\n../a.jpg,A,b\n", "", "\xff"])
def test_a_file_of_another_program_is_not_touched(folder: CorrectionFolder, text: str) -> None:
    folder.folder.mkdir()
    path = folder.folder / "labels.csv"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match=r"labels\.csv (has other rows|is damaged)"):
        folder.save(uuid7(), "AB12", jpeg(), NOW)
    assert path.read_text(encoding="latin-1") == text


def test_a_failure_leaves_the_old_labels(folder: CorrectionFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.save(kept := uuid7(), "AB12", jpeg(), NOW)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DeviceError, match="cannot be saved: No space left"):
            folder.save(uuid7(), "CD34", jpeg(), NOW)
    assert folder.texts() == {kept: "AB12"} and len(list(folder.folder.iterdir())) == 2

    def refuse() -> None:
        raise DeviceError("no audit log")

    with pytest.raises(DeviceError, match="no audit log"):
        folder.save(kept, "CD34", jpeg(), NOW, refuse)
    assert folder.texts() == {kept: "AB12"}


def test_limits_and_names(folder: CorrectionFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="is not the id of a vehicle"):
        folder.save("../../etc", "AB12", jpeg(), NOW)
    monkeypatch.setattr(correction_folder, "MOST", 1)
    folder.save(first := uuid7(), "AB12", jpeg(), NOW)
    folder.save(first, "AB13", jpeg(), NOW)
    with pytest.raises(DataError, match="holds 1 corrections"):
        folder.save(uuid7(), "AB12", jpeg(), NOW)


def test_many_at_once_lose_nothing(folder: CorrectionFolder) -> None:
    ids = [uuid7() for _ in range(24)]
    others = CorrectionFolder(folder.folder)

    def save(part: int) -> None:
        for place in range(part, 24, 4):
            (folder if part % 2 else others).save(ids[place], f"A{place}", jpeg(), NOW)

    threads = [threading.Thread(target=save, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert folder.texts() == {one: f"A{place}" for place, one in enumerate(ids)}


def test_the_least_confident_come_first_and_in_parts() -> None:
    records = [
        {"id": name, "crop": crop, "plates": [{"confidence": confidence}]}
        for name, confidence, crop in (("a", 0.9, "a.jpg"), ("b", 0.3, "b.jpg"), ("c", 0.3, "c.jpg"), ("d", 0.1, None))
    ]
    first = most_doubtful(records, {}, (-1.0, ""), 2)
    assert [one.id for one in first] == ["b", "c"]
    assert [one.id for one in most_doubtful(records, {"a"}, (-1.0, ""), 9)] == ["b", "c"]
    assert [one.id for one in most_doubtful(records, {}, first[-1][:2], 2)] == ["a"]
