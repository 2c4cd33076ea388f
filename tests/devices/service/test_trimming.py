"""What nobody uses any more is given back to the system, once a minute."""

from __future__ import annotations

import platform

from plate_devices.health.board import Board
from plate_devices.service.memory_trim import TRIM_EVERY, Trimming, malloc_trim

_PIECE, _PIECES = 64 << 10, 512


def test_it_is_done_at_once_and_then_once_a_minute() -> None:
    done: list[float] = []
    now = 0.0
    trimming = Trimming(lambda: done.append(now))
    for step in range(7):
        now = 100.0 + step * TRIM_EVERY / 3
        trimming.look(now)
    assert done == [100.0, 100.0 + TRIM_EVERY, 100.0 + 2 * TRIM_EVERY]


def test_gaps_between_what_stays_are_given_back() -> None:
    """Pieces that are freed between others that are not, as frames are between what a service keeps."""
    pieces, stays = [], []
    for _ in range(_PIECES):
        pieces.append(bytes(_PIECE))
        stays.append(bytes(1 << 10))
    pieces.clear()
    before = Board().memory_used
    given = malloc_trim()
    after = Board().memory_used
    if platform.libc_ver()[0] == "glibc":
        assert given
        assert before is not None
        assert after is not None
        assert before - after > _PIECES * _PIECE / 2
    else:
        assert not given
    assert len(stays) == _PIECES
