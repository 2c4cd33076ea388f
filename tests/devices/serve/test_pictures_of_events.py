"""Pictures of events, the whole way: camera, event, crop and frame on disk, record, History, and their deletion."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from page_client import PageClient, port_of
from PIL import Image

from plate_devices.audit.audit_log import AuditLog
from plate_devices.cli.infer import command
from plate_devices.config.load import load_config
from plate_devices.live.page_routes import page_routes
from plate_devices.outputs import event_pictures
from plate_devices.serve.page_server import LivePage
from plate_runtime.errors import UsageError
from plate_runtime.script import LATIN

DAY = 86400.0


@pytest.fixture
def watch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[dict[str, Any]]]:
    """Read the demo with these settings beside those of the outputs; return the records of its vehicles."""

    def watch_(more: str = "", pictures: str = "", vehicles: int = 2) -> list[dict[str, Any]]:
        path = tmp_path / "gate.toml"
        path.write_text(
            f'[service]\nclock = "trusted"\n[queue]\nfolder = "{tmp_path}/queue"\n'
            f'[pictures]\nevents = "{tmp_path}/pictures"\n{pictures}\n{more}\n'
            f'[[output]]\ntype = "sqlite"\npath = "{tmp_path}/events.sqlite"\n'
        )
        assert command(["--camera", f"demo:{vehicles}", "--config", str(path), "--json"]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return watch_


def names_in(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()} if folder.exists() else set()


def pixels(folder: Path, vehicle: dict[str, Any]) -> np.ndarray:
    """The frame of a vehicle's event."""
    with Image.open(folder / "pictures" / vehicle["pictures"]["frame"]) as opened:
        return np.asarray(opened.convert("RGB")).astype(int)


def ask_history(tmp_path: Path, open_page: Callable[..., LivePage], token_file: Path) -> Any:
    """A client of a page with History over the output."""
    options = SimpleNamespace(config=load_config(tmp_path / "gate.toml"), save_crops=None, cameras=())
    routes = page_routes(options, AuditLog(tmp_path / "audit.sqlite"), lambda: LATIN)
    page = open_page(token_file=token_file, routes=routes)
    return PageClient(port_of(page))


def test_each_vehicle_has_a_crop_and_a_frame_that_history_shows(
    tmp_path: Path, watch: Any, open_page: Callable[..., LivePage], token_file: Path
) -> None:
    vehicles = watch()
    assert len(vehicles) == 2
    for one in vehicles:
        assert one["pictures"] == {"crop": f"{one['id']}.jpg", "frame": f"{one['id']}-frame.jpg"}
    assert names_in(tmp_path / "pictures") == {name for one in vehicles for name in one["pictures"].values()}
    history = ask_history(tmp_path, open_page, token_file)
    found = {one["id"]: one for one in history.get("/api/events").json["events"]}
    for one in vehicles:
        assert found[one["id"]]["pictures"] == one["pictures"]
        crop, frame = (history.get(f"/pictures/{one['pictures'][what]}") for what in ("crop", "frame"))
        assert crop.headers["content-type"] == frame.headers["content-type"] == "image/jpeg"
        assert frame.body == (tmp_path / "pictures" / one["pictures"]["frame"]).read_bytes()
        _, _, width, height = one["plates"][0]["box"]
        with Image.open(io.BytesIO(crop.body)) as small, Image.open(io.BytesIO(frame.body)) as whole:
            assert whole.size == (640, 480)
            assert width <= small.width <= 1.5 * width and height <= small.height <= 1.5 * height


def test_frames_are_annotated_plain_or_left_out(tmp_path: Path, watch: Any) -> None:
    (annotated,), (plain,) = watch(vehicles=1), watch(pictures='frames = "plain"', vehicles=1)
    different = np.abs(pixels(tmp_path, annotated) - pixels(tmp_path, plain)).max(axis=2) > 60
    x, y, width, height = annotated["plates"][0]["box"]
    assert different[y - 40 : y + height + 5, x - 5 : x + width + 5].sum() > 1000, "caption and outline"
    assert different[: y - 60].sum() == 0, "the rest is the same frame"
    (vehicle,) = watch(pictures='frames = "none"', vehicles=1)
    assert set(vehicle["pictures"]) == {"crop"}


