"""The queue against a model of it: put, take, drop and open again in any order."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.recovery import FILE

NAMES = ("one", "two")
MOST = 5000
OVERHEAD = 64


@dataclass
class Expected:
    """Expected events and counts of one output."""

    waiting: list[str] = field(default_factory=list)
    delivered: int = 0
    dropped: int = 0


class QueueMachine(RuleBasedStateMachine):
    """Two outputs, a queue in a file, and lists of its expected events."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.count = 0
        self.kept: list[tuple[str, int]] = []
        self.expected = {name: Expected() for name in NAMES}
        self.queue = self.opened()

    def opened(self) -> EventQueue:
        queue = EventQueue(Path(self.folder.name) / FILE, MOST)
        assert queue.set_outputs(NAMES) == {}
        return queue

    @rule(sizes=st.lists(st.integers(0, 2000), max_size=4))
    def put(self, sizes: list[int]) -> None:
        events = []
        for size in sizes:
            self.count += 1
            events.append({"id": str(self.count), "padding": "." * size})
        self.queue.put(events)
        for event in events:
            body = len(f'{{"id": "{event["id"]}", "padding": "{event["padding"]}"}}')
            self.kept.append((event["id"], body + OVERHEAD))
            for one in self.expected.values():
                one.waiting.append(event["id"])
        while len(self.kept) > 1 and sum(size for _, size in self.kept) > MOST:
            gone, _ = self.kept.pop(0)
            for one in self.expected.values():
                if gone in one.waiting:
                    one.waiting.remove(gone)
                    one.dropped += 1

    @rule(name=st.sampled_from(NAMES), most=st.integers(1, 5), refused=st.booleans())
    def deliver(self, name: str, most: int, refused: bool) -> None:
        taken = self.queue.take(name, most)
        assert [waiting.event["id"] for waiting in taken] == self.expected[name].waiting[:most]
        self.queue.acknowledge(name, taken, refused=int(refused and bool(taken)))
        one = self.expected[name]
        one.delivered += len(taken) - int(refused and bool(taken))
        one.dropped += int(refused and bool(taken))
        del one.waiting[: len(taken)]
        self.kept = [item for item in self.kept if any(item[0] in other.waiting for other in self.expected.values())]

    @rule()
    def open_again(self) -> None:
        self.queue.close()
        self.queue = self.opened()

    @invariant()
    def all_is_as_expected(self) -> None:
        for name, one in self.expected.items():
            standing, waiting = self.queue.progress(name)
            assert (waiting, standing.delivered, standing.dropped) == (len(one.waiting), one.delivered, one.dropped)

    def teardown(self) -> None:
        self.queue.close()
        self.folder.cleanup()


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
