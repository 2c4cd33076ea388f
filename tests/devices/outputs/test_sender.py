"""Outages of an output are reported once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from plate_devices.outputs import sender
from plate_devices.outputs.fake import FakeOutput, FakeSettings
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.queue import EventQueue
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
    assert outage.reason == ""
    outage.over()
    assert reported == []


def test_the_fake_fails_as_often_as_it_is_set_to() -> None:
    FakeOutput(FakeSettings()).check()
    assert FakeOutput().delete_before(datetime.now(UTC), print) == 0, "it stores nothing"
    output = FakeOutput(FakeSettings(failures=2))
    for _ in range(2):
        with pytest.raises(OutputError):
            output.send([{"id": "a"}])
    assert output.send([{"id": "a"}]) == 1
    output.takes = 1
    assert output.send([{"id": "b"}, {"id": "c"}]) == 1
    assert output.events == [{"id": "a"}, {"id": "b"}]


def test_an_output_without_events_is_asked_every_five_seconds_whether_it_is_there() -> None:
    waits: list[float | None] = []
    asked = threading.Event()

    class Awake(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            asked.set()
            return super().wait(timeout)

    queue = EventQueue(None, 1 << 20)
    queue.set_outputs(["fake"])
    sending = sender.Sender(FakeOutput(), lambda: [queue], lambda *_: None, lambda _: None)
    before, sending._awake = sending._awake, Awake()
    before.set()
    assert asked.wait(10)
    sending.finish()
    assert sending.join(10)
    assert waits[0] == 5.0
