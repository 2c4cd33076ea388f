"""What boards say of themselves, from folders like theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_devices.board import Board, Memory, disk_free

PI = {
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.5\0",
    "proc/meminfo": "MemTotal:        1892696 kB\nMemFree:   1 kB\nMemAvailable:    1500000 kB\n",
    "proc/self/statm": "9000 5000 1 1 0 1 0\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "61355\n",
    "sys/class/thermal/thermal_zone1/type": "gpu\n",
    "sys/class/thermal/thermal_zone1/temp": "90000\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n",
}


def board(root: Path, files: dict[str, str]) -> Board:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Board(root)


def test_a_raspberry_pi(tmp_path: Path) -> None:
    pi = board(tmp_path, PI)
    assert pi.model == "Raspberry Pi 4 Model B Rev 1.5"
    assert pi.temperature == pytest.approx(61.355)
    assert pi.throttled == ["under-voltage", "throttled"]
    assert pi.memory == Memory(1892696 * 1024, 1500000 * 1024)
    assert (pi.memory_used or 0) % 5000 == 0


def test_earlier_throttling_is_marked(tmp_path: Path) -> None:
    assert board(tmp_path, PI | {"sys/devices/platform/soc/soc:firmware/get_throttled": "80000"}).throttled == [
        "soft temperature limit since start"
    ]


def test_a_board_without_known_files(tmp_path: Path) -> None:
    empty = Board(tmp_path)
    assert (empty.model, empty.temperature, empty.throttled) == ("", None, None)
    assert (empty.memory, empty.memory_used) == (None, None)


@pytest.mark.parametrize("text", ["", "-273000", "nonsense", "200000"])
def test_an_invalid_temperature_is_none(tmp_path: Path, text: str) -> None:
    files = {"sys/class/thermal/thermal_zone0/type": "cpu-thermal", "sys/class/thermal/thermal_zone0/temp": text}
    assert board(tmp_path, files).temperature is None


def test_free_space_of_a_future_folder(tmp_path: Path) -> None:
    free = disk_free(tmp_path / "a" / "b")
    assert free is not None
    assert free > 0