def test_old_pictures_are_deleted_with_their_events(
    tmp_path: Path, watch: Any, open_page: Callable[..., LivePage], token_file: Path
) -> None:
    (old,) = watch(vehicles=1)
    long_ago = time.time() - 3 * DAY
    for name in old["pictures"].values():
        os.utime(tmp_path / "pictures" / name, (long_ago, long_ago))
    (new,) = watch("[privacy]\nkeep_days = 2\n", vehicles=1)
    assert names_in(tmp_path / "pictures") == set(new["pictures"].values())
    history = ask_history(tmp_path, open_page, token_file)
    assert history.get(f"/pictures/{old['pictures']['crop']}").status == 404
    assert history.get(f"/pictures/{new['pictures']['crop']}").status == 200


def test_the_oldest_are_deleted_above_the_share_of_the_disk(
    tmp_path: Path, watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = watch(vehicles=1)
    taken = sum(one.stat().st_size for one in (tmp_path / "pictures").iterdir())
    disk = SimpleNamespace(f_frsize=1, f_blocks=20 * taken, f_bavail=10**9)
    monkeypatch.setattr(event_pictures.os, "statvfs", lambda _: disk)
    later = watch(vehicles=4)
    kept = names_in(tmp_path / "pictures")
    assert kept and not kept & set(first[0]["pictures"].values())
    assert later[-1]["pictures"]["frame"] in kept
    assert sum(one.stat().st_size for one in (tmp_path / "pictures").iterdir()) <= 2 * taken


@pytest.mark.parametrize("mode", ["clear", "hash"])
def test_pictures_from_before_plates_were_masked_are_not_shown(
    tmp_path: Path, watch: Any, open_page: Callable[..., LivePage], token_file: Path, mode: str
) -> None:
    (tmp_path / "list.txt").write_text("ZZ99ZZZ\n")
    key = f'key_file = "{tmp_path}/key"\n' if mode == "hash" else ""
    lists = f'[[watchlist]]\nname = "mine"\nfile = "{tmp_path}/list.txt"\n'
    (before,) = watch(vehicles=1)
    (masked,) = watch(f'[privacy]\nmode = "{mode}"\n{key}blur_others = true\n{lists}', vehicles=1)
    history = ask_history(tmp_path, open_page, token_file)
    for what in ("crop", "frame"):
        refused = history.get(f"/pictures/{before['pictures'][what]}")
        assert refused.status == 409 and "before blur_others" in refused.json["error"]
        assert history.get(f"/pictures/{masked['pictures'][what]}").status == 200


@pytest.mark.parametrize("mode", ["nothing", "hash"])
def test_modes_without_pictures_write_none(tmp_path: Path, watch: Any, mode: str) -> None:
    key = f'key_file = "{tmp_path}/key"\n' if mode == "hash" else ""
    with pytest.raises(UsageError, match="saved pictures contradict each other"):
        watch(f'[privacy]\nmode = "{mode}"\n{key}')
    assert not names_in(tmp_path / "pictures")


@pytest.mark.parametrize("mode", ["clear", "hash"])
def test_plates_on_no_list_are_masked_in_crop_and_frame(tmp_path: Path, watch: Any, mode: str) -> None:
    (tmp_path / "list.txt").write_text("ZZ99ZZZ\n")
    key = f'key_file = "{tmp_path}/key"\n' if mode == "hash" else ""
    lists = f'[[watchlist]]\nname = "mine"\nfile = "{tmp_path}/list.txt"\n'
    (vehicle,) = watch(f'[privacy]\nmode = "{mode}"\n{key}blur_others = true\n{lists}', vehicles=1)
    x, y, width, height = vehicle["plates"][0]["box"]
    for name, corner in ((vehicle["pictures"]["crop"], None), (vehicle["pictures"]["frame"], (x, y))):
        with Image.open(tmp_path / "pictures" / name) as opened:
            left, top = corner or ((opened.width - width) // 2, (opened.height - height) // 2)
            plate = np.asarray(opened.convert("L").crop((left + 4, top + 4, left + width - 4, top + height - 4)))
        assert plate.std() < 4, name
