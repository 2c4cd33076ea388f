"""Outages of an output are reported once."""

from __future__ import annotations

import pytest

from plate_devices.outputs import sender
from plate_devices.outputs.sender import Outage


@pytest.fixture
def reported() -> list[str]:
    return []


@pytest.fixture
def outage(reported: list[str]) -> Outage:
    return Outage("gate", lambda word, sentence: reported.append(f"{word}: {sentence}"))


def test_a_flickering_output_is_reported_once(outage: Outage, reported: list[str]) -> None:
    for _ in range(5):
        outage.began("hung up")
        assert not outage.over()
    assert reported == ["output_lost: gate: hung up (events wait; trying again until it is back)"]


def test_an_output_is_back_when_it_has_settled(
    outage: Outage, reported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "SETTLED_AFTER", 0.0)
    outage.began("hung up")
    assert outage.reason == "hung up"
    assert outage.over()
    assert outage.over()
    assert outage.reason == ""
    assert [text.partition(":")[0] for text in reported] == ["output_lost", "output_back"]


def test_an_output_that_always_worked_is_not_reported(outage: Outage, reported: list[str]) -> None:
    outage.over()
    assert reported == []
