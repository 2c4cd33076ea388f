"""What people are told of an output that comes and goes."""

from __future__ import annotations

import pytest

from plate_devices.outputs import sender
from plate_devices.outputs.sender import Outage


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def outage(told: list[str]) -> Outage:
    return Outage("gate", lambda word, sentence: told.append(f"{word}: {sentence}"))


def test_one_that_flickers_is_told_of_once(outage: Outage, told: list[str]) -> None:
    for _ in range(5):
        outage.began("hung up")
        assert not outage.over()
    assert told == ["output_lost: gate: hung up (events wait; trying again until it is back)"]


def test_when_it_has_settled_it_is_back(outage: Outage, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "SETTLED_AFTER", 0.0)
    outage.began("hung up")
    assert outage.reason == "hung up"
    assert outage.over()
    assert outage.over()
    assert outage.reason == ""
    assert [text.partition(":")[0] for text in told] == ["output_lost", "output_back"]


def test_one_that_always_worked_is_not_told_of(outage: Outage, told: list[str]) -> None:
    outage.over()
    assert told == []
