"""Object storage, against a real server on loopback."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from films import write_film
from moto.server import ThreadedMotoServer
from PIL import Image

from plate_devices.archive import stored_files
from plate_devices.archive.stored_files import StoredPicture, StoredVideo, list_addresses, open_address
from plate_devices.cli.archive import command
from plate_runtime.errors import InputError, UsageError


def picture() -> bytes:
    with io.BytesIO() as stream:
        Image.new("RGB", (60, 20), (200, 180, 20)).save(stream, "PNG")
        return stream.getvalue()


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedMotoServer]:
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def storage(server: ThreadedMotoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A bucket with pictures, a video, and files that are no pictures."""
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    stored_files._connected.cache_clear()
    client = boto3.client("s3")
    client.create_bucket(Bucket="plates")
    for key in ("a/1.png", "a/2.png", "b/3.png", "b/.hidden.png", "b/labels.csv", "other/4.png"):
        client.put_object(Bucket="plates", Key=key, Body=picture())
    client.put_object(Bucket="plates", Key="b/broken.jpg", Body=b"\xff\xd8\xff broken")
    client.put_object(Bucket="plates", Key="b/film.mp4", Body=write_film(tmp_path / "film.mp4", 20).read_bytes())
    return client


def names(*inputs: str) -> list[str]:
    return sorted(one.name.removeprefix("s3://plates/") for one in list_addresses(inputs))


def test_folders_files_and_patterns_are_listed(storage: Any) -> None:
    assert names("s3://plates/a") == names("s3://plates/a/") == ["a/1.png", "a/2.png"]
    assert names("s3://plates") == sorted(
        ["a/1.png", "a/2.png", "b/3.png", "b/broken.jpg", "b/film.mp4", "other/4.png"]
    )
    assert names("s3://plates/a/1.png") == ["a/1.png"]
    assert names("s3://plates/*/?.png") == ["a/1.png", "a/2.png", "b/3.png", "other/4.png"]
    assert names("s3://plates/[ab]/3*") == ["b/3.png"]
    assert all(one.modified is not None for one in list_addresses(["s3://plates/b"]))


def test_a_folder_in_storage_is_listed_once(storage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[str] = []
    real = stored_files._listed_in_storage

    def noted(name: str) -> Iterator[Any]:
        listed.append(name)
        yield from real(name)

    monkeypatch.setattr(stored_files, "_listed_in_storage", noted)
    assert names("s3://plates/a", "s3://plates/b/3.png") == ["a/1.png", "a/2.png", "b/3.png"]
    assert listed == ["s3://plates/a", "s3://plates/b/3.png"]


def test_what_is_not_there_is_said(storage: Any) -> None:
    with pytest.raises(InputError, match="s3://plates/nothing cannot be listed"):
        names("s3://plates/nothing")
    with pytest.raises(UsageError, match="there is no picture"):
        names("s3://plates/a/*.gif")
    for address in ("nothing://x/y", "abfs://x/y"):
        with pytest.raises(UsageError, match="://x cannot be used; supported are s3:// and gs://"):
            names(address)


def test_keys_in_addresses_are_refused_and_not_shown(storage: Any) -> None:
    with pytest.raises(UsageError, match="AWS_ACCESS_KEY_ID") as refused:
        names("s3://user:secret@plates/a")
    assert "secret" not in str(refused.value)


def test_pictures_and_videos_are_fetched(storage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source = open_address("s3://plates/a/1.png")
    assert isinstance(source, StoredPicture)
    assert [frame.rgb.shape for frame in source.frames()] == [(20, 60, 3)]
    film = open_address("s3://plates/b/film.mp4", fps=5)
    assert isinstance(film, StoredVideo)
    assert not list(tmp_path.glob("tmp*")), "a kill leaves nothing on the disk"
    assert len(list(film.frames())) == 10
    film.close()
    assert film._copy.closed
    for key in ("b/broken.jpg", "b/gone.jpg"):
        with pytest.raises(InputError, match=f"s3://plates/{key}"):
            list(open_address(f"s3://plates/{key}").frames())


def test_an_archive_of_a_bucket(storage: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow.dataset

    options = ["--as", "plate", "--backend", "fake:AB12", "--jobs", "2", "--out", str(tmp_path / "out")]
    assert command(["s3://plates/a", "s3://plates/b", *options]) == 1
    assert "5 new rows, 4 plates, 1 not read" in capsys.readouterr().err
    rows = pyarrow.dataset.dataset(tmp_path / "out" / "rows", partitioning="hive").to_table().to_pylist()
    found = {row["address"]: row for row in rows}
    assert found["s3://plates/a/1.png"]["folder"] == "s3://plates/a"
    assert found["s3://plates/a/1.png"]["text"] == "AB12"
    assert found["s3://plates/b/film.mp4"]["kind"] == "video"
    assert "s3://plates/b/broken.jpg" in found["s3://plates/b/broken.jpg"]["error"]
