"""A cluster on this machine: a head and two nodes, of which one is killed."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest
from PIL import Image

from plate_devices.archive.archive_rows import Address
from plate_devices.archive.ray_engine import blocks_of
from plate_devices.cli.archive import command
from plate_runtime.errors import DeviceError

OPTIONS = ["--as", "plate", "--backend", "fake:AB12"]


def rows(out: Path) -> list[dict[str, Any]]:
    table = pyarrow.dataset.dataset(out / "rows", partitioning="hive").to_table()
    return [dict(row) for row in table.sort_by("address").to_pylist()]


@pytest.mark.parametrize(("count", "readers", "sizes"), [(100, 20, {1}), (1000, 2, {62, 8}), (50_000, 4, {64, 16})])
def test_few_addresses_are_spread_over_all_readers(count: int, readers: int, sizes: set[int]) -> None:
    addresses = [Address(str(number), None) for number in range(count)]
    blocks = list(blocks_of(addresses, readers))
    assert {len(block) for block in blocks} == sizes
    assert [one for block in blocks for one in block] == addresses


@pytest.mark.system
def test_a_killed_node_costs_and_doubles_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    from ray._common.usage.usage_lib import usage_stats_enabled
    from ray.cluster_utils import Cluster

    picture = tmp_path / "in" / "0.png"
    picture.parent.mkdir()
    Image.new("RGB", (60, 20), (200, 180, 20)).save(picture)
    (tmp_path / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    for number in range(1, 1500):
        (tmp_path / "in" / f"{number}.png").symlink_to(picture)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
        out = tmp_path / "out"

        def kill() -> None:
            time.sleep(3)
            cluster.remove_node(nodes[1], allow_graceful=False)

        killer = threading.Thread(target=kill)
        killer.start()
        arguments = [str(tmp_path / "in"), *OPTIONS]
        ray = [*arguments, "--out", str(out), "--engine", "ray", "--address", cluster.address, "--jobs", "2"]
        assert command(ray) == 1
        killer.join()
        assert command([*arguments, "--out", str(tmp_path / "local"), "--jobs", "2"]) == 1
        assert len(rows(out)) == 1501
        assert rows(out) == rows(tmp_path / "local")
        assert command(ray) == 0  # all rows are there
        assert not usage_stats_enabled()
    finally:
        cluster.shutdown()


@pytest.mark.system
def test_a_cluster_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    Image.new("RGB", (60, 20)).save(tmp_path / "0.png")
    arguments = [str(tmp_path / "0.png"), *OPTIONS, "--out", str(tmp_path / "out"), "--engine", "ray"]
    with pytest.raises(DeviceError, match=r"the cluster 127\.0\.0\.1:1 cannot be used"):
        command([*arguments, "--address", "127.0.0.1:1"])
