"""The ROI that is drawn on the page: read at once, kept, audited, and what is no ROI."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_client import PageClient, port_of

from plate_devices.audit.audit_log import AuditLog
from plate_devices.serve.page_server import LivePage
from plate_runtime.errors import DeviceError


def test_what_is_drawn_is_read(page: LivePage, client: Any, picture: np.ndarray) -> None:
    page.live_states[""].add_frame(picture, [], 0.0)
    assert page.live_states[""].roi_for((640, 480), (1, 2, 30, 40)) == (1, 2, 30, 40)
    answer = client.post("/roi", {"roi": [100, 50, 900, 100]})
    assert answer.json == {"roi": [100, 50, 540, 100], "kept": False, "problem": None}
    assert page.live_states[""].roi_for((640, 480), None) == (100, 50, 540, 100)
    assert page.live_states[""].roi_for((320, 240), None) is None, "a camera that comes back smaller"
    assert client.post("/roi", {"roi": None}).json["roi"] is None
    assert page.live_states[""].roi_for((640, 480), (1, 2, 30, 40)) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"roi": [1, 2, 3]}', b'{"roi": [0, 0, 4, 4]}', b'{"roi": "all"}',
     b'{"roi": [0.5, 0, 100, 100]}', b'{"roi": [700, 0, 100, 100]}', b"\xff",
     b'{"roi": [true, 0, 99, 99]}', b'{"roi": ' + b"[" * 4000],
)  # fmt: skip
def test_what_is_no_roi(page: LivePage, client: Any, picture: np.ndarray, body: bytes) -> None:
    page.live_states[""].add_frame(picture, [], 0.0)
    assert client.post("/roi", body).status == 400
    assert page.live_states[""].roi_for((640, 480), (1, 2, 30, 40)) == (1, 2, 30, 40)


def test_it_is_kept_for_the_next_start(
    open_page: Callable[..., LivePage], picture: np.ndarray, tmp_path: Path, token_file: Path
) -> None:
    path = tmp_path / "state" / "roi.json"
    page = open_page(roi_file=path, token_file=token_file)
    page.live_states[""].add_frame(picture, [], 0.0)
    answer = PageClient(port_of(page)).post("/roi", {"roi": [100, 50, 200, 100]})
    assert answer.json["kept"]
    assert open_page(roi_file=path).live_states[""].roi == (100, 50, 200, 100)
    path.write_text("{")
    with pytest.raises(DeviceError, match="delete it"):
        open_page(roi_file=path)


def test_each_change_has_a_row_in_the_audit_log_before_it_is_made(
    open_page: Callable[..., LivePage], tmp_path: Path, token_file: Path
) -> None:
    log = AuditLog(tmp_path / "audit.sqlite")
    page = open_page(token_file=token_file)
    page.content.audit = log
    other = PageClient(port_of(page))
    assert other.post("/roi", {"roi": [100, 50, 200, 100]}).status == 200
    assert other.post("/roi", {"roi": [1]}).status == 400
    rows = [(row.what, row.who, row.details) for row in log.rows()]
    assert rows == [("roi.changed", "page", {"camera": "", "roi": [100, 50, 200, 100]})]
    log.use(tmp_path / "missing")
    (tmp_path / "missing").mkdir()
    refused = other.post("/roi", {"roi": None})
    assert refused.status == 503 and "cannot be used" in refused.json["error"]
    assert page.live_states[""].roi == (100, 50, 200, 100)


def test_a_disk_that_cannot_be_written_is_reported(
    open_page: Callable[..., LivePage], picture: np.ndarray, tmp_path: Path, token_file: Path
) -> None:
    page = open_page(roi_file=tmp_path / "state" / "roi.json", token_file=token_file)
    (tmp_path / "state").write_text("in the way")
    page.live_states[""].add_frame(picture, [], 0.0)
    answer = PageClient(port_of(page)).post("/roi", {"roi": [100, 50, 200, 100]}).json
    assert not answer["kept"] and "cannot be written" in answer["problem"]
    assert page.live_states[""].roi == (100, 50, 200, 100), "it is read all the same"
