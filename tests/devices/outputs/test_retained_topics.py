"""Topics that a broker retains: noted on disk, and cleared when they are no longer wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_devices.outputs.retained_topics import RetainedTopics


def test_a_restart_knows_what_was_published(tmp_path: Path) -> None:
    first = RetainedTopics(tmp_path / "topics.json", "mqtt://host")
    assert first.stale({"a"}) == []
    assert first.note({"a", "b"}) == ""
    again = RetainedTopics(tmp_path / "topics.json", "mqtt://host")
    assert again.stale({"b", "c"}) == ["a"]
    again.note({"b", "c"})
    killed = RetainedTopics(tmp_path / "topics.json", "mqtt://host")
    assert killed.stale({"b", "c"}) == ["a"], "it was not cleared yet"
    again.note({"b", "c"}, only=True)
    assert RetainedTopics(tmp_path / "topics.json", "mqtt://host").stale(()) == ["b", "c"]
    assert (tmp_path / "topics.json").stat().st_mode & 0o077 == 0


def test_another_broker_retains_nothing(tmp_path: Path) -> None:
    RetainedTopics(tmp_path / "topics.json", "mqtt://host").note({"a"})
    assert RetainedTopics(tmp_path / "topics.json", "mqtt://other").stale(()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"\xff", b'{"broker": "h", "topics": 3}', b'{"broker": "h", "topics": [1, ""]}', b"[" * 9999],
)
def test_a_damaged_file_counts_as_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "topics.json").write_bytes(content)
    assert RetainedTopics(tmp_path / "topics.json", "h").stale(()) == []


def test_without_a_file_and_on_a_full_disk_memory_is_used(tmp_path: Path) -> None:
    for topics, problem in (
        (RetainedTopics(None, "h"), ""),
        (RetainedTopics(tmp_path / "gone" / "topics.json", "h"), "topics.json cannot be written: No such file"),
    ):
        assert problem in topics.note({"a", "b"})
        assert topics.stale({"a"}) == ["b"]
